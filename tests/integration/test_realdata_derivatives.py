"""Real exports of funding and open interest: what their stamps say, what their rates are per, which are copies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from orchestration.sources.files import plan, receive
from orchestration.sources.inbox_map import load
from schemas.feed import Payload
from schemas.tables import TABLES
from transforms.facts.funding import daily_funding, interval_hours
from transforms.facts.funding_daily import BESIDE, funding_by_day
from transforms.facts.funding_weighted import funding_over_venues
from transforms.facts.open_interest_series import open_interest_by_day, open_interest_by_hour
from transforms.parse import FEEDS

MAP = Path(__file__).parents[1] / "fixtures" / "realdata_inbox.toml"
DAYS = [date(2026, 2, 1) + timedelta(days=n) for n in range(10)]


def core_rows(realdata: Path, beginning: str, table: str) -> pl.DataFrame:
    """Rows of a core table from the files whose path begins so, once each."""
    inbox = plan(realdata, load(MAP, set(FEEDS)))
    chosen = tuple((path, entry) for path, entry in inbox.matched if path.startswith(beginning))
    frames = []
    for item in receive(replace(inbox, matched=chosen), FEEDS):
        payload = Payload(item.feed, item.content, item.known_at, "0" * 64, item.locator, dict(item.params))
        known = {"known_at": pl.lit(item.known_at), "source": pl.lit(item.feed), "raw_sha256": pl.lit("0" * 64)}
        frames.append(FEEDS[item.feed].parse(payload).frames[table].with_columns(**known, is_simulated=pl.lit(False)))
    schema = TABLES[table].schema
    return pl.concat(frames).select(schema.names()).cast(schema).unique(TABLES[table].grain, maintain_order=True)


@pytest.fixture(scope="module")
def funding(realdata) -> pl.DataFrame:
    return core_rows(realdata, "oxarchive/funding_rates", "core_funding__settlements")


@pytest.fixture(scope="module")
def hours(realdata) -> pl.DataFrame:
    """Hourly open interest of the archive and of Artemis."""
    name = "core_open_interest__observations"
    read = [core_rows(realdata, path, name) for path in ("oxarchive/open_interest", "artemis/Centralized")]
    observations = pl.concat(read)
    quotes, validity = TABLES["core_futures__quotes"].empty(), TABLES["dim_instruments"].empty()
    return open_interest_by_hour(observations, quotes, validity, observations["fact_date"].unique().to_list())


def test_the_intervals_of_seven_venues_are_those_of_their_stamps(funding):
    """A fixed interval per venue would be wrong by two where one coin settles every four hours."""
    found = interval_hours(funding).group_by("venue", "symbol").agg(pl.col("interval_hours").unique())
    by_series = {(venue, symbol): hours for venue, symbol, hours in found.iter_rows()}
    assert {venue for venue, _ in by_series} == {
        "binance", "bybit", "okx", "dydx", "hyperliquid", "kraken", "lighter",
    }  # fmt: skip
    for (venue, symbol), hours in by_series.items():
        every_eight = venue in ("binance", "bybit", "okx")
        every_four = symbol == "HYPE" and venue in ("binance", "okx")
        assert hours == [4.0 if every_four else 8.0 if every_eight else 1.0], (venue, symbol)


def test_hours_that_an_archive_lost_are_gaps_and_not_intervals(funding):
    """Lighter's first weeks have one stamp a day or less: as intervals they would divide its rates by 24."""
    gaps = interval_hours(funding).filter("is_after_gap").group_by("venue").len()
    assert dict(gaps.iter_rows()) == {"kraken": 40, "lighter": 136}
    days = daily_funding(funding).filter(venue="lighter", symbol="BTC")
    assert 0.3 < days.select((pl.col("hours_covered") == 24).mean()).item() < 0.7


def test_the_rates_of_kraken_and_dydx_are_per_hour_as_the_stamps_say(funding):
    """Taken as eight-hour rates they would be an eighth of every other venue's, against all three signs below.

    Day sums as printed go with those of Binance and Bybit one to one; an hourly cap is reached to the digit;
    dYdX's grid is the eighth of its own millionths per eight hours.
    """
    days = daily_funding(funding).filter(hours_covered=24.0, symbol="BTC")
    wide = days.pivot("venue", index="fact_date", values="funding_ratio").drop_nulls(["kraken", "binance", "bybit"])
    others = pl.mean_horizontal("binance", "bybit")
    slope = wide.select(pl.cov("kraken", others) / others.var()).item()
    assert 0.8 < slope < 1.3
    kraken = funding.filter(venue="kraken")["rate_ratio"]
    assert (kraken.min(), kraken.max()) == (-0.0025, 0.0025)
    steps = funding.filter(venue="dydx").select(pl.col("rate_ratio") / 1.25e-7).to_series()
    assert (steps - steps.round()).abs().max() < 1e-6


def test_whole_days_are_final_and_have_the_year_of_their_sum(funding):
    """Rates of a year that came in one file are all known, so nearly all days are whole."""
    window = {day + step for day in DAYS for step in BESIDE}
    found = funding_by_day(funding.filter(pl.col("fact_date").is_in(list(window))), DAYS)
    binance = found.filter(venue="binance", symbol="HYPE")
    assert binance["n_settlements"].to_list() == [6] * len(DAYS)
    assert set(binance["finality"]) == {"final"}
    whole = found.filter(pl.col("status").is_null())
    assert whole.filter((pl.col("funding_annualised_ratio") - pl.col("funding_ratio") * 365).abs() > 1e-12).is_empty()
    assert whole.filter((pl.col("funding_8h_ratio") - pl.col("funding_ratio") / 3).abs() > 1e-12).is_empty()


def test_the_archives_rates_are_weighted_by_its_own_totals(funding, hours):
    """Only two venues have open interest by the hour: the mean must say so, and lie between them."""
    window = {day + step for day in DAYS for step in BESIDE}
    rates = funding.filter(pl.col("fact_date").is_in(list(window)))
    found = funding_over_venues(rates, hours.filter(pl.col("fact_date").is_in(DAYS)), DAYS)
    newest = found.unique(["fact_date", "asset"], keep="last", maintain_order=True)
    assert newest.height == 5 * len(DAYS)
    assert set(newest["venues"]) == {"hyperliquid", "hyperliquid,lighter"}
    daily = daily_funding(rates).filter(
        pl.col("venue").is_in(["hyperliquid", "lighter"]) & (pl.col("hours_covered") == 24)
    )
    range_of = daily.group_by("fact_date", pl.col("symbol").alias("asset")).agg(
        low=pl.col("funding_ratio").min() / 3, high=pl.col("funding_ratio").max() / 3, n=pl.len()
    )
    both = newest.filter(venues="hyperliquid,lighter", hours_covered=24.0).join(
        range_of.filter(n=2), on=["fact_date", "asset"]
    )
    assert both.height > 20
    slack = 2e-6  # weights move within the day
    outside = ~pl.col("funding_8h_ratio").is_between(pl.col("low") - slack, pl.col("high") + slack)
    assert both.filter(outside).is_empty()


def test_three_venues_that_share_one_series_are_copies(hours):
    """Kraken, Gate.io and Crypto.com have one and the same open interest on 1,260 days: none of them is known."""
    found = open_interest_by_day(hours, hours["fact_date"].unique().to_list())
    copies = found.filter(status="copied_value").group_by("venue", "source").len()
    assert dict(copies.select("venue", "len").iter_rows()) == dict.fromkeys(("crypto_com", "gate_io", "kraken"), 1260)
    assert set(copies["source"]) == {"artemis_open_interest"}
