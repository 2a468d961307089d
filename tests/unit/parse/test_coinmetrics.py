"""Coin Metrics' exchange flows: text to numbers, review status to finality.
Numbers are invented, shapes are Coin Metrics'."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from schemas.feed import Payload, PayloadError
from transforms.parse.coinmetrics import parse_exchange_flows

KNOWN_AT = datetime(2026, 1, 7, 6, tzinfo=UTC)


def row(day: str = "2026-01-05", **more: object) -> dict:
    return {"asset": "btc", "time": f"{day}T00:00:00.000000000Z", **more}


def flow(value: str, status: str | None = None, reviewed: str | None = None, metric: str = "FlowInExNtv") -> dict:
    told = {metric: value, f"{metric}-status": status, f"{metric}-status-time": reviewed}
    return {name: text for name, text in told.items() if text is not None}


def parse(body: object):
    text = body if isinstance(body, str) else json.dumps(body)
    return parse_exchange_flows(Payload("coinmetrics_exchange_flows", text.encode(), KNOWN_AT, "0" * 64, "x"))


def flows(body: object) -> pl.DataFrame:
    return parse(body).frames["core_exchange__flows"]


def rule_of(body: object) -> str:
    with pytest.raises(PayloadError) as caught:
        parse(body)
    return caught.value.rule


def test_a_row_is_of_the_day_that_begins_with_it_and_text_becomes_numbers():
    """The row of D is known after D has ended."""
    one = row(PriceUSD="94000.12", **flow("1234.500000000000000001"), SplyExNtv="2700000.5", FlowInExUSD="116000000")
    found = flows({"data": [one], "next_page_url": "https://example.org/v4/next"})
    assert found.select("fact_date", "asset", "entity", "metric", "unit", "value").rows() == [
        (date(2026, 1, 5), "BTC", "all_exchanges", "inflow", "coin", 1234.5),
        (date(2026, 1, 5), "BTC", "all_exchanges", "inflow", "usd", 116000000.0),
        (date(2026, 1, 5), "BTC", "all_exchanges", "reserve", "coin", 2700000.5),
    ]


@pytest.mark.parametrize(
    ("status", "finality"), [("flash", "preliminary"), ("reviewed", "final"), ("revised", "restated"), (None, "final")]
)
def test_the_review_status_is_the_finality(status, finality):
    """The vendor says itself what it may still change, and what it has changed."""
    assert flows({"data": [row(**flow("1", status))]})["finality"].to_list() == [finality]


def test_without_a_status_a_day_is_final_five_hours_after_its_end():
    """The community archive has no status."""
    body = "asset,time,FlowInExNtv\nbtc,2026-01-05,1\nbtc,2026-01-06,2\nbtc,2026-01-07,\n"
    assert flows(body).select("fact_date", "finality").rows() == [
        (date(2026, 1, 5), "final"),
        (date(2026, 1, 6), "final"),
    ]
    early = Payload("coinmetrics_exchange_flows", body.encode(), KNOWN_AT.replace(hour=4), "0" * 64, "x")
    assert parse_exchange_flows(early).frames["core_exchange__flows"]["finality"].to_list() == ["final", "preliminary"]


def test_netflow_is_inflow_less_outflow_as_final_as_the_less_final_with_the_newer_labels():
    """A netflow of a reviewed inflow and a flash outflow is not reviewed."""
    inflow = flow("10", "reviewed", "2026-01-06T05:00:00.000000000Z")
    outflow = flow("4", "flash", "2026-01-06T06:00:00.000000000Z", "FlowOutExNtv")
    found = flows({"data": [row(**inflow, **outflow), row("2026-01-04", **inflow)]}).filter(metric="netflow")
    assert found.select("fact_date", "unit", "value", "finality", "label_version").rows() == [
        (date(2026, 1, 5), "coin", 6.0, "preliminary", "2026-01-06T06:00:00Z")
    ]
    revised = flow("4", "revised", None, "FlowOutExNtv")
    found = flows({"data": [row(**inflow, **revised)]}).filter(metric="netflow")
    assert found["finality"].to_list() == ["restated"]


def test_rows_that_break_a_rule_are_kept_back():
    """One bad row must not take the page down."""
    data = [row(**flow("x")), row(**flow("-1")), row("2026-01-09", **flow("1")), row(**flow("1", "guessed")),
            {"asset": "btc", "time": "2026-01-05T08:00:00Z", "FlowInExNtv": "1"},
            {"asset": None, "time": "2026-01-05T00:00:00Z", "FlowInExNtv": "1"},
            {"asset": "btc", "time": "soon", "FlowInExNtv": "1"}]  # fmt: skip
    parsed = parse({"data": data})
    assert sorted(r.rule for r in parsed.rejects) == [
        "bad_date", "future_date", "missing_asset", "negative_value", "not_a_day", "not_a_number", "unknown_status",
    ]  # fmt: skip
    assert parsed.frames["core_exchange__flows"].is_empty()


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"error": {"type": "forbidden", "message": "m"}}, "vendor_error"),
        ({"data": {}}, "unexpected_shape"),
        ({"data": []}, "no_rows"),
        ({"data": [row(PriceUSD="1")]}, "unknown_metric"),
        ({"data": [row(FlowInExNtv=None)]}, "no_rows"),
        ("time,FlowInExNtv\n2026-01-05,1\n", "unknown_metric"),
    ],
)
def test_bodies_of_another_kind_are_refused(body, rule):
    """An error in a body with status 200 is an error."""
    assert rule_of(body) == rule
