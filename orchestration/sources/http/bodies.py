"""Whether a body is whole and of its kind.

Belongs here: reading a body within a bound, taking off its content coding, and the checks of each kind. Does
not belong here: what a venue says in it (each connector's `refuse`), or what it means (parsers).
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping

import httpx

from orchestration.sources.http.contract import Body
from orchestration.sources.http.errors import FetchError, Permanent, Transient
from orchestration.sources.http.throttles import is_challenge

CODING = "gzip"
"""The content coding asked for; it can be taken off a piece at a time, and swells a thousandfold at most."""

_ARCHIVE_RATIO = 8
_ERROR_BYTES = 64 * 1024
_PIECE = 64 * 1024
_PAGE = re.compile(rb"^(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body)", re.I | re.S)
_ROOT = re.compile(rb"<([A-Za-z_][\w:.-]*)")
_CHALLENGE = re.compile(
    rb"<title>\s*just a moment|_cf_chl_opt|attention required! \| cloudflare|"
    rb"enable javascript and cookies to continue",
    re.I,
)


class Uncoder:
    """Takes off the content coding piece by piece; never makes more than `most` bytes."""

    def __init__(self, coding: str, most: int, where: str) -> None:
        self._where, self._most, self._made = where, most, 0
        named = coding.strip().lower()
        if named not in ("", "identity", CODING):
            raise Transient(f"{where}: the content coding {named[:20]!r} was not asked for")
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16) if named == CODING else None

    def take(self, piece: bytes) -> bytes:
        """What this piece of the wire's bytes gives."""
        if self._inflate is None:
            return self._counted(piece)
        if self._inflate.eof and piece.strip(b"\0"):
            raise Transient(f"{self._where}: bytes after the end of the gzip coding")
        try:
            made = self._inflate.decompress(piece, self._most - self._made + 1)
        except zlib.error as error:
            raise Transient(f"{self._where}: the gzip coding is broken ({error})") from None
        return self._counted(made)

    def end(self) -> None:
        """Raises `Transient` where the coding has not come to its end."""
        if self._inflate is not None and not self._inflate.eof:
            raise Transient(f"{self._where}: the gzip coding stops before its end")

    def _counted(self, made: bytes) -> bytes:
        self._made += len(made)
        if self._made > self._most:
            message = f"{self._where}: the body is larger than {self._most} bytes"
            # A small body that swells is a fault of that one answer; a large body will be large again.
            raise Permanent(message) if self._inflate is None else Transient(f"{message} once decompressed")
        return made


def read(response: httpx.Response, kind: Body, most: int, where: str) -> bytes:
    """The body without its content coding; of an error's body the beginning."""
    if response.status_code >= 400:
        most = min(most, _ERROR_BYTES)
    declared = response.headers.get("content-length", "")
    if response.status_code < 400 and declared.isdigit() and int(declared) > most:
        raise Permanent(f"{where}: the body is announced with {declared} bytes, more than {most}")
    # What is asked for as gzip is a file, which some hosts serve with its coding as the transfer's.
    coding = "" if kind == "gzip" else response.headers.get("content-encoding", "")
    uncoder = Uncoder(coding, most, where)
    pieces, came = [], 0
    try:
        for piece in response.iter_raw():
            came += len(piece)
            pieces.append(uncoder.take(piece))
        if declared.isdigit() and came != int(declared):
            raise Transient(f"{where}: {came} bytes came of {declared}")
        uncoder.end()
    except FetchError:
        # A short error is read for its words; its status says what it is.
        if response.status_code < 400:
            raise
    return b"".join(pieces)


def check(content: bytes, kind: Body, headers: Mapping[str, str], where: str, most: int) -> None:
    """Raises `Transient` where the body is not what was asked for; `most` bounds what an archive may unpack to."""
    if not content.strip():
        raise Transient(f"{where}: the body is empty")
    if is_challenge(headers) or _CHALLENGE.search(content[:_PIECE]):
        raise Transient(f"{where}: the host challenges this address to prove that it is a browser")
    if kind != "html":
        _refuse_a_page(content, headers, where, kind)
    if kind == "json":
        _check_json(content, where)
    elif kind == "html":
        _check_html(content, where)
    elif kind == "csv":
        _check_csv(content, where)
    elif kind == "xml":
        _check_xml(content, where)
    elif kind == "zip":
        _check_zip(content, where, most * _ARCHIVE_RATIO)
    elif kind == "gzip":
        _check_gzip(content, where, most * _ARCHIVE_RATIO)


def _refuse_a_page(content: bytes, headers: Mapping[str, str], where: str, kind: Body) -> None:
    declared = headers.get("content-type", "").partition(";")[0].strip().lower()
    page = declared in ("text/html", "application/xhtml+xml") or declared.startswith(("image/", "audio/", "video/"))
    if page or _PAGE.match(content[:_PIECE]):
        raise Transient(f"{where}: {kind} was expected, and {declared or 'a page'} came")


def _check_json(content: bytes, where: str) -> None:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        raise Transient(f"{where}: the body is not whole JSON") from None
    if said is None:
        raise Transient(f"{where}: the body is null")


def _check_html(content: bytes, where: str) -> None:
    """A page that was cut off lacks its end; a mirror may serve a copy in another form."""
    if content.lstrip()[:1] in (b"{", b"["):
        _check_json(content, where)
    elif content.lstrip()[:1] == b"<" and b"</html" not in content[-_PIECE:].lower():
        raise Transient(f"{where}: the page stops before its end")


def _check_csv(content: bytes, where: str) -> None:
    """A last line without an end of line and with fewer fields than the line before it was cut off."""
    if content.endswith((b"\n", b"\r")):
        return
    lines = content[-_PIECE:].splitlines()
    if len(lines) > 1 and b'"' not in lines[-1] + lines[-2] and lines[-1].count(b",") < lines[-2].count(b","):
        raise Transient(f"{where}: the CSV stops within a line")


def _check_xml(content: bytes, where: str) -> None:
    """Not parsed: iShares writes entities that no XML parser takes. A cut-off file lacks its root's end."""
    body = content.strip()
    root = _ROOT.search(body[:_PIECE])
    if root is None or not re.search(rb"</%b\s*>$" % re.escape(root[1]), body[-_PIECE:]):
        raise Transient(f"{where}: the body is not whole XML")


def _check_zip(content: bytes, where: str, most: int) -> None:
    """Unpacks every member, which checks its checksum."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            made = 0
            for member in archive.infolist():
                with archive.open(member) as unpacked:
                    while piece := unpacked.read(_PIECE):
                        made += len(piece)
                        _bounded(made, most, where)
    except FetchError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError):
        raise Transient(f"{where}: the zip archive is broken") from None


def _check_gzip(content: bytes, where: str, most: int) -> None:
    made = 0
    for piece in _gunzipped(content, where):
        made += len(piece)
        _bounded(made, most, where)


def _gunzipped(content: bytes, where: str) -> Iterator[bytes]:
    """The pieces of all members, each at most `_PIECE` long; raises `Transient` where one is broken."""
    rest = content
    while rest:
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            while not inflate.eof:
                piece = inflate.decompress(rest, _PIECE)
                rest = inflate.unconsumed_tail
                if not piece and not rest and not inflate.eof:
                    raise zlib.error("cut off")
                yield piece
        except zlib.error:
            raise Transient(f"{where}: the gzip file is broken or cut off") from None
        rest = inflate.unused_data.lstrip(b"\0")


def _bounded(made: int, most: int, where: str) -> None:
    if made > most:
        raise Permanent(f"{where}: the archive unpacks to more than {most} bytes")
