"""When feeds are due, which day's batch a fetch is of, and until when a snapshot may still be taken."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from orchestration.automation.due import OTHERS, SNAPSHOTS, full_run, run_of, runs_at
from orchestration.sources.http.contract import Connector, Kind
from orchestration.sources.http.due import batch_day, instants, last_due, next_due, reading, readings, serves, too_late

HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    """An instant of February 2026, like "06 23:55"."""
    return datetime.strptime(f"2026-02-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def connector(kind: Kind, *due: str, feed: str = "feed") -> Connector:
    """A connector that asks for nothing."""
    return Connector(feed, lambda batch: (), kind, due, "all of it", "none")


@pytest.mark.parametrize(
    ("kind", "when", "day"),
    [
        ("snapshot", "06 23:55", 6),  # quotes at the end of a day are of that day
        ("snapshot", "06 08:10", 6),  # instrument lists and option chains are of the day on which they are seen
        ("snapshot", "06 06:00", 6),
        ("snapshot", "06 05:59", 5),
        ("snapshot", "06 00:10", 5),  # a supply shortly after midnight is that of the day's end
        ("snapshot", "07 00:05", 6),  # one that was due at 23:55 and came ten minutes late is of its own day
        ("document", "06 14:00", 5),  # a page has the session of the day before until the session's close
        ("document", "06 17:59", 5),
        ("document", "06 22:30", 6),
        ("history", "06 00:20", 5),  # a history is whole when the day is over
        ("history", "06 23:59", 5),
    ],
)
def test_the_day_of_a_batch(kind, when, day):
    """A fetch under the wrong day is landed again, or never, when that day is asked for."""
    assert batch_day(at(when), connector(kind, "00:00")) == date(2026, 2, day)


def test_the_batch_day_is_of_utc_whatever_the_zone_of_the_clock():
    """A machine's zone must not shift batches."""
    moment = datetime.fromisoformat("2026-02-06T01:55:00+02:00")
    assert batch_day(moment, connector("snapshot", "23:55")) == date(2026, 2, 5)


def test_due_instants_are_in_order_across_midnight():
    """Readings are written in any order; a window is open at its end."""
    late = connector("snapshot", "23:50", "08:20")
    assert list(instants(late, at("05 08:20"), at("06 23:50"))) == [at("05 08:20"), at("05 23:50"), at("06 08:20")]
    assert (last_due(late, at("06 08:19")), next_due(late, at("06 08:19"))) == (at("05 23:50"), at("06 08:20"))
    assert (last_due(late, at("06 08:20")), next_due(late, at("06 08:20"))) == (at("06 08:20"), at("06 23:50"))


@pytest.mark.parametrize("text", ["8:20", "24:00", "08:60", "", "0820", "ab:cd"])
def test_a_reading_that_is_none_is_refused(text):
    """A mistyped reading would be a feed that is never due."""
    with pytest.raises(ValueError, match=r"no clock reading|must be in"):
        reading(text)


@pytest.mark.parametrize(
    ("when", "due"),
    [("06 08:20", "06 08:20"), ("06 09:20", "06 08:20"), ("06 09:21", None), ("06 08:19", None),
     ("07 00:30", "06 23:50"), ("07 00:51", None)],
)  # fmt: skip
def test_a_fetch_is_of_the_due_instant_in_whose_grace_it_falls(when, due):
    """A chain of 14:00 is not the chain of 08:20."""
    assert serves(connector("snapshot", "08:20", "23:50"), at(when), HOUR) == (at(due) if due else None)


def test_a_snapshot_is_refused_after_its_grace_and_everything_else_never():
    """Taken later, it would stand for a minute of which it knows nothing."""
    chain = connector("snapshot", "08:20")
    assert too_late(chain, at("06 09:20"), HOUR) is None
    said = too_late(chain, at("06 09:21"), HOUR)
    assert said == (
        "feed: it was due at 2026-02-06 08:20Z, more than 60 minutes ago, and cannot be fetched later; "
        "next at 2026-02-07 08:20Z"
    )
    assert too_late(connector("history", "08:20"), at("06 20:00"), HOUR) is None
    assert too_late(connector("document", "08:20"), at("06 20:00"), HOUR) is None


SET = (
    connector("snapshot", "00:20", feed="ranks"),
    connector("history", "00:20", feed="funding"),
    connector("document", "13:00", "22:30", feed="shares"),
    connector("snapshot", "13:00", feed="chain"),
    connector("history", "13:00", feed="rates"),
)


def test_each_due_instant_has_its_runs_snapshots_first():
    """A snapshot that waits for the pages of a history is taken too late."""
    (first, second) = runs_at(SET, at("06 00:20"))
    assert (first.sort, first.feeds, first.day) == (SNAPSHOTS, {"ranks"}, date(2026, 2, 5))
    assert (second.sort, second.feeds, second.day) == (OTHERS, {"funding"}, date(2026, 2, 5))
    assert int(first.tags["dagster/priority"]) > int(second.tags["dagster/priority"])
    assert first.tags["sluice/due"] == "00:20"
    assert runs_at(SET, at("06 00:21")) == []


def test_feeds_of_one_reading_whose_batches_are_of_two_days_are_two_runs():
    """A run is of one partition."""
    found = {(run.sort, run.day): run.feeds for run in runs_at(SET, at("06 13:00"))}
    assert found == {
        (SNAPSHOTS, date(2026, 2, 6)): {"chain"},
        (OTHERS, date(2026, 2, 5)): {"shares", "rates"},
    }
    assert [run.day for run in runs_at(SET, at("06 22:30"))] == [date(2026, 2, 6)]


def test_a_run_is_read_back_from_its_tags():
    """A run that starts late, after midnight too, lands what it was asked for, and nothing else."""
    for when in ("06 00:20", "06 13:00", "06 22:30"):
        for run in runs_at(SET, at(when)):
            assert run_of(run.tags, run.day, SET) == run
    assert run_of({}, date(2026, 2, 5), SET) is None
    gone = run_of({"sluice/due_at": at("06 04:00").isoformat()}, date(2026, 2, 5), SET)
    assert gone is not None
    assert not gone.feeds


def test_keys_of_runs_differ_by_instant_day_and_sort():
    """Dagster does not start a run whose key it knows."""
    keys = [run.key for when in ("05 13:00", "06 13:00", "06 00:20") for run in runs_at(SET, at(when))]
    assert len(set(keys)) == len(keys) == 6


def test_the_full_run_has_everything_that_can_be_fetched_at_any_time():
    """A snapshot at 14:00 is none."""
    assert full_run(SET) == {"funding", "shares", "rates"}
    assert readings(SET) == ["00:20", "13:00", "22:30"]


def test_every_reading_of_the_connectors_is_one():
    """A reading that cannot be read is a feed that is never due."""
    from orchestration.sources.http.venues import CONNECTORS

    for item in CONNECTORS.values():
        assert item.due, item.feed
        assert [f"{reading(text):%H:%M}" for text in item.due] == list(item.due), item.feed
