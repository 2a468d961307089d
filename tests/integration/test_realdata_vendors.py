"""The vendors' real exports, read through the inbox map of the tests: known values, known traps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from orchestration.sources.files import plan, receive
from orchestration.sources.inbox_map import load
from schemas.feed import Parsed, Payload
from schemas.tables import TABLES
from transforms.facts.liquidation_ranks import rank_in_window
from transforms.parse import FEEDS

MAP = Path(__file__).parents[1] / "fixtures" / "realdata_inbox.toml"
Read = Callable[[str], list[tuple[Payload, Parsed]]]


@pytest.fixture(scope="module")
def inbox(realdata):
    return plan(realdata, load(MAP, set(FEEDS)))


@pytest.fixture(scope="module")
def read(inbox) -> Read:
    """Payloads of the files whose path begins so, in the order in which they became known, as parsed."""

    def of(beginning: str) -> list[tuple[Payload, Parsed]]:
        chosen = tuple((path, entry) for path, entry in inbox.matched if path.startswith(beginning))
        received = sorted(receive(replace(inbox, matched=chosen), FEEDS), key=lambda item: item.known_at)
        payloads = [Payload(i.feed, i.content, i.known_at, "0" * 64, i.locator, dict(i.params)) for i in received]
        return [(payload, FEEDS[payload.feed].parse(payload)) for payload in payloads]

    return of


@pytest.fixture(scope="module")
def versions(read) -> list[tuple[Payload, Parsed]]:
    return read("farside/eth_asof/")


def table_of(parsed: list[tuple[Payload, Parsed]], table: str) -> pl.DataFrame:
    """The rows of one table in all of the payloads."""
    return pl.concat(each.frames[table] for _, each in parsed if table in each.frames)


def history(versions: list[tuple[Payload, Parsed]], table: str) -> pl.DataFrame:
    """All versions of one table in one frame, with known_at, in order."""
    return pl.concat(
        parsed.frames[table].with_columns(known_at=pl.lit(payload.known_at)) for payload, parsed in versions
    )


def changed(frame: pl.DataFrame, key: list[str], value: str) -> pl.DataFrame:
    """First and last state of each key whose printed value changed."""
    return (
        frame.sort("known_at")
        .group_by(key, maintain_order=True)
        .agg(
            pl.all().exclude(key).first().name.prefix("first_"),
            pl.all().exclude(key).last().name.prefix("last_"),
            n=pl.col(value).n_unique(),
        )
        .filter(pl.col("n") > 1)
    )


def test_the_map_matches_what_is_served_and_leaves_the_rest(inbox):
    """A pattern that matches nothing, or too much, shows here."""
    folders = pl.Series([path.split("/")[0] for path, _ in inbox.matched]).value_counts(name="n")
    served = {"farside": 143, "cryptoquant": 10, "defillama": 3, "artemis": 4, "oxarchive": 3, "basis": 1}
    assert dict(folders.iter_rows()) == served
    assert {path for path in inbox.unmatched if path.split("/")[0] in served} == {
        "artemis/Stablecoin Supply by Chain.csv",
        "cryptoquant/btc/Bitcoin Estimated Leverage Ratio - All Exchanges - Day.csv",
        "cryptoquant/btc/Bitcoin Funding Rates - All Exchanges - Day.csv",
        "defillama/stablecoins-chains.csv",
        "defillama/stablecoins.csv",
        "oxarchive/candles.parquet",
    }
    assert {path.split("/")[0] for path in inbox.unmatched} >= {"macro", "mining", "deribit", "venue_messages"}


def test_every_frame_has_its_tables_columns_and_every_row_is_accounted_for(read):
    """A column of another type or name fails in core, for all rows at once."""
    lineage = {"source", "raw_sha256", "known_at", "is_simulated"}
    folders = ("farside/btc", "cryptoquant/", "defillama/", "artemis/", "oxarchive/")
    for payload, parsed in (found for folder in folders for found in read(folder)):
        for name, frame in parsed.frames.items():
            expected = {c: t for c, t in TABLES[name].schema.items() if c not in lineage}
            assert dict(frame.schema) == expected, payload.locator


@pytest.mark.parametrize(("day", "total"), [(date(2026, 2, 4), -544_900_000), (date(2026, 2, 5), -434_100_000)])
def test_btc_totals_of_the_crash_and_funds_that_sum_to_them(read, day, total):
    """The two figures that everybody printed."""
    ((_, parsed),) = read("farside/btc_etf")
    funds = parsed.frames["core_etf__flows"].filter(pl.col("trade_date") == day)
    printed = parsed.frames["core_etf__totals"].filter(pl.col("trade_date") == day)
    assert printed.select("printed_total_usd", "finality").rows() == [(total, "final")]
    assert funds["flow_usd"].sum() == total
    assert funds.filter(pl.col("status").is_null()).height == 11
    assert funds.filter(pl.col("status") == "not_launched")["fund"].to_list() == ["MSBT"]


def test_btc_holidays_are_rejected_and_the_last_row_waits_for_msbt(read):
    """16 holidays of 13 cells; the row of 2026-04-10 was seen without MSBT."""
    ((_, parsed),) = read("farside/btc_etf")
    assert {r.rule for r in parsed.rejects} == {"not_a_session"}
    assert (len(parsed.rejects), parsed.rows_in) == (16 * 13, 579 * 13)
    last = parsed.frames["core_etf__flows"].filter(pl.col("trade_date") == date(2026, 4, 10))
    assert set(last["finality"]) == {"preliminary"}
    assert last.filter(pl.col("fund") == "MSBT")["status"].to_list() == ["pending"]
    assert last.filter(pl.col("fund") == "IBIT")["flow_usd"].to_list() == [137_600_000]
    before = parsed.frames["core_etf__flows"].filter(pl.col("trade_date") < date(2026, 4, 10))
    assert set(before["finality"]) == {"final"}
    missing = before.filter(pl.col("status") == "missing")
    assert missing.select("trade_date", "fund").rows() == [(date(2024, 11, 20), "BTC")]


def test_the_page_with_its_pending_last_row(read):
    """13 reported days, and one of dashes whose total reads 0.0."""
    ((_, parsed),) = read("farside/btc_page")
    flows, totals = parsed.frames["core_etf__flows"], parsed.frames["core_etf__totals"]
    assert (parsed.rejects, flows.height, totals.height) == ([], 14 * 12, 14)
    pending = flows.filter(pl.col("trade_date") == date(2026, 7, 23))
    assert set(pending["status"]) == {"pending"}
    assert pending["flow_usd"].null_count() == pending["printed_flow_usd"].null_count() == 12
    assert totals.row(-1, named=True) == {
        "trade_date": date(2026, 7, 23),
        "asset": "BTC",
        "printed_total_usd": 0.0,
        "status": "pending",
        "finality": "preliminary",
    }
    rest = flows.filter(pl.col("trade_date") < date(2026, 7, 23))
    assert (set(rest["finality"]), rest["flow_usd"].null_count()) == ({"final"}, 0)
    assert totals["printed_total_usd"][0] == 265_700_000
    assert rest.filter(pl.col("fund") == "GBTC")["flow_usd"][0] == -44_500_000


def test_all_versions_of_the_eth_table_are_read(versions):
    """Not one of them is refused, the version without the new fund included."""
    assert len(versions) == 140
    columns = [parsed.frames["core_etf__flows"]["fund"].n_unique() for _, parsed in versions]
    assert (columns.count(9), columns.count(10)) == (51, 89)


def test_the_thirty_cells_that_change_were_pending_zeros(versions):
    """A pending fund is written as 0.0: no such zero may count as a reported one."""
    cells = changed(history(versions, "core_etf__flows"), ["trade_date", "fund"], "printed_flow_usd")
    assert (cells.height, cells["trade_date"].n_unique()) == (30, 20)
    assert set(cells["first_printed_flow_usd"]) == {0.0}
    assert set(cells["first_status"]) == {"pending_zero"}
    assert cells["first_flow_usd"].null_count() == 30
    assert cells["last_flow_usd"].equals(cells["last_printed_flow_usd"])
    assert set(cells["first_finality"]) == {"preliminary"}


def test_no_version_called_a_zero_reported_that_changed_later(versions):
    """Not only at first sight: at no version before the number came."""
    flows = history(versions, "core_etf__flows")
    reported = flows.filter(pl.col("flow_usd").is_not_null())
    assert reported.group_by("trade_date", "fund").agg(n=pl.col("flow_usd").n_unique())["n"].max() == 1


def test_a_new_fund_column_moves_a_total_already_printed(versions):
    """ETHB appears on 2026-03-16, and the total of 2026-03-12 moves by its flow."""
    ethb = history(versions, "core_etf__flows").filter(pl.col("fund") == "ETHB")
    assert ethb["known_at"].min().isoformat() == "2026-03-16T04:29:10+00:00"
    before_launch = ethb.filter(pl.col("trade_date") < date(2026, 3, 12))
    assert set(before_launch["status"]) == {"not_launched"}
    totals = changed(history(versions, "core_etf__totals"), ["trade_date"], "printed_total_usd")
    assert totals.height == 21
    moved = totals.filter(pl.col("trade_date") == date(2026, 3, 12)).row(0, named=True)
    assert (moved["first_printed_total_usd"], moved["last_printed_total_usd"]) == (72_400_000, 115_900_000)
    assert (moved["first_status"], moved["first_finality"]) == ("partial", "preliminary")


def test_btc_liquidations_of_the_crash(read):
    """688.5 millions long and 204.8 millions short on 2026-02-05."""
    day = table_of(read("cryptoquant/"), "core_liquidations__vendor_totals")
    usd = day.filter((pl.col("fact_date") == date(2026, 2, 5)) & (pl.col("unit") == "usd"))
    assert {side: round(value / 1e6, 1) for side, value in usd.select("liq_side", "value").iter_rows()} == {
        "long": 688.5,
        "short": 204.8,
    }


def test_the_rank_of_the_crash_among_ninety_days(read):
    """688.5 millions of longs were the fifth of 90 days, both sides together the third: no record."""
    totals = table_of(read("cryptoquant/"), "core_liquidations__vendor_totals").filter(unit="usd")
    sides = totals.select("fact_date", "liq_side", notional_usd="value")
    both = sides.group_by("fact_date").agg(pl.col("notional_usd").sum(), liq_side=pl.lit("all"))
    ranked = rank_in_window(pl.concat([sides, both.select(sides.columns)]), by=["liq_side"])
    day = ranked.filter(fact_date=date(2026, 2, 5)).sort("liq_side")
    assert day["rank_90d"].to_list() == [3, 5, 5]
    assert day.select("n_days_90d", "n_missing_days_90d").unique().rows() == [(90, 0)]


def test_exchange_metrics_have_one_part_day(read):
    """2026-04-11 had two hours when the files were known."""
    flows = table_of(read("cryptoquant/"), "core_exchange__flows")
    assert flows.group_by("metric", "unit").len().height == 5
    preliminary = flows.filter(pl.col("finality") == "preliminary")
    assert preliminary["fact_date"].to_list() == [date(2026, 4, 11)] * 5


def test_netflow_is_inflow_minus_outflow_on_every_final_day(read):
    """Three files of one vendor, mapped to the right metric and sign."""
    flows = table_of(read("cryptoquant/"), "core_exchange__flows")
    wide = flows.filter((pl.col("unit") == "coin") & (pl.col("fact_date") >= date(2020, 1, 1))).pivot(
        "metric", index="fact_date", values="value"
    )
    gap = (pl.col("inflow") - pl.col("outflow") - pl.col("netflow")).abs()
    assert wide.select(gap.max()).item() < 1e-4


def test_stablecoin_export_has_live_rows_and_no_dollars(read):
    """Id 258 counts roubles; amounts become dollars only where the peg is known."""
    parts = read("defillama/")
    rows = pl.concat(parsed.frames["core_stablecoins__supply"] for _, parsed in parts)
    assert [parsed.rejects for _, parsed in parts] == [[], [], []]
    assert rows["circulating_usd"].null_count() == rows.height
    assert rows.n_unique(["fact_date", "stablecoin_id", "chain"]) == rows.height
    preliminary = rows.filter(pl.col("finality") == "preliminary")
    assert set(preliminary["fact_date"]) == {date(2026, 4, 17)}
    rouble = rows.filter((pl.col("stablecoin_id") == "258") & (pl.col("fact_date") == date(2026, 4, 16)))
    assert rouble["circulating_peg"].item() == 43_781_275_309
