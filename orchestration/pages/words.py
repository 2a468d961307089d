"""How pages write numbers, instants and shares: the filters of the templates.

Belongs here: text of one value. Does not belong here: what the value means.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup

NOTHING = "–"
_STEPS = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))


def short(value: float | None) -> str:
    """Three significant digits or so, with the thousands as a letter: `12.3m`; a true minus sign."""
    if value is None:
        return NOTHING
    size = abs(value)
    # What would be written as 1,000m is 1bn.
    step, letter = next(((s, text) for s, text in _STEPS if size >= s * 0.9995), (1.0, ""))
    scaled = size / step
    digits = 0 if letter == "" and size == round(size) else 2 if scaled < 10 else 1 if scaled < 100 else 0
    sign = "−" if value < 0 and round(scaled, digits) else ""
    return f"{sign}{scaled:,.{digits}f}{letter}"


def usd(value: float | None) -> str:
    """Dollars, shortened: `−$344.8m`."""
    text = short(value)
    return text if value is None else f"−${text[1:]}" if text.startswith("−") else f"${text}"


def signed(text: str) -> str:
    """The same with a plus, where it is neither nothing, nor zero, nor negative."""
    bare = text.strip("$%")
    return text if bare == NOTHING or text.startswith("−") or not any(c in "123456789" for c in bare) else f"+{text}"


def percent(ratio: float | None) -> str:
    """A fraction in per cent, two decimals."""
    if ratio is None:
        return NOTHING
    text = f"{abs(ratio) * 100:,.2f}"
    return ("−" if ratio < 0 and float(text.replace(",", "")) else "") + text + "%"


def points(difference: float | None) -> str:
    """A difference of two rates, in percentage points with its sign."""
    return NOTHING if difference is None else signed(percent(difference)).replace("%", " pp")


def fine(ratio: float | None) -> str:
    """A small fraction in per cent, four decimals, with its sign."""
    return NOTHING if ratio is None else signed(f"{ratio * 100:,.4f}%".replace("-", "−"))


def plain(value: float | None) -> str:
    """A number of unknown unit: thousands as a letter, small ones with four significant digits."""
    if value is None:
        return NOTHING
    return short(value) if abs(value) >= 1000 else f"{value:.4g}".replace("-", "−")


def instant(moment: datetime | None) -> str:
    """UTC, to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else NOTHING


def day(value: date | None) -> str:
    """A day with its weekday: `Thu 5 Feb 2026`."""
    return f"{value:%a} {value.day} {value:%b %Y}" if value else NOTHING


def whole(value: int | None) -> str:
    """A count, thousands separated."""
    return NOTHING if value is None else f"{value:,}"


def count(number: int, one: str, many: str | None = None) -> str:
    """How many there are of something, in words."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def exact(value: Any, text: str) -> Markup:
    """The text as it is read, with the exact value for whoever copies or tests it."""
    if value is None:
        return Markup('<span class="none">{}</span>').format(NOTHING)
    return Markup('<data value="{}">{}</data>').format(repr(value) if isinstance(value, float) else value, text)


def ticks(text: str) -> Markup:
    """A declaration's text with what stands between backticks as code."""
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(text.split("`"))
    )


FILTERS = {
    "ticks": ticks,
    "short": lambda v: exact(v, short(v)),
    "usd": lambda v: exact(v, usd(v)),
    "usd_change": lambda v: exact(v, signed(usd(v))),
    "change": lambda v: exact(v, signed(short(v))),
    "percent": lambda v: exact(v, percent(v)),
    "percent_change": lambda v: exact(v, signed(percent(v))),
    "points": lambda v: exact(v, points(v)),
    "percent_fine": lambda v: exact(v, fine(v)),
    "plain": lambda v: exact(v, plain(v)),
    "plain_change": lambda v: exact(v, signed(plain(v))),
    "whole": lambda v: exact(v, whole(v)),
    "instant": instant,
    "day": day,
    "count": count,
}
