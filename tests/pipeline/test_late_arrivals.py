"""What arrives late is published late, and never rewrites what was known before."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from orchestration.pipeline import Pipeline
from orchestration.resources.settings import Settings
from orchestration.store import releases
from transforms.parse import SOURCES

MAP = """
[[feed]]
match = "prints-*"
name = "okx_liquidations"
known_at = { pattern = '(?P<t>\\d{8}T\\d{4})', format = "%Y%m%dT%H%M" }
[[feed]]
match = "instruments-*"
name = "okx_instruments"
known_at = { pattern = '(?P<t>\\d{8}T\\d{4})', format = "%Y%m%dT%H%M" }
"""
SWAP = {
    "instId": "BTC-USDT-SWAP", "instType": "SWAP", "instFamily": "BTC-USDT", "uly": "BTC-USDT", "ctType": "linear",
    "ctVal": "0.01", "ctMult": "1", "ctValCcy": "BTC", "settleCcy": "USDT", "expTime": "", "listTime": "1611916828000",
    "state": "live", "instCategory": "1", "baseCcy": "", "quoteCcy": "",
}  # fmt: skip
DAY = "select * from fct_liquidations_daily{} where fact_date = date '2026-02-05' and liq_side = 'long'"


def _print(at: datetime, contracts: int) -> str:
    detail = {"side": "sell", "posSide": "long", "bkPx": "60000", "sz": str(contracts), "bkLoss": "0", "ccy": "",
              "ts": str(int(at.timestamp() * 1000))}  # fmt: skip
    message = {
        "arg": {"channel": "liquidation-orders", "instType": "SWAP"},
        "data": [{"instId": "BTC-USDT-SWAP", "instType": "SWAP", "uly": "BTC-USDT", "details": [detail]}],
    }
    return json.dumps(message) + "\n"


def _instruments(*symbols: str) -> str:
    data = [
        SWAP | {"instId": symbol, "instFamily": symbol[:8], "uly": symbol[:8], "ctValCcy": symbol[:3]}
        for symbol in symbols
    ]
    return json.dumps({"code": "0", "msg": "", "data": data})


class Home:
    """A data directory with an inbox; `run` lands it and publishes."""

    def __init__(self, folder):
        self.home, self.inbox = folder / "home", folder / "inbox"
        self.inbox.mkdir()
        (self.inbox / "inbox.toml").write_text(MAP)

    def pipeline(self) -> Pipeline:
        return Pipeline(Settings(self.home, "files", self.inbox, everything=True))

    def run(self, *domains: str) -> bool:
        pipeline = self.pipeline()
        for source in ("okx",):
            assert source in SOURCES.values()
            pipeline.land(source)
        for domain in domains or ("basis", "liquidations"):
            pipeline.core(domain)
        pipeline.build()
        pipeline.audit()
        return pipeline.publish().is_new

    def query(self, text: str) -> list[dict]:
        with releases.open_release(self.pipeline().layout) as connection:
            return connection.sql(text).pl().to_dicts()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Prints of 5 February, then their instrument, then a late print of the 4th, each in a release of its own."""
    home = Home(tmp_path_factory.mktemp("late"))
    (home.inbox / "prints-20260206T0030.ndjson").write_text(
        _print(datetime(2026, 2, 5, 0, 20, tzinfo=UTC), 100) + _print(datetime(2026, 2, 5, 12, tzinfo=UTC), 50)
    )
    assert home.run()
    home.first = home.query(DAY.format("_vintages"))
    (home.inbox / "instruments-20260207T0000.json").write_text(_instruments("BTC-USDT-SWAP"))
    assert home.run()
    home.second = home.query(DAY.format("_vintages") + " order by recorded_at")
    (home.inbox / "prints-20260208T0000.ndjson").write_text(_print(datetime(2026, 2, 4, 23, 50, tzinfo=UTC), 300))
    assert home.run()
    return home


def test_a_print_without_its_instrument_is_counted_and_not_priced(home):
    """A notional made of a guessed contract value is wrong by a hundred."""
    (only,) = home.first
    assert (only["notional_usd"], only["n_prints"], only["n_unpriced_prints"], only["status"]) == (
        None,
        2,
        2,
        "no_instrument",
    )


def test_the_instrument_prices_it_from_when_it_was_known(home):
    """The release would be refused, or history rewritten, where pricing replaced the unpriced vintage."""
    before, after = home.second
    assert before | {"superseded_at": None, "is_latest": True} == home.first[0]
    assert (after["notional_usd"], after["n_prints"], after["n_unpriced_prints"]) == (90_000.0, 2, 0)
    assert after["recorded_at"] == datetime(2026, 2, 7, tzinfo=UTC)
    assert home.query(DAY.format("_as_of('2026-02-06 12:00')"))[0]["notional_usd"] is None


def test_a_late_print_of_the_day_before_raises_the_rolling_hour(home):
    """An hour runs over midnight; its maximum stayed where the day's own prints had left it."""
    assert home.query(DAY.format(""))[0]["max_1h_usd"] == 240_000.0
    assert home.query(DAY.format("_as_of('2026-02-07 12:00')"))[0]["max_1h_usd"] == 60_000.0


def test_an_instrument_alone_is_published(home):
    """Venues forget expired contracts: a list that nobody has traded on yet must not wait for prints."""
    (home.inbox / "instruments-20260209T0000.json").write_text(_instruments("BTC-USDT-SWAP", "ETH-USDT-SWAP"))
    assert home.run()
    assert {row["symbol"] for row in home.query("from dim_instruments")} == {"BTC-USDT-SWAP", "ETH-USDT-SWAP"}
    assert not home.run()


def test_core_without_a_build_is_not_taken_for_published(home):
    """Publishing an older candidate must leave what came after it waiting."""
    (home.inbox / "prints-20260210T0000.ndjson").write_text(_print(datetime(2026, 2, 9, 12, tzinfo=UTC), 10))
    pipeline = home.pipeline()
    pipeline.land("okx")
    pipeline.core("basis")
    pipeline.core("liquidations")
    assert not pipeline.publish().is_new
    assert pipeline.has_work
    assert home.run()
    assert home.query("select count(*) as n from fct_liquidations_daily where fact_date = date '2026-02-09'") == [
        {"n": 1}
    ]
