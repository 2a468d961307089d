"""CoinGlass: the envelope of its answers, liquidations per day."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from schemas.feed import Payload, PayloadError
from transforms.parse.coinglass import parse_liquidations

KNOWN_AT = datetime(2026, 2, 6, 9, tzinfo=UTC)
DAY_5, DAY_6 = 1770249600000, 1770336000000
TOTALS = "core_liquidations__vendor_totals"


def parse(body: object, **params: str):
    content = json.dumps(body).encode()
    return parse_liquidations(
        Payload("coinglass_liquidations", content, KNOWN_AT, "a" * 64, "x", {"asset": "BTC"} | params)
    )


def bar(time: object = DAY_5, long: object = 688.5e6, short: object = 204.8e6) -> dict:
    return {"time": time, "aggregated_long_liquidation_usd": long, "aggregated_short_liquidation_usd": short}


def answer(*rows: dict) -> dict:
    return {"code": "0", "msg": "success", "data": list(rows)}


def test_a_bar_is_a_row_per_side_of_the_day_it_begins_with():
    """Fails where a bar's start is taken for its end, or the sides are swapped."""
    rows = parse(answer(bar())).frames[TOTALS].sort("liq_side")
    assert rows.select("fact_date", "asset", "venue", "liq_side", "unit", "value", "finality").rows() == [
        (date(2026, 2, 5), "BTC", "all", "long", "usd", 688.5e6, "final"),
        (date(2026, 2, 5), "BTC", "all", "short", "usd", 204.8e6, "final"),
    ]


def test_the_last_bar_is_live():
    """Fails where a part day passes for a day."""
    rows = parse(answer(bar(), bar(DAY_6, 1, 2))).frames[TOTALS]
    assert dict(rows.select("fact_date", "finality").unique().rows()) == {
        date(2026, 2, 5): "final",
        date(2026, 2, 6): "preliminary",
    }


def test_numbers_may_come_as_text():
    """Fails where the same API's strings are lost."""
    assert sorted(parse(answer(bar(str(DAY_5), "7.5", "1"))).frames[TOTALS]["value"]) == [1.0, 7.5]


def test_one_exchanges_totals_are_not_all_venues():
    """Fails where another scope competes with a total over all venues."""
    assert set(parse(answer(bar()), venue="bybit").frames[TOTALS]["venue"]) == {"bybit"}


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (bar(DAY_5 + 3_600_000), "not_a_day"),
        (bar(DAY_6 + 86_400_000), "future_date"),
        (bar(None), "bad_time"),
        (bar(DAY_5, -1, -1), "negative_value"),
        (bar(DAY_5, "many", ""), "bad_number"),
    ],
)
def test_a_bar_that_breaks_a_rule_is_kept_apart_with_its_reason(row, rule):
    """Fails where an hourly bar, a day to come or a blank becomes a day's total."""
    parsed = parse(answer(row))
    assert parsed.frames[TOTALS].is_empty()
    assert [reject.rule for reject in parsed.rejects] == [rule] * 2
    assert parsed.rejects[0].record == row


def test_a_failure_inside_a_successful_answer_is_a_failure():
    """Fails where HTTP 200 with code 401 passes for a day without liquidations."""
    with pytest.raises(PayloadError, match="API key missing") as caught:
        parse({"code": "401", "msg": "API key missing."})
    assert caught.value.rule == "error_envelope"


@pytest.mark.parametrize("body", [[], {"data": []}, answer({"time": DAY_5, "long_liquidation_usd": "1"})])
def test_another_shape_is_refused(body):
    """Fails where the history of one pair is taken for a coin's total."""
    with pytest.raises(PayloadError) as caught:
        parse(body)
    assert caught.value.rule == "unexpected_shape"


def test_without_an_asset_nobody_knows_whose_total_it_is():
    """Fails where the asset is guessed."""
    with pytest.raises(PayloadError) as caught:
        parse(answer(bar()), asset="")
    assert caught.value.rule == "missing_param"
