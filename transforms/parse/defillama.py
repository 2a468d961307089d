"""DefiLlama's feeds of stablecoin supply and prices.

Belongs here: the declarations. Does not belong here: how each shape is read (`defillama_series.py`,
`defillama_snapshot.py`, `defillama_prices.py`, and what they share in `defillama_supply.py`).
"""

from __future__ import annotations

from schemas.feed import Feed, Parser
from schemas.shape import Shape, lists, numbers, objects, one_of, texts
from transforms.parse.defillama_prices import PRICES, parse_prices, parse_quotes
from transforms.parse.defillama_series import parse_chart_export, parse_charts, parse_coin
from transforms.parse.defillama_snapshot import parse_list
from transforms.parse.defillama_supply import ASSETS, SUPPLY

_API = "https://stablecoins.llama.fi"
_SERIES_FINALITY = "the newest day is the live record: preliminary; a day is final one hour after its end"


def _feed(
    name: str,
    title: str,
    parse: Parser,
    url: str,
    tables: tuple[str, ...],
    finality: str,
    params: dict[str, str],
    shape: Shape | tuple[Shape, ...],
) -> Feed:
    return Feed(
        name=name,
        source="defillama",
        title=title,
        tables=tables,
        parse=parse,
        cadence="daily; the live record changes every hour",
        finality_rule=finality,
        url=url,
        licence="unverified: use internally, publish only what is derived",
        params=params,
        shape=shape,
    )


_BALANCES = ("circulating", "minted", "unreleased", "bridgedTo")
_DAY = {**numbers("date"), **objects(*_BALANCES)}
_COIN_SHAPE = (
    Shape(
        "",
        {**texts("id", "symbol", "name", "pegType"), **lists("tokens"), **objects("chainBalances")},
        optional=one_of("id"),
    ),
    *(Shape(way, _DAY, optional=one_of(*_BALANCES[1:])) for way in ("tokens.*", "chainBalances.*.tokens.*")),
)
_LIST_SHAPE = Shape(
    "peggedAssets.*",
    {
        **texts("id", "symbol", "name", "pegType"),
        **objects("circulating", "chainCirculating"),
        **numbers("price"),
    },
    optional=one_of("price"),
)
_CHART_SHAPE = Shape(
    "*",
    {**numbers("date"), **objects("totalCirculating", "totalCirculatingUSD", "totalUnreleased")},
    optional=one_of("totalUnreleased"),
)

_ID = {"stablecoin_id": "optional: DefiLlama's id of the coin that the body is about"}

FEEDS: tuple[Feed, ...] = (
    _feed(
        "defillama_stablecoin_chart_export",
        "DefiLlama: supply per stablecoin id, CSV export of the chart",
        parse_chart_export,
        "https://defillama.com/stablecoins",
        (SUPPLY,),
        _SERIES_FINALITY,
        {},
        Shape("", texts("date"), format="csv"),
    ),
    _feed(
        "defillama_stablecoins",
        "DefiLlama: every stablecoin, its supply in dollars and by chain, as it is now",
        parse_list,
        f"{_API}/stablecoins?includePrices=true",
        (SUPPLY, ASSETS, PRICES),
        "always preliminary: a snapshot of a day that is not over",
        {},
        _LIST_SHAPE,
    ),
    _feed(
        "defillama_stablecoin_charts",
        "DefiLlama: supply per day by peg, of one stablecoin or of all, on one chain or on all",
        parse_charts,
        f"{_API}/stablecoincharts/all",
        (SUPPLY, ASSETS),
        _SERIES_FINALITY,
        {"chain": "optional: the chain that was asked for, by default all", **_ID},
        _CHART_SHAPE,
    ),
    _feed(
        "defillama_stablecoin",
        "DefiLlama: one stablecoin's supply per day and chain",
        parse_coin,
        f"{_API}/stablecoin/{{id}}",
        (SUPPLY, ASSETS),
        _SERIES_FINALITY,
        _ID,
        _COIN_SHAPE,
    ),
    _feed(
        "defillama_stablecoin_prices",
        "DefiLlama: price per stablecoin and day",
        parse_prices,
        f"{_API}/stablecoinprices",
        (PRICES,),
        "final: a price is of its own instant",
        {},
        Shape("*", {**numbers("date"), **objects("prices")}),
    ),
    _feed(
        "defillama_coin_prices",
        "DefiLlama: quotes of stablecoins at an instant",
        parse_quotes,
        "https://coins.llama.fi/prices/historical/{timestamp}/{coins}",
        (PRICES,),
        "final: a price is of its own instant",
        {},
        Shape("coins.*", numbers("price", "timestamp")),
    ),
)
