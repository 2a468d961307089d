"""What Dagster checks. The gate itself is in `orchestration/store/gate.py`."""
