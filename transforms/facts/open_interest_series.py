"""Samples of open interest: the last of each hour and of each day, as of every instant at which one became known.

Belongs here: which observation is the sample, its instrument and price as known then, the change from the day
before. Does not belong here: the arithmetic (`open_interest.py`), sums over contracts (`dbt_project/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from schemas import rules
from schemas.tables import TABLES
from transforms.core.instruments import as_of_event
from transforms.core.notional import asset_of, quote_of
from transforms.facts.confidence_copies import copied
from transforms.facts.open_interest import conform, decompose
from transforms.facts.vintage_cuts import cuts, drop_unchanged, record_setters, state_at

_OBSERVATIONS = TABLES["core_open_interest__observations"]
_HOURLY, _DAILY = TABLES["core_open_interest__hourly"], TABLES["core_open_interest__daily"]
_HOUR = _HOURLY.grain[:-1]
_DAY = _DAILY.grain[:-1]
_TOTAL = "all"
_FAR = pl.lit("9999-12-31").str.to_datetime(time_unit="us", time_zone="UTC")
_OF_INSTRUMENT = ("contract_value", "contract_value_currency")


def observations_of_quotes(quotes: pl.DataFrame) -> pl.DataFrame:
    """Open interest that venues print beside a price, as `core_open_interest__observations`.

    Sizes are the venue's contracts, on as many sides as it counts (`rules.OPEN_INTEREST_SIDES`).
    """
    stated = quotes.filter(pl.col("open_interest_native").is_not_null()).with_columns(
        observed_at="quoted_at",
        asset=pl.lit(None, pl.String),
        margin_type=pl.lit(None, pl.String),
        size_unit=pl.lit("contracts"),
        n_sides=pl.col("venue").replace_strict(rules.OPEN_INTEREST_SIDES, default=1),
        open_interest_coin=pl.lit(None, pl.Float64),
        open_interest_usd=pl.lit(None, pl.Float64),
        mark_price=pl.when(pl.col("future_price") > 0).then("future_price"),
        status=pl.lit(None, pl.String),
        finality=pl.lit("final"),
    )
    return stated.select(_OBSERVATIONS.schema.names()).cast(_OBSERVATIONS.schema)


def open_interest_by_hour(
    observations: pl.DataFrame, quotes: pl.DataFrame, validity: pl.DataFrame, dates: Sequence[date]
) -> pl.DataFrame:
    """Rows of `core_open_interest__hourly` for `dates`, one per recorded change.

    The sample of an hour is its last observation with a value, by each feed apart. Its price is the one beside
    it, or implied by the feed's coins and dollars, or else the nearest mark of the same contract in the same
    hour (of `quotes`). An instrument or a mark counts from when it was known.
    """
    wanted = pl.col("fact_date").is_in(list(dates))
    stated = pl.concat([observations.filter(wanted), observations_of_quotes(quotes.filter(wanted))])
    samples = _samples(_described(stated, validity))
    marks = _marks(samples, quotes.filter(wanted))
    late = pl.col("instrument_known_at").is_between("known_at", "until", closed="left")
    instants = pl.concat(
        [
            cuts(samples, ["sample"]),
            cuts(marks, ["sample"], "effective_at"),
            cuts(samples.filter(late), ["sample"], "instrument_known_at"),
        ]
    ).unique()
    priced = state_at(instants, samples, ["sample"]).join(
        state_at(instants, marks, ["sample"], "effective_at"), on=["sample", "recorded_at"], how="left"
    )
    rows = _stated(conform(_as_known(priced)))
    return drop_unchanged(rows, _HOUR, _HOURLY.tracked).sort(_HOURLY.grain)


def _described(stated: pl.DataFrame, validity: pl.DataFrame) -> pl.DataFrame:
    """Observations with their hour and the instrument of the time; options are another domain."""
    start = pl.col("fact_date").cast(pl.Datetime("us", "UTC"))
    # A reading of 24:00 belongs to the day that ends there.
    last = pl.min_horizontal("observed_at", start + pl.duration(hours=24, microseconds=-1))
    given = stated.rename({"asset": "given_asset", "margin_type": "given_margin"})
    described = as_of_event(given.with_columns(hour_at=last.dt.truncate("1h")), validity, at="observed_at")
    return described.filter((pl.col("instrument_kind") != "option").fill_null(True)).with_columns(
        asset=pl.coalesce("given_asset", "asset", asset_of(pl.col("symbol"))),
        quote_currency=pl.coalesce("quote_currency", quote_of(pl.col("symbol"))),
    )


def _samples(described: pl.DataFrame) -> pl.DataFrame:
    """The observations that were the hour's sample when they became known, numbered, `until` the next was."""
    value = pl.coalesce("open_interest_native", "open_interest_usd", "open_interest_coin")
    rank = ["__has_value", "observed_at", "known_at", "raw_sha256"]
    best = record_setters(described.with_columns(__has_value=value.is_not_null()), _HOUR, rank, "known_at")
    until = pl.col("known_at").shift(-1).over(_HOUR, order_by="known_at")
    return best.with_columns(until=until.fill_null(_FAR)).drop("__has_value").with_row_index("sample")


def _marks(samples: pl.DataFrame, quotes: pl.DataFrame) -> pl.DataFrame:
    """The nearest mark of each sample that has no price: `sample`, `effective_at`, `found_price`, `found_at`."""
    candidates = quotes.filter(pl.col("future_price") > 0).select(
        "venue",
        "symbol",
        pl.col("quoted_at").dt.truncate("1h").alias("hour_at"),
        pl.col("quoted_at").alias("found_at"),
        pl.col("future_price").alias("found_price"),
        pl.col("known_at").alias("mark_known_at"),
        pl.col("raw_sha256").alias("mark_sha256"),
    )
    is_bare = pl.col("mark_price").is_null() & (
        pl.col("open_interest_coin").is_null() | pl.col("open_interest_usd").is_null()
    )
    pairs = (
        samples.filter(is_bare)
        .select("sample", "venue", "symbol", "hour_at", "observed_at", "known_at", "until")
        .join(candidates, on=["venue", "symbol", "hour_at"])
        .with_columns(
            effective_at=pl.max_horizontal("known_at", "mark_known_at"),
            __nearness=-(pl.col("found_at") - pl.col("observed_at")).dt.total_microseconds().abs(),
        )
        .filter(pl.col("effective_at") < pl.col("until"))
    )
    rank = ["__nearness", "mark_known_at", "found_at", "mark_sha256"]
    best = record_setters(pairs, ["sample"], rank, "effective_at")
    return best.select("sample", "effective_at", "found_price", "found_at")


def _as_known(priced: pl.DataFrame) -> pl.DataFrame:
    """Forget an instrument that was not known at the cut; take the mark that was found where there is no own."""
    is_known = (pl.col("instrument_known_at") <= pl.col("recorded_at")).fill_null(False)
    return priced.with_columns(
        *(pl.when(is_known).then(pl.col(name)).alias(name) for name in _OF_INSTRUMENT),
        margin_type=pl.coalesce("given_margin", pl.when(is_known).then("margin_type")),
        mark_at=pl.when(pl.col("mark_price").is_null() & pl.col("found_price").is_not_null())
        .then("found_at")
        .otherwise("observed_at"),
        mark_price=pl.coalesce("mark_price", "found_price"),
        given_status=pl.col("status"),
    )


def _stated(rows: pl.DataFrame) -> pl.DataFrame:
    """Hourly rows with status and finality: preliminary while the hour lasts, or by the feed's own rule."""
    is_over = pl.col("recorded_at") >= pl.col("hour_at") + pl.duration(hours=1)
    is_final = is_over & (pl.col("finality") != "preliminary")
    return (
        rows.with_columns(
            sampled_at="observed_at",
            mark_at=pl.when(pl.col("mark_price").is_not_null()).then("mark_at"),
            series=pl.when(pl.col("symbol") == _TOTAL).then(pl.lit("vendor_total")).otherwise(pl.lit("contract")),
            status=pl.coalesce("given_status", "status"),
            finality=pl.when(is_final).then(pl.lit("final")).otherwise(pl.lit("preliminary")),
        )
        .select(_HOURLY.schema.names())
        .cast(_HOURLY.schema)
    )


def open_interest_by_day(hours: pl.DataFrame, dates: Sequence[date]) -> pl.DataFrame:
    """Rows of `core_open_interest__daily` for `dates`, one per recorded change.

    `hours` (`core_open_interest__hourly`) should hold the day before each, too. The sample of a day is that of
    its last hour; the change is from the sample of the day before by the same feed, as known then. The day is
    final when it is over by what was known, or its sample is of the last hour. A vendor's total that another
    venue has to the last digit is `copied_value`.
    """
    names = [name for name in _HOURLY.tracked if name not in ("status", "finality")]
    valued = hours.with_columns(__has_value=pl.coalesce("open_interest_coin", "open_interest_usd").is_not_null())
    rank = ["__has_value", "hour_at", "recorded_at"]
    states = record_setters(valued, _DAY, rank, "recorded_at").rename({"recorded_at": "known_at"})
    seen = hours.group_by(*_DAY, "hour_at").agg(pl.col("recorded_at").min().alias("known_at"))
    counted = seen.sort("known_at", "hour_at").with_columns(n_samples=pl.int_range(1, pl.len() + 1).over(_DAY))
    own = states.filter(pl.col("fact_date").is_in(list(dates)))
    before = states.with_columns(pl.col("fact_date").dt.offset_by("1d")).join(own, on=_DAY, how="semi")
    instants = pl.concat(
        [cuts(own, _DAY), cuts(before, _DAY), cuts(counted.join(own, on=_DAY, how="semi"), _DAY)]
    ).unique()
    now = state_at(instants, own, _DAY)
    earlier = state_at(instants, before.select(*_DAY, *names, "known_at"), _DAY)
    compared = now.join(earlier, on=[*_DAY, "recorded_at"], how="left", suffix="_before")
    sampled = compared.join(
        state_at(instants, counted.select(*_DAY, "n_samples", "known_at"), _DAY), on=[*_DAY, "recorded_at"]
    )
    rows = _settled(_flagged(decompose(sampled))).select(_DAILY.schema.names()).cast(_DAILY.schema)
    return drop_unchanged(rows, _DAY, _DAILY.tracked).sort(_DAILY.grain)


def _settled(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the day's finality."""
    start = pl.col("fact_date").cast(pl.Datetime("us", "UTC"))
    known = pl.col("recorded_at")
    closes = (pl.col("sampled_at") >= start + pl.duration(hours=rules.LAST_SAMPLE_HOUR_UTC)) & (
        known >= pl.col("sampled_at")
    )
    is_over = (known >= start + pl.duration(days=1)) | closes
    hour_is_over = known >= pl.col("hour_at") + pl.duration(hours=1)
    is_part = (pl.col("finality") == "preliminary") & hour_is_over
    return rows.with_columns(
        finality=pl.when(is_over & ~is_part).then(pl.lit("final")).otherwise(pl.lit("preliminary"))
    )


def _flagged(rows: pl.DataFrame) -> pl.DataFrame:
    """`copied_value` for a vendor's totals of which two venues have one and the same."""
    group = ["source", "fact_date", "asset"]
    totals = rows.filter(pl.col("series") == "vendor_total")
    instants = cuts(totals, group, "recorded_at").join(totals.select(*group, "venue").unique(), on=group)
    values = totals.select(*group, "venue", "open_interest_usd", pl.col("recorded_at").alias("known_at"))
    flags = copied(state_at(instants, values, [*group, "venue"]), by=[*group, "recorded_at"])
    found = rows.join(
        flags.select(*group, "venue", "recorded_at", "is_copied").unique(),
        on=[*group, "venue", "recorded_at"],
        how="left",
    )
    is_copy = pl.col("is_copied").fill_null(False) & (pl.col("series") == "vendor_total") & pl.col("status").is_null()
    return found.with_columns(status=pl.when(is_copy).then(pl.lit("copied_value")).otherwise("status"))
