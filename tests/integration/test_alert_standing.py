"""What is read of a data directory for alarms: recorders, gaps in core, held drift; and Dagster's two sensors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from loopback.alert_receivers import Hook

from orchestration.alerts.rules import causes
from orchestration.alerts.standing import look
from orchestration.automation.sensors import TOLD_TAG, ended_run, failed_run
from orchestration.pipeline import Pipeline
from orchestration.recorder.state import STATE, locked
from orchestration.resources.settings import Settings, from_environment
from orchestration.store.atomic import write_json
from orchestration.store.core_store import CoreStore
from orchestration.store.drift import Drifts
from orchestration.store.layout import Layout
from orchestration.store.ledger import Fetch
from schemas.shape import Drift
from schemas.tables import TABLES

NOW = datetime(2026, 2, 6, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
GAPS = TABLES["core_recorder__gaps"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data directory without a configuration file."""
    return from_environment({"SLUICE_HOME": str(tmp_path / "home")})


def keys(settings: Settings, *kinds: str) -> list[str]:
    return [item.key for item in causes(look(settings, NOW)) if item.kind in kinds]


def state(settings: Settings, **channels: dict[str, object]) -> Path:
    """What a recorder has left on disk."""
    folder = Layout(settings.home).recorder / "main"
    told = {name: {"venue": name.split("_")[0], "covered_until": NOW.isoformat()} | c for name, c in channels.items()}
    write_json(folder / STATE, {"written_at": NOW.isoformat(), "channels": told})
    return folder


def gap(reason: str) -> dict[str, object]:
    return {"gap": {"started_at": (NOW - HOUR).isoformat(), "reason": reason}}


def test_a_running_recorder_that_hears_nothing_or_is_cut_off_is_an_alarm_per_channel(settings):
    """Liquidations are said once; each channel is a loss of its own."""
    folder = state(settings, okx_swap=gap("silent"), bybit_linear=gap("disconnected"), deribit_trades={"gap": None})
    with locked(folder) as free:
        assert free
        assert keys(settings, "silence", "gap") == [
            "silence/main/okx_swap/2026-02-06T13:00:00Z",
            "gap/main/bybit_linear/2026-02-06T13:00:00Z",
        ]


def test_a_dead_recorder_is_an_alarm_for_everything_it_listened_to(settings):
    """It cannot say so itself."""
    state(settings, okx_swap={"gap": None, "covered_until": (NOW - HOUR).isoformat()})
    assert keys(settings, "gap") == ["gap/main/okx_swap/2026-02-06T13:00:00Z"]


def test_a_channel_that_is_not_wanted_any_more_is_none(tmp_path):
    """It was taken off the list on purpose."""
    file = tmp_path / "sluice.toml"
    file.write_text('[recorder]\nvenues = ["bybit"]\n', "utf-8")
    settings = from_environment({"SLUICE_HOME": str(tmp_path / "home"), "SLUICE_CONFIG": str(file)})
    state(settings, okx_swap=gap("not_running"), bybit_linear=gap("not_running"))
    assert keys(settings, "gap") == ["gap/main/bybit_linear/2026-02-06T13:00:00Z"]


def test_a_gap_that_core_knows_as_closed_is_told_if_it_is_of_the_last_days(settings):
    """An old one has been told, or was before anybody was."""
    rows = [
        {"channel": "okx_swap", "gap_started_at": NOW - 3 * HOUR, "gap_ended_at": NOW - HOUR},
        {"channel": "okx_swap", "gap_started_at": NOW - timedelta(days=30), "gap_ended_at": NOW - timedelta(days=29)},
        {"channel": "okx_swap", "gap_started_at": NOW - HOUR, "gap_ended_at": NOW - HOUR + timedelta(minutes=1)},
    ]
    shared = {
        "fact_date": NOW.date(), "venue": "okx", "recorder_instance": "main", "gap_reason": "crashed",
        "source": "recorder_gaps", "raw_sha256": "0" * 64, "known_at": NOW, "is_simulated": False,
    }  # fmt: skip
    CoreStore(Layout(settings.home)).ensure()
    frame = pl.DataFrame([shared | row for row in rows]).select(GAPS.schema.names()).cast(dict(GAPS.schema))
    CoreStore(Layout(settings.home)).replace_month(GAPS, "2026-02", frame)
    (found,) = (item for item in causes(look(settings, NOW)) if item.kind == "gap")
    assert (found.key, found.is_over) == ("gap/main/okx_swap/2026-02-06T11:00:00Z", True)


def test_held_drift_is_an_alarm_until_the_feed_was_processed_again_and_tolerated_drift_is_none(settings):
    """Held payloads wait for a person, who must hear of it."""
    drifts = Drifts(Layout(settings.home).drifts)
    fetch = Fetch("farside", "farside_etf_flows", "http", "x", NOW, NOW, "0" * 64, 1)
    drifts.remember(
        "farside_etf_flows",
        ["a"],
        [(fetch, Drift("missing_field", "Total", "gone")), (fetch, Drift("new_field", "Extra", "new"))],
    )
    assert keys(settings, "drift") == ["drift/farside_etf_flows/missing_field/Total"]
    drifts.forget("farside_etf_flows")
    assert keys(settings, "drift") == []


def test_what_cannot_be_read_is_not_looked_at_and_the_rest_is(settings, caplog):
    """A broken state file must not silence the alarms of feeds, nor end its own."""
    folder = state(settings, okx_swap=gap("silent"))
    (folder / STATE).write_text("{", "utf-8")
    looked_at = look(settings, NOW).looked_at
    assert not looked_at & {"silence", "gap"}
    assert {"failure", "refusal", "late", "missed", "drift"} <= looked_at
    assert "not looked at for alarms: silence, gap" in caplog.text


@dg.op
def breaks() -> None:
    """An op that fails."""
    raise ValueError("the disk is full of <!channel>")


@dg.op
def works() -> None:
    """An op that does not."""


@dg.job
def broken() -> None:
    """A job that fails."""
    breaks()


@dg.job
def sound() -> None:
    """A job that does not."""
    works()


def ended(settings: Settings, job: dg.JobDefinition, **tags: str) -> None:
    """Run a job and let the sensor hear of it, as the daemon does."""
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        sensor = ended_run if result.success else failed_run
        event = result.all_events[-1]
        context = dg.build_run_status_sensor_context(
            sensor_name=sensor.name, dagster_instance=instance, dagster_run=result.dagster_run, dagster_event=event,
            resources={"pipeline": dg.ResourceDefinition.hardcoded_resource(Pipeline(settings))},
        )  # fmt: skip
        sensor(context if result.success else context.for_run_failure())


def test_the_daemons_runs_are_told_of_by_the_sensors(tmp_path):
    """Scheduled runs have no terminal that anybody watches."""
    with Hook() as hook:
        home = {"SLUICE_HOME": str(tmp_path / "home"), "SLUICE_ALERT_WEBHOOK": hook.url}
        settings = from_environment(home)
        for _ in range(2):
            ended(settings, broken)
        ended(settings, sound)
        ended(settings, broken, **{TOLD_TAG: "cli"})
        assert len(hook.lines) == 2
        assert hook.lines[0].startswith("ALARM a run failed (error): ValueError: in breaks")
        assert hook.lines[1].startswith("OVER a run failed")


def test_both_sensors_run_from_the_start():
    """A sensor that waits for a click is not there on the night it is needed."""
    assert {sensor.default_status for sensor in (failed_run, ended_run)} == {dg.DefaultSensorStatus.RUNNING}
