"""Alarms of several processes, and of one that is killed while it tells: once, and after a kill at least once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback.alert_receivers import Hook

from orchestration.alerts.ledger import AlertLedger
from orchestration.store.feed_log import FeedLog
from orchestration.store.layout import Layout

ROOT = Path(__file__).resolve().parents[2]
FEEDS = ["farside_etf_flows", "tftc_etf_flows", "theblock_etf_flows"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data directory in which three feeds are late."""
    FeedLog(Layout(tmp_path)).watch(FEEDS, FEEDS, datetime.now(UTC) - timedelta(days=9))
    return tmp_path


def checking(home: Path, hook: Hook) -> subprocess.Popen[str]:
    """`sluice alerts check`, as the timer starts it."""
    given = {"SLUICE_HOME": str(home), "SLUICE_ALERT_WEBHOOK": hook.url, "SLUICE_DEBUG": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "alerts", "check"],
        cwd=ROOT, env=os.environ | given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def test_processes_that_tell_at_once_tell_each_alarm_once(home):
    """The timer and the end of a run meet every ten minutes: two of each alarm teach to read none."""
    with Hook(delay=0.5) as hook:
        together = [checking(home, hook) for _ in range(3)]
        said = [process.communicate(timeout=120)[0] for process in together]
        assert [process.returncode for process in together] == [0, 0, 0], said
        assert sorted(said)[0].startswith("Nothing new."), said
        assert len(hook.lines) == len(set(hook.lines)) == len(FEEDS)


def test_who_is_killed_between_telling_and_noting_it_is_told_again_once(home):
    """Told twice is a nuisance, told never is a loss; who is killed cannot know which it would be."""
    with Hook(delay=30.0) as hook:
        killed = checking(home, hook)
        for _ in range(1200):
            if hook.bodies:
                break
            time.sleep(0.05)
        killed.send_signal(signal.SIGKILL)
        killed.communicate(timeout=30)
        assert len(hook.lines) == len(FEEDS)
        assert [ways for _, ways in AlertLedger(Layout(home).alerts).newest(9)] == ["waits"] * len(FEEDS)
        hook.delay = 0.0
        for _ in range(2):
            again = checking(home, hook)
            said = again.communicate(timeout=120)[0]
            assert again.returncode == 0, said
        assert hook.lines == hook.lines[: len(FEEDS)] * 2
