"""The recorder: what venues say only once, over websockets, kept as they said it.

Belongs here: connections, segments, gaps, health. Does not belong here: what a message means
(`transforms/parse/`), landing (`orchestration/sources/recorded.py`), or endpoints that can be asked again
(`orchestration/sources/http/`).

A channel is one connection with its subscriptions. What arrives on it goes to segments; when it may have
missed something, a gap says so.
"""
