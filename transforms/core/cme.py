"""The CME's business days, its settlement minute and its expiries of coin futures.

Belongs here: what follows from the exchange's calendar and clocks. Does not belong here: other
exchanges' sessions (`sessions.py`), wall clocks as such (`clocks.py`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache

from transforms.core.clocks import CME_EXPIRY, CME_SETTLEMENT, last_weekday
from transforms.core.sessions import business_days, closes, is_session

_FRIDAY = 4
_AVERAGE = timedelta(minutes=1)


def is_settlement_day(day: date) -> bool:
    """Whether coin futures settle on that day, which is then the trade date; false outside 2010 to 2035.

    A weekday that is no regular holiday of the CME or of New York: on the latter's the CME trades for
    some hours towards the next trade date and settles nothing. A day of mourning closes the trade in
    shares alone. Since 2026-05-29 weekends trade towards the next business day too; there is still one
    settlement per business day.
    """
    return day in business_days("CMES", "XNYS")


def settlement_window(day: date) -> tuple[datetime, datetime]:
    """The minute whose volume-weighted average price is the settlement, in UTC.

    14:59 to 15:00 Chicago, or the last minute before an earlier close. Raises `ValueError` where
    nothing is settled on `day`. Source: CME, settlement procedures of bitcoin futures.
    """
    if not is_settlement_day(day):
        raise ValueError(f"{day} is not a settlement day of the CME")
    usual = CME_SETTLEMENT.on(day)
    end = min(usual, closes("CMES").get(day, usual))
    return end - _AVERAGE, end


@cache
def cme_expiry(year: int, month: int) -> datetime:
    """Last trading instant of the bitcoin and ether futures of a month, in UTC.

    16:00 London on the last Friday, or on the last day before it on which both London and New York do
    business. Source: CME contract specifications. Raises `ValueError` outside 2010 to 2035.
    """
    day = last_weekday(year, month, _FRIDAY)
    last = day - timedelta(weeks=1)
    while not (is_session(day) and day in closes("XLON")):
        day -= timedelta(days=1)
        if day < last:
            raise ValueError(f"no business day before the last Friday of {year}-{month:02} in the calendars")
    return CME_EXPIRY.on(day)
