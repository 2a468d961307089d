"""Serving releases from databases: which targets the configuration names, and bringing them to the release that is out.

Belongs here: settings to targets, and what became of each in a run. Does not belong here: how a database takes a
release (`store/serve/`). That is imported inside functions: most commands need none of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestration.redaction import hide
from orchestration.resources.settings import POSTGRES_DSN, Settings, secret_of

if TYPE_CHECKING:
    from orchestration.pipeline import Pipeline
    from orchestration.store.serve.postgres import Served
    from orchestration.store.serve.target import Target


@dataclass
class Serving:
    """What became of the targets in a run: by name what was served, and why the one that failed did."""

    done: dict[str, Served] = field(default_factory=dict)
    failed: str | None = None

    @property
    def lines(self) -> Iterator[str]:
        """Each target in one line."""
        for name, served in self.done.items():
            yield f"{name}: {summary(served)}"

    @property
    def metadata(self) -> Mapping[str, str]:
        """The same for Dagster."""
        return {name: summary(served) for name, served in self.done.items()} or {"targets": "none is configured"}


def summary(served: Served) -> str:
    """What a publication came to, in a line."""
    if not served.is_new and not served.loaded and not served.views:
        return f"{served.release_id} was served already"
    dropped = f", {len(served.dropped)} old releases dropped" if served.dropped else ""
    return (
        f"{served.release_id}: {served.loaded} objects loaded ({served.loaded_rows:,} rows), {served.carried} carried"
        f" over{dropped}, {served.seconds:.1f}s"
    )


def postgres_target(settings: Settings, variable: str = POSTGRES_DSN) -> Target:
    """The PostgreSQL target, its password hidden. Raises `SettingsError` where the variable is not set."""
    from orchestration.resources.settings import SettingsError
    from orchestration.store.serve.target import ServingError, Target

    told, dsn = settings.config.targets.postgres, secret_of(variable)
    target = Target(dsn, variable, told.schema_name, told.keep_releases, told.reader_role, float(told.wait_seconds))
    try:
        hide({variable: target.password})
    except ServingError as error:
        raise SettingsError(str(error)) from None
    return target


def targets(settings: Settings) -> dict[str, Target]:
    """The targets that the configuration switches on."""
    return {"postgres": postgres_target(settings)} if settings.config.targets.postgres.enabled else {}


def serve(pipeline: Pipeline) -> None:
    """Bring every configured target to the release that is out; what became of it is in `pipeline.serving`.

    Raises what the target raises. The run lock is not held: a slow database holds no other run up.
    """
    wanted = targets(pipeline.settings)
    if not wanted:
        return
    from orchestration.store import releases
    from orchestration.store.serve import postgres

    started = time.monotonic()
    try:
        release = releases.get(pipeline.layout)
        for name, target in wanted.items():
            pipeline.serving.done[name] = postgres.publish(pipeline.layout, release, target, pipeline.tell)
    except Exception as error:
        pipeline.serving.failed = str(error)
        raise
    finally:
        pipeline.seconds["serve"] += time.monotonic() - started
