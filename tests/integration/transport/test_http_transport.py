"""A host that misbehaves, over real sockets: what is waited out, what is asked again, and what is refused."""

from __future__ import annotations

import gzip
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from misbehaving_host import CHALLENGE, GOOD, Host, answer, ask, closed_without_length, drip, reset_in_the_body

from orchestration.sources.http.contract import Reply, Request
from orchestration.sources.http.errors import Banned, Permanent, Transient, Unknown, Unreachable
from orchestration.sources.http.transport import Transport

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
# How much faster than the clock the transports of these tests wait.
PACE = 200.0

TEMPORARY = {
    "408": answer(status=408),
    "429": answer(status=429, Retry_After="1"),
    "500": answer(status=500),
    "503": answer(CHALLENGE, status=503),
    "418": answer(status=418, Retry_After="5"),
    "too frequent": answer(b"403 access too frequent", status=403, Retry_After="5"),
    "challenged": answer(CHALLENGE, status=403, cf_mitigated="challenge"),
    "reset in the body": reset_in_the_body,
    "shorter than announced": answer(GOOD, Content_Length="500", Connection="close"),
    "cut off": closed_without_length(GOOD[:-4]),
    "cut off, yet announced": answer(GOOD[:-4]),
    "a page with 200": answer(CHALLENGE, Content_Type="text/html"),
    "a page declared as JSON": answer(CHALLENGE),
    "another type": answer(GOOD, Content_Type="image/png"),
    "empty": answer(b""),
    "gzip bomb": answer(gzip.compress(b"0" * 5_000_000), Content_Encoding="gzip"),
    "gzip cut off": answer(gzip.compress(GOOD)[:-5], Content_Encoding="gzip"),
    "not gzip": answer(GOOD, Content_Encoding="gzip"),
    "unknown coding": answer(GOOD, Content_Encoding="br"),
}


@pytest.mark.parametrize("fault", TEMPORARY.values(), ids=TEMPORARY)
def test_what_passes_is_got_over_by_asking_again(venue, make, fault):
    """Every fault that a host shows now and then must cost a moment, not the day's data."""
    url = venue.script("/rows", fault, fault, answer())
    reply = make(max_body_bytes=1_000_000).get(ask(url))
    assert (reply.content, reply.status, reply.received_at) == (GOOD, 200, NOW)
    assert venue.asked["/rows"] == 3


@pytest.mark.parametrize("where", ["headers", "body"])
def test_a_host_that_sends_a_byte_now_and_then_does_not_hold_the_run(venue, make, where):
    """Time-outs per read never end such an exchange: it would hold a thread for hours."""
    url = venue.script("/rows", drip(where), answer())
    began = time.monotonic()
    assert make(total_seconds=0.3).get(ask(url)).content == GOOD
    assert time.monotonic() - began < 2.0


@pytest.mark.parametrize("limits", [{"read_seconds": 0.1}, {"read_seconds": 30.0, "total_seconds": 0.1}])
def test_a_host_that_says_nothing_is_given_up(venue, make, limits):
    """Whichever of the time-outs is over first ends an exchange of which nothing comes."""
    url = venue.script("/rows", lambda handler: time.sleep(1.0))
    began = time.monotonic()
    with pytest.raises(Transient, match=r"GET 127\.0\.0\.1/rows: ReadTimeout"):
        make(attempts=1, **limits).get(ask(url))
    assert time.monotonic() - began < 0.9


@pytest.mark.parametrize("attempts", [1, 4])
def test_tries_are_bounded_and_the_last_error_is_told(venue, make, attempts):
    """A host that is down must end the feed's run, with the reason."""
    url = venue.script("/rows", answer(b"maintenance", status=503))
    with pytest.raises(Transient, match="HTTP 503: maintenance"):
        make(attempts=attempts).get(ask(url, params={"key": "shown-nowhere"}))
    assert venue.asked["/rows"] == attempts


def test_tries_back_off_further_each_time(venue, make):
    """Even distances between tries are a second load on a host that is overloaded."""
    url = venue.script("/rows", answer(status=500))
    with pytest.raises(Transient):
        make(attempts=5, backoff_seconds=4.0).get(ask(url))
    gaps = [later.at - earlier.at for earlier, later in zip(venue.seen, venue.seen[1:], strict=False)]
    assert all(gap >= 4.0 * 2**n / PACE for n, gap in enumerate(gaps))


def _after_the_first(venue: Host, transport: Transport, first: Request, others: list[Request]) -> list[Reply]:
    """All replies; the others are asked for once the first was answered."""
    with ThreadPoolExecutor(8) as pool:
        begun = pool.submit(transport.get, first)
        while not venue.seen or venue.at_once:
            time.sleep(0.005)
        time.sleep(0.03)
        return [*pool.map(transport.get, others), begun.result()]


def test_a_storm_of_429_is_waited_out_by_all_threads(venue, make):
    """While one thread waits as it was told, the others must not go on asking."""
    storm = [answer(status=429, Retry_After="60") for _ in range(4)]
    url = venue.script("/rows", *storm, answer())
    replies = _after_the_first(venue, make(), ask(url), [ask(url)] * 5)
    assert [reply.content for reply in replies] == [GOOD] * 6
    assert all(seen.at - venue.seen[0].at >= 60.0 / PACE for seen in venue.seen[1:])


def test_a_ban_pauses_every_limit_of_the_venue(venue, make):
    """Binance bans the address: any request while it lasts prolongs it, from minutes to days."""
    first = ask(venue.script("/banned", answer(status=418, Retry_After="80"), answer()), limit="binance.futures")
    other = ask(venue.script("/other", answer()), limit="binance.data")
    assert [reply.content for reply in _after_the_first(venue, make(), first, [other])] == [GOOD] * 2
    assert all(seen.at - venue.seen[0].at >= 80.0 / PACE for seen in venue.seen[1:])


def test_a_ban_that_is_too_long_to_wait_for_ends_the_tries(venue, make):
    """A ban of three days must neither hang the run nor be asked into; others of the venue hear of it at once."""
    url = venue.script("/rows", answer(status=418, Retry_After="259200"))
    transport = make()
    for _ in range(2):
        with pytest.raises(Banned):
            transport.get(ask(url, limit="binance.futures"))
    assert len(venue.seen) == 1


def test_a_weight_that_is_almost_used_up_pauses_until_the_minute_is_over(venue, make):
    """Others at the same address may have used the weight that our own count believes to be free."""
    almost = answer(X_MBX_USED_WEIGHT_1M="2399", Date="Tue, 31 Mar 2026 12:00:00 GMT")
    url, transport = venue.script("/rows", almost), make()
    for _ in range(2):
        transport.get(ask(url, limit="binance.futures"))
    assert venue.seen[1].at - venue.seen[0].at >= 60.0 / PACE


def test_the_limit_holds_as_the_host_counts_it(venue, make):
    """Answers that come late or early must not push two windows' worth of requests into one."""

    def late(handler: Any) -> None:
        time.sleep(0.03 if len(venue.seen) % 3 else 0.0)
        answer()(handler)

    url, transport = venue.script("/rows", late), make()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: transport.get(ask(url, limit="venue.five", weight=2)), range(12)))
    began = sorted(seen.at for seen in venue.seen)
    assert all(later - earlier >= 20.0 / PACE for earlier, later in zip(began, began[2:], strict=False))


PERMANENT = {
    "400": (answer({"code": -1100}, status=400), "HTTP 400"),
    "401": (answer(status=401), "HTTP 401"),
    "404": (answer(status=404), "HTTP 404"),
    "451": (answer(status=451), "HTTP 451"),
    "304": (answer(b"", status=304), "HTTP 304"),
    "announced too large": (answer(b"0" * 2_000_000), "announced"),
    "too large": (closed_without_length(b"[" + b"0," * 1_000_000), "larger"),
    "another host": (answer(b"", status=302, Location="http://localhost:9/rows"), "another host"),
    "another port": (answer(b"", status=302, Location="http://127.0.0.1:9/rows"), "another host"),
    "another scheme": (answer(b"", status=302, Location="file:///etc/passwd"), ""),
    "round and round": (answer(b"", status=302, Location="/rows"), "more than 3 redirects"),
}


@pytest.mark.parametrize(("fault", "message"), PERMANENT.values(), ids=PERMANENT)
def test_what_cannot_get_better_is_not_asked_again(venue, make, fault, message):
    """Tries that cannot succeed cost the limit and hide the reason."""
    url = venue.script("/rows", fault)
    with pytest.raises(Permanent, match=message):
        make(max_body_bytes=1_000_000).get(ask(url))
    assert venue.asked["/rows"] <= 4 if "redirects" in message else venue.asked["/rows"] == 1


def test_a_redirect_on_the_same_host_is_followed(venue, make):
    """Hosts move their files; the request that was made stays what is recorded."""
    url = venue.script("/old", answer(b"", status=301, Location="/new?v=2"))
    venue.script("/new", answer())
    reply = make().get(ask(url))
    assert (reply.content, reply.request.url) == (GOOD, url)
    assert [seen.target for seen in venue.seen] == ["/old", "/new?v=2"]


def test_a_missing_file_that_may_be_missing_is_an_answer(venue, make):
    """data.binance.vision says 404 for a day that is not there yet."""
    url = venue.script("/day.zip", answer(b"<Error>NoSuchKey</Error>", status=404))
    assert make().get(ask(url, body="zip", missing_ok=True)).status == 404


def test_a_venues_words_decide_before_the_status_does(venue, make):
    """Deribit's throttle and Binance's unknown symbol both come with status 400."""
    throttled = answer({"error": {"code": 10028}}, status=400)
    url = venue.script("/rows", throttled, answer())
    unknown = venue.script("/unknown", answer({"code": -1121}, status=400))
    teapot = venue.script("/page", answer(b"not JSON", status=400))

    def refuse(reply: Reply) -> None:
        said = reply.json()
        if "error" in said:
            raise Transient("throttled", retry_after=1.0)
        if said.get("code") == -1121:
            raise Unknown("no such symbol")

    transport = make()
    assert transport.get(ask(url), refuse).content == GOOD
    with pytest.raises(Unknown):
        transport.get(ask(unknown), refuse)
    assert transport.get(ask(unknown, missing_ok=True), refuse).status == 404
    with pytest.raises(Permanent, match="HTTP 400: not JSON"):
        transport.get(ask(teapot), refuse)


def test_an_error_within_a_good_answer_is_refused_and_tried_again_where_waiting_helps(venue, make):
    """OKX and Bybit say that they are throttling with status 200."""
    url = venue.script("/rows", answer({"code": "50011"}), answer({"code": "51000"}))

    def refuse(reply: Reply) -> None:
        code = reply.json()["code"]
        raise Transient("throttled") if code == "50011" else Permanent(f"code {code}")

    with pytest.raises(Permanent, match="51000"):
        make().get(ask(url), refuse)
    assert venue.asked["/rows"] == 2


def test_a_body_that_is_not_in_the_venues_form_is_refused(venue, make):
    """A list where a connector's check expects an object must be that feed's error, not a crash."""
    url = venue.script("/rows", answer([1, 2]))
    with pytest.raises(Permanent, match="not in the venue's form"):
        make().get(ask(url), lambda reply: reply.json()["code"])


def test_a_host_without_a_connection_is_not_tried_again_for_every_series(make):
    """Five hundred series of a machine without a network would else wait half a minute each."""
    transport = make(attempts=2)
    nobody = ask("http://127.0.0.1:9/rows")
    with pytest.raises(Unreachable, match="ConnectError"):
        transport.get(nobody)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="not asked: no connection to 127"):
        transport.get(ask("http://127.0.0.1:9/others"))
    assert time.monotonic() - began < 0.05
