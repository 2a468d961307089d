"""Basis of dated futures at the day's sample, with its vintages.

Belongs here: the sample of the day, its index, and what was known of both when (METHOD §3). Does not
belong here: rates and eligibility of one contract (`basis_rates.py`), the front and its rolls
(`basis_front.py`), constant maturities (`term_structure.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from schemas import rules
from schemas.tables import TABLES
from transforms.core.clocks import CME_SETTLEMENT
from transforms.core.instruments import as_of_event
from transforms.core.notional import asset_of
from transforms.facts.basis_front import with_front
from transforms.facts.basis_rates import measured
from transforms.facts.vintage_cuts import cuts, drop_unchanged, record_setters, state_at

_TABLE = TABLES["core_basis__contracts"]
_CONTRACT = ("fact_date", "venue", "symbol")
_PAIR = ("venue", "asset", "quote_currency")


def contract_basis(
    quotes: pl.DataFrame,
    indexes: pl.DataFrame,
    validity: pl.DataFrame,
    dates: Sequence[date],
    before: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Rows of `core_basis__contracts` for `dates`, one per recorded change.

    The sample is the last priced quote of the UTC day, a settlement before a mark. Its index is the
    quote's own or else the nearest of `indexes` with the same venue, asset and quote currency; those
    should reach a minute past both ends of `dates`. Rates and `status` are those of `measured`.
    Perpetuals are left out, except where one had been taken for an unknown instrument before. `before`
    is rows of this table of up to `ROLL_LOOKBACK_DAYS` earlier days, for the rolls. `finality` is
    preliminary while the day lasts and restated if a known price or ratio changes after it.
    """
    day = quotes.filter(pl.col("fact_date").is_in(list(dates)))
    samples = _samples(as_of_event(day, validity, at="quoted_at"))
    matches = _index_matches(samples, indexes)
    rows = _final(measured(_described(_observed(samples, matches))))
    is_no_future = pl.col("status").eq_missing(pl.lit("perpetual")).all().over(_CONTRACT)
    rows = rows.filter(~is_no_future).with_columns(session_date=_session_date())
    rows = with_front(rows, _TABLE.empty() if before is None else before)
    rows = rows.select(_TABLE.schema.names()).cast(_TABLE.schema)
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


def _session_date() -> pl.Expr:
    """The trade date by the exchange's own clock, of venues with sessions."""
    local = pl.col("quoted_at").dt.convert_time_zone(str(CME_SETTLEMENT.zone)).dt.date()
    return pl.when(pl.col("venue").is_in(rules.SESSION_VENUES)).then(local)


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
