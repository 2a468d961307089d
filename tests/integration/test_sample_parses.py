"""The sample feeds go through the same parsers as live ones, and only the declared faults are refused."""

from __future__ import annotations

import hashlib
from collections import Counter

import polars as pl

from orchestration.sources.sample import DIRT, SamplePayload
from schemas.column import Between, Check, Matches, OneOf
from schemas.feed import Parsed, Payload
from schemas.table import Table
from schemas.tables import CORE, TABLES
from transforms.parse import FEEDS


def parse(sample: SamplePayload) -> Parsed:
    digest = hashlib.sha256(sample.content).hexdigest()
    landed = Payload(sample.feed, sample.content, sample.known_at, digest, sample.locator, dict(sample.params))
    return FEEDS[sample.feed].parse(landed)


def breaks(name: str, check: Check) -> pl.Expr:
    match check:
        case Between(low, high):
            return (pl.col(name) < (low if low is not None else -1e300)) | (
                pl.col(name) > (high if high is not None else 1e300)
            )
        case OneOf(values):
            return ~pl.col(name).is_in(values)
        case Matches(pattern):
            return ~pl.col(name).str.contains(f"^(?:{pattern})$")


def n_broken(frame: pl.DataFrame, table: Table) -> int:
    """Rows that break a column's rule, which the core step quarantines."""
    columns = [column for column in table.columns if column.name in frame.columns]
    rules = [breaks(column.name, check) for column in columns for check in column.checks]
    rules += [pl.col(column.name).is_null() for column in columns if not column.nullable]
    return frame.filter(pl.any_horizontal(rules)).height


# Read from files of one's own, or fetched; the sample has no such feed.
NO_SAMPLE = {
    "core_stablecoins__issuance",
    "core_volatility__index_bars",
    "core_breadth__coins",
    "core_breadth__globals",
    "core_market__candles",
    "core_macro__observations",
    "core_mining__adjustments",
    "core_mining__difficulties",
    "core_mining__hashrates",
    "core_mining__pools",
    "core_mining__rewards",
    "core_options__quotes",
    "core_recorder__gaps",
}


def test_every_sample_has_a_feed_and_every_observed_table_a_sample(scenario):
    """Otherwise a payload has no reader, or a family of facts is empty in the demo."""
    fed = {sample.feed for sample in scenario}
    assert fed <= set(FEEDS)
    filled = {table for feed in fed for table in FEEDS[feed].tables}
    assert {table.name for table in CORE if not table.inputs} - filled == NO_SAMPLE


def test_every_payload_parses_and_only_the_declared_dirt_is_refused(scenario):
    """Otherwise the demo quarantines good rows, or lets the planted faults through."""
    refused: Counter[str] = Counter()
    for sample in scenario:
        parsed = parse(sample)
        assert parsed.rows_in > 0, sample.locator
        broken = sum(n_broken(frame, TABLES[name]) for name, frame in parsed.frames.items())
        refused[sample.feed] += len(parsed.rejects) + broken
    declared: Counter[str] = Counter()
    for dirt in DIRT:
        declared[dirt.feed] += dirt.n_rejects
    assert +refused == +declared
