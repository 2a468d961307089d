"""What Superset imports: the release as a database, its tables as datasets, and the charts and dashboard of `assets/`.

Belongs here: descriptions in Superset's own import format, as text. Does not belong here: Superset.

Datasets take their columns and descriptions from the dictionary that a release carries, so they say what the release
says. Charts and the dashboard are files in the form in which Superset exports them: change one in the browser, export
it and put it back. The texts made here are JSON, which is YAML too.

Alone, it writes the same as a zip, which a Superset that is already there imports ("Import dashboards"):

    python deploy/superset/bundle.py .sluice/published/current.duckdb sluice.zip
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

ASSETS = Path(__file__).with_name("assets")
NAME = "Sluice"
# Ids are made of names, so that importing again changes what is there in place of adding to it.
_IDS = UUID("f3a7be67-e2a9-5a4c-8f3e-5c9d4ae9fb04")
_TYPES = {
    "Date": "DATE",
    "String": "VARCHAR",
    "Float64": "DOUBLE PRECISION",
    "Int64": "BIGINT",
    "Int32": "INTEGER",
    "Boolean": "BOOLEAN",
    "Datetime(time_unit='us', time_zone='UTC')": "TIMESTAMP WITH TIME ZONE",
}
_RELEASE = {
    "name": "sluice_release",
    "description": "The release that these numbers are from. Quote its id with every number.",
    "columns": [
        {"name": "release_id", "type": "String", "description": "The release's id: `sluice sql --release ID`."},
        {
            "name": "published_at",
            "type": "Datetime(time_unit='us', time_zone='UTC')",
            "description": "When readers could first see it (UTC).",
        },
        {"name": "is_simulated", "type": "Boolean", "description": "Whether any row comes from the sample feeds."},
        {"name": "note", "type": "String", "description": "What readers must know of it."},
    ],
}
# Charts cannot ask for the newest day by themselves, nor say which it is, so a dataset does.
_LATEST = (
    "latest_basis_term_structure",
    "fct_basis_term_structure_daily",
    "The basis curves of the newest day of the release.",
)
_CURVE = {"name": "curve", "type": "String", "description": "Asset and day, the name of a curve."}


def contents(dictionary: Iterable[Mapping[str, Any]], uri: str, kind: str = "assets") -> dict[str, str]:
    """Texts by file name. `uri` is SQLAlchemy's: of DuckDB, or of PostgreSQL with the views in schema `sluice`.

    `kind` is what the importer calls it: "assets" overwrites all of it, "Dashboard" is what the browser takes.
    """
    schema = "main" if uri.startswith("duckdb") else "sluice"
    tables = [*dictionary, _RELEASE]
    datasets = [_dataset(table, schema) for table in tables]
    name, source, description = _LATEST
    for table in tables:
        if table["name"] == source:
            sql = (
                f"select *, asset || ' ' || cast(fact_date as varchar) as curve from {schema}.{source}"
                f" where fact_date = (select max(fact_date) from {schema}.{source})"
            )
            columns = [*table["columns"], _CURVE]
            datasets.append(_dataset({"name": name, "description": description, "columns": columns}, schema, sql))
    values = {
        "metadata.yaml": {"version": "1.0.0", "type": kind, "timestamp": "2026-01-01T00:00:00+00:00"},
        "databases/sluice.yaml": _database(uri),
        **{f"datasets/sluice/{value['table_name']}.yaml": value for value in datasets},
    }
    shipped = {path.relative_to(ASSETS).as_posix(): path.read_text("utf-8") for path in sorted(ASSETS.rglob("*.yaml"))}
    return {**{file: json.dumps(value, indent=1) for file, value in values.items()}, **shipped}


def dictionary_of(catalogue: Path) -> list[dict[str, Any]]:
    """The dictionary of the release that a catalogue, or the link to it, belongs to."""
    return json.loads(catalogue.resolve(strict=True).with_name("dictionary.json").read_text("utf-8"))


def duckdb_uri(catalogue: Path) -> str:
    """The release as SQLAlchemy names it. The link itself is kept: every connection then opens the newest."""
    return f"duckdb:///{catalogue.parent.resolve() / catalogue.name}"


def uuid_of(name: str) -> str:
    """The id of a database or dataset."""
    return str(uuid5(_IDS, name))


def _database(uri: str) -> dict[str, Any]:
    options = "-c search_path=sluice -c default_transaction_read_only=on"
    connect: dict[str, Any] = {"read_only": True} if uri.startswith("duckdb") else {"options": options}
    return {
        "database_name": NAME,
        "sqlalchemy_uri": uri,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_file_upload": False,
        "extra": {"engine_params": {"connect_args": connect}, "allows_virtual_table_explore": True},
        "uuid": uuid_of("database"),
        "version": "1.0.0",
    }


def _dataset(table: Mapping[str, Any], schema: str, sql: str | None = None) -> dict[str, Any]:
    dates = [column["name"] for column in table["columns"] if column["type"] == "Date"]
    return {
        "table_name": table["name"],
        "description": table["description"],
        "main_dttm_col": dates[0] if dates else None,
        "schema": schema,
        "sql": sql,
        "uuid": uuid_of(table["name"]),
        "database_uuid": uuid_of("database"),
        "filter_select_enabled": True,
        "columns": [_column(column) for column in table["columns"]],
        "metrics": [{"metric_name": "count", "expression": "count(*)", "verbose_name": "rows"}],
        "version": "1.0.0",
    }


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    unit = f" Unit: {column['unit_meaning']}." if "unit_meaning" in column else ""
    return {
        "column_name": column["name"],
        "description": column["description"] + unit,
        "type": _TYPES[column["type"]],
        "is_dttm": column["type"].startswith("Date"),
        "is_active": True,
        "groupby": True,
        "filterable": True,
    }


def main(catalogue: str, target: str) -> None:
    """Write the zip."""
    path = Path(catalogue)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in contents(dictionary_of(path), duckdb_uri(path), kind="Dashboard").items():
            archive.writestr(f"sluice/{file}", text)


if __name__ == "__main__":
    main(*sys.argv[1:])
