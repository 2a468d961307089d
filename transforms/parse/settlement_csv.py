"""Settlement files: one row per dated future and settlement, in the manner of the CME.

Belongs here: reading such a file by the names its parameters give, and refusing a spot leg that cannot
be that future's spot. Does not belong here: the basis itself (`transforms/core`), or live feeds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from schemas import rules as limits
from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Payload, PayloadError, Reject
from transforms.core.clocks import CME_SETTLEMENT, WallClock, wall_clock
from transforms.core.cme import is_settlement_day, settlement_window
from transforms.parse import read, venue
from transforms.parse.venue import Rule

_CME = "cme"
_DATE_LENGTH = len("2026-02-05")
_CME_EXPIRY_CLOCK = "16:00 Europe/London"


def parse_settlements(payload: Payload) -> Parsed:
    """A CSV of settlements to quotes (price_kind `settle`) and to the contracts they name.

    Columns by default: contract, expiry, settle, spot, instant, and open_interest if there is one;
    `<role>_column` parameters rename them. An expiry or instant is ISO 8601 with its offset, or a date
    on which `expiry_clock` or `settle_clock` strikes; at a venue with sessions an early close comes before
    `settle_clock`, and a row of a day without settlement is rejected. The spot is of the settlement's
    instant, or of `spot_clock` on its UTC day: then the fact has it as stale. A blank spot is no spot. A
    spot that `implausible_spot` or its row refuses is rejected with the numbers, and the settlement is
    kept without an index. Raises `PayloadError`: as `read.csv_frame`, missing_parameter, bad_parameter.
    """
    columns = _columns(payload)
    records = read.csv_frame(payload, required=columns.values())
    shaped = _shaped(payload, _cells(payload, records, columns))
    refused = _refused_spots(shaped.filter("is_settled"), records)
    has_spot = ~pl.col("row").is_in([row for row, _ in refused])
    kept = shaped.with_columns(pl.when(has_spot).then(pl.col("index_price")).alias("index_price")).with_columns(
        index_at=pl.when(pl.col("index_price").is_not_null()).then(pl.col("spot_at"))
    )
    conflict = pl.col("expires_at") != pl.col("expires_at").drop_nulls().first().over("symbol")
    rules = (
        venue.missing("symbol", "missing_contract", "contract"),
        venue.missing("expires_at", "bad_time", "expiry"),
        Rule("not_a_session", ~pl.col("is_settled"), "nothing settles on that day: a weekend or a holiday"),
        Rule("conflicting_expiry", conflict, "an earlier row gives this contract another expiry"),
        _unreadable("in_settle", "future_price"),
        _unreadable("in_spot", "printed_spot"),
        _unreadable("in_open_interest", "open_interest_native"),
    )
    quotes = venue.quotes(payload, kept, records, rules)
    contracts = _contracts(payload, kept, records, quotes.frames[venue.QUOTES]["symbol"])
    return Parsed({**quotes.frames, **contracts.frames}, [*(reject for _, reject in refused), *quotes.rejects])


def _unreadable(cell: str, value: str) -> Rule:
    return Rule("bad_number", venue.unreadable(cell, pl.col(value)), f"{value} is not a number")


def _columns(payload: Payload) -> dict[str, str]:
    """The file's column for each role that it must have."""
    given = payload.params
    columns = {role: given.get(f"{role}_column", role) for role in ("expiry", "settle", "spot")}
    columns["instant"] = given.get("date_column") or given.get("instant_column", "instant")
    if "contract" not in given:
        columns["contract"] = given.get("contract_column", "contract")
    return columns


def _cells(payload: Payload, records: pl.DataFrame, columns: dict[str, str]) -> pl.DataFrame:
    """The cells as text under their roles (`in_settle`, …), blank is null; open interest is optional."""
    interest = payload.params.get("open_interest_column", "open_interest")
    roles = {role: pl.col(column) for role, column in columns.items()}
    roles["open_interest"] = pl.col(interest) if interest in records.columns else pl.lit(None, pl.String())
    return venue.blank_to_null(records.select(cell.alias(f"in_{role}") for role, cell in roles.items()))


def _shaped(payload: Payload, cells: pl.DataFrame) -> pl.DataFrame:
    """Cells with their readings beside them; `row` numbers the rows."""
    settle_clock = _clock(payload, "settle_clock", None)
    expiry_clock = _clock(payload, "expiry_clock", _CME_EXPIRY_CLOCK)
    if "date_column" in payload.params and settle_clock is None:
        raise PayloadError(
            "missing_parameter", 'a date_column needs a settle_clock, for example "16:00 America/New_York"'
        )
    spot_clock = _clock(payload, "spot_clock", None)
    has_sessions = payload.params.get("venue", _CME) in limits.SESSION_VENUES
    settled = [_settled_at(text, settle_clock, has_sessions) for text in cells["in_instant"]]
    timed = cells.with_columns(
        pl.Series("quoted_at", settled, UTC_INSTANT),
        pl.Series("spot_at", [_spot_instant(at, spot_clock) for at in settled], UTC_INSTANT),
        pl.Series("is_settled", [at is None or not has_sessions or _is_settled(at) for at in settled], pl.Boolean()),
        pl.Series("expires_at", [_instant(text, expiry_clock) for text in cells["in_expiry"]], UTC_INSTANT),
    )
    return timed.with_row_index("row").with_columns(
        pl.lit(payload.params.get("venue", _CME)).alias("venue"),
        _symbols(payload, timed).alias("symbol"),
        future_price=venue.number("in_settle"),
        price_kind=pl.lit("settle"),
        printed_spot=venue.number("in_spot"),
        index_price=venue.number("in_spot"),
        open_interest_native=venue.number("in_open_interest"),
    )


def _symbols(payload: Payload, timed: pl.DataFrame) -> pl.Series:
    """The contract's name: its cell, or the template filled in, in upper case (BTC-27FEB26)."""
    template = payload.params.get("contract")
    if template is None:
        return timed["in_contract"]
    try:
        names = [None if expiry is None else template.format(expiry=expiry).upper() for expiry in timed["expires_at"]]
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise PayloadError("bad_parameter", f"contract template {template!r}: {error}") from error
    return pl.Series(names, dtype=pl.String())


def _clock(payload: Payload, name: str, default: str | None) -> WallClock | None:
    text = payload.params.get(name, default)
    try:
        return None if text is None else wall_clock(text)
    except ValueError as error:
        raise PayloadError("bad_parameter", f"{name}: {error}") from error


def _instant(text: str | None, clock: WallClock | None) -> datetime | None:
    """A cell as a UTC instant; null where it is neither an instant with offset nor a date with a clock."""
    if text is None:
        return None
    try:
        if len(text) <= _DATE_LENGTH:
            return clock.on(date.fromisoformat(text)) if clock is not None else None
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else None


def _settled_at(text: str | None, clock: WallClock | None, has_sessions: bool) -> datetime | None:
    """As `_instant`; of a day with sessions not later than an early close."""
    at = _instant(text, clock)
    if at is None or text is None or len(text) > _DATE_LENGTH or not (has_sessions and _is_settled(at)):
        return at
    return min(at, settlement_window(date.fromisoformat(text))[1])


def _spot_instant(settled_at: datetime | None, clock: WallClock | None) -> datetime | None:
    return settled_at if settled_at is None or clock is None else clock.on(settled_at.date())


def _is_settled(at: datetime) -> bool:
    """Whether the trade date of an instant, by the exchange's own clock, has a settlement."""
    return is_settlement_day(at.astimezone(CME_SETTLEMENT.zone).date())


def _basis(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with basis, annualised (simple ACT/365) and is_refused, null where a leg is missing."""
    priced = (pl.col("future_price") > 0) & (pl.col("index_price") > 0) & pl.col("days").is_not_null()
    days = (pl.col("expires_at") - pl.col("quoted_at")).dt.total_seconds() / 86_400
    basis = pl.when(priced).then(pl.col("future_price") / pl.col("index_price") - 1)
    is_near = pl.col("days") < limits.SPOT_MIN_DAYS
    return (
        frame.with_columns(days=days)
        .with_columns(basis=basis)
        .with_columns(
            annualised=pl.when(~is_near).then(pl.col("basis") * 365 / pl.col("days")),
            is_refused=pl.when(is_near)
            .then(pl.col("basis").abs() > limits.SPOT_MAX_BASIS_RATIO)
            .otherwise(
                (pl.col("basis") < -limits.SPOT_MAX_BASIS_RATIO)
                | ((pl.col("basis") * 365 / pl.col("days")).abs() > limits.SPOT_MAX_ANNUALISED_RATIO)
            ),
        )
    )


def implausible_spot(frame: pl.DataFrame) -> str | None:
    """Why the spot column as a whole cannot be these futures' spot; None where it can.

    `frame` has future_price, index_price (the spot), quoted_at and expires_at. Refused: at least
    `SPOT_MIN_ROWS` rows with both legs, all on one side of spot, of which more than
    `SPOT_MAX_REFUSED_SHARE` are refused each by itself. The limits are in `schemas/rules.py`.
    """
    rows = _basis(frame).filter(pl.col("basis").is_not_null())
    if rows.height < limits.SPOT_MIN_ROWS:
        return None
    low, high = rows.select(low=pl.col("basis").min(), high=pl.col("basis").max()).row(0)
    n_refused = rows["is_refused"].sum()
    is_one_sided = high < 0 or low > 0
    if not is_one_sided or n_refused <= limits.SPOT_MAX_REFUSED_SHARE * rows.height:
        return None
    side = "below" if high < 0 else "above"
    slow, fast = rows.select(slow=pl.col("annualised").min(), fast=pl.col("annualised").max()).row(0)
    rates = "" if slow is None else f" ({slow:.0%} to {fast:.0%} a year)"
    return (
        f"the future is {side} spot on all {rows.height} rows, by {low:.2%} to {high:.2%}{rates}, "
        f"and {n_refused} rows lie beyond the limits: this is not the future's spot"
    )


def _refused_spots(shaped: pl.DataFrame, records: pl.DataFrame) -> list[tuple[int, Reject]]:
    """Rows whose spot is refused, with their rejects: all that have one, or those beyond the limits."""
    rows = _basis(shaped)
    whole = implausible_spot(shaped)
    if whole is not None:
        refused, rule = rows.filter(pl.col("basis").is_not_null()), "implausible_spot_leg"
    else:
        refused, rule = rows.filter(pl.col("is_refused")), "implausible_spot"
    reasons = [
        whole or f"future {basis:+.2%} from spot, {days:.1f} days before expiry"
        for basis, days in refused.select("basis", "days").iter_rows()
    ]
    return [
        (row, Reject(venue.QUOTES, rule, reason, records.row(row, named=True)))
        for row, reason in zip(refused["row"], reasons, strict=True)
    ]


def _contracts(payload: Payload, shaped: pl.DataFrame, records: pl.DataFrame, symbols: pl.Series) -> Parsed:
    """One dated, linear contract for each symbol that has a quote; its value only if a parameter gives it."""
    given = payload.params
    asset, quote = given.get("asset"), given.get("quote_currency", "USD")
    if asset is None:
        raise PayloadError("missing_parameter", "asset is needed, for example BTC")
    value = given.get("contract_value")
    try:
        contract_value = None if value is None else float(value)
    except ValueError as error:
        raise PayloadError("bad_parameter", f"contract_value: {error}") from error
    described = (
        shaped.filter(pl.col("symbol").is_in(symbols.implode()) & pl.col("expires_at").is_not_null())
        .unique("symbol", keep="first", maintain_order=True)
        .with_columns(
            asset=pl.lit(asset),
            quote_currency=pl.lit(quote),
            settle_currency=pl.lit(quote),
            instrument_kind=pl.lit("dated"),
            margin_type=pl.lit("linear"),
            contract_value=pl.lit(contract_value, pl.Float64()),
            contract_value_currency=pl.lit(asset if contract_value is not None else None, pl.String()),
            listed_at=pl.lit(None, UTC_INSTANT),
        )
    )
    return venue.contracts(described, records)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="settlement_csv",
        source="settlement_csv",
        title="Settlement prices of dated futures (CSV, CME style)",
        tables=(venue.QUOTES, venue.CONTRACTS),
        parse=parse_settlements,
        cadence="once per business day, or a history in one file",
        finality_rule="final: a settlement stands; a corrected one is a restatement",
        url="file: a vendor's export",
        licence=venue.LICENCE,
        params={"asset": "canonical asset of the contracts, for example BTC"},
    ),
)
