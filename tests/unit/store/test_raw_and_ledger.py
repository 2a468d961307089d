"""Raw bytes and the ledger: append-only, content-addressed, whole."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.store.accounts import Account, Accounts
from orchestration.store.ledger import Fetch, Ledger
from orchestration.store.raw import RawCorrupt, RawStore

NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)
FETCH = Fetch(
    "farside",
    "farside_etf_flows",
    "files",
    "file:a.csv",
    NOON,
    NOON,
    "0" * 64,
    3,
    NOON.date(),
    {"asset": "BTC"},
)


@given(content=st.binary(max_size=2000))
def test_bytes_come_back_as_they_went_in(tmp_path_factory, content):
    """A store that changes a byte makes every trace to it a lie."""
    store = RawStore(tmp_path_factory.mktemp("raw"))
    assert store.get(store.put(content)) == content


def test_the_same_bytes_are_stored_once(tmp_path):
    """An hourly fetch of an unchanged page must not fill the disk."""
    store = RawStore(tmp_path)
    assert store.put(b"abc") == store.put(b"abc")
    assert len(list(tmp_path.rglob("*.zst"))) == 1


def test_a_changed_blob_is_found_out(tmp_path):
    """A flipped bit on disk must not become a published number."""
    store = RawStore(tmp_path)
    sha256 = store.put(b"abc" * 100)
    store.path(sha256).write_bytes(store.path(store.put(b"other")).read_bytes())
    with pytest.raises(RawCorrupt):
        store.get(sha256)


def test_a_fetch_is_recorded_once_and_read_back_whole(tmp_path):
    """Landing the same inbox twice must add nothing, or every run would look like news."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    assert ledger.record([FETCH]) == 1
    assert ledger.record([FETCH, replace(FETCH, known_at=NOON.replace(hour=13))]) == 1
    first = ledger.fetches("farside_etf_flows")[0]
    assert replace(first, fetch_id=None) == FETCH


def test_fetches_come_in_the_order_in_which_they_became_known(tmp_path):
    """Core takes observations in that order, whatever the order of arrival."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.record([replace(FETCH, known_at=NOON.replace(hour=hour), locator=str(hour)) for hour in (9, 3, 6)])
    assert [fetch.known_at.hour for fetch in ledger.fetches()] == [3, 6, 9]


@pytest.mark.parametrize("statement", ["delete from fetches", "update fetches set sha256 = 'x'"])
def test_the_ledger_refuses_to_forget(tmp_path, statement):
    """A ledger that can be edited proves nothing."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.record([FETCH])
    with (
        sqlite3.connect(ledger.path) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(statement)


def test_accounts_that_do_not_add_up_are_refused(tmp_path):
    """A row that is neither published nor quarantined nor a duplicate has been lost silently."""
    accounts = Accounts(tmp_path / "accounts.sqlite")
    accounts.settle([Account(1, "f", 10, 6, 3, 1)])
    with pytest.raises(sqlite3.IntegrityError):
        accounts.settle([Account(2, "f", 10, 6, 3, 0)])
    assert [account.fetch_id for account in accounts.all()] == [1]
