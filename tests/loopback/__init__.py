"""A server on the loopback that speaks the venues' protocols, page limits and misbehaviour.

Belongs here: the server (`server.py`), its faults (`faults.py`), the world that it serves (`world.py`), what each
venue answers (`venues/`), simulated payloads of feeds that the sample pack has not (`extras/`).
"""
