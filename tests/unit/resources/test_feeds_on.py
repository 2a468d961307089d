"""Which live feeds are on, why the others are off, and what their connectors are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.resources.config_file import ConfigError
from orchestration.resources.config_names import verify
from orchestration.resources.feeds_on import feeds_off, feeds_on, options_of
from orchestration.resources.settings import Settings, from_environment
from orchestration.sources.http.contract import Connector

SOURCES = {"quotes": "okx", "flows": "farside", "bars": "coinglass"}
CONNECTORS = {
    feed: Connector(feed, lambda batch: (), "history", ("00:20",), "all", "none", secrets=secrets)
    for feed, secrets in (("quotes", ()), ("flows", ()), ("bars", ("COINGLASS_API_KEY",)))
}


@pytest.fixture
def configured(tmp_path: Path):
    """Settings of a file and an environment."""

    def make(text: str = "", **environment: str) -> Settings:
        path = tmp_path / "sluice.toml"
        path.write_text(text, "utf-8")
        return from_environment({"SLUICE_CONFIG": str(path)} | environment)

    return make


def test_everything_is_on_but_what_lacks_its_key(configured):
    """A keyless batch needs no configuration."""
    assert feeds_off(configured(), CONNECTORS, SOURCES) == {"bars": "needs COINGLASS_API_KEY in the environment"}
    with_key = configured(COINGLASS_API_KEY="canary-0123456789")
    assert set(feeds_on(with_key, CONNECTORS, SOURCES)) == set(CONNECTORS)


def test_feeds_and_whole_sources_are_switched_off_by_name_and_the_reason_says_where(configured, tmp_path):
    """What is off must be found again."""
    settings = configured('[feeds]\noff = ["quotes"]\nsources_off = ["farside"]\n')
    off = feeds_off(settings, CONNECTORS, SOURCES)
    assert off["quotes"] == f"off in {tmp_path / 'sluice.toml'}:2"
    assert off["flows"] == f"farside is off in {tmp_path / 'sluice.toml'}:3"
    assert feeds_on(settings, CONNECTORS, SOURCES) == {}


def test_a_run_of_some_sources_has_their_feeds_only(configured):
    """`--only` must not ask the others for anything."""
    settings = replace(configured(), only=("okx",))
    assert set(feeds_on(settings, CONNECTORS, SOURCES)) == {"quotes"}


def test_connectors_are_told_their_table_and_whether_there_is_a_key_but_never_the_key(configured):
    """Options show in errors."""
    text = '[sources.tardis]\nticker_exchanges = ["deribit"]\nassets = ["BTC"]\n'
    settings = configured(text, TARDIS_API_KEY="canary-0123456789")
    assert options_of(settings, "tardis") == {"ticker_exchanges": ["deribit"], "has_key": True}
    assert options_of(settings, "coingecko") == {"has_key": False}
    assert options_of(settings, "okx") == {"has_key": False}
    assert settings.config.assets_of("tardis") == ("BTC",)
    assert settings.config.assets_of("okx") == ("BTC", "ETH", "SOL")


def test_channels_of_the_recorder_are_checked_by_name(configured):
    """A venue that is not recorded for a mistyped name is lost for good."""
    text = '[recorder]\nvenues = ["bybt", "okx", "bybit_linear"]\n[recorder.silence_seconds]\nbybit_liner = 60\n'
    with pytest.raises(ConfigError) as caught:
        verify(configured(text))
    found = {problem.line: problem.message for problem in caught.value.problems}
    assert set(found) == {2, 4}
    assert "'bybit'" in found[2]
    assert "'bybit_linear'" in found[4]
