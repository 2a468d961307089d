"""`sluice config`: what is configured, whether it is right, and a file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli import OK, WRONG_USE
from orchestration.cli.output import say, table
from orchestration.resources.settings import config_path, from_environment

app = typer.Typer(no_args_is_help=True, help="The configuration: show it, check it, write a file to start from.")


@app.command("show", epilog="Example:  sluice config show")
def show() -> None:
    """Every value that holds and where it comes from; secrets only as set or not set."""
    from orchestration.resources.config_text import effective

    settings = from_environment()
    table("", ("key", "value", "from"), effective(settings))
    if settings.given is None:
        say(f"There is no {config_path()}: `sluice config init` writes one to start from.")


@app.command("check", epilog="Example:  sluice config check")
def check() -> int:
    """Name every mistake by file, line and key. Exit code 2 where there is one."""
    from orchestration.resources.config_names import verify

    settings = from_environment()
    verify(settings)
    say(f"{settings.given.path} is right." if settings.given else f"There is no {config_path()}; the defaults hold.")
    return OK


@app.command("init", epilog="Example:  sluice config init")
def init(
    path: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Default: SLUICE_CONFIG, or sluice.toml here.")
    ] = None,
) -> int:
    """Write the defaults, each commented out and explained. A file that is there is never changed."""
    from orchestration.cli.output import complain
    from orchestration.resources.config_text import default_file

    target = path or config_path()
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(default_file())
    except FileExistsError:
        complain(f"{target} is there already and is left as it is; name another file, or move it away")
        return WRONG_USE
    except OSError as error:
        complain(f"{target} cannot be written: {error}")
        return WRONG_USE
    say(f"wrote {target}; `sluice config check` after you edit it")
    return OK
