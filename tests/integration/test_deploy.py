"""The services' set-up: units that systemd takes, commands that exist, storage in PostgreSQL, secrets kept apart."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from orchestration.resources.config_file import load
from orchestration.resources.config_names import problems
from orchestration.resources.settings import SECRETS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))
TIMERS = sorted((DEPLOY / "systemd").glob("*.timer"))
BIN = Path(sys.executable).parent
WRITER, READERS = 61001, 61002
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="files of other users are made by root only")


class Unit(RawConfigParser):
    """A unit file; a key that stands twice has both values, one per line."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, delimiters=("=",))
        self.optionxform = str  # type: ignore[assignment,method-assign]
        found: dict[tuple[str, str], list[str]] = {}
        section = ""
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("["):
                section = line.strip("[]")
                self.add_section(section)
            elif "=" in line and not line.startswith("#"):
                key, _, value = line.partition("=")
                found.setdefault((section, key), []).append(value)
        for (name, key), values in found.items():
            self.set(name, key, "\n".join(values))

    def service(self, key: str) -> str:
        return self.get("Service", key, fallback="")


def named(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", SERVICES, ids=named)
def test_the_command_of_a_unit_exists_and_knows_its_options(path):
    """A unit with a misspelled option restarts for ever, and nobody looks."""
    program, *arguments = shlex.split(Unit(path).service("ExecStart"))
    own = BIN / Path(program).name
    assert program == f"/opt/sluice/.venv/bin/{own.name}"
    words = [word for word in arguments if re.fullmatch(r"[a-z]+", word)][:2]
    command = words if own.name == "sluice" else words[: own.name == "dagster-daemon"]
    done = subprocess.run([own, *command, "--help"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    for option in (word for word in arguments if word.startswith("-")):
        assert re.search(rf"(^|[\s,]){re.escape(option)}\b", done.stdout), option


@pytest.mark.parametrize("path", SERVICES, ids=named)
def test_a_service_is_nobody_and_may_write_the_data_directory_only(path):
    """What a poisoned feed could make it do is bounded by what it may do."""
    unit = Unit(path)
    expected = {
        "User": "sluice", "Group": "sluice", "UMask": "0027", "ProtectSystem": "strict", "NoNewPrivileges": "yes",
        "ProtectHome": "yes", "PrivateTmp": "yes", "CapabilityBoundingSet": "", "RestrictSUIDSGID": "yes",
        "SystemCallFilter": "@system-service", "ProtectProc": "invisible",
    }  # fmt: skip
    assert {key: unit.service(key) for key in expected} == expected
    assert set(unit.service("ReadWritePaths").split()) <= {"/var/lib/sluice", "/srv/sluice-backup"}


def test_only_what_needs_secrets_is_given_them():
    """The recorder talks to venues all day and needs no key; the pages show what they know."""
    given = {path.stem: Unit(path).service("EnvironmentFile").split() for path in SERVICES}
    keys, database = "/etc/sluice/sluice.env", "/etc/sluice/dagster.env"
    assert given == {
        "sluice-alerts": [keys],
        "sluice-backup": [],
        "sluice-daemon": [database, keys],
        "sluice-recorder": [],
        "sluice-webserver": [database],
    }


def test_the_pages_are_for_this_machine_and_for_looking_only():
    """Dagster's pages ask for no password."""
    command = Unit(DEPLOY / "systemd" / "sluice-webserver.service").service("ExecStart")
    assert "-h 127.0.0.1" in command
    assert "--read-only" in command


@pytest.mark.parametrize("path", TIMERS, ids=named)
def test_a_timer_has_its_service(path):
    """A timer without one fails when it is due and not when it is installed."""
    assert path.with_suffix(".service") in SERVICES
    assert Unit(path).get("Install", "WantedBy") == "timers.target"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("path", [*SERVICES, *TIMERS], ids=named)
def test_systemd_takes_the_unit(path, tmp_path):
    """An unknown directive is a warning in a log that nobody reads, and the protection is not there."""
    for unit in [*SERVICES, *TIMERS]:
        text = unit.read_text("utf-8").replace("/opt/sluice/.venv/bin/", f"{BIN}/").replace("/opt/sluice", str(ROOT))
        (tmp_path / unit.name).write_text(text, "utf-8")
    command = ["systemd-analyze", "verify", "--recursive-errors=no", "--man=no", str(tmp_path / path.name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_configuration_and_the_lists_of_keys_are_right(tmp_path):
    """A key of a vendor that the list lacks is not set by whoever goes by the list."""
    file = tmp_path / "sluice.toml"
    shutil.copy(DEPLOY / "sluice.toml", file)
    assert not list(problems(load(file)))
    assert load(file).config.paths.home == Path("/var/lib/sluice")
    listed = re.findall(r"^#(\w+)=$", (DEPLOY / "sluice.env").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(SECRETS)


@dg.op
def step() -> None:
    """An op."""


@dg.job
def sound() -> None:
    """A job."""
    step()


def test_dagster_keeps_its_runs_in_postgresql(database, tmp_path, monkeypatch):
    """SQLite in the data directory makes the daemon, the pages and the runs wait for one another."""
    shutil.copy(DEPLOY / "dagster.yaml", tmp_path / "dagster.yaml")
    parts = conninfo_to_dict(database)
    names = {"HOST": "host", "PORT": "port", "USER": "user", "DB": "dbname", "PASSWORD": "password"}
    listed = re.findall(r"^DAGSTER_PG_(\w+)=", (DEPLOY / "dagster.env").read_text("utf-8"), re.MULTILINE)
    assert set(listed) == set(names)
    for name, part in names.items():
        monkeypatch.setenv(f"DAGSTER_PG_{name}", str(parts[part]))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert sound.execute_in_process(instance=instance).success
        assert not instance.telemetry_enabled
        assert instance.run_monitoring_enabled
        assert type(instance.run_coordinator).__name__ == "QueuedRunCoordinator"
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*) from runs").fetchone() == (1,)
    assert not list(tmp_path.rglob("*.db"))


@NEEDS_ROOT
def test_the_installation_gives_each_file_its_owner_and_its_rights(tmp_path):
    """A secret that everybody on the machine can read is none."""
    install(tmp_path)
    rights = {
        "etc/sluice/sluice.env": (0o600, 0, 0),
        "etc/sluice/dagster.env": (0o600, 0, 0),
        "etc/sluice/sluice.toml": (0o644, 0, 0),
        "var/lib/sluice": (0o710, WRITER, READERS),
        "var/lib/sluice/published": (0o2750, WRITER, READERS),
        "var/lib/sluice/raw": (0o700, WRITER, WRITER),
        "var/lib/sluice/build": (0o700, WRITER, WRITER),
        "var/lib/sluice/dagster": (0o700, WRITER, WRITER),
        "srv/sluice-backup": (0o700, WRITER, WRITER),
    }
    for name, (mode, user, group) in rights.items():
        found = (tmp_path / name).stat()
        assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (mode, user, group), name
    (tmp_path / "etc/sluice/sluice.env").write_text("FRED_API_KEY=kept\n")
    install(tmp_path)
    assert (tmp_path / "etc/sluice/sluice.env").read_text() == "FRED_API_KEY=kept\n"


def install(destination: Path) -> None:
    """Run the script into a folder."""
    numbers = {"DESTDIR": str(destination), "SLUICE_UID": str(WRITER), "SLUICE_READERS_GID": str(READERS)}
    done = subprocess.run([DEPLOY / "install"], env=os.environ | numbers, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
