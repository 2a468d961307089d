"""Parquet exports by venue and coin: funding, open interest and liquidation volume (0xArchive).

Belongs here: what the columns of these files are, and the hours that a rate is put on. Does not belong
here: the venues' own funding and open interest (their own modules), or single liquidations.

Funding. A row is a realised rate at its stamp, a fraction, for the interval that ends there: hourly rates of
Kraken and dYdX, too, whatever is said of an 8-hour basis (docs/decisions/0010-rates-are-for-their-own-interval.md).
Stamps of Binance and dYdX lag the settlement by up to two seconds.

Open interest. US dollars of a coin on a venue, as the vendor counts it: hourly for Hyperliquid and
Lighter, one reading of the others. Whether a side or both are counted is not said; it is taken as one.

Liquidations. Dollars per day, coin and side. The file does not name the venue. It is one venue, by
default Hyperliquid: the vendor serves it and Lighter, the sum of Bitcoin is mostly a small part of
what is counted over all venues (median 0.29 of longs), and some days have one print where all venues
have millions. Prints without a side are in the vendor's total only, so each side is a floor.
"""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Parser, Payload, PayloadError
from transforms.parse import venue, venue_series
from transforms.parse.day_bars import finality_of_bar
from transforms.parse.read_parquet import parquet_frame
from transforms.parse.venue import Rule

_VENDOR_TOTALS = "core_liquidations__vendor_totals"
_LIQUIDATION_VENUE = "hyperliquid"
_STAMP, _TEXT, _NUMBER = UTC_INSTANT, pl.String(), pl.Float64()
_VENUE = r"^[a-z0-9_]{2,32}$"


def parse_funding(payload: Payload) -> Parsed:
    """Columns timestamp, venue, coin, funding_rate to core_funding__settlements; the symbol is the coin's code.

    `params`, all optional: eight_hour_venues (whose rates in this file are per 8 hours; default: none's),
    margin_type. Raises `PayloadError` as `parquet_frame`, and bad_parameter.
    """
    frame = parquet_frame(payload, {"timestamp": _STAMP, "venue": _TEXT, "coin": _TEXT, "funding_rate": _NUMBER})
    margin_type = payload.params.get("margin_type", "linear")
    if margin_type not in ("linear", "inverse"):
        raise PayloadError("bad_parameter", f"margin_type = {margin_type!r} is neither linear nor inverse")
    eight_hour = [name.strip() for name in payload.params.get("eight_hour_venues", "").split(",")]
    shaped = _named(frame).with_columns(
        settled_at=pl.col("timestamp"),
        symbol=pl.col("coin"),
        margin_type=pl.lit(margin_type),
        rate_ratio=_finite("funding_rate"),
        rate_basis_hours=pl.when(pl.col("venue").is_in(eight_hour)).then(8.0),
    )
    beyond = Rule("implausible_rate", pl.col("rate_ratio").abs() > 1.0, "a rate of more than the whole notional")
    return venue_series.settlements(payload, shaped, frame, (*_RULES, beyond))


def parse_open_interest(payload: Payload) -> Parsed:
    """Columns timestamp, venue, coin, oi_usd to core_open_interest__observations; the symbol is `all`.

    Raises `PayloadError` as `parquet_frame`.
    """
    frame = parquet_frame(payload, {"timestamp": _STAMP, "venue": _TEXT, "coin": _TEXT, "oi_usd": _NUMBER})
    shaped = _named(frame).with_columns(
        observed_at=pl.col("timestamp").dt.truncate("1m"),
        symbol=pl.lit("all"),
        margin_type=None,
        open_interest_native=_finite("oi_usd"),
        size_unit=pl.lit("usd"),
        open_interest_usd=_finite("oi_usd"),
    )
    negative = Rule("negative_value", pl.col("oi_usd") < 0, "open interest cannot be negative")
    return venue_series.open_interest(payload, shaped, frame, (*_RULES, negative))


def parse_liquidations(payload: Payload) -> Parsed:
    """Columns timestamp, coin, long_usd, short_usd to core_liquidations__vendor_totals, a row per side.

    `params`: venue, optional, whose liquidations they are. Raises `PayloadError` as `parquet_frame`.
    """
    frame = parquet_frame(payload, {"timestamp": _STAMP, "coin": _TEXT, "long_usd": _NUMBER, "short_usd": _NUMBER})
    sides = frame.unpivot(("long_usd", "short_usd"), index=("timestamp", "coin"), variable_name="column")
    shaped = sides.with_row_index("row").with_columns(
        fact_date=pl.col("timestamp").dt.date(),
        asset=venue.canonical("coin"),
        venue=pl.lit(payload.params.get("venue", _LIQUIDATION_VENUE)),
        liq_side=pl.col("column").str.strip_suffix("_usd"),
        unit=pl.lit("usd"),
        value=_finite("value"),
        status=None,
        finality=finality_of_bar("timestamp", "1d", payload),
    )
    rules = (
        venue.missing("timestamp", "bad_time", "stamp"),
        Rule("not_a_day", pl.col("timestamp") != pl.col("timestamp").dt.truncate("1d"), "not stamped at midnight UTC"),
        venue.in_future("timestamp", payload),
        *_RULES,
        venue.missing("value", "bad_number", "sum"),
        Rule("negative_value", pl.col("value") < 0, "a sum of closes cannot be negative"),
    )
    return venue.sift(_VENDOR_TOTALS, shaped, rules, sides)


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """With `row`, the venue in lower case and the canonical asset."""
    return frame.with_row_index("row").with_columns(
        venue=pl.col("venue").str.to_lowercase(), asset=venue.canonical("coin")
    )


def _finite(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_finite()).then(pl.col(name))


_RULES = (
    Rule("bad_venue", ~pl.col("venue").str.contains(_VENUE).fill_null(False), "no venue code"),
    venue.missing("asset", "bad_asset", "coin"),
)


def _feed(name: str, title: str, table: str, parse: Parser, finality: str, params: dict[str, str]) -> Feed:
    return Feed(
        name=name,
        source="oxarchive",
        title=title,
        tables=(table,),
        parse=parse,
        cadence="files, as exported",
        finality_rule=finality,
        url="https://0xarchive.io/",
        licence=venue.LICENCE,
        params=params,
    )


FEEDS: tuple[Feed, ...] = (
    _feed(
        "oxarchive_funding",
        "0xArchive export: realised funding by venue and coin",
        venue_series.SETTLEMENTS,
        parse_funding,
        venue_series.SETTLEMENT_FINALITY,
        {
            "eight_hour_venues": "optional: venues whose rates are per 8 hours, with commas; by default none: each "
            "rate is for its own interval",
            "margin_type": "optional: linear or inverse, by default linear, the only kind that all its coins have",
        },
    ),
    _feed(
        "oxarchive_open_interest",
        "0xArchive export: open interest by venue and coin, in USD",
        venue_series.OPEN_INTEREST,
        parse_open_interest,
        venue_series.OBSERVATION_FINALITY,
        {},
    ),
    _feed(
        "oxarchive_liquidations",
        "0xArchive export: liquidations of one venue per day, coin and side, in USD",
        _VENDOR_TOTALS,
        parse_liquidations,
        "final when the UTC day is over",
        {"venue": f"optional: whose liquidations they are; the file does not say. By default {_LIQUIDATION_VENUE}"},
    ),
)
