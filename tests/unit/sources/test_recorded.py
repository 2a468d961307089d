"""Sealed segments are landed once, and two recorders count nothing twice."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from orchestration.recorder.segments import Line, Roll, Spool, line
from orchestration.recorder.state import STATE, locked
from orchestration.sources.base import SourceError, land
from orchestration.sources.recorded import receive
from orchestration.store.atomic import write_json
from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.ingest import FeedReport, ingest
from orchestration.store.layout import Layout
from transforms.parse import FEEDS, SOURCES

NOON = datetime(2026, 2, 5, 12, tzinfo=UTC)
PRINTS = "core_liquidations__prints"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def record(layout: Layout, instance: str, channel: str, *segments: list[Line]) -> None:
    """Segments as a recorder seals them, one for each list."""
    clock = [NOON]
    spool = Spool(layout.recorder / instance, Roll(), lambda: clock[0])
    for lines in segments:
        clock[0] = lines[-1].at
        spool.commit({channel: lines})
        spool.seal_all()


def landed(layout: Layout) -> int:
    return land(layout, receive(layout, FEEDS), SOURCES, at(7200)).new


def prints(layout: Layout, feed: str) -> tuple[pl.DataFrame, FeedReport]:
    store = CoreStore(layout)
    store.ensure()
    report = ingest(layout, FEEDS[feed])
    return store.read(table_of(PRINTS)), report


def order(seconds: float, size: str = "1", **fields: object) -> Line:
    """A Binance forced order as received at that second."""
    stamp = int(at(seconds).timestamp() * 1000)
    told = {"s": "BTCUSDT", "S": "SELL", "q": size, "z": size, "p": "62400", "ap": "62500", "X": "FILLED", "T": stamp}
    return line(at(seconds), json.dumps({"e": "forceOrder", "E": stamp, **fields, "o": told | fields.pop("o", {})}))


def coin_m(seconds: float) -> Line:
    """A COIN-M order as the merged stream sends it: `st` 2, size in contracts."""
    told = {"s": "BTCUSD_PERP", "ps": "BTCUSD", "q": "3", "z": "3"}
    return order(seconds, st=2, o=told)


def test_a_segment_is_landed_once_with_the_instant_at_which_it_was_sealed(layout):
    """What was recorded counts as known when it was sealed, whenever the batch runs."""
    record(layout, "main", "binance_usdm", [order(1), order(2)], [order(3)])
    first, second = receive(layout, FEEDS)
    assert (first.feed, first.transport, first.known_at, first.partition) == (
        "binance_force_orders", "recorder", at(2), date(2026, 2, 5),
    )  # fmt: skip
    assert first.locator.startswith("recorder:main/binance_usdm/20260205T120001.000000Z_")
    assert second.known_at == at(3)
    assert landed(layout) == 2
    assert not list(receive(layout, FEEDS))
    assert landed(layout) == 0


def test_open_segments_and_other_feeds_are_left_alone(layout):
    """Half a segment, landed, would be another payload than the whole."""
    spool = Spool(layout.recorder / "main", Roll(), lambda: NOON)
    spool.commit({"binance_usdm": [order(1)]})
    record(layout, "second", "bybit_linear", [line(NOON, '{"op":"subscribe"}')])
    assert [item.feed for item in receive(layout, FEEDS)] == ["bybit_liquidations"]
    assert not list(receive(layout, {"okx_liquidations"}))


def test_a_damaged_segment_is_named(layout):
    """A flipped bit in a number would be a liquidation that never was."""
    record(layout, "main", "binance_usdm", [order(1)])
    (path,) = layout.recorder.rglob("*.ndjson")
    path.write_bytes(path.read_bytes().replace(b"62500", b"72500"))
    with pytest.raises(SourceError, match=path.name):
        list(receive(layout, FEEDS))


def test_two_recorders_that_cut_the_same_messages_differently_count_them_once(layout):
    """Numbering identical prints by segment would make a second print of each repeat."""
    twins = [order(1), order(1), order(2, "5"), order(3)]
    record(layout, "first", "binance_usdm", twins[:1], twins[1:])
    record(layout, "second", "binance_usdm", twins[:3], twins[3:])
    landed(layout)
    found, report = prints(layout, "binance_force_orders")
    assert found.sort("event_at")["size_native"].to_list() == [1.0, 5.0, 1.0]
    assert (report.rows_in, report.published, report.duplicates, report.quarantined) == (8, 3, 5, 0)


def test_genuine_twins_within_one_message_stay_two_across_recorders(layout):
    """Bybit's batches hold identical prints that both happened."""
    stamp = int(NOON.timestamp() * 1000)
    row = {"T": stamp, "s": "BTCUSDT", "S": "Buy", "v": "0.5", "p": "62000"}
    batch = json.dumps({"topic": "allLiquidation.BTCUSDT", "ts": stamp, "data": [row, row]})
    other = json.dumps({"topic": "allLiquidation.BTCUSDT", "ts": stamp, "data": [{**row, "v": "0.7"}]})
    record(layout, "first", "bybit_linear", [line(at(1), batch), line(at(1), other)])
    record(layout, "second", "bybit_linear", [line(at(1.1), batch)], [line(at(1.2), other)])
    landed(layout)
    found, report = prints(layout, "bybit_liquidations")
    assert sorted(zip(found["size_native"], found["occurrence"], strict=True)) == [(0.5, 1), (0.5, 2), (0.7, 1)]
    assert report.duplicates == 3


def test_a_coin_m_order_on_both_hosts_counts_once_and_in_contracts(layout):
    """Since June 2026 both hosts send both families: taken for coins, three contracts are 187,500 USD, not 300."""
    record(layout, "main", "binance_usdm", [coin_m(1), order(2, st=1)])
    record(layout, "main", "binance_coinm", [coin_m(1), order(2, st=1)])
    landed(layout)
    found, _ = prints(layout, "binance_force_orders")
    told = found.sort("event_at").select("symbol", "size_native", "size_unit").rows()
    assert told == [("BTCUSD_PERP", 3.0, "contracts"), ("BTCUSDT", 1.0, "coin")]


def test_a_recorder_that_died_is_a_gap_before_it_comes_back(layout):
    """Until then nobody would know that the market was not quiet."""
    folder = layout.recorder / "main"
    channel = {"venue": "bybit", "covered_until": at(5).isoformat(), "gap": None}
    away = {**channel, "gap": {"started_at": at(1).isoformat(), "reason": "disconnected"}}
    channels = {"bybit_linear": channel, "bybit_inverse": away}
    write_json(folder / STATE, {"written_at": at(6).isoformat(), "channels": channels})
    with locked(folder) as held:
        assert held
        assert not list(receive(layout, FEEDS))
    landed(layout)
    assert landed(layout) == 0
    CoreStore(layout).ensure()
    ingest(layout, FEEDS["recorder_gaps"])
    (row,) = CoreStore(layout).read(table_of("core_recorder__gaps")).to_dicts()
    assert (row["channel"], row["gap_started_at"], row["gap_ended_at"], row["gap_reason"], row["known_at"]) == (
        "bybit_linear", at(5), None, "crashed", at(6),
    )  # fmt: skip
