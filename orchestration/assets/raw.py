"""Raw assets: one per source, the bytes it offered landed in the raw store and the ledger."""

import dagster as dg

from orchestration.assets.columns import OWNERS
from orchestration.automation.due import run_of
from orchestration.automation.partitions import daily, one_run_for_a_range
from orchestration.pipeline import Pipeline
from orchestration.sources.http.venues import CONNECTORS
from transforms.parse import FEEDS


def window_of(context: dg.AssetExecutionContext) -> tuple:
    """First and last day of the partitions of this run."""
    span = context.partition_time_window
    last = context.partition_key_range.end
    return span.start.date(), dg.TimeWindowPartitionsDefinition.time_window_for_partition_key(daily, last).start.date()


def raw_asset(source: str) -> dg.AssetsDefinition:
    """The asset that lands one source."""
    feeds = [feed for feed in FEEDS.values() if feed.source == source]
    listed = "\n".join(f"- `{feed.name}`: {feed.title}" for feed in feeds)

    @dg.asset(
        key=["raw", source],
        group_name="raw",
        owners=OWNERS,
        description=f"Payloads of {source} as received, by content hash.\n\n{listed}",
        partitions_def=daily,
        backfill_policy=one_run_for_a_range,
        kinds={"python"},
    )
    def land(context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> dg.MaterializeResult:
        window = window_of(context)
        landed = pipeline.land(source, window, run_of(context.run.tags, window[1], CONNECTORS.values()))
        missing = sorted({failure.feed for failure in pipeline.unfetched} & {feed.name for feed in feeds})
        return dg.MaterializeResult(
            metadata={
                "payloads": landed.payloads,
                "new_payloads": landed.new,
                "bytes": landed.size,
                "not_fetched": ", ".join(missing),
            }
        )

    return land


RAW = [raw_asset(source) for source in sorted({feed.source for feed in FEEDS.values()})]
