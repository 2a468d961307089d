"""FRED: observations of macro series, by its keyless chart download and by its keyed API.

Belongs here: the CSV of `fredgraph.csv` and the JSON of `series/observations`. Does not belong here: what a
series is (`schemas/macro.py`), or vintages of the publisher (ALFRED): what is known when is what was fetched.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.macro import BY_ID
from schemas.shape import Shape, numbers, one_of, texts
from transforms.core.exact import divided
from transforms.parse import read, venue, venue_series
from transforms.parse.venue import Record, Rule

OBSERVATIONS = "core_macro__observations"

# The chart download named it DATE until 2024.
_DATES = ("observation_date", "DATE")
_MISSING = "."
# The slowest series (the dollar index) prints a week's days on the Monday after; with a holiday, a day later.
_DAYS_TO_REPORT = 10
_FINALITY = (
    f"a value is final when printed, a restatement is a new value; an empty row is pending for {_DAYS_TO_REPORT} days, "
    "then missing: a holiday"
)
_LICENCE = (
    "by series (schemas/macro.py): Federal Reserve and Treasury series are public domain; SP500, DJIA (S&P), NASDAQCOM "
    "(Nasdaq) and VIXCLS (Cboe) are copyrighted: internal use only, no redistribution of rows"
)


def parse_graph(payload: Payload) -> Parsed:
    """`fredgraph.csv`: a date and one column for each series; an empty cell is no observation.

    A body of no rows but its header is a window without an observation. Raises `PayloadError`: unknown_series
    (its unit is not known), missing_column, and as `read.csv_frame`.
    """
    frame = read.csv_frame(payload)
    dates = [name for name in frame.columns if name in _DATES]
    if len(dates) != 1 or len(frame.columns) == 1:
        raise PayloadError("missing_column", f"expected {_DATES[0]} and a series, found {frame.columns}")
    series = [name for name in frame.columns if name not in _DATES]
    _refuse_unknown(series)
    rows = frame.rename({dates[0]: "date"}).unpivot(on=series, index="date", variable_name="series_id")
    return _observations(payload, rows.to_dicts())


def parse_api(payload: Payload) -> Parsed:
    """`series/observations` as JSON: values are text, and a point is no observation.

    `params`: series_id, which the body does not name. Raises `PayloadError`: error_envelope,
    unexpected_shape, transformed (another unit was asked for than the series' own), missing_parameter,
    unknown_series, and as `read.json_body`.
    """
    series_id = venue_series.parameter(payload, "series_id")
    _refuse_unknown([series_id])
    body = read.json_body(payload)
    if isinstance(body, dict) and "error_code" in body:
        raise venue.envelope_error("FRED", body["error_code"], body.get("error_message"))
    rows = body.get("observations") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise PayloadError("unexpected_shape", "no list of observations in the body")
    if body.get("units", "lin") != "lin":
        raise PayloadError("transformed", f"units = {body['units']!r}: not the series' own level")
    records = venue.objects(rows, "observations")
    return _observations(payload, [{**record, "series_id": series_id} for record in records])


def _refuse_unknown(series: list[str]) -> None:
    unknown = [name for name in series if name not in BY_ID]
    if unknown:
        raise PayloadError("unknown_series", f"{unknown} are not in schemas/macro.py, so their unit is not known")


def _observations(payload: Payload, records: list[Record]) -> Parsed:
    """Levels in base units. No value: `pending` while it may still come, then `missing`."""
    raw = venue.fields(records, ("date", "series_id", "value")).with_columns(
        observation_date=pl.col("date").str.to_date("%Y-%m-%d", strict=False),
        printed=pl.when(pl.col("value") != _MISSING).then("value"),
    )
    known_on = payload.known_at.date()
    is_open = pl.col("observation_date") > pl.lit(known_on - timedelta(days=_DAYS_TO_REPORT))
    is_missing = pl.col("printed").is_null()
    number = venue.number("printed")
    shaped = raw.with_columns(
        level=divided(number * _fact("times"), _fact("over")),
        level_unit=pl.col("series_id").replace_strict(
            {name: series.level_unit for name, series in BY_ID.items()}, default=None, return_dtype=pl.String()
        ),
        status=pl.when(is_missing & is_open).then(pl.lit("pending")).when(is_missing).then(pl.lit("missing")),
        finality=pl.when(is_missing & is_open).then(pl.lit("preliminary")).otherwise(pl.lit("final")),
    )
    known_unit = number.is_between(_fact("low"), _fact("high"))
    rules = (
        venue.missing("observation_date", "bad_date", "date"),
        Rule("future_date", pl.col("observation_date") > pl.lit(known_on), "the date had not come"),
        Rule("bad_number", pl.col("printed").is_not_null() & number.is_null(), "the value is no number"),
        Rule("not_in_unit", ~known_unit, "no level that this series can have in its unit"),
    )
    return venue.sift(OBSERVATIONS, shaped, rules, records)


def _fact(name: str) -> pl.Expr:
    """A number of the row's series."""
    facts = {series_id: float(getattr(series, name)) for series_id, series in BY_ID.items()}
    return pl.col("series_id").replace_strict(facts, default=None, return_dtype=pl.Float64())


_GRAPH_SHAPE = Shape("", {**texts("|".join(_DATES)), **numbers(*BY_ID)}, optional=one_of(*BY_ID), format="csv")


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="fred_graph",
        source="fred",
        title="FRED: macro series by the chart download",
        tables=(OBSERVATIONS,),
        parse=parse_graph,
        cadence="business days, the day before by 13:00 UTC; weekly series on Thursday, the dollar index on Monday",
        finality_rule=_FINALITY,
        url="https://fred.stlouisfed.org/graph/fredgraph.csv",
        licence=_LICENCE,
        shape=_GRAPH_SHAPE,
    ),
    Feed(
        name="fred_observations",
        source="fred",
        title="FRED: macro series by the API, which needs a key",
        tables=(OBSERVATIONS,),
        parse=parse_api,
        cadence="as the chart download",
        finality_rule=_FINALITY,
        url="https://api.stlouisfed.org/fred/series/observations",
        licence=_LICENCE,
        params={"series_id": "FRED's id of the series, for example DGS10"},
        # A value that is absent is no observation: renamed, all of them would be.
        shape=Shape("observations.*", texts("date", "value")),
    ),
)
