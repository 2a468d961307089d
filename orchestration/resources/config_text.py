"""The configuration in words: the commented default file, the effective values, the page of the documentation.

Belongs here: rendering the models of `config.py`, so that no text of its own can drift from them. Does not
belong here: printing (`cli/config.py`), writing pages (`pages.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from orchestration.resources.config import Config, Source
from orchestration.resources.config_file import Key, dotted
from orchestration.resources.config_options import OPTIONS
from orchestration.resources.settings import SECRETS, VARIABLES, Settings

_EXAMPLE_SOURCE = "coinmetrics"


class Row(NamedTuple):
    """One key: its section's title where it begins one, its default and what it means."""

    key: Key
    default: str
    meaning: str


class Effective(NamedTuple):
    """A value that holds, and where it comes from."""

    key: str
    value: str
    where: str


def toml(value: Any) -> str:
    """A value as TOML writes it; null is an empty text."""
    if value is None:
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Path):
        return json.dumps(value.as_posix(), ensure_ascii=False)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(toml(item) for item in value)}]"
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f" {toml(name)} = {toml(item)}" for name, item in value.items()) + (" }" if value else "}")
        )
    return str(value)


def _fields(model: type[BaseModel], above: Key = ()) -> Iterator[tuple[Key, FieldInfo, type[BaseModel] | None]]:
    """All keys of a model, those of its sections included; a section comes with its model."""
    for name, info in model.model_fields.items():
        section = info.annotation if isinstance(info.annotation, type) else None
        if section is not None and issubclass(section, BaseModel):
            yield (*above, name), info, section
            yield from _fields(section, (*above, name))
        else:
            yield (*above, name), info, None


def rows() -> list[Row]:
    """Every key with its default and meaning, sections in order; per-source tables are apart."""
    return [
        Row(key, toml(info.get_default()), info.description or "")
        for key, info, section in _fields(Config)
        if section is None and key != ("sources",)
    ]


def default_file() -> str:
    """The whole configuration, commented out: uncommenting a line changes nothing until it is edited."""
    lines = ["# Sluice's configuration. Every line shows a default; uncomment what you change.",
             "# `sluice config check` names mistakes, `sluice config show` what holds. Keys of vendors are no part of",
             "# this file: they come from the environment.", ""]  # fmt: skip
    for key, info, section in _fields(Config):
        if key == ("sources",):
            continue
        if section is not None:
            lines += ["", f"# {(section.__doc__ or '').splitlines()[0]}", f"[{dotted(key)}]"]
        else:
            lines += [f"# {info.description}", f"# {key[-1]} = {toml(info.get_default())}"]
    example = f"[sources.{_EXAMPLE_SOURCE}]"
    lines += ["", "# What the connectors of one source are told, for example:", f"# {example}", '# assets = ["BTC"]']
    return "\n".join(lines) + "\n"


def effective(settings: Settings) -> list[Effective]:
    """Every value that holds and whether a variable, the file or a default gives it; secrets as set or not."""
    given, found = settings.given, []
    lines = given.lines if given is not None else {}
    variables = {key: name for name, key in VARIABLES.items() if name in settings.overrides}
    for key, _, section in _fields(Config):
        if section is not None or key == ("sources",):
            continue
        value: Any = settings.config
        for part in key:
            value = getattr(value, part)
        where = f"{given.path}:{lines[key]}" if given is not None and key in lines else "default"
        if key in variables:
            value, where = settings.overrides[variables[key]], f"environment, {variables[key]}"
        found.append(Effective(dotted(key), toml(value), where))
    for source, told in settings.config.sources.items():
        for name, value in {**told.options, "assets": told.assets}.items():
            if value is not None:
                key = ("sources", source, name)
                where = f"{given.path}:{lines[key]}" if given is not None and key in lines else "default"
                found.append(Effective(dotted(key), toml(value), where))
    for name in SECRETS:
        found.append(Effective(name, "set" if name in settings.secrets else "not set", "environment"))
    return found


def markdown() -> str:
    """The tables of docs/configuration.md: keys by section, variables that win, secrets."""
    parts = []
    title: str | None = None
    for row in rows():
        section = dotted(row.key[:-1])
        if section != title:
            title = section
            parts += ["", f"## [{section}]" if section else "## Top level", "", "| key | default | meaning |",
                      "| --- | --- | --- |"]  # fmt: skip
        default = row.default.replace("|", r"\|")
        parts.append(f"| `{row.key[-1]}` | `{default}` | {row.meaning} |")
    parts += ["", "## [sources.NAME]", "", "| source | key | meaning |", "| --- | --- | --- |",
              f"| any | `assets` | {Source.model_fields['assets'].description} |"]  # fmt: skip
    for source, options in OPTIONS.items():
        parts += [f"| `{source}` | `{name}` | {meaning} |" for name, meaning in options.items()]
    parts += ["", "## Variables of the environment", "", "| variable | what |", "| --- | --- |",
              "| `SLUICE_CONFIG` | the configuration file; default is `sluice.toml` where one stands |"]  # fmt: skip
    parts += [f"| `{name}` | wins over `{dotted(key)}` |" for name, key in VARIABLES.items()]
    parts += [f"| `{name}` | secret: {what} |" for name, what in SECRETS.items()]
    return "\n".join(parts).strip() + "\n"
