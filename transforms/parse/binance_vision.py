"""Binance's public dumps (data.binance.vision): funding by month, open interest by day.

Belongs here: the dumps' columns and units in both margin families. Does not belong here: the same
series over REST (`binance_series.py`), candles (`binance_candles.py`), or unpacking (`read.py`). Columns
and traps: the README and issues of github.com/binance/binance-public-data.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from schemas.feed import Feed, Parsed, Payload
from schemas.rules import USD_QUOTES
from schemas.shape import Shape, numbers, texts
from transforms.core.notional import asset_of, quote_of
from transforms.parse import read, venue, venue_series
from transforms.parse.binance import coin_m
from transforms.parse.venue import Rule

_VENUE = "binance"
_MARGIN = {"um": "linear", "cm": "inverse"}
_MARKET = {"market": "um (USD-M) or cm (COIN-M): the part of the archive that the file is from"}
_FUNDING = ("calc_time", "funding_interval_hours", "last_funding_rate")
_METRICS = (
    "create_time",
    "symbol",
    "sum_open_interest",
    "sum_open_interest_value",
    "count_toptrader_long_short_ratio",
    "sum_toptrader_long_short_ratio",
    "count_long_short_ratio",
    "sum_taker_long_short_vol_ratio",
)


def table(payload: Payload, columns: tuple[str, ...], required: tuple[str, ...]) -> pl.DataFrame:
    """The file's cells as text, blank is null, with `row`. Old files have no header: then `columns` is it.

    Raises `PayloadError` as `read.csv_frame`, where a column of `required` is missing among others.
    """
    body = read.text(payload)
    if body.lstrip()[0].isdigit():
        body = ",".join(columns) + "\n" + body
    frame = read.csv_frame(replace(payload, content=body.encode()), required=required)
    return venue.blank_to_null(frame).with_row_index("row")


def parse_funding_rates(payload: Payload) -> Parsed:
    """Monthly `fundingRate` files to settlements. The file names neither market nor symbol: `params` do.

    `calc_time` is some milliseconds late. Raises `PayloadError` as `read.csv_frame`, and
    missing_parameter, bad_parameter.
    """
    margin = _MARGIN[venue_series.parameter(payload, "market", _MARGIN)]
    symbol = pl.lit(venue_series.parameter(payload, "symbol"))
    raw = table(payload, _FUNDING, required=_FUNDING)
    shaped = raw.with_columns(
        settled_at=venue.instant("calc_time"),
        venue=pl.lit(_VENUE),
        symbol=symbol,
        asset=asset_of(symbol),
        margin_type=pl.lit(margin),
        rate_ratio=venue.number("last_funding_rate"),
        stated_interval_hours=venue.number("funding_interval_hours"),
    )
    return venue_series.settlements(payload, shaped, raw.drop("row"), (_other_market(payload),))


def parse_metrics(payload: Payload) -> Parsed:
    """Daily `metrics` files to observations of open interest, one every five minutes.

    USD-M: `sum_open_interest` is coins, the value is in the quote currency, so dollars for dollar quotes
    only. COIN-M: contracts, and the value is in coins. A zero is a gap of the dump, not an empty market:
    the row is rejected (`gap`), a zero value alone is null. Where a stamp is there twice the later row
    counts. A row stamped in the next day is an observation of that day. The ratios are not read. Raises
    `PayloadError` as `read.csv_frame`, and missing_parameter, bad_parameter.
    """
    margin = _MARGIN[venue_series.parameter(payload, "market", _MARGIN)]
    raw = table(payload, _METRICS, required=_METRICS[:4])
    value = pl.when(venue.number("sum_open_interest_value") > 0).then(venue.number("sum_open_interest_value"))
    is_linear = margin == "linear"
    in_dollars = pl.lit(is_linear) & quote_of(pl.col("symbol")).is_in(USD_QUOTES)
    shaped = raw.with_columns(
        observed_at=pl.coalesce(
            pl.col("create_time").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", time_zone="UTC", strict=False),
            venue.instant("create_time"),
        ),
        venue=pl.lit(_VENUE),
        asset=asset_of(pl.col("symbol")),
        margin_type=pl.lit(margin),
        open_interest_native=venue.number("sum_open_interest"),
        size_unit=pl.lit("coin" if is_linear else "contracts"),
        open_interest_coin=venue.number("sum_open_interest") if is_linear else value,
        open_interest_usd=pl.when(in_dollars).then(value),
        is_value=venue.number("sum_open_interest") > 0,
    )
    has_bad_value = venue.unreadable("sum_open_interest_value", venue.number("sum_open_interest_value"))
    rules = (
        _other_market(payload),
        Rule("gap", venue.number("sum_open_interest") == 0, "zero stands for no observation"),
        Rule("bad_number", has_bad_value, "the value is not a number"),
        venue_series.superseded(
            ("observed_at", "symbol", "is_value"), ("open_interest_native", "open_interest_coin", "open_interest_usd")
        ),
    )
    return venue_series.open_interest(payload, shaped, raw.drop("row"), rules)


def _other_market(payload: Payload) -> Rule:
    is_coin_m = payload.params.get("market") == "cm"
    return Rule("other_market", coin_m(pl.col("symbol")) != is_coin_m, "the symbol is not of the market named")


_METRICS_SHAPE = Shape(
    "",
    {**texts("create_time", "symbol"), **numbers("sum_open_interest", "sum_open_interest_value")},
    format="csv",
    columns=_METRICS,
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="binance_funding_rates",
        source="binance",
        title="Binance funding rates (monthly public dumps)",
        tables=(venue_series.SETTLEMENTS,),
        parse=parse_funding_rates,
        cadence="a zip per symbol and month, from the first Monday of the next; no daily files",
        finality_rule=venue_series.SETTLEMENT_FINALITY,
        url="https://data.binance.vision/data/futures/{market}/monthly/fundingRate/{SYMBOL}/",
        licence=venue.LICENCE,
        params={**_MARKET, "symbol": "the contract, for example BTCUSDT"},
        shape=Shape("", numbers(*_FUNDING), format="csv", columns=_FUNDING),
    ),
    Feed(
        name="binance_metrics",
        source="binance",
        title="Binance open interest every five minutes (daily public dumps)",
        tables=(venue_series.OPEN_INTEREST,),
        parse=parse_metrics,
        cadence="a zip per symbol and day, on the next day; days and rows are missing from it",
        finality_rule=venue_series.OBSERVATION_FINALITY,
        url="https://data.binance.vision/data/futures/{market}/daily/metrics/{SYMBOL}/",
        licence=venue.LICENCE,
        params=_MARKET,
        shape=_METRICS_SHAPE,
    ),
)
