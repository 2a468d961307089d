"""`sluice feeds`, `sluice config` and what `sluice status` says of live feeds, as a user has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.cli.drift import new_in_run
from orchestration.sources.http.venues import CONNECTORS
from orchestration.store.drift import Drifts
from orchestration.store.feed_log import Failure, FeedLog
from orchestration.store.layout import Layout
from orchestration.store.ledger import Fetch, Ledger
from schemas.shape import Drift

WRONG_USE = 2
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
HISTORY, OTHER_HISTORY, SNAPSHOT, KEYED = (
    "deribit_funding_history", "binance_funding_history", "deribit_option_summary", "coinglass_liquidations",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data directory whose live feeds have been on for three days."""
    made = tmp_path / "home"
    FeedLog(Layout(made)).watch(CONNECTORS, CONNECTORS, NOW - 3 * DAY)
    return made


def fetched(home: Path, feed: str, when: datetime, content: str = "a") -> None:
    """Record a live fetch."""
    fetch = Fetch("s", feed, "http", f"https://x/{feed}", when, when, content, 1, when.date())
    Ledger(Layout(home).ledger).record([fetch])


def test_a_live_feed_tells_everything_that_one_needs_to_rely_on_it(cli, home):
    """What, from where, limits, licence, history, finality rule, last fetch, last change, next due."""
    fetched(home, HISTORY, NOW - 2 * DAY)
    fetched(home, HISTORY, NOW, content="a")
    said = cli("feeds", "show", HISTORY, home=home)
    assert said.code == 0
    for label in ("source", "from", "limits", "licence", "reach", "finality", "last fetch", "last change", "next due",
                  "due", "kind", "again", "live", "late since"):  # fmt: skip
        assert any(line.startswith(label) for line in said.out.splitlines()), label
    connector = CONNECTORS[HISTORY]
    for text in (connector.reach, connector.limit_note, ", ".join(connector.due), "not late", "7 days before a batch"):
        assert text in said.out
    assert f"last change   {NOW - 2 * DAY:%Y-%m-%d %H:%M:%S}Z" in said.out


def test_a_feed_without_a_connector_says_that_files_bring_it(cli):
    """Somebody waits for a fetch that never comes."""
    assert "files only" in cli("feeds", "show", "cryptoquant_exchange_flows").out


def test_a_feed_whose_key_is_not_there_says_which(cli, monkeypatch):
    """A feed that is silently off looks like one that is late."""
    monkeypatch.delenv("COINGLASS_API_KEY", raising=False)
    assert "off: needs COINGLASS_API_KEY in the environment" in cli("feeds", "show", KEYED).out
    monkeypatch.setenv("COINGLASS_API_KEY", "canary-0123456789")
    said = cli("feeds", "show", KEYED)
    assert "on, with --feeds http" in said.out
    assert "canary" not in said.out + said.err


def test_a_feed_that_is_switched_off_says_where(cli, tmp_path, monkeypatch):
    """One line in a file is forgotten sooner than the feed is missed."""
    file = tmp_path / "sluice.toml"
    file.write_text(f'[feeds]\nsources_off = ["binance"]\noff = ["{HISTORY}"]\n')
    monkeypatch.setenv("SLUICE_CONFIG", str(file))
    assert f"off in {file}:3" in cli("feeds", "show", HISTORY).out.replace("\n", "")
    assert f"binance is off in {file}:2" in cli("feeds", "show", OTHER_HISTORY).out.replace("\n", "")


def test_the_list_says_when_feeds_are_due_and_which_are_late(cli, home):
    """Seventy feeds are looked through in a list."""
    fetched(home, HISTORY, NOW)
    lines = {
        line.split("│")[1].strip(): line for line in cli("feeds", "list", home=home).out.splitlines() if "│" in line
    }
    assert "late" in lines[OTHER_HISTORY]
    assert "00:20" in lines[OTHER_HISTORY]
    assert "late" not in lines[HISTORY]


def test_the_status_names_late_failing_and_missed(cli, home):
    """Facts of the other feeds go on, so nobody would notice."""
    fetched(home, HISTORY, NOW)
    log = FeedLog(Layout(home))
    log.record_attempts([OTHER_HISTORY], [Failure(OTHER_HISTORY, NOW - DAY, "api.binance.com: 503")], NOW - DAY)
    said = cli("status", home=home)
    assert said.code == 0
    assert "live feeds are late" in said.err
    assert "cannot be fetched later" in said.err
    for text in (OTHER_HISTORY, "503", "missed snapshots", SNAPSHOT, "no run fetched it"):
        assert text in said.out, text
    log.record_attempts([OTHER_HISTORY], [], NOW)
    recovered = cli("status", home=home)
    assert "recovered in the last 7 days" in recovered.out
    assert "failing" not in recovered.out


def test_the_status_of_a_directory_without_live_feeds_says_nothing_of_them(cli, tmp_path):
    """Sample and files are not late."""
    said = cli("status")
    assert "late" not in said.out + said.err
    assert not (tmp_path / "home").exists()


def drifted(home: Path, *found: Drift) -> None:
    """Keep drifts of a feed as a run does."""
    fetch = Fetch("s", HISTORY, "http", "https://x/rates", NOW, NOW, "abcdef0123456789" * 4, 1, NOW.date())
    Drifts(Layout(home).drifts).remember(HISTORY, ("timestamp",), [(fetch, drift) for drift in found])


def test_drift_is_listed_with_its_payload_and_what_to_do(cli, home):
    """A renamed field is mended by a person, who needs the bytes and the next command."""
    drifted(home, Drift("missing_field", "interest_1h", "none of 24 records has it"), Drift("new_field", "x", "new"))
    for arguments in ((), (HISTORY,)):
        said = cli("feeds", "drift", *arguments, home=home)
        assert said.code == 0
        for text in ("missing_field", "interest_1h", "abcdef012345", "https://x/rates", "held", "tolerated",
                     f"sluice quarantine list --feed {HISTORY}", "replay"):  # fmt: skip
            assert text in said.out, text
        assert "abcdef0123456" not in said.out
    assert "No drift" in cli("feeds", "drift", OTHER_HISTORY, home=home).out


def test_the_status_names_drift_and_warns_of_what_is_held(cli, home):
    """Facts go on without the payload, so nobody would notice."""
    assert "drift" not in cli("status", home=home).out
    drifted(home, Drift("new_field", "x", "not in any body before"))
    told = cli("status", home=home)
    assert "1 difference of bodies from their declaration: `sluice feeds drift`" in told.out
    assert "held" not in told.err
    drifted(home, Drift("new_value", "fund", "columns ['NEWB']", refused=True))
    assert f"held for their drift: {HISTORY}" in cli("status", home=home).err


def test_a_run_counts_the_drift_that_is_new_in_it(home, capsys):
    """What came with this run is to be seen in it."""
    drifted(home, Drift("missing_field", "interest_1h", "gone"), Drift("new_field", "x", "new"))
    new_in_run(Drifts(Layout(home).drifts).all())
    assert "2 new differences, 1 held: `sluice feeds drift`" in capsys.readouterr().out
    new_in_run([])
    assert capsys.readouterr().out == ""


def test_a_configuration_is_written_checked_and_shown(cli, tmp_path, monkeypatch):
    """The first file is written by the program, since nobody knows the keys by heart."""
    monkeypatch.chdir(tmp_path)
    assert "config init" in cli("config", "show").out
    assert "wrote sluice.toml" in cli("config", "init").out
    assert "is right" in cli("config", "check").out
    file = tmp_path / "sluice.toml"
    file.write_text(file.read_text("utf-8").replace("# attempts = 6", "attempts = 3"), "utf-8")
    shown = cli("config", "show").out
    line = next(line for line in shown.splitlines() if "http.attempts" in line)
    assert "3" in line
    assert "sluice.toml:" in line
    assert next(line for line in shown.splitlines() if "FRED_API_KEY" in line).count("set") == 1


def test_a_file_that_is_there_is_never_written_over(cli, tmp_path, monkeypatch):
    """Somebody wrote it by hand."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sluice.toml").write_text("# mine\n")
    said = cli("config", "init")
    assert (said.code, "left as it is" in said.err) == (WRONG_USE, True)
    assert (tmp_path / "sluice.toml").read_text() == "# mine\n"
    assert cli("config", "init", "nowhere/else.toml").code == WRONG_USE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[http]\nattempts = 0\n", "sluice.toml:2: http.attempts: should be greater than or equal to 1; it is 0"),
        ("[http]\natempts = 3\n", "sluice.toml:2: http.atempts: no key 'atempts'; did you mean 'attempts'?"),
        ('\n[feeds]\noff = ["farside"]\n', "sluice.toml:3: feeds.off.farside: no feed 'farside'; did you mean"),
    ],
)
def test_a_mistake_stops_every_command_with_file_line_and_key(cli, tmp_path, monkeypatch, text, message):
    """A run with half of its configuration is worse than none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sluice.toml").write_text(text)
    for command in (("config", "check"), ("run", "--dry-run")):
        said = cli(*command)
        assert (said.code, message in said.err) == (WRONG_USE, True), said
    assert not (tmp_path / "home").exists()
