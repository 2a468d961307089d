"""FRED: units by series, what an empty row means, and both ways to read the same series."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.feed import Parsed, Payload, PayloadError
from schemas.macro import LEVEL_UNITS, MACRO_SERIES, PUBLIC_DOMAIN
from transforms.parse import FEEDS

KNOWN_AT = datetime(2026, 2, 20, 13, 0, tzinfo=UTC)


def graph(text: str, known_at: datetime = KNOWN_AT) -> Parsed:
    return FEEDS["fred_graph"].parse(Payload("fred_graph", text.encode(), known_at, "a" * 64, "x"))


def api(body: Any, series_id: str | None = "DGS10") -> Parsed:
    params = {"series_id": series_id} if series_id else {}
    content = json.dumps(body).encode()
    return FEEDS["fred_observations"].parse(Payload("fred_observations", content, KNOWN_AT, "a" * 64, "x", params))


def answer(*rows: tuple[str, Any], **changed: Any) -> dict[str, Any]:
    realtime = {"realtime_start": "2026-02-20", "realtime_end": "2026-02-20"}
    observations = [{**realtime, "date": on, "value": value} for on, value in rows]
    return {"units": "lin", "count": len(rows), "observations": observations, **changed}


def frame_of(result: Parsed) -> pl.DataFrame:
    assert result.rejects == []
    (frame,) = result.frames.values()
    return frame


@pytest.mark.parametrize(
    ("series_id", "printed", "level", "unit"),
    [
        ("RRPONTSYD", "8.503", 8.503e9, "usd"),
        ("WALCL", "6580123.0", 6.580123e12, "usd"),
        ("WTREGEN", "850000", 8.5e11, "usd"),
        ("WRESBAL", "2900000", 2.9e12, "usd"),
        ("DGS10", "4.19", 0.0419, "ratio_per_year"),
        ("DFII10", "-0.5", -0.005, "ratio_per_year"),
        ("SP500", "6798.40", 6798.40, "index_points"),
        ("DTWEXBGS", "119.1234", 119.1234, "index_points"),
    ],
)
def test_a_level_is_in_the_base_unit_of_its_series(series_id, printed, level, unit):
    """The Federal Reserve's balance sheet is printed in millions and its reverse repurchases in billions."""
    row = frame_of(graph(f"observation_date,{series_id}\n2026-02-11,{printed}\n")).row(0, named=True)
    assert (row["series_id"], row["observation_date"]) == (series_id, date(2026, 2, 11))
    assert (row["level"], row["level_unit"]) == (pytest.approx(level, rel=1e-15), unit)
    assert (row["status"], row["finality"]) == (None, "final")


@given(st.integers(-1000, 3000))
def test_a_yield_in_hundredths_of_a_per_cent_is_the_nearest_fraction(hundredths):
    """A last digit that depends on the rows beside it would be a restatement that nobody made."""
    alone = frame_of(graph(f"observation_date,DGS10\n2026-02-11,{hundredths / 100:.2f}\n"))
    rows = f"2026-02-11,{hundredths / 100:.2f}\n2026-02-12,4.0\n2026-02-13,4.01\n"
    assert frame_of(graph("observation_date,DGS10\n" + rows))["level"][0] == alone["level"][0]
    assert alone["level"][0] == float(f"{hundredths / 100:.2f}") / 100


def test_an_empty_row_is_pending_and_after_ten_days_missing():
    """A holiday has an empty row: zero would be a crash, and the value of a late series still comes."""
    body = "observation_date,DGS10\n2026-02-10,\n2026-02-11,\n2026-02-19,4.08\n"
    frame = frame_of(graph(body))
    assert frame["level"].to_list() == [None, None, pytest.approx(0.0408)]
    assert frame["status"].to_list() == ["missing", "pending", None]
    assert frame["finality"].to_list() == ["final", "preliminary", "final"]


def test_the_api_and_the_download_say_the_same():
    """A point is the API's empty cell."""
    csv = graph("observation_date,DGS10\n2026-02-10,4.15\n2026-02-16,\n")
    assert frame_of(api(answer(("2026-02-10", "4.15"), ("2026-02-16", ".")))).equals(frame_of(csv))
    assert frame_of(graph("DATE,DGS10\n2026-02-10,4.15\n2026-02-16,.\n")).equals(frame_of(csv))


def test_several_series_of_one_table_are_rows_of_their_own():
    """Each series has its own unit, also side by side."""
    frame = frame_of(graph("observation_date,DGS10,RRPONTSYD\n2026-02-10,4.15,2.5\n2026-02-11,,3\n"))
    found = {(row["series_id"], row["observation_date"].day): row["level"] for row in frame.iter_rows(named=True)}
    assert found[("RRPONTSYD", 10)] == 2.5e9
    assert (found[("DGS10", 11)], found[("RRPONTSYD", 11)]) == (None, 3e9)


def test_a_window_without_an_observation_is_no_error():
    """A weekly series has none in some windows."""
    assert frame_of(graph("observation_date,WALCL\n")).is_empty()
    assert frame_of(api(answer())).is_empty()


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("2026-13-01,4.1", "bad_date"),
        ("2026-03-01,4.1", "future_date"),
        ("2026-02-10,n/a", "bad_number"),
        ("2026-02-10,415", "not_in_unit"),
    ],
)
def test_a_row_that_cannot_be_is_rejected_and_the_others_are_kept(row, rule):
    """Basis points in a series of per cent are wrong by a hundred."""
    result = graph(f"observation_date,DGS10\n{row}\n2026-02-11,4.1\n")
    assert [reject.rule for reject in result.rejects] == [rule]
    assert sum(frame.height for frame in result.frames.values()) == 1


@pytest.mark.parametrize(("series_id", "printed"), [("WALCL", "6580.1"), ("WRESBAL", "985.3"), ("RRPONTSYD", "85000")])
def test_a_balance_in_another_unit_than_the_series_has_is_rejected(series_id, printed):
    """FRED has changed series from billions to millions: a trillion would become a billion."""
    result = graph(f"observation_date,{series_id}\n2026-02-11,{printed}\n")
    assert [reject.rule for reject in result.rejects] == ["not_in_unit"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("observation_date,GDP\n2026-01-01,1\n", "unknown_series"),
        ("observation_date\n2026-01-01\n", "missing_column"),
        ("day,DGS10\n2026-01-01,4.1\n", "missing_column"),
        ("<html>", "html_payload"),
        ("observation_date,DGS10\n2026-01-01,4.1,4.2\n", "bad_csv"),
    ],
)
def test_a_download_that_is_no_known_series_is_refused(text, rule):
    """A series that is not described has no unit."""
    with pytest.raises(PayloadError) as refused:
        graph(text)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    ("body", "series_id", "rule"),
    [
        ({"error_code": 400, "error_message": "Bad Request."}, "DGS10", "error_envelope"),
        ({"observations": None}, "DGS10", "unexpected_shape"),
        (answer(("2026-02-10", "4.1"), units="pc1"), "DGS10", "transformed"),
        (answer(("2026-02-10", "4.1")), None, "missing_parameter"),
        (answer(("2026-02-10", "4.1")), "GDP", "unknown_series"),
    ],
)
def test_an_answer_of_the_api_that_is_no_level_is_refused(body, series_id, rule):
    """A change on a year ago would otherwise be read as the level."""
    with pytest.raises(PayloadError) as refused:
        api(body, series_id)
    assert refused.value.rule == rule


def test_every_series_has_a_unit_and_a_licence_and_the_indexes_of_others_are_not_public():
    """S&P, Nasdaq and Cboe forbid that their rows are passed on."""
    closed = {series.series_id for series in MACRO_SERIES if series.licence != PUBLIC_DOMAIN}
    assert closed == {"SP500", "DJIA", "NASDAQCOM", "VIXCLS"}
    assert {series.level_unit for series in MACRO_SERIES} == set(LEVEL_UNITS)
    assert all("no redistribution" in FEEDS[name].licence for name in ("fred_graph", "fred_observations"))


@given(st.integers(0, 40))
def test_pending_becomes_missing_once(days):
    """A row that swings between the two would be a new vintage each time."""
    known_at = KNOWN_AT + timedelta(days=days)
    (status,) = frame_of(graph("observation_date,SP500\n2026-02-16,\n", known_at))["status"].to_list()
    assert status == ("pending" if known_at.date() < date(2026, 2, 26) else "missing")
