"""The basis is derived for the days that changed and for those that look back at them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from orchestration.store.core_store import CoreStore
from orchestration.store.derive.basis import derive
from orchestration.store.layout import Layout
from schemas.tables import TABLES

QUOTES, INSTRUMENTS = TABLES["core_futures__quotes"], TABLES["core_instruments__contracts"]
CONTRACTS, TENORS = TABLES["core_basis__contracts"], TABLES["core_basis__term_structure"]
EXPIRIES = {"FEB": datetime(2026, 2, 27, 8, tzinfo=UTC), "MAR": datetime(2026, 3, 27, 8, tzinfo=UTC)}
LINEAGE = {"raw_sha256": "a" * 64, "is_simulated": False}


def quotes(venue: str, *days: date) -> pl.DataFrame:
    """Quotes of both contracts at 23:55 of each day, known a second later, with their index."""
    rows = []
    for day in days:
        at = datetime(day.year, day.month, day.day, 23, 55, tzinfo=UTC)
        common = {"fact_date": day, "quoted_at": at, "venue": venue, "price_kind": "mark", "index_price": 63000.0,
                  "index_at": at, "open_interest_native": 500.0, "source": f"{venue}_feed",
                  "known_at": at + timedelta(seconds=1), **LINEAGE}  # fmt: skip
        rows += [common | {"symbol": name, "future_price": 63000.0 + 200 * n} for n, name in enumerate(EXPIRIES, 1)]
    return pl.DataFrame(rows, schema=QUOTES.schema)


@pytest.fixture
def core(tmp_path) -> CoreStore:
    """A store that knows the contracts of two offshore venues."""
    store = CoreStore(Layout(tmp_path))
    store.ensure()
    rows = [
        {"venue": venue, "symbol": name, "asset": "BTC", "quote_currency": "USD", "instrument_kind": "dated",
         "margin_type": "linear", "contract_value": 1.0, "contract_value_currency": "BTC", "expires_at": at,
         "source": f"{venue}_feed", "known_at": datetime(2025, 12, 1, tzinfo=UTC), **LINEAGE}
        for venue in ("okx", "deribit") for name, at in EXPIRIES.items()
    ]  # fmt: skip
    store.replace_month(INSTRUMENTS, "all", pl.DataFrame(rows, schema=INSTRUMENTS.schema))
    return store


def put(store: CoreStore, venue: str, *days: date) -> None:
    """Put quotes of these days beside those that are there, and derive."""
    after = store.last_mark()
    there = store.read_dates(QUOTES, days).filter(pl.col("venue") != venue)
    store.replace_dates(QUOTES, days, pl.concat([there, quotes(venue, *days)]))
    derive(store, after)


THURSDAY, FRIDAY = date(2026, 2, 19), date(2026, 2, 20)


def rolls(store: CoreStore) -> list[tuple]:
    return store.read(CONTRACTS).filter("roll_flag").select("fact_date", "symbol").rows()


def test_a_day_that_arrives_after_the_next_one_gives_that_its_roll(core):
    """Fails where a back-fill leaves the days after it as they were computed without it."""
    put(core, "deribit", FRIDAY)
    assert rolls(core) == []
    put(core, "deribit", THURSDAY)
    assert rolls(core) == [(FRIDAY, "MAR")]


def test_the_order_of_arrival_does_not_matter(core):
    """Fails where two runs on the same files publish different tables."""
    put(core, "deribit", THURSDAY, FRIDAY)
    put(core, "okx", FRIDAY, THURSDAY)
    before = {table.name: core.read(table) for table in (CONTRACTS, TENORS)}
    for table in (QUOTES, CONTRACTS, TENORS):
        core.replace_dates(table, [THURSDAY, FRIDAY], table.empty())
    for day in (FRIDAY, THURSDAY):
        for venue in ("okx", "deribit"):
            put(core, venue, day)
    for table in (CONTRACTS, TENORS):
        assert core.read(table).equals(before[table.name])


def test_every_tenor_has_its_row_over_all_venues(core):
    """Fails where the venues are not put together, or the mean is counted with them."""
    put(core, "deribit", THURSDAY)
    put(core, "okx", THURSDAY)
    found = core.read(TENORS).filter(tenor_days=30)
    assert found.filter(pl.col("venue") != "all")["n_venues"].to_list() == [1, 1]
    last = found.filter(venue="all").row(-1, named=True)
    assert (last["n_venues"], last["open_interest_coin"]) == (2, 2000.0)
    assert last["basis_annualised_ratio"] == pytest.approx(found["basis_annualised_ratio"][0])
