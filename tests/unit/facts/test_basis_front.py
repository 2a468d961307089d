"""The front contract and its rolls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from schemas.tables import TABLES
from transforms.facts.basis import contract_basis
from transforms.facts.basis_front import is_front, is_roll
from transforms.facts.basis_rates import measured

NONE, CORE = TABLES["core_futures__indexes"].empty(), TABLES["core_basis__contracts"]
FEB, MAR, APR = (datetime(2026, 2, 27, 16, tzinfo=UTC), datetime(2026, 3, 27, 16, tzinfo=UTC),
                 datetime(2026, 4, 24, 15, tzinfo=UTC))  # fmt: skip
EXPIRIES = {"BTCG6": FEB, "MBTG6": FEB, "BTCH6": MAR, "BTCJ6": APR}


def settled(day: int) -> datetime:
    """The settlement of that day in February 2026."""
    return datetime(2026, 2, day, 21, tzinfo=UTC)


@pytest.fixture
def basis(quotes, quote, contract, instruments):
    """Contract rows of days in February, of quotes (day, symbol), each known at its day's end or as said."""
    known = instruments(*(contract(symbol, at) for symbol, at in EXPIRIES.items()))

    def make(*cells, before=None, prices=()):
        rows = [
            quote(
                symbol,
                dict(prices).get((day, symbol), 63440.0),
                quoted_at=settled(day),
                known_at=later[0] if later else settled(day) + timedelta(hours=2),
            )
            for day, symbol, *later in cells
        ]
        dates = sorted({settled(day).date() for day, *_ in cells})
        return contract_basis(quotes(*rows), NONE, known, dates, before)

    return make


def flags(rows: pl.DataFrame, name: str) -> list[tuple[int, str]]:
    """Day and symbol of the rows with that flag."""
    found = rows.filter(name).select(pl.col("fact_date").dt.day(), "symbol")
    return found.sort("fact_date", "symbol").rows()


def test_the_front_is_the_nearest_expiry_with_seven_days_left(basis):
    """Fails where the front's rate is annualised from a few days, or a later contract is called the front."""
    rows = basis((19, "BTCG6"), (19, "BTCH6"), (20, "BTCG6"), (20, "BTCH6"), (20, "BTCJ6"))
    assert flags(rows, "is_front") == [(19, "BTCG6"), (20, "BTCH6")]
    assert rows.filter("is_front")["basis_annualised_ratio"].null_count() == 0


def test_contracts_of_one_expiry_are_all_front(basis):
    """Fails where one of them is picked by the order of their names: they are one node of the curve."""
    assert flags(basis((5, "BTCG6"), (5, "MBTG6"), (5, "BTCH6")), "is_front") == [(5, "BTCG6"), (5, "MBTG6")]


def test_a_front_without_a_price_stays_the_front(basis):
    """Fails where a gap in the data reads as a roll and, a day later, as a roll back."""
    rows = basis((4, "BTCG6"), (4, "BTCH6"), (5, "BTCG6"), (5, "BTCH6"), prices={(5, "BTCG6"): None}.items())
    assert flags(rows, "is_front") == [(4, "BTCG6"), (5, "BTCG6")]
    assert flags(rows, "roll_flag") == []
    assert rows.filter("is_front")["status"].to_list() == [None, "missing_price"]


def test_the_roll_is_flagged_once_on_the_day_of_the_change(basis):
    """Fails where a jump between two contracts looks like a move of the market."""
    rows = basis(*((day, symbol) for day in (18, 19, 20, 23) for symbol in ("BTCG6", "BTCH6")))
    assert flags(rows, "is_front") == [(18, "BTCG6"), (19, "BTCG6"), (20, "BTCH6"), (23, "BTCH6")]
    assert flags(rows, "roll_flag") == [(20, "BTCH6")]


def test_a_roll_over_days_without_a_front_is_flagged_where_the_series_goes_on(basis):
    """A file of one contract a day has no front in its last week; the series still changes contract."""
    rows = basis((18, "BTCG6"), (20, "BTCG6"), (24, "BTCG6"), (27, "BTCH6"))
    assert flags(rows, "is_front") == [(18, "BTCG6"), (27, "BTCH6")]
    assert flags(rows, "roll_flag") == [(27, "BTCH6")]


def test_a_front_that_a_feed_lost_is_no_roll(basis):
    """Fails where every change of contract is called a roll: this one still had three weeks."""
    rows = basis((4, "BTCG6"), (4, "BTCH6"), (5, "BTCH6"))
    assert flags(rows, "is_front") == [(4, "BTCG6"), (5, "BTCH6")]
    assert flags(rows, "roll_flag") == []


def test_rows_of_the_days_before_serve_as_well_as_their_quotes(basis):
    """Fails where a daily run, which computes one day, answers otherwise than a rebuild."""
    cells = [(day, symbol) for day in (18, 19, 20) for symbol in ("BTCG6", "BTCH6")]
    before = basis(*cells[:4])
    newest = basis(*cells[4:], before=before)
    assert pl.concat([before, newest]).sort(CORE.grain).equals(basis(*cells))
    assert flags(newest, "roll_flag") == [(20, "BTCH6")]
    assert flags(basis(*cells[4:]), "roll_flag") == []


def test_a_day_before_that_becomes_known_later_makes_a_vintage(basis):
    """Fails where what is learned on Sunday answers for Friday, or is never learned."""
    late = settled(22)
    rows = basis((19, "BTCG6", late), (20, "BTCG6"), (20, "BTCH6")).filter(symbol="BTCH6")
    assert rows.select("recorded_at", "roll_flag").rows() == [
        (settled(20) + timedelta(hours=2), False),
        (late, True),
    ]
    assert rows["is_front"].to_list() == [True, True]


def test_a_stranger_finds_the_front_of_a_chain(chain_of, example):
    """The rule works on nothing but contracts, expiries and prices (worked example basis_09)."""
    rows = measured(chain_of(example("basis_09")["inputs"]))
    assert rows.filter(is_front())["symbol"].to_list() == ["BTCG6"]
    rolled = rows.select("symbol", rolls=is_roll(pl.lit(datetime(2026, 2, 12, 20, tzinfo=UTC))))
    assert rolled["rolls"].to_list() == [True] * 5
    assert not rows.select(is_roll(pl.lit(datetime(2026, 2, 12, 21, tzinfo=UTC))).any()).item()


def test_session_venues_have_their_trade_date(basis, quotes, quote, contract, instruments):
    """Fails where a settlement's trade date is guessed from a UTC date by the reader."""
    assert basis((5, "BTCG6"))["session_date"].to_list() == [settled(5).date()]
    offshore = quotes(quote("BTC-27FEB26", 63440.0, venue="deribit"))
    known = instruments(contract("BTC-27FEB26", FEB, venue="deribit"))
    assert contract_basis(offshore, NONE, known, [settled(5).date()])["session_date"].to_list() == [None]
