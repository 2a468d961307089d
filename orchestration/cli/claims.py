"""`sluice claims`: figures that articles have printed, and what the facts of the newest release say to them."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from orchestration.cli import OK, REFUSED
from orchestration.cli.output import complain, say, table

EXAMPLES = """
Examples:

  sluice claims --verdict refuted

  sluice claims --series etf_flows

  sluice claims --json > claims.json

  sluice sql "select * from fct_claim_checks where claim_id = 'ETFF-002-018'" --format json
"""

_SIGNS = {"gt": "> ", "ge": "≥ ", "lt": "< ", "le": "≤ "}
_PER_CENT = ("ratio", "ratio_per_interval", "ratio_per_8h", "ratio_per_year")


class Verdict(StrEnum):
    """What the facts say to a claim."""

    reproduced = "reproduced"
    refuted = "refuted"
    not_computable = "not_computable"


def claims(
    series: Annotated[str | None, typer.Option(metavar="NAME", help="Only this series, for example etf_flows.")] = None,
    verdict: Annotated[Verdict | None, typer.Option(help="Only claims with this verdict.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All columns as JSON, for programs.")] = False,
) -> int:
    """Published figures against the facts: reproduced, refuted with the likely reason, or what is missing.

    A claim is reproduced within the band of its series or half of its last digit (docs/methodology.md). A sum
    over some venues is a floor: it refutes a claim only from above. Copies of one article count once.
    """
    import duckdb

    from orchestration.cli.sql import query

    try:
        rows = query("select * from fct_claim_checks order by claim_id")
    except duckdb.CatalogException:
        complain("the newest release has no claims in it: `sluice run` makes one that has")
        return REFUSED
    known = sorted(set(rows["claim_series"]))
    if series is not None and series not in known:
        raise typer.BadParameter(f"no series {series!r}; known: {', '.join(known)}", param_hint="--series")
    rows = rows.filter(claim_series=series) if series else rows
    chosen = rows.filter(verdict=verdict.value) if verdict else rows
    if as_json:
        sys.stdout.write(chosen.write_json() + "\n")
    else:
        _print(list(rows.iter_rows(named=True)), list(chosen.iter_rows(named=True)))
    return OK


def _print(rows: list[dict[str, Any]], chosen: list[dict[str, Any]]) -> None:
    """The verdicts of `rows` in numbers, then the chosen ones one by one."""
    originals = [row["verdict"] for row in rows if row["is_counted"]]
    if any(row["is_simulated"] for row in chosen):
        say("[yellow]Measured on the sample feeds: a simulation, not market data.[/]")
    numbers = ", ".join(f"{originals.count(verdict)} {verdict.replace('_', ' ')}" for verdict in Verdict)
    say(f"{len(originals)} claims, and {len(rows) - len(originals)} copies of them: {numbers}")
    table(
        "",
        ("claim", "of", "when", "claimed", "measured", "off by", "verdict", "why, or what is missing"),
        map(_line, chosen),
    )


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    subject, verdict = f"{row['claim_subject']}: {row['claim_metric']}", row["verdict"].replace("_", " ")
    return row["claim_id"], subject, when(row), claimed(row), measured(row), off_by(row), verdict, why(row)


def when(row: dict[str, Any]) -> str:
    """The UTC day of the claim, or its first and last; nothing for a claim on no time."""
    days = [f"{moment:%Y-%m-%d}" for moment in (row["claim_starts_at"], row["claim_ends_at"]) if moment]
    return " … ".join(dict.fromkeys(days))


def claimed(row: dict[str, Any]) -> str:
    """The claim as a person reads it: a figure, a range, a bound, or words."""
    low, high, unit = row["claimed_low"], row["claimed_high"], row["claim_unit"]
    if row["claim_operator"] == "text" or (low is None and high is None):
        return row["claimed_text"] or ""
    if unit == "sign":
        return "positive" if high is None else "negative"
    if row["claim_operator"] == "between":
        return f"{amount(low, unit)} … {amount(high, unit)}"
    return _SIGNS.get(row["claim_operator"], "") + amount(high if low is None else low, unit)


def measured(row: dict[str, Any]) -> str:
    """The measured value in its own unit; nothing where there is none."""
    return "" if row["measured_value"] is None else amount(row["measured_value"], row["measured_unit"])


def off_by(row: dict[str, Any]) -> str:
    """How far the measured value lies outside the claim; nothing where it lies inside or is not compared."""
    return amount(row["difference"], row["measured_unit"], sign="+") if row["difference"] else ""


def why(row: dict[str, Any]) -> str:
    """The likely reason of a refuted claim, what a claim lacks to be decided, or how it was measured."""
    copy = f"copy of {row['duplicate_of']}; " if row["duplicate_of"] else ""
    if row["verdict"] == Verdict.refuted:
        code = "" if row["likely_reason"] == "unknown" else f"{row['likely_reason']}: "
        return f"{copy}{code}{row['reason_text']}"
    return copy + (row["missing"] or row["measured_how"] or "")


def amount(value: float, unit: str, sign: str = "-") -> str:
    """A number as a person writes it: dollars in m, bn and tn, fractions in per cent."""
    if unit == "usd":
        scale, letters = next((s, n) for s, n in ((1e12, "tn"), (1e9, "bn"), (1e6, "m")) if abs(value) >= s or n == "m")
        return f"{value / scale:{sign}.{1 if letters == 'm' else 2}f}{letters}"
    if unit in _PER_CENT:
        return f"{value * 100:{sign}.4g} %"
    return f"{value:{sign},.0f}" if value == int(value) else f"{value:{sign}.4g}"
