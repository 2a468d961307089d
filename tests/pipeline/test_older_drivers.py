"""A release opens with drivers that are years older than the one that wrote it: BI tools pin theirs.

Old drivers cannot be in the environment beside the present one, so they are fetched from the package index into a
folder of their own, by hashes; where it does not answer, these tests are left out and say so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from analyst import queries

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "older_duckdb"
READ = """
import json, sys
import duckdb
release = duckdb.connect(sys.argv[1], read_only=True)
every = [f'from "{name}" limit 1' for (name,) in release.execute("select view_name from duckdb_views()"
    " where not internal union all select table_name from duckdb_tables() where not internal").fetchall()]
every += [f"from {name}('2026-02-06 02:00') limit 1" for (name,) in release.execute(
    "select distinct function_name from duckdb_functions() where function_name like 'fct%_as_of'").fetchall()]
failed = []
for query in [*every, *json.load(sys.stdin)]:
    try:
        release.execute(query).fetchall()
    except duckdb.Error as error:
        failed.append([query, str(error)])
comments = release.execute("select count(*) from duckdb_columns() where comment is not null").fetchone()[0]
print(json.dumps({"version": duckdb.__version__, "queries": len(every), "failed": failed, "comments": comments}))
"""


@pytest.fixture(params=sorted(path.stem for path in FIXTURES.glob("*.txt")))
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A version and the folder that it is in."""
    requirements, folder = FIXTURES / f"{request.param}.txt", tmp_path / "driver"
    done = subprocess.run(
        [Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--python", sys.executable, "--target",
         folder, "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", requirements],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"DuckDB {request.param} cannot be had here: {done.stderr.strip().splitlines()[-1]}")
    return request.param, folder


def test_an_older_driver_reads_every_table_macro_and_query_of_the_docs(driver, sample_home, tmp_path):
    """A file of a newer storage version, or a macro of a newer dialect, is a dashboard that does not open."""
    version, folder = driver
    asked = json.dumps([query.text for query in queries()])
    done = subprocess.run(
        [sys.executable, "-c", READ, str(sample_home / "published" / "current.duckdb")],
        input=asked, env=os.environ | {"PYTHONPATH": str(folder)}, cwd=tmp_path,
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    assert read["version"] == version
    assert read["queries"] > 50
    assert not read["failed"], read["failed"][:3]
    assert read["comments"] > 1000
