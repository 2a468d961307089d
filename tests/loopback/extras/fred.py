"""FRED's series, simulated: published with their delays, holidays as empty rows, two of them by the API too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from orchestration.sources.sample import DEFAULT_SEED, SamplePayload
from orchestration.sources.sample.payload import CSV, at, payload, rng

_TRAILING_DAYS = 14
_WEDNESDAY = 2
# Series: level and spread in the printed unit, decimals.
_LEVELS: dict[str, tuple[float, float, int]] = {
    "SP500": (6_900.0, 60.0, 2),
    "DGS10": (4.1, 0.06, 2),
    "DTWEXBGS": (119.0, 0.8, 4),
    "RRPONTSYD": (8.0, 2.0, 3),
    "WALCL": (6_580_000.0, 20_000.0, 1),
}
_WEEKLY = ("WALCL",)
_BY_API = ("DGS10", "WALCL")
_HOLIDAYS = frozenset(
    date.fromisoformat(text)
    for text in ("2025-10-13", "2025-11-11", "2025-11-27", "2025-12-25", "2026-01-01", "2026-01-19", "2026-02-16")
)


def payloads(day: date) -> list[SamplePayload]:
    """The reads at 13:00 UTC on the next day."""
    known_at = at(day, 13, plus_days=1)
    graphs = [
        payload("fred_graph", f"fred/graph/{name}#{day}", _csv(name, day), known_at, day, CSV) for name in _LEVELS
    ]
    answers = [
        payload("fred_observations", f"fred/observations/{name}#{day}", _json(name, day), known_at, day, series_id=name)
        for name in _BY_API
    ]
    return [*graphs, *answers]


def _rows(name: str, day: date) -> Iterator[tuple[date, str]]:
    """Dates of the window that the series has by the day after `day`, with what is printed; "" is a holiday."""
    for back in reversed(range(_TRAILING_DAYS + 1)):
        on = day - timedelta(days=back)
        if on.weekday() > 4 or (name in _WEEKLY and on.weekday() != _WEDNESDAY) or day < _published(name, on):
            continue
        level, spread, digits = _LEVELS[name]
        value = level + float(rng(DEFAULT_SEED, "fred", name, on).normal(0, spread))
        yield on, "" if on in _HOLIDAYS and name not in _WEEKLY else f"{max(value, 0.0):.{digits}f}"


def _published(name: str, on: date) -> date:
    """The day on whose evening the series has the date: a weekly level on Thursday, the dollar on Monday."""
    if name in _WEEKLY:
        return on + timedelta(days=1)
    return on + timedelta(days=7 - on.weekday()) if name == "DTWEXBGS" else on


def _csv(name: str, day: date) -> str:
    return "".join([f"observation_date,{name}\n", *(f"{on},{text}\n" for on, text in _rows(name, day))])


def _json(name: str, day: date) -> dict[str, object]:
    realtime = {"realtime_start": str(day + timedelta(days=1)), "realtime_end": str(day + timedelta(days=1))}
    rows = [{**realtime, "date": str(on), "value": text or "."} for on, text in _rows(name, day)]
    return {**realtime, "units": "lin", "output_type": 1, "file_type": "json", "order_by": "observation_date",
            "sort_order": "asc", "count": len(rows), "offset": 0, "limit": 100_000, "observations": rows}  # fmt: skip
