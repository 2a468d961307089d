"""Lists among the options of a source.

Belongs here: reading them. Does not belong here: which options there are (`orchestration/resources/config_options.py`).
"""

from __future__ import annotations

from collections.abc import Collection

from orchestration.sources.http.contract import Batch
from orchestration.sources.http.errors import Permanent

CANDLE_INTERVALS = ("1h", "1d")


def several(batch: Batch, name: str, default: Collection[str], known: Collection[str] = ()) -> tuple[str, ...]:
    """The option `name`: one text or a list of them. Raises `Permanent` where one is none of `known`."""
    given = batch.options.get(name, default)
    chosen = (given,) if isinstance(given, str) else tuple(str(one) for one in given)
    strange = sorted(set(chosen) - set(known)) if known else []
    if strange:
        raise Permanent(f"the option {name} has {', '.join(strange)}; known are {', '.join(sorted(known))}")
    return chosen
