"""The single source of truth: columns, tables, units, rules, and what is rendered from them.

Imports polars and pandera only. Nothing here reads a file, a clock or the environment, `render`'s
command excepted.
"""
