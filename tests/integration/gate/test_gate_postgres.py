"""Releases in PostgreSQL: the same rows, what readers may do, what a publication costs, going back."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import polars as pl
import psycopg
import pytest
from served import both, read, reshaped, seen, serve, tables
from steps import tree

from orchestration.store import releases
from orchestration.store.layout import Layout
from orchestration.store.serve import postgres as target_of
from orchestration.store.serve.target import Target
from schemas.tables import FACTS, MARTS

READER = "sluice_reader"
# PostgreSQL's spellings of what means the same in DuckDB.
TYPES = {"BOOLEAN": "boolean", "VARCHAR": "text", "DOUBLE": "double precision", "INTEGER": "integer",
         "BIGINT": "bigint", "DATE": "date", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone"}  # fmt: skip


@pytest.fixture
def served(layout: Layout, database: str) -> tuple[Layout, str]:
    """A data directory with one release, and a database that serves it."""
    serve(layout, database)
    return layout, database


def _rows(rows: list[tuple]) -> list[str]:
    """Rows in one order; both drivers have their own object for UTC."""
    return sorted(repr([v.astimezone(UTC) if isinstance(v, datetime) else v for v in row]) for row in rows)


def test_the_first_load_is_the_release_row_by_row(served):
    """Guards against readers of the database and of the files who are told different things."""
    layout, dsn = served
    assert {table.name for table in MARTS} <= set(tables(layout))
    for name in tables(layout):
        ours, theirs = both(layout, dsn, f'select * from "{name}"')
        assert _rows(ours) == _rows(theirs), name


def test_columns_have_the_types_and_the_order_of_the_release(served):
    """Guards against numbers that arrive as text, and against `select *` that means something else."""
    layout, dsn = served
    query = "select table_name, column_name, data_type from information_schema.columns where table_{} = '{}'"
    ordered = " and table_name <> 'pg_views' order by table_name, ordinal_position"
    ours, theirs = both(
        layout, dsn, query.format("catalog", "catalogue") + ordered, query.format("schema", "sluice") + ordered
    )
    assert [(table, column, TYPES[kind]) for table, column, kind in ours] == theirs


def test_any_text_and_any_number_arrives_as_it_is(layout, database):
    """Guards against texts that COPY takes for something else, and floats that lose their last digit."""
    texts = ["", "\\N", "\\.", 'a"b', "a,b", "two\nlines\r\n", "'; drop schema sluice; --", "ä €", " ", "null", None]
    numbers = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.0, 1e22, math.pi, 1 / 3, 123456789.12345679, 1e-7, 2.0**53]
    rows = pl.DataFrame({"asset": [f"A{n:02}" for n in range(len(texts))], "text": texts, "number": [*numbers, None]})
    reshaped(layout, "dim_assets", lambda frame: rows, "20260211T120000Z")
    serve(layout, database)
    found = read(database, "select asset, text, number from dim_assets order by asset")
    assert found == rows.rows()
    assert math.copysign(1, found[3][2]) == -1


def test_only_what_changed_is_loaded(two):
    """Guards against a publication whose cost grows with the history."""
    layout, dsn, _, second = two
    changed = {"fct_etf_flows_daily", "fct_etf_totals_daily", "fct_flows_daily"}
    planned = target_of.plan(layout, releases.get(layout), Target(dsn))
    done = serve(layout, dsn)
    assert (done.loaded, done.views, done.is_new) == (2 * len(changed), (), True)
    assert (planned.load, planned.load_rows, planned.carried) == (done.loaded, done.loaded_rows, done.carried)
    assert done.carried == len(releases.get(layout).manifest.objects) - done.loaded
    again = serve(layout, dsn)
    assert (again.loaded, again.is_new, seen(dsn)) == (0, False, second)
    for name in (f"{table}{suffix}" for table in changed for suffix in ("", "_vintages")):
        ours, theirs = both(layout, dsn, f"select * from {name}")
        assert _rows(ours) == _rows(theirs), name


def test_an_earlier_release_is_gone_back_to_without_loading(two):
    """Guards against a rollback that takes as long as a first load, in the night in which it is needed."""
    layout, dsn, first, second = two
    total = "select max(flow_usd) from fct_etf_totals_daily"
    serve(layout, dsn)
    assert (seen(dsn), read(dsn, total)) == (second, [(3.5e6,)])
    back = serve(layout, dsn, first)
    assert (back.loaded, seen(dsn), read(dsn, total)) == (0, first, [(3e6,)])


def test_old_releases_go_and_the_rows_that_only_they_had(two):
    """Guards against a database that grows for ever."""
    layout, dsn, first, second = two
    rows = "select count(*) from sluice_objects.objects"
    before = read(dsn, rows)[0][0]
    done = serve(layout, dsn, keep=1)
    assert (done.dropped, seen(dsn)) == ((first,), second)
    assert read(dsn, rows) == [(before,)]
    assert read(dsn, "select release_id from sluice_objects.releases") == [(second,)]
    ids = "select count(*) from sluice_objects.{} where object_id not in (select object_id from sluice_objects.objects)"
    for (shape,) in read(dsn, "select name from sluice_objects.shapes"):
        assert read(dsn, ids.format(shape)) == [(0,)]


def test_every_table_has_its_key_and_its_descriptions(served):
    """Guards against a database in which nobody knows what a column means, or which may hold a row twice."""
    _, dsn = served
    keys = dict(read(
        dsn,
        "select s.table_name, array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum))"
        " from sluice_objects.shapes s join pg_index i on i.indrelid = ('sluice_objects.' || s.name)::regclass"
        " join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) where i.indisprimary group by 1",
    ))  # fmt: skip
    assert keys == {table.name: ["object_id", *table.grain] for table in MARTS}
    for table in MARTS:
        said = read(dsn, f"select obj_description('sluice.{table.name}'::regclass)")
        columns = read(dsn, "select col_description(attrelid, attnum) from pg_attribute where attnum > 0"
                            f" and attrelid = 'sluice.{table.name}'::regclass order by attnum")  # fmt: skip
        assert said == [(table.description,)]
        assert [text.startswith(column.description) for (text,), column in zip(columns, table.columns, strict=True)]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("'2026-02-09 00:00'", "'2026-02-09 00:00'"),
        ("'2026-02-08 19:00:00-05:00'", "'2026-02-08 19:00:00-05:00'"),
        ("'2026-02-08 23:59:59.999999'", "'2026-02-08 23:59:59.999999'"),
        ("timestamptz '2026-02-09 00:00:00+00'", "timestamptz '2026-02-09 00:00:00+00'"),
        ("timestamp '2026-02-09 00:00:00'", "timestamp '2026-02-09 00:00:00'"),
        ("date '2026-02-09'", "date '2026-02-09'"),
    ],
)
def test_an_as_of_read_is_called_and_answers_as_in_the_files(served, ours, theirs):
    """Guards against one query with two answers, which a session in New York would get (the server is set there)."""
    layout, dsn = served
    for fact in FACTS[:3]:
        query = f"select count(*), max(recorded_at) is not null from {fact.name}_as_of({{}})"
        here, there = both(layout, dsn, query.format(ours), query.format(theirs))
        assert here == there
        assert read(dsn, query.format(theirs)) == here
    assert read(dsn, "select count(*) from fct_flows_daily_as_of('2026-02-09 00:00')") != [(0,)]
    assert read(dsn, "select count(*) from fct_flows_daily_as_of('2026-02-08 23:59')") == [(0,)]


def test_as_of_functions_take_parameters_and_are_seen_through(served):
    """Guards against a function that reads all vintages of ten years for the one day that is asked for."""
    _, dsn = served
    with psycopg.connect(dsn, options="-c search_path=sluice") as connection:
        query = "select count(*) from fct_etf_totals_daily_as_of(%s) where trade_date = %s"
        for when in ("2026-02-10", datetime(2026, 2, 10, tzinfo=UTC), date(2026, 2, 10)):
            assert connection.execute(query, (when, date(2026, 2, 8))).fetchone() == (1,)
        plan = connection.execute(
            "explain select * from fct_etf_totals_daily_as_of('2026-02-10') where trade_date = '2026-02-08'"
        ).fetchall()
    assert "Function Scan" not in str(plan)
    assert "trade_date = " in str(plan)


def test_the_readers_role_reads_everything_and_writes_nothing(served):
    """Guards against a dashboard's login that can change what others read, or see what is not published yet."""
    layout, dsn = served
    for name in tables(layout):
        assert read(dsn, f'select count(*) >= 0 from "{name}"', READER) == [(True,)]
    assert read(dsn, "select count(*) > 0 from fct_flows_daily_as_of('2026-02-10')", READER) == [(True,)]
    for attempt in (
        "insert into sluice_release select * from sluice_release", "delete from fct_flows_daily",
        "update dim_assets set asset = 'X'", "drop view dim_assets", "create table sluice.mine (i int)",
        "select * from sluice_objects.members", "create or replace view dim_assets as select 1",
        "update sluice_objects.current set release_id = 'x'", "truncate sluice_objects.current",
    ):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            read(dsn, attempt, READER)


def test_no_role_is_made_where_none_is_wanted(layout, database):
    """Guards against roles that an administrator did not ask for."""
    read(database, "select 1")
    target = Target(database, schema="markets", reader_role="")
    target_of.publish(layout, releases.get(layout), target)
    granted = "select count(*) from information_schema.role_table_grants where table_schema = 'markets' and grantee <> "
    assert read(database, granted + "current_user") == [(0,)]
    assert read(database, "select release_id from markets.sluice_release") == [(releases.get(layout).release_id,)]


def test_serving_changes_no_file_of_the_release(layout, database):
    """Guards against a target that touches what other readers read."""
    before = tree(layout.published)
    serve(layout, database)
    assert tree(layout.published) == before


def test_the_standing_says_what_is_served(two):
    """Guards against a database that is a week behind and looks like any other."""
    layout, dsn, first, second = two
    assert (target_of.standing(Target(dsn)).current or 0).release_id == first
    serve(layout, dsn)
    now = target_of.standing(Target(dsn))
    assert [kept.release_id for kept in now.kept] == [second, first]
    assert (now.current or 0).release_id == second
    assert now.size > 100_000
    assert now.publisher is None
