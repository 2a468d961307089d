"""The inbox map and the files transport."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.sources import files, inbox_map
from orchestration.sources.base import SourceError

FEEDS = {"farside_etf_flows", "bybit_liquidations"}
MAP = """
[[feed]]
match = "farside/*.csv"
name = "farside_etf_flows"
params = { asset = "BTC" }
known_at = { instant = "2026-04-11T07:00:00+02:00" }

[[feed]]
match = "*.ndjson"
name = "bybit_liquidations"
known_at = { pattern = '(?P<t>\\d{8}T\\d{6}Z)', format = "%Y%m%dT%H%M%SZ" }
"""


def _inbox(tmp_path: Path, text: str = MAP) -> Path:
    (tmp_path / "farside").mkdir()
    (tmp_path / "farside" / "all.csv").write_text("Date,IBIT\n")
    (tmp_path / "x-20260206T120000Z.ndjson").write_text("{}\n")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "inbox.toml").write_text(text)
    return tmp_path


def test_files_are_matched_and_the_rest_is_named(tmp_path):
    """A file that silently matches nothing is data that the user believes he has."""
    inbox = _inbox(tmp_path)
    plan = files.plan(inbox, inbox_map.load(inbox / "inbox.toml", FEEDS))
    assert plan.unmatched == ("notes.txt",)
    received = {item.locator: item for item in files.receive(plan, FEEDS)}
    assert received["file:farside/all.csv"].known_at == datetime(2026, 4, 11, 5, tzinfo=UTC)
    assert received["file:farside/all.csv"].params == {"asset": "BTC"}
    assert received["file:x-20260206T120000Z.ndjson"].known_at == datetime(2026, 2, 6, 12, tzinfo=UTC)


def test_the_files_time_can_be_the_instant(tmp_path):
    """Recorder segments carry no instant in their name."""
    inbox = _inbox(tmp_path, MAP.replace('{ instant = "2026-04-11T07:00:00+02:00" }', "{ file_time = true }"))
    os.utime(inbox / "farside" / "all.csv", (0, 86_400))
    plan = files.plan(inbox, inbox_map.load(inbox / "inbox.toml", FEEDS))
    assert next(iter(files.receive(plan, {"farside_etf_flows"}))).known_at == datetime(1970, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("farside_etf_flows", "farside_flows"), "no feed 'farside_flows'"),
        (("known_at = {", "known = {"), "feed.0.known"),
        (('instant = "2026-04-11T07:00:00+02:00"', 'instant = "yesterday"'), "feed.0.known_at.instant"),
        (('instant = "2026-04-11T07:00:00+02:00"', 'instant = "2026-04-11T07:00:00"'), "timezone"),
        (('instant = "2026-04-11T07:00:00+02:00"', ""), "exactly one"),
        (("[[feed]]", "[feed]"), "not valid TOML"),
        (("(?P<t>", "(?P<when>"), "group named t"),
    ],
)
def test_a_wrong_map_says_where_and_what(tmp_path, change, message):
    """A map error without its place sends the user hunting."""
    inbox = _inbox(tmp_path, MAP.replace(*change))
    with pytest.raises(SourceError, match=message) as caught:
        inbox_map.load(inbox / "inbox.toml", FEEDS)
    assert "inbox.toml" in str(caught.value)


def test_a_missing_map_says_what_to_do(tmp_path):
    """The first thing that goes wrong for a newcomer."""
    with pytest.raises(SourceError, match=r"docs/inbox\.md"):
        inbox_map.load(tmp_path / "inbox.toml", FEEDS)


def test_a_name_that_the_pattern_does_not_fit_is_an_error(tmp_path):
    """Falling back to another instant would date the data wrongly without a word."""
    inbox = _inbox(tmp_path)
    (inbox / "today.ndjson").write_text("{}")
    plan = files.plan(inbox, inbox_map.load(inbox / "inbox.toml", FEEDS))
    with pytest.raises(SourceError, match=r"today\.ndjson"):
        list(files.receive(plan, FEEDS))


def test_a_link_that_leads_out_of_the_inbox_is_not_followed(tmp_path):
    """Who may write into the inbox could have any file of this machine landed, and read it in the quarantine."""
    folder, secret = tmp_path / "inbox", tmp_path / "secret.csv"
    folder.mkdir()
    secret.write_text("key")
    farside = _inbox(folder) / "farside"
    (farside / "out.csv").symlink_to(secret)
    (farside / "up.csv").symlink_to("../../secret.csv")
    (farside / "within.csv").symlink_to("all.csv")
    (farside / "deep").symlink_to(tmp_path)
    plan = files.plan(folder, inbox_map.load(folder / "inbox.toml", FEEDS))
    found = [name for name, entry in plan.matched if entry.name == "farside_etf_flows"]
    assert found == ["farside/all.csv", "farside/within.csv"]
    assert [line.partition(":")[0] for line in plan.refused] == ["farside/out.csv", "farside/up.csv"]
    (tmp_path / "link").symlink_to(folder)
    assert files.plan(tmp_path / "link", inbox_map.load(folder / "inbox.toml", FEEDS)).matched == plan.matched


def test_a_file_beyond_all_reason_is_not_read(tmp_path, monkeypatch):
    """Its bytes would take the memory of the whole run, and with it every other feed."""
    inbox = _inbox(tmp_path)
    monkeypatch.setattr("orchestration.sources.files.MOST_BYTES", 9)
    plan = files.plan(inbox, inbox_map.load(inbox / "inbox.toml", FEEDS))
    assert [name for name, _ in plan.matched] == ["x-20260206T120000Z.ndjson"]
    assert plan.refused == ("farside/all.csv: larger than 9 bytes",)
