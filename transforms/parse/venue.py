"""What the venues' parsers share: raw fields to typed columns, and the sifting of rows by rules.

Belongs here: stamps, numbers, asset codes, sifting, numbering of identical prints, error envelopes.
Does not belong here: any one venue's field names or sides (its own module), or decoding (`read.py`).

A parser collects `records` (the venue's own objects), makes a frame of their fields as text with
`fields`, types it with expressions, and hands it to `sift`, which keeps what no rule breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Parsed, Payload, PayloadError, Reject
from schemas.rules import CLOCK_TOLERANCE_SECONDS
from schemas.tables import TABLES
from schemas.tables.shared import LINEAGE
from transforms.core.prints import occurrence
from transforms.parse import read

PRINTS = "core_liquidations__prints"
CONTRACTS = "core_instruments__contracts"
QUOTES = "core_futures__quotes"
INDEXES = "core_futures__indexes"

LICENCE = "unverified: internal use"
PRINT_FINALITY = "final when printed: a print is never revised"
SNAPSHOT_FINALITY = "final: a snapshot is true of its own instant"

_ALIASES = {"XBT": "BTC"}
_KEEP_ALIVE = ("ping", "pong")
_FIRST_MS = 100_000_000_000
_FAR_FUTURE_YEAR = 2090

Record = dict[str, Any]
Records = Sequence[Record] | pl.DataFrame


@dataclass(frozen=True)
class Rule:
    """What breaks a row: a boolean expression over the shaped frame, and what to tell about it."""

    name: str
    broken: pl.Expr
    reason: str


def fields(records: Sequence[Mapping[str, Any]], names: Iterable[str]) -> pl.DataFrame:
    """The named fields of each record as text (blank or absent is null), and `row`, its position."""
    columns = {name: [_text(record.get(name)) for record in records] for name in names}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String()))
    return frame.with_row_index("row")


def blank_to_null(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame of text with its cells stripped; blank cells are null."""
    stripped = pl.all().str.strip_chars()
    return frame.select(pl.when(stripped != "").then(stripped))


def _text(value: Any) -> str | None:
    return None if value is None else str(value).strip() or None


def messages(payload: Payload, table: str) -> tuple[list[Record], list[Reject]]:
    """Recorded messages in order, and a reject of `table` for each line that is no JSON object.

    A line is the venue's message, or a recorder's `{"received_at", "message"}` around it. The bare
    words ping and pong are no data and are not counted. A body that is one JSON document over several
    lines is read as such. Raises `PayloadError` as `read.text`.
    """
    lines, rejects = read.ndjson(payload, table)
    if rejects:
        try:
            lines, rejects = objects(read.json_body(payload), "message"), []
        except PayloadError:
            rejects = [reject for reject in rejects if reject.record["text"].strip() not in _KEEP_ALIVE]
    return [line["message"] if _is_wrapped(line) else line for line in lines], rejects


def unpacked(payload: Payload, unpack: Callable[[Record], list[Record]]) -> tuple[list[Record], list[Reject]]:
    """The prints of all recorded messages, each with `message`, its message's number; and rejects.

    `unpack` gives a message's prints, none for a message that is no data; for a message that it cannot
    take it raises `PayloadError`, and that message is rejected.
    """
    received, rejects = messages(payload, PRINTS)
    records: list[Record] = []
    for index, message in enumerate(received):
        try:
            records += [{**record, "message": index} for record in unpack(message)]
        except PayloadError as error:
            rejects.append(Reject(PRINTS, error.rule, str(error), message))
    return records, rejects


def _is_wrapped(line: Record) -> bool:
    return "received_at" in line and isinstance(line.get("message"), dict)


def number(name: str) -> pl.Expr:
    """A text field as Float64; null where it is not a finite number."""
    value = pl.col(name).cast(pl.Float64(), strict=False)
    return pl.when(value.is_finite()).then(value)


def instant(name: str) -> pl.Expr:
    """An epoch stamp in text as a UTC instant; null where it is 0 or cannot be one.

    The unit is told from the size: milli-, micro- or nanoseconds since 1970, from 1973 on. Venues
    change the unit between endpoints and years, and no instant of interest can be read two ways.
    """
    whole = pl.coalesce(
        pl.col(name).cast(pl.Int64(), strict=False),
        pl.col(name).cast(pl.Float64(), strict=False).cast(pl.Int64(), strict=False),
    )
    micros = (
        pl.when(whole < _FIRST_MS).then(None)
        .when(whole < _FIRST_MS * 1_000).then(whole * 1_000)
        .when(whole < _FIRST_MS * 1_000_000).then(whole)
        .otherwise(whole // 1_000)
    )  # fmt: skip
    return micros.cast(UTC_INSTANT)


def expiry(name: str) -> pl.Expr:
    """An expiry stamp; null where there is none, or it is a sentinel for "never" (2100, 3000)."""
    found = instant(name)
    return pl.when(found.dt.year() < _FAR_FUTURE_YEAR).then(found)


def canonical(name: str) -> pl.Expr:
    """A venue's coin code as the canonical asset code: upper case, XBT is BTC."""
    return pl.col(name).str.to_uppercase().replace(_ALIASES)


def unreadable(name: str, read: pl.Expr) -> pl.Expr:
    """The field holds something other than 0, but reading it gave nothing."""
    return pl.col(name).is_not_null() & (pl.col(name) != "0") & read.is_null()


def in_future(column: str, payload: Payload) -> Rule:
    """A stamp later than the payload became known, beyond what clocks may differ by."""
    latest = payload.known_at + timedelta(seconds=CLOCK_TOLERANCE_SECONDS)
    broken = pl.col(column) > pl.lit(latest).cast(UTC_INSTANT)
    return Rule(
        "future_date",
        broken,
        f"{column} lies after the payload became known ({payload.known_at.isoformat()})",
    )


def missing(column: str, rule: str, what: str) -> Rule:
    """A column that could not be made from the record."""
    return Rule(rule, pl.col(column).is_null(), f"no readable {what}")


def sift(table: str, shaped: pl.DataFrame, rules: Sequence[Rule], records: Records) -> Parsed:
    """Keep the rows of `shaped` that no rule breaks; reject the others by the first rule they break.

    `shaped` has `row` (position in `records`) and the table's columns, lineage excepted; other columns
    are for the rules only. Raises `polars.exceptions.ColumnNotFoundError` where a column is missing.
    """
    verdict = [
        pl.when(rule.broken.fill_null(False)).then(pl.lit(index, pl.Int32())) for index, rule in enumerate(rules)
    ]
    judged = shaped.with_columns(pl.coalesce(pl.lit(None, pl.Int32()), *verdict).alias("verdict"))
    broken = judged.filter(pl.col("verdict").is_not_null()).select("row", "verdict")
    rejects = [
        Reject(table, rules[index].name, rules[index].reason, _record(records, row))
        for row, index in broken.iter_rows()
    ]
    schema = {name: dtype for name, dtype in TABLES[table].schema.items() if name not in LINEAGE}
    kept = judged.filter(pl.col("verdict").is_null()).select(pl.col(n).cast(t) for n, t in schema.items())
    return Parsed({table: kept}, rejects)


def _record(records: Records, row: int) -> Record:
    return records.row(row, named=True) if isinstance(records, pl.DataFrame) else records[row]


def prints(payload: Payload, shaped: pl.DataFrame, records: Records, rules: Sequence[Rule] = ()) -> Parsed:
    """Sift liquidation prints, after `rules`, by readable time, side, size and price.

    `shaped` has the print's own columns and `message`. Identical prints are numbered 1, 2, … within
    their message: there they are genuine. The same print in a later message gets the same numbers, so
    it is known as a repeat, and the greatest multiplicity of any one message remains (METHOD §2).
    """
    numbered = shaped.with_columns(
        pl.col("event_at").dt.date().alias("fact_date"),
        occurrence(["message"]).alias("occurrence"),
    )
    common = (
        missing("event_at", "bad_time", "event time"),
        missing("liq_side", "unknown_side", "side"),
        missing("size_native", "bad_number", "size"),
        missing("price", "bad_number", "price"),
        in_future("event_at", payload),
    )
    return sift(PRINTS, numbered, (*rules, *common), records)


def quotes(payload: Payload, shaped: pl.DataFrame, records: Records, rules: Sequence[Rule] = ()) -> Parsed:
    """Sift quotes by readable time and, after `rules`, by their stamp; adds `fact_date`."""
    dated = shaped.with_columns(pl.col("quoted_at").dt.date().alias("fact_date"))
    common = (missing("quoted_at", "bad_time", "quote time"), in_future("quoted_at", payload))
    return sift(QUOTES, dated, (*rules, *common), records)


def deliveries(payload: Payload, shaped: pl.DataFrame, records: Records, rules: Sequence[Rule] = ()) -> Parsed:
    """Sift delivery prices as quotes (price_kind `settle`), after `rules`, by readable price.

    A delivery price is a mean of the index: it is no quote of the index at that instant, so the index stays null.
    """
    settled = shaped.with_columns(
        price_kind=pl.lit("settle"),
        index_price=pl.lit(None, pl.Float64()),
        index_at=pl.lit(None, UTC_INSTANT),
        open_interest_native=pl.lit(None, pl.Float64()),
    )
    return quotes(payload, settled, records, (*rules, missing("future_price", "bad_number", "delivery price")))


def indexes(payload: Payload, shaped: pl.DataFrame, records: Records, rules: Sequence[Rule] = ()) -> Parsed:
    """Sift index prices, after `rules`, by readable price and time; adds `fact_date`."""
    dated = shaped.with_columns(pl.col("quoted_at").dt.date().alias("fact_date"))
    common = (
        missing("index_price", "bad_number", "index price"),
        missing("quoted_at", "bad_time", "quote time"),
        in_future("quoted_at", payload),
    )
    return sift(INDEXES, dated, (*rules, *common), records)


def contracts(shaped: pl.DataFrame, records: Records, rules: Sequence[Rule] = ()) -> Parsed:
    """Sift instruments: after `rules`, a dated contract must have its expiry. A perpetual gets none."""
    dated = pl.col("instrument_kind").is_in(["dated", "option"])
    settled = shaped.with_columns(pl.when(dated).then(pl.col("expires_at")).alias("expires_at"))
    no_expiry = Rule("bad_time", dated & pl.col("expires_at").is_null(), "a dated contract without a readable expiry")
    return sift(CONTRACTS, settled, (*rules, no_expiry), records)


def merged(parts: Iterable[Parsed]) -> Parsed:
    """Several results as one; frames of the same table are put one below the other."""
    whole = Parsed()
    for part in parts:
        for table, frame in part.frames.items():
            whole.frames[table] = pl.concat([whole.frames[table], frame]) if table in whole.frames else frame
        whole.rejects.extend(part.rejects)
    return whole


def objects(body: Any, where: str) -> list[Record]:
    """A list of objects, or one object as a list of one. Raises `PayloadError("unexpected_shape")`."""
    rows = [body] if isinstance(body, dict) else body
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PayloadError("unexpected_shape", f"{where}: expected a list of objects")
    return rows


def envelope_error(venue: str, code: Any, message: Any) -> PayloadError:
    """The venue answered with an error of its own inside a successful HTTP response."""
    return PayloadError("error_envelope", f"{venue} answered with error {code}: {message}")
