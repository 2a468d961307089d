"""Basis of dated futures at the day's sample.

Belongs here: the sample of the day, its index, eligibility and the annualised rates (METHOD §3). Does
not belong here: constant maturities (`term_structure.py`), prices as venues write them
(`transforms/parse/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from schemas import rules
from schemas.tables import TABLES
from transforms.core.instruments import as_of_event
from transforms.core.notional import asset_of
from transforms.facts.vintage_cuts import cuts, drop_unchanged, record_setters, state_at

_TABLE = TABLES["core_basis__contracts"]
_CONTRACT = ("fact_date", "venue", "symbol")
_PAIR = ("venue", "asset", "quote_currency")
_DAY_SECONDS = 86_400


def simple_act365(future: pl.Expr, spot: pl.Expr, seconds: pl.Expr) -> pl.Expr:
    """Fraction per year: (F/S − 1) × 365 × 86,400 / seconds to expiry. The headline rate."""
    return (future / spot - 1) * rules.SECONDS_PER_YEAR / seconds


def compound_act365(future: pl.Expr, spot: pl.Expr, seconds: pl.Expr) -> pl.Expr:
    """Fraction per year: (F/S)^(365 × 86,400 / seconds) − 1."""
    return (future / spot) ** (rules.SECONDS_PER_YEAR / seconds) - 1


def log_act365(future: pl.Expr, spot: pl.Expr, seconds: pl.Expr) -> pl.Expr:
    """Fraction per year: ln(F/S) × 365 × 86,400 / seconds."""
    return (future / spot).log() * rules.SECONDS_PER_YEAR / seconds


def contract_basis(
    quotes: pl.DataFrame, indexes: pl.DataFrame, validity: pl.DataFrame, dates: Sequence[date]
) -> pl.DataFrame:
    """Rows of `core_basis__contracts` for `dates`, one per recorded change.

    The sample is the last priced quote of the UTC day, a settlement before a mark. Its index is the
    quote's own or else the nearest of `indexes` with the same venue, asset and quote currency; those
    should reach a minute past both ends of `dates`. `status` is the first that applies of: perpetual,
    no_instrument, expired, missing_price, missing_index, stale_index, settlement_window, under_1_day,
    under_7_days; only the last two keep a ratio and only the last is a node. Perpetuals are left out,
    except where one had been taken for an unknown instrument before. `finality` is preliminary while
    the day lasts and restated if a known price or ratio changes after it.
    """
    day = quotes.filter(pl.col("fact_date").is_in(list(dates)))
    samples = _samples(as_of_event(day, validity, at="quoted_at"))
    matches = _index_matches(samples, indexes)
    rows = _final(_measured(_described(_observed(samples, matches))))
    is_no_future = pl.col("status").eq_missing(pl.lit("perpetual")).all().over(_CONTRACT)
    rows = rows.filter(~is_no_future).select(_TABLE.schema.names()).cast(_TABLE.schema)
    return drop_unchanged(rows, _CONTRACT, _TABLE.tracked).sort(_TABLE.grain)


def _observed(samples: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """Each sample with its index at each cut: when it, its index or its instrument became known."""
    own = pl.col("index_price").is_not_null()
    instants = pl.concat(
        [
            cuts(samples, ["sample"]),
            cuts(matches, ["sample"], "effective_at"),
            cuts(
                samples.filter(pl.col("instrument_known_at").is_between("known_at", "until", closed="left")),
                ["sample"],
                "instrument_known_at",
            ),
        ]
    ).unique()
    return (
        state_at(instants, samples, ["sample"])
        .join(state_at(instants, matches, ["sample"], "effective_at"), on=["sample", "recorded_at"], how="left")
        .with_columns(
            index_price=pl.when(own).then("index_price").otherwise("found_price"),
            index_at=pl.when(own).then(pl.coalesce("index_at", "quoted_at")).otherwise("found_at"),
        )
    )


def _samples(quotes: pl.DataFrame) -> pl.DataFrame:
    """The quotes that were the day's sample when they became known, numbered, `until` the next was."""
    futures = quotes.filter(pl.col("instrument_kind").is_in(["dated", "perpetual"]).fill_null(True)).with_columns(
        __is_priced=pl.col("future_price").is_not_null(), __is_settle=pl.col("price_kind") == "settle"
    )
    rank = ["__is_priced", "__is_settle", "quoted_at", "known_at", "source", "raw_sha256"]
    best = record_setters(futures, _CONTRACT, rank, "known_at")
    until = pl.col("known_at").shift(-1).over(_CONTRACT, order_by="known_at")
    far = pl.lit("9999-12-31").str.to_datetime(time_unit="us", time_zone="UTC")
    return best.with_columns(until=until.fill_null(far)).drop("__is_priced", "__is_settle").with_row_index("sample")


def _index_matches(samples: pl.DataFrame, indexes: pl.DataFrame) -> pl.DataFrame:
    """The nearest index of each sample that has none: `sample`, `effective_at`, `found_price`, `found_at`."""
    skew = pl.duration(seconds=rules.MAX_INDEX_SKEW_SECONDS)
    days = pl.concat_list((pl.col("quoted_at") - skew).dt.date(), (pl.col("quoted_at") + skew).dt.date())
    candidates = indexes.select(
        *_PAIR,
        days.list.unique().alias("fact_date"),
        pl.col("quoted_at").alias("found_at"),
        pl.col("index_price").alias("found_price"),
        pl.col("known_at").alias("index_known_at"),
        pl.col("raw_sha256").alias("index_sha256"),
    ).explode("fact_date")
    bare = samples.filter(pl.col("index_price").is_null())
    pairs = (
        bare.select("sample", "fact_date", *_PAIR, "quoted_at", "known_at", "until")
        .join(candidates, on=["fact_date", *_PAIR])
        .with_columns(
            effective_at=pl.max_horizontal("known_at", "index_known_at"),
            __nearness=-(pl.col("found_at") - pl.col("quoted_at")).dt.total_microseconds().abs(),
        )
        .filter(pl.col("effective_at") < pl.col("until"))
    )
    rank = ["__nearness", "index_known_at", "found_at", "index_sha256"]
    best = record_setters(pairs, ["sample"], rank, "effective_at")
    return best.select("sample", "effective_at", "found_price", "found_at")


def _described(observed: pl.DataFrame) -> pl.DataFrame:
    """Forget the instrument where it was not known at the cut; then only the symbol says the asset."""
    is_known = pl.col("instrument_known_at") <= pl.col("recorded_at")
    of_instrument = (
        "instrument_kind",
        "margin_type",
        "contract_value",
        "contract_value_currency",
        "expires_at",
    )
    return observed.with_columns(
        pl.when(is_known).then(pl.col(name)).alias(name) for name in of_instrument
    ).with_columns(asset=pl.when(is_known).then("asset").otherwise(asset_of(pl.col("symbol"))))


def _measured(contracts: pl.DataFrame) -> pl.DataFrame:
    """Add days, skew, status, the ratios and the open interest in coin."""
    seconds = (pl.col("expires_at") - pl.col("quoted_at")).dt.total_microseconds() / 1e6
    skew = (pl.col("index_at") - pl.col("quoted_at")).dt.total_microseconds().abs() / 1e6
    timed = contracts.with_columns(
        __seconds=seconds, index_skew_seconds=skew, days_to_expiry=seconds / _DAY_SECONDS
    ).with_columns(status=_status())
    future, spot = pl.col("future_price"), pl.col("index_price")
    status, left = pl.col("status"), pl.col("__seconds")
    has_ratio = status.is_null() | status.is_in(["under_1_day", "under_7_days"])

    def annualised(rate: pl.Expr) -> pl.Expr:
        return pl.when(status.is_null()).then(rate)

    return timed.with_columns(
        basis_ratio=pl.when(has_ratio).then(future / spot - 1),
        basis_annualised_ratio=annualised(simple_act365(future, spot, left)),
        basis_compound_ratio=annualised(compound_act365(future, spot, left)),
        basis_log_ratio=annualised(log_act365(future, spot, left)),
        open_interest_coin=_open_interest_coin(),
        is_node=status.is_null() | (status == "under_7_days"),
    )


def _status() -> pl.Expr:
    """Why a contract has no annualised rate: the first rule that applies; null where it has one."""
    left = pl.col("__seconds")
    window = pl.col("venue").replace_strict(rules.SETTLEMENT_WINDOW_MINUTES, default=0) * 60
    conditions = {
        "perpetual": pl.col("instrument_kind") == "perpetual",
        "no_instrument": pl.col("instrument_kind").is_null() | pl.col("expires_at").is_null(),
        "expired": left <= 0,
        "missing_price": ~(pl.col("future_price") > 0).fill_null(False),
        "missing_index": ~(pl.col("index_price") > 0).fill_null(False),
        "stale_index": pl.col("index_skew_seconds") > rules.MAX_INDEX_SKEW_SECONDS,
        "settlement_window": left <= window,
        "under_1_day": left < rules.MIN_NODE_DAYS * _DAY_SECONDS,
        "under_7_days": left < rules.MIN_ANNUALISED_DAYS * _DAY_SECONDS,
    }
    return pl.coalesce(pl.when(holds).then(pl.lit(code)) for code, holds in conditions.items())


def _open_interest_coin() -> pl.Expr:
    """Open interest in coin, one side: native × contract value, over the price where that is in dollars."""
    sides = pl.col("venue").replace_strict(rules.OPEN_INTEREST_SIDES, default=1)
    value = pl.col("open_interest_native") * pl.col("contract_value") / sides
    price = pl.when(pl.col("future_price") > 0).then(pl.col("future_price"))
    is_usd_faced = (pl.col("margin_type") == "inverse") | pl.col("contract_value_currency").is_in(rules.USD_QUOTES)
    return pl.when(is_usd_faced).then(value / price).when(pl.col("margin_type") == "linear").then(value)


def _final(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `finality`: final once the day's sample is taken, restated once a known price or ratio changes after that.

    The sample is taken when the day is over, with a settlement, or with a quote of the day's last hour:
    snapshots cannot be taken again later.
    """
    closes = (pl.col("price_kind") == "settle") | (pl.col("quoted_at").dt.hour() >= rules.LAST_SAMPLE_HOUR_UTC)
    is_over = (pl.col("recorded_at").dt.date() > pl.col("fact_date")) | closes.fill_null(False)

    def differs(name: str) -> pl.Expr:
        before = pl.col(name).shift().over(_CONTRACT, order_by="recorded_at")
        return before.is_not_null() & before.ne_missing(pl.col(name))

    was_over = is_over.shift(fill_value=False).over(_CONTRACT, order_by="recorded_at")
    revises = was_over & (differs("future_price") | differs("basis_ratio"))
    is_restated = revises.cum_max().over(_CONTRACT, order_by="recorded_at")
    finality = (
        pl.when(~is_over)
        .then(pl.lit("preliminary"))
        .when(is_restated)
        .then(pl.lit("restated"))
        .otherwise(pl.lit("final"))
    )
    return rows.with_columns(finality=finality)
