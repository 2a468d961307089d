"""Basis at constant maturities.

Belongs here: nodes, brackets and interpolation (METHOD §3). Does not belong here: which contracts are
eligible and their own rates (`basis_rates.py`), or the mean over venues (`basis_venues.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas import rules
from schemas.tables import TABLES
from transforms.core.exact import divided
from transforms.facts.basis_venues import FINALITY, all_venues, finality_rank
from transforms.facts.vintage_cuts import cuts, drop_unchanged, state_at

_TABLE = TABLES["core_basis__term_structure"]
_CURVE = ("fact_date", "venue", "asset")
_CUT = (*_CURVE, "recorded_at")
_DAYS_PER_YEAR = 365


def nodes(contracts: pl.DataFrame, by: Sequence[str] = ("quoted_at",)) -> pl.DataFrame:
    """One node per expiry of each curve; the columns `by` say which contracts are one curve.

    Takes contracts as `measured` gives them, uses those with `is_node`, and weights contracts of equal
    expiry by open interest in coin, equally where any of it is missing. Gives `symbols`, `days`,
    `basis_ratio` (F/S − 1), `basis_annualised_ratio` (simple ACT/365), `node_price`, `index_price`,
    `open_interest_coin` (null where any is missing), in order of expiry; and, of vintages (with
    `newest_at`), the lineage of the contract recorded last.
    """
    key = [*by, "expires_at"]
    coins = pl.col("open_interest_coin")
    has_weights = (coins.is_not_null().all() & (coins.sum() > 0)).over(key)
    weighted = contracts.filter("is_node").with_columns(__has_weights=has_weights)
    weight = pl.when("__has_weights").then(coins).otherwise(1.0)

    def mean(name: str) -> pl.Expr:
        first = pl.col(name).first()  # the mean of equal numbers is that number, to the last digit
        return first + divided(((pl.col(name) - first) * weight).sum(), weight.sum())

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
            **(_lineage() if "newest_at" in contracts.columns else {}),
        )
        .with_columns(basis_annualised_ratio=divided(pl.col("basis_ratio") * _DAYS_PER_YEAR, pl.col("days")))
        .sort(*by, "days", "expires_at")
    )


def _lineage() -> dict[str, pl.Expr]:
    """Of the contract recorded last; finality of the most tentative."""
    return {
        "finality_rank": finality_rank(pl.col("finality")).max(),
        "newest_at": pl.col("newest_at").max(),
        "source": pl.col("source").sort_by("newest_at").last(),
        "raw_sha256": pl.col("raw_sha256").sort_by("newest_at").last(),
        "is_simulated": pl.col("is_simulated").any(),
    }


def forward_yield(left_days: pl.Expr, left: pl.Expr, right_days: pl.Expr, right: pl.Expr) -> pl.Expr:
    """Fraction per year between two nodes of simple rates b: f = (b₂T₂ − b₁T₁) / (T₂ − T₁).

    `left` and `right` are F/S − 1, which is b × T / 365. Null where the two are one node. Source: Coin
    Metrics, basis.
    """
    span = right_days - left_days
    return pl.when(span > 0).then(divided((right - left) * _DAYS_PER_YEAR, span))


def rate_between(
    left_days: pl.Expr,
    left: pl.Expr,
    right_days: pl.Expr,
    right: pl.Expr,
    tenor: int | pl.Expr,
    scheme: str = "rate_time",
) -> pl.Expr:
    """The simple annual rate at `tenor` days between two nodes whose F/S − 1 is `left` and `right`.

    Schemes, each linear in days: rate_time, of b × T, the rule: b(T) = (b₁T₁ + f (T − T₁)) / T, which for
    one index is the line between the prices; log_price, of ln F, a check (about 0.3 bp away); rate, of b
    itself, which is never published (up to 26 bp away). Raises `KeyError` for another scheme.
    """
    span = right_days - left_days
    share = pl.when(span > 0).then(divided(tenor - left_days, span)).otherwise(0.0)

    def line(start: pl.Expr, end: pl.Expr) -> pl.Expr:
        return start + (end - start) * share

    year = _DAYS_PER_YEAR / tenor
    schemes = {
        "rate_time": line(left, right) * year,
        "log_price": (line(left.log1p(), right.log1p()).exp() - 1) * year,
        "rate": line(divided(left, left_days), divided(right, right_days)) * _DAYS_PER_YEAR,
    }
    return schemes[scheme]


def at_tenors(
    points: pl.DataFrame,
    tenors: Sequence[int] = rules.TENORS_DAYS,
    by: Sequence[str] = ("quoted_at",),
    curves: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per curve and tenor from the nodes of `nodes`; `curves` also has those without nodes.

    Between the nodes that straddle a tenor, rate × days is linear in exact days; that is the price of
    the future in calendar time where both share an index, and where they do not (USD, USDT) each is
    compared with its own. A node exactly at the tenor is both brackets, with no forward between. There
    is no extrapolation: without a bracket the rate is null, `status` says which is missing and
    `gap_days` how far the nearest node is. `basis_spot_node_ratio` is a variant in which spot is a node
    at 0 days: without a left bracket it holds the front's simple rate flat, and `is_spot_node` is true.
    """
    known = points.select(by).unique(maintain_order=True) if curves is None else curves
    return pl.concat(_point(_bracketed(known, points, tenor, by), tenor) for tenor in tenors)


def constant_maturity(
    contracts: pl.DataFrame,
    tenors: Sequence[int] = rules.TENORS_DAYS,
    before: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Rows of `core_basis__term_structure`, one per recorded change, from `core_basis__contracts`.

    Per venue as `at_tenors` gives them, and over all venues as `all_venues` does. `before` is rows of
    `core_basis__contracts` of the days before, which say what venues there are.
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
    rows = at_tenors(nodes(visible, _CUT), tenors, _CUT, curves).with_columns(
        finality=_finality(),
        is_simulated=pl.coalesce(pl.max_horizontal("left_is_simulated", "right_is_simulated"), "is_simulated"),
        n_venues=pl.col("basis_annualised_ratio").is_not_null().cast(pl.Int32),
        **{name: _of_newest(name) for name in ("source", "raw_sha256")},
    )
    by_venue = rows.select(_TABLE.schema.names()).cast(_TABLE.schema)
    present = contracts.select(*_CUT) if before is None else pl.concat([contracts.select(*_CUT), before.select(*_CUT)])
    seen = present.group_by(_CURVE).agg(first_at=pl.col("recorded_at").min())
    both = pl.concat([by_venue, all_venues(by_venue, seen)])
    return drop_unchanged(both, [*_CURVE, "tenor_days"], _TABLE.tracked).sort(_TABLE.grain)


def _bracketed(curves: pl.DataFrame, points: pl.DataFrame, tenor: int, by: Sequence[str]) -> pl.DataFrame:
    """Each curve with its last node at or before the tenor (`left_`) and the first at or after (`right_`)."""
    at_or_before = points.filter(pl.col("days") <= tenor).unique(by, keep="last", maintain_order=True)
    at_or_after = points.filter(pl.col("days") >= tenor).unique(by, keep="first", maintain_order=True)
    for side, frame in (("left", at_or_before), ("right", at_or_after)):
        named = frame.select(*by, pl.exclude(*by, "expires_at").name.prefix(f"{side}_"))
        curves = curves.join(named, on=list(by), how="left")
    return curves


def _point(curves: pl.DataFrame, tenor: int) -> pl.DataFrame:
    """The tenor's row of each curve."""
    has_left, has_right = pl.col("left_days").is_not_null(), pl.col("right_days").is_not_null()
    brackets = (pl.col("left_days"), pl.col("left_basis_ratio"), pl.col("right_days"), pl.col("right_basis_ratio"))
    headline = rate_between(*brackets, tenor)
    status = (
        pl.when(has_left & has_right).then(None)
        .when(has_right).then(pl.lit("no_left_bracket"))
        .when(has_left).then(pl.lit("no_right_bracket"))
        .otherwise(pl.lit("no_contracts"))
    )  # fmt: skip
    gap = pl.coalesce(pl.col("right_days") - tenor, tenor - pl.col("left_days"))
    is_one = pl.col("left_days") == pl.col("right_days")
    coins = pl.col("left_open_interest_coin") + pl.col("right_open_interest_coin")
    return curves.with_columns(
        tenor_days=pl.lit(tenor),
        status=status,
        gap_days=pl.when(~(has_left & has_right)).then(gap),
        basis_annualised_ratio=headline,
        basis_log_price_ratio=rate_between(*brackets, tenor, "log_price"),
        basis_spot_node_ratio=pl.coalesce(
            headline, pl.when(~has_left & has_right).then("right_basis_annualised_ratio")
        ),
        is_spot_node=~has_left & has_right,
        forward_ratio=forward_yield(*brackets),
        index_price=pl.when(has_left & has_right).then(_mean_index()),
        left_symbol="left_symbols",
        right_symbol="right_symbols",
        open_interest_coin=pl.when(is_one).then("left_open_interest_coin").otherwise(coins),
    ).with_columns(
        synthetic_future_price=pl.col("index_price") * (1 + pl.col("basis_annualised_ratio") * (tenor / _DAYS_PER_YEAR))
    )


def _mean_index() -> pl.Expr:
    """Index of both brackets, weighted by open interest in coin where both have it."""
    left, right = pl.col("left_index_price"), pl.col("right_index_price")
    coins = pl.col("left_open_interest_coin") + pl.col("right_open_interest_coin")
    share = pl.when(coins > 0).then(divided(pl.col("right_open_interest_coin"), coins)).otherwise(0.5)
    return left + (right - left) * share


def _of_newest(name: str) -> pl.Expr:
    """Lineage of the bracket recorded last, else of the curve's newest contract."""
    left, right = pl.col(f"left_{name}"), pl.col(f"right_{name}")
    is_right = (pl.col("right_newest_at") > pl.col("left_newest_at")).fill_null(left.is_null())
    return pl.when(is_right).then(right).otherwise(left).fill_null(pl.col(name))


def _finality() -> pl.Expr:
    """As tentative as the most tentative bracket; without brackets, preliminary while the day lasts."""
    of_brackets = pl.max_horizontal("left_finality_rank", "right_finality_rank")
    by_clock = (
        pl.when(pl.col("recorded_at").dt.date() > pl.col("fact_date"))
        .then(pl.lit("final"))
        .otherwise(pl.lit("preliminary"))
    )
    named = of_brackets.replace_strict(range(len(FINALITY)), FINALITY, return_dtype=pl.String)
    return pl.coalesce(named, by_clock)
