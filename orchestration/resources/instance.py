"""Dagster's own instance, in the data directory, with telemetry and the sign-up dialog off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestration.store.atomic import write_bytes
from orchestration.store.layout import Layout

if TYPE_CHECKING:
    import dagster as dg

# Steps print nothing, and capturing their output costs two processes a step.
_CONFIG = b"""telemetry:
  enabled: false
nux:
  enabled: false
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


def prepare(layout: Layout) -> None:
    """Write `dagster.yaml` where there is none, and name the folder to Dagster."""
    config = layout.dagster / "dagster.yaml"
    if not config.exists():
        write_bytes(config, _CONFIG)
    os.environ.setdefault("DAGSTER_HOME", str(layout.dagster))


@contextmanager
def dagster_instance(layout: Layout) -> Iterator[dg.DagsterInstance]:
    """The instance under `SLUICE_HOME`, so that every run shows in `sluice dev`."""
    import warnings

    prepare(layout)
    warnings.filterwarnings("ignore", module="dagster")
    import dagster as dg

    with dg.DagsterInstance.from_config(str(layout.dagster)) as instance:
        yield instance
