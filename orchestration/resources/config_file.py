"""Reading `sluice.toml`: every mistake by file, line and key, with what is allowed.

Belongs here: TOML to `Config`, the line of each key, messages. Does not belong here: which keys there are
(`config.py`), or which names of feeds and limits exist (`config_names.py`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    from orchestration.resources.config import Config

FILE_NAME = "sluice.toml"
Key = tuple[str, ...]


class SettingsError(ValueError):
    """A setting is wrong; the message names it and says what is allowed."""


@dataclass(frozen=True)
class Problem:
    """One mistake in the file. `line` is None where the file as a whole is meant."""

    path: Path
    line: int | None
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class ConfigError(SettingsError):
    """The configuration file is wrong; all mistakes at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class ConfigFile:
    """A file that was read: its configuration, and the line on which each key stands."""

    path: Path
    config: Config
    lines: Mapping[Key, int] = field(default_factory=dict)

    def problem(self, key: Key, message: str) -> Problem:
        """A mistake at a key."""
        return Problem(self.path, _line(self.lines, key), dotted(key), message)


def load(path: Path) -> ConfigFile:
    """Read a file. Raises `ConfigError` with every mistake."""
    from pydantic import ValidationError

    from orchestration.resources.config import Config

    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError([Problem(path, None, "", "there is no such file: `sluice config init`")]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(path, None, "", f"cannot be read: {error}")]) from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        raise ConfigError([Problem(path, int(at[1]) if at else None, "", f"not valid TOML: {error}")]) from error
    lines = lines_of(text)
    try:
        config = Config.model_validate(document)
    except ValidationError as error:
        details = sorted((_detail(item, lines) for item in error.errors()), key=lambda found: found[0] or 0)
        raise ConfigError(Problem(path, *detail) for detail in details) from None
    return ConfigFile(path, _anchored(config, path.absolute().parent), lines)


def _anchored(config: Config, folder: Path) -> Config:
    """Paths of the file are relative to it, so that its meaning does not depend on where one stands."""
    paths = {name: folder / value for name in type(config.paths).model_fields if (value := getattr(config.paths, name))}
    http = {"ca_bundle": folder / config.http.ca_bundle} if config.http.ca_bundle else {}
    return config.model_copy(
        update={"paths": config.paths.model_copy(update=paths), "http": config.http.model_copy(update=http)}
    )


def lines_of(text: str) -> dict[Key, int]:
    """The line on which each key of a valid TOML text begins, those inside inline tables included.

    TOML's reader tells no positions, but every statement is a text of its own: lines are added until
    what stands there can be read.
    """
    found: dict[Key, int] = {}
    table: Key = ()
    statement, begins = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not statement:
            begins = number
        statement += line + "\n"
        try:
            said = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        keys = [key for key, _ in _walk(said)]
        if statement.lstrip().startswith("["):
            table = max(keys, key=len, default=())
            keys = [table[:length] for length in range(1, len(table) + 1)]
        else:
            keys = [(*table, *key) for key in keys]
        for key in keys:
            found.setdefault(key, begins)
        statement = ""
    return found


def _walk(said: Mapping[str, Any], above: Key = ()) -> Iterator[tuple[Key, Any]]:
    for name, value in said.items():
        yield (*above, name), value
        inner = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        if isinstance(inner, dict):
            yield from _walk(inner, (*above, name))


def _line(lines: Mapping[Key, int], key: Key) -> int | None:
    """The line of a key, or of the nearest one above it that stands in the file."""
    return next((lines[key[:length]] for length in range(len(key), 0, -1) if key[:length] in lines), None)


def dotted(key: Key) -> str:
    """A key as one writes it in TOML."""
    bare = (all(sign.isalnum() or sign in "-_" for sign in part) and part for part in key)
    return ".".join(part or f'"{whole}"' for part, whole in zip(bare, key, strict=True))


def _detail(item: ErrorDetails, lines: Mapping[Key, int]) -> tuple[int | None, str, str]:
    """Line, key and message of one of pydantic's errors."""
    from orchestration.resources.config import Config

    key = tuple(str(part) for part in item["loc"] if not isinstance(part, int) and part != "[key]")
    line = _line(lines, key)
    if item["type"] == "extra_forbidden":
        return line, dotted(key), unknown("key", key[-1], _keys_at(Config, key[:-1]))
    message = item["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
    given = item["input"]
    is_told = not isinstance(given, dict) and not (isinstance(given, str) and "@" in given)
    return line, dotted(key), f"{message}; it is {given!r}" if is_told else message


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that does not exist, with the closest that does, or a few of them."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6) or [known for known in names if name and name in known][:3]
    if close:
        return f"no {what} {name!r}; did you mean {' or '.join(map(repr, close))}?"
    return f"no {what} {name!r}; known: {', '.join(names[:40])}" + (", …" if len(names) > 40 else "")


def _keys_at(model: type[BaseModel], key: Key) -> list[str]:
    """The keys that a section has."""
    for part in key:
        annotation = model.model_fields[part].annotation
        model = annotation if isinstance(annotation, type) else model
    return list(model.model_fields)
