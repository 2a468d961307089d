"""DefiLlama's histories of stablecoin supply: the chart export, the charts, and one coin.

Belongs here: the three shapes that hold a row per day. Does not belong here: the list of coins as it
is now (`defillama_snapshot.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from schemas.feed import Parsed, Payload, PayloadError
from transforms.parse import read
from transforms.parse.defillama_supply import (
    ALL_CHAINS,
    ASSETS,
    SUPPLY,
    amount,
    assets,
    peg_currency,
    seconds,
    series,
    stamped,
)

_DATE = "date"


def parse_chart_export(payload: Payload) -> Parsed:
    """The CSV export: a column per stablecoin id, amounts in units of the peg, over all chains.

    An empty cell is no row: the export has none for a coin that it does not follow on that day. Raises
    `PayloadError`: unknown_column, no_rows, and those of `read`.
    """
    frame = read.csv_frame(payload, required=[_DATE])
    ids = [name for name in frame.columns if name != _DATE]
    unknown = [name for name in ids if not name.isdigit()]
    if unknown or not ids:
        raise PayloadError("unknown_column", f"columns {unknown or frame.columns} are no stablecoin ids")
    day = pl.col(_DATE).str.to_date("%Y-%m-%d", strict=False)
    cells = (
        frame.unpivot(on=ids, index=_DATE, variable_name="stablecoin_id", value_name="printed")
        .drop_nulls("printed")
        .with_columns(stamp=day.dt.epoch("s"), chain=pl.lit(ALL_CHAINS), circulating_peg=read.number(pl.col("printed")))
    )
    rows, rejects = series(_with_measures(cells), payload)
    return Parsed({SUPPLY: rows}, rejects)


def parse_charts(payload: Payload) -> Parsed:
    """`/stablecoincharts/…`: a row per day with amounts by peg, of one coin or of all coins together.

    `params`: optionally chain (default all) and stablecoin_id. Without an id the sum over all coins of a
    peg has the id `all.USD`, `all.EUR`, … Zero amounts are left out by the source, so from a peg's first
    day on a missing amount is 0. Raises `PayloadError`: unexpected_shape, not_a_number, no_rows, and
    those of `read`.
    """
    body = read.json_body(payload)
    if not isinstance(body, list) or not all(isinstance(day, dict) for day in body):
        raise PayloadError("unexpected_shape", "a stablecoin chart is a list of days")
    rows = list(_chart_rows(body, payload.params))
    supply, rejects = series(stamped(row for row, _ in rows), payload)
    totals = {row["stablecoin_id"]: peg for row, peg in rows} if "stablecoin_id" not in payload.params else {}
    named = assets((key, key, f"All stablecoins of {peg}", peg_currency(peg)) for key, peg in totals.items())
    return Parsed({SUPPLY: supply, ASSETS: named}, rejects)


def _chart_rows(days: list[dict[str, Any]], params: dict[str, str]) -> Iterator[tuple[dict[str, Any], str]]:
    seen: dict[str, None] = {}
    for day in sorted(days, key=lambda day: seconds(day.get(_DATE)) or 0):
        seen.update(dict.fromkeys(day.get("totalCirculating") or {}))
        for peg in seen:
            circulating = amount(day.get("totalCirculating"), peg) or 0.0
            usd = amount(day.get("totalCirculatingUSD"), peg)
            yield (
                {
                    "stamp": seconds(day.get(_DATE)),
                    "stablecoin_id": params.get("stablecoin_id") or f"all.{peg.removeprefix('pegged')}",
                    "chain": params.get("chain", ALL_CHAINS),
                    "circulating_peg": circulating,
                    "unreleased_peg": amount(day.get("totalUnreleased"), peg) or 0.0,
                    "circulating_usd": 0.0 if usd is None and circulating == 0 else usd,
                },
                peg,
            )


def parse_coin(payload: Payload) -> Parsed:
    """`/stablecoin/{id}`: one coin's history over all chains and on each, in units of the peg.

    `params`: optionally stablecoin_id, where the body has no id. Raises `PayloadError`:
    unexpected_shape, wrong_id, not_a_number, no_rows, and those of `read`.
    """
    body = read.json_body(payload)
    if not isinstance(body, dict) or not isinstance(body.get("tokens"), list) or "pegType" not in body:
        raise PayloadError("unexpected_shape", "a stablecoin is an object with pegType and tokens")
    told, found = payload.params.get("stablecoin_id"), body.get("id")
    if told and found and told != str(found):
        raise PayloadError("wrong_id", f"the body is of stablecoin {found}, not {told}")
    identity = told or found
    if not identity:
        raise PayloadError("missing_param", "the body has no id: the inbox map must give stablecoin_id")
    by_chain = {ALL_CHAINS: body["tokens"]} | {
        chain: balances.get("tokens") or [] for chain, balances in (body.get("chainBalances") or {}).items()
    }
    rows = (
        {"stablecoin_id": str(identity), "chain": chain, **_coin_row(token, body["pegType"])}
        for chain, tokens in by_chain.items()
        for token in tokens
    )
    supply, rejects = series(stamped(rows), payload)
    named = assets([(str(identity), body.get("symbol"), body.get("name"), peg_currency(body["pegType"]))])
    return Parsed({SUPPLY: supply, ASSETS: named}, rejects)


def _coin_row(token: dict[str, Any], peg_type: str) -> dict[str, Any]:
    return {
        "stamp": seconds(token.get(_DATE)),
        "circulating_peg": amount(token.get("circulating"), peg_type),
        "minted_peg": amount(token.get("minted"), peg_type),
        "unreleased_peg": amount(token.get("unreleased"), peg_type),
        "bridged_in_peg": amount(token.get("bridgedTo"), peg_type),
    }


def _with_measures(cells: pl.DataFrame) -> pl.DataFrame:
    """Cells of the export with the columns that it cannot fill."""
    return cells.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in stamped([]).columns if name not in cells.columns
    )
