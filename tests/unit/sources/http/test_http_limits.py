"""Limits hold in every window of the host's, however late answers come, and nobody waits for nothing."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.sources.http.contract import Limit
from orchestration.sources.http.errors import Banned, Permanent
from orchestration.sources.http.limits import HEADROOM, STRETCH, Limits, Pace, Stopped, Window

BURST = Limit("venue.burst", 10, 60.0, "")
SPREAD = Limit("venue.spread", 3, 60.0, "", spread=True)
# (weight, how long after the last one it is wanted, seconds until the host counts it, seconds until it answers)
requests_of_a_run = st.lists(
    st.tuples(st.integers(1, 5), st.floats(0, 30), st.floats(0, 20), st.floats(0, 20)), min_size=1, max_size=40
)


def _counted(window: Window, asked: list[tuple[int, float, float, float]]) -> list[tuple[float, int]]:
    """When the host counts each request, if several may be under way; (instant, weight) of each."""
    now, under_way, counted = 0.0, [], []
    for weight, pause, until_counted, until_answered in asked:
        now += pause
        while True:
            for item in [item for item in under_way if item[0] <= now]:
                window.done(item[1], item[0])
                under_way.remove(item)
            wait = window.wait(now, weight)
            if wait == 0:
                break
            ends = [at for at, _ in under_way] + ([] if wait is None else [now + wait])
            now = min(ends)
        lease = window.take(weight)
        under_way.append((now + until_counted + until_answered, lease))
        counted.append((now + until_counted, weight))
    return sorted(counted)


@given(requests_of_a_run)
def test_no_window_of_the_hosts_holds_more_than_the_limit(asked):
    """A bucket that counts when it sends lets twice the limit through where answers are late: a ban."""
    counted = _counted(Window(BURST), asked)
    for start, _ in counted:
        within = sum(weight for at, weight in counted if start <= at < start + BURST.seconds)
        assert within <= BURST.amount


@given(requests_of_a_run)
def test_requests_that_are_to_be_spread_never_come_closer_than_asked(asked):
    """Hosts that ask for a delay between requests shut out those who send a burst."""
    counted = [at for at, _ in _counted(Window(SPREAD), asked)]
    gaps = [later - earlier for earlier, later in pairwise(counted)]
    assert all(gap >= SPREAD.seconds / SPREAD.amount for gap in gaps)


@given(st.integers(1, 200), st.integers(10, 50))
def test_the_limit_is_made_use_of(requests, amount):
    """Waiting more than the limit asks for makes a back-fill of hours one of days."""
    limit = Limit("venue.class", amount, 60.0, "")
    counted = _counted(Window(limit), [(1, 0.0, 0.0, 0.0)] * requests)
    usable = int(amount * HEADROOM)
    windows = (requests - 1) // usable
    assert counted[-1][0] == pytest.approx(windows * limit.seconds * STRETCH)


def test_a_heavy_request_goes_alone_where_the_headroom_is_too_small_for_it():
    """A limit of one request could otherwise never be used."""
    window = Window(Limit("venue.class", 1, 60.0, ""))
    assert window.wait(0.0, 1) == 0.0
    window.done(window.take(1), 5.0)
    assert window.wait(5.0, 1) == pytest.approx(60.0 * STRETCH)


def test_a_setting_overrides_the_documented_amount():
    """A key of one's own, or a busy address, has other limits than the documents."""
    limits = Limits({BURST.name: BURST}, {BURST.name: 100}, Pace(), 900)
    assert limits.usable(BURST.name) == pytest.approx(90)


def _limits(pace: Pace, *limits: Limit, longest: float = 900.0) -> Limits:
    return Limits({limit.name: limit for limit in limits}, {}, pace, longest)


def test_threads_share_one_limit():
    """A limit for each thread is no limit: the host sees one address."""
    pace = Pace(100.0)
    limits, begun, lock = _limits(pace, Limit("venue.class", 5, 10.0, "")), [], threading.Lock()

    def ask(_: int) -> None:
        with limits.slot("venue.class", 1), lock:
            begun.append(pace.monotonic())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(16)))
    begun.sort()
    assert all(later - earlier >= 10.0 for earlier, later in zip(begun, begun[4:], strict=False))
    assert begun[-1] - begun[0] < 60.0


def test_a_heavy_request_has_its_turn():
    """Light requests that slip past would keep a heavy one waiting for ever."""
    pace = Pace(100.0)
    limits, order = _limits(pace, Limit("venue.class", 10, 5.0, "")), []
    with limits.slot("venue.class", 9):
        pass

    def ask(weight: int) -> None:
        with limits.slot("venue.class", weight):
            order.append(weight)

    threads = [threading.Thread(target=ask, args=(weight,)) for weight in (9, 1)]
    for thread in threads:
        thread.start()
        time.sleep(0.01)
    for thread in threads:
        thread.join()
    assert order == [9, 1]


def test_a_pause_holds_for_all_threads_and_a_ban_for_all_limits_of_the_venue():
    """Others that go on while one waits turn a throttle into a ban, and a ban into a longer one."""
    pace = Pace(1000.0)
    other, elsewhere = Limit("venue.other", 10, 1.0, ""), Limit("else.where", 10, 1.0, "")
    limits = _limits(pace, BURST, other, elsewhere)
    limits.pause(BURST.name, 100.0, whole_venue=True)
    asked = pace.monotonic()
    with limits.slot("else.where", 1):
        assert pace.monotonic() - asked < 100.0
    with limits.slot("venue.other", 1):
        assert pace.monotonic() - asked >= 99.0
    limits.pause(BURST.name, 50.0)
    again = pace.monotonic()
    with limits.slot(BURST.name, 1):
        assert pace.monotonic() - again >= 49.0


def test_a_pause_that_is_too_long_to_wait_for_ends_at_once():
    """A ban of days must not hang the daily run, and asking before its end prolongs it."""
    limits = _limits(Pace(), BURST, longest=60.0)
    limits.pause(BURST.name, 3 * 86_400.0)
    with pytest.raises(Banned, match="another") as banned, limits.slot(BURST.name, 1):
        pass
    assert banned.value.retry_after > 60.0


def test_a_stop_ends_every_wait():
    """Ctrl-C during a wait of a quarter of an hour must not take a quarter of an hour."""
    pace = Pace()
    limits, ended = _limits(pace, BURST), []
    limits.pause(BURST.name, 600.0)

    def ask() -> None:
        with pytest.raises(Stopped), limits.slot(BURST.name, 1):
            pass
        with pytest.raises(Stopped):
            pace.sleep(600.0)
        ended.append(True)

    thread = threading.Thread(target=ask)
    thread.start()
    pace.stop()
    thread.join(5)
    assert ended


@pytest.mark.parametrize(("name", "weight"), [("venue.mistyped", 1), (BURST.name, 11)])
def test_a_limit_that_cannot_be_kept_is_refused(name, weight):
    """A mistyped limit must not mean no limit, and a request that never fits must not wait for ever."""
    with pytest.raises(Permanent, match="limit"), _limits(Pace(), BURST).slot(name, weight):
        pass
