"""A run page's parts made by hand: a small day, whose names the test chooses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

from orchestration.pages.day import Day
from orchestration.pages.feeds import FeedRow
from orchestration.pages.notes import Notes
from orchestration.pages.run_page import Parts
from orchestration.store.audit.scope import ROWS
from orchestration.store.quarantine import Quarantine

DAY = date(2026, 2, 5)
AT = datetime(2026, 2, 6, 6, tzinfo=UTC)


def facts(name: str = "IBIT", day: date = DAY) -> Day:
    """A day in which every asset, fund, venue, coin and source is called `name`."""
    week = day - timedelta(days=7)
    hours = [datetime(day.year, day.month, day.day, hour, tzinfo=UTC) for hour in (0, 13)]
    frames = {
        "hours": pl.DataFrame(
            {"hour_at": hours * 2, "liq_side": ["long", "long", "short", "short"],
             "notional_usd": [1.5e6, 2.25e6, 1e5, None], "is_lower_bound": [True] * 4}
        ),
        "liquidations": pl.DataFrame(
            {"asset": [name], "long_usd": [3.75e6], "short_usd": [1e5], "n_prints": [12], "n_venues": [2],
             "is_lower_bound": [True]}
        ),
        "etf_funds": pl.DataFrame(
            {"trade_date": [day] * 2, "asset": [name] * 2, "fund": [name, f"{name}2"], "flow_usd": [-1.234e8, None],
             "status": [None, "pending"], "grade": ["B", "U"], "finality": ["final", "preliminary"]}
        ),
        "etf_totals": pl.DataFrame(
            {"trade_date": [day], "asset": [name], "flow_usd": [-1.234e8], "n_funds_reported": [1],
             "n_funds_expected": [2], "status": ["partial"], "grade": ["B"], "finality": ["preliminary"]}
        ),
        "curve": pl.DataFrame(
            {"fact_date": [day, week] * 2, "asset": [name] * 4, "venue": ["all"] * 4, "tenor_days": [30, 30, 90, 90],
             "ratio": [0.05, 0.02, 0.055, None], "grade": ["B"] * 4, "status": [None] * 4}
        ),
        "supply": pl.DataFrame(
            {"name": [name], "peg_currency": ["USD"], "circulating_usd": [1.8e11], "change_1d": [-3.4e8],
             "change_7d": [1e9], "grade": ["A"]}
        ),
        "funding": pl.DataFrame(
            {"fact_date": [week, day], "asset": [name] * 2, "margin_type": ["linear"] * 2,
             "funding_8h_ratio": [1e-4, -3e-5], "funding_annualised_ratio": [0.1095, -0.033], "n_venues": [4, 4],
             "finality": ["final"] * 2, "status": [None, None]}, schema_overrides={"status": pl.String}
        ),
        "open_interest": pl.DataFrame(
            {"fact_date": [week, day], "asset": [name] * 2, "margin_type": ["linear"] * 2,
             "open_interest_usd": [1.3e10, 1.2e10], "change_usd": [None, -1e9], "price_effect_usd": [None, -4e8],
             "quantity_effect_usd": [None, -6e8], "n_venues": [4, 4], "finality": ["final"] * 2,
             "status": [None, None]}, schema_overrides={"status": pl.String}
        ),
    }  # fmt: skip
    contradictions = pl.DataFrame(
        {"confidence_series": ["etf_fund"], "fact_date": [day], "asset": [name], "entity": [name], "source": [name],
         "cluster": [name], "opinion_value": [1e6], "anchor_source": [name], "anchor_value": [9e6],
         "delta_bands": [-3.5], "contradiction_reason": ["unit"], "known_at": [AT], "is_simulated": [False],
         "grade": ["X"]}
    )  # fmt: skip
    grades = pl.DataFrame({"confidence_series": ["etf_fund"], "grade": ["X"], "n": [1]})
    return Day(day, frames, grades, contradictions, 1, {"curve": day})


def nothing(day: date = DAY) -> Day:
    """A day of which the release knows nothing."""
    known = facts()
    frames = {name: frame.clear() for name, frame in known.frames.items()}
    return Day(day, frames, known.grades.clear(), known.contradictions.clear(), 0, {})


def parts(of: Day, name: str = "farside_etf_flows", is_simulated: bool = False) -> Parts:
    """The parts of a page around a day; feeds, tables and checks are called `name`."""
    audit = pl.DataFrame(
        [[name, name, "*", "warning", False, name, name, "[]", name], ["sums.x", "t", "*", "error", True, *[""] * 4]],
        schema=ROWS, orient="row",
    )  # fmt: skip
    rejects = pl.DataFrame({"feed": [name], "table_name": [name], "rule": [name], "records": [3], "known_at": [AT]})
    reasons = pl.DataFrame({"fact": [name], "change_reason": ["restated"], "n": [1]})
    examples = pl.DataFrame(
        {"fact": [name], "key": [name], "measure": [name], "before": [6e6], "after": [7e6],
         "change_reason": ["restated"], "recorded_at": [AT]}
    )  # fmt: skip
    notes = Notes("20260205T060000Z-0", [(name, 4, 1)], False, reasons, examples, 1)
    feed = FeedRow(name, "failing", name, "http", 3, AT, 1, 10, 8, 1, 1)
    return Parts("20260206T060000Z-1", "20260205T060000Z-0", AT, AT, is_simulated, 50, 41_000, of, notes, audit,
                 [feed], rejects)  # fmt: skip


def no_rejects(folder) -> pl.DataFrame:
    """Counts of an empty quarantine."""
    return Quarantine(folder).counts()
