"""A body that is not whole, or not what was asked for, is never landed as good."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.sources.http.bodies import Uncoder, check
from orchestration.sources.http.errors import Permanent, Transient

CHALLENGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>..</body></html>"
PAGE = b"\n<!-- made at noon --><html><body><table></table></body></html>\n"
CSV = b"observation_date,M2SL\n2026-01-01,22000.1\n2026-02-01,22100.2\n"
XML = b'<?xml version="1.0"?><Workbook></Workbook>'


def _zip(content: bytes = CSV) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv", content)
    return into.getvalue()


GOOD = {
    "json": b'{"rows": []}',
    "csv": CSV,
    "html": PAGE,
    "xml": XML,
    "text": b"859123",
    "zip": _zip(),
    "gzip": gzip.compress(CSV) + gzip.compress(CSV),
}


def _check(content: bytes, kind: str, most: int = 1 << 20, **headers: str) -> None:
    check(content, kind, {name.replace("_", "-"): value for name, value in headers.items()}, "GET host/path", most)


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_body_passes_whatever_its_declared_type(kind):
    """Vendors declare JSON as plain text and CSV as a download; that is no reason to refuse it."""
    for declared in ("application/octet-stream", "text/plain; charset=utf-8", ""):
        _check(GOOD[kind], kind, content_type=declared)


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("content", [b"", b" \n", CHALLENGE], ids=["empty", "blank", "challenge"])
def test_nothing_and_a_challenge_are_refused_for_every_kind(kind, content):
    """A challenge page with status 200 read as a day without rows would be a false zero."""
    with pytest.raises(Transient):
        _check(content, kind, content_type="application/json")


@pytest.mark.parametrize("kind", [kind for kind in GOOD if kind != "html"])
def test_a_page_or_picture_in_place_of_data_is_refused(kind):
    """Consent walls, maintenance pages and captive portals all come with status 200."""
    for content, declared in ((PAGE, "text/csv"), (GOOD[kind], "text/html; charset=utf-8"), (GOOD[kind], "image/png")):
        with pytest.raises(Transient, match="expected"):
            _check(content, kind, content_type=declared)


@pytest.mark.parametrize("kind", ["json", "html", "xml", "zip", "gzip"])
def test_every_beginning_of_a_body_is_refused(kind):
    """A connection that ends early without an error leaves a body that parses as far as it goes."""
    good = GOOD[kind].strip() if kind != "gzip" else gzip.compress(CSV)
    end = len(good.removesuffix(b">")) if kind in ("html", "xml") else len(good)
    for length in range(end):
        with pytest.raises(Transient):
            _check(good[:length] or b" ", kind)


def test_a_csv_that_stops_within_a_line_is_refused():
    """The rest of the file is missing, and the last figure may be half a figure."""
    with pytest.raises(Transient, match="within a line"):
        _check(CSV[:-10], "csv")
    _check(CSV[:-1], "csv")


@pytest.mark.parametrize("content", [b"null", b'{"a": 1} trailing', b"[1, 2"])
def test_json_is_whole_and_says_something(content):
    """An answer of null is an error in disguise, not an empty page."""
    with pytest.raises(Transient):
        _check(content, "json")


def test_json_may_be_empty_lists():
    """A day without liquidations is an answer."""
    _check(b"[]", "json")


@pytest.mark.parametrize("content", [_zip(b"0" * 100_000), gzip.compress(b"0" * 100_000)], ids=["zip", "gzip"])
def test_an_archive_that_swells_beyond_its_bound_is_refused(content):
    """Parsers unpack what was landed: a bomb would be kept and go off at every rebuild."""
    kind = "zip" if content.startswith(b"PK") else "gzip"
    _check(content, kind, most=100_000)
    with pytest.raises(Permanent, match="unpacks"):
        _check(content, kind, most=1000)


def _uncoded(coded: bytes, size: int) -> bytes:
    uncoder = Uncoder("gzip", 5000, "GET host/path")
    made = b"".join(uncoder.take(coded[at : at + size]) for at in range(0, len(coded), size))
    uncoder.end()
    return made


@given(st.binary(max_size=5000), st.integers(1, 700))
def test_the_content_coding_comes_off_in_pieces_of_any_size(content, size):
    """The wire cuts where it likes."""
    assert _uncoded(gzip.compress(content), size) == content


def test_a_small_body_that_swells_is_cut_off_before_it_is_in_memory():
    """A gzip bomb of a few kilobytes would otherwise take the machine's memory."""
    uncoder = Uncoder("gzip", 1000, "GET host/path")
    with pytest.raises(Transient, match="decompressed"):
        uncoder.take(gzip.compress(b"0" * 10_000_000))


def test_a_body_that_grows_too_large_is_permanent():
    """It would be as large the next time."""
    uncoder = Uncoder("", 1000, "GET host/path")
    uncoder.take(b"0" * 1000)
    with pytest.raises(Permanent, match="larger"):
        uncoder.take(b"0")


@pytest.mark.parametrize(
    "coded",
    [gzip.compress(CSV)[:-4], b"not gzip at all", gzip.compress(CSV) + b"more"],
    ids=["cut off", "not gzip", "more behind it"],
)
def test_a_broken_content_coding_is_refused(coded):
    """Most readers return what they had of a cut-off gzip stream, and say nothing."""
    with pytest.raises(Transient, match="gzip"):
        _uncoded(coded, 1)


def test_a_content_coding_that_was_not_asked_for_is_refused():
    """Bytes in an unknown coding would be kept as if they were the body."""
    with pytest.raises(Transient, match="not asked"):
        Uncoder("br", 1000, "GET host/path")
