"""`python -m orchestration.cli`: the same as `sluice`."""

from orchestration.cli import main

main()
