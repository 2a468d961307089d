"""Instants from local wall clocks: "16:00 America/New_York" on a date is one instant in UTC.

Belongs here: wall clocks and their instants by the tz database. Does not belong here: trading calendars
of exchanges (`sessions.py`, `cme.py`), or any fixed offset from UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_CLOCK = re.compile(r"(?P<time>\d{2}:\d{2}(?::\d{2})?)\s+(?P<zone>\S+)")


@dataclass(frozen=True)
class WallClock:
    """A time of day in a time zone."""

    at: time
    zone: ZoneInfo

    def on(self, day: date) -> datetime:
        """The UTC instant at which this clock is struck on `day`.

        Of a time that comes twice (clocks set back) the first is meant. Raises `ValueError` for a time
        that the zone skips on that day (clocks set forward).
        """
        local = datetime.combine(day, self.at, self.zone)
        instant = local.astimezone(UTC)
        if instant.astimezone(self.zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            raise ValueError(f"{self.at} does not exist in {self.zone} on {day}")
        return instant


def wall_clock(text: str) -> WallClock:
    """Read "HH:MM Zone/Name" (seconds allowed), for example "16:00 America/New_York".

    Raises `ValueError` naming the text, where the time or the zone cannot be understood.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'not a clock: {text!r}; write "16:00 America/New_York"')
    try:
        return WallClock(time.fromisoformat(match["time"]), ZoneInfo(match["zone"]))
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"not a clock: {text!r}: {error}") from error


CME_SETTLEMENT = wall_clock("15:00 America/Chicago")
CME_EXPIRY = wall_clock("16:00 Europe/London")
OFFSHORE_EXPIRY = wall_clock("08:00 UTC")


def last_weekday(year: int, month: int, weekday: int) -> date:
    """The last such weekday (Monday is 0) of a month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    last = following - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)
