"""Circulating supply by chain, and what happens at the issuer without changing it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rules import ISSUANCE_KIND
from schemas.tables import TABLES
from transforms.facts.stablecoin_supply import circulating_by_chain, issuance, issued_daily, supply_totals, without_dust

EVENTS = TABLES["core_stablecoins__issuance"]
BRIDGES = {"chain": pl.String, "from_chain": pl.String, "bridged_in_peg": pl.Float64}
CHAINS = ("ethereum", "tron", "solana")
KNOWN_AT = datetime(2026, 2, 2, tzinfo=UTC)


def supply(chains: dict[str, tuple[float, float]], bridges: list[tuple[str, str, float]]) -> pl.DataFrame:
    rows = [(chain, minted, unreleased) for chain, (minted, unreleased) in chains.items()]
    frame = pl.DataFrame(rows, schema=["chain", "minted_peg", "unreleased_peg"], orient="row")
    return circulating_by_chain(frame, pl.DataFrame(bridges, schema=BRIDGES, orient="row"))


def events(*rows: tuple[str, str, float]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=["issuance_kind", "chain", "amount_peg"], orient="row")


def test_worked_example_of_treasuries_and_bridges(example):
    """Adding the tokens on all chains overstates the supply by what the bridges hold."""
    case = example("stable_27")
    given_chains, expected = case["inputs"]["chains"], case["expected"]
    bridges = [
        (chain, source, amount) for chain, row in given_chains.items() for source, amount in row["bridged_in"].items()
    ]
    found = supply({chain: (row["minted"], row["unreleased"]) for chain, row in given_chains.items()}, bridges)
    by_chain = {row["chain"]: row for row in found.iter_rows(named=True)}
    for chain in given_chains:
        assert by_chain[chain]["bridged_out_peg"] == pytest.approx(expected["bridged_out"][chain])
        assert by_chain[chain]["circulating_peg"] == pytest.approx(expected["circulating"][chain])
        assert by_chain[chain]["share_ratio"] == pytest.approx(expected["share"][chain], rel=1e-12)
    assert supply_totals(found).row(0) == pytest.approx(
        (
            expected["total_circulating"],
            expected["check_total_minted_minus_unreleased"],
            expected["wrong_sum_of_token_supplies"],
        )
    )


def test_a_bridge_from_nowhere_is_refused():
    """It would create coins on one chain that leave no other."""
    with pytest.raises(ValueError, match="avalanche"):
        supply({"ethereum": (1.0, 0.0)}, [("avalanche", "ethereum", 1.0)])


def test_shares_of_no_supply_are_null_and_not_a_division_by_zero():
    """NaN would reach a reader as a number."""
    assert supply({"omni": (5.0, 5.0)}, []).select("share_ratio", "status").rows() == [(None, "zero_base")]
    found = supply({"omni": (5.0, None), "tron": (7.0, 3.0)}, [])
    assert found.select("circulating_peg", "status").rows() == [(None, "missing"), (4.0, None)]


@given(
    minted=st.tuples(*[st.integers(0, 10**6)] * 3),
    moves=st.lists(st.tuples(st.sampled_from(CHAINS), st.sampled_from(CHAINS), st.integers(0, 1000)), max_size=6),
)
def test_bridges_move_supply_and_the_chains_always_sum_to_the_total(minted, moves):
    """A bridge that changes the total counts coins twice."""
    chains = {chain: (float(amount), amount / 4) for chain, amount in zip(CHAINS, minted, strict=True)}
    still, moved = supply(chains, []), supply(chains, [(to, out_of, float(n)) for to, out_of, n in moves])
    assert moved["circulating_peg"].sum() == pytest.approx(still["circulating_peg"].sum(), abs=1e-6)
    totals = supply_totals(moved).row(0, named=True)
    assert totals["circulating_peg"] == pytest.approx(totals["minted_less_unreleased_peg"], abs=1e-6)


def test_mints_and_burns_of_the_treasury_do_not_circulate_and_a_swap_is_no_issue():
    """Minted less burnt says -800 where 1,500 have left circulation."""
    happened = events(
        ("mint", "ethereum", 1000.0),
        ("issue", "ethereum", 500.0),
        ("redeem", "tron", 2000.0),
        ("burn", "tron", 1800.0),
        ("swap_out", "tron", 700.0),
        ("swap_in", "ethereum", 700.0),
    )
    assert issuance(happened).row(0) == (-1500.0, 500.0, 2000.0, -800.0)
    by_chain = {row[0]: row[1:] for row in issuance(happened, ["chain"]).iter_rows()}
    assert by_chain == {"ethereum": (1200.0, 500.0, 0.0, 1000.0), "tron": (-2700.0, 0.0, 2000.0, -1800.0)}


def test_nothing_that_happened_is_zero():
    """No event is a day without issue, where a feed of events is followed."""
    assert issuance(events().cast({"amount_peg": pl.Float64})).row(0) == (0.0, 0.0, 0.0, 0.0)


def test_an_unknown_kind_of_event_is_refused():
    """Counted as nothing, it would vanish from the supply."""
    with pytest.raises(ValueError, match="rebase"):
        issuance(events(("rebase", "ethereum", 1.0)))


@pytest.mark.parametrize(("amount", "found"), [(1e-7, 0.0), (-9e-7, 0.0), (1e-6, 1e-6), (0.0, 0.0), (None, None)])
def test_dust_is_zero(amount, found):
    """A ratio on a millionth of a coin is a number without meaning."""
    frame = pl.DataFrame({"x": [amount]}, schema={"x": pl.Float64})
    assert frame.select(without_dust(pl.col("x"))).item() == found


def event(kind: str, amount: float, hour: int = 1, known_at: datetime = KNOWN_AT, **changes) -> dict:
    at = datetime(2026, 2, 1, hour, tzinfo=UTC)
    row = {"fact_date": at.date(), "event_at": at, "stablecoin_id": "1", "chain": "Tron", "issuance_kind": kind,
           "amount_peg": amount, "occurrence": 1, "source": "stablecoin_issuance_csv", "raw_sha256": "a" * 64,
           "known_at": known_at, "is_simulated": False}  # fmt: skip
    return row | changes


def daily(*rows: dict) -> pl.DataFrame:
    return issued_daily(pl.DataFrame(list(rows), schema=EVENTS.schema))


def test_a_day_has_the_events_known_at_each_instant_on_each_chain_and_on_all():
    """An event that became known later must not be in what was known before."""
    later = KNOWN_AT + timedelta(days=1)
    found = daily(event("issue", 5.0), event("redeem", 2.0, chain="Ethereum"), event("issue", 1.0, 2, known_at=later))
    assert found.select("chain", "recorded_at", "gross_issued_peg", "gross_redeemed_peg").rows() == [
        ("Ethereum", KNOWN_AT, 0.0, 2.0),
        ("Tron", KNOWN_AT, 5.0, 0.0),
        ("Tron", later, 6.0, 0.0),
        ("all", KNOWN_AT, 5.0, 2.0),
        ("all", later, 6.0, 2.0),
    ]
    assert set(found["fact_date"]) == {date(2026, 2, 1)}


happenings = st.lists(
    st.tuples(st.sampled_from(sorted(ISSUANCE_KIND)), st.integers(1, 100), st.integers(0, 23), st.integers(0, 2)),
    min_size=1,
    max_size=8,
    unique=True,
)


@given(happenings, st.randoms())
def test_the_order_of_arrival_does_not_matter_and_the_newest_row_is_all_that_is_known(rows, random):
    """A rebuild takes the events in another order."""
    told = [event(kind, n / 10, hour, KNOWN_AT + timedelta(hours=late)) for kind, n, hour, late in rows]
    shuffled = random.sample(told, len(told))
    found = daily(*shuffled)
    assert found.equals(daily(*told))
    newest = found.filter(chain="all").sort("recorded_at").row(-1, named=True)
    whole = issuance(pl.DataFrame(told, schema=EVENTS.schema)).row(0, named=True)
    assert newest["gross_issued_peg"] == pytest.approx(whole["gross_issued_peg"])
    assert newest["minted_less_burned_peg"] == pytest.approx(whole["minted_less_burned_peg"])
