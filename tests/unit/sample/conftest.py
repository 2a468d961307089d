"""The whole scenario, generated once for all the tests of the sample feeds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from orchestration.sources.sample import SCENARIO_END, SCENARIO_START, SamplePayload, generate

Find = Callable[..., list[SamplePayload]]


@pytest.fixture(scope="session")
def scenario() -> list[SamplePayload]:
    """Every payload of the scenario, in order."""
    return list(generate(SCENARIO_START, SCENARIO_END))


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
