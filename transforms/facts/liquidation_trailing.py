"""Liquidations of the 24 hours before a full hour.

Belongs here: the rule on single events. Does not belong here: the published series as of every instant,
which follows the same rule in SQL from the hours' sums (`dbt_project/models/intermediate/liquidations/`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

WINDOW_HOURS = 24


def trailing_24h(events: pl.DataFrame, by: Sequence[str] = ()) -> pl.DataFrame:
    """Sums over [end − 24 h, end) for every full hour `end` at which a window holds an event.

    `events` has `event_at` (UTC instants), `notional_usd` and the columns `by`; gives `by`,
    `window_end_at`, `notional_usd` (null where no event has one) and `n_prints`. Closed to the left, as
    days are, so that the window that ends at midnight is the day before it. A reading without its end
    instant cannot be compared with any other.
    """
    hour = pl.col("event_at").dt.truncate("1h")
    ends = [hour + pl.duration(hours=n) for n in range(1, WINDOW_HOURS + 1)]
    return (
        events.select(*by, "notional_usd", window_end_at=pl.concat_list(ends))
        .explode("window_end_at")
        .group_by(*by, "window_end_at")
        .agg(
            notional_usd=pl.when(pl.col("notional_usd").count() > 0).then(pl.col("notional_usd").sum()),
            n_prints=pl.len(),
        )
        .sort(*by, "window_end_at")
    )
