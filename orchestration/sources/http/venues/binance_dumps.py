"""Files of data.binance.vision: where they are, whether they are what their checksum says, and what folders there are.

Belongs here: addresses of zips, the check of a zip before it is landed, listings. Does not belong here: which files
a feed wants (`binance_vision.py`). Layout: README of github.com/binance/binance-public-data.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Generator, Iterator, Mapping
from datetime import date, datetime, timedelta
from xml.etree import ElementTree

from orchestration.sources.http.contract import Reply, Request, Series
from orchestration.sources.http.errors import Permanent, Transient
from orchestration.sources.http.venues.binance_shared import VISION

BASE = "https://data.binance.vision"
LISTING = "https://s3-ap-northeast-1.amazonaws.com/data.binance.vision"
ROOTS = {"spot": "data/spot", "um": "data/futures/um", "cm": "data/futures/cm"}
# A month of one-minute candles unpacks to 7 MB.
MAX_UNPACKED_BYTES = 256 * 1024**2
_CHECKSUM = ".CHECKSUM"
_MOST_PAGES = 50
_DAY = timedelta(days=1)
_SHA256 = re.compile(r"([0-9a-f]{64})\s+\*?(\S+)")


def refuse(reply: Reply) -> None:
    """Raise `Transient` for a checksum or a listing that is cut short: neither is landed, so no parser will tell."""
    if reply.request.url.endswith(_CHECKSUM):
        _sha256(reply)
    elif reply.request.body == "xml":
        _elements(reply)


def checked(path: str, told: Mapping[str, str]) -> Series:
    """One file, landed only if its sha256 is the published one and it holds its one table.

    A file that is not there is not there yet, or its day is missing for good. A file without its checksum is
    refused: it may be half uploaded, and the trailing days ask for it again. Raises `Permanent`.
    """
    found = yield Request(f"{BASE}/{path}", VISION.name, told=told, body="zip", missing_ok=True)
    if found.status == 404:
        return
    proof = yield Request(f"{BASE}/{path}{_CHECKSUM}", VISION.name, body="text", lands=False, missing_ok=True)
    name = path.rpartition("/")[2]
    if proof.status == 404:
        raise Permanent(f"{name}: no CHECKSUM beside the file, so that it cannot be verified")
    said, digest = _sha256(proof), hashlib.sha256(found.content).hexdigest()
    if digest != said:
        raise Permanent(f"{name}: sha256 is {digest}, and its CHECKSUM says {said}")
    _inspect(name, found.content)


def _sha256(reply: Reply) -> str:
    """What a CHECKSUM says of the file that it stands beside."""
    name = reply.request.url.removesuffix(_CHECKSUM).rpartition("/")[2]
    said = _SHA256.fullmatch(reply.content.decode("utf-8", "replace").strip())
    if said is None or said[2] != name:
        raise Transient(f"{name}: its CHECKSUM is not of this file")
    return said[1]


def _inspect(name: str, content: bytes) -> None:
    """The zip holds the table that its name says, and nothing else; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Permanent(f"{name}: not a zip: {error}") from error
    expected = name.removesuffix(".zip") + ".csv"
    if [member.filename for member in members] != [expected]:
        raise Permanent(f"{name}: holds {[member.filename for member in members][:3]}, and {expected} was expected")
    if members[0].file_size > MAX_UNPACKED_BYTES:
        raise Permanent(f"{name}: unpacks to more than {MAX_UNPACKED_BYTES} bytes")


def file_path(market: str, folders: str, symbol: str, kind: str, day: date, monthly: bool, interval: str = "") -> str:
    """Where a file is: `folders` is its type; candles have their interval as a folder and in the name."""
    period, stamp = ("monthly", f"{day:%Y-%m}") if monthly else ("daily", f"{day:%Y-%m-%d}")
    inner = f"{symbol}/{interval}" if interval else symbol
    return f"{ROOTS[market]}/{period}/{folders}/{inner}/{symbol}-{interval or kind}-{stamp}.zip"


def days_of(start: datetime, end: datetime, now: datetime) -> list[date]:
    """Days of the window whose files may be there: those that are over, in UTC."""
    last = min((end - timedelta(microseconds=1)).date(), now.date() - _DAY)
    return [start.date() + n * _DAY for n in range((last - start.date()).days + 1)]


def first_monday_after(month: date) -> date:
    """When a month's file comes: the first Monday of the next month."""
    following = next_month(month)
    return following + (7 - following.weekday()) % 7 * _DAY


def next_month(day: date) -> date:
    """The first day of the month after `day`."""
    return (day.replace(day=1) + 32 * _DAY).replace(day=1)


def by_month_or_day(days: list[date], now: datetime) -> Iterator[tuple[date, bool]]:
    """The fewest files for these days: a month's, where it is out and all of it is wanted, else each day's."""
    months: dict[date, list[date]] = {}
    for day in days:
        months.setdefault(day.replace(day=1), []).append(day)
    for month, within in months.items():
        is_whole = len(within) == (next_month(month) - month).days
        if is_whole and first_monday_after(month) <= now.date():
            yield month, True
        else:
            yield from ((day, False) for day in within)


def folders(prefix: str) -> Generator[Request, Reply, list[str]]:
    """Names of the folders that begin with `prefix`, which ends in the middle of a name or in a slash.

    A page has 1,000. Raises `Permanent` where the listing does not move on or is no listing.
    """
    found: list[str] = []
    marker = ""
    for _ in range(_MOST_PAGES):
        params = {"prefix": prefix, "delimiter": "/", **({"marker": marker} if marker else {})}
        reply = yield Request(LISTING, VISION.name, params, body="xml", lands=False)
        page = _elements(reply)
        names = [text for tag, text in page if tag == "Prefix" and text.endswith("/") and text != prefix]
        found += [name.rstrip("/").rpartition("/")[2] for name in names]
        told = dict(page)
        if told.get("IsTruncated", "false").strip().lower() != "true":
            return list(dict.fromkeys(found))
        following = told.get("NextMarker") or max(names, default="")
        if following <= marker:
            raise Permanent(f"listing of {prefix}: the page after {marker!r} does not move on")
        marker = following
    raise Permanent(f"listing of {prefix}: more than {_MOST_PAGES} pages")


def _elements(reply: Reply) -> list[tuple[str, str]]:
    """Every element's name without its namespace, and its text. Declarations of a type are refused, not expanded."""
    where = f"listing of {reply.request.params.get('prefix')}"
    if b"<!" in reply.content:
        raise Permanent(f"{where}: an XML document with a type")
    try:
        root = ElementTree.fromstring(reply.content)
    except ElementTree.ParseError as error:
        raise Transient(f"{where}: not whole XML: {error}") from error
    found = [(element.tag.rpartition("}")[2], element.text or "") for element in root.iter()]
    if found[0][0] != "ListBucketResult":
        raise Permanent(f"{where}: a {found[0][0]} and no listing")
    return found
