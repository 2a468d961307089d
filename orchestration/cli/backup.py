"""`sluice backup`: raw bytes and ledgers to another disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli import OK, REFUSED
from orchestration.cli.output import counted, say, warn
from orchestration.resources.settings import from_environment

EXAMPLES = """
What is in the folder afterwards is enough to make everything else again: copy its raw/ and recorder/ into an empty
data directory and `sluice run`. The configuration file and the keys are not in it.

Example:  sluice backup /mnt/other-disk/sluice
"""


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; what is there already is not copied again.")],
) -> int:
    """Copy raw bytes, ledgers and sealed segments of the recorder; only what is new since the last time.

    Exit code 1 where a payload of the ledger is in neither place.
    """
    from orchestration.store.backup import back_up
    from orchestration.store.layout import Layout

    layout = Layout(from_environment().home)
    target = folder.absolute()
    if target == layout.home or layout.home in target.parents:
        raise typer.BadParameter(f"{folder} is inside the data directory: name another disk", param_hint="DIR")
    if not layout.ledger.exists():
        raise typer.BadParameter(f"nothing was landed in {layout.home} yet", param_hint="DIR")
    copied = back_up(layout, target)
    said = f"{counted(range(copied.blobs), 'blob')} and {counted(range(copied.segments), 'segment')} added"
    say(f"{said} ({copied.size:,} bytes), ledgers copied to {target}")
    if copied.missing:
        warn(f"{counted(range(copied.missing), 'blob')} of the ledger lost, here and there: `sluice doctor` names them")
        return REFUSED
    return OK
