"""`python -m schemas.render`: write what is rendered from the schemas, or `--check` that it is up to date.

Belongs here: reading and writing the rendered files. Does not belong here: what is in them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from schemas.render import dbt, dictionary

ROOT = Path(__file__).resolve().parents[2]


def rendered() -> dict[str, str]:
    """Every rendered file: path below the project's root to text."""
    return {**dbt.files(), **dictionary.files()}


def write(root: Path) -> list[str]:
    """Write the files that differ; return their paths."""
    changed = drift(root)
    texts = rendered()
    for path in changed:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(texts[path], encoding="utf-8")
    return changed


def drift(root: Path) -> list[str]:
    """Rendered files that are absent or differ from what the schemas say."""
    return sorted(path for path, text in rendered().items() if _read(root / path) != text)


def misspelt(root: Path) -> list[str]:
    """Keys of dbt's properties files that dbt would ignore, and files that are no YAML: one line each."""
    found = []
    for folder in ("models", "seeds"):
        for file in sorted((root / dbt.PROJECT / folder).rglob("*.yml")):
            found += [f"{file.relative_to(root).as_posix()}: {fault}" for fault in _faults(file)]
    return found


def _faults(file: Path) -> list[str]:
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
    except yaml.YAMLError as error:
        return [f"not YAML: {' '.join(str(error).split())}"]
    return [f"unknown key in {key}" for key in dbt.unknown_keys(document)]


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.exists() else None


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Exit code 0 when all is well, 1 when `--check` finds drift or a key that dbt would ignore."""
    parser = argparse.ArgumentParser(prog="python -m schemas.render", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and name what differs")
    options = parser.parse_args(arguments)
    changed = drift(root) if options.check else write(root)
    wrong = misspelt(root)
    say = "out of date, run `make render`" if options.check else "written"
    lines = [*(f"{path}: {say}" for path in changed), *wrong]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if wrong or (options.check and changed) else 0


if __name__ == "__main__":
    sys.exit(main())
