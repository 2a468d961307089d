"""Run the comparisons, or those that are named: `python -m benchmarks [collapse] [rolling_hour] [one_day]`."""

from __future__ import annotations

import importlib
import sys

NAMES = ("collapse", "rolling_hour", "one_day")


def main(wanted: list[str]) -> int:
    """Run each; 2 for a name that there is not."""
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        sys.stderr.write(f"no comparison {unknown[0]!r}; there are {', '.join(NAMES)}\n")
        return 2
    for name in wanted or NAMES:
        importlib.import_module(f"benchmarks.{name}").run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
