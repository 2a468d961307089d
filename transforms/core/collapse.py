"""Which observations say something new: the heart of point in time.

Belongs here: comparing new observations with the state already known. Does not belong here: reading
the state (`orchestration/store/`), the columns and their finality rules (`schemas/`, `transforms/parse/`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from schemas.table import Table

PLACEHOLDERS = ("pending", "pending_zero", "missing")
_ORDER = "__order"
_KEY = "__key"
_IS_NEW = "__is_new"


class Collapsed(NamedTuple):
    """New observations split in three; every input row is in exactly one frame, in the table's schema.

    `kept` change the known state; `duplicates` repeat it; `conflicts` contradict another row of the
    same key and `known_at`, so that neither can be called the state of that instant.
    """

    kept: pl.DataFrame
    duplicates: pl.DataFrame
    conflicts: pl.DataFrame


class Informative(NamedTuple):
    """New observations split in three; every input row is in exactly one frame, in the table's schema.

    `informative` go on to `collapse`; `duplicates` are placeholders that add nothing; `rejects` are
    placeholders printed over a reported value (rule `placeholder_over_value`).
    """

    informative: pl.DataFrame
    duplicates: pl.DataFrame
    rejects: pl.DataFrame


def changed(columns: Iterable[str]) -> pl.Expr:
    """True where any of `columns` differs from the row before: null-safe, floats compared exactly."""
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in columns)


def collapse(existing: pl.DataFrame, new: pl.DataFrame, table: Table) -> Collapsed:
    """Split `new` into rows that change the known state, rows that repeat it and contradictions.

    The key is the grain without `known_at`. In the order of (`known_at`, `raw_sha256`) a row whose
    `tracked` columns all equal the state before it is a duplicate, and so is one that says
    `preliminary` of a value already known as final. A table without `tracked` keeps the first row of
    each key. One payload that gives a key several values gives nothing but conflicts; where several
    payloads of one instant differ, the first by hash is the state and the others are conflicts.

    Both frames have `table.schema`; no row of `new` is older than the newest of `existing`, and rows
    of one `known_at` come in one call.
    """
    keys = [name for name in table.grain if name != "known_at"]
    numbered = new.with_row_index(_ORDER).with_columns(pl.lit(True).alias(_IS_NEW))
    latest = _latest(existing, new, keys).with_columns(
        pl.lit(None, pl.UInt32).alias(_ORDER), pl.lit(False).alias(_IS_NEW)
    )
    stream = _keyed(pl.concat([latest, numbered], how="diagonal"), keys)
    stream = stream.sort(_KEY, "known_at", _IS_NEW, "raw_sha256", _ORDER)
    if not table.tracked:
        verdict = stream.with_columns(is_duplicate=~changed([_KEY]), is_conflict=pl.lit(False))
    else:
        verdict = _verdict(stream, table.tracked)
    verdict = verdict.filter(pl.col(_IS_NEW)).sort(_ORDER)

    def part(condition: pl.Expr) -> pl.DataFrame:
        return verdict.filter(condition).select(new.columns)

    conflict, duplicate = pl.col("is_conflict"), pl.col("is_duplicate")
    return Collapsed(part(~conflict & ~duplicate), part(~conflict & duplicate), part(conflict))


def drop_uninformative(existing: pl.DataFrame, new: pl.DataFrame, table: Table) -> Informative:
    """Take out placeholders that come after a reported value of the same cell (ETF flow tables).

    A page that has lost a number, or a shape of it that prints zeros for unknown, does not unsay the
    number. With a reported state (`status` null) at or before its `known_at`, a `pending`, `pending_zero`
    or `missing` row is a duplicate if it prints nothing or if the reported value is zero; otherwise
    it is a reject. Of one instant, reported values come first.
    """
    keys = [name for name in table.grain if name != "known_at"]
    is_placeholder = pl.col("status").is_in(PLACEHOLDERS).fill_null(False)
    reported = existing.filter(pl.col("status").is_null())
    numbered = new.with_row_index(_ORDER)
    stream = _keyed(pl.concat([_latest(reported, new, keys), numbered], how="diagonal"), keys)
    stream = stream.sort(_KEY, "known_at", is_placeholder, "raw_sha256", _ORDER).with_columns(
        last_reported=pl.when(pl.col("status").is_null()).then(pl.col("flow_usd")).forward_fill().over(_KEY),
    )
    follows = is_placeholder & pl.col("last_reported").is_not_null()
    adds_nothing = pl.col("printed_flow_usd").is_null() | (pl.col("last_reported") == 0.0)
    judged = stream.filter(pl.col(_ORDER).is_not_null()).sort(_ORDER)

    def part(condition: pl.Expr) -> pl.DataFrame:
        return judged.filter(condition).select(new.columns)

    return Informative(part(~follows), part(follows & adds_nothing), part(follows & ~adds_nothing))


def _latest(existing: pl.DataFrame, new: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """The newest existing row of each key that `new` names."""
    named = existing.join(new.select(keys).unique(), on=keys, how="semi", nulls_equal=True)
    return named.sort("known_at", "raw_sha256").unique(keys, keep="last", maintain_order=True)


def _keyed(stream: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Number the keys: one integer sorts and compares faster than seven columns."""
    numbers = stream.select(keys).unique(maintain_order=True).with_row_index(_KEY)
    return stream.join(numbers, on=keys, how="left", nulls_equal=True)


def _verdict(stream: pl.DataFrame, tracked: tuple[str, ...]) -> pl.DataFrame:
    """Add `is_duplicate` and `is_conflict` to rows sorted by key, instant and payload."""
    payload, instant = [_KEY, "known_at", _IS_NEW, "raw_sha256"], [_KEY, "known_at"]
    stream = stream.with_columns(
        __payload=changed(payload).cum_sum(), __instant=changed(instant).cum_sum(), __differs=changed(tracked)
    )
    differs_inside = (pl.col("__differs") & ~changed(["__payload"])).any().over("__payload")
    stream = stream.with_columns(is_conflict=differs_inside)
    sound = stream.filter(~pl.col("is_conflict"))

    is_first = changed(["__instant"]).alias("__is_first")
    firsts = _states(sound.filter(is_first), tracked)
    position = (is_first.cum_sum() - 1).alias("__state")
    rest = sound.select("__instant", *tracked, _ORDER, is_first, position).filter(~pl.col("__is_first"))
    state = firsts.select(tracked)[rest["__state"]]
    repeats = pl.all_horizontal(pl.col(name).eq_missing(state[name]) for name in tracked)
    rest = rest.select(_ORDER, is_duplicate=repeats, __contradicts=~repeats)

    judged = pl.concat([firsts.select(_ORDER, "is_duplicate", __contradicts=pl.lit(False)), rest])
    stream = stream.join(judged.filter(pl.col(_ORDER).is_not_null()), on=_ORDER, how="left")
    return stream.with_columns(
        is_conflict=pl.col("is_conflict") | pl.col("__contradicts").fill_null(False),
        is_duplicate=pl.col("is_duplicate").fill_null(False),
    )


def _states(firsts: pl.DataFrame, tracked: tuple[str, ...]) -> pl.DataFrame:
    """Add `is_duplicate` to one row per key and instant: equal to the state before.

    A run is a stretch of equal values. Inside a run `preliminary` after `final` unsays nothing, so
    the finality that counts is the last one that was more than preliminary.
    """
    values = [name for name in tracked if name != "finality"]
    run = changed([_KEY, *values]).cum_sum().alias("__run")
    if "finality" not in tracked:
        return firsts.with_columns(is_duplicate=~changed([_KEY, *values]))
    settled = pl.when(pl.col("finality") != "preliminary").then(pl.col("finality")).forward_fill().over("__run")
    firsts = firsts.with_columns(run).with_columns(__finality=settled.fill_null("preliminary"))
    return firsts.with_columns(is_duplicate=~changed(["__run", "__finality"])).drop("__run", "__finality")
