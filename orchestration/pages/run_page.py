"""The run page of a release: the day's charts, the checks, the feeds, and what changed.

Belongs here: putting the parts together, free of any input or output. Does not belong here: reading them (`write.py`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from orchestration.pages import charts, day
from orchestration.pages.day import Day
from orchestration.pages.feeds import STATES, FeedRow
from orchestration.pages.frame import render
from orchestration.pages.notes import Notes
from schemas.rules import CHANGE_REASON, CONTRADICTION_REASON, GRADES, STATUS

_MOST_WARNINGS = 50


@dataclass(frozen=True)
class Parts:
    """All that a run page is made of. `audit` has the verdict's rows, `rejects` counts by feed, table and rule."""

    release_id: str
    base: str | None
    published_at: datetime
    written_at: datetime
    is_simulated: bool
    n_tables: int
    n_rows: int
    facts: Day
    notes: Notes
    audit: pl.DataFrame
    feeds: list[FeedRow]
    rejects: pl.DataFrame


def page(parts: Parts) -> str:
    """The whole page, one file."""
    facts = parts.facts
    return render(
        "run.html",
        parts=parts,
        facts=facts,
        notes=parts.notes,
        etf=_etf(facts),
        supply={"rows": day.coins(facts).to_dicts(), "drawing": charts.supply(day.coins(facts))},
        others=facts.supply.filter(pl.col("peg_currency").ne_missing("USD") & pl.col("change_1d").is_not_null())
        .head(day.MOST_COINS).to_dicts(),
        liquidations={
            "rows": facts.liquidations.to_dicts(),
            "hours": _hours(facts.hours),
            "drawing": charts.by_hour(facts.hours),
        },
        curve={"rows": _tenors(facts), "drawing": charts.curve(day.curves(facts)), "before": facts.day - day.WEEK},
        funding={"rows": _of_day(facts.funding, facts), "drawing": charts.history(day.rates(facts), is_ratio=True)},
        interest={
            "rows": _of_day(facts.open_interest, facts),
            "drawing": charts.history(day.open_interest(facts), is_ratio=False),
        },
        checks=_checks(parts.audit),
        states=STATES,
        state_counts=Counter(row.state for row in parts.feeds),
        rejects=parts.rejects.to_dicts(),
        n_rejects=int(parts.rejects["records"].sum()),
        grades=_grades(facts),
        contradictions=facts.contradictions.to_dicts(),
        words={**STATUS, **CHANGE_REASON, **CONTRADICTION_REASON},
        reason_words=CHANGE_REASON,
        meanings=GRADES,
    )  # fmt: skip


def _of_day(rows: pl.DataFrame, facts: Day) -> list[dict[str, object]]:
    return rows.filter(pl.col("fact_date") == facts.day).to_dicts()


def _hours(hours: pl.DataFrame) -> list[dict[str, object]]:
    """Per hour, longs and shorts."""
    sides = {"long": "long_usd", "short": "short_usd"}
    cells = [
        pl.col("notional_usd").filter(pl.col("liq_side") == side).first().alias(name) for side, name in sides.items()
    ]
    return hours.group_by("hour_at").agg(cells).sort("hour_at").to_dicts()


def _etf(facts: Day) -> list[dict[str, object]]:
    """Per asset: its total, its funds, the chart."""
    totals = {row["asset"]: row for row in facts.etf_totals.to_dicts()}
    found: list[dict[str, object]] = []
    for (asset,), funds in facts.etf_funds.partition_by("asset", as_dict=True, maintain_order=True).items():
        rows = funds.to_dicts()
        found.append({"asset": asset, "total": totals.get(asset), "rows": rows, "drawing": charts.by_fund(funds)})
    return found


def _tenors(facts: Day) -> list[dict[str, object]]:
    """Per curve and tenor: the rate now and a week before."""
    rows = day.curves(facts)
    now, before = (rows.filter(pl.col("when") == when).drop("when") for when in ("now", "before"))
    on = ["label", "tenor_days"]
    joined = now.join(before.select(*on, before="ratio"), on=on, how="left", maintain_order="left")
    return joined.with_columns(change=pl.col("ratio") - pl.col("before")).to_dicts()


def _checks(audit: pl.DataFrame) -> dict[str, object]:
    """Counts by family of checks, and the rows that failed, errors first."""
    kinds = audit.group_by(kind=pl.col("check").str.split(".").list.first()).agg(
        n=pl.len(), failed=(~pl.col("passed")).sum()
    )
    failed = audit.filter(~pl.col("passed")).sort("severity", "check", "table", "partition")
    return {
        "n": audit.height,
        "passed": audit.height - failed.height,
        "errors": failed.filter(pl.col("severity") == "error").height,
        "warnings": failed.filter(pl.col("severity") != "error").height,
        "kinds": kinds.sort("kind").to_dicts(),
        "failed": failed.head(_MOST_WARNINGS).to_dicts(),
        "more": max(failed.height - _MOST_WARNINGS, 0),
    }


def _grades(facts: Day) -> list[dict[str, object]]:
    """Per graded series, how many figures of the day have which grade."""
    found: dict[str, dict[str, object]] = {}
    for row in facts.grades.to_dicts():
        found.setdefault(row["confidence_series"], {"series": row["confidence_series"]})[row["grade"]] = row["n"]
    return list(found.values())
