"""From raw bytes to core: parse, validate, keep what is new, quarantine what breaks a rule, account.

Belongs here: the order of those steps for one feed, and making them safe to repeat. Does not belong
here: the rules (`schemas/`), the parsing (`transforms/parse/`) or what supersedes what
(`transforms/core/collapse.py`).

Rows are taken in the order in which they became known. A fetch that became known before others that
were already processed makes the feed be processed again from its raw bytes, so that core does not
depend on the order of arrival.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import polars as pl

from orchestration.store.accounts import Account, Accounts
from orchestration.store.core_store import CoreStore, month_of, table_of
from orchestration.store.drift import Drifts, Found, Watch
from orchestration.store.layout import Layout
from orchestration.store.ledger import Fetch, Ledger
from orchestration.store.quarantine import Quarantine
from orchestration.store.raw import RawCorrupt, RawStore
from schemas.feed import Feed, Payload, PayloadError, Reject
from schemas.stablecoins import STABLECOINS
from schemas.tables import Table

FETCH = "fetch_id"
_IDENTITY = ("source", "raw_sha256", "known_at")
_CHUNK = 400


@dataclass
class FeedReport:
    """What one run made of one feed."""

    feed: str
    fetches: int = 0
    rows_in: int = 0
    published: int = 0
    quarantined: int = 0
    duplicates: int = 0
    failed: list[str] = field(default_factory=list)
    drifts: list[Found] = field(default_factory=list)
    rebuilt: bool = False


@dataclass
class _Batch:
    """Parsed fetches on their way into core: frames and rejects, and rows in per fetch."""

    frames: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: defaultdict(list))
    rejects: dict[int, list[Reject]] = field(default_factory=lambda: defaultdict(list))
    rows_in: Counter[int] = field(default_factory=Counter)
    published: Counter[int] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)


def ingest(
    layout: Layout,
    feed: Feed,
    progress: Callable[[int, int], None] = lambda done, of: None,
    again: bool = False,
) -> FeedReport:
    """Bring core up to date with the raw bytes of one feed; `again` processes all of them anew.

    Safe to repeat and to kill: a fetch is accounted for only after its rows are in core, and its rows
    are recognised when it is processed again.
    """
    ledger, accounts = Ledger(layout.ledger), Accounts(layout.accounts)
    fetches = ledger.fetches(feed.name)
    done = {account.fetch_id for account in accounts.all(feed.name)}
    todo = fetches if again else [fetch for fetch in fetches if fetch.fetch_id not in done]
    report = FeedReport(feed.name, fetches=len(todo))
    if not todo:
        return report
    drifts = Drifts(layout.drifts)
    known = {drift.key for drift in drifts.all(feed.name)}
    processed = [fetch.known_at for fetch in fetches if fetch.fetch_id in done]
    if again or (processed and todo[0].known_at <= max(processed)):
        report.rebuilt, todo = True, fetches
        accounts.forget(feed.name)
        Quarantine(layout.quarantine).clear(feed.name)
        drifts.forget(feed.name)
    strip = report.rebuilt
    taken, watch = 0, Watch(drifts, feed)
    for chunk in _chunks(todo):
        _take(layout, feed, chunk, report, watch, strip)
        strip = False
        taken += len(chunk)
        progress(taken, len(todo))
    report.drifts = [drift for drift in drifts.all(feed.name) if drift.key not in known]
    return report


def _chunks(fetches: Sequence[Fetch]) -> Iterator[list[Fetch]]:
    """Some fetches at a time; those of one instant stay together, as their rows are told apart by it."""
    chunk: list[Fetch] = []
    for _, group in groupby(fetches, key=lambda fetch: fetch.known_at):
        if len(chunk) >= _CHUNK:
            yield chunk
            chunk = []
        chunk += group
    if chunk:
        yield chunk


def _take(layout: Layout, feed: Feed, fetches: Sequence[Fetch], report: FeedReport, watch: Watch, strip: bool) -> None:
    """Process a chunk of fetches: rows into core first, then the quarantine, then the accounts."""
    batch = _parse(RawStore(layout.blobs), feed, fetches, watch)
    core = CoreStore(layout)
    for name in feed.tables:
        _merge(core, table_of(name), feed, fetches, batch, strip)
    quarantine = Quarantine(layout.quarantine)
    settled = []
    for fetch in fetches:
        identity = fetch.fetch_id or 0
        rejects = batch.rejects[identity]
        quarantine.store(fetch, rejects)
        rows_in, published = batch.rows_in[identity], batch.published[identity]
        duplicates = rows_in - published - len(rejects)
        settled.append(Account(identity, feed.name, rows_in, published, len(rejects), duplicates))
    watch.settle()
    Accounts(layout.accounts).settle(settled)
    report.rows_in += sum(account.rows_in for account in settled)
    report.published += sum(account.published for account in settled)
    report.quarantined += sum(account.quarantined for account in settled)
    report.duplicates += sum(account.duplicates for account in settled)
    report.failed += batch.failed


def _parse(raw: RawStore, feed: Feed, fetches: Sequence[Fetch], watch: Watch) -> _Batch:
    """Parse and validate each payload; one that cannot be read at all is rejected whole."""
    batch = _Batch()
    for fetch in fetches:
        identity = fetch.fetch_id or 0
        try:
            content = raw.get(fetch.sha256)
            payload = Payload(feed.name, content, fetch.known_at, fetch.sha256, fetch.locator, fetch.params)
            parsed = watch.parse(fetch, payload)
            frames = {name: _with_lineage(frame, name, feed, fetch) for name, frame in parsed.frames.items()}
        except PayloadError as error:
            _reject_whole(batch, fetch, error.rule, str(error))
            continue
        except (RawCorrupt, FileNotFoundError) as error:
            _reject_whole(batch, fetch, "raw_unreadable", str(error))
            continue
        # A parser must not take the other feeds down with it; a panic of Polars is no `Exception`.
        except (Exception, pl.exceptions.PanicException) as error:
            _reject_whole(batch, fetch, "parser_failed", f"{type(error).__name__}: {error}")
            continue
        batch.rows_in[identity] = parsed.rows_in
        batch.rejects[identity] = list(parsed.rejects)
        for name, frame in frames.items():
            batch.frames[name].append(frame)
    return batch


def _reject_whole(batch: _Batch, fetch: Fetch, rule: str, reason: str) -> None:
    record = {"locator": fetch.locator, "sha256": fetch.sha256, "size": fetch.size}
    batch.rejects[fetch.fetch_id or 0] = [Reject("*", rule, reason, record)]
    batch.rows_in[fetch.fetch_id or 0] = 1
    batch.failed.append(f"{fetch.locator}: {rule}: {reason}")


def _with_lineage(frame: pl.DataFrame, table_name: str, feed: Feed, fetch: Fetch) -> pl.DataFrame:
    """The parser's frame with where it came from, in the table's columns and types, plus the fetch."""
    table = table_of(table_name)
    lineage = {
        "source": pl.lit(feed.name),
        "raw_sha256": pl.lit(fetch.sha256),
        "known_at": pl.lit(fetch.known_at),
        "is_simulated": pl.lit(fetch.is_simulated),
        FETCH: pl.lit(fetch.fetch_id or 0),
    }
    types = {**table.schema, FETCH: pl.Int64()}
    # One pass: thousands of small payloads make this cost more than the parsing.
    return frame.select(lineage.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in types.items())


def _merge(core: CoreStore, table: Table, feed: Feed, fetches: Sequence[Fetch], batch: _Batch, strip: bool) -> None:
    """Validate the rows of one table, keep those that say something new, and write the partitions."""
    from transforms.core.collapse import collapse, drop_uninformative

    empty = table.empty().with_columns(pl.lit(None, pl.Int64).alias(FETCH))
    new = pl.concat([empty, *batch.frames[table.name]])
    new = _validated(new, table, batch)
    months = set(new.select(month_of(table).alias("m"))["m"].unique())
    existing = core.read(table, None if strip else months)
    previous = existing.filter(_written_by(feed, fetches, strip))
    existing = existing.filter(~_written_by(feed, fetches, strip))
    if table.name == "core_etf__flows":
        split = drop_uninformative(existing, new, table)
        reason = "a placeholder printed over a reported value"
        _quarantine_rows(split.rejects, table, "placeholder_over_value", reason, batch)
        new = split.informative
    collapsed = collapse(existing, new, table)
    _quarantine_rows(collapsed.conflicts, table, "duplicated_grain", "the payload gives this key twice", batch)
    for identity, rows in collapsed.kept.group_by(FETCH).len().iter_rows():
        batch.published[identity] += rows
    kept = collapsed.kept.select(table.schema.names())
    _write(core, table, existing, previous, kept)


def _written_by(feed: Feed, fetches: Sequence[Fetch], whole_feed: bool) -> pl.Expr:
    """Rows that an earlier, unfinished processing of these fetches (or of the feed) has written."""
    own = pl.col("source") == feed.name
    if whole_feed:
        return own
    return (
        own
        & pl.col("raw_sha256").is_in([fetch.sha256 for fetch in fetches])
        & pl.col("known_at").is_in(
            pl.Series([fetch.known_at for fetch in fetches], dtype=pl.Datetime("us", "UTC")).implode()
        )
    )


def _validated(new: pl.DataFrame, table: Table, batch: _Batch) -> pl.DataFrame:
    """Rows that keep the table's rules; the others go to their fetch's rejects, one per row."""
    from schemas.render.pandera import validate

    if new.is_empty():
        return new
    checked = validate(new.select(table.schema.names()), table, unique=False)
    if checked.failures.is_empty():
        return new
    bad = (
        # Pandera calls a NaN null as well; that it is no number says more.
        checked.failures.sort(pl.col("check") != "finite", maintain_order=True)
        .group_by("row_index", maintain_order=True)
        .agg(
            rule=pl.col("check").first(),
            reason=pl.format("{} breaks {}", pl.col("column").cast(pl.String), pl.col("check")).str.join("; "),
        )
        .sort("row_index")
    )
    rows = new[bad["row_index"].to_list()]
    for record, rule, reason in zip(rows.iter_rows(named=True), bad["rule"], bad["reason"], strict=True):
        identity = record.pop(FETCH)
        batch.rejects[identity].append(Reject(table.name, rule, reason, record))
    keep = pl.Series(range(new.height)).is_in(bad["row_index"].implode()).not_()
    return new.filter(keep)


def _quarantine_rows(rows: pl.DataFrame, table: Table, rule: str, reason: str, batch: _Batch) -> None:
    for record in rows.iter_rows(named=True):
        identity = record.pop(FETCH)
        batch.rejects[identity].append(Reject(table.name, rule, reason, record))


def _write(core: CoreStore, table: Table, existing: pl.DataFrame, previous: pl.DataFrame, kept: pl.DataFrame) -> None:
    """Write the months that change. `previous` are rows that this processing replaces."""
    if table.date_column:
        column = table.date_column
        changed = set(kept[column]) | set(previous[column])
    else:
        changed = {None}
    if not kept.is_empty() or not previous.is_empty():
        # What a table without dates says shows in the dimensions, which are always built whole.
        core.mark(table.name if table.date_column else "dimensions", changed)
        _mark_dependents(core, table, pl.concat([previous, kept]), existing)
    by_month = month_of(table)
    touched = pl.concat([previous, kept]).select(by_month.alias("m"))["m"].unique().sort()
    for month in touched:
        both = pl.concat([existing, kept]).filter(by_month == month)
        core.replace_month(table, month, both)


def _mark_dependents(core: CoreStore, table: Table, rows: pl.DataFrame, existing: pl.DataFrame) -> None:
    """A changed description of an instrument or a coin touches the dates on which it is used."""
    if table.name == "core_instruments__contracts":
        for user in ("core_liquidations__prints", "core_futures__quotes"):
            _mark_users(core, user, "symbol", rows["symbol"])
    elif table.name == "core_stablecoins__assets":
        # A symbol belongs to the lowest id that has it, so all ids of the symbols concerned are touched.
        known = pl.concat([existing, rows])
        symbols = known.filter(pl.col("stablecoin_id").is_in(rows["stablecoin_id"].unique().implode()))["asset"]
        sharing = known.filter(pl.col("asset").is_in(symbols.unique().implode()))["stablecoin_id"]
        listed = [coin.stablecoin_id for coin in STABLECOINS if coin.symbol in set(symbols)]
        _mark_users(
            core, "core_stablecoins__supply", "stablecoin_id", pl.concat([sharing, pl.Series(listed, dtype=pl.String)])
        )


def _mark_users(core: CoreStore, user: str, key: str, values: pl.Series) -> None:
    table = table_of(user)
    used = core.scan(table).filter(pl.col(key).is_in(values.unique().implode()))
    core.mark(user, used.select(pl.col(table.date_column or "").unique()).collect().to_series())
