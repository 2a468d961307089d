"""What Dagster loads: the asset graph from raw to release, the checks, the job and its automation."""

from __future__ import annotations

import os

import dagster as dg
import pytest
import yaml

from orchestration.assets.columns import key_of
from orchestration.definitions import build_defs
from orchestration.resources.instance import dagster_instance
from orchestration.store.dbt_build import PROJECT, _environment
from orchestration.store.layout import Layout
from schemas.tables import CORE, MARTS, TABLES
from transforms.parse import FEEDS

RELEASE, SERVED = dg.AssetKey(["release"]), dg.AssetKey(["served"])
TABLE_ASSETS = [pytest.param(table, id=table.name) for table in (*CORE, *MARTS)]


@pytest.fixture(scope="module")
def definitions():
    """The code location, as `dagster dev` loads it."""
    return build_defs()


@pytest.fixture(scope="module")
def graph(definitions):
    """Its assets by key."""
    return definitions.resolve_asset_graph()


def test_every_source_core_table_and_mart_is_an_asset_and_nothing_else_is(graph):
    """A table that is no asset is made, and fails, where nobody looks."""
    sources = {dg.AssetKey(["raw", feed.source]) for feed in FEEDS.values()}
    tables = {key_of(table) for table in (*CORE, *MARTS)}
    assert set(graph.get_all_asset_keys()) == sources | tables | {RELEASE, SERVED}


def test_the_graph_leads_from_raw_over_core_and_marts_to_the_release(graph):
    """An edge that is missing lets a step run before what it reads is there."""
    assert graph.get(RELEASE).parent_keys == {key_of(table) for table in MARTS}
    assert graph.get(SERVED).parent_keys == {RELEASE}
    for table in (table for table in MARTS if table.inputs):
        assert graph.get(key_of(table)).parent_keys == {key_of(TABLES[name]) for name in table.inputs}
    for table in (table for table in CORE if not table.inputs):
        parents = graph.get(key_of(table)).parent_keys
        assert parents, table.name
        assert {key.path[0] for key in parents} == {"raw"}


@pytest.mark.parametrize("table", TABLE_ASSETS)
def test_a_table_shows_its_description_columns_and_grain(graph, table):
    """A person who clicks on a table must not need the code to know what a column means."""
    node = graph.get(key_of(table))
    shown = node.metadata["dagster/column_schema"].columns
    assert node.description == table.description
    assert [column.name for column in shown] == list(table.column_names)
    assert all(column.description and column.type for column in shown)
    assert [column.constraints.nullable for column in shown] == [column.nullable for column in table.columns]
    assert node.metadata["grain"] == ", ".join(table.grain)


def test_every_asset_has_a_group_an_owner_and_a_description(graph):
    """Without groups the graph is 45 boxes in one heap; without an owner nobody is asked."""
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    domains = {table.domain for table in MARTS}
    assert {node.group_name for node in nodes} == {"raw", "core", "release"} | domains
    assert all(node.owners == ["team:sluice"] for node in nodes)
    assert all(node.description for node in nodes)


def test_partitions_are_utc_days_and_a_range_is_one_run(graph):
    """A local day would split sessions; a run per day of a back-fill would pay the start-up every time."""
    for node in (graph.get(key) for key in graph.get_all_asset_keys()):
        assert isinstance(node.partitions_def, dg.DailyPartitionsDefinition)
        assert node.partitions_def.timezone == "UTC"
        assert node.backfill_policy == dg.BackfillPolicy.single_run()


def test_every_published_table_has_a_blocking_audit_check(definitions, graph):
    """A check that does not block shows red beside a release that went out."""
    assert graph.asset_check_keys == {dg.AssetCheckKey(key_of(table), "audit") for table in MARTS}
    specs = [spec for checks in definitions.asset_checks for spec in checks.check_specs]
    assert len(specs) == len(MARTS)
    assert all(spec.blocking for spec in specs)


def test_the_job_runs_everything_in_one_process(definitions):
    """A process per step costs more than the step."""
    job = definitions.resolve_job_def("daily")
    assert job.executor_def.name == "in_process"
    assert definitions.executor.name == "in_process"
    assert {key.path[0] for key in job.asset_layer.executable_asset_keys} == {
        "raw",
        "core",
        "marts",
        "release",
        "served",
    }


def test_a_daily_schedule_and_a_failure_sensor_are_there(definitions):
    """A warehouse that nobody starts is stale, and one that fails unheard is stale for longer."""
    schedule = definitions.resolve_schedule_def("daily_at_1400_utc")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 14 * * *", "UTC")
    assert schedule.job_name == "daily"
    assert isinstance(definitions.resolve_sensor_def("failed_run"), dg.RunStatusSensorDefinition)


def test_dagster_sends_no_telemetry_from_the_instance_in_the_data_directory(tmp_path, monkeypatch):
    """A warehouse that calls home by default is not self-hosted."""
    layout = Layout(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(layout.dagster))
    with dagster_instance(layout) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.root_directory == str(layout.dagster)


def test_dbt_sends_no_statistics(tmp_path):
    """dbt sends them unless it is told not to: in the project, and in the environment of each call."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))
    assert project["flags"]["send_anonymous_usage_stats"] is False
    with _environment(Layout(tmp_path)):
        assert os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
        assert os.environ["DO_NOT_TRACK"] == "1"


def test_great_expectations_sends_no_analytics(tmp_path):
    """A context is made anew for every audit, so no file of a user's home may decide this."""
    from orchestration.store.audit.edge import _context

    assert _context(tmp_path / "gx").variables.analytics_enabled is False
