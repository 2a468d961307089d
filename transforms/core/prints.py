"""One set of liquidation prints from several messages and collectors.

Belongs here: numbering identical prints and keeping each as often as it really happened (METHOD §2).
Does not belong here: what a print's fields mean (`print_fields.py`), notional (`notional.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

PRINT = ("event_at", "venue", "symbol", "liq_side", "size_native", "price")
_ORDER = ("known_at", "source", "raw_sha256")


def occurrence(message: Sequence[str], key: Sequence[str] = PRINT) -> pl.Expr:
    """1, 2, … for identical prints of one message, where they are genuine.

    `message` names the columns that tell messages apart (collector and message), `key` those of a print.
    """
    return pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(*message, *key)


def maximum_multiplicity(prints: pl.DataFrame, message: Sequence[str] = (), key: Sequence[str] = PRINT) -> pl.DataFrame:
    """Each print as often as the one message that has it most often.

    A plain DISTINCT drops real prints, a plain union of collectors counts them twice. `prints` are rows
    as delivered, with the columns `key` and, to tell messages apart, `message`; without `message` they
    have `occurrence` already, numbered per message. Of repeats the first by `known_at`, `source`,
    `raw_sha256` (as far as there) is kept. Columns are unchanged, but for `occurrence`, which is added.
    """
    order = [name for name in _ORDER if name in prints.columns]
    numbered = prints.with_columns(occurrence=occurrence(message, key)) if message else prints
    ordered = numbered.sort(order, maintain_order=True) if order else numbered
    return ordered.unique(subset=[*key, "occurrence"], keep="first", maintain_order=True)
