"""Columns that name things and instants: the parts of a grain."""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT, Between, Column, Matches, OneOf

# What is listed: Latin letters and digits (EURØP too), and Han, Kana and Hangul, which cannot be taken for them and
# know no case (the asset is made of the name in upper case). Written out, as Python's expressions know no scripts. A
# name that begins with a sign is a formula, or names no asset.
_LETTERS = "A-Za-z0-9$€₮Ø一-鿿㐀-䶿々ぁ-ゖァ-ヶー가-힣"
SYMBOL = Matches(rf"[{_LETTERS}][{_LETTERS}+_.:/\-]{{0,63}}")

COLUMNS = (
    Column(
        "trade_date",
        pl.Date(),
        "date",
        "New York session whose orders the flow belongs to (XNYS trade date).",
    ),
    Column(
        "fact_date",
        pl.Date(),
        "date",
        "UTC day [00:00, 24:00) that the row describes; for ETF flows the trade date.",
    ),
    Column(
        "as_of_date",
        pl.Date(),
        "date",
        "Date that the issuer puts on a share count and a net asset value (an XNYS session).",
    ),
    Column("hour_at", UTC_INSTANT, "instant", "Start of the UTC hour that the row describes."),
    Column("event_at", UTC_INSTANT, "instant", "When the venue says that the event happened."),
    Column("quoted_at", UTC_INSTANT, "instant", "Instant of the quote or settlement."),
    Column(
        "asset",
        pl.String(),
        "none",
        "Canonical asset code, for example BTC.",
        checks=(Matches(rf"[{_LETTERS}_.][{_LETTERS}+_.:\- ]{{0,63}}"),),
    ),
    Column("fund", pl.String(), "none", "Ticker of the exchange-traded fund.", checks=(Matches(r"[A-Z]{2,6}"),)),
    Column(
        "entity",
        pl.String(),
        "none",
        "Who the flow belongs to: a fund, an exchange or group of exchanges, a chain.",
    ),
    Column(
        "venue",
        pl.String(),
        "none",
        "Venue code, for example binance; `all` for a vendor's total over venues.",
        checks=(Matches(r"[a-z0-9_]{2,32}"),),
    ),
    Column("symbol", pl.String(), "none", "Instrument name as the venue writes it.", checks=(SYMBOL,)),
    Column("chain", pl.String(), "none", "Blockchain name; `all` for the total over chains."),
    Column(
        "metric",
        pl.String(),
        "none",
        "Which quantity `value` holds.",
        checks=(OneOf(("inflow", "outflow", "netflow", "reserve")),),
    ),
    Column("unit", pl.String(), "none", "Unit of `value`.", checks=(OneOf(("coin", "usd")),)),
    Column(
        "liq_side",
        pl.String(),
        "none",
        "Side of the position that was closed by force.",
        checks=(OneOf(("long", "short")),),
    ),
    Column(
        "flow_type",
        pl.String(),
        "none",
        "Kind of flow.",
        checks=(OneOf(("etf", "exchange_netflow", "stablecoin_issuance")),),
    ),
    Column("tenor_days", pl.Int32(), "days", "Constant maturity in days."),
    Column("occurrence", pl.Int32(), "count", "1, 2, … for identical prints of one message or collector."),
    Column("stablecoin_id", pl.String(), "none", "DefiLlama id of the stablecoin."),
    Column("vendor", pl.String(), "none", "Vendor of an aggregate series."),
    Column("n_venues", pl.Int32(), "count", "Venues whose value is in the row.", checks=(Between(low=0),)),
)
