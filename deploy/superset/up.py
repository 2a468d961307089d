"""Sets Superset up beside a Sluice data directory, and starts it on this machine's own address.

    python deploy/superset/up.py --folder ~/superset --home .sluice

Run it again to start it again, or after it was stopped halfway. Where the data directory, the tables or the shipped
charts are others than before, it imports them over what was there: save a dashboard of your own under another name.

From the environment: SLUICE_BI_PASSWORD, of the user `admin`; without it the first run makes one, in a file that its
owner alone can read. SLUICE_BI_DSN, a `postgresql://` address that `sluice publish` serves: the same datasets are then
read from there.

Exit codes: 0 done, 1 a step failed, 2 something has to be put right first. The last line says what to do.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from bundle import contents, dictionary_of, duckdb_uri

HERE = Path(__file__).resolve().parent
ADMIN = "admin"


@dataclass(frozen=True)
class Place:
    """The folder of one Superset, what its programs see of the environment, and the lock that set-ups take."""

    folder: Path
    environment: dict[str, str]
    lock: int

    def program(self, name: str) -> str:
        """A program of Superset's own environment."""
        return str(self.folder / "venv" / "bin" / name)

    def run(self, command: list[str], given: str = "", advice: str = "A step failed.", code: int = 1) -> None:
        """Run it without showing what it prints, unless it fails."""
        # A child that outlives this process keeps the lock: the next set-up must not work beside it.
        done = subprocess.run(
            command, env=self.environment, input=given, capture_output=True, text=True, check=False,
            pass_fds=[self.lock],
        )  # fmt: skip
        if done.returncode:
            said = _without_secrets(f"{done.stdout}\n{done.stderr}".strip())
            _stop(f"{said}\n{advice} Run this again when that is mended.", code)


def main() -> None:
    """Install, configure, import, start."""
    options = _options()
    catalogue = options.home / "published" / "current.duckdb"
    uri = _checked(options, catalogue)
    # Superset's database holds the password hashes, and the key opens sessions.
    os.umask(0o077)
    place = _place(options.folder.absolute())
    install(place)
    load(place, contents(dictionary_of(catalogue), uri))
    if options.setup_only:
        return
    password = place.folder / "admin_password"
    known = f", password in {password}" if password.exists() else ""
    _say(f"Superset: http://127.0.0.1:{options.port}/superset/dashboard/sluice/ (user {ADMIN}{known}); Ctrl-C stops it")
    where = ["--bind", f"127.0.0.1:{options.port}", "--workers", "1", "--threads", "8", "--timeout", "120"]
    # Its control socket would lie in the user's home.
    served = ["-k", "gthread", "--no-control-socket", "superset.app:create_app()"]
    program = place.program("gunicorn")
    os.execve(program, [program, *where, *served], place.environment)


def install(place: Place) -> None:
    """Superset in `venv`, of exactly the packages of requirements.txt, unless they are there."""
    wanted = HERE / "requirements.txt"
    stamp = place.folder / "venv" / ".installed"
    digest = _digest(wanted.read_bytes())
    if stamp.is_file() and stamp.read_text("ascii") == digest:
        return
    _say(f"installing Superset into {place.folder / 'venv'} (0.7 GB, some minutes)")
    try:
        venv.create(place.folder / "venv", with_pip=True, clear=True)
    except subprocess.CalledProcessError:
        _stop(f"{sys.executable} cannot make an environment: on Debian, apt-get install python3-venv", 2)
    pip = [place.program("python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    reach = "pip needs a package index that has these packages, and room on the disk."
    place.run([*pip, "--no-deps", "--require-hashes", "-r", str(wanted)], advice=reach)
    stamp.write_text(digest, "ascii")


def load(place: Place, texts: dict[str, str]) -> None:
    """Make Superset's own database and hand it the user, our database, datasets, charts and the dashboard.

    Does nothing where all that was done before with the same contents and no password is given.
    """
    check(place, texts)
    stamp = place.folder / ".loaded"
    digest = _digest(json.dumps(texts).encode(), (HERE / "requirements.txt").read_bytes())
    before = stamp.read_text("ascii") if stamp.exists() else ""
    given = os.environ.get("SLUICE_BI_PASSWORD")
    if before == digest and not given:
        return
    kept = place.folder / "admin_password"
    password = given
    if not before:
        # What a set-up that was stopped left half made cannot be upgraded.
        for file in place.folder.glob("superset.db*"):
            file.unlink()
        stamp.touch()
        password = given or _kept(kept, secrets.token_urlsafe(15))
    for command in (["db", "upgrade"], ["init"]):
        _say(f"superset {' '.join(command)}")
        place.run([place.program("superset"), *command])
    _say(f"importing {sum(name.startswith('datasets/') for name in texts)} datasets")
    message = json.dumps({"user": ADMIN, "password": password, "contents": texts})
    place.run([place.program("python"), str(HERE / "load.py")], message)
    if given:
        kept.unlink(missing_ok=True)
    stamp.write_text(digest, "ascii")


def check(place: Place, texts: dict[str, str]) -> None:
    """Read a row of every table as Superset will; a dashboard of errors tells nobody why."""
    advice = (
        "Does PostgreSQL run, is SLUICE_BI_DSN right, has `sluice publish --to postgres` served this release?"
        if os.environ.get("SLUICE_BI_DSN")
        else "Where the data directory was moved or copied, `sluice doctor --repair` mends it."
    )
    place.run([place.program("python"), str(HERE / "check.py")], json.dumps(texts), advice, code=2)


def _checked(options: argparse.Namespace, catalogue: Path) -> str:
    """SQLAlchemy's address of what is read; stops where something is in the way, before anything is installed."""
    if not (3, 11) <= sys.version_info < (3, 13):
        _stop("Superset's numpy has wheels for Python 3.11 and 3.12: run this with one of them", 2)
    if not catalogue.exists():
        _stop(f"nothing has been published in {options.home}: `sluice run` publishes; --home names another", 2)
    if (options.folder / "superset.db").exists() and not (options.folder / ".loaded").exists():
        _stop(f"{options.folder} holds a Superset that this did not set up: give --folder another", 2)
    if not options.setup_only:
        _refuse_taken(options.port)
    dsn = os.environ.get("SLUICE_BI_DSN")
    try:
        is_good = not dsn or (urlsplit(dsn).scheme == "postgresql" and urlsplit(dsn).hostname)
    except ValueError:
        is_good = False
    if not is_good:
        _stop("SLUICE_BI_DSN is not of the form postgresql://user:password@host:port/database", 2)
    return dsn or duckdb_uri(catalogue)


def _refuse_taken(port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            _stop(f"port {port}: {error.strerror}. Stop what listens there, or give --port another", 2)


def _place(folder: Path) -> Place:
    """The folder, locked until this process and its children end, with a session key made on the first run."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _stop(f"another set-up is at work in {folder}: run this again when it has ended", 2)
    _kept(folder / "secret_key", secrets.token_urlsafe(48))
    # Secrets of the pipeline are not Superset's, and its packages are those of its own environment.
    others = ("SLUICE_", "PYTHONPATH", "PYTHONHOME")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    own = {"SUPERSET_HOME": folder, "SUPERSET_CONFIG_PATH": HERE / "superset_config.py", "FLASK_APP": "superset"}
    return Place(folder, kept | {name: str(value) for name, value in own.items()} | {"TZ": "UTC"}, lock)


def _kept(file: Path, made: str) -> str:
    """What the file says; where there is none, it is made to say `made`, whole or not at all."""
    if not file.exists():
        new = file.with_name(f".{file.name}.new")
        new.write_text(made, "ascii")
        new.replace(file)
    return file.read_text("ascii")


def _without_secrets(text: str) -> str:
    dsn = os.environ.get("SLUICE_BI_DSN", "")
    password = urlsplit(dsn).password or ""
    for secret in (dsn, password, unquote(password), os.environ.get("SLUICE_BI_PASSWORD", "")):
        text = text.replace(secret, "***") if secret else text
    return text


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _stop(text: str, code: int) -> NoReturn:
    sys.stderr.write(text + "\n")
    raise SystemExit(code)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Sets Superset up beside a Sluice data directory, and starts it.")
    parser.add_argument("--folder", type=Path, default=Path(".sluice-superset"), help="where it is installed")
    home = Path(os.environ.get("SLUICE_HOME") or ".sluice")
    parser.add_argument("--home", type=Path, default=home, help="the data directory (else SLUICE_HOME, .sluice)")
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--setup-only", action="store_true", help="do not start it")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        _stop("stopped: run this again to go on", 130)
