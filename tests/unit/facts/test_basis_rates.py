"""One contract at one instant: conventions of annualisation, eligibility, open interest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.clocks import CME_EXPIRY, CME_SETTLEMENT
from transforms.facts.basis_rates import CONVENTIONS, annualise, measured

ASOF = datetime(2026, 2, 5, 21, tzinfo=UTC)
COLUMNS = [pl.col(name) for name in ("future_price", "index_price", "quoted_at", "expires_at")]


def contract(symbol="BTCG6", days=30.0, price=63440.0, spot=63100.0, **more) -> dict:
    expires_at = None if days is None else ASOF + timedelta(days=days)
    return {
        "symbol": symbol,
        "expires_at": expires_at,
        "quoted_at": ASOF,
        "future_price": price,
        "index_price": spot,
    } | more


def status_of(**changes) -> str | None:
    return measured(pl.DataFrame([contract(**changes)]))["status"].item()


def test_every_convention_of_the_worked_example(example):
    """Fails where whole days, ACT/360 or compounding slips into the headline (worked example basis_08)."""
    case = example("basis_08")
    given, expected = case["inputs"], case["expected"]
    asof, expiry = (datetime.fromisoformat(given[name]) for name in ("asof", "expiry"))
    frame = pl.DataFrame([contract(given["contract"], price=given["future"], spot=given["spot"])]).with_columns(
        quoted_at=asof, expires_at=expiry
    )
    names = {
        "simple_act365_whole_days": "simple_act365_whole_days_21",
        "simple_act365_calendar_days": "simple_act365_calendar_date_diff_22",
    }
    for convention in CONVENTIONS:
        rate = frame.select(annualise(*COLUMNS, convention)).item()
        assert rate == pytest.approx(expected[names.get(convention, convention)], abs=1e-12), convention
    row = measured(frame).row(0, named=True)
    assert row["days_to_expiry"] == expected["days"]
    assert row["basis_ratio"] == pytest.approx(expected["raw_basis"], abs=1e-12)
    for name in ("simple_act365", "compound_act365", "log_act365"):
        column = {"simple_act365": "basis_annualised_ratio"}.get(name, f"basis_{name.split('_')[0]}_ratio")
        assert row[column] == pytest.approx(expected[name], abs=1e-12)


def test_the_size_of_the_conventions_is_as_published(example):
    """METHOD §3 states the differences in basis points; another day count would show here at once."""
    expected = example("basis_08")["expected"]
    frame = pl.DataFrame([contract(days=21.791666666666668)])
    headline = frame.select(annualise(*COLUMNS)).item()
    assert headline == pytest.approx(expected["simple_act365"], rel=1e-9)
    away = {name: round((frame.select(annualise(*COLUMNS, name)).item() - headline) * 1e4) for name in CONVENTIONS}
    assert away == {
        "simple_act365": 0,
        "compound_act365": 39,
        "log_act365": -2,
        "simple_act360": -12,
        "simple_act365_whole_days": 34,
        "simple_act365_calendar_days": -9,
    }


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"days": 0.0}, "expired"),
        ({"days": -5.0, "price": None}, "expired"),
        ({"days": None}, "perpetual"),
        ({"instrument_kind": "perpetual"}, "perpetual"),
        ({"symbol": "BTC-USD_UM_XPERP-310404", "days": 1883.0}, "perpetual"),
        ({"symbol": "BTC-USD_UM_XPERP-260327", "days": 50.0}, "perpetual"),
        ({"symbol": "BIP-20DEC30-CDE", "days": 1778.8}, "perpetual"),
        ({"symbol": "BTC-USDT-SWAP", "days": 30.0}, "perpetual"),
        ({"price": None}, "missing_price"),
        ({"price": float("nan")}, "missing_price"),
        ({"price": 0.0}, "missing_price"),
        ({"spot": None}, "missing_index"),
        ({"spot": float("nan")}, "missing_index"),
        ({"index_at": ASOF - timedelta(seconds=61)}, "stale_index"),
        ({"index_at": ASOF + timedelta(seconds=60)}, None),
        ({"venue": "cme", "days": 60 / 1440}, "settlement_window"),
        ({"venue": "cme", "days": 61 / 1440}, "under_1_day"),
        ({"venue": "deribit", "days": 45 / 1440}, "under_1_day"),
        ({"days": 2.0, "settlement_window_minutes": 3 * 1440}, "settlement_window"),
        ({"days": 0.9999}, "under_1_day"),
        ({"days": 1.0}, "under_7_days"),
        ({"days": 6.9999}, "under_7_days"),
        ({"days": 7.0}, None),
        ({"days": 730.0}, None),
    ],
)
def test_the_first_rule_that_applies_is_the_status(changes, status):
    """Fails where a rate that means nothing is published, or a good one is thrown away."""
    assert status_of(**changes) == status


def test_a_status_leaves_no_rate_and_only_the_near_ones_a_node():
    """Fails where an ineligible contract bends the curve, or the near bracket is lost in the week of an expiry."""
    rows = [contract(days=days) for days in (-1.0, 0.5, 3.0, 30.0)] + [contract("P", None)]
    found = measured(pl.DataFrame(rows))
    assert found["is_node"].to_list() == [False, False, True, True, False]
    assert found["basis_ratio"].is_not_null().to_list() == [False, True, True, True, False]
    for name in ("basis_annualised_ratio", "basis_compound_ratio", "basis_log_ratio"):
        assert found[name].is_not_null().to_list() == [False, False, False, True, False]


def test_a_spot_of_another_fixing_is_refused_and_not_annualised():
    """On a crash day the hours between London's and New York's fixing alone make a basis of -87 % a year."""
    day = date(2026, 2, 5)
    settled, fixed = CME_SETTLEMENT.on(day), CME_EXPIRY.on(day)
    pair = {"expires_at": CME_EXPIRY.on(date(2026, 2, 27)), "quoted_at": settled}
    frame = pl.DataFrame([contract(spot=66900.0, index_at=fixed) | pair, contract(index_at=settled) | pair])
    assert frame.select(annualise(*COLUMNS))["future_price"][0] < -0.8
    found = measured(frame)
    assert found["status"].to_list() == ["stale_index", None]
    assert found["index_skew_seconds"].to_list() == [5 * 3600, 0]
    assert found["basis_annualised_ratio"].to_list() == [None, pytest.approx(0.0902509901)]
    assert found["basis_ratio"][0] is None


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_rate_that_is_no_number_is_null(convention):
    """Fails where infinity is published just before expiry, or a rate at or after it."""
    rows = [contract(days=0.0), contract(days=-1.0), contract(price=-1.0), contract(spot=0.0)]
    assert pl.DataFrame(rows).select(annualise(*COLUMNS, convention)).to_series().null_count() == len(rows)
    near = pl.DataFrame([contract(days=1 / 86_400, price=70_000.0)])
    assert near.select(annualise(*COLUMNS, "compound_act365")).to_series().to_list() == [None]


prices = st.floats(1_000, 200_000)
days_left = st.floats(7, 1_000)


@given(st.floats(0.7, 1.4), prices, days_left)
def test_every_rate_has_the_sign_of_the_basis_and_leads_back_to_the_price(ratio, spot, days):
    """Fails where a variant is not the same growth said otherwise."""
    future = ratio * spot
    row = measured(pl.DataFrame([contract(days=days, price=future, spot=spot)])).row(0, named=True)
    years = row["days_to_expiry"] / 365
    assert spot * (1 + row["basis_annualised_ratio"] * years) == pytest.approx(future)
    assert spot * (1 + row["basis_compound_ratio"]) ** years == pytest.approx(future)
    assert spot * pl.select(pl.lit(row["basis_log_ratio"] * years).exp()).item() == pytest.approx(future)
    assert (row["basis_annualised_ratio"] > 0) == (future / spot > 1)


@given(st.lists(st.tuples(days_left, prices), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_a_contract_does_not_depend_on_the_others(chain, random):
    """Fails where a row's status or rate comes from its place in the frame."""
    rows = [contract(f"F{n}", days, price) for n, (days, price) in enumerate(chain)]
    whole = measured(pl.DataFrame(rows)).sort("symbol")
    random.shuffle(rows)
    assert measured(pl.DataFrame(rows)).sort("symbol").equals(whole)
    assert pl.concat([measured(pl.DataFrame([row])) for row in rows]).sort("symbol").equals(whole)
