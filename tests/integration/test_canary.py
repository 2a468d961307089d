"""Keys of vendors show nowhere, whatever a venue answers.

A vendor that echoes the key in its errors is the usual way in which keys come into logs and ledgers. A loopback server
does so in every way there is; then everything that the run has left behind is searched for the keys.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
import zstandard

CANARIES = {
    "FRED_API_KEY": "qzxv0123456789abcdef0123456789ab",
    "COINGLASS_API_KEY": "qzxv/coinglass+0123==",
    "SOSOVALUE_API_KEY": "qzxv-sosovalue-0123456789",
}
# All begin with it, so that a key which is cut to length is found too.
MARK = b"qzxv"
SECONDS = 300
GOOD = {"count": 1, "observations": [{"realtime_start": "2026-02-06", "realtime_end": "2026-02-06",
                                      "date": "2026-02-05", "value": "4.1"}]}  # fmt: skip


class Echo(BaseHTTPRequestHandler):
    """Answers good to one series, and to everything else with an error that repeats what was sent."""

    asked: list[str] = []

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        key = query.get("api_key", [""])[0] or self.headers.get("CG-API-KEY") or self.headers.get("x-soso-api-key", "")
        series = query.get("series_id", [urlsplit(self.path).path])[0]
        self.asked.append(series)
        text = f"no such key {key} for http://{self.headers['Host']}{self.path}"
        error = json.dumps({"error_code": 400, "error_message": text, "code": "40001", "msg": text, "url": self.path})
        answers = {
            "DFII10": (200, json.dumps(GOOD), {}),
            "VIXCLS": (200, json.dumps(GOOD | {"key": key}), {}),
            "SP500": (302, "", {"Location": f"http://elsewhere.invalid/?api_key={key}"}),
            "DGS10": (429, error, {"Retry-After": "0"}),
            "NASDAQCOM": (200, error, {}),
            "DJIA": (200, f"<html>{text}</html>", {}),
        }
        status, body, headers = answers.get(series, (400, error, {}))
        self.send_response(status, f"Bad {key}" if status >= 400 else None)
        for name, value in {
            "X-Echo": key,
            "ETag": f'"{key}"',
            "Content-Length": str(len(body.encode())),
            **headers,
        }.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """The log is `asked`."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which `sluice` ran on the echoing server, and what it printed."""
    folder = tmp_path_factory.mktemp("echo")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    hosts = ("api.stlouisfed.org", "open-api-v4.coinglass.com", "api.sosovalue.xyz", "openapi.sosovalue.com")
    mirrors = "\n".join(f'"https://{host}" = "{base}/{host}"' for host in hosts)
    (folder / "sluice.toml").write_text(
        f'[feeds]\ntransport = "http"\noff = ["fred_graph"]\n'
        f"[http]\nattempts = 2\nbackoff_seconds = 0.05\nbackoff_most_seconds = 0.1\n[http.mirrors]\n{mirrors}\n"
    )
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE_", "DAGSTER_"))}
    environment = own | CANARIES | {"SLUICE_DEBUG": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    sources = [part for source in ("fred", "coinglass", "sosovalue") for part in ("--only", source)]
    printed = ""
    for command in (["run", "--date", "2026-02-05", *sources], ["status"], ["feeds", "show", "fred_observations"]):
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *command], cwd=folder, capture_output=True, text=True,
            timeout=SECONDS, check=False, env=environment,
        )  # fmt: skip
        printed += done.stdout + done.stderr
    server.shutdown()
    server.server_close()
    return folder, printed


def contents(path: Path) -> bytes:
    """What is in a file, unpacked where it is packed."""
    content = path.read_bytes()
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        return zstandard.ZstdDecompressor().decompressobj().decompress(content)
    if path.suffix == ".parquet":
        return content + repr(pl.read_parquet(path).to_dicts()).encode()
    return content


def excerpts(content: bytes) -> list[bytes]:
    """Where a canary is in it."""
    return [content[max(match.start() - 60, 0) : match.end() + 40] for match in re.finditer(MARK, content.lower())]


def test_every_way_to_echo_was_tried_and_the_good_answer_was_landed(ran):
    """A search in a run that asked nothing finds nothing."""
    folder, printed = ran
    assert {"DFII10", "SP500", "DGS10", "NASDAQCOM"} <= set(Echo.asked), printed
    blobs = [contents(path) for path in (folder / ".sluice" / "raw" / "blobs").rglob("*") if path.is_file()]
    assert any(b'"value": "4.1"' in blob for blob in blobs), printed
    assert (folder / ".sluice" / "raw" / "feeds.sqlite").exists()


def test_no_file_below_the_data_directory_holds_a_key(ran):
    """Ledger, blobs, core, quarantine, dbt's target and logs, Dagster's event logs, releases."""
    folder, _ = ran
    files = [path for path in (folder / ".sluice").rglob("*") if path.is_file() and not path.is_symlink()]
    assert any("dagster" in path.parts for path in files)
    assert {str(path): found for path in files if (found := excerpts(contents(path)))} == {}


def test_nothing_that_was_printed_holds_a_key(ran):
    """Output is mailed by cron, and kept by whatever runs the container."""
    _, printed = ran
    assert excerpts(printed.encode()) == []
    assert "<FRED_API_KEY>" in printed
