"""What is asked of FRED with and without a key, pages, and which of its answers are errors."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request
from orchestration.sources.http.errors import Permanent, Transient
from orchestration.sources.http.venues import fred
from schemas.macro import MACRO_SERIES
from transforms.parse import FEEDS

DAY = date(2026, 2, 5)
BATCH = Batch(DAY, DAY, datetime(2026, 2, 6, 13, 0, tzinfo=UTC))
GRAPH, API = fred.CONNECTORS
ALL = [
    "SP500",
    "DJIA",
    "NASDAQCOM",
    "VIXCLS",
    "DTWEXBGS",
    "DGS10",
    "DFII10",
    "RRPONTSYD",
    "WALCL",
    "WTREGEN",
    "WRESBAL",
]


def rows(count: int, came: int) -> dict[str, Any]:
    return {"count": count, "observations": [{"date": "2026-02-05", "value": "4.1"}] * came}


def test_without_a_key_each_series_is_one_request_of_the_window():
    """Several series in one request come as a zip, and one that fails would lose them all."""
    found = [drive(series, ["observation_date,X\n"]) for series in GRAPH.series(BATCH)]
    requests = [request for requests in found for request in requests]
    assert [request.params["id"] for request in requests] == ALL == [series.series_id for series in MACRO_SERIES]
    assert {(request.params["cosd"], request.params["coed"]) for request in requests} == {("2026-01-22", "2026-02-05")}
    assert {(request.url, request.body, request.limit) for request in requests} == {
        ("https://fred.stlouisfed.org/graph/fredgraph.csv", "csv", "fred.graph")
    }
    assert (GRAPH.secrets, {request.secret for request in requests}) == ((), {None})


def test_requests_without_a_key_go_one_at_a_time_a_second_apart():
    """Three at once all timed out."""
    limit = next(limit for limit in fred.LIMITS if limit.name == "fred.graph")
    assert (limit.spread, limit.amount) == (True, 1)
    assert limit.seconds >= 1


def test_the_window_ends_with_now_and_reaches_two_weeks_back():
    """Weekly levels come a week late, and an empty row is settled after ten days."""
    batch = Batch(date(2026, 1, 1), date(2026, 2, 9), datetime(2026, 2, 6, 13, 0, tzinfo=UTC))
    (request,) = drive(next(iter(GRAPH.series(batch))), ["observation_date,X\n"])
    assert (request.params["cosd"], request.params["coed"]) == ("2025-12-18", "2026-02-06")
    assert GRAPH.trailing_days == API.trailing_days == 14


def test_with_a_key_the_api_is_asked_and_the_key_is_no_part_of_the_parameters():
    """What is recorded of a request is kept for years."""
    (request,) = drive(next(iter(API.series(BATCH))), [rows(9, 9)])
    assert request.url == "https://api.stlouisfed.org/fred/series/observations"
    assert dict(request.params) == {
        "series_id": "SP500",
        "file_type": "json",
        "observation_start": "2026-01-22",
        "observation_end": "2026-02-05",
        "limit": "100000",
        "offset": "0",
    }
    assert (request.limit, dict(request.told)) == ("fred.api", {"series_id": "SP500"})
    assert request.secret is not None
    assert (request.secret.variable, request.secret.where, request.secret.name) == ("FRED_API_KEY", "query", "api_key")
    assert API.secrets == ("FRED_API_KEY",)
    assert set(FEEDS["fred_observations"].params) <= set(request.told)


def test_pages_follow_until_all_observations_have_come():
    """A first page taken for the whole ends a series years ago."""
    requests = drive(
        next(iter(API.series(BATCH))), [rows(250_000, 100_000), rows(250_000, 100_000), rows(250_000, 50_000)]
    )
    assert [request.params["offset"] for request in requests] == ["0", "100000", "200000"]


def test_a_page_that_does_not_move_on_ends_in_an_error():
    """It would be asked for for ever."""
    with pytest.raises(Permanent, match="empty"):
        drive(next(iter(API.series(BATCH))), lambda request: rows(5, 0))


def test_a_window_without_an_observation_is_one_request():
    """A weekly series has none in some windows."""
    assert len(drive(next(iter(API.series(BATCH))), [rows(0, 0)])) == 1


def test_some_of_the_series_can_be_asked_for():
    """Not everyone may keep the indexes of S&P."""
    batch = Batch(DAY, DAY, BATCH.now, options={"series": ["DGS10", "WALCL"]})
    for connector in (GRAPH, API):
        answers: Any = ["observation_date,X\n"] if connector is GRAPH else [rows(1, 1)]
        names = [
            request.params.get("id") or request.params["series_id"]
            for series in connector.series(batch)
            for request in drive(series, answers)
        ]
        assert names == ["DGS10", "WALCL"]


REQUEST = Request("https://fred.stlouisfed.org/x", "x")


@pytest.mark.parametrize("text", ["<html></html>\n", "observation_date,DGS10\n2026-02-05,4.1", "Service unavailable\n"])
def test_what_is_no_whole_table_is_asked_for_again(text):
    """Cut within its last number, a table still parses: 4.1 for 4.19."""
    with pytest.raises(Transient):
        fred.refuse_graph(reply(REQUEST, text))


@pytest.mark.parametrize("text", ["observation_date,WALCL\n", "\ufeffobservation_date,DGS10\r\n2026-02-05,4.19\r\n"])
def test_a_whole_table_is_let_through(text):
    """Also one without rows: a window may have no observation."""
    fred.refuse_graph(reply(REQUEST, text))


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"error_code": 400, "error_message": "Bad Request.  The value for variable api_key is …"}, 400, Permanent),
        ({"error_code": 429, "error_message": "Too Many Requests."}, 429, Transient),
        ({"error_code": 500, "error_message": "Internal Server Error"}, 500, Transient),
        ({"observations": None}, 200, Transient),
        ([], 200, Transient),
    ],
)
def test_an_error_of_the_api_is_refused(body, status, error):
    """A key that is not good needs a person; a throttle needs patience."""
    with pytest.raises(error):
        fred.refuse_api(reply(REQUEST, body, status=status))
    fred.refuse_api(reply(REQUEST, rows(0, 0)))
