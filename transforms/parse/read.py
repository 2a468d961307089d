"""Bytes to text, JSON, lines or a frame of strings: what every parser does first.

Belongs here: decoding, and refusing a body that is not what its feed promises. Does not belong here:
anything that knows a vendor. Every refusal is a `PayloadError`, whose rule is one of `empty_payload`,
`bad_gzip`, `bad_zip`, `zip_members`, `too_large`, `not_utf8`, `html_payload`, `bad_json`, `bad_csv`,
`duplicate_column`, `missing_column`.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from schemas.feed import Payload, PayloadError, Reject

_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
# The largest member that is read; a vendor's day or month of one series is a thousandth of it.
MAX_UNZIPPED_BYTES = 256 * 1024**2
# The largest gzip that is unpacked: archives of a vendor's whole day are larger than files of one series.
MAX_GUNZIPPED_BYTES = 1024**3


def text(payload: Payload, *, allow_html: bool = False) -> str:
    """The body as text: un-gzipped or unzipped where it is packed, without a byte-order mark.

    Raises `PayloadError`: empty_payload, bad_gzip and bad_zip (truncated or damaged), zip_members and
    too_large (see `gunzipped`, `unzipped`), not_utf8, html_payload (a page, for example a challenge, where data was
    due) unless `allow_html`.
    """
    content = payload.content
    if content.startswith(_GZIP_MAGIC):
        content = gunzipped(content)
    elif content.startswith(_ZIP_MAGIC):
        content = unzipped(content)
    try:
        body = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PayloadError("not_utf8", f"not UTF-8 text: {error.reason} at byte {error.start}") from error
    if not body.strip():
        raise PayloadError("empty_payload", "the payload is empty")
    if not allow_html and body.lstrip().startswith("<"):
        raise PayloadError("html_payload", "a web page where data was expected")
    return body


def gunzipped(content: bytes, limit: int = MAX_GUNZIPPED_BYTES) -> bytes:
    """The bytes of a gzip, all members of it; never unpacks more than `limit` bytes.

    Raises `PayloadError`: bad_gzip (truncated, damaged), too_large.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            unpacked = stream.read(limit + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise PayloadError("bad_gzip", f"truncated or damaged gzip: {error}") from error
    if len(unpacked) > limit:
        raise PayloadError("too_large", f"the gzip unpacks to more than {limit} bytes")
    return unpacked


def head(payload: Payload, limit: int) -> str:
    """The first whole lines of the body as text, of not more than `limit` bytes unless the first line is longer.

    Packed bodies are unpacked only so far. Raises `PayloadError` as `text`.
    """
    start = _first_bytes(payload.content, limit)
    cut = start.rfind(b"\n") if len(start) >= limit else len(start)
    return text(payload if cut <= 0 else replace(payload, content=start[:cut]))


def _first_bytes(content: bytes, limit: int) -> bytes:
    try:
        if content.startswith(_GZIP_MAGIC):
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(content, limit)
        if content.startswith(_ZIP_MAGIC):
            with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(archive.infolist()[0]) as stream:
                return stream.read(limit)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, IndexError):
        return b""
    return content[:limit]


def unzipped(content: bytes, limit: int = MAX_UNZIPPED_BYTES) -> bytes:
    """The bytes of a zip's only file; its name and path are not looked at, and nothing is written.

    Never unpacks more than `limit` bytes, whatever the archive says of its size. Raises `PayloadError`:
    bad_zip (truncated, damaged, encrypted), zip_members (none or several files), too_large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise PayloadError("zip_members", f"a zip of {len(members)} files, one was expected")
            with archive.open(members[0]) as stream:
                unpacked = stream.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        if isinstance(error, PayloadError):
            raise
        raise PayloadError("bad_zip", f"truncated or damaged zip: {error}") from error
    if len(unpacked) > limit or members[0].file_size > limit:
        raise PayloadError("too_large", f"the zip unpacks to more than {limit} bytes")
    return unpacked


def json_body(payload: Payload) -> Any:
    """The body as JSON; NaN, Infinity and numbers too large for a float are refused.

    Raises `PayloadError` as `text`, and bad_json.
    """
    try:
        return _loads(text(payload))
    except ValueError as error:
        if isinstance(error, PayloadError):
            raise
        raise PayloadError("bad_json", f"not JSON, or cut short: {error}") from error


def ndjson(payload: Payload, table: str = "*") -> tuple[list[dict[str, Any]], list[Reject]]:
    """Lines of JSON objects in order, and a reject of `table` for each line that is none.

    Blank lines do not count. A rejected record holds `line` (from 1) and `text`. Raises as `text`.
    """
    messages: list[dict[str, Any]] = []
    rejects: list[Reject] = []
    for number_of, line in enumerate(text(payload).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            message = _loads(line)
            if not isinstance(message, dict):
                raise ValueError("not a JSON object")
            messages.append(message)
        except ValueError as error:
            rejects.append(Reject(table, "bad_json", str(error), {"line": number_of, "text": line}))
    return messages, rejects


def csv_frame(payload: Payload, required: Iterable[str] = (), *, allow_short_rows: bool = False) -> pl.DataFrame:
    """The body as a frame of strings; empty cells are null, names are stripped.

    Every row has as many cells as the header, or fewer where `allow_short_rows`. Raises `PayloadError`
    as `text`, and bad_csv (a row of another width, an unclosed quote, a stray carriage return), duplicate_column,
    missing_column (one of `required`).
    """
    lines = [line for line in text(payload).replace("\r\n", "\n").split("\n") if line.strip()]
    if any("\r" in line.rstrip("\r") for line in lines):
        raise PayloadError("bad_csv", "a carriage return within a line")
    header = [name.strip() for name in next(csv.reader(lines))]
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise PayloadError("duplicate_column", f"columns given twice: {repeated}")
    missing = [name for name in required if name not in header]
    if missing:
        raise PayloadError("missing_column", f"columns {missing} are missing; found {header}")
    if not allow_short_rows:
        _refuse_ragged(lines, len(header))
    body = io.StringIO("\n".join(lines))
    try:
        frame = pl.read_csv(body, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise PayloadError("bad_csv", f"not a CSV table: {str(error).splitlines()[0]}") from error
    return frame.rename(dict(zip(frame.columns, header, strict=True)))


def number(expr: pl.Expr) -> pl.Expr:
    """Text as float. Null stays null; text that is no number becomes NaN, which no schema lets through."""
    stripped = expr.str.strip_chars()
    parsed = stripped.cast(pl.Float64, strict=False)
    return pl.when(stripped.is_null()).then(None).otherwise(parsed.fill_null(math.nan))


def refuse(
    frame: pl.DataFrame, table: str, rules: Mapping[str, tuple[pl.Expr, str]]
) -> tuple[pl.DataFrame, list[Reject]]:
    """Rows that break no rule, and a reject of `table` for each that does, under its first rule.

    `rules` maps a rule's name to an expression, true where a row breaks it, and to the reason. A
    rejected record holds the row's columns, except those whose names begin with an underscore; NaN and
    infinity are null in it.
    """
    broken = pl.coalesce(pl.when(breaks).then(pl.lit(rule)) for rule, (breaks, _) in rules.items())
    ruled = frame.with_columns(_rule=broken)
    floats = pl.selectors.float()
    bad = ruled.filter(pl.col("_rule").is_not_null()).with_columns(pl.when(floats.is_finite()).then(floats))
    records = bad.select(name for name in frame.columns if not name.startswith("_")).iter_rows(named=True)
    rejects = [Reject(table, rule, rules[rule][1], record) for rule, record in zip(bad["_rule"], records, strict=True)]
    return ruled.filter(pl.col("_rule").is_null()).drop("_rule"), rejects


def _refuse_ragged(lines: list[str], width: int) -> None:
    """The CSV reader would fill a short row up with nulls, also that of a file cut in mid-row."""
    if any('"' in line for line in lines):
        widths = pl.Series([len(row) for row in csv.reader(lines)], dtype=pl.UInt32)
    else:
        widths = pl.Series(lines).str.count_matches(",", literal=True) + 1
    odd = widths.filter(widths != width)
    if not odd.is_empty():
        raise PayloadError("bad_csv", f"{odd.len()} rows of another width than the header's {width}, first {odd[0]}")


def _loads(body: str) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError as error:
        raise ValueError(str(error)) from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits} is too large for a number")
    return value
