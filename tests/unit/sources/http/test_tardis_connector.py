"""What is asked of Tardis: free days, exported days, contracts of the assets, and where a key goes."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from typing import Any

import pytest
from against_venue import assert_same_as_files, fetch, world
from loopback.venues.tardis import VENUE
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request
from orchestration.sources.http.errors import Permanent
from orchestration.sources.http.venues import tardis
from transforms.parse import FEEDS
from transforms.parse.tardis import EXCHANGES

FEED = {connector.feed: connector for connector in tardis.CONNECTORS}
EMPTY = gzip.compress(b"")
KEYED = {"has_key": True, "ticker_exchanges": ["deribit"]}


def batch(day: date, **options: Any) -> Batch:
    return Batch(day, day, datetime(day.year, day.month, day.day + 1, 6, 30, tzinfo=UTC), options=options)


def details(*symbols: dict[str, Any], until: str = "2026-02-20T00:00:00.000Z") -> dict[str, Any]:
    return {"id": "deribit", "datasets": {"exportedUntil": until, "symbols": list(symbols)}}


def symbol(name: str, kind: str = "perpetual", **changes: Any) -> dict[str, Any]:
    return {"id": name, "type": kind, "availableSince": "2019-03-30T00:00:00.000Z"} | changes


def asked(feed: str, day: date, *symbols: dict[str, Any], **options: Any) -> list[list[Request]]:
    def answer(request: Request) -> Any:
        return details(*symbols) if "api.tardis.dev" in request.url else EMPTY

    return [drive(series, answer) for series in FEED[feed].series(batch(day, **options))]


def test_without_a_key_only_the_first_of_a_month_is_asked_for():
    """Other days are refused with a 401."""
    assert asked("tardis_derivative_ticker", date(2026, 2, 5)) == []
    found = asked("tardis_derivative_ticker", date(2026, 2, 1), symbol("BTC-PERPETUAL"))
    assert [[request.url for request in requests] for requests in found] == [
        [
            "https://api.tardis.dev/v1/exchanges/deribit",
            "https://datasets.tardis.dev/v1/deribit/derivative_ticker/2026/02/01/BTC-PERPETUAL.csv.gz",
        ]
    ]
    assert {request.secret for requests in found for request in requests} == {None}


def test_with_a_key_every_day_and_the_day_before_are_asked_for():
    """The file of a day may not be there on the next morning."""
    found = asked("tardis_derivative_ticker", date(2026, 2, 5), symbol("BTC-PERPETUAL"), **KEYED)
    files = [requests[1] for requests in found]
    assert [request.url.rsplit("derivative_ticker/")[1] for request in files] == [
        "2026/02/04/BTC-PERPETUAL.csv.gz",
        "2026/02/05/BTC-PERPETUAL.csv.gz",
    ]
    for request in files:
        assert request.secret is not None
        assert (request.secret.variable, request.secret.name, request.secret.prefix) == (
            "TARDIS_API_KEY", "Authorization", "Bearer ",
        )  # fmt: skip


def test_the_key_is_optional():
    """The feed is not off without it."""
    assert {connector.secrets for connector in FEED.values()} == {()}


def test_files_are_gzip_and_may_be_missing_and_the_list_of_them_only_steers():
    """A contract without liquidations has an empty file; one without that kind of data none at all."""
    details_of, file = asked("tardis_derivative_ticker", date(2026, 2, 1), symbol("BTC-PERPETUAL"))[0]
    assert (details_of.lands, details_of.body, details_of.missing_ok) == (False, "json", False)
    assert (file.lands, file.body, file.missing_ok, file.limit) == (True, "gzip", True, "tardis.files")


def test_a_day_that_is_not_exported_yet_is_not_asked_for():
    """Its files are missing, not empty."""
    series = list(FEED["tardis_derivative_ticker"].series(batch(date(2026, 2, 1))))
    requests = drive(series[0], [details(symbol("BTC-PERPETUAL"), until="2026-02-01T00:00:00.000Z")])
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("name", "is_asked"),
    [
        ("BTC-PERPETUAL", True),
        ("ETH-27MAR26", True),
        ("SOL_USDC-PERPETUAL", True),
        ("BTCUSDT", True),
        ("BTCUSDT_260327", True),
        ("PF_XBTUSD", True),
        ("BTC-USDT-SWAP", True),
        ("BTCUSDH26", True),
        ("btcusdt", True),
        ("BTCDOMUSDT", False),
        ("SOLVUSDT", False),
        ("ETHFIUSDT", False),
        ("ETHBTC", False),
        ("1000SATSUSDT", False),
        ("XRPUSDT", False),
    ],
)
def test_contracts_on_the_assets_by_their_names(name, is_asked):
    """Every file costs a minute and a hundred thousand rows: coins that only begin alike are left alone."""
    found = asked("tardis_derivative_ticker", date(2026, 2, 1), symbol(name))[0]
    assert (len(found) == 2) is is_asked


@pytest.mark.parametrize(
    "other",
    [
        symbol("BTC-27MAR26-90000-C", "option"),
        symbol("BTC-FS-28MAR25_PERP", "combo"),
        symbol("BTC-26DEC25", "future", availableTo="2025-12-27T00:00:00.000Z"),
        symbol("BTC-25DEC26", "future", availableSince="2026-02-02T00:00:00.000Z"),
        symbol("BTC-PERPETUAL", dataTypes=["trades", "liquidations"]),
    ],
)
def test_what_has_no_such_file_on_that_day_is_not_asked_for(other):
    """Options, combos, contracts that were not there, kinds of data that a contract has not."""
    assert len(asked("tardis_derivative_ticker", date(2026, 2, 1), other)[0]) == 1


def test_symbols_of_the_options_replace_those_of_the_assets():
    """A person may want one contract only."""
    found = asked(
        "tardis_derivative_ticker", date(2026, 2, 1), symbol("BTC-PERPETUAL"), symbol("XRP_USDC-PERPETUAL"),
        symbols=["XRP_USDC-PERPETUAL"],
    )[0]  # fmt: skip
    assert [request.url.rsplit("/", 1)[1] for request in found[1:]] == ["XRP_USDC-PERPETUAL.csv.gz"]


def test_names_with_slashes_and_colons_are_written_with_dashes():
    """So the files are named."""
    found = asked("tardis_derivative_ticker", date(2026, 2, 1), symbol("btc/usd:perp"), symbols=["btc/usd:perp"])[0]
    assert found[1].url.endswith("/BTC-USD-PERP.csv.gz")


def test_liquidations_are_of_exchanges_whose_units_are_known():
    """Amounts of another exchange could not be read."""
    found = asked("tardis_liquidations", date(2026, 2, 1))
    names = {requests[0].url.rsplit("/", 1)[1] for requests in found}
    assert {"deribit", "bybit", "okex-swap"} <= names <= set(EXCHANGES)


def test_option_chains_are_off_until_an_exchange_is_named():
    """A day of Deribit is larger than the bodies that are taken."""
    assert asked("tardis_options_chain", date(2026, 2, 1)) == []
    found = asked("tardis_options_chain", date(2026, 2, 1), options_chain_exchanges=["deribit"])[0]
    assert found[1].url == "https://datasets.tardis.dev/v1/deribit/options_chain/2026/02/01/OPTIONS.csv.gz"


def test_details_that_do_not_say_what_there_is_are_refused():
    """Taken as a list of nothing, a day would be missing in silence."""
    request = asked("tardis_liquidations", date(2026, 2, 1))[0][0]
    for body in ([], {"id": "deribit"}, {"datasets": None}):
        with pytest.raises(Permanent):
            tardis.refuse(reply(request, body))
    tardis.refuse(reply(request, details()))


@pytest.mark.parametrize("feed", sorted(FEED))
def test_the_venue_as_documented_gives_the_same_rows_as_files(feed):
    """On the free day: nothing missing, nothing made up, and empty files are no faults."""
    known = world(date(2026, 1, 31), date(2026, 2, 2), "tardis")
    assert assert_same_as_files(FEED[feed], VENUE, known, options_chain_exchanges=["deribit"]) > 0


def test_empty_files_parse_to_no_rows():
    """A day without liquidations on Bybit is a file without even a header."""
    known = world(date(2026, 1, 31), date(2026, 2, 2), "tardis")
    day = batch(date(2026, 2, 1), liquidation_exchanges=["bybit"])
    found = fetch(FEED["tardis_liquidations"], day, VENUE, known)
    assert len(found.landed) == 2
    assert sum(FEEDS[item.feed].parse(item).rows_in for item in found.landed) == 0


def test_with_a_key_days_beside_the_first_are_answered():
    """The server wants `Authorization: Bearer`."""
    known = world(date(2026, 1, 31), date(2026, 2, 2), "tardis")
    found = fetch(FEED["tardis_derivative_ticker"], batch(date(2026, 2, 2), **KEYED), VENUE, known)
    days = {request.url.split("derivative_ticker/")[1][:10] for request in found.asked if request.lands}
    assert days == {"2026/02/01", "2026/02/02"}
