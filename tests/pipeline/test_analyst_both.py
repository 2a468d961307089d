"""Every query of docs/analyst.md gives the same rows in the same order from the files and from PostgreSQL."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from analyst import PAGE, Query, queries
from postgres_server import Postgres

from orchestration.store import releases
from orchestration.store.layout import Layout
from orchestration.store.serve import postgres as serving
from orchestration.store.serve.target import Target

QUERIES = queries()


class Both:
    """One release, opened in both ways. Each session is somewhere else, so no answer may depend on its zone."""

    def __init__(self, home: Path, dsn: str) -> None:
        serving.publish(Layout(home), releases.get(Layout(home)), Target(dsn=dsn))
        self.files = duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True)
        self.files.execute("set TimeZone = 'Asia/Tokyo'")
        self.database = psycopg.connect(dsn, autocommit=True, options="-c search_path=sluice -c TimeZone=America/Lima")

    def ask(self, query: str) -> tuple[list[tuple], list[tuple]]:
        """Names of the columns and rows, from the files and from the database."""
        of_files = self.files.execute(query)
        files = [tuple(column[0] for column in of_files.description), *of_files.fetchall()]
        of_database = self.database.execute(query)
        database = [tuple(column.name for column in of_database.description), *of_database.fetchall()]
        return files, database


def _both(home: Path, dsn: str) -> Iterator[Both]:
    both = Both(home, dsn)
    yield both
    both.files.close()
    both.database.close()


@pytest.fixture(scope="module")
def sample(sample_home: Path, postgres: Postgres) -> Iterator[Both]:
    yield from _both(sample_home, postgres.database("analyst_sample"))


@pytest.fixture(scope="module")
def real(realdata_home: Path, postgres: Postgres) -> Iterator[Both]:
    yield from _both(realdata_home, postgres.database("analyst_real"))


def _plain(value: Any) -> Any:
    """A value as both engines mean it: a sum of integers is a wide integer here and a numeric there."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return int(value) if isinstance(value, Decimal) else value


def _are_equal(one: Any, other: Any) -> bool:
    """Equal; sums of floats to the twelfth digit, since engines add in orders of their own."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-9)
    return type(one) is type(other) and one == other


def _assert_equal(both: Both, query: Query) -> None:
    files, database = both.ask(query.text)
    assert len(files) == len(database)
    for row, other in zip(files, database, strict=True):
        pairs = list(zip(map(_plain, row), map(_plain, other), strict=True))
        assert all(_are_equal(*pair) for pair in pairs), pairs


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_query_of_the_docs_gives_equal_rows_on_the_sample(sample, query):
    """A dashboard on the server and a notebook on the files that disagree cost a day, and then trust."""
    _assert_equal(sample, query)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_query_of_the_docs_gives_equal_rows_on_real_exports(real, query):
    """The sample has no contradiction and no claim; real exports have them."""
    _assert_equal(real, query)


def test_the_sample_answers_nearly_all_of_them_with_rows(sample):
    """Two empty answers are equal, and prove nothing."""
    empty = [str(query) for query in QUERIES if len(sample.ask(query.text)[0]) == 1]
    assert len(empty) <= 3, empty


def test_the_page_has_the_queries_that_are_run_here():
    """A pattern that no longer finds the page's blocks compares nothing, and passes."""
    assert len(QUERIES) == PAGE.read_text("utf-8").count("```sql") >= 25
