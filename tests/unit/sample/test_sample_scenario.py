"""The sample scenario is reproducible, says that it is a simulation, and hits the public figures."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from orchestration.sources.sample import DEFAULT_SEED, SCENARIO_END, SCENARIO_START, etf, generate
from orchestration.sources.sample.liquidations import SIDES, vendor_total
from orchestration.sources.sample.market import ASSETS, RECORDED_FROM, is_session, market
from orchestration.sources.sample.payload import at, days_between

FEB_5 = date(2026, 2, 5)


def rows_of(sample) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sample.content.decode())))


def test_the_same_seed_gives_the_same_bytes(scenario):
    """Otherwise a rebuilt warehouse differs from the first one."""
    again = list(generate(date(2026, 2, 3), date(2026, 2, 7)))
    assert again == [sample for sample in scenario if date(2026, 2, 3) <= sample.partition <= date(2026, 2, 7)]


def test_each_day_alone_equals_its_part_of_the_whole(scenario):
    """Otherwise a daily run and a back-fill land different bytes for one day."""
    by_day = defaultdict(list)
    for sample in scenario:
        by_day[sample.partition].append(sample)
    for day in (SCENARIO_START, date(2025, 12, 26), FEB_5, SCENARIO_END):
        assert list(generate(day, day)) == by_day[day]


def test_another_seed_gives_other_bytes_and_the_same_public_figures():
    """Otherwise the seed would not matter, or a public figure would depend on it."""
    first = {s.locator: s.content for s in generate(FEB_5, FEB_5, seed=DEFAULT_SEED)}
    other = {s.locator: s.content for s in generate(FEB_5, FEB_5, seed=7)}
    assert first.keys() == other.keys()
    assert first != other
    assert sum(etf.flows("BTC", 7)[FEB_5].values()) == -4341


def test_a_range_outside_the_scenario_is_empty_and_a_reversed_one_is_refused():
    """Otherwise a schedule past the end of the scenario fails, or a typing error passes unseen."""
    assert list(generate(date(2026, 3, 1), date(2026, 3, 5))) == []
    with pytest.raises(ValueError, match="before it starts"):
        list(generate(FEB_5, date(2026, 2, 4)))


def test_every_payload_says_that_it_is_simulated_and_when_it_was_known(scenario):
    """Otherwise made-up rows could pass for a vendor's."""
    for sample in scenario:
        assert sample.locator.startswith("sample://")
        assert sample.params["simulated"] == "true"
        assert sample.known_at.tzinfo is UTC
        assert at(sample.partition) <= sample.known_at < at(sample.partition) + timedelta(days=2)
    assert len({sample.locator for sample in scenario}) == len(scenario)


def test_the_scenario_is_of_moderate_size(scenario):
    """Otherwise the demo is slow: prints below 150,000, a few thousand small payloads."""
    prints = sum(s.content.count(b"\n") for s in scenario if s.content_type == "application/x-ndjson")
    assert 30_000 < prints < 150_000
    assert len(scenario) < 5_000
    assert sum(len(sample.content) for sample in scenario) < 50_000_000


def test_every_declared_feed_is_there_on_its_days(scenario):
    """Otherwise a feed would silently have no sample."""
    count = Counter(sample.feed for sample in scenario)
    days = len(days_between(SCENARIO_START, SCENARIO_END))
    assert days == 120
    assert count["binance_force_orders"] == count["bybit_liquidations"] == days
    assert count["okx_liquidations"] == days - 1
    assert count["okx_instruments"] == count["bybit_instruments"] == 2 * days
    for feed in ("deribit_instruments", "binance_usdm_instruments", "binance_coinm_instruments",
                 "bybit_tickers", "okx_mark_prices", "okx_index_tickers",
                 "binance_coinm_premium_index"):  # fmt: skip
        assert count[feed] == days
    sessions = sum(is_session(day) for day in days_between(SCENARIO_START, SCENARIO_END))
    assert count["settlement_csv"] == sessions
    assert count["tardis_liquidations"] == count["tardis_derivative_ticker"] == 4
    recorded = days_between(RECORDED_FROM, SCENARIO_END)
    assert count["binance_funding_history"] == count["tether_transparency"] == len(recorded)
    assert count["sosovalue_etf_flows"] == count["coinglass_etf_flows"] == 2 * count["ishares_holdings"]
    assert count["ishares_holdings"] == sum(is_session(day) for day in recorded)
    assert len(count) == 40


def test_prices_pass_through_the_public_readings():
    """Otherwise the sample does not show the crash that it is about."""
    prices = market(DEFAULT_SEED)
    assert prices.price("BTC", at(FEB_5)) == pytest.approx(73_100, abs=1)
    assert 62_600 <= prices.price("BTC", at(date(2026, 2, 6))) <= 62_900
    assert prices.day("BTC", date(2026, 2, 6)).min() == pytest.approx(60_000, abs=100)
    assert prices.price("BTC", at(date(2026, 2, 7))) == pytest.approx(70_100, abs=1)
    assert prices.price("ETH", at(date(2026, 2, 6))) == pytest.approx(1_820, abs=1)
    late = [d for d in days_between(date(2026, 2, 8), SCENARIO_END) if prices.day("BTC", d).min() < 64_500]
    assert late == [date(2026, 2, 24)]


def test_etf_totals_are_the_published_ones_and_the_sum_of_their_funds(find):
    """Otherwise the demo contradicts the figures it is calibrated on."""
    table = find("farside_etf_flows", date(2026, 2, 27), ".csv")[0]
    totals = {row["Date"]: row for row in rows_of(table)}
    expected = {"2026-01-30": "-509.7", "2026-02-02": "561.8", "2026-02-03": "-272.0", "2026-02-04": "-544.9",
                "2026-02-05": "-434.1"}  # fmt: skip
    assert {day: totals[day]["Total"] for day in expected} == expected
    assert [totals[d]["IBIT"] for d in ("2026-01-30", "2026-02-04", "2026-02-05")] == [
        "-528.3",
        "-373.4",
        "-175.3",
    ]
    assert "MSBT" not in totals["2026-02-05"]
    for row in totals.values():
        parts = [float(v or 0) for k, v in row.items() if k not in ("Date", "Total")]
        assert sum(parts) == pytest.approx(float(row["Total"]), abs=0.05)


def test_vendor_liquidations_of_the_crash_are_the_published_ones_and_the_largest_in_ninety_days(find):
    """Otherwise rank 1 of 90 days cannot be shown."""
    exports = find("cryptoquant_liquidations", FEB_5)
    cells = {
        s.locator.rpartition("/")[2]: {r["Datetime"][:10]: list(r.values())[1] for r in rows_of(s)} for s in exports
    }
    usd = [value["2026-02-05"] for name, value in cells.items() if "USD" in name]
    assert [float(value) / 1e6 for value in usd] == pytest.approx([688.5, 204.8])
    totals = {
        day: sum(vendor_total(day, "BTC", side, DEFAULT_SEED) for side in SIDES)
        for day in days_between(FEB_5 - timedelta(days=89), FEB_5)
    }
    assert max(totals, key=totals.__getitem__) == FEB_5


def test_venue_prints_add_up_to_less_than_the_vendor_total(find):
    """Otherwise the sample hides that feeds drop prints."""
    seen = 0.0
    for line in find("binance_force_orders", FEB_5)[0].content.decode().splitlines():
        if '"s":"BTCUSDT"' in line and line.endswith("}}"):
            order = json.loads(line)["o"]
            seen += float(order["z"]) * float(order["ap"])
    vendor = sum(vendor_total(FEB_5, "BTC", side, DEFAULT_SEED) for side in SIDES)
    assert 0.15 * vendor < seen < 0.5 * vendor
    assert {"BTC", "ETH", "SOL"} == set(ASSETS)


def test_near_month_basis_at_cme_turns_negative_and_then_jumps_to_nine_per_cent(find):
    """Otherwise the term structure of the crash cannot be reproduced."""

    def near(day: date) -> float:
        row = rows_of(find("settlement_csv", day)[0])[0]
        expiry, instant = (datetime.fromisoformat(row[name]) for name in ("expiry", "instant"))
        return (float(row["settle"]) / float(row["spot"]) - 1) * 365 * 86_400 / (expiry - instant).total_seconds()

    assert near(date(2026, 1, 28)) == pytest.approx(0.033, abs=0.005)
    assert near(date(2026, 1, 30)) < 0
    assert near(FEB_5) == pytest.approx(0.09, abs=0.005)
    assert rows_of(find("settlement_csv", FEB_5)[0])[0]["instant"] == "2026-02-05T21:00:00Z"


def test_usdt_shrinks_by_one_and_a_half_billion_over_february_and_its_chains_add_up(find):
    """Otherwise the supply change and the sum over chains cannot be shown."""
    coin = json.loads(find("defillama_stablecoin", SCENARIO_END, "stablecoin/1")[0].content)
    amounts = {datetime.fromtimestamp(t["date"], UTC).date(): t["circulating"]["peggedUSD"] for t in coin["tokens"]}
    assert amounts[date(2026, 2, 28)] - amounts[date(2026, 2, 1)] == pytest.approx(-1.5e9)
    chains = [chain["tokens"] for chain in coin["chainBalances"].values()]
    for position, token in enumerate(coin["tokens"]):
        assert sum(chain[position]["circulating"]["peggedUSD"] for chain in chains) == token["circulating"]["peggedUSD"]


def test_exchange_reserve_moves_by_the_netflow(find):
    """Otherwise the vendor's identity, and the one day it breaks, cannot be shown."""
    exports = {s.locator.rpartition("/")[2]: s for s in find("cryptoquant_exchange_flows", SCENARIO_END)}
    netflow, reserve = (
        [float(list(row.values())[1]) for row in rows_of(exports[f"Bitcoin Exchange {name} - All Exchanges - Day.csv"])]
        for name in ("Netflow (Total)", "Reserve")
    )
    changes = [newer - older for newer, older in pairwise(reserve)]
    assert changes == pytest.approx(netflow[:-1], abs=0.001)
