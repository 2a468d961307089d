"""Readers of PostgreSQL while releases are served: one release per transaction, and nobody waits for anybody."""

from __future__ import annotations

import threading
import time

import psycopg
from served import TOTAL, read, serve, transaction

SWAPS, READERS = 10, 4


def _reader(dsn: str, stop: threading.Event, found: list[set], errors: list[str]) -> None:
    """Repeatable-read transactions without end, each asking three times; what each was told."""
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        while not stop.is_set():
            try:
                with connection.transaction():
                    told = {connection.execute(TOTAL).fetchone()}
                    vintages = "select release_id, max(flow_usd) from sluice.sluice_release, sluice.fct_{} group by 1"
                    for _ in range(2):
                        time.sleep(0.01)
                        told.add(connection.execute(TOTAL).fetchone())
                        told.add(connection.execute(vintages.format("etf_totals_daily_vintages")).fetchone())
                found.append(told)
            except psycopg.Error as error:
                errors.append(str(error))


def test_readers_see_one_release_per_transaction_while_releases_are_swapped(two):
    """Guards against a report whose second query tells of another release than its first."""
    layout, dsn, first, second = two
    stop, found, errors = threading.Event(), [], []
    readers = [threading.Thread(target=_reader, args=(dsn, stop, found, errors)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        for swap in range(SWAPS):
            serve(layout, dsn, (second, first)[swap % 2], keep=1 + swap % 2)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert errors == []
    assert [told for told in found if len(told) != 1] == []
    assert {told for one in found for told in one} == {(first, 3e6), (second, 3.5e6)}
    assert len(found) > 3 * READERS


def test_a_transaction_keeps_its_release_after_its_rows_were_dropped(two):
    """Guards against a long report that fails, or finds nothing, because a release went out meanwhile."""
    layout, dsn, first, second = two
    with transaction(dsn) as reader:
        assert reader.execute(TOTAL).fetchone() == (first, 3e6)
        assert serve(layout, dsn, keep=1).dropped == (first,)
        assert reader.execute(TOTAL).fetchone() == (first, 3e6)
        assert reader.execute("select count(*) from sluice.fct_flows_daily_vintages").fetchone() != (0,)
    assert read(dsn, TOTAL) == [(second, 3.5e6)]


def test_serving_waits_for_no_reader(two):
    """Guards against a release that waits until the last dashboard is closed."""
    layout, dsn, _, second = two
    with transaction(dsn) as reader:
        reader.execute("select * from sluice.fct_etf_totals_daily").fetchall()
        assert serve(layout, dsn).seconds < 10
        with psycopg.connect(dsn, options="-c lock_timeout=100") as another:
            assert another.execute(TOTAL).fetchone() == (second, 3.5e6)
