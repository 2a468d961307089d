"""The configuration file: each mistake is named by line and key, and what is not said is the default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.resources.config import Config
from orchestration.resources.config_file import ConfigError, load
from orchestration.resources.config_names import verify
from orchestration.resources.config_options import HAS_KEY, OPTIONS
from orchestration.resources.config_text import default_file, effective
from orchestration.resources.settings import SECRETS, SettingsError, from_environment
from orchestration.sources.http.settings import HttpSettings
from orchestration.sources.http.venues import CONNECTORS
from transforms.parse import SOURCES

ROOT = Path(__file__).resolve().parents[3]

# text -> line, key, what the message says
MISTAKES = {
    'assets = ["BTC"]\n\n[http]\nattempts = "6"\n': (4, "http.attempts", "should be a valid integer; it is '6'"),
    "[http]\nattempts = true\n": (2, "http.attempts", "should be a valid integer"),
    "[http]\n# more\nattempts = 0\n": (3, "http.attempts", "greater than or equal to 1; it is 0"),
    "[http]\nread_seconds = nan\n": (2, "http.read_seconds", "finite number"),
    "[http]\nconcurency = 3\n": (2, "http.concurency", "did you mean 'concurrency'?"),
    "[htpp]\n": (1, "htpp", "did you mean 'http'?"),
    "[nothing]\nlike_it = 1\n": (1, "nothing", "known: alerts, assets"),
    'assets = [\n  "BTC",\n  "eth",\n]\n': (1, "assets", "in capitals"),
    "assets = []\n": (1, "assets", "at least 1"),
    '[feeds]\ntransport = "ftp"\n': (2, "feeds.transport", "'sample', 'files' or 'http'; it is 'ftp'"),
    '[http.mirrors]\n"https://a.b" = "a.b"\n': (2, 'http.mirrors."https://a.b"', "a base URL is a scheme and a host"),
    '[http]\nlimits = { "binance.futures" = 0 }\n': (2, 'http.limits."binance.futures"', "more than 0"),
    "[snapshots]\ngrace_minutes = 0\n": (2, "snapshots.grace_minutes", "greater than or equal to 1"),
    "snapshots.grace_minutes = 0\n": (1, "snapshots.grace_minutes", "greater than or equal to 1"),
    '[alerts]\noff = ["lates"]\n': (2, "alerts.off", "'late'"),
    '[alerts]\nname = "x\\nBcc: a@b.c"\n': (2, "alerts.name", "should match pattern"),
    '[alerts]\nmail_to = ["a@b.c\\r\\nBcc: x@y.z"]\n': (2, "alerts.mail_to", "an e-mail address is like"),
    '[alerts]\nmail_to = ["a@b.c"]\n': (1, "alerts", "mail_to needs mail_from and mail_host"),
    "[http]\nattempts = 1\nattempts = 2\n": (3, "", "not valid TOML"),
    "[http\n": (1, "", "not valid TOML"),
}


@pytest.fixture
def written(tmp_path: Path):
    """Write a configuration and give its path."""

    def write(text: str) -> Path:
        path = tmp_path / "sluice.toml"
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.mark.parametrize("text", MISTAKES, ids=lambda text: text.splitlines()[-1])
def test_a_mistake_is_named_by_file_line_and_key_with_what_is_allowed(written, text):
    """A file of hundred lines with `value is not a valid integer` is searched by hand."""
    line, key, message = MISTAKES[text]
    path = written(text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    problem = caught.value.problems[0]
    assert (problem.line, problem.key) == (line, key)
    assert message in problem.message
    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_all_mistakes_are_named_at_once_in_the_order_of_the_file(written):
    """One mistake per run makes five runs of five mistakes."""
    with pytest.raises(ConfigError) as caught:
        load(written("[http]\nattempts = 0\nper_hots = 1\n[snapshots]\ngrace_minutes = 0\n"))
    assert [problem.line for problem in caught.value.problems] == [2, 3, 5]


def test_a_value_over_several_lines_does_not_shift_the_lines_after_it(written):
    """A line number that is off by the length of a list sends one to the wrong line."""
    text = 'assets = [\n  "BTC",  # [not a table]\n  "ETH",\n]\n[sources.bybit]\nnote = """\n[http]\n"""\n'
    text += "[http]\nattempts = 0\n"
    with pytest.raises(ConfigError) as caught:
        load(written(text))
    assert [(problem.line, problem.key) for problem in caught.value.problems] == [(10, "http.attempts")]


def test_a_key_of_a_vendor_in_the_file_is_refused_without_being_shown(written):
    """Files are committed and copied; a key belongs in the environment."""
    with pytest.raises(ConfigError, match="environment only") as caught:
        load(written('[sources.fred]\napi_key = "0123456789abcdef"\n'))
    assert caught.value.problems[0].line == 1
    assert "0123456789" not in str(caught.value)


def test_names_that_do_not_exist_are_named_with_the_closest(written):
    """A feed that is switched off under a mistyped name goes on."""
    path = written(
        '[feeds]\noff = ["farside_etf_flow"]\nsources_off = ["farsid"]\n[http.limits]\n"nope.x" = 1\n[sources.bybt]\n'
    )
    with pytest.raises(ConfigError) as caught:
        verify(from_environment({"SLUICE_CONFIG": str(path)}))
    lines = [(problem.line, problem.message) for problem in caught.value.problems]
    assert [line for line, _ in lines] == [2, 3, 5, 6]
    assert "did you mean 'farside_etf_flows'?" in lines[0][1]
    assert "did you mean 'farside'?" in lines[1][1]
    assert "did you mean 'bybit'?" in lines[3][1]


def test_an_option_that_no_connector_reads_is_named(written):
    """An option under a mistyped name has no effect, and nobody hears of it."""
    path = written('[sources.bybit]\ncandle_interval = ["1d"]\n')
    with pytest.raises(ConfigError, match="did you mean 'candle_intervals'"):
        verify(from_environment({"SLUICE_CONFIG": str(path)}))


def test_the_default_file_changes_nothing_and_nor_does_it_with_every_line_uncommented(written):
    """A default that the written file says differently holds only until somebody uncomments it."""
    assert load(written(default_file())).config == load(written("")).config
    uncommented = re.sub(r"^# (\w+ = )", r"\1", default_file().partition("# What the connectors")[0], flags=re.M)
    assert "\nattempts = 6\n" in uncommented
    assert load(written(uncommented)).config == load(written("")).config


def test_http_defaults_are_the_transports_own():
    """Two defaults of one time-out drift apart."""
    assert Config().http.settings() == HttpSettings()


def test_paths_of_the_file_are_relative_to_it(written, tmp_path, monkeypatch):
    """A data directory that depends on where one stands is two data directories."""
    path = written('[paths]\nhome = "data"\ninbox = "/srv/in"\n[http]\nca_bundle = "ca.pem"\n')
    monkeypatch.chdir("/")
    settings = from_environment({"SLUICE_CONFIG": str(path)})
    assert (settings.home, settings.inbox) == (tmp_path / "data", Path("/srv/in"))
    assert settings.http.ca_bundle == tmp_path / "ca.pem"


def test_the_environment_wins_over_the_file(written, tmp_path):
    """A run that is told otherwise for once must not need another file."""
    path = written('[paths]\nhome = "data"\n[feeds]\ntransport = "http"\n[http]\nca_bundle = "ca.pem"\n')
    environment = {"SLUICE_CONFIG": str(path), "SLUICE_HOME": "/else", "SLUICE_CA_BUNDLE": "/my.pem"}
    settings = from_environment(environment)
    assert (settings.home, settings.feeds, settings.http.ca_bundle) == (Path("/else"), "http", Path("/my.pem"))
    assert from_environment(environment | {"SLUICE_FEEDS": "files"}).feeds == "files"


def test_without_a_file_the_defaults_hold_and_a_named_one_must_be_there(tmp_path, monkeypatch):
    """A mistyped SLUICE_CONFIG must not mean the defaults."""
    monkeypatch.chdir(tmp_path)
    settings = from_environment({})
    assert (settings.given, settings.config, settings.home) == (None, Config(), tmp_path / ".sluice")
    with pytest.raises(SettingsError, match="there is no such file"):
        from_environment({"SLUICE_CONFIG": "nope.toml"})


def test_the_file_beside_one_is_found(written, tmp_path, monkeypatch):
    """`sluice config init` writes it there."""
    path = written("[http]\nattempts = 2\n")
    monkeypatch.chdir(tmp_path)
    assert from_environment({}).http.attempts == 2
    assert from_environment({}).given.path.absolute() == path


def test_what_is_shown_says_where_it_comes_from_and_no_secret(written):
    """Of a value that surprises, one wants to know who set it; a key must not be on the screen."""
    path = written('[http]\nattempts = 2\n[sources.bybit]\ncandle_intervals = ["1d"]\n')
    secret = "canary-0123456789"
    found = {
        item.key: item
        for item in effective(
            from_environment({"SLUICE_CONFIG": str(path), "SLUICE_HOME": "/h", "FRED_API_KEY": secret})
        )
    }
    assert found["http.attempts"] == ("http.attempts", "2", f"{path}:2")
    assert found["http.per_host"].where == "default"
    assert found["paths.home"] == ("paths.home", '"/h"', "environment, SLUICE_HOME")
    assert found["sources.bybit.candle_intervals"].where == f"{path}:4"
    assert (found["FRED_API_KEY"].value, found["TARDIS_API_KEY"].value) == ("set", "not set")
    assert secret not in repr(found)


def test_every_option_that_a_connector_reads_can_be_configured():
    """An option that is not declared is refused as mistyped."""
    found = set()
    for path in (ROOT / "orchestration" / "sources" / "http").rglob("*.py"):
        found |= set(re.findall(r'(?:options\.get|listed|mapped)\((?:batch, )?"(\w+)"', path.read_text("utf-8")))
    assert found - {HAS_KEY} <= {name for options in OPTIONS.values() for name in options}
    assert set(OPTIONS) <= set(SOURCES.values())


def test_every_secret_of_a_connector_is_read_and_hidden():
    """A key that the settings do not know is never there, and never redacted."""
    assert {name for connector in CONNECTORS.values() for name in connector.secrets} <= set(SECRETS)
