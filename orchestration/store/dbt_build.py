"""dbt, in process: core Parquet to marts in the private warehouse file.

Belongs here: running dbt quietly with its environment set, and what came of each node. Does not belong
here: the SQL (`dbt_project/`) or what a failed test means for the release (the gate).
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.store.atomic import write_bytes
from orchestration.store.layout import Layout

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
_FOLDERS = ("macros", "models", "seeds", "tests")
_MESSAGE_LENGTH = 600
_LOCK = threading.Lock()


class DbtError(RuntimeError):
    """dbt could not build: the message names the model or file and the cause."""


@dataclass(frozen=True)
class DbtResult:
    """One node: `kind` is model, seed, test or unit_test; `failures` counts a test's failing rows."""

    node: str
    kind: str
    status: str
    failures: int
    message: str
    seconds: float

    @property
    def passed(self) -> bool:
        """The node was built, or the test found nothing."""
        return self.status in ("success", "pass")


def build(layout: Layout, full_refresh: bool = False) -> list[DbtResult]:
    """Build seeds, models and data tests; unit tests of the SQL are left to `unit_tests`.

    Only dates pending in core are built again, unless `full_refresh`, or the project's SQL and seeds
    are not those of the last whole build. A failed data test is a result, not an error. Raises
    `DbtError` when a model or seed fails, or the project cannot be read.
    """
    stamp = _stamp(layout)
    models = ["build", "--exclude-resource-type", "test", "unit_test"]
    if full_refresh or not is_whole(layout):
        models.append("--full-refresh")
        stamp.unlink(missing_ok=True)
    # Tests run after all models: in one go, a failed test would keep later models from being built.
    built, tested = run(layout, models, ["test", "--exclude-resource-type", "unit_test"])
    write_bytes(stamp, project_fingerprint().encode())
    return [*built, *tested]


def _stamp(layout: Layout) -> Path:
    """Holds the fingerprint of the project that the last whole build was made with."""
    return layout.build / "dbt" / "project.sha256"


def is_whole(layout: Layout) -> bool:
    """Whether the warehouse holds every date, built by this SQL: then pending dates are enough."""
    stamp = _stamp(layout)
    return layout.warehouse.exists() and stamp.exists() and stamp.read_text() == project_fingerprint()


def forget(layout: Layout) -> None:
    """Make the next build a whole one."""
    _stamp(layout).unlink(missing_ok=True)


def unit_tests(layout: Layout) -> list[DbtResult]:
    """Run the unit tests of the SQL. They need the columns of what `build` has built."""
    return run(layout, ["test", "--select", "test_type:unit"])[0]


def run(layout: Layout, *commands: list[str]) -> list[list[DbtResult]]:
    """Run dbt commands on the project, read once; per command the results in the order of running.

    Raises `DbtError` when the project cannot be read, or a model or seed fails. The DuckDB file is
    closed afterwards.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    (layout.build / "dbt").mkdir(parents=True, exist_ok=True)
    with _LOCK, _environment(layout):
        try:
            runner = dbtRunner(manifest=_manifest(layout))
            return [_results(_invoke(runner, command)) for command in commands]
        finally:
            DuckDBConnectionManager.close_all_connections()


def _manifest(layout: Layout) -> Any:
    """The parsed project. Parsing costs more than a day's build, so what was parsed once is kept: beside the
    project, where it serves every data directory, or in this one where the project cannot be written.
    """
    from dbt.cli.main import dbtRunner
    from dbt.parser.manifest import extended_mashumaro_encoder
    from dbt.version import __version__

    name = f"manifest-{__version__}-{project_fingerprint()[:16]}.msgpack"
    folders = (PROJECT / "target", layout.build / "dbt")
    kept = next(filter(None, (_kept(folder / name) for folder in folders)), None)
    if kept is not None:
        return kept
    manifest = _invoke(dbtRunner(), ["parse"]).result
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_bytes(folder / name, manifest.to_msgpack(extended_mashumaro_encoder))
        except OSError:
            continue
        for old in folder.glob("manifest-*.msgpack"):
            if old.name != name:
                old.unlink(missing_ok=True)
        break
    return manifest


def _kept(file: Path) -> Any:
    """A manifest that was kept; None where there is none, or it is damaged: then it is made anew."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    try:
        return Manifest.from_msgpack(file.read_bytes(), decoder=extended_mashumuro_decoder)
    except FileNotFoundError:
        return None
    except Exception:  # a truncated or foreign file fails in as many ways as the format has parts
        with suppress(OSError):
            file.unlink(missing_ok=True)
        return None


def _invoke(runner: Any, command: list[str]) -> Any:
    """One dbt command, silent but for its log file; raises `DbtError` when dbt itself stops."""
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "info", "--no-use-colors"]
    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    outcome = runner.invoke([*quiet, *command, *folders])
    if outcome.exception is not None:
        raise DbtError(f"dbt {command[0]} stopped: {_one_line(outcome.exception)}")
    return outcome


def _results(outcome: Any) -> list[DbtResult]:
    """What came of each node; raises `DbtError` for the first model or seed that failed."""
    results = [_result(each) for each in outcome.result.results]
    for result in results:
        if result.kind in ("model", "seed") and result.status == "error":
            raise DbtError(f"dbt {result.kind} {result.node} failed: {result.message}")
    return results


def project_fingerprint() -> str:
    """SHA-256 over everything that decides what the marts hold, besides core."""
    digest = hashlib.sha256()
    files = [*PROJECT.glob("*.yml"), *(f for name in _FOLDERS for f in (PROJECT / name).rglob("*"))]
    for file in sorted(f for f in files if f.is_file()):
        digest.update(f"{file.relative_to(PROJECT).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


@contextmanager
def _environment(layout: Layout) -> Iterator[None]:
    """What dbt reads from the environment, for the time of one call."""
    folder = layout.build.resolve() / "dbt"
    wanted = {
        "SLUICE_CORE": str(layout.core.resolve()),
        "SLUICE_PENDING": str(layout.pending.resolve()),
        "SLUICE_WAREHOUSE": str(layout.warehouse.resolve()),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _result(each: Any) -> DbtResult:
    return DbtResult(
        node=each.node.name,
        kind=str(each.node.resource_type).removeprefix("NodeType."),
        status=str(each.status),
        failures=int(each.failures or 0),
        message=_one_line(each.message),
        seconds=float(each.execution_time),
    )


def _one_line(text: object) -> str:
    """Text without line breaks, short enough for a message; the log file has all of it."""
    return " ".join(str(text or "").split())[:_MESSAGE_LENGTH]
