"""The published windows and ranks of liquidations against the rules as functions, now and as of any instant."""

import random
from datetime import UTC, date, datetime, timedelta

import duckdb
import polars as pl
import pytest
from made_up_core import rows_of

from orchestration.store import dbt_build
from orchestration.store.core_store import CoreStore
from orchestration.store.layout import Layout
from schemas.tables import TABLES
from transforms.facts.liquidation_coverage import coverage_ratio, saturation_ratio
from transforms.facts.liquidation_ranks import rank_in_window
from transforms.facts.liquidation_trailing import trailing_24h

FIRST = date(2026, 1, 20)
N_DAYS = 100
REGIME_CHANGE = date(2026, 4, 10)
KEY = ["asset", "venue", "liq_side"]
SERIES = [*KEY, "series"]
FACTS = (
    "fct_liquidations_daily",
    "fct_liquidations_trailing_24h",
    "fct_liquidation_ranks_daily",
    "fct_liquidation_coverage_daily",
)


def instant(day: date, hour: float = 0.0) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)


def prints() -> list[dict]:
    """A day's prints become known on the next morning, some of them days late; some days have none."""
    draw = random.Random(3)
    rows = []
    for n in range(N_DAYS):
        day = FIRST + timedelta(days=n)
        for venue in ("binance", "okx"):
            for side in ("long", "short"):
                for k in range(draw.choice((0, 1, 3, 6))):
                    known_at = instant(day, 30) + timedelta(days=draw.choice((0, 0, 0, 4, 30)))
                    usd = float(draw.randrange(1, 40))
                    hour = draw.randrange(12) * 2 + draw.choice((0.0, 0.0, 0.3))
                    keys = {"fact_date": day, "venue": venue, "symbol": "BTCUSDT", "liq_side": side}
                    rows.append(
                        {**keys, "event_at": instant(day, hour), "notional_usd": usd, "quantity_coin": usd,
                         "occurrence": k + 1, "known_at": known_at, "source": f"{venue}_feed"}
                    )  # fmt: skip
    return rows


def totals() -> list[dict]:
    """A vendor's totals, with gaps."""
    draw = random.Random(5)
    return [
        {"fact_date": day, "venue": "all", "liq_side": side, "unit": "usd", "value": float(draw.randrange(1, 200)),
         "known_at": instant(day, 31), "source": "cryptoquant_liquidations"}
        for n in range(N_DAYS) for side in ("long", "short")
        for day in [FIRST + timedelta(days=n)] if draw.random() > 0.1
    ]  # fmt: skip


@pytest.fixture(scope="module")
def marts(tmp_path_factory):
    """Every table that the build of liquidations makes, by name."""
    layout = Layout(tmp_path_factory.mktemp("home"))
    core = CoreStore(layout)
    core.ensure()
    for name, rows in (("core_liquidations__events", prints()), ("core_liquidations__vendor_totals", totals())):
        frame = rows_of(name, rows)
        core.replace_dates(TABLES[name], frame["fact_date"].unique(), frame)
    selected = ["--select", *(f"+{fact}" for fact in FACTS)]
    (results,) = dbt_build.run(layout, ["build", "--full-refresh", "--exclude-resource-type", "unit_test", *selected])
    assert [result for result in results if not result.passed] == []
    with duckdb.connect(str(layout.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")

        names = [name for fact in FACTS for name in (fact, f"{fact}_vintages")]
        return {name: connection.sql(f"from {name}").pl() for name in names}


def as_of(vintages: pl.DataFrame, grain: list[str], when: datetime) -> pl.DataFrame:
    known = vintages.filter(pl.col("recorded_at") <= when)
    return known.sort("recorded_at").unique(grain, keep="last", maintain_order=True)


def with_both_sides(daily: pl.DataFrame) -> pl.DataFrame:
    """Daily values of each side and of both; a vendor's both need both."""
    slim = daily.select("fact_date", *SERIES, "notional_usd")
    both = slim.group_by("fact_date", "asset", "venue", "series").agg(
        pl.when((pl.len() == 2) | (pl.col("series").first() == "venue_prints")).then(pl.col("notional_usd").sum()),
    )
    return pl.concat([slim, both.with_columns(liq_side=pl.lit("all")).select(slim.columns)])


def expected_ranks(daily: pl.DataFrame) -> pl.DataFrame:
    began = pl.when((pl.col("venue") == "binance") & (pl.col("fact_date") >= REGIME_CHANGE)).then(pl.lit(REGIME_CHANGE))
    ranked = rank_in_window(with_both_sides(daily).with_columns(since=began), SERIES, regime_from="since")
    status = pl.when(pl.col("notional_usd").is_null()).then(pl.lit("pending"))
    return ranked.with_columns(status=status.when("is_outside_regime").then(pl.lit("outside_regime")))


RANKED = ["fact_date", *SERIES, "notional_usd", "rank_90d", "n_days_90d", "n_missing_days_90d", "status"]


def ordered(frame: pl.DataFrame, columns: list[str]) -> list[tuple]:
    return frame.select(columns).sort(columns[:6]).rows()


def test_the_newest_ranks_are_those_of_the_rule(marts):
    """The SQL and the function must not drift apart; one regime is never ranked in the other."""
    found, expected = marts["fct_liquidation_ranks_daily"], expected_ranks(marts["fct_liquidations_daily"])
    assert ordered(found, RANKED) == ordered(expected, RANKED)
    fresh = found.filter(venue="binance", fact_date=REGIME_CHANGE)
    assert set(fresh["status"]) == {"outside_regime"}
    assert set(fresh["rank_90d"]) == {1}
    assert found["n_missing_days_90d"].min() < found["n_missing_days_90d"].max()


@pytest.mark.parametrize("day", [5, 40, 82, 95])
def test_a_rank_as_of_an_instant_is_the_rule_on_what_was_known_then(marts, day):
    """A late print moves the ranks of ninety days, and none of them before it came."""
    when = instant(FIRST + timedelta(days=day), 12)
    daily = as_of(marts["fct_liquidations_daily_vintages"], ["fact_date", *SERIES], when)
    found = as_of(marts["fct_liquidation_ranks_daily_vintages"], ["fact_date", *SERIES], when)
    assert ordered(found, RANKED) == ordered(expected_ranks(daily), RANKED)


def test_the_newest_windows_are_those_of_the_rule(marts):
    """An hour that enters or leaves a window late shows here."""
    events = pl.DataFrame(prints()).with_columns(asset=pl.lit("BTC"))
    found = marts["fct_liquidations_trailing_24h"]
    joined = found.join(trailing_24h(events, KEY), on=[*KEY, "window_end_at"], how="left", suffix="_rule")
    assert joined.height > 5000
    assert joined["notional_usd"].to_list() == pytest.approx(joined["notional_usd_rule"].to_list(), rel=1e-12)
    assert joined["n_prints"].to_list() == joined["n_prints_rule"].to_list()


def test_the_window_that_ends_at_midnight_is_the_day(marts):
    """The one instant at which a trailing reading and a day can be compared."""
    day = marts["fct_liquidations_daily"].filter(series="venue_prints").with_columns(
        window_end_at=pl.col("fact_date").cast(pl.Datetime("us", "UTC")).dt.offset_by("1d")
    )  # fmt: skip
    both = day.join(marts["fct_liquidations_trailing_24h"], on=[*KEY, "window_end_at"], how="left", suffix="_window")
    assert both["notional_usd"].to_list() == pytest.approx(both["notional_usd_window"].to_list(), rel=1e-12)
    assert both["fact_date"].to_list() == both["fact_date_window"].to_list()


def test_no_window_is_told_before_its_end(marts):
    """A reading with an end in the future is a part of one, whatever it is called."""
    early = marts["fct_liquidations_trailing_24h_vintages"].filter(pl.col("recorded_at") < pl.col("window_end_at"))
    assert early.is_empty()


def test_venues_add_up_to_what_stands_beside_the_vendor(marts):
    """A sum over venues that leaves one out, or adds the vendor's own total, would cover too little or too much."""
    daily = marts["fct_liquidations_daily"]
    sums = daily.filter(series="venue_prints").group_by("fact_date", "liq_side").agg(pl.col("notional_usd").sum())
    vendor = daily.filter(series="vendor_aggregate").select("fact_date", "liq_side", total="notional_usd")
    expected = sums.join(vendor, on=["fact_date", "liq_side"], how="left").sort("fact_date", "liq_side")
    found = marts["fct_liquidation_coverage_daily"].filter(benchmark="vendor_total").sort("fact_date", "liq_side")
    assert found["observed_usd"].to_list() == pytest.approx(expected["notional_usd"].to_list(), rel=1e-12)
    assert found["benchmark_usd"].to_list() == expected["total"].to_list()
    assert found.filter(pl.col("benchmark_usd").is_null())["status"].unique().to_list() == ["no_vendor_total"]
    assert set(found["venue"]) == {"all"}


def test_saturation_is_the_share_of_seconds_with_a_print(marts):
    """The SQL and the function must not drift apart: two prints of one second fill it once."""
    key = ["fact_date", "venue", "liq_side"]
    events, daily = pl.DataFrame(prints()), marts["fct_liquidations_daily"]
    assert events.n_unique([*key, "event_at"]) < events.height
    expected = events.group_by(key).agg(share=saturation_ratio(pl.col("event_at")))
    both = daily.filter(series="venue_prints").join(expected, on=key, how="left")
    assert both["saturation_ratio"].to_list() == pytest.approx(both["share"].to_list(), rel=1e-12)
    vendor = daily.filter(series="vendor_aggregate")["saturation_ratio"]
    assert vendor.null_count() == vendor.len() > 0


def test_a_share_is_what_was_observed_over_what_was_counted(marts):
    """The SQL and the function must not drift apart: a share of an unknown total is unknown."""
    found = marts["fct_liquidation_coverage_daily"]
    expected = found.select(coverage_ratio(pl.col("observed_usd"), pl.col("benchmark_usd"))).to_series()
    assert found["coverage_ratio"].to_list() == expected.to_list()
    assert 0 < expected.null_count() < expected.len()
