"""Publishers to PostgreSQL that die, race or are refused: the old release or the new, whole, and a clear word."""

from __future__ import annotations

import os
import signal

import protocol
import psycopg
import pytest
from postgres_server import OWNER, PASSWORD, Postgres
from served import TOTAL, read, seen, serve, serve_elsewhere, wait_for

from orchestration.store import releases
from orchestration.store.objects import file_name
from orchestration.store.serve import postgres as target_of
from orchestration.store.serve import session as session_of
from orchestration.store.serve.session import alone, session
from orchestration.store.serve.target import ServingError, Target, TargetBusy


def test_every_step_is_one_after_which_kills_are_tried(two):
    """Guards against a step that is added, and that nobody ever dies at."""
    layout, dsn, *_ = two
    told: list[str] = []
    target_of.publish(layout, releases.get(layout), Target(dsn), on_step=told.append)
    assert protocol.kinds(told) == protocol.POSTGRES


@pytest.mark.parametrize("step", protocol.POSTGRES)
def test_a_kill_at_any_step_leaves_the_old_release_or_the_new(two, step):
    """Guards against a half-served release, and against one that can never be finished."""
    layout, dsn, first, second = two
    killed = serve_elsewhere(layout, dsn, step)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert seen(dsn) == (second if step in ("served", "cleared") else first)
    done = serve(layout, dsn, keep=1)
    assert (seen(dsn), read(dsn, TOTAL)) == (second, [(second, 3.5e6)])
    assert done.loaded + done.carried == len(releases.get(layout).manifest.objects)
    orphans = "select count(*) from sluice_objects.objects where object_id not in (select object_id from {})"
    assert read(dsn, orphans.format("sluice_objects.members")) == [(0,)]


@pytest.mark.parametrize("step", ["prepared", "part", "loaded", "views"])
def test_a_first_load_that_is_killed_shows_nothing_and_is_finished_by_the_next(layout, database, step):
    """Guards against a database that looks served and is not whole."""
    killed = serve_elsewhere(layout, database, step)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert seen(database) is None
    done = serve(layout, database)
    assert (done.carried > 0) == (step != "prepared")
    assert seen(database) == done.release_id


def test_what_a_killed_publisher_loaded_of_another_release_is_dropped(two):
    """Guards against rows that nobody lists and nobody ever removes."""
    layout, dsn, first, _ = two
    serve_elsewhere(layout, dsn, "loaded").communicate(timeout=60)
    count = "select count(*) from sluice_objects.objects"
    loaded = read(dsn, count)[0][0]
    serve(layout, dsn, first)
    assert read(dsn, count)[0][0] < loaded
    assert read(dsn, TOTAL) == [(first, 3e6)]


@pytest.mark.parametrize("how", ["ended", "shot"])
def test_a_session_that_is_lost_in_the_middle_leaves_the_old_release_and_says_so(two, how):
    """Guards against a lost connection that is taken for success, or for a server that is not there."""
    layout, dsn, first, second = two

    def lose(name: str) -> None:
        if name == "loaded":
            ours = "from pg_stat_activity where application_name like 'sluice pub%'"
            if how == "ended":
                read(dsn, f"select pg_terminate_backend(pid) {ours}")
            else:
                os.kill(read(dsn, f"select pid {ours}")[0][0], signal.SIGKILL)

    with pytest.raises(ServingError, match="what was loaded is kept"):
        target_of.publish(layout, releases.get(layout), Target(dsn), on_step=lose)
    wait_for(dsn)
    assert seen(dsn) == first
    assert (serve(layout, dsn).loaded, seen(dsn)) == (0, second)


def test_a_second_publisher_waits_and_then_says_who_publishes(two):
    """Guards against two processes that write into one schema at once."""
    layout, dsn, first, second = two
    target = Target(dsn, wait_seconds=0.3)
    with session(target) as connection, alone(connection, target):
        with pytest.raises(TargetBusy, match=r"sluice publish \S+:\d+ \(server process \d+"):
            serve(layout, dsn)
        assert seen(dsn) == first
        assert "sluice publish" in str(target_of.standing(target).publisher)
    assert serve(layout, dsn).release_id == second


def test_two_publishers_at_once_load_everything_once(layout, database):
    """Guards against a race in which both load, or in which one fails."""
    both = [serve_elsewhere(layout, database) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted("loaded=0" in out for out, _ in said) == [False, True]
    duplicates = "select count(*) - count(distinct (table_name, month, sha256)) from sluice_objects.objects"
    assert read(database, duplicates) == [(0,)]


def test_the_servers_own_housekeeping_stops_no_publication(two):
    """Guards against a release that fails at random: autovacuum holds this lock on whatever was just loaded."""
    layout, dsn, _, second = two
    (shape,) = read(dsn, "select name from sluice_objects.shapes where table_name = 'fct_etf_totals_daily'")[0]
    with psycopg.connect(dsn) as housekeeping:
        for table in ("members", "current", shape):
            housekeeping.execute(f"lock table sluice_objects.{table} in share update exclusive mode".encode())
        assert serve(layout, dsn).release_id == seen(dsn) == second


def test_a_corrupt_object_is_not_served(two):
    """Guards against rows that nobody audited."""
    layout, dsn, first, _ = two
    fresh = next(o for o in releases.get(layout).manifest.objects if o.release == releases.get(layout).release_id)
    path = layout.objects / file_name(fresh.sha256)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(releases.ReleaseCorrupt, match="object_corrupt"):
        serve(layout, dsn)
    assert seen(dsn) == first


@pytest.fixture
def refusing(postgres: Postgres, database: str) -> dict[str, tuple[str, str]]:
    """Connection strings that do not work, each with what must be said."""
    with psycopg.connect(postgres.dsn("postgres"), autocommit=True) as connection:
        connection.execute("drop role if exists weak")
        connection.execute("create role weak login password 'weak password'")
    return {
        "no server": (f"postgresql://{OWNER.replace(' ', '%20')}:{'secret' * 2}@127.0.0.1:1/x", "nobody answers"),
        "wrong password": (postgres.dsn("of_a_test", password="not the password"), "check user, password"),
        "no database": (postgres.dsn("no_such_database"), "there is no such database"),
        "no rights": (postgres.dsn("of_a_test", "weak", "weak password"), "it needs CREATE on the database"),
        "no TLS": (postgres.dsn("of_a_test") + "?sslmode=require", "do not agree on TLS"),
        "no such mode": (postgres.dsn("of_a_test") + "?sslmode=maybe", "has a value that is none"),
        "no connection string": (f"postgres//sluice:{PASSWORD}@host/db", "is not a connection string"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "case",
    ["no server", "wrong password", "no database", "no rights", "no TLS", "no such mode", "no connection string"],
)
def test_a_server_that_refuses_is_explained_without_a_password(layout, refusing, case):
    """Guards against a stack trace for a typing error, and a password in a log."""
    dsn, expected = refusing[case]
    with pytest.raises(ServingError) as caught:
        serve(layout, dsn)
    said = f"{caught.value} {caught.value.__cause__} {Target(dsn)!r}"
    assert expected in said
    for secret in ("secretsecret", "not the password", "weak password", PASSWORD, "p@ss"):
        assert secret not in said


def test_a_full_disk_is_explained_and_leaves_the_old_release(two):
    """Guards against a full disk that takes readers down with it. The server itself raises the error here."""
    layout, dsn, first, second = two
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "create function is_full() returns trigger language plpgsql as"
            " $$ begin raise 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$"
        )
        connection.execute("create trigger is_full before insert on sluice_objects.members execute function is_full()")
    with pytest.raises(ServingError, match="disk is full"):
        serve(layout, dsn)
    assert read(dsn, TOTAL) == [(first, 3e6)]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("drop trigger is_full on sluice_objects.members")
    assert serve(layout, dsn).loaded == 0
    assert seen(dsn) == second


def test_a_read_only_server_is_named_as_such(two, postgres: Postgres):
    """Guards against half an hour spent on rights when the address is that of the standby."""
    layout, dsn, first, _ = two
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("alter database of_a_test set default_transaction_read_only = on")
    with pytest.raises(ServingError, match="read-only, a standby"):
        serve(layout, dsn)
    assert seen(dsn) == first


def test_a_server_that_is_too_old_is_told_before_anything_is_written(layout, database, monkeypatch):
    """Guards against an error in the middle of a load about a word that the old server does not know."""
    monkeypatch.setattr(session_of, "_OLDEST", 99)
    with pytest.raises(ServingError, match=r"PostgreSQL \d+\.\d+ is too old: 99 is needed"):
        serve(layout, database)
    assert seen(database) is None


def test_a_server_that_is_restarted_serves_what_it_served(two, postgres: Postgres):
    """Guards against a release that lives in memory only."""
    layout, dsn, _, second = two
    serve(layout, dsn)
    postgres.stop()
    postgres.start()
    assert seen(dsn) == second
