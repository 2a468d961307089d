"""Due snapshots are taken, missed or still due; failures are open until the whole feed came; late feeds are named."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.sources.http.contract import Connector, Kind
from orchestration.store.feed_health import health
from orchestration.store.feed_log import Failure, FeedLog, Missed
from orchestration.store.layout import Layout
from orchestration.store.ledger import Fetch, Ledger
from orchestration.store.snapshots import missed, record_missed, states

GRACE = timedelta(hours=1)


def at(text: str) -> datetime:
    """An instant of 2026, like "02-06 23:55"."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def connector(kind: Kind = "snapshot", *due: str, feed: str = "chain") -> Connector:
    """A connector that asks for nothing."""
    return Connector(feed, lambda batch: (), kind, due or ("08:20",), "all of it", "none")


CHAIN = connector()


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A data directory whose feed has been on since the morning of 1 February."""
    made = Layout(tmp_path)
    FeedLog(made).watch(["chain"], ["chain"], at("02-01 06:00"))
    return made


def fetch(layout: Layout, when: str, feed: str = "chain", content: str = "", transport: str = "http") -> None:
    """Record a fetch, by default with bytes of its own."""
    moment = at(when)
    Ledger(layout.ledger).record(
        [Fetch("s", feed, transport, f"https://x/{when}", moment, moment, content or when, 1, moment.date())]
    )


def found(layout: Layout, now: str, one: Connector = CHAIN) -> list[tuple[str, str]]:
    """Day and hour, and state, of every due instant."""
    return [(f"{due.at:%m-%d %H:%M}", due.state) for due in states(layout, one, at(now), GRACE)]


def test_what_was_fetched_in_its_grace_is_taken_and_the_rest_is_missed_or_still_due(layout):
    """A day without a row looks like a day on which nothing was offered."""
    fetch(layout, "02-01 08:20")
    fetch(layout, "02-02 09:20")
    fetch(layout, "02-03 09:21")
    assert found(layout, "02-04 09:00") == [
        ("02-01 08:20", "taken"),
        ("02-02 08:20", "taken"),
        ("02-03 08:20", "missed"),
        ("02-04 08:20", "due"),
    ]
    assert found(layout, "02-04 09:21")[-1] == ("02-04 08:20", "missed")


def test_files_are_no_live_snapshots(layout):
    """An export of a vendor that fills the gap is a fact of its own feed; the live one was missed all the same."""
    fetch(layout, "02-01 08:20", transport="files")
    assert found(layout, "02-01 12:00") == [("02-01 08:20", "missed")]


def test_nothing_is_missed_before_the_feed_was_on_nor_while_it_is_off(layout):
    """A feed that is switched on today must not begin with 35 missed days."""
    log = FeedLog(layout)
    log.watch(["chain"], [], at("02-03 12:00"))
    log.watch(["chain"], ["chain"], at("02-05 12:00"))
    days = [day for day, _ in found(layout, "02-07 12:00")]
    assert days == ["02-01 08:20", "02-02 08:20", "02-03 08:20", "02-06 08:20", "02-07 08:20"]
    assert found(layout, "02-07 12:00", connector(feed="never_on")) == []


def test_the_look_back_ends_after_35_days(layout):
    """A machine that stood still for a year must not count through it at every start."""
    assert len(found(layout, "06-30 12:00")) == 35


def test_two_readings_a_day_are_two_snapshots(layout):
    """The one in the evening does not stand for the one in the morning."""
    fetch(layout, "02-02 00:10")
    twice = connector("snapshot", "08:20", "23:50")
    assert found(layout, "02-02 04:00", twice) == [("02-01 08:20", "missed"), ("02-01 23:50", "taken")]


def test_a_part_that_failed_is_missed_with_its_reason_unless_it_came_in_time(layout):
    """Of a chain of three coins, one that failed is as lost as all three; a second try saves it."""
    log = FeedLog(layout)
    for day, second in (("02-01", None), ("02-02", "08:40")):
        fetch(layout, f"{day} 08:20")
        log.record_attempts(["chain"], [Failure("chain", at(f"{day} 08:21"), "ETH: 503")], at(f"{day} 08:21"))
        if second:
            log.record_attempts(["chain"], [], at(f"{day} {second}"))
    first, second_day = states(layout, CHAIN, at("02-02 12:00"), GRACE)
    assert (first.state, first.reason) == ("missed", "in part: ETH: 503")
    assert second_day.state == "taken"


def test_missed_snapshots_are_recorded_once_with_batch_and_reason_and_stay(layout):
    """The record of a gap must not change when one looks at it again, and nobody may take it out."""
    record_missed(layout, [CHAIN], at("02-01 10:00"), GRACE)
    log = FeedLog(layout)
    log.record_attempts(["chain"], [Failure("chain", at("02-02 08:30"), "403")], at("02-02 08:30"))
    assert record_missed(layout, [CHAIN], at("02-02 10:00"), GRACE) == [
        Missed("chain", date(2026, 2, 1), at("02-01 08:20"), at("02-01 10:00"), "no run fetched it"),
        Missed("chain", date(2026, 2, 2), at("02-02 08:20"), at("02-02 10:00"), "403"),
    ]
    with sqlite3.connect(layout.feed_log) as connection:
        for statement in ("delete from missed_snapshots", "update missed_snapshots set reason = ''"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_a_missed_snapshot_makes_no_row_of_the_ledger(layout):
    """It never becomes a zero, nor the value of the day before: nothing is landed in its place."""
    fetch(layout, "02-01 08:20")
    record_missed(layout, [CHAIN], at("02-03 12:00"), GRACE)
    assert len(Ledger(layout.ledger).fetches()) == 1


def test_looking_writes_nothing(tmp_path):
    """`sluice status` before the first run leaves no files."""
    layout = Layout(tmp_path / "home")
    assert missed(layout, [CHAIN], at("02-03 12:00"), GRACE) == []
    assert health(layout, {"chain": CHAIN}, {}, at("02-03 12:00"), GRACE)["chain"].is_well
    assert not layout.home.exists()


def test_a_history_is_never_missed(layout):
    """It is fetched later."""
    assert missed(layout, [connector("history")], at("02-03 12:00"), GRACE) == []


def test_a_failing_feed_is_failing_until_all_of_it_came(layout):
    """One coin's answer does not mend the failure of another's."""
    log = FeedLog(layout)
    log.record_attempts(["chain"], [Failure("chain", at("02-01 08:20"), "503")], at("02-01 08:20"))
    fetch(layout, "02-01 08:21")
    log.record_attempts(["chain"], [Failure("chain", at("02-02 08:20"), "404", False)], at("02-02 08:20"))
    (failing,) = log.failing()
    assert (failing.since, failing.times, failing.last.is_transient, failing.recovered_at) == (
        at("02-01 08:20"), 2, False, None,
    )  # fmt: skip
    log.record_attempts(["other"], [], at("02-02 10:00"))
    assert log.failing()[0].recovered_at is None
    log.record_attempts(["chain"], [], at("02-03 08:20"))
    assert log.failing()[0].recovered_at == at("02-03 08:20")
    log.record_attempts(["chain"], [Failure("chain", at("02-04 08:20"), "503")], at("02-04 08:20"))
    (again,) = log.failing()
    assert (again.since, again.times, again.recovered_at) == (at("02-04 08:20"), 1, None)


def test_a_feed_is_late_from_the_due_instant_that_nobody_served(layout):
    """Named by what was due, not by the age of a file: a weekly series is not late after a day."""
    feeds = {"chain": connector("history", "00:20", "12:20")}
    fetch(layout, "02-02 00:21")

    def late_at(now: str) -> datetime | None:
        return health(layout, feeds, {}, at(now), GRACE)["chain"].late_since

    assert late_at("02-02 12:20") is None
    assert late_at("02-02 13:20") is None
    assert late_at("02-02 13:21") == at("02-02 12:20")
    assert late_at("02-05 13:21") == at("02-02 12:20")
    fetch(layout, "02-05 15:00")
    assert late_at("02-05 15:00") is None


def test_one_late_feed_says_nothing_of_the_others(layout):
    """The others' facts are made; whoever waits for the late one sees its name, and theirs is no warning."""
    FeedLog(layout).watch(["well"], ["well"], at("02-01 06:00"))
    fetch(layout, "02-02 08:20", feed="well")
    feeds = {"chain": connector("history"), "well": connector("history", feed="well")}
    by_feed = health(layout, feeds, {}, at("02-02 12:00"), GRACE)
    assert (by_feed["chain"].late_since, by_feed["well"].is_well) == (at("02-01 08:20"), True)


def test_a_feed_that_is_off_or_never_was_on_is_not_late(layout):
    """Off by choice, or for want of a key, is no failure."""
    feeds = {"chain": CHAIN, "new": connector(feed="new")}
    by_feed = health(layout, feeds, {"chain": "needs X in the environment"}, at("02-09 12:00"), GRACE)
    assert by_feed["chain"].late_since is None
    assert by_feed["chain"].off == "needs X in the environment"
    assert by_feed["chain"].next_due is None
    assert by_feed["new"].late_since is None


def test_the_last_change_is_the_last_time_that_new_bytes_came(layout):
    """A page that answers the same for a week has not changed since."""
    ledger = Ledger(layout.ledger)
    assert ledger.last_change("chain") is None
    for when, content in (("02-01 08:20", "a"), ("02-02 08:20", "b"), ("02-03 08:20", "a"), ("02-04 08:20", "b")):
        fetch(layout, when, content=content)
    assert ledger.last_change("chain") == at("02-02 08:20")
    assert ledger.instants("chain", "http")[-1] == at("02-04 08:20")
