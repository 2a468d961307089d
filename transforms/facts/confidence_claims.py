"""What contradicts a figure and why, what cannot be compared with it at all, and how to say so.

Belongs here: the child table of contradicting claims, the definition key, METHOD section 11's sentence. Does
not belong here: the grade (`confidence.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from schemas.rules import AGREE_BANDS, CONTRACT_VALUES
from schemas.tables.confidence import OPINION_KEY
from transforms.core.exact import divided
from transforms.facts.confidence import compare, conformed, numbered
from transforms.facts.vintage_cuts import state_at

# METHOD section 0, rule 2. Completeness is the last part; it is `is_complete` of an opinion.
DEFINITION = ("entity", "metric", "window", "unit", "scope")
_REASON_SAID = {
    "sign": "sign reversed",
    "unit": "another unit",
    "restatement": "an older value, restated since",
    "definition": "another definition",
    "scope": "another scope",
    "vendor": "another method",
}


def mismatch(definition: Mapping[str, Any]) -> pl.Expr:
    """Parts of the definition key that a claim leaves open or states otherwise, joined by commas; null if none.

    `definition` gives the figure's parts, some of `DEFINITION`; the claims have a column of each name.
    """
    parts = [pl.when(pl.col(name).ne_missing(pl.lit(wanted))).then(pl.lit(name)) for name, wanted in definition.items()]
    named = pl.concat_str(parts, separator=",", ignore_nulls=True)
    return pl.when(named != "").then(named).alias("mismatch")


def unmatched(claims: pl.DataFrame, definition: Mapping[str, Any]) -> pl.DataFrame:
    """Claims that are listed and not compared, with `mismatch`: what about them is other or not stated."""
    return claims.with_columns(mismatch(definition)).filter(pl.col("mismatch").is_not_null())


def contradictions(opinions: pl.DataFrame, bands: pl.DataFrame | None = None) -> pl.DataFrame:
    """Sources that contradict the newest value of a figure: more than `NEAR_BANDS` away from its anchor.

    `opinions` and `bands` as for `assess`. A row per figure and source, copies included: `cluster`,
    `opinion_value`, `anchor_source`, `anchor_value`, `delta_bands` (opinion minus anchor in widths of the
    band; null where the band is nothing), `contradiction_reason`, `known_at`, `is_simulated`.

    The reason is what the numbers can tell, the first that applies: `sign` the value is the anchor's
    negative; `unit` the ratio is a power of ten or a contract's value; `restatement` the anchor's cluster
    once said so; `definition` open interest counted on both sides or on one; `scope` a floor lies below;
    `vendor` a vendor's table of another method; else `unknown`.
    """
    given = numbered(conformed(opinions))
    several = given.filter(pl.col("source").n_unique().over(OPINION_KEY) > 1)
    by = ["__key", "source"]
    newest = several.group_by(by).agg(recorded_at=pl.col("known_at").max())
    states = state_at(newest, several.with_columns(said_at="known_at"), by, "known_at")
    compared = compare(states.with_columns(pl.col("recorded_at").max().over(OPINION_KEY)), bands)
    against = compared.filter("is_contradicting").drop("known_at").rename({"said_at": "known_at"})
    judged = _with_history(against, several).with_columns(contradiction_reason=_reason())
    distance = pl.col("value") - pl.col("anchor_value")
    delta = pl.when(pl.col("band") > 0).then(divided(distance, pl.col("band")))
    return judged.select(
        *OPINION_KEY,
        "source",
        "cluster",
        pl.col("value").alias("opinion_value"),
        "anchor_source",
        "anchor_value",
        delta.alias("delta_bands"),
        "contradiction_reason",
        "known_at",
        "is_simulated",
    ).sort(*OPINION_KEY, "source")


def _with_history(against: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Adds `was_said`: the anchor's cluster once gave the value that now contradicts it."""
    said = given.select("__key", pl.col("cluster").alias("anchor_cluster"), pl.col("value").alias("once"))
    key = ["__key", "source"]
    pairs = against.join(said.drop_nulls("once"), on=["__key", "anchor_cluster"], how="inner")
    same = pairs.filter(_within(pl.col("value"), pl.col("once"))).select(key).unique()
    return against.join(same.with_columns(was_said=True), on=key, how="left").with_columns(
        pl.col("was_said").fill_null(False)
    )


def _within(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return (left - right).abs() <= AGREE_BANDS * pl.col("band")


def _reason() -> pl.Expr:
    value, anchor = pl.col("value"), pl.col("anchor_value")
    power = (value / anchor).log10().round()
    is_scaled = (value / anchor > 0) & (power != 0) & _within(value / pl.lit(10.0).pow(power), anchor)
    factors = [factor for size in CONTRACT_VALUES for factor in (size, 1 / size)]
    is_contract = pl.any_horizontal(_within(value / factor, anchor) for factor in factors)
    is_two_sided = (pl.col("confidence_series") == "open_interest") & (
        _within(value / 2, anchor) | _within(value * 2, anchor)
    )
    is_floor = (pl.col("is_lower_bound") & (value < anchor)) | (pl.col("anchor_is_lower_bound") & (value > anchor))
    return (
        pl.when(_within(-value, anchor) & (anchor != 0))
        .then(pl.lit("sign"))
        .when((anchor != 0) & (is_scaled | is_contract))
        .then(pl.lit("unit"))
        .when("was_said")
        .then(pl.lit("restatement"))
        .when(is_two_sided)
        .then(pl.lit("definition"))
        .when(is_floor)
        .then(pl.lit("scope"))
        .when((pl.col("tier") < 3) & (value * anchor >= 0))
        .then(pl.lit("vendor"))
        .otherwise(pl.lit("unknown"))
    )


def sentence(
    assessed: Mapping[str, Any],
    against: Iterable[Mapping[str, Any]] = (),
    names: Mapping[str, str] | None = None,
    unit: tuple[float, str] = (1e6, "m"),
) -> str:
    """One sentence on a figure: value, grade, who agrees within what, who says otherwise.

    `assessed` is a row of `assess`, `against` the figure's rows of `contradictions` (one of each cluster is
    named), `names` says what a source is called, `unit` what a value is divided by and the letter after it:
    "−434.1m (B; Farside and SoSoValue agree within 0.01m; one article says +300.0m, sign unexplained)".
    """
    called = names or {}
    scale, letter = unit
    value = assessed["anchor_value"]
    if value is None:
        return f"no value ({assessed['grade']}; nothing complete with the same definition)"
    parts = [assessed["grade"], _support(assessed, called, scale, letter)]
    clusters = {row["cluster"]: row for row in reversed(list(against))}
    for row in sorted(clusters.values(), key=lambda row: row["source"]):
        who = called.get(row["source"], row["source"])
        parts.append(f"{who} says {_number(row['opinion_value'], scale, '+')}{letter}, {_why(row)}")
    return f"{_number(value, scale)}{letter} ({'; '.join(parts)})"


def _support(assessed: Mapping[str, Any], called: Mapping[str, str], scale: float, letter: str) -> str:
    agreeing = [called.get(source, source) for source in assessed["agreeing"]]
    if not assessed["is_complete"]:
        return f"{called.get(assessed['source'], assessed['source'])} is not complete"
    if not agreeing:
        return "not of the same definition"
    if len(agreeing) == 1:
        return f"{agreeing[0]} alone"
    listed = f"{', '.join(agreeing[:-1])} and {agreeing[-1]}"
    return f"{listed} agree within {assessed['max_abs_diff'] / scale:,.2f}{letter}"


def _number(value: float, scale: float, sign: str = "") -> str:
    return f"{value / scale:{sign},.1f}".replace("-", "−")


def _why(row: Mapping[str, Any]) -> str:
    said = _REASON_SAID.get(row["contradiction_reason"])
    return said or ("sign unexplained" if row["opinion_value"] * row["anchor_value"] < 0 else "unexplained")
