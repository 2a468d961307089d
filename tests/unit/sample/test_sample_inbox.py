"""The sample feeds can be written as a drop folder that describes itself."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime
from fnmatch import fnmatch

from orchestration.sources.sample.__main__ import file_of, write

FIRST, LAST = date(2026, 2, 4), date(2026, 2, 6)


def test_file_names_are_unique_over_the_scenario(scenario):
    """Otherwise one payload overwrites another."""
    assert len({file_of(sample) for sample in scenario}) == len(scenario)


def test_the_map_gives_back_feed_parameters_and_instant_of_every_file(scenario, tmp_path):
    """Otherwise the folder read as an inbox differs from the feeds that it was written from."""
    count = write(tmp_path, FIRST, LAST)
    entries = tomllib.loads((tmp_path / "inbox.toml").read_text())["feed"]
    samples = [sample for sample in scenario if FIRST <= sample.partition <= LAST]
    assert count == len(samples)
    for sample in samples:
        name = file_of(sample)
        matching = [entry for entry in entries if fnmatch(name, entry["match"])]
        assert [(entry["name"], entry["params"]) for entry in matching] == [(sample.feed, sample.params)]
        stamp = re.search(matching[0]["known_at"]["pattern"], name)
        assert stamp
        assert datetime.strptime(stamp["t"], matching[0]["known_at"]["format"]) == sample.known_at
        assert (tmp_path / name).read_bytes() == sample.content
