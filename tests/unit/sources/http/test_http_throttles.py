"""What a status and its headers ask for: how long to wait, or not to ask again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestration.sources.http.contract import Limit
from orchestration.sources.http.errors import Banned, Permanent, Transient
from orchestration.sources.http.throttles import BAN_SECONDS, pause_asked, refusal, retry_after

NOW = datetime(2026, 3, 31, 12, 0, 20, tzinfo=UTC)
MINUTE = Limit("binance.futures", 2400, 60.0, "")
BYBIT = Limit("bybit.public", 600, 5.0, "")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Tue, 31 Mar 2026 12:00:50 GMT"}, 30.0),
        ({"retry-after": "Tue, 31 Mar 2026 12:00:50 GMT", "date": "Tue, 31 Mar 2026 12:00:40 GMT"}, 10.0),
        # A host whose clock is years off does not make a wait of years.
        ({"retry-after": "Tue, 31 Mar 2026 12:00:50 GMT", "date": "Thu, 01 Jan 1998 00:00:00 GMT"}, 30.0),
        ({"retry-after": "Tue, 31 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(headers, seconds):
    """Reading only one of its two forms asks again at once where the host said in an hour."""
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "seconds"),
    [
        (429, {"retry-after": "9"}, b"", Transient, 9.0),
        (429, {}, b"", Transient, 1.0),
        (418, {"retry-after": "120"}, b"", Banned, 120.0),
        (418, {}, b"", Banned, BAN_SECONDS),
        (403, {}, b'"403 Access Too Frequent. Please try again later."', Banned, BAN_SECONDS),
        (503, {"retry-after": "3"}, b"", Transient, 3.0),
        (500, {}, b"", Transient, None),
        (408, {}, b"", Transient, None),
        (403, {"cf-mitigated": "challenge"}, b"<html>", Transient, None),
    ],
)
def test_what_waiting_helps_is_asked_again_and_bans_are_waited_out(status, headers, body, kind, seconds):
    """Asking on during Binance's 418 or Bybit's 403 prolongs the ban of the whole address."""
    error = refusal(status, headers, body, "GET host/path", NOW)
    assert type(error) is kind
    assert error.retry_after == seconds


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 451])
def test_what_only_a_person_can_help_is_not_asked_again(status):
    """Tries that cannot succeed use up the limit, and hide the reason behind a time-out."""
    error = refusal(status, {}, b'{"code": -1121, "msg": "Invalid symbol."}', "GET host/path", NOW)
    assert type(error) is Permanent
    assert "Invalid symbol" in str(error)
    assert f"HTTP {status}" in str(error)


def test_a_page_is_not_quoted():
    """An error of a thousand lines of markup hides what happened."""
    assert "doctype" not in str(refusal(500, {}, b"<!doctype html><html>...", "GET host/path", NOW)).lower()


@pytest.mark.parametrize(
    ("limit", "headers", "seconds"),
    [
        (MINUTE, {"x-mbx-used-weight-1m": "2390"}, 41.0),
        (MINUTE, {"x-mbx-used-weight-1m": "2390", "date": "Tue, 31 Mar 2026 12:00:50 GMT"}, 11.0),
        (MINUTE, {"x-mbx-used-weight-1m": "2160"}, 0.0),
        (MINUTE, {"x-mbx-used-weight-1m": "many"}, 0.0),
        (BYBIT, {"x-mbx-used-weight-1m": "2390"}, 0.0),
        (BYBIT, {"x-bapi-limit-status": "0", "x-bapi-limit-reset-timestamp": "1774958423000"}, 3.0),
        # No window is longer than the limit's own, whatever a clock that is off says.
        (BYBIT, {"x-bapi-limit-status": "0", "x-bapi-limit-reset-timestamp": "1974958423000"}, 5.0),
        (BYBIT, {"x-bapi-limit-status": "0", "x-bapi-limit-reset-timestamp": "1774958410000"}, 0.0),
        (BYBIT, {"x-bapi-limit-status": "590", "x-bapi-limit-reset-timestamp": "1774958423000"}, 0.0),
        (BYBIT, {"x-bapi-limit-status": "0", "x-bapi-limit-reset-timestamp": "9" * 30}, 5.0),
        (BYBIT, {}, 0.0),
    ],
)
def test_a_limit_that_is_almost_used_up_pauses_until_it_is_given_back(limit, headers, seconds):
    """The venue's own count includes what others at the same address asked for."""
    assert pause_asked(headers, limit, limit.amount * 0.9, NOW) == pytest.approx(seconds)
