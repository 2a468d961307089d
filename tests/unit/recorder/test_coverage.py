"""When a gap opens and when it closes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestration.recorder.coverage import Coverage, Gap, inherited

T0 = datetime(2026, 2, 5, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def begun(gap: Gap | None = None) -> tuple[Coverage, list[Gap]]:
    told: list[Gap] = []
    return Coverage(gap or Gap(T0, "not_running"), told.append), told


def test_a_gap_lasts_from_the_last_proof_to_the_acknowledgement():
    """What was sent between the last answered ping and the break may never have arrived."""
    coverage, told = begun()
    coverage.acknowledged(at(1))
    coverage.proved(at(5))
    coverage.heard(at(8))
    coverage.lost("disconnected", at(9))
    coverage.lost("disconnected", at(12))
    coverage.acknowledged(at(15))
    assert told == [
        Gap(T0, "not_running", at(1)),
        Gap(at(5), "disconnected"),
        Gap(at(5), "disconnected", at(15)),
    ]
    assert coverage.gap is None


def test_proofs_count_only_while_there_is_no_gap():
    """A ping answered before the subscriptions are proves nothing about them."""
    coverage, told = begun()
    coverage.proved(at(1))
    coverage.acknowledged(at(2))
    coverage.lost("disconnected", at(3))
    assert told[-1] == Gap(at(2), "disconnected")


def test_a_silence_begins_with_the_last_data_and_ends_with_the_next():
    """An acknowledgement after a forced reconnect proves nothing of a path that no longer sends."""
    coverage, told = begun()
    coverage.acknowledged(at(1))
    coverage.heard(at(2))
    coverage.proved(at(60))
    coverage.silent(at(62))
    coverage.lost("disconnected", at(90))
    coverage.acknowledged(at(91))
    assert told[-1] == Gap(at(2), "silent")
    coverage.heard(at(95))
    assert told[-1] == Gap(at(2), "silent", at(95))


def test_data_before_the_acknowledgement_does_not_end_a_gap():
    """One symbol's data says nothing of another's subscription."""
    coverage, told = begun()
    coverage.heard(at(1))
    assert not told
    coverage.acknowledged(at(2))
    assert told == [Gap(T0, "not_running", at(2))]


def test_what_a_process_leaves_is_where_the_next_begins():
    """The gap of a crash begins with what was on disk, not with the start of the next process."""
    coverage, _ = begun()
    coverage.acknowledged(at(1))
    coverage.proved(at(7))
    assert inherited(coverage.state(), at(100)) == Gap(at(7), "crashed")
    coverage.lost("stopped", at(8))
    assert inherited(coverage.state(), at(100)) == Gap(at(7), "stopped")
    assert inherited(None, at(100)) == Gap(at(100), "not_running")
    silent, told = begun(Gap(at(7), "silent"))
    silent.acknowledged(at(101))
    assert not told


def test_a_clock_that_is_put_back_makes_no_gap_that_ends_before_it_begins():
    """Such a row would be refused, and the gap with it."""
    coverage, told = begun()
    coverage.acknowledged(at(100))
    coverage.lost("disconnected", at(50))
    coverage.acknowledged(at(40))
    assert told[-1] == Gap(at(50), "disconnected", at(50))


@given(st.lists(st.sampled_from(["sent", "ping", "break", "back", "quiet"]), max_size=60), st.data())
def test_every_message_is_heard_or_in_a_gap(events, data):
    """The recorder's one promise: nothing is lost without a word."""
    coverage, told = begun()
    now, connected, sent, arrived = 0.0, False, [], set()
    for event in events:
        now += data.draw(st.floats(0.001, 3.0))
        if event == "back" and not connected:
            connected = True
            coverage.acknowledged(at(now))
        elif event == "break" and connected:
            coverage.lost("disconnected", at(now))
            connected = False
        elif event == "quiet" and connected:
            coverage.silent(at(now))
        elif event == "sent":
            sent.append(now)
            if connected and data.draw(st.booleans()):
                arrived |= set(sent[-1:])
                coverage.heard(at(now))
            elif connected:
                # Not arrived: the connection is broken from here on, though nobody has noticed.
                coverage.lost("disconnected", at(now + 0.0005))
                connected = False
        elif event == "ping" and connected:
            coverage.proved(at(now))
    gaps = {gap.started_at: gap for gap in [Gap(T0, "not_running"), *told]}.values()
    for moment in set(sent) - arrived:
        assert any(
            gap.started_at <= at(moment) and (gap.ended_at is None or at(moment) <= gap.ended_at) for gap in gaps
        )
