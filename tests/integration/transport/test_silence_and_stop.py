"""A host that takes requests and never answers: what it costs a run, and that a run can be ended meanwhile."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from misbehaving_host import GOOD, answer, ask, drip

from orchestration.sources.http.errors import Transient
from orchestration.sources.http.transport import LEAST_UNANSWERED


def _silent(handler) -> None:
    time.sleep(3.0)


def test_a_host_that_never_answers_is_not_asked_again_for_every_series(venue, make):
    """Six tries of half a minute for each of two hundred series would hold the run, and all facts, for hours."""
    transport = make(attempts=2, read_seconds=0.1, per_host=2)
    for number in range(LEAST_UNANSWERED):
        with pytest.raises(Transient, match="ReadTimeout"):
            transport.get(ask(venue.script(f"/{number}", _silent)))
    with pytest.raises(Transient, match="not asked"):
        transport.get(ask(venue.script("/last", answer())))
    assert "/last" not in venue.asked


def test_a_host_that_answers_now_and_then_is_asked_on(venue, make):
    """An answer in between, be it an error of the venue, shows that the host is there."""
    transport = make(attempts=2, read_seconds=0.1, per_host=2)
    for number in range(6):
        act = _silent if number % 2 == 0 else answer(status=503)
        with pytest.raises(Transient):
            transport.get(ask(venue.script(f"/{number}", act)))
    assert transport.get(ask(venue.script("/last", answer()))).content == GOOD


@pytest.mark.parametrize("act", [_silent, drip("headers"), drip("body")], ids=["silent", "headers", "body"])
def test_a_stop_breaks_off_what_is_under_way(venue, make, act):
    """Ctrl-C must not wait for the time-outs and further tries of a host that says nothing."""
    transport = make(read_seconds=30.0, total_seconds=60.0)
    url = venue.script("/rows", act)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(transport.get, ask(url)) for _ in range(2)]
        time.sleep(0.3)
        began = time.monotonic()
        threading.Thread(target=transport.stop).start()
        for future in asked:
            with pytest.raises(Transient):
                future.result(timeout=10)
    assert time.monotonic() - began < 1.0
    with pytest.raises(Transient, match="stopped"):
        transport.get(ask(url))
