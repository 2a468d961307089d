"""Dagster assets, sources, the store and the command line."""
