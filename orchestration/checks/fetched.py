"""How the live feeds stand, as a check on each source's raw asset: it warns and blocks nothing.

Belongs here: showing lateness, failures and missed snapshots in Dagster. Does not belong here: finding them
(`orchestration/store/feed_health.py`).
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from orchestration.pipeline import Pipeline
from orchestration.resources.feeds_on import standing
from orchestration.store.feed_health import FeedHealth

NAME = "fetched"
_SHOWN = 50


def source_key(source: str) -> dg.AssetKey:
    """The raw asset of a source."""
    return dg.AssetKey(["raw", source])


def metadata_of(found: Sequence[FeedHealth]) -> dict[str, dg.MetadataValue]:
    """What is late, failing or lost of a source's feeds, for its asset and its check."""
    late = {item.feed: item.late_since.isoformat() for item in found if item.late_since}
    failing = {item.feed: item.failing.last.message for item in found if item.failing}
    missed = sorted((m for item in found for m in item.missed), key=lambda m: m.due_at, reverse=True)
    shown = [
        dg.TableRecord({"feed": m.feed, "due_at": m.due_at.isoformat(), "reason": m.reason}) for m in missed[:_SHOWN]
    ]
    metadata: dict[str, dg.MetadataValue] = {
        "late_feeds": dg.MetadataValue.json(late),
        "failing_feeds": dg.MetadataValue.json(failing),
        "missed_snapshots": dg.MetadataValue.int(len(missed)),
    }
    if shown:
        metadata["missed"] = dg.MetadataValue.table(shown)
    return metadata


def result_of(source: str, found: Sequence[FeedHealth]) -> dg.AssetCheckResult:
    """The check of one source."""
    return dg.AssetCheckResult(
        asset_key=source_key(source),
        check_name=NAME,
        passed=all(item.is_well for item in found),
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata_of(found),
    )


def fetched_check(sources: Sequence[str]) -> dg.AssetChecksDefinition:
    """The checks of all sources that have live feeds, in one step."""
    specs = [
        dg.AssetCheckSpec(
            NAME,
            asset=source_key(source),
            description="Live feeds that are late or failing, and snapshots that were missed in the last 35 days.",
        )
        for source in sources
    ]

    @dg.multi_asset_check(name=NAME, specs=specs, can_subset=True)
    def check(
        context: dg.AssetCheckExecutionContext, pipeline: dg.ResourceParam[Pipeline]
    ) -> Iterator[dg.AssetCheckResult]:
        from orchestration.sources.http.venues import CONNECTORS
        from transforms.parse import SOURCES

        found = standing(pipeline.settings, pipeline.clock())
        for source in sources:
            if dg.AssetCheckKey(source_key(source), NAME) in context.selected_asset_check_keys:
                own = [found[feed] for feed in CONNECTORS if SOURCES[feed] == source]
                yield result_of(source, own)

    return check
