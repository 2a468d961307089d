"""CoinGlass v4: the envelope of its answers, and liquidations of a coin per day.

Belongs here: `/api/futures/liquidation/aggregated-history`. Does not belong here: CoinGlass' other series
(`coinglass_etf.py`, `coinglass_open_interest.py`), or history of one pair, which is another scope. The
figures are what the exchanges report, whose public streams drop prints: a floor. A day is stamped at its
start; the last one is live. Field meanings: CoinGlass API documentation, v4.
"""

from __future__ import annotations

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers
from transforms.parse import read, venue
from transforms.parse.day_bars import finality_of_bar
from transforms.parse.venue import Record, Rule

_TABLE = "core_liquidations__vendor_totals"
_SIDES = {"aggregated_long_liquidation_usd": "long", "aggregated_short_liquidation_usd": "short"}


def records_of(payload: Payload) -> list[Record]:
    """The rows of an answer. CoinGlass reports failures (`code` "401") inside an HTTP 200, too.

    Raises `PayloadError`: error_envelope where `code` is not "0", unexpected_shape, and those of
    `read.json_body`.
    """
    body = read.json_body(payload)
    if not isinstance(body, dict) or "code" not in body:
        raise PayloadError("unexpected_shape", "no `code`: not a CoinGlass body")
    if str(body["code"]) != "0":
        raise venue.envelope_error("CoinGlass", body["code"], body.get("msg"))
    return venue.objects(body.get("data"), "data")


def parse_liquidations(payload: Payload) -> Parsed:
    """Long and short liquidations per UTC day, in USD, to core_liquidations__vendor_totals.

    `params`: asset, which the body does not name; optionally venue, where one exchange was asked for. Two
    rows per record, one per side; a record that breaks a rule is rejected once per side. Raises
    `PayloadError`: missing_param, and those of `records_of`.
    """
    asset = payload.params.get("asset")
    if not asset:
        raise PayloadError("missing_param", "the inbox map must give the asset: the body does not name it")
    records = records_of(payload)
    if records and all(_SIDES.keys().isdisjoint(record) for record in records):
        raise PayloadError("unexpected_shape", "no aggregated liquidations: the history of one pair, or another series")
    raw = venue.fields(records, ("time", *_SIDES)).with_columns(starts_at=venue.instant("time"))
    sided = raw.unpivot(on=list(_SIDES), index=["row", "starts_at"], variable_name="side_field", value_name="printed")
    shaped = sided.with_columns(
        fact_date=pl.col("starts_at").dt.date(),
        asset=pl.lit(asset),
        venue=pl.lit(payload.params.get("venue", "all")),
        liq_side=pl.col("side_field").replace_strict(_SIDES),
        unit=pl.lit("usd"),
        value=venue.number("printed"),
        status=pl.lit(None, pl.String),
        finality=finality_of_bar("starts_at", "1d", payload),
    )
    not_midnight = pl.col("starts_at") != pl.col("starts_at").dt.truncate("1d")
    rules = (
        venue.missing("starts_at", "bad_time", "time"),
        Rule("not_a_day", not_midnight, "the bar does not start at midnight UTC: not a daily bar"),
        venue.in_future("starts_at", payload),
        venue.missing("value", "bad_number", "amount"),
        Rule("negative_value", pl.col("value") < 0, "an amount cannot be negative"),
    )
    return venue.sift(_TABLE, shaped, rules, records)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="coinglass_liquidations",
        source="coinglass",
        title="CoinGlass v4: liquidations of a coin over all venues, per day",
        tables=(_TABLE,),
        parse=parse_liquidations,
        cadence="daily; the last bar is live",
        finality_rule="final when the UTC day is over",
        url="https://open-api-v4.coinglass.com/api/futures/liquidation/aggregated-history?interval=1d",
        licence=venue.LICENCE,
        params={
            "asset": "canonical code of the coin, for example BTC",
            "venue": "optional: the venue code, where `exchange_list` named one exchange; by default all",
        },
        shape=Shape("data.*", numbers("time", *_SIDES)),
    ),
)
