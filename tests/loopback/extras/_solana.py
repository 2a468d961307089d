"""Flows of the spot Solana ETFs, which the sample pack has not: invented, in tenths of US$ million."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from orchestration.sources.sample import DEFAULT_SEED
from orchestration.sources.sample.market import sessions
from orchestration.sources.sample.payload import at, rng
from schemas.funds import funds_of

_LAST_TO_REPORT = "BSOL"
_SHOWN = 13
Row = dict[str, int | None]


def rows(day: date, as_of: datetime) -> dict[date, Row]:
    """The last sessions up to `day` as a table prints them at an instant; None is a dash."""
    return {session: _row(session, as_of) for session in [one for one in sessions() if one <= day][-_SHOWN:]}


def total(row: Row) -> int:
    """The sum of what is filled."""
    return sum(value or 0 for value in row.values())


def _row(session: date, as_of: datetime) -> Row:
    return {fund: _cell(session, fund, known.launch_date, as_of) for fund, known in funds_of("SOL").items()}


def _cell(session: date, fund: str, launch: date, as_of: datetime) -> int | None:
    reports_at = at(session, 4 if fund == _LAST_TO_REPORT else 1, plus_days=1) + timedelta(minutes=5)
    if session < launch or as_of < reports_at:
        return None
    return int(rng(DEFAULT_SEED, "solana etf", session, fund).integers(-60, 240))
