"""The command line without a release: wrong use is named with what to do next, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

WRONG_USE = 2
COMMANDS = [
    "run", "record", "status", "show", "sql", "publish", "trace", "claims", "doctor", "dev", "feeds list",
    "feeds show", "feeds drift", "config show", "config check", "config init", "release list", "backup", "alerts check",
    "alerts list", "alerts test", "release show", "release rollback", "release gc", "quarantine list",
    "quarantine show", "quarantine replay", "docs build", "page",
]  # fmt: skip

MAP = """
[[feed]]
match = "*.csv"
name = "farside_etf_flows"
params = { asset = "BTC" }
known_at = { instant = "2026-02-07T06:00:00Z" }
"""


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An inbox with a file that the map names and one that it does not."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "inbox.toml").write_text(MAP)
    (folder / "btc.csv").write_text("Date,IBIT,Total\n2026-02-05,1.0,1.0\n")
    (folder / "notes.txt").write_text("mine")
    return folder


def _commands(app: object, path: str = "") -> Iterator[str]:
    """Names of all commands below an application."""
    for name, command in app.commands.items():  # type: ignore[attr-defined]
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}"


def test_the_list_of_commands_is_whole():
    """A command that the list leaves out is not tested."""
    from typer.main import get_command

    from orchestration.cli.app import app

    assert sorted(_commands(get_command(app))) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(cli, command):
    """A help text without an example leaves the reader to guess."""
    said = cli(*command.split(), "--help")
    assert said.code == 0
    assert f"sluice {command}" in said.out.partition("Usage")[2].partition("\n")[2]


def test_a_help_text_keeps_what_stands_in_brackets(cli):
    """A table of the configuration that is taken for markup leaves a hole in the sentence that names it."""
    assert "[targets.postgres] in sluice.toml" in cli("publish", "--help").out


@pytest.mark.parametrize("group", [(), ("feeds",), ("alerts",), ("docs",), ("config",), ("release",), ("quarantine",)])
def test_a_group_without_a_command_shows_its_help(cli, group):
    """An empty error message says nothing."""
    said = cli(*group)
    assert said.code == WRONG_USE
    assert "Commands" in said.out + said.err
    assert "error:" not in said.err


# arguments -> what the message says
WRONG = {
    ("run", "--date", "2026-13-01"): "not a date like 2026-02-05",
    ("run", "--date", "2026-02-01", "--from", "2026-02-01"): "give --date, or --from and --to",
    ("run", "--from", "2026-02-01"): "--from and --to belong together",
    ("run", "--to", "2026-02-01"): "--from and --to belong together",
    ("run", "--from", "2026-02-05", "--to", "2026-02-01"): "2026-02-05 is after 2026-02-01",
    ("run", "--only", "nope"): "no source 'nope'; known: artemis, binance",
    ("run", "--feeds", "ftp"): "use sample, files or http",
    ("run", "--feeds", "files"): "needs an inbox folder: --inbox DIR",
    ("run", "--inbox", "nowhere"): "no folder",
    ("run", "--feeds", "sample", "--inbox", "."): "an inbox goes with --feeds files",
    ("run", "--map", "inbox.toml"): "an inbox map goes with --feeds files",
    ("run", "--nope"): "No such option: --nope",
    ("nope",): "No such command 'nope'",
    ("feeds", "show", "nope"): "`sluice feeds list`",
    ("feeds", "show"): "Missing argument",
    ("feeds", "drift", "nope"): "`sluice feeds list`",
    ("release", "show"): "nothing has been published yet: `sluice run`",
    ("release", "show", "nope"): "`sluice release list`",
    ("release", "rollback", "nope"): "`sluice release list`",
    ("release", "gc", "--keep", "0"): "greater than or equal to 1",
    ("quarantine", "show", "99"): "`sluice quarantine list`",
    ("quarantine", "list", "--feed", "nope"): "`sluice feeds list`",
    ("quarantine", "replay", "--feed", "nope"): "`sluice feeds list`",
    ("sql", "select 1"): "nothing has been published yet",
    ("sql", "select 1", "--as-of", "yesterday"): "not an instant like 2026-02-06T02:00:00Z",
    ("sql", "select 1", "--format", "xml"): "--format",
    ("sql", "select 1", "--out", "rows.xml"): "end the name in .csv, .json or .parquet",
    ("sql", "select 1", "--out", "nowhere/rows.csv"): "there is no folder",
    ("sql", "select 1", "--format", "table", "--out", "x.csv"): "a table is for the screen",
    ("backup", "elsewhere"): "nothing was landed",
    ("backup", "home/backup"): "is inside the data directory",
    ("show", "today"): "not a date like 2026-02-05",
    ("show", "2026-02-05"): "nothing has been published yet",
    ("claims",): "nothing has been published yet: `sluice run`",
    ("claims", "--verdict", "maybe"): "'reproduced', 'refuted', 'not_computable'",
    ("trace", "nope", "x=1"): "known: dim_assets",
    ("trace", "fct_etf_flows_daily", "x=1"): "a column of fct_etf_flows_daily: trade_date, asset",
    ("trace", "fct_etf_flows_daily", "trade_date"): "write KEY=VALUE",
    ("trace", "fct_etf_flows_daily", "asset=BTC"): "nothing has been published yet",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_use_says_what_is_right_and_writes_nothing(cli, arguments, tmp_path, monkeypatch):
    """A traceback, or a refusal without advice, leaves the user alone; wrong use must not leave traces."""
    monkeypatch.chdir(tmp_path)
    said = cli(*arguments)
    assert (said.code, WRONG[arguments] in said.err) == (WRONG_USE, True), said
    assert "Traceback" not in said.err
    assert "fault in Sluice" not in said.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[feed", "not valid TOML"),
        ('[[feed]]\nmatch = "*"', "feed.0.name: Field required"),
        (MAP.replace("farside_etf_flows", "nope"), "no feed 'nope'; known:"),
        (MAP.replace('instant = "2026-02-07T06:00:00Z"', "file_time = true, instant = 1"), "feed.0.known_at"),
        (b"\xff\xfe", "cannot be read"),
    ],
    ids=["not TOML", "missing key", "unknown feed", "two instants", "not text"],
)
def test_a_bad_inbox_map_is_named_with_the_entry(cli, inbox, text, message):
    """Users write this file by hand."""
    (inbox / "inbox.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    said = cli("run", "--inbox", str(inbox))
    assert (said.code, message in said.err) == (WRONG_USE, True), said
    assert "inbox.toml" in said.err


def test_a_missing_map_says_where_it_is_expected(cli, inbox):
    """A folder of exports has no map yet the first time."""
    (inbox / "inbox.toml").unlink()
    said = cli("run", "--inbox", str(inbox))
    assert said.code == WRONG_USE
    assert "no inbox map" in said.err
    assert "docs/inbox.md" in said.err
    assert "no inbox map" in cli("run", "--inbox", str(inbox), "--map", str(inbox / "other.toml")).err


def test_a_file_name_that_the_pattern_does_not_fit_is_wrong_use(cli, inbox):
    """An instant that cannot be read must not be guessed, nor look like a fault of the program."""
    pattern = "pattern = '(?P<t>\\d{8})', format = \"%Y%m%d\""
    (inbox / "inbox.toml").write_text(MAP.replace('instant = "2026-02-07T06:00:00Z"', pattern))
    for extra in ((), ("--dry-run",)):
        said = cli("run", "--inbox", str(inbox), *extra)
        assert said.code == WRONG_USE, said
        assert "btc.csv: known_at pattern" in said.err
        assert "Traceback" not in said.err


def test_a_dry_run_counts_what_is_new_names_what_matches_nothing_and_writes_nothing(cli, inbox, tmp_path):
    """One looks before one lands; a forgotten file must be noticed."""
    said = cli("run", "--inbox", str(inbox), "--dry-run")
    assert said.code == 0
    assert "farside_etf_flows" in said.out
    assert "nothing was written" in said.out
    assert "notes.txt: no entry of the map matches" in said.err
    assert "inbox.toml" not in said.err
    assert not (tmp_path / "home").exists()


def test_a_dry_run_outside_the_window_says_that_nothing_is_offered(cli, inbox):
    """An empty table would look like a success."""
    assert "Nothing is offered" in cli("run", "--inbox", str(inbox), "--dry-run", "--date", "2020-01-01").out


def test_an_empty_data_directory_is_described_not_complained_about(cli, tmp_path):
    """Before the first run, looking around is no mistake; it leaves no files behind."""
    assert "`sluice run`" in cli("status").out
    assert "`sluice run`" in cli("release", "list").out
    assert "empty" in cli("quarantine", "list").out
    assert "Nothing to replay" in cli("quarantine", "replay").out
    assert "none yet" in cli("doctor").out
    assert "never" in cli("feeds", "list").out
    assert "No drift" in cli("feeds", "drift").out
    assert not (tmp_path / "home").exists()


def test_a_feed_shows_what_an_inbox_map_must_give(cli):
    """The parameters of a feed are what a user has to write."""
    said = cli("feeds", "show", "farside_etf_flows")
    assert said.code == 0
    for part in ("param asset", "finality", "licence", "core_etf__flows", "0 in = 0 published"):
        assert part in said.out


def test_an_unknown_transport_in_the_environment_is_named(cli, monkeypatch):
    """The environment is a setting like any other."""
    monkeypatch.setenv("SLUICE_FEEDS", "ftp")
    said = cli("run")
    assert (said.code, "SLUICE_FEEDS='ftp'" in said.err) == (WRONG_USE, True)
