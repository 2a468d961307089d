"""Columns that change between releases: what readers built stays, or the publisher is told what stands in the way."""

from __future__ import annotations

import polars as pl
import psycopg
import pytest
from served import TOTAL, read, reshaped, seen, serve, transaction

from orchestration.store.serve.target import ServingError, TargetBusy


def _wider(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(seat=pl.lit("somebody"))


def _other_type(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(decimals=pl.lit(1.5))


def test_a_new_column_comes_last_and_leaves_what_readers_built(two):
    """Guards against dashboards that break at every addition."""
    layout, dsn, first, _ = two
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create view of_a_reader as select asset from sluice.dim_assets")
    reshaped(layout, "dim_assets", _wider, "20260212T120000Z")
    assert serve(layout, dsn).views == ("dim_assets",)
    assert read(dsn, "select distinct seat from sluice.dim_assets") == [("somebody",)]
    assert read(dsn, "select count(*) > 0 from public.of_a_reader") == [(True,)]
    assert read(dsn, "select count(*) > 0 from dim_assets", "sluice_reader") == [(True,)]
    serve(layout, dsn, first)
    assert (seen(dsn), read(dsn, "select count(seat) from dim_assets")) == (first, [(0,)])
    assert serve(layout, dsn, first, keep=1).dropped
    serve(layout, dsn, first, keep=1)
    assert read(dsn, "select count(seat) from dim_assets, public.of_a_reader") == [(0,)]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("drop view public.of_a_reader")
    serve(layout, dsn, first, keep=1)
    with pytest.raises(psycopg.errors.UndefinedColumn):
        read(dsn, "select seat from dim_assets")


def test_a_column_that_changes_its_type_names_what_depends_on_it(layout, database):
    """Guards against a cascade that drops what readers made."""
    reshaped(layout, "dim_assets", lambda frame: frame.with_columns(decimals=pl.lit(1)), "20260211T120000Z")
    first = serve(layout, database).release_id
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create view of_a_reader as select decimals from sluice.dim_assets")
    newest = reshaped(layout, "dim_assets", _other_type, "20260212T120000Z").release_id
    with pytest.raises(ServingError, match="of_a_reader"):
        serve(layout, database)
    assert seen(database) == first
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop view of_a_reader")
    serve(layout, database)
    assert (seen(database), read(database, "select distinct decimals from dim_assets")) == (newest, [(1.5,)])


def test_columns_that_change_wait_for_a_reader_who_holds_them_and_say_who_it_is(two):
    """Guards against a publication that hangs, and against readers who queue behind it."""
    layout, dsn, first, _ = two
    newest = reshaped(layout, "dim_assets", _wider, "20260212T120000Z").release_id
    with transaction(dsn) as reader:
        reader.execute("set application_name = 'month end report'")
        reader.execute("select * from sluice.dim_assets").fetchall()
        with pytest.raises(TargetBusy, match="month end report"):
            serve(layout, dsn)
        with psycopg.connect(dsn, options="-c lock_timeout=1000") as another:
            assert another.execute("select release_id from sluice.sluice_release").fetchone() == (first,)
            assert another.execute("select count(*) > 0 from sluice.dim_assets").fetchone() == (True,)
        assert reader.execute("select release_id from sluice.sluice_release").fetchone() == (first,)
    serve(layout, dsn)
    assert seen(dsn) == newest


def test_a_transaction_from_before_a_new_column_still_sees_its_own_release(two):
    """Guards against names that mean something else in the middle of a transaction."""
    layout, dsn, first, _ = two
    with transaction(dsn) as reader:
        assert reader.execute(TOTAL).fetchone() == (first, 3e6)
        reshaped(layout, "dim_assets", _wider, "20260212T120000Z")
        serve(layout, dsn, keep=1)
        found = reader.execute("select count(*), count(seat) from sluice.dim_assets").fetchone()
        assert found is not None
        assert (found[0] > 0, found[1]) == (True, 0)


def test_shapes_that_no_release_has_go_in_time(two):
    """Guards against tables of columns of long ago."""
    layout, dsn, _, _ = two
    reshaped(layout, "dim_assets", _wider, "20260212T120000Z")
    shapes = "select count(*) from sluice_objects.shapes where table_name = 'dim_assets'"
    serve(layout, dsn, keep=1)
    assert read(dsn, shapes) == [(2,)]
    serve(layout, dsn, keep=1)
    assert read(dsn, shapes) == [(1,)]
    assert read(dsn, "select count(*) = count(seat) from dim_assets") == [(True,)]
