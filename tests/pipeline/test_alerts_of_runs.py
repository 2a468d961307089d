"""`sluice run` tells of a refusal, of a crash and of their ends: once each, and whatever the webhook does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from loopback.alert_receivers import HOOK_PATH, Hook
from small_inbox import DAYS, LATER, etf_csv, put

ROOT = Path(__file__).resolve().parents[2]


def run(home: Path, inbox: Path, hook: Hook, code: int) -> str:
    """`sluice run` with the webhook in its environment; everything that it printed."""
    environment = os.environ | {"SLUICE_HOME": str(home), "SLUICE_ALERT_WEBHOOK": hook.url}
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "run", "--inbox", str(inbox)],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    return said


def test_a_refusal_is_told_once_over_runs_and_its_end_once(small_home, small_inbox, home_copy, tmp_path):
    """Whoever is on call hears of it while readers keep the old release, and hears when it is over."""
    home = home_copy(small_home)
    inbox = shutil.copytree(small_inbox, tmp_path / "inbox")
    put(inbox, "farside/sol.csv", etf_csv(DAYS[-1:]).replace("6.0\n", "66.0\n"), LATER)
    with Hook(status=500) as hook:
        said = run(home, inbox, hook, 1)
        assert "alarms: webhook: HTTP 500; tried again at the next run" in " ".join(said.split())
        assert HOOK_PATH not in said
        hook.status = 200
        told = len(hook.lines)
        for _ in range(2):
            run(home, inbox, hook, 1)
        again = hook.lines[told:]
        assert any(line.startswith("ALARM the gate refused (error): sums.etf_printed_total_far") for line in again)
        assert len(again) == len(set(again))
        put(inbox, "farside/sol_mended.csv", etf_csv(DAYS[-1:], first=2.5), "2026-02-08T070000+0000")
        run(home, inbox, hook, 0)
        over = hook.lines[told + len(again) :]
        assert len(over) == len(again)
        assert all(line.startswith("OVER the gate refused: ") for line in over)


def test_a_crash_is_told(small_home, small_inbox, home_copy):
    """A run that ends by an error has nobody who reads its terminal."""
    home = home_copy(small_home)
    (home / "backup").mkdir(exist_ok=True)
    shutil.copy(home / "raw" / "ledger.sqlite", home / "backup" / "ledger.sqlite")
    (home / "raw" / "ledger.sqlite").unlink()
    with Hook() as hook:
        run(home, small_inbox, hook, 2)
        (line,) = hook.lines
        assert line.startswith("ALARM a run failed (error): SourceError: ledger.sqlite is gone")
