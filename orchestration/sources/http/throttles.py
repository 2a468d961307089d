"""What a status and its headers ask for: waiting, how long, or a person.

Belongs here: `Retry-After`, bans, and headers that tell how much of a limit is used. Does not belong here:
errors inside a successful answer (each connector's `refuse`), or the waiting (`limits.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from orchestration.sources.http.contract import Limit
from orchestration.sources.http.errors import Banned, FetchError, Permanent, Transient

BAN_SECONDS = 600.0
"""How long a ban without `Retry-After` lasts: Bybit documents ten minutes."""

_THROTTLE_SECONDS = 1.0
_SNIPPET_CHARACTERS = 200
_MINUTE = 60.0


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that `Retry-After` asks for, given as a number or as an HTTP date; None without one."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        until = _http_date(value)
        return None if until is None else _seconds_until(until, headers, now)


def refusal(status: int, headers: Mapping[str, str], body: bytes, where: str, now: datetime) -> FetchError:
    """The error that an answer of status 400 and above is."""
    message = f"{where}: HTTP {status}{_snippet(body)}"
    wait = retry_after(headers, now)
    if status == 418 or (status == 403 and b"access too frequent" in body.lower()):
        return Banned(message, BAN_SECONDS if wait is None else wait)
    if status == 429:
        return Transient(message, _THROTTLE_SECONDS if wait is None else wait)
    if status == 408 or status >= 500:
        return Transient(message, wait)
    if is_challenge(headers):
        return Transient(f"{where}: HTTP {status}: the host challenges this address to prove that it is a browser")
    return Permanent(message)


def is_challenge(headers: Mapping[str, str]) -> bool:
    """Whether Cloudflare says that this is its challenge and not the page."""
    return headers.get("cf-mitigated", "").strip().lower() == "challenge"


def pause_asked(headers: Mapping[str, str], limit: Limit, usable: float, now: datetime) -> float:
    """Seconds for which the headers of a good answer ask not to go on: where a limit is almost used up."""
    return max(_binance_pause(headers, limit, usable, now), _bybit_pause(headers, limit, now))


def _binance_pause(headers: Mapping[str, str], limit: Limit, usable: float, now: datetime) -> float:
    """The weight is counted per minute of Binance's clock, and includes what others at this address used."""
    used = _number(headers.get("x-mbx-used-weight-1m"))
    if used is None or limit.seconds != _MINUTE or used <= usable:
        return 0.0
    served = _http_date(headers.get("date", "")) or now
    return _MINUTE - served.second + 1.0


def _bybit_pause(headers: Mapping[str, str], limit: Limit, now: datetime) -> float:
    """The reset instant lies ahead only once the limit is used up; no window is longer than the limit's own."""
    left = _number(headers.get("x-bapi-limit-status"))
    reset = _number(headers.get("x-bapi-limit-reset-timestamp"))
    most = _number(headers.get("x-bapi-limit")) or limit.amount
    if left is None or reset is None or left > most * 0.1:
        return 0.0
    try:
        until = datetime.fromtimestamp(reset / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return limit.seconds
    return min(_seconds_until(until, headers, now), limit.seconds)


def _seconds_until(until: datetime, headers: Mapping[str, str], now: datetime) -> float:
    """From the host's own clock or ours: one that is years off must not make a wait of years."""
    clocks = [clock for clock in (_http_date(headers.get("date", "")), now) if clock is not None]
    ahead = [(until - clock).total_seconds() for clock in clocks]
    return min((seconds for seconds in ahead if seconds >= 0), default=0.0)


def _http_date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _number(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def _snippet(body: bytes) -> str:
    """The beginning of a short answer in the host's own words; of a page only that it is one."""
    text = " ".join(body[: 4 * _SNIPPET_CHARACTERS].decode("utf-8", "replace").split())
    if text.startswith("<"):
        return ": a page, not an answer"
    return f": {text[:_SNIPPET_CHARACTERS]}" if text else ""
