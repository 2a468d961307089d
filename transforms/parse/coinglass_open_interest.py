"""CoinGlass v4: open interest of a coin over all venues, as bars of open, high, low and close.

Belongs here: `/api/futures/open-interest/aggregated-history`. Does not belong here: CoinGlass' other
series (their own modules). A bar is stamped at its start and its close is taken, which stands at its
end; the last bar is live. The vendor took Bybit's count of both sides as it came before 2026-06-11, so
the level breaks there (METHOD §5).
"""

from __future__ import annotations

import re

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers
from transforms.parse import read, venue, venue_series
from transforms.parse.day_bars import at_end_of_bar, finality_of_bar

_INTERVAL = re.compile(r"(?:[1-9]|1[0-9]|2[0-9]|30)[mhdw]")


def parse_open_interest(payload: Payload) -> Parsed:
    """Each bar's close to core_open_interest__observations; venue and symbol are `all`.

    `params`: asset; optionally unit (usd or coin) and interval (for example 4h), as they were asked for.
    Raises `PayloadError`: missing_parameter, bad_parameter, error_envelope, unexpected_shape, and those of
    `read.json_body`.
    """
    asset, unit, interval = _params(payload)
    body = read.json_body(payload)
    if not isinstance(body, dict):
        raise PayloadError("unexpected_shape", "expected an object with code and data")
    if str(body.get("code")) != "0":
        raise venue.envelope_error("CoinGlass", body.get("code"), body.get("msg"))
    records = venue.objects(body.get("data"), "data")
    frame = venue.fields(records, ("time", "close")).with_columns(_start=venue.instant("time"))
    close = venue.number("close")
    shaped = frame.with_columns(
        observed_at=at_end_of_bar("_start", interval, payload),
        venue=pl.lit("all"),
        symbol=pl.lit("all"),
        asset=pl.lit(asset),
        margin_type=None,
        open_interest_native=close,
        size_unit=pl.lit(unit),
        open_interest_coin=close if unit == "coin" else None,
        open_interest_usd=close if unit == "usd" else None,
        finality=finality_of_bar("_start", interval, payload),
    )
    rules = (
        venue.missing("_start", "bad_time", "time"),
        venue.in_future("_start", payload),
        venue.Rule("negative_value", pl.col("open_interest_native") < 0, "open interest cannot be negative"),
    )
    return venue_series.open_interest(payload, shaped, records, rules)


def _params(payload: Payload) -> tuple[str, str, str]:
    asset = venue_series.parameter(payload, "asset")
    unit, interval = payload.params.get("unit", "usd"), payload.params.get("interval", "1d")
    if unit not in ("usd", "coin"):
        raise PayloadError("bad_parameter", f"unit = {unit!r} is neither usd nor coin")
    if not _INTERVAL.fullmatch(interval):
        raise PayloadError("bad_parameter", f"interval = {interval!r} is not one like 1d, 4h or 30m")
    return asset, unit, interval


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="coinglass_open_interest",
        source="coinglass",
        title="CoinGlass v4: open interest of a coin over all venues",
        tables=(venue_series.OPEN_INTEREST,),
        parse=parse_open_interest,
        cadence="as asked for, by default daily; the last bar is live",
        finality_rule="final when the bar is over",
        url="https://docs.coinglass.com/",
        licence=venue.LICENCE,
        params={
            "asset": "canonical code of the coin, for example BTC",
            "unit": "optional: usd or coin, as asked for; by default usd",
            "interval": "optional: the bars' interval as asked for, by default 1d",
        },
        shape=Shape("data.*", numbers("time", "close")),
    ),
)
