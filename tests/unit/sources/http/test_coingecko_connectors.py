"""What is asked of CoinGecko, and which of its answers are errors."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request
from orchestration.sources.http.errors import Permanent, Transient
from orchestration.sources.http.venues import coingecko
from transforms.parse import FEEDS

DAY = date(2026, 2, 5)
BATCH = Batch(DAY, DAY, datetime(2026, 2, 6, 0, 20, tzinfo=UTC))
TOTALS, MARKETS = coingecko.CONNECTORS
KEYED = Batch(DAY, DAY, BATCH.now, options={"has_key": True})


def asked(connector: Any, batch: Batch = BATCH) -> list[Request]:
    """Every request; each series is one."""
    found = [drive(series, [{"data": {}}]) for series in connector.series(batch)]
    assert {len(requests) for requests in found} == {1}
    return [requests[0] for requests in found]


def test_totals_are_one_request_without_parameters():
    """More would only spend the few requests that are free."""
    (request,) = asked(TOTALS)
    assert (request.url, dict(request.params)) == ("https://api.coingecko.com/api/v3/global", {})
    assert (request.limit, request.weight, request.secret) == ("coingecko.public", 1, None)


def test_rankings_are_the_whole_market_and_each_set_to_take_out_of_it():
    """Without the sets, a breadth would count stablecoins as coins that did not fall."""
    requests = asked(MARKETS)
    assert [request.told for request in requests] == [
        {"category": "all"},
        {"category": "stablecoins"},
        {"category": "wrapped-tokens"},
        {"category": "liquid-staking-tokens"},
    ]
    assert [request.params.get("category") for request in requests] == [
        None,
        "stablecoins",
        "wrapped-tokens",
        "liquid-staking-tokens",
    ]
    assert {request.url for request in requests} == {"https://api.coingecko.com/api/v3/coins/markets"}
    assert {name: requests[0].params[name] for name in requests[0].params} == {
        "vs_currency": "usd",
        "order": "market_cap_desc",
        "per_page": "250",
        "page": "1",
        "sparkline": "false",
        "price_change_percentage": "24h,7d,30d",
    }
    assert set(FEEDS["coingecko_markets"].params) <= set(requests[0].told)


def test_other_categories_can_be_asked_for():
    """The vendor's list of categories changes."""
    batch = Batch(DAY, DAY, BATCH.now, options={"categories": ["all", "tokenized-gold"]})
    assert [request.told["category"] for request in asked(MARKETS, batch)] == ["all", "tokenized-gold"]


@pytest.mark.parametrize("connector", coingecko.CONNECTORS, ids=lambda connector: connector.feed)
def test_a_demo_key_is_sent_where_there_is_one_and_never_needed(connector):
    """Everything here can be read without; a key belongs into a header, never into the recorded URL."""
    assert connector.secrets == ()
    assert {request.secret for request in asked(connector)} == {None}
    (secret,) = {request.secret for request in asked(connector, KEYED)}
    assert (secret.variable, secret.where, secret.name) == ("COINGECKO_API_KEY", "header", "x-cg-demo-api-key")


def test_both_are_snapshots_of_a_fixed_minute_and_far_apart():
    """Who was in the ranking is not told later; six requests in a row are answered with 429."""
    assert {(connector.kind, connector.due) for connector in coingecko.CONNECTORS} == {("snapshot", ("00:20",))}
    (limit,) = coingecko.LIMITS
    assert limit.spread
    assert limit.seconds / limit.amount >= 12.5


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"status": {"error_code": 429, "error_message": "You've exceeded the Rate Limit"}}, 200, Transient),
        ({"status": {"error_code": 429, "error_message": "You've exceeded the Rate Limit"}}, 429, Transient),
        ({"status": {"error_code": 10012, "error_message": "365 days"}}, 401, Permanent),
        ({"error": "Missing parameter vs_currency"}, 422, Permanent),
        ([], 200, Transient),
        ({"data": {}}, 200, Transient),
    ],
)
def test_an_error_inside_an_answer_is_refused(body, status, error):
    """Landed, it would be a market without coins."""
    with pytest.raises(error) as refused:
        coingecko.refuse(reply(Request("https://api.coingecko.com/api/v3/global", "x"), body, status=status))
    if status == 429:
        assert refused.value.retry_after == 60


@pytest.mark.parametrize("body", [[{"id": "bitcoin"}], {"data": {"updated_at": 1}}])
def test_a_good_answer_is_let_through(body):
    """A refusal of the honest answer is a feed that never comes."""
    coingecko.refuse(reply(Request("https://api.coingecko.com/api/v3/global", "x"), body))
