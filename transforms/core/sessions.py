"""Sessions of exchanges: above all of New York's (XNYS), on whose trade dates spot ETFs report.

Belongs here: questions about an exchange's calendar. Does not belong here: UTC days, or what the CME
makes of its days (`cme.py`). The bounds are fixed, so that an answer does not depend on when it is
asked for.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

_FIRST, _LAST = "2010-01-01", "2035-12-31"
_NEW_YORK = "XNYS"
_SATURDAY = 5


def is_session(day: date) -> bool:
    """Whether the exchange trades on that day; false outside 2010 to 2035."""
    return day in closes(_NEW_YORK)


def sessions_after(day: date, count: int) -> date:
    """The `count`-th session (1, 2, …) after `day`, which need not be a session itself.

    Raises `ValueError` where it lies outside the calendar or `count` is below 1.
    """
    days = _sessions()
    position = bisect_right(days, day) + count - 1
    if count < 1 or day < days[0] or position >= len(days):
        raise ValueError(f"no XNYS session {count} after {day} in the calendar of {_FIRST} to {_LAST}")
    return days[position]


def next_session(day: date) -> date:
    """The first session after `day`; raises `ValueError` at the end of the calendar."""
    return sessions_after(day, 1)


def previous_session(day: date) -> date:
    """The last session before `day`; raises `ValueError` at the beginning of the calendar."""
    days = _sessions()
    position = bisect_left(days, day) - 1
    if position < 0 or day > days[-1]:
        raise ValueError(f"no XNYS session before {day} in the calendar of {_FIRST} to {_LAST}")
    return days[position]


def sessions_between(first: date, last: date) -> tuple[date, ...]:
    """The sessions from `first` to `last`, both included; empty where there is none."""
    days = _sessions()
    return days[bisect_left(days, first) : bisect_right(days, last)]


def session_close(day: date) -> datetime:
    """UTC instant at which that session closes (16:00 New York, earlier on half days).

    Raises `ValueError` where `day` is not a session.
    """
    try:
        return closes(_NEW_YORK)[day]
    except KeyError:
        raise ValueError(f"{day} is not an XNYS session") from None


@cache
def _sessions() -> tuple[date, ...]:
    return tuple(closes(_NEW_YORK))


@cache
def closes(exchange: str) -> dict[date, datetime]:
    """UTC closing instants of an exchange (code of `exchange_calendars`) by session, in order."""
    return {session.date(): close.to_pydatetime() for session, close in _calendar(exchange).closes.items()}


@cache
def business_days(*exchanges: str) -> frozenset[date]:
    """Weekdays from 2010 to 2035 that are no regular holiday of any of these exchanges.

    Single closures, as for mourning, are not heeded.
    """
    first, last = date.fromisoformat(_FIRST), date.fromisoformat(_LAST)
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    holidays = {day.date() for name in exchanges for day in _calendar(name).regular_holidays.holidays(_FIRST, _LAST)}
    return frozenset(day for day in every if day.weekday() < _SATURDAY and day not in holidays)


@cache
def _calendar(exchange: str) -> Any:
    """The calendar within the bounds. The library is slow to import, hence here."""
    import exchange_calendars

    return exchange_calendars.get_calendar(exchange, start=_FIRST, end=_LAST)
