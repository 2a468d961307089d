"""The same raw bytes give the same release: in one run or many, in any order, and after a loss."""

from __future__ import annotations

import shutil

from published import fingerprint, manifest, objects

# The last days first, and then those before them, which come late.
PARTS = (("2026-02-05", "2026-02-06"), ("2026-02-02", "2026-02-04"))


def test_runs_of_parts_of_a_range_in_any_order_give_the_objects_of_one_run(sample_home, sluice, tmp_path):
    """An incremental build that forgets a late row, or a day's neighbour, drifts from the full one unseen."""
    for first, last in PARTS:
        sluice(tmp_path)("run", "--from", first, "--to", last)
    assert objects(tmp_path) == objects(sample_home)
    assert len(list((tmp_path / "published" / "releases").iterdir())) == len(PARTS)


def test_what_was_lost_comes_back_from_the_raw_bytes_with_the_same_hashes(sample_home, home_copy, sluice):
    """A warehouse that cannot be rebuilt from what it received cannot be believed after an accident."""
    home = home_copy(sample_home)
    before = fingerprint(home / "published")
    for folder in ("core", "build"):
        shutil.rmtree(home / folder)
    said = sluice(home)("run", "--date", "2026-02-05").stdout
    assert "nothing new to publish" in said
    assert fingerprint(home / "published") == before

    candidate, names = manifest(home)["candidate_id"], objects(home)
    files = {path.name for path in (home / "published" / "objects").iterdir()}
    for folder in ("core", "build", "published", "quarantine"):
        shutil.rmtree(home / folder)
    sluice(home)("run", "--date", "2026-02-05")
    assert objects(home) == names
    assert {path.name for path in (home / "published" / "objects").iterdir()} == files
    assert manifest(home)["candidate_id"] == candidate
