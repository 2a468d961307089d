"""Artemis' chart export of open interest: a column per venue, US dollars over all assets, per UTC day.

Belongs here: which venue a column is, and what a blank is. Does not belong here: Artemis' stablecoin
exports, or telling whether several venues were given one and the same series (`transforms/facts/`).

A reading is the end of its day: the fall of 5 February 2026 stands in that day's row. Only the known
columns are venues, so an export of another chart is refused.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, one_of, texts
from transforms.parse import read, venue, venue_series
from transforms.parse.day_bars import at_end_of_bar, finality_of_bar

_DATE = "date"
_VENUES = {
    "Binance": "binance",
    "Bitget": "bitget",
    "Bybit": "bybit",
    "Crypto.com": "crypto_com",
    "Gate.io": "gate_io",
    "Kraken": "kraken",
    "OKX": "okx",
}


def parse_open_interest(payload: Payload) -> Parsed:
    """Columns date and venues to core_open_interest__observations; asset and symbol are `all`.

    A blank is `missing`, or `pending` while its day lasts. Raises `PayloadError`: unknown_venue,
    no_rows, and those of `read.csv_frame`.
    """
    frame = read.csv_frame(payload, required=[_DATE])
    unknown = [name for name in frame.columns if name not in (_DATE, *_VENUES)]
    if unknown or frame.width == 1:
        raise PayloadError("unknown_venue", f"columns {unknown} are no venues; known: {list(_VENUES)}")
    if frame.is_empty():
        raise PayloadError("no_rows", "the file holds no day")
    cells = frame.unpivot(index=_DATE, variable_name="column", value_name="printed").with_row_index("row")
    day = pl.col(_DATE).str.to_date("%Y-%m-%d", strict=False)
    typed = cells.with_columns(
        fact_date=day,
        _start=day.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        venue=pl.col("column").replace_strict(_VENUES),
        value=venue.number("printed"),
    )
    finality = finality_of_bar("_start", "1d", payload)
    blank = pl.when(finality == "final").then(pl.lit("missing")).otherwise(pl.lit("pending"))
    shaped = typed.with_columns(
        observed_at=at_end_of_bar("_start", "1d", payload),
        symbol=pl.lit("all"),
        asset=pl.lit("all"),
        margin_type=None,
        open_interest_native=pl.col("value"),
        size_unit=pl.lit("usd"),
        n_sides=1,
        open_interest_coin=None,
        open_interest_usd=pl.col("value"),
        mark_price=None,
        status=pl.when(pl.col("printed").is_null()).then(blank),
        finality=finality,
    )
    rules = (
        venue.missing("fact_date", "bad_date", "date"),
        venue.in_future("_start", payload),
        venue.Rule("not_a_number", venue.unreadable("printed", pl.col("value")), "the cell is no number"),
        venue.Rule("negative_value", pl.col("value") < 0, "open interest cannot be negative"),
    )
    return venue.sift(venue_series.OPEN_INTEREST, shaped, rules, cells.drop("row"))


_SHAPE = Shape("", {**texts(_DATE), **numbers(*_VENUES)}, optional=one_of(*_VENUES), format="csv")


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="artemis_open_interest",
        source="artemis",
        title="Artemis: open interest by venue over all assets, in USD",
        tables=(venue_series.OPEN_INTEREST,),
        parse=parse_open_interest,
        cadence="daily; the newest row is a part day",
        finality_rule="final when the UTC day is over; a blank is then missing",
        url="https://app.artemisanalytics.com/",
        licence=venue.LICENCE,
        shape=_SHAPE,
    ),
)
