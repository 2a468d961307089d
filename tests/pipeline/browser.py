"""Pages in headless Chromium: what its document becomes, how wide it is, what it looks like. Without a network."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
from chromium import FLAGS, PROGRAM

# A resolver that finds nothing: a page that asks the network for anything gets nothing.
_FLAGS = (*FLAGS, "--disable-dev-shm-usage", "--allow-file-access-from-files", "--host-resolver-rules=MAP * ~NOTFOUND")
_SECONDS = 120

HAS_CHROMIUM = PROGRAM is not None
needs_chromium = pytest.mark.skipif(not HAS_CHROMIUM, reason="Debian's chromium is not installed; CI installs it")


def _run(*arguments: str) -> str:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        done = subprocess.run(
            [str(PROGRAM), *_FLAGS, f"--user-data-dir={profile}", *arguments],
            capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def dom(page: Path) -> str:
    """The page's document, after everything that would run in it has run."""
    return _run("--dump-dom", page.absolute().as_uri())


def widths(page: Path, width: int) -> tuple[int, int]:
    """The width that a page is given and the one it takes; more than given scrolls sideways, on a phone a nuisance."""
    frame = page.with_name(f"frame-{width}.html")
    script = "const e = document.querySelector('iframe').contentDocument.documentElement;"
    script += "document.title = e.clientWidth + ' ' + e.scrollWidth"
    frame.write_text(
        f'<title></title><iframe src="{page.name}" style="width:{width}px;height:800px;border:0"></iframe>'
        f'<script>addEventListener("load", () => {{ {script} }})</script>'
    )
    given, taken = dom(frame).partition("<title>")[2].partition("</title>")[0].split()
    return int(given), int(taken)


def picture(page: Path, width: int, height: int, target: Path) -> bytes:
    """A screenshot, as PNG."""
    _run(f"--window-size={width},{height}", f"--screenshot={target}", page.absolute().as_uri())
    return target.read_bytes()
