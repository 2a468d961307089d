"""The same scenario over http, with faults at every tenth request, and through files gives the same facts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path

import duckdb
import pytest
from conftest import SOAK
from loopback.contract import World
from loopback.faults import KINDS, Faults
from loopback.registry import VENUES, extras
from loopback.server import Loopback

from orchestration.pipeline import Pipeline
from orchestration.resources.settings import SECRETS as SETTINGS_SECRETS
from orchestration.resources.settings import Settings
from orchestration.sources.base import land
from orchestration.sources.http.contract import Batch, Connector
from orchestration.sources.http.engine import fetch
from orchestration.sources.http.settings import HttpSettings
from orchestration.sources.http.transport import Transport
from orchestration.sources.http.venues import CONNECTORS, LIMITS
from orchestration.sources.sample import SamplePayload
from orchestration.sources.sample.__main__ import file_of, inbox_map
from orchestration.store import releases
from orchestration.store.layout import Layout
from schemas.tables import CORE, MARTS
from transforms.parse import SOURCES

# A fortnight has every connector and every fault in it; `make soak` runs the whole thirty days.
DAYS = int(os.environ.get("SLUICE_LIVE_DAYS", "30" if SOAK else "14"))
FIRST = date(2026, 1, 24)
LAST = FIRST + timedelta(days=DAYS - 1)
FAULT_RATE = 0.1
# Seconds of the venues' budgets in one second of this test.
PACE = 60.0
# Which bytes a row came from is what differs between pages and whole bodies.
LINEAGE = {"raw_sha256", "recorded_at"}
# What is off by default: option chains are files of gigabytes.
OPTIONS = {"has_key": True, "options_chain_exchanges": ["deribit"]}
SECRETS = {name: "loopback00000000000000000000key0" for name in SETTINGS_SECRETS}


def _facts(home: Path) -> dict[str, list[tuple]]:
    """Every published table, without lineage, in an order of its own."""
    release = releases.current(Layout(home))
    assert release is not None
    found = {}
    with duckdb.connect(str(Layout(home).current.resolve()), read_only=True) as connection:
        for table in MARTS:
            named = ", ".join(name for name in table.schema.names() if name not in LINEAGE)
            found[table.name] = connection.execute(f"select {named} from {table.name} order by all").fetchall()
    return found


def _publish(pipeline: Pipeline) -> None:
    for domain in sorted({table.domain for table in CORE}):
        pipeline.core(domain)
    pipeline.build()
    failed = [row for row in pipeline.audit() if row["severity"] == "error" and not row["passed"]]
    assert not failed
    pipeline.publish()


def _through_files(home: Path, inbox: Path, payloads: list[SamplePayload]) -> Pipeline:
    for item in payloads:
        path = inbox / file_of(item)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(item.content)
    (inbox / "inbox.toml").write_text(inbox_map(payloads))
    pipeline = Pipeline(Settings(home, feeds="files", inbox=inbox, everything=True))
    for source in sorted(set(SOURCES.values())):
        pipeline.land(source)
    return pipeline


def _steps(world: World) -> Iterator[tuple[datetime, list[tuple[Connector, Batch]]]]:
    """What is fetched when: at the instants at which the simulation fetches it, and of what it fetches then."""
    connected = [item for item in world.all if item.feed in CONNECTORS]
    for now, group in groupby(connected, key=lambda item: item.known_at):
        asked: dict[tuple[str, date], set[str]] = {}
        for item in group:
            asked.setdefault((item.feed, item.partition), set()).add(item.params.get("asset", ""))
        yield (
            now,
            [
                (CONNECTORS[feed], Batch(day, day, now, _assets(assets), OPTIONS))
                for (feed, day), assets in sorted(asked.items())
            ],
        )


def _assets(named: set[str]) -> tuple[str, ...]:
    """Where payloads are of one asset each, those that came at this instant; else all."""
    return Batch.assets if "" in named else tuple(sorted(named))


def _over_http(home: Path, world: World, server: Loopback) -> list[str]:
    """Fetch every feed at its instants; the failures, of which there must be none."""
    settings = HttpSettings(
        mirrors=server.mirrors, pace=PACE, read_seconds=1.0, total_seconds=1.5, attempts=9, backoff_seconds=2.0,
        max_body_bytes=16 * 1024 * 1024,
    )  # fmt: skip
    failures = []
    with Transport(settings, LIMITS, SECRETS, lambda: world.now) as transport:
        for now, asked in _steps(world):
            world.now = now
            for result in fetch(asked, transport):
                failures += [f"{result.feed} at {now}: {failure.message}" for failure in result.failures]
                simulated = (replace(item, params={**item.params, "simulated": "true"}) for item in result.received)
                land(Layout(home), simulated, SOURCES, now)
    return failures


@pytest.fixture(scope="module")
def world() -> World:
    return World(FIRST, LAST, extras)


def test_http_with_faults_gives_the_facts_of_the_same_scenario_through_files(tmp_path: Path, world: World) -> None:
    """Pages, repeats, resets and throttles must leave no trace: nothing lost, nothing double, no limit broken."""
    connected = {feed for feed in CONNECTORS if any(item.feed == feed for item in world.all)}
    assert connected == set(CONNECTORS) or DAYS < 14, "connectors without a scenario"
    _publish(_through_files(tmp_path / "files", tmp_path / "inbox", world.all))
    with Loopback(world, VENUES, Faults(FAULT_RATE), pace=PACE) as server:
        failures = _over_http(tmp_path / "http", world, server)
    drawn = server.faults.drawn
    sys.stdout.write(
        f"{len(server.log)} requests, {sum(drawn.values())} faults: {dict(drawn)}; {len(server.broken)} over a budget\n"
    )
    assert (failures, server.failed, server.broken) == ([], [], [])
    assert set(drawn) == set(KINDS) or DAYS < 10
    rest = [item for item in world.all if item.feed not in CONNECTORS]
    _publish(_through_files(tmp_path / "http", tmp_path / "rest", rest))
    by_files, by_http = _facts(tmp_path / "files"), _facts(tmp_path / "http")
    different = [name for name in by_files if by_files[name] != by_http[name]]
    assert different == []
    assert sum(len(rows) for rows in by_http.values()) > 1000


def test_the_clock_of_the_world_is_not_the_clock_of_the_machine(world: World) -> None:
    """The scenario is of the past; were a connector to look at the machine's clock, it would ask for other windows."""
    assert world.all[-1].known_at < datetime.now(UTC) - timedelta(days=30)
