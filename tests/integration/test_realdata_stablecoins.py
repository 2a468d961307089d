"""The printed figures of USDT in February 2026 on two vendors' real exports."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from schemas.feed import Payload
from schemas.tables import TABLES
from transforms.facts.stablecoin_changes import month_change, monthly
from transforms.parse import FEEDS

SUPPLY, PEGS = TABLES["core_stablecoins__supply"], TABLES["core_stablecoins__pegs"]
FILES = (
    ("defillama/stablecoin-mcap-chart_combined_2026-04-17 part 1.csv", "defillama_stablecoin_chart_export", 17, {}),
    ("artemis/Stablecoin Supply by Token.csv", "artemis_stablecoins", 14, {"by": "token"}),
)
FEBRUARY, PRINTED_USD = date(2026, 2, 1), -1.5e9


@pytest.fixture(scope="module")
def supply(realdata: Path) -> pl.DataFrame:
    """USDT as both vendors give it, as core has it."""
    frames = []
    for name, feed, day, params in FILES:
        known_at = datetime(2026, 4, day, 12, tzinfo=UTC)
        payload = Payload(feed, (realdata / name).read_bytes(), known_at, "0" * 64, name, params)
        rows = FEEDS[feed].parse(payload).frames[SUPPLY.name].filter(stablecoin_id="1")
        lineage = {"source": feed, "raw_sha256": "0" * 64, "known_at": known_at, "is_simulated": False}
        told = rows.with_columns(pl.lit(value).alias(key) for key, value in lineage.items())
        frames.append(told.select(SUPPLY.schema.names()).cast(SUPPLY.schema))
    return pl.concat(frames)


def test_usdt_fell_by_more_than_was_printed_by_either_vendor(supply):
    """ "About 1.5bn" is neither DefiLlama's 1.86bn from first to first nor Artemis' own 1.77bn."""
    months = monthly(supply, PEGS.empty(), [FEBRUARY], {FILES[0][1]: 30, FILES[1][1]: 50}).sort("recorded_at")
    artemis, llama = months.iter_rows(named=True)
    assert artemis["end_usd"] - artemis["start_usd"] == pytest.approx(-1_771_859_328.56, abs=1)
    assert (llama["supply_change_peg"], llama["end_date"], llama["status"]) == (
        -1_860_627_496.0,
        date(2026, 3, 1),
        None,
    )
    assert llama["supply_change_peg"] < artemis["end_usd"] - artemis["start_usd"] < PRINTED_USD * 1.15


def test_the_month_at_its_printing_was_to_date(supply):
    """The claim was printed on the 28th, when the month had a day to go."""
    known = supply.filter(source=FILES[0][1]).filter(pl.col("fact_date") <= date(2026, 2, 28))
    (february,) = month_change(known).filter(month_date=FEBRUARY).iter_rows(named=True)
    assert (february["supply_change_peg"], february["status"]) == (-1_775_629_249.0, "to_date")


def test_the_supply_of_the_sixth_of_february_was_not_187_billion(supply):
    """187.3bn is the quarter's end, not the day's."""
    (row,) = supply.filter(source=FILES[0][1], fact_date=date(2026, 2, 6)).iter_rows(named=True)
    assert row["circulating_peg"] == 185_261_468_141.0
