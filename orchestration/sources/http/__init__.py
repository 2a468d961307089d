"""The `http` transport: live endpoints, each spoken to as its venue asks for.

Belongs here: connectors (`venues/`), the one place for retries, limits and checks of bodies. Does not
belong here: parsing, the raw store, or the recorder of websocket feeds (`orchestration/recorder/`).
"""
