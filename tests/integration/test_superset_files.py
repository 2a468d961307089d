"""What Superset is given, and what its script refuses before it installs anything; no Superset is needed for it.

With one: tests/pipeline/test_superset.py.
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.store import catalogue

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "superset"
URIS = ["duckdb:////x/current.duckdb", "postgresql://reader@host/db"]


@pytest.fixture(scope="module")
def bundle() -> ModuleType:
    """The module that writes what Superset imports."""
    spec = importlib.util.spec_from_file_location("bundle", DEPLOY / "bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _columns_of(params: dict[str, Any]) -> set[str]:
    """Columns that a chart names."""
    metrics = [*params.get("metrics", []), *filter(None, [params.get("series_limit_metric")])]
    named = {metric["column"]["column_name"] for metric in metrics}
    named |= {given.get("subject") for given in params["adhoc_filters"]}
    named |= {params.get("x_axis"), *params.get("groupby", []), *params.get("all_columns", [])}
    return named - {None}


@pytest.mark.parametrize("uri", URIS)
def test_every_chart_names_columns_that_a_release_has(bundle, uri):
    """A column that was renamed leaves an error in the chart's place, found by whoever opens the dashboard."""
    values = {name: yaml.safe_load(text) for name, text in bundle.contents(catalogue.dictionary(), uri).items()}
    datasets = {v["uuid"]: v for name, v in values.items() if name.startswith("datasets/")}
    charts = {v["uuid"]: v for name, v in values.items() if name.startswith("charts/")}
    shown = [v for name, v in values.items() if name.startswith("dashboards/")]
    for chart in charts.values():
        columns = {column["column_name"] for column in datasets[chart["dataset_uuid"]]["columns"]}
        assert _columns_of(chart["params"]) <= columns, chart["slice_name"]
    cells = [cell for board in shown for cell in board["position"].values() if isinstance(cell, dict)]
    assert {cell["meta"]["uuid"] for cell in cells if cell["type"] == "CHART"} == set(charts)


@pytest.mark.parametrize("uri", URIS)
def test_every_table_of_a_release_becomes_a_dataset_that_cannot_be_written(bundle, uri):
    """A table that is missing is one that nobody charts; a connection that writes locks every other reader out."""
    texts = bundle.contents(catalogue.dictionary(), uri)
    assert {f"datasets/sluice/{table['name']}.yaml" for table in catalogue.dictionary()} < texts.keys()
    database = json.loads(texts["databases/sluice.yaml"])
    assert not any(database[name] for name in ("allow_dml", "allow_ctas", "allow_cvas", "allow_file_upload"))
    given = database["extra"]["engine_params"]["connect_args"]
    assert given.get("read_only") or "default_transaction_read_only=on" in given["options"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data directory whose catalogue names a file that has moved away, as in a copy of one."""
    release = tmp_path / "home" / "published" / "releases" / "one"
    release.mkdir(parents=True)
    table = {"name": "fct_moved_daily", "description": "Moved.", "columns": []}
    (release / "dictionary.json").write_text(json.dumps([table]))
    with duckdb.connect(release / "catalogue.duckdb") as made:
        made.execute("create view sluice_release as select 'one' as release_id")
        made.execute(f"copy (select 1 as a) to '{release}/moved.parquet'")
        made.execute(f"create view fct_moved_daily as from read_parquet('{release}/moved.parquet')")
    (release / "moved.parquet").unlink()
    (release.parents[1] / "current.duckdb").symlink_to("releases/one/catalogue.duckdb")
    return tmp_path / "home"


def _up(folder: Path, home: Path, *options: str, **variables: str) -> str:
    """What the script says where it refuses; it must not have begun."""
    command = [sys.executable, DEPLOY / "up.py", "--folder", folder, "--home", home, *options]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, f"{done.stdout}\n{done.stderr}"
    assert not done.stdout, "it began"
    return done.stderr


def test_without_a_release_nothing_is_installed(tmp_path):
    """0.7 GB for a dashboard of errors."""
    said = _up(tmp_path / "superset", tmp_path / "none")
    assert "`sluice run` publishes" in said
    assert not (tmp_path / "superset").exists()


def test_a_port_that_is_taken_is_said_before_the_work(tmp_path, home):
    """Told after ten minutes of installing, it is ten minutes too late."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert "--port another" in _up(tmp_path / "superset", home, "--port", str(other.getsockname()[1]))


@pytest.mark.parametrize("dsn", ["postgres://bi:hidden-word@host/db", "host=x password=hidden-word", "postgresql://["])
def test_an_address_of_another_form_is_refused_and_its_password_not_shown(tmp_path, home, dsn):
    """Superset would say it with the whole address, in a log."""
    said = _up(tmp_path / "superset", home, "--setup-only", SLUICE_BI_DSN=dsn)
    assert "SLUICE_BI_DSN is not of the form postgresql://" in said
    assert "hidden-word" not in said


def test_a_superset_that_somebody_else_set_up_is_left_alone(tmp_path, home):
    """Its dashboards are in that file."""
    (tmp_path / "superset.db").write_text("theirs")
    assert "--folder another" in _up(tmp_path, home, "--setup-only")
    assert (tmp_path / "superset.db").read_text() == "theirs"


def test_a_catalogue_whose_files_moved_is_named_before_it_is_shown(bundle, home):
    """A copied data directory opens, and every chart on it fails."""
    link = home / "published" / "current.duckdb"
    texts = bundle.contents(bundle.dictionary_of(link), bundle.duckdb_uri(link))
    done = subprocess.run(
        [sys.executable, DEPLOY / "check.py"], input=json.dumps(texts), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("the release cannot be read: ")
    assert "moved.parquet" in done.stderr
