"""Sessions of the New York Stock Exchange (XNYS), on whose trade dates spot ETFs report.

Belongs here: questions about one exchange's calendar. Does not belong here: UTC days or expiry
calendars. The calendar's bounds are fixed, so that an answer does not depend on when it is asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime
from functools import cache

_FIRST, _LAST = "2010-01-01", "2035-12-31"


def is_session(day: date) -> bool:
    """Whether the exchange trades on that day; false outside 2010 to 2035."""
    return day in _closes()


def sessions_after(day: date, count: int) -> date:
    """The `count`-th session (1, 2, …) after `day`, which need not be a session itself.

    Raises `ValueError` where it lies outside the calendar or `count` is below 1.
    """
    days = _sessions()
    position = bisect_right(days, day) + count - 1
    if count < 1 or day < days[0] or position >= len(days):
        raise ValueError(f"no XNYS session {count} after {day} in the calendar of {_FIRST} to {_LAST}")
    return days[position]


def session_close(day: date) -> datetime:
    """UTC instant at which that session closes (16:00 New York, earlier on half days).

    Raises `ValueError` where `day` is not a session.
    """
    try:
        return _closes()[day]
    except KeyError:
        raise ValueError(f"{day} is not an XNYS session") from None


@cache
def _sessions() -> tuple[date, ...]:
    return tuple(_closes())


@cache
def _closes() -> dict[date, datetime]:
    """Closing instants by session, in order. The calendar library is slow to import, hence here."""
    import exchange_calendars

    closes = exchange_calendars.get_calendar("XNYS", start=_FIRST, end=_LAST).closes
    return {session.date(): close.to_pydatetime() for session, close in closes.items()}
