"""Trades that a body brings twice, told by the venue's own id.

Belongs here: counting how often an id has come within one message. Does not belong here: numbering genuine twins
(`venue.prints`), or repeats between messages, which the numbering itself tells.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import polars as pl

from transforms.parse.venue import Record

# Beside a print's `message`: with it, a second delivery of the same trade is numbered as another message's.
DELIVERY = "delivery"
_IDS = ("trade_id", "uid")


def with_delivery(trades: Sequence[Record]) -> list[Record]:
    """The trades, each with how often it came before: equal in every field, its id among them.

    Without an id it is 0: a trade like another one may be a genuine twin.
    """
    seen: Counter[str] = Counter()
    numbered = []
    for trade in trades:
        has_id = any(trade.get(name) for name in _IDS)
        told = json.dumps(trade, sort_keys=True) if has_id else ""
        numbered.append({**trade, DELIVERY: seen[told] if has_id else 0})
        seen[told] += 1
    return numbered


def as_messages() -> pl.Expr:
    """`message` by message and delivery: a trade that is delivered again is a repeat, not a twin."""
    return pl.concat_str("message", DELIVERY, separator="/").alias("message")
