"""The steps of a publication, in order: tests kill it after each.

`object` and `part` are one step for each object and each part. Belongs here: names, and dying after one. Does not
belong here: publishing, or what holds afterwards.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from pathlib import Path

FILES = ("verified", "cleared", "object", "objects", "release files", "catalogue", "release", "pointer")
POSTGRES = ("alone", "prepared", "part", "loaded", "views", "served", "cleared")
# What a process that is to die imports this from, and the project.
PYTHONPATH = os.pathsep.join([str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)])


def kind(step: str) -> str:
    """The step without the name of its object or part."""
    return next((each for each in ("object", "part") if step.startswith(f"{each} ")), step)


def kinds(told: Iterable[str]) -> tuple[str, ...]:
    """What was told of step by step, each kind once."""
    return tuple(dict.fromkeys(map(kind, told)))


def die_after(fatal: str, step: str) -> None:
    """Kill this process where the step is of the kind `fatal`."""
    if kind(step) == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
