"""How a comparison is timed and printed.

Belongs here: the clock and the line of output. Does not belong here: what is compared.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Timed(NamedTuple):
    """The best of several runs, in seconds, and what the last of them returned."""

    seconds: float
    result: Any


def best_of(rounds: int, work: Callable[[], Any]) -> Timed:
    """Run `work` some times; the best is the one that the rest of the machine disturbed least."""
    seconds: list[float] = []
    result = None
    for _ in range(rounds):
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
    return Timed(min(seconds), result)


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def report(what: str, ours: tuple[str, float], peer: tuple[str, float]) -> None:
    """One line: `what: ours X s, peer Y s, ratio Z`. A ratio above 1 says that ours is faster."""
    ratio = peer[1] / ours[1]
    say(f"{what}: {ours[0]} {ours[1]:.3f} s, {peer[0]} {peer[1]:.3f} s, ratio {ratio:.1f}")
