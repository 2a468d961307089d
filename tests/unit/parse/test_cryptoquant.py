"""CryptoQuant exports: the header names the metric, and a gap is a gap. Numbers are invented."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from schemas.feed import Payload, PayloadError
from transforms.parse.cryptoquant import FEEDS, parse_exchange_flows, parse_liquidations

KNOWN_AT = datetime(2026, 1, 6, 2, tzinfo=UTC)
HEAD = "Datetime,Exchange Inflow (Total)\n"


def payload(body: str, **params: str) -> Payload:
    return Payload("f", body.encode(), KNOWN_AT, "0" * 64, "file:x", {"asset": "BTC", **params})


def parse(body: str, parser=parse_exchange_flows, **params: str):
    parsed = parser(payload(body, **params))
    (frame,) = parsed.frames.values()
    return frame, parsed.rejects


def rule_of(body: str, parser=parse_exchange_flows, **params: str) -> str:
    with pytest.raises(PayloadError) as caught:
        parser(payload(body, **params))
    return caught.value.rule


@pytest.mark.parametrize(
    ("header", "metric", "unit"),
    [
        ("Exchange Inflow (Total)", "inflow", "coin"),
        ("Exchange Outflow (Total)", "outflow", "coin"),
        ("Exchange Netflow (Total)", "netflow", "coin"),
        ("Exchange Reserve", "reserve", "coin"),
        ("Exchange Reserve USD", "reserve", "usd"),
    ],
)
def test_the_header_names_the_exchange_metric(header, metric, unit):
    """Coins taken for dollars are wrong by five digits."""
    frame, _ = parse(f"Datetime,{header}\n2026-01-05T00:00:00Z,12.5\n")
    assert frame.row(0, named=True) == {
        "fact_date": date(2026, 1, 5),
        "asset": "BTC",
        "entity": "all_exchanges",
        "metric": metric,
        "unit": unit,
        "value": 12.5,
        "label_version": None,
        "status": None,
        "finality": "final",
    }


@pytest.mark.parametrize("side", ["Long", "Short"])
@pytest.mark.parametrize(("suffix", "unit"), [("", "coin"), (" USD", "usd")])
def test_the_header_names_the_side_and_unit_of_liquidations(side, suffix, unit):
    """The vendor's side is that of the position, as in the table."""
    frame, _ = parse(f"Datetime,{side} Liquidations{suffix}\n2026-01-05T00:00:00Z,7\n", parse_liquidations)
    assert frame.select("liq_side", "unit", "value").rows() == [(side.lower(), unit, 7.0)]


def test_the_part_day_is_preliminary():
    """The newest row of an export is the day that is not over."""
    frame, _ = parse(HEAD + "2026-01-06T00:00:00Z,1\n2026-01-05T00:00:00Z,24\n")
    assert frame.select("fact_date", "finality").rows() == [
        (date(2026, 1, 6), "preliminary"),
        (date(2026, 1, 5), "final"),
    ]


def test_moving_averages_are_left_out_and_may_end_earlier():
    """Old rows end before the average's column; the metric in them is whole."""
    frame, rejects = parse(
        "Datetime,Exchange Reserve,Exchange Reserve-EMA(100)\n2026-01-05T00:00:00Z,5,6\n2026-01-04T00:00:00Z,4\n"
    )
    assert (frame["value"].to_list(), rejects) == ([5.0, 4.0], [])


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("2026-01-05T00:00:00Z,", "empty_value"),
        ("2026-01-05T00:00:00Z,NaN", "not_a_number"),
        ("2026-01-05T00:00:00Z,-3", "negative_value"),
        ("2026-01-05T07:00:00Z,3", "not_a_day"),
        ("2026-01-07T00:00:00Z,3", "future_date"),
        ("yesterday,3", "bad_date"),
    ],
)
def test_rows_that_break_a_rule_are_rejected_with_what_was_printed(row, rule):
    """Nothing is lost: the other rows are read, this one is in the quarantine."""
    frame, (reject,) = parse(HEAD + row + "\n2026-01-04T00:00:00Z,1\n")
    assert (frame.height, reject.rule, reject.table) == (1, rule, "core_exchange__flows")
    at, _, printed = row.partition(",")
    assert reject.record == {
        "Datetime": at,
        "metric_column": "Exchange Inflow (Total)",
        "printed": printed or None,
    }


def test_a_negative_netflow_is_a_flow_out():
    """Only the netflow has a sign."""
    frame, rejects = parse("Datetime,Exchange Netflow (Total)\n2026-01-05T00:00:00Z,-3\n")
    assert (frame["value"].to_list(), rejects) == ([-3.0], [])


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("Datetime,Open Interest\n2026-01-05T00:00:00Z,1\n", "unknown_metric"),
        ("Datetime,Long Liquidations\n2026-01-05T00:00:00Z,1\n", "unknown_metric"),
        ("Datetime\n2026-01-05T00:00:00Z\n", "unknown_metric"),
        ("Day,Exchange Reserve\n2026-01-05,1\n", "missing_column"),
        (HEAD, "no_rows"),
        ("", "empty_payload"),
        ("<html>", "html_payload"),
    ],
)
def test_files_of_another_kind_are_refused(body, rule):
    """A wrong pattern in an inbox map must not put open interest among the flows."""
    assert rule_of(body) == rule


def test_the_asset_must_be_given():
    """The coin stands only in the file's name."""
    assert rule_of(HEAD + "2026-01-05T00:00:00Z,1\n", asset="") == "missing_param"


def test_an_export_of_one_exchange_says_so():
    """The same metric of one exchange is another entity, not a restatement of all."""
    frame, _ = parse(HEAD + "2026-01-05T00:00:00Z,1\n", entity="binance")
    assert frame["entity"].to_list() == ["binance"]


def test_the_feeds_are_declared_with_what_they_fill():
    """The name is the one search word for the feed in every folder."""
    assert {feed.name: feed.tables for feed in FEEDS} == {
        "cryptoquant_exchange_flows": ("core_exchange__flows",),
        "cryptoquant_liquidations": ("core_liquidations__vendor_totals",),
    }
