"""The command line `sluice`.

Belongs here: the application and how errors become messages and exit codes. Does not belong here: the
commands (one module each), or anything they call.

Exit codes: 0 ok, 1 a check refused, 2 wrong use, 3 a feed failed, 4 a database did not take the release,
130 interrupted.
"""

from __future__ import annotations

import os
import sys
import time

STARTED = time.monotonic()
OK, REFUSED, WRONG_USE, FEED_FAILED, NOT_SERVED, INTERRUPTED = 0, 1, 2, 3, 4, 130


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the console script."""
    from orchestration.cli.app import app
    from orchestration.cli.output import complain

    try:
        code = app(args=arguments, prog_name="sluice", standalone_mode=False)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        code = _explain(error)
    if code == INTERRUPTED:
        # Typer makes this code of an interrupt in most places, and says nothing.
        complain("stopped; nothing half-written is left behind, run the same command again")
    sys.exit(code or OK)


def _explain(error: Exception) -> int:
    """Print what happened and what to do next; return the exit code."""
    import typer
    from typer.exceptions import TyperException

    from orchestration.cli.output import complain
    from orchestration.redaction import scrub
    from orchestration.resources.settings import SettingsError
    from orchestration.sources.base import SourceError

    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, (TyperException, typer.Abort)):
        _wrong_use(error)
        return WRONG_USE
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & {"Refused", "Unwritable"}:
        complain(str(error))
        return REFUSED
    if isinstance(error, (SettingsError, SourceError)) or names & {"NoSuchRelease"}:
        complain(str(error))
        return WRONG_USE
    if "ServingError" in names:
        complain(str(error))
        return NOT_SERVED
    if os.environ.get("SLUICE_DEBUG"):
        raise scrub(error)
    if names & {"Busy", "DbtError", "ReleaseCorrupt", "RawCorrupt", "OSError"} or "duckdb" in type(error).__module__:
        complain(f"{error}\n`sluice doctor` examines the data directory; SLUICE_DEBUG=1 shows where it happened")
    else:
        complain(f"{type(error).__name__}: {error}\nThis is a fault in Sluice; SLUICE_DEBUG=1 shows where.")
    return REFUSED


def _wrong_use(error: Exception) -> None:
    """What is wrong with the arguments, and where their description is."""
    from orchestration.cli.output import complain

    text = getattr(error, "format_message", lambda: "")()
    context = getattr(error, "ctx", None)
    hint = f"\n`{context.command_path} --help` shows how it is used" if context is not None else ""
    if text:
        complain(text.rstrip() + hint)
