"""ETF flows of several vendors and an issuer, from their files to the totals that compete for the fact."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from orchestration.sources.base import Received, land
from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.derive import derive
from orchestration.store.ingest import ingest
from orchestration.store.layout import Layout
from schemas.funds import funds_of
from transforms.parse import FEEDS

THURSDAY, FRIDAY = date(2026, 2, 5), date(2026, 2, 6)
FUNDS = sorted(ticker for ticker, fund in funds_of("BTC").items() if fund.launch_date <= THURSDAY)
CELLS = dict.fromkeys(FUNDS, 0.0) | {"IBIT": -175.3, "FBTC": -109.5, "GBTC": -149.3}


def at(hour: int, day: int = 6) -> datetime:
    return datetime(2026, 2, day, hour, tzinfo=UTC)


def farside(cells: dict[str, float | None]) -> str:
    printed = ["-" if cells.get(fund) is None else str(cells[fund]) for fund in FUNDS]
    total = round(sum(usd or 0 for usd in cells.values()), 1)
    return f"Date,{','.join(FUNDS)},Total\n2026-02-05,{','.join(printed)},{total}\n"


def holdings(day: date, shares: int) -> str:
    return f'Fund Holdings as of,"{day:%b %d, %Y}"\nShares Outstanding,"{shares:,}"\nNAV,"36.10"\nTicker,Name\n'


@pytest.fixture(scope="module")
def core(tmp_path_factory) -> CoreStore:
    """5 February 2026: Farside in part and whole, SoSoValue, CoinGlass, TFTC, and IBIT's issuer."""
    layout = Layout(tmp_path_factory.mktemp("home"))
    sosovalue = json.dumps({"code": 0, "data": [{"date": "2026-02-05", "totalNetInflow": -434_110_000.0}]})
    funds = [{"etf_ticker": fund, "flow_usd": usd * 1e6} for fund, usd in CELLS.items()]
    stamp = int(datetime(2026, 2, 5, tzinfo=UTC).timestamp() * 1000)
    coinglass = json.dumps({"code": "0", "data": [{"timestamp": stamp, "flow_usd": -434.1e6, "etf_flows": funds}]})
    tftc = json.dumps({"units": "USD", "days": [{"date": "2026-02-05", "netFlowUsd": -434.2e6, "perEtfUsd": None}]})
    partial = {fund: usd for fund, usd in CELLS.items() if fund != "IBIT"}
    files = [
        ("farside_etf_flows", farside(partial), at(7), {}),
        ("sosovalue_etf_flows", sosovalue, at(8), {}),
        ("farside_etf_flows", farside(CELLS), at(13), {}),
        ("coinglass_etf_flows", coinglass, at(14), {}),
        ("tftc_etf_flows", tftc, at(15), {}),
        ("ishares_holdings", holdings(THURSDAY, 1_300_000_000), at(22, 5), {"fund": "IBIT"}),
        ("ishares_holdings", holdings(FRIDAY, 1_295_143_000), at(22, 6), {"fund": "IBIT"}),
    ]
    CoreStore(layout).ensure()
    received = [
        Received(feed, "files", f"file:{n}", body.encode(), known, params={"asset": "BTC", **params})
        for n, (feed, body, known, params) in enumerate(files)
    ]
    land(layout, received, {name: feed.source for name, feed in FEEDS.items()}, at(0, 10))
    for feed in dict.fromkeys(name for name, *_ in files):
        report = ingest(layout, FEEDS[feed])
        assert report.failed == [], feed
    derive(CoreStore(layout))
    return CoreStore(layout)


def totals(core: CoreStore) -> pl.DataFrame:
    return core.read(table_of("core_etf__source_totals")).sort("recorded_at")


def test_each_source_has_its_own_total_and_farsides_first_is_partial(core):
    """A total mended with another table's cells is a number that nobody printed."""
    columns = ("source", "flow_usd", "n_funds_reported", "n_funds_expected", "status", "finality", "recorded_at")
    assert totals(core).select(columns).rows() == [
        ("farside_etf_flows", -258.8e6, 10, 11, "partial", "preliminary", at(7)),
        ("sosovalue_etf_flows", -434.11e6, None, 11, None, "final", at(8)),
        ("farside_etf_flows", -434.1e6, 11, 11, None, "final", at(13)),
        ("coinglass_etf_flows", -434.1e6, 11, 11, None, "final", at(14)),
        ("tftc_etf_flows", -434.2e6, None, 11, None, "final", at(15)),
    ]


def test_the_issuers_counts_give_the_flow_on_its_trade_date(core):
    """The count of the 6th has the orders of the 5th: -175.3m, as the table printed it."""
    rebuilt = core.read(table_of("core_etf__rebuilt_flows")).filter(trade_date=THURSDAY).sort("recorded_at")
    assert rebuilt.select("recorded_at", "flow_usd", "status").rows() == [
        (at(22, 5), None, "pending"),
        (at(22), -175_337_700.0, None),
    ]


def test_the_best_complete_source_is_chosen_at_every_instant_and_copies_do_not_confirm(core):
    """CoinGlass and TFTC repeat Farside: five sources, two opinions."""
    assessed = core.read(table_of("core_confidence__assessments")).filter(
        confidence_series="etf_total", fact_date=THURSDAY
    )
    columns = ("recorded_at", "source", "anchor_value", "n_clusters", "n_contradicting")
    assert assessed.sort("recorded_at").select(columns).rows()[:3] == [
        (at(7), "farside_etf_flows", -258.8e6, 1, 0),
        (at(8), "sosovalue_etf_flows", -434.11e6, 1, 0),
        (at(13), "farside_etf_flows", -434.1e6, 2, 0),
    ]
    assert assessed["n_clusters"].max() == 2
    fund = core.read(table_of("core_confidence__assessments")).filter(
        confidence_series="etf_fund", fact_date=THURSDAY, entity="IBIT"
    )
    last = fund.sort("recorded_at").row(-1, named=True)
    assert (last["source"], last["n_clusters"], last["grade"]) == ("issuer_rebuild", 2, "A")
