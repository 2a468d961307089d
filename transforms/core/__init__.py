"""Conform what was parsed: duplicates, ids, units, instants, sessions."""
