"""Vendors' totals of open interest: whose, of what, at which instant. Numbers are invented."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from schemas.feed import Payload, PayloadError
from transforms.parse import artemis_open_interest, coinglass_open_interest, cryptoquant_derivatives

KNOWN_AT = datetime(2026, 1, 6, 2, tzinfo=UTC)
END_OF_FIFTH = datetime(2026, 1, 6, tzinfo=UTC) - timedelta(microseconds=1)
TABLE = "core_open_interest__observations"


def payload(body: str, **params: str) -> Payload:
    return Payload("f", body.encode(), KNOWN_AT, "0" * 64, "file:x", params)


def rule_of(parse, body: str, **params: str) -> str:
    with pytest.raises(PayloadError) as caught:
        parse(payload(body, **params))
    return caught.value.rule


def artemis(body: str):
    parsed = artemis_open_interest.parse_open_interest(payload(body))
    return parsed.frames[TABLE], parsed.rejects


def cryptoquant(body: str):
    parsed = cryptoquant_derivatives.parse_open_interest(payload("Datetime,Open Interest\n" + body, asset="BTC"))
    return parsed.frames[TABLE], parsed.rejects


def coinglass(*bars: dict[str, object], **params: str):
    body = json.dumps({"code": "0", "msg": None, "data": bars})
    parsed = coinglass_open_interest.parse_open_interest(payload(body, **{"asset": "BTC", **params}))
    return parsed.frames[TABLE], parsed.rejects


def test_an_artemis_column_is_a_venues_total_over_all_assets():
    """Taken as Bitcoin's it would be three times too much."""
    frame, rejects = artemis("date,Binance,Crypto.com\n2026-01-05,200.5,30\n")
    assert rejects == []
    assert frame.select("fact_date", "observed_at", "venue", "symbol", "asset", "open_interest_usd").rows() == [
        (date(2026, 1, 5), END_OF_FIFTH, "binance", "all", "all", 200.5),
        (date(2026, 1, 5), END_OF_FIFTH, "crypto_com", "all", "all", 30.0),
    ]
    assert frame.select("open_interest_native", "size_unit", "n_sides").row(0) == (200.5, "usd", 1)


def test_a_blank_artemis_cell_is_missing_or_while_its_day_lasts_pending_and_never_zero():
    """A venue that is not covered yet would stand at zero and then leap."""
    frame, _ = artemis("date,OKX\n2026-01-05,\n2026-01-06,\n2026-01-04,7\n")
    assert frame.select("fact_date", "open_interest_usd", "status", "finality").rows() == [
        (date(2026, 1, 5), None, "missing", "final"),
        (date(2026, 1, 6), None, "pending", "preliminary"),
        (date(2026, 1, 4), 7.0, None, "final"),
    ]


def test_the_part_day_is_read_at_the_instant_of_the_file():
    """At the end of its day the reading would lie in the future."""
    frame, _ = artemis("date,OKX\n2026-01-06,7\n")
    assert frame.select("observed_at", "finality").row(0) == (KNOWN_AT, "preliminary")


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("2026-01-05,-1", "negative_value"),
        ("2026-01-05,x", "not_a_number"),
        ("5 Jan,1", "bad_date"),
        ("2026-01-09,1", "future_date"),
    ],
)
def test_artemis_cells_that_break_a_rule_are_rejected(row, rule):
    """The other cells of the file are read."""
    frame, (reject,) = artemis(f"date,OKX\n{row}\n2026-01-04,7\n")
    assert (frame.height, reject.rule, set(reject.record)) == (1, rule, {"date", "column", "printed"})


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("date,Ethereum,Tron\n2026-01-05,1,2\n", "unknown_venue"),
        ("date\n2026-01-05\n", "unknown_venue"),
        ("day,OKX\n2026-01-05,1\n", "missing_column"),
        ("date,OKX\n", "no_rows"),
    ],
)
def test_an_export_of_another_artemis_chart_is_refused(body, rule):
    """The charts of chains and stablecoins have the same shape."""
    assert rule_of(artemis_open_interest.parse_open_interest, body) == rule


def test_a_cryptoquant_day_is_the_total_over_venues_at_its_end_in_dollars():
    """Its fall of 5 February 2026 stands in that day's row, so a reading is not its day's start."""
    frame, rejects = cryptoquant("2026-01-06T00:00:00Z,3\n2026-01-05T00:00:00Z,22.5\n")
    assert rejects == []
    columns = ("fact_date", "observed_at", "venue", "symbol", "asset", "open_interest_usd", "finality")
    assert frame.select(columns).rows() == [
        (date(2026, 1, 6), KNOWN_AT, "all", "all", "BTC", 3.0, "preliminary"),
        (date(2026, 1, 5), END_OF_FIFTH, "all", "all", "BTC", 22.5, "final"),
    ]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("2026-01-05T00:00:00Z,", "empty_value"),
        ("2026-01-05T00:00:00Z,NaN", "bad_number"),
        ("2026-01-05T00:00:00Z,-3", "negative_value"),
        ("2026-01-05T07:00:00Z,3", "not_a_day"),
        ("2026-01-07T00:00:00Z,3", "future_date"),
        ("yesterday,3", "bad_date"),
    ],
)
def test_cryptoquant_rows_that_break_a_rule_are_rejected_with_what_was_printed(row, rule):
    """Nothing is lost: the other rows are read, this one is in the quarantine."""
    frame, (reject,) = cryptoquant(f"{row}\n2026-01-04T00:00:00Z,1\n")
    assert (frame.height, reject.rule, set(reject.record)) == (1, rule, {"Datetime", "Open Interest"})


@pytest.mark.parametrize(
    ("body", "params", "rule"),
    [
        ("Datetime,Funding Rates\n2026-01-05T00:00:00Z,1\n", {"asset": "BTC"}, "missing_column"),
        ("Datetime,Open Interest\n", {"asset": "BTC"}, "no_rows"),
        ("Datetime,Open Interest\n2026-01-05T00:00:00Z,1\n", {}, "missing_parameter"),
    ],
)
def test_cryptoquant_files_of_another_kind_are_refused(body, params, rule):
    """A rate in per cent must not be taken for dollars."""
    assert rule_of(cryptoquant_derivatives.parse_open_interest, body, **params) == rule


BAR = {"time": 1767571200000, "open": "1", "high": "9", "low": "0", "close": "48.5"}


def test_a_coinglass_bar_is_stamped_at_its_start_and_its_close_stands_at_its_end():
    """Read at the start, every day would show the day after."""
    frame, rejects = coinglass(BAR, {**BAR, "time": 1767657600000, "close": "50"})
    assert rejects == []
    columns = ("fact_date", "observed_at", "venue", "symbol", "open_interest_usd", "open_interest_coin", "finality")
    assert frame.select(columns).rows() == [
        (date(2026, 1, 5), END_OF_FIFTH, "all", "all", 48.5, None, "final"),
        (date(2026, 1, 6), KNOWN_AT, "all", "all", 50.0, None, "preliminary"),
    ]


def test_coinglass_units_and_intervals_are_those_that_were_asked_for():
    """The body names neither."""
    frame, _ = coinglass(BAR, unit="coin", interval="4h")
    columns = ("observed_at", "open_interest_native", "size_unit", "open_interest_usd", "open_interest_coin")
    at = datetime(2026, 1, 5, 4, tzinfo=UTC) - timedelta(microseconds=1)
    assert frame.select(columns).row(0) == (at, 48.5, "coin", None, 48.5)


@pytest.mark.parametrize(
    ("bar", "rule"),
    [
        ({**BAR, "close": "-1"}, "negative_value"),
        ({**BAR, "close": None}, "bad_number"),
        ({**BAR, "time": 0}, "bad_time"),
        ({**BAR, "time": 1767744000000}, "future_date"),
    ],
)
def test_coinglass_bars_that_break_a_rule_are_rejected(bar, rule):
    """The record is kept as it came."""
    _, (reject,) = coinglass(bar)
    assert (reject.rule, reject.record) == (rule, bar)


@pytest.mark.parametrize(
    ("body", "params", "rule"),
    [
        ('{"code": "401", "msg": "Upgrade plan"}', {"asset": "BTC"}, "error_envelope"),
        ('{"code": "0"}', {"asset": "BTC"}, "unexpected_shape"),
        ('{"code": "30001", "msg": "no key", "data": []}', {"asset": "BTC"}, "error_envelope"),
        ('{"code": "0", "data": [1]}', {"asset": "BTC"}, "unexpected_shape"),
        ('{"code": "0", "data": []}', {}, "missing_parameter"),
        ('{"code": "0", "data": []}', {"asset": "BTC", "unit": "eur"}, "bad_parameter"),
        ('{"code": "0", "data": []}', {"asset": "BTC", "interval": "day"}, "bad_parameter"),
    ],
)
def test_a_coinglass_answer_that_holds_no_bars_is_refused(body, params, rule):
    """An error comes with HTTP 200."""
    assert rule_of(coinglass_open_interest.parse_open_interest, body, **params) == rule


def test_the_real_exports_of_open_interest_are_read_whole(realdata):
    """Three venues of one file carry one series: the parser reads it, the facts flag it."""

    def read(module, file: str, **params: str):
        content = (realdata / file).read_bytes()
        at = datetime(2026, 4, 15, tzinfo=UTC)
        return module.parse_open_interest(Payload("f", content, at, "0" * 64, file, params))

    by_venue = read(artemis_open_interest, "artemis/Centralized Exchanges - Open Interest.csv")
    assert (by_venue.frames[TABLE].height, by_venue.rejects) == (7 * 1374, [])
    file = "cryptoquant/btc/Bitcoin Open Interest - All Exchanges, All Symbol - Day.csv"
    of_bitcoin = read(cryptoquant_derivatives, file, asset="BTC")
    assert (of_bitcoin.frames[TABLE].height, of_bitcoin.rejects) == (2570, [])


@pytest.mark.parametrize("module", [artemis_open_interest, coinglass_open_interest, cryptoquant_derivatives])
def test_the_feeds_are_declared_with_what_they_fill(module):
    """The name is the one search word for the feed in every folder."""
    (feed,) = module.FEEDS
    assert feed.tables == (TABLE,)
    assert feed.name.endswith("_open_interest")
