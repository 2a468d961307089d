"""Binance's public dumps: which files are asked for, when they can be there, and what a file must prove."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import UTC, date, datetime

import pytest
from loopback.contract import Ask
from loopback.venues import binance_vision as loopback_vision
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Reply, Request
from orchestration.sources.http.errors import Permanent, Transient
from orchestration.sources.http.venues import binance_dumps, binance_vision
from orchestration.sources.http.venues.binance_dumps import by_month_or_day, checked, days_of, first_monday_after

CONNECTORS = {connector.feed: connector for connector in binance_vision.CONNECTORS}
BASE = "https://data.binance.vision/data/futures/um/daily/metrics/BTCUSDT/"
NAME = "BTCUSDT-metrics-2026-03-30"
PATH = f"data/futures/um/daily/metrics/BTCUSDT/{NAME}.zip"


def batch(first=date(2026, 3, 30), last=date(2026, 3, 30), hour=9, now=None, **options) -> Batch:
    return Batch(first, last, now or datetime(2026, 3, 31, hour, tzinfo=UTC), ("BTC",), options)


def absent(request: Request) -> Reply:
    """The bucket's answer for a key that it has not."""
    return reply(request, "<Error/>", status=404)


def urls(feed: str, of: Batch) -> list[str]:
    """Every file that is asked for where none is there."""
    return [request.url for one in CONNECTORS[feed].series(of) for request in drive(one, absent)]


def zipped(*names: str, text: str = "a\n1\n") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, text)
    return buffer.getvalue()


def landing(content: bytes, proof: str | None = None) -> list[Request]:
    """The requests for one file whose bytes and checksum are these; a checksum of None is missing."""

    def answer(request: Request) -> Reply | bytes | str:
        if not request.url.endswith(".CHECKSUM"):
            return content
        return absent(request) if proof is None else proof

    return drive(checked(PATH, {"market": "um"}), answer)


def said(content: bytes, name: str = f"{NAME}.zip") -> str:
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"


def test_a_file_is_landed_with_its_checksum_asked_as_well():
    """The checksum only steers: it is no payload of the feed."""
    content = zipped(f"{NAME}.csv")
    requests = landing(content, said(content))
    assert [(r.url, r.body, r.lands, r.missing_ok) for r in requests] == [
        (f"{BASE}{NAME}.zip", "zip", True, True),
        (f"{BASE}{NAME}.zip.CHECKSUM", "text", False, True),
    ]
    assert dict(requests[0].told) == {"market": "um"}
    assert {r.limit for r in requests} == {"binance.vision"}


def test_a_file_that_is_not_there_is_not_there_yet():
    """A 404 is no failure: days are missing for good, and the newest comes later."""
    assert len(drive(checked(PATH, {}), absent)) == 1


def test_a_file_of_another_hash_is_refused_by_name():
    """A damaged zip may still unpack, to other numbers."""
    with pytest.raises(Permanent, match=rf"{NAME}\.zip: sha256 is"):
        landing(zipped(f"{NAME}.csv"), said(b"another file"))


def test_a_file_without_a_checksum_is_refused():
    """It may be half uploaded; the trailing days ask for it again."""
    with pytest.raises(Permanent, match="no CHECKSUM"):
        landing(zipped(f"{NAME}.csv"))


@pytest.mark.parametrize(
    "names",
    [("other.csv",), (f"{NAME}.csv", "more.csv"), (f"../{NAME}.csv",), ()],
    ids=["another name", "a second table", "a path", "nothing"],
)
def test_a_zip_holds_its_one_table_and_nothing_else(names):
    """Whatever else is in it was not what was asked for."""
    content = zipped(*names)
    with pytest.raises(Permanent, match="was expected"):
        landing(content, said(content))


def test_a_zip_that_unpacks_without_bound_is_refused(monkeypatch):
    """The bound is on what the archive says of itself; the parser counts what comes out."""
    monkeypatch.setattr(binance_dumps, "MAX_UNPACKED_BYTES", 10)
    content = zipped(f"{NAME}.csv", text="0" * 11)
    with pytest.raises(Permanent, match="unpacks to more than"):
        landing(content, said(content))


@pytest.mark.parametrize("proof", ["", "0" * 30, f"{'0' * 64}  other.zip", "not a hash"])
def test_a_checksum_that_is_cut_short_or_of_another_file_is_asked_for_again(proof):
    """The transport knows nothing of its form, and it is the only proof."""
    request = Request(f"{BASE}{NAME}.zip.CHECKSUM", "binance.vision", body="text", lands=False)
    with pytest.raises(Transient, match="CHECKSUM"):
        CONNECTORS["binance_metrics"].refuse(reply(request, proof))
    CONNECTORS["binance_metrics"].refuse(reply(request, said(b"x")))


def test_metrics_are_asked_per_day_for_days_that_are_over():
    """Files come on the next day: today's cannot be there."""
    found = urls("binance_metrics", batch(last=date(2026, 3, 31)))
    um = [url for url in found if "/um/" in url]
    assert um == [f"{BASE}BTCUSDT-metrics-2026-03-{day}.zip" for day in range(23, 31)]
    cm = "https://data.binance.vision/data/futures/cm/daily/metrics/BTCUSD_PERP/BTCUSD_PERP-metrics-2026-03-30.zip"
    assert found[-1] == cm


def test_funding_comes_by_month_from_the_first_monday_of_the_next():
    """No daily files exist, and a month's file is not there before."""
    um = "https://data.binance.vision/data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate"
    cm = "https://data.binance.vision/data/futures/cm/monthly/fundingRate/BTCUSD_PERP/BTCUSD_PERP-fundingRate"
    on_sunday = batch(date(2026, 4, 4), date(2026, 4, 4), now=datetime(2026, 4, 5, 9, tzinfo=UTC))
    on_monday = batch(date(2026, 4, 5), date(2026, 4, 5), now=datetime(2026, 4, 6, 9, tzinfo=UTC))
    assert urls("binance_funding_rates", on_sunday) == [f"{um}-2026-02.zip", f"{cm}-2026-02.zip"]
    months = ("2026-02", "2026-03")
    assert urls("binance_funding_rates", on_monday) == [f"{base}-{month}.zip" for base in (um, cm) for month in months]
    told = [dict(next(one).told) for one in CONNECTORS["binance_funding_rates"].series(on_sunday)]
    assert told == [{"market": "um", "symbol": "BTCUSDT"}, {"market": "cm", "symbol": "BTCUSD_PERP"}]


def test_candles_have_their_interval_as_a_folder_and_in_the_name():
    """Futures have a folder per kind; an index is filed under its pair."""
    found = urls("binance_klines_dump", batch())
    root = "https://data.binance.vision/data"
    assert f"{root}/spot/daily/klines/BTCUSDT/1h/BTCUSDT-1h-2026-03-30.zip" in found
    assert f"{root}/futures/um/daily/markPriceKlines/BTCUSDT/1h/BTCUSDT-1h-2026-03-30.zip" in found
    assert f"{root}/futures/cm/daily/indexPriceKlines/BTCUSD/1h/BTCUSD-1h-2026-03-30.zip" in found
    assert f"{root}/futures/cm/daily/premiumIndexKlines/BTCUSD_PERP/1h/BTCUSD_PERP-1h-2026-03-23.zip" in found
    assert len(found) == len(set(found)) == 9 * 8


def test_a_back_fill_takes_whole_months_where_they_are_out():
    """A year is twelve files and not 365; a part of a month, or one that is not out, is taken by the day."""
    days = days_of(
        datetime(2026, 1, 30, tzinfo=UTC), datetime(2026, 4, 3, tzinfo=UTC), datetime(2026, 4, 3, tzinfo=UTC)
    )
    files = list(by_month_or_day(days, datetime(2026, 4, 3, 9, tzinfo=UTC)))
    assert [day for day, monthly in files if monthly] == [date(2026, 2, 1)]
    assert len(files) == 2 + 1 + 31 + 2


@pytest.mark.parametrize(
    ("month", "monday"),
    [(date(2026, 3, 1), date(2026, 4, 6)), (date(2026, 5, 1), date(2026, 6, 1)), (date(2025, 12, 1), date(2026, 1, 5))],
)
def test_the_first_monday_of_the_next_month(month, monday):
    """A first that is a Monday is one, and December is followed by January."""
    assert first_monday_after(month) == monday


class Bucket:
    """The loopback bucket with these files, in pages of `page`; other requests find nothing."""

    def __init__(self, keys: list[str], page: int) -> None:
        self.keys, self.venue = keys, loopback_vision._Vision(page=page)

    def __call__(self, request: Request) -> Reply:
        if "amazonaws" not in request.url:
            return absent(request)
        ask = Ask("GET", loopback_vision.LISTING, "/data.binance.vision", request.params, {})
        return reply(request, self.venue._listing(ask, sorted(self.keys)).content)


KEYS = [
    f"data/futures/um/daily/klines/{symbol}/1h/{symbol}-1h-2021-03-01.zip"
    for symbol in ("BTCUSDT", "BTCUSDT_210326", "BTCUSDT_210625", "BTCUSDT_260626", "BTCUSDC_210326", "ETHUSDT_210326")
]


@pytest.mark.parametrize("page", [1, 2, 1000])
def test_expired_quarterlies_are_found_by_the_names_of_their_folders(page):
    """No instrument list has them any more, and they are the best history of the term structure."""
    series = binance_dumps.folders("data/futures/um/daily/klines/BTCUSDT_")
    found: list[str] = []

    def collecting():
        found.extend((yield from series))

    requests = drive(collecting(), Bucket(KEYS, page))
    assert found == ["BTCUSDT_210326", "BTCUSDT_210625", "BTCUSDT_260626"]
    assert len(requests) == {1: 3, 2: 2, 1000: 1}[page]
    assert (requests[0].url, requests[0].body, requests[0].lands) == (
        "https://s3-ap-northeast-1.amazonaws.com/data.binance.vision",
        "xml",
        False,
    )
    assert dict(requests[0].params) == {"prefix": "data/futures/um/daily/klines/BTCUSDT_", "delimiter": "/"}


def test_a_listing_that_does_not_move_on_stops_the_series():
    """Otherwise one page is asked for over and over."""
    page = (
        "<ListBucketResult><IsTruncated>true</IsTruncated><NextMarker>a/</NextMarker>"
        "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes></ListBucketResult>"
    )
    with pytest.raises(Permanent, match="does not move on"):
        drive(binance_dumps.folders("a"), lambda request: page)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("<ListBucketResult><Name>", Transient),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><ListBucketResult/>", Permanent),
        ("<Error><Code>AccessDenied</Code></Error>", Permanent),
    ],
)
def test_what_is_no_listing_is_refused(body, error):
    """A listing is not landed, so that no parser would tell; entities are never expanded."""
    request = Request(binance_dumps.LISTING, "binance.vision", {"prefix": "a"}, body="xml", lands=False)
    with pytest.raises(error):
        CONNECTORS["binance_klines_dump"].refuse(reply(request, body))


def test_quarterlies_are_taken_on_request_only_and_as_far_as_they_lived():
    """A daily batch has no use for contracts that were delivered years ago."""
    window = {"first": date(2021, 3, 20), "last": date(2021, 4, 2), "now": datetime(2021, 4, 3, 9, tzinfo=UTC)}
    assert not any("_21" in url for url in urls("binance_klines_dump", batch(**window)))
    asked = batch(**window, expired_quarterlies=True)
    bucket = Bucket(KEYS, 1000)
    found = [r.url for one in CONNECTORS["binance_klines_dump"].series(asked) for r in drive(one, bucket)]
    dated = [url.rpartition("/")[2] for url in found if "/um/daily/klines/BTCUSDT_21" in url]
    delivered = [f"BTCUSDT_210326-1h-2021-03-{day}.zip" for day in range(13, 27)]
    living = [f"BTCUSDT_210625-1h-2021-03-{day}.zip" for day in range(13, 32)]
    assert dated == [*delivered, *living, "BTCUSDT_210625-1h-2021-04-01.zip", "BTCUSDT_210625-1h-2021-04-02.zip"]
    metrics = [r.url for one in CONNECTORS["binance_metrics"].series(asked) for r in drive(one, bucket)]
    assert f"{binance_dumps.LISTING}" in metrics
