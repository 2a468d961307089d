"""Finding payloads of the scenario."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from orchestration.sources.sample import SamplePayload

Find = Callable[..., list[SamplePayload]]


@pytest.fixture(scope="session")
def find(scenario: list[SamplePayload]) -> Find:
    """`find(feed, partition, text in the locator)` gives the payloads that match, in order."""

    def matching(feed: str, partition: date | None = None, within: str = "") -> list[SamplePayload]:
        return [
            sample
            for sample in scenario
            if sample.feed == feed and partition in (None, sample.partition) and within in sample.locator
        ]

    return matching
