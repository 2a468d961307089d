"""Artemis' exports of stablecoin supply in dollars: by token, by chain, by currency of the peg.

Belongs here: what a column of each export is, and which instant a row is of. Does not belong here:
Artemis' open interest.
"""

from __future__ import annotations

import re

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, texts
from schemas.stablecoins import BY_SYMBOL, CHAIN_NAMES
from schemas.tables import TABLES
from transforms.parse import read

_SUPPLY = "core_stablecoins__supply"
_DATE, _ALL = "date", "all"
# All pegs together, in dollars.
ALL_PEGS = "all.pegs"
# "Other (81)": what is left over, whose members change without notice.
_OTHERS = re.compile(r"Other \(\d+\)")
# A flag stands before the code.
_CURRENCY = re.compile(r"\W*([A-Z]{3})")
_KEY = ("fact_date", "stablecoin_id", "chain")
_UNKNOWN = {"token": "stablecoin", "chain": "chain", "currency": "currency"}
_MEASURES = ("circulating_peg", "minted_peg", "unreleased_peg", "bridged_in_peg")
_RULES: dict[str, tuple[pl.Expr, str]] = {
    "bad_date": (pl.col("_label").is_null(), "the row's date is not a day"),
    "future_date": (
        (pl.col("_label") > pl.col("_today")) & (pl.col("_label") != pl.col("_today").dt.month_end()),
        "the day, or the month, had not begun when the file was known",
    ),
    "unknown_column": (pl.col("stablecoin_id").is_null(), "the column is no coin of the reference, or no currency"),
    "not_a_number": (~pl.col("circulating_usd").is_finite(), "the cell is no number"),
    "part_day": (
        ~pl.col("_is_over") & pl.col("_is_over").any().over(_KEY),
        "the day is not over, and the same file has the value at which it began",
    ),
}


def parse_supply(payload: Payload) -> Parsed:
    """An export, monthly or daily, to core_stablecoins__supply: circulating_usd per coin, chain or peg.

    `params`: by = token, chain or currency. A label is the day at whose end the value was taken, so the
    row is of the next day, which begins then; a month has the label of its last day. A label whose end had
    not come when the file was known is live: it is of the file's day, and preliminary. Columns of what is
    left over ("Other (81)") are not taken. By chain the coins are together (`all.pegs`), by currency those
    of one peg (`all.EUR`). Raises `PayloadError`: missing_param, unknown_column, no_rows, and those of `read`.
    """
    by = payload.params.get("by")
    if by not in _UNKNOWN:
        raise PayloadError("missing_param", f"the inbox map must say what the columns are: {', '.join(_UNKNOWN)}")
    frame = read.csv_frame(payload, required=[_DATE])
    columns = [name for name in frame.columns if name != _DATE and not _OTHERS.fullmatch(name)]
    keys = {name: _series(by, name) for name in columns}
    if not any(identity for identity, _ in keys.values()):
        raise PayloadError("unknown_column", f"none of the columns {columns} is a {_UNKNOWN[by]}")
    if frame.is_empty():
        raise PayloadError("no_rows", "the file holds no day")
    kept, rejects = read.refuse(_cells(frame, keys, payload), _SUPPLY, _RULES)
    is_final = pl.col("_is_over") & (pl.col("_ends_at") + pl.duration(hours=1) <= pl.lit(payload.known_at))
    rows = kept.select(
        *_KEY,
        *(pl.lit(None, pl.Float64).alias(name) for name in _MEASURES),
        "circulating_usd",
        status=pl.lit(None, pl.String),
        finality=pl.when(is_final).then(pl.lit("final")).otherwise(pl.lit("preliminary")),
    )
    order = [name for name in TABLES[_SUPPLY].column_names if name in rows.columns]
    return Parsed({_SUPPLY: rows.select(order)}, rejects)


def _series(by: str, name: str) -> tuple[str | None, str]:
    """The id and the chain that a column is of; the id is null where the column is none that is known."""
    if by == "token":
        return (BY_SYMBOL[name].stablecoin_id if name in BY_SYMBOL else None), _ALL
    if by == "chain":
        return ALL_PEGS, CHAIN_NAMES.get(name, name)
    code = _CURRENCY.fullmatch(name)
    return (f"all.{code[1]}" if code else None), _ALL


def _cells(frame: pl.DataFrame, keys: dict[str, tuple[str | None, str]], payload: Payload) -> pl.DataFrame:
    """One row per cell that is filled, with its key and the instant of its end."""
    known_at = pl.lit(payload.known_at).cast(UTC_INSTANT)
    label = pl.col(_DATE).str.to_date("%Y-%m-%d", strict=False)
    ends_at = label.dt.offset_by("1d").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    named = pl.DataFrame(
        [(name, identity, chain) for name, (identity, chain) in keys.items()],
        schema={"column": pl.String, "stablecoin_id": pl.String, "chain": pl.String},
        orient="row",
    )
    return (
        frame.unpivot(on=list(keys), index=_DATE, variable_name="column", value_name="printed")
        .drop_nulls("printed")
        .join(named, on="column", maintain_order="left")
        .with_columns(
            circulating_usd=read.number(pl.col("printed")),
            _label=label,
            _ends_at=ends_at,
            _is_over=(ends_at <= known_at).fill_null(False),
            _today=known_at.dt.date(),
        )
        .with_columns(fact_date=pl.when("_is_over").then(pl.col("_ends_at").dt.date()).otherwise("_today"))
    )


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="artemis_stablecoins",
        source="artemis",
        title="Artemis: stablecoin supply in dollars by token, chain or currency, CSV export",
        tables=(_SUPPLY,),
        parse=parse_supply,
        cadence="daily or monthly; the newest row is to date",
        finality_rule="final one hour after the end of the day or month in the label",
        url="https://app.artemis.xyz/stablecoins",
        licence="unverified: use internally, publish only what is derived",
        params={"by": "what the columns are: token, chain or currency"},
        shape=Shape("", texts(_DATE), format="csv"),
    ),
)
