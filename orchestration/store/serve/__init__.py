"""Serving targets: databases that hold copies of releases for readers who do not open files. Dagster-free."""
