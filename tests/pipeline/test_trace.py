"""Any published number leads to the file it came from, to its hash, and to the bytes in which it stands."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest

FARSIDE, HISTORY = "farside/btc_etf_flows_all_2026-04-10.csv", "farside/eth_asof/2026-02-12"
CRYPTOQUANT, ALL = "cryptoquant/btc/Bitcoin", "- All Exchanges - Day.csv"

# Table and key of a published number; the file it stands in, and how it stands there.
NUMBERS = {
    "ETF flow of a fund": (
        "fct_etf_flows_daily trade_date=2026-02-05 asset=BTC fund=IBIT", FARSIDE, r"^2026-02-05,-175\.3,"),
    "ETF flow, a value since replaced": (
        "fct_etf_flows_daily_vintages trade_date=2026-02-11 asset=ETH fund=ETHW revision=0",
        f"{HISTORY}T000456+0000_cb39b465_eth_etf_flows.json.gz", r'"ETHW": 0\.0'),
    "ETF total": ("fct_etf_totals_daily trade_date=2026-02-05 asset=BTC", FARSIDE, r"^2026-02-05,.*,-434\.1\s*$"),
    "exchange netflow": (
        "fct_flows_daily fact_date=2026-02-05 flow_type=exchange_netflow asset=BTC",
        f"{CRYPTOQUANT} Exchange Netflow (Total) {ALL}", r"^2026-02-05T00:00:00Z,-?\d"),
    "liquidations": (
        "fct_liquidations_daily fact_date=2026-02-05 asset=BTC liq_side=long",
        f"{CRYPTOQUANT} Long Liquidations USD - All Exchanges, All Symbol - Day.csv",
        r"^2026-02-05T00:00:00Z,688457614\.29184"),
    "future's price": (
        "fct_futures_basis_daily fact_date=2026-02-05 venue=cme", "basis/btc_basis_ibkr_rolling.csv",
        r"^2026-02-05,66785\.00,63270\.00,"),
    "stablecoin supply": (
        "fct_stablecoin_supply_daily fact_date=2026-04-16 stablecoin_id=258",
        "defillama/stablecoin-mcap-chart_combined_2026-04-17 part", r"43781275309"),
}  # fmt: skip


@pytest.mark.parametrize(("row", "file", "printed"), NUMBERS.values(), ids=NUMBERS)
def test_a_published_number_leads_to_its_file_hash_and_bytes(
    row, file, printed, realdata_home, realdata, sluice, tmp_path
):
    """A number whose source cannot be shown is an opinion; lineage that names the wrong file is worse."""
    said = sluice(realdata_home)("trace", *row.split(), "--save", str(tmp_path)).stdout
    source = next(realdata / name for name in re.findall(r"  file:(.*)", said) if name.startswith(file))
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    assert digest in said
    saved = (tmp_path / digest).read_bytes()
    assert hashlib.sha256(saved).hexdigest() == digest
    text = gzip.decompress(saved) if saved[:2] == b"\x1f\x8b" else saved
    assert re.search(printed, text.decode(), flags=re.MULTILINE)


def test_every_saved_payload_is_what_its_name_says_and_is_named_in_the_answer(sample_home, sluice, tmp_path):
    """A sum of thousands of prints comes from several payloads; one of them left out would hide a fault."""
    row = ("fct_liquidations_daily", "fact_date=2026-02-05", "asset=BTC", "venue=bybit", "liq_side=long")
    said = sluice(sample_home)("trace", *row, "--save", str(tmp_path)).stdout
    saved = {path.name: path.read_bytes() for path in Path(tmp_path).iterdir()}
    assert saved
    for name, content in saved.items():
        assert hashlib.sha256(content).hexdigest() == name
        assert name in said
    assert any(b"allLiquidation" in _plain(content) for content in saved.values())
    assert re.search(r"is_simulated +yes", said)


def _plain(content: bytes) -> bytes:
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def test_a_row_that_does_not_exist_is_wrong_use(realdata_home, sluice):
    """An empty trace would read as a number without a source."""
    done = sluice(realdata_home)("trace", "fct_etf_flows_daily", "trade_date=2026-02-05", "fund=NONE", code=2)
    assert "no row" in done.stderr
