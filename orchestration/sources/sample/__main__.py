"""Write the sample feeds as files, with the inbox map that makes a drop folder of them.

    python -m orchestration.sources.sample --out DIR [--from 2026-02-01] [--to 2026-02-07]

Each file lies in a folder per feed and parameters; its name starts with the instant at which it became
known. What is written is a simulation (see the package).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated

import typer

from orchestration.sources.sample import DEFAULT_SEED, SCENARIO_END, SCENARIO_START, SamplePayload, generate

STAMP_FORMAT = "%Y-%m-%dT%H%M%S%z"
STAMP_PATTERN = r"(?P<t>\d{4}-\d{2}-\d{2}T\d{6}\+\d{4})"
_FIRST, _LAST = (datetime.combine(day, time()) for day in (SCENARIO_START, SCENARIO_END))
_SUFFIXES = {
    "application/json": ".json",
    "application/x-ndjson": ".ndjson",
    "application/gzip": ".csv.gz",
    "application/zip": ".zip",
    "text/csv": ".csv",
    "text/html": ".html",
}


def folder_of(sample: SamplePayload) -> str:
    """The folder of a payload: its feed, and its parameters where they tell payloads of it apart."""
    told = [f"{key}={value}" for key, value in sorted(sample.params.items()) if key != "simulated"]
    return "/".join((sample.feed, *told))


def file_of(sample: SamplePayload) -> str:
    """The path of a payload's file below the inbox: known-at stamp, then what was fetched."""
    subject = sample.locator.removeprefix("sample://").partition("#")[0]
    slug = re.sub(r"[^A-Za-z0-9]+", "-", re.sub(r"\.(csv|json|ndjson|html|zip)(\.gz)?$", "", subject)).strip("-")
    return f"{folder_of(sample)}/{sample.known_at.strftime(STAMP_FORMAT)}_{slug}{_SUFFIXES[sample.content_type]}"


def inbox_map(samples: Iterable[SamplePayload]) -> str:
    """The `inbox.toml` for those files: one entry per folder."""
    folders = {folder_of(sample): sample for sample in samples}
    entries = ["# A simulation: see orchestration/sources/sample."]
    # The first entry that matches has a file: a folder comes after those below it.
    for folder, sample in sorted(folders.items(), reverse=True):
        params = ", ".join(f'{key} = "{value}"' for key, value in sorted(sample.params.items()))
        entries.append(
            f'[[feed]]\nmatch = "{folder}/*"\nname = "{sample.feed}"\nparams = {{ {params} }}\n'
            f"known_at = {{ pattern = '{STAMP_PATTERN}', format = \"{STAMP_FORMAT}\" }}"
        )
    return "\n\n".join(entries) + "\n"


def write(out: Path, start: date, end: date, seed: int = DEFAULT_SEED) -> int:
    """Write the payloads of a range and their inbox map below `out`; gives the number of payloads."""
    samples = list(generate(start, end, seed))
    for sample in samples:
        path = out / file_of(sample)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sample.content)
    out.mkdir(parents=True, exist_ok=True)
    (out / "inbox.toml").write_text(inbox_map(samples))
    return len(samples)


def main(
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"])] = _FIRST,
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"])] = _LAST,
    seed: Annotated[int, typer.Option(help="The scenario's seed.")] = DEFAULT_SEED,
) -> None:
    """Write the sample feeds as files with an inbox.toml."""
    count = write(out, start.date(), end.date(), seed)
    typer.echo(f"{count} payloads and inbox.toml written to {out} (a simulation, not vendors' data)")


if __name__ == "__main__":
    typer.run(main)
