"""Simulated payloads of feeds that the sample pack has not, one module per venue or vendor."""
