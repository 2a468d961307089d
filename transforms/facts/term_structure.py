"""Basis at constant maturities.

Belongs here: nodes, brackets and interpolation (METHOD §3). Does not belong here: which contracts are
eligible and their own rates (`basis.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas import rules
from schemas.tables import TABLES
from transforms.facts.vintage_cuts import cuts, drop_unchanged, state_at

_TABLE = TABLES["core_basis__term_structure"]
_CURVE = ("fact_date", "venue", "asset")
_CUT = (*_CURVE, "recorded_at")
_DAYS_PER_YEAR = 365
# From least to most tentative: a point is as tentative as the most tentative of its brackets.
_FINALITY = ("final", "restated", "preliminary")


def nodes(contracts: pl.DataFrame) -> pl.DataFrame:
    """One node per expiry of each curve (`fact_date`, `venue`, `asset`, `recorded_at`).

    Takes rows of `core_basis__contracts`, uses those with `is_node`, and weights contracts of equal
    expiry by open interest in coin, equally where any of it is missing. Gives `symbols`, `days`,
    `basis_ratio` (F/S − 1), `node_price`, `index_price`, `open_interest_coin` (null where any is
    missing), and the lineage of the contract recorded last (`newest_at`).
    """
    key = [*_CUT, "expires_at"]
    coins = pl.col("open_interest_coin")
    recorded_at = pl.col("newest_at" if "newest_at" in contracts.columns else "recorded_at")
    weighted = contracts.filter("is_node").with_columns(
        newest_at=recorded_at,
        __has_weights=(coins.is_not_null().all() & (coins.sum() > 0)).over(key),
    )
    weight = pl.when("__has_weights").then(coins).otherwise(1.0)

    def mean(name: str) -> pl.Expr:
        first = pl.col(name).first()  # the mean of equal numbers is that number, to the last digit
        return first + ((pl.col(name) - first) * weight).sum() / weight.sum()

    return (
        weighted.sort(*key, "symbol")
        .group_by(key, maintain_order=True)
        .agg(
            symbols=pl.col("symbol").str.join(","),
            days=mean("days_to_expiry"),
            basis_ratio=mean("basis_ratio"),
            node_price=mean("future_price"),
            index_price=mean("index_price"),
            open_interest_coin=pl.when(coins.is_not_null().all()).then(coins.sum()),
            finality_rank=_finality_rank(pl.col("finality")).max(),
            newest_at=pl.col("newest_at").max(),
            source=pl.col("source").sort_by("newest_at").last(),
            raw_sha256=pl.col("raw_sha256").sort_by("newest_at").last(),
            is_simulated=pl.col("is_simulated").any(),
        )
        .sort(*_CUT, "days", "expires_at")
    )


def constant_maturity(contracts: pl.DataFrame, tenors: Sequence[int] = rules.TENORS_DAYS) -> pl.DataFrame:
    """Rows of `core_basis__term_structure`, one per recorded change, from `core_basis__contracts`.

    Between the nodes that straddle a tenor, rate × days is linear in exact days; that is the price of
    the future in calendar time where both share an index, and where they do not (USD, USDT) each is
    compared with its own. A node exactly at the tenor is both brackets, with no forward between. There
    is no extrapolation: without a bracket the rate is null, with the gap to the nearest node.
    """
    newest = contracts.rename({"recorded_at": "newest_at"})
    instants = cuts(contracts, _CURVE, "recorded_at")
    symbols = contracts.select(*_CURVE, "symbol").unique()
    visible = state_at(instants.join(symbols, on=_CURVE), newest, [*_CURVE, "symbol"], known_at="newest_at")
    curves = (
        visible.sort("newest_at", "symbol")
        .group_by(_CUT, maintain_order=True)
        .agg(pl.col("source", "raw_sha256").last(), pl.col("is_simulated").any())
    )
    points = nodes(visible)
    rows = pl.concat(_point(_bracketed(curves, points, tenor), tenor) for tenor in tenors)
    rows = rows.select(_TABLE.schema.names()).cast(_TABLE.schema)
    return drop_unchanged(rows, [*_CURVE, "tenor_days"], _TABLE.tracked).sort(_TABLE.grain)


def _bracketed(curves: pl.DataFrame, points: pl.DataFrame, tenor: int) -> pl.DataFrame:
    """Each curve with its last node at or before the tenor (`left_`) and the first at or after (`right_`)."""
    at_or_before = points.filter(pl.col("days") <= tenor).unique(_CUT, keep="last", maintain_order=True)
    at_or_after = points.filter(pl.col("days") >= tenor).unique(_CUT, keep="first", maintain_order=True)
    for side, frame in (("left", at_or_before), ("right", at_or_after)):
        named = frame.select(*_CUT, pl.exclude(*_CUT, "expires_at").name.prefix(f"{side}_"))
        curves = curves.join(named, on=_CUT, how="left")
    return curves


def _point(curves: pl.DataFrame, tenor: int) -> pl.DataFrame:
    """The tenor's row of each curve."""
    has_left, has_right = pl.col("left_days").is_not_null(), pl.col("right_days").is_not_null()
    span = pl.col("right_days") - pl.col("left_days")
    share = pl.when(span > 0).then((tenor - pl.col("left_days")) / span).otherwise(0.0)

    def between(left: pl.Expr, right: pl.Expr) -> pl.Expr:
        return left + (right - left) * share

    left, right = pl.col("left_basis_ratio"), pl.col("right_basis_ratio")
    log_price = between(left.log1p(), right.log1p())
    year = _DAYS_PER_YEAR / tenor
    status = (
        pl.when(has_left & has_right).then(None)
        .when(has_right).then(pl.lit("no_left_bracket"))
        .when(has_left).then(pl.lit("no_right_bracket"))
        .otherwise(pl.lit("no_contracts"))
    )  # fmt: skip
    gap = pl.coalesce(pl.col("right_days") - tenor, tenor - pl.col("left_days"))
    return curves.with_columns(
        tenor_days=pl.lit(tenor),
        status=status,
        gap_days=pl.when(~(has_left & has_right)).then(gap),
        basis_annualised_ratio=between(left, right) * year,
        basis_log_price_ratio=(log_price.exp() - 1) * year,
        forward_ratio=pl.when(span > 0).then((right - left) * _DAYS_PER_YEAR / span),
        index_price=pl.when(has_left & has_right).then(_mean_index()),
        left_symbol="left_symbols",
        right_symbol="right_symbols",
        finality=_finality(),
        is_simulated=pl.coalesce(pl.max_horizontal("left_is_simulated", "right_is_simulated"), "is_simulated"),
        **{name: _of_newest(name) for name in ("source", "raw_sha256")},
    ).with_columns(synthetic_future_price=pl.col("index_price") * (1 + pl.col("basis_annualised_ratio") / year))


def _mean_index() -> pl.Expr:
    """Index of both brackets, weighted by open interest in coin where both have it."""
    left, right = pl.col("left_index_price"), pl.col("right_index_price")
    coins = pl.col("left_open_interest_coin") + pl.col("right_open_interest_coin")
    share = pl.when(coins > 0).then(pl.col("right_open_interest_coin") / coins).otherwise(0.5)
    return left + (right - left) * share


def _of_newest(name: str) -> pl.Expr:
    """Lineage of the bracket recorded last, else of the curve's newest contract."""
    left, right = pl.col(f"left_{name}"), pl.col(f"right_{name}")
    is_right = (pl.col("right_newest_at") > pl.col("left_newest_at")).fill_null(left.is_null())
    return pl.when(is_right).then(right).otherwise(left).fill_null(pl.col(name))


def _finality_rank(finality: pl.Expr) -> pl.Expr:
    return finality.replace_strict(_FINALITY, range(len(_FINALITY)), return_dtype=pl.Int8)


def _finality() -> pl.Expr:
    """As tentative as the most tentative bracket; without brackets, preliminary while the day lasts."""
    of_brackets = pl.max_horizontal("left_finality_rank", "right_finality_rank")
    by_clock = (
        pl.when(pl.col("recorded_at").dt.date() > pl.col("fact_date"))
        .then(pl.lit("final"))
        .otherwise(pl.lit("preliminary"))
    )
    named = of_brackets.replace_strict(range(len(_FINALITY)), _FINALITY, return_dtype=pl.String)
    return pl.coalesce(named, by_clock)
