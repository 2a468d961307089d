"""What is a cause of an alarm, and when it is told: once at its beginning, once at its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from orchestration.alerts.causes import KINDS, SEVERITY, TITLES, Cause, RunEnd, cause, clean
from orchestration.alerts.ledger import AlertLedger, Notice, decide
from orchestration.alerts.rules import RULES, Contradicted, FeedStands, GapStands, Standing, causes

NOW = datetime(2026, 2, 6, 14, tzinfo=UTC)
ALL = frozenset(KINDS)
HOUR = timedelta(hours=1)
FAILED = RunEnd(NOW, "failed", "DbtError", "it broke")


def keys(standing: Standing) -> list[str]:
    return [item.key for item in causes(standing)]


def standing(**given: object) -> Standing:
    return Standing(NOW, looked_at=ALL, **given)  # type: ignore[arg-type]


def told(standings: list[Standing]) -> list[list[tuple[str, str]]]:
    """Event and key of what each of these standings, one after the other, leads to."""
    last: dict[str, Notice] = {}
    found = []
    for one in standings:
        new = decide(last, causes(one), one.looked_at, one.now)
        last |= {notice.key: notice for notice in new}
        found.append([(notice.event, notice.key) for notice in new])
    return found


def test_every_kind_has_a_rule_a_severity_and_a_title():
    """A kind that lacks one of them is never told, or breaks the telling of the others."""
    assert set(RULES) == set(SEVERITY) == set(TITLES) - {"test"} == set(KINDS)


def test_a_warehouse_in_which_all_is_well_has_no_cause():
    """Whoever is woken for nothing sleeps through the next alarm."""
    assert keys(standing(run=RunEnd(NOW, "ok"), feeds=(FeedStands("a"),))) == []


def test_keys_are_stable_while_texts_change():
    """A key with an instant or a count in it would make one cause a new one at every run."""
    late = FeedStands("farside_etf_flows", late_since=NOW - HOUR, trouble="HTTP 500")
    later = replace(late, trouble="HTTP 503", last_fetch=NOW)
    assert keys(standing(feeds=(late,))) == keys(standing(feeds=(later,))) == ["late/farside_etf_flows"]
    refused = standing(refused=(("contract.range", "fct_x", "3 failures"),))
    worse = standing(refused=(("contract.range", "fct_x", "9 failures"), ("contract.range", "fct_x", "1 failure")))
    assert keys(refused) == keys(worse) == ["refusal/contract.range/fct_x"]
    days = [Contradicted("etf_total", "BTC", date(2026, 2, day), 1.0) for day in range(1, 7)]
    assert keys(standing(contradicted=(days[0],))) == keys(standing(contradicted=tuple(days)))
    failed = keys(standing(run=FAILED))
    assert failed == keys(standing(run=RunEnd(NOW + HOUR, "failed", "DbtError", "again"))) == ["failure/DbtError"]


def test_a_refused_run_is_no_failed_one():
    """The gate that holds is what the gate is for; two alarms of one cause hide which it was."""
    found = keys(standing(run=RunEnd(NOW, "refused"), refused=(("sums.x", "fct_x", "1 row"),)))
    assert found == ["refusal/sums.x/fct_x"]


def test_one_cause_in_ten_runs_is_one_alarm_and_its_end_one_recovery():
    """The same alarm every hour is filtered away, with the next one that matters."""
    bad, well = standing(run=FAILED), standing(run=RunEnd(NOW, "ok"))
    events = told([bad] * 10 + [well] * 10)
    key = "failure/DbtError"
    assert [event for run in events for event in run] == [("alarm", key), ("recovery", key)]


def test_a_cause_that_comes_back_is_told_anew():
    """Otherwise the second outage of the week passes in silence."""
    bad, well = standing(run=FAILED), standing(run=RunEnd(NOW, "ok"))
    assert [len(run) for run in told([bad, well, bad, bad, well])] == [1, 1, 1, 0, 1]


def test_a_kind_that_was_not_looked_at_neither_begins_nor_ends():
    """A disk that cannot be read for a moment is no recovery of every feed."""
    late = standing(feeds=(FeedStands("a", late_since=NOW),))
    blind = replace(standing(), looked_at=ALL - {"late"})
    assert [len(run) for run in told([late, blind, late])] == [1, 0, 0]
    assert told([replace(late, looked_at=ALL - {"late"})]) == [[]]


def test_each_missed_snapshot_is_told_once_and_is_never_over():
    """It is lost; a recovery would say that it is there."""
    first = (NOW - 2 * HOUR, "no run fetched it")
    one = standing(feeds=(FeedStands("chain", missed=(first,)),))
    two = standing(feeds=(FeedStands("chain", missed=(first, (NOW - HOUR, "HTTP 500"))),))
    gone = standing()
    events = told([one, one, two, gone])
    assert [[event for event, _ in run] for run in events] == [["told"], [], ["told"], []]


def test_a_gap_is_told_when_it_has_lasted_and_a_silence_at_once():
    """A connection that is made anew within a minute wakes nobody."""
    gap = GapStands("main", "okx_swap", "disconnected", NOW - timedelta(minutes=4))
    silent = replace(gap, reason="silent")
    assert keys(standing(gaps=(gap,))) == []
    assert keys(standing(gaps=(replace(gap, started_at=NOW - 2 * HOUR),))) == ["gap/main/okx_swap/2026-02-06T12:00:00Z"]
    assert keys(standing(gaps=(silent,))) == ["silence/main/okx_swap/2026-02-06T13:56:00Z"]


def test_a_gap_that_closes_recovers_once_however_its_end_becomes_known():
    """The state forgets it at once, core has its end only after the next run."""
    open_ = GapStands("main", "okx_swap", "crashed", NOW - HOUR)
    closed = replace(open_, ended_at=NOW)
    assert [len(r) for r in told([standing(gaps=(open_,)), standing(), standing(gaps=(closed,)), standing()])] == [
        1,
        1,
        0,
        0,
    ]
    assert [[e for e, _ in r] for r in told([standing(gaps=(open_,)), standing(gaps=(closed,))])] == [
        ["alarm"],
        ["recovery"],
    ]


def test_a_gap_that_nobody_saw_open_is_told_when_its_end_is_known():
    """The machine was down, and recorder and check came back together: the hours are lost all the same."""
    closed = GapStands("main", "okx_swap", "crashed", NOW - HOUR, NOW)
    assert [[e for e, _ in r] for r in told([standing(gaps=(closed,))] * 2 + [standing()])] == [["told"], [], []]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\r\nBcc: x@y.z", "a Bcc: x@y.z"),
        ("a\u202egnp.exe", "a gnp.exe"),
        ("\x1b[2Jgone", "[2Jgone"),
        ("a\u2028b\x85c\u200bd", "a b c d"),
        ("\ud800", ""),
    ],
    ids=["lines", "direction", "terminal", "other lines", "half a pair"],
)
def test_text_of_a_feed_cannot_steer_where_it_is_shown(written, shown):
    """Error texts quote what a host has sent."""
    assert clean(written) == shown


def test_a_long_name_of_a_feeds_field_makes_a_bounded_key_of_its_own():
    """A field's name comes from the feed, and may be as long as a body."""
    first, second = (cause("drift", "feed/new_field/" + "x" * 5000 + end, "t") for end in "ab")
    assert len(first.key) < 160
    assert first.key != second.key


def test_what_was_told_cannot_be_untold(tmp_path):
    """A ledger in which rows can be changed proves nothing."""
    import sqlite3

    ledger = AlertLedger(tmp_path / "alerts.sqlite")
    ledger.add(decide({}, [Cause("late", "late/a", "a is late")], ALL, NOW), ["webhook"])
    ledger.run_ended(FAILED)
    for statement in ("delete from notices", "update notices set text = ''", "delete from run_ends"):
        with sqlite3.connect(ledger.path) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    assert ledger.last_run() == FAILED
