"""Core assets: the typed observations of a domain, brought up to date from the raw bytes."""

from collections.abc import Iterator

import dagster as dg

from orchestration.assets.columns import OWNERS, key_of, metadata_of
from orchestration.automation.partitions import daily, one_run_for_a_range
from orchestration.pipeline import Pipeline
from schemas.tables import CORE, TABLES, Table
from transforms.parse import FEEDS


def _upstream(table: Table) -> list[dg.AssetKey]:
    """A derived table comes from other core tables, an observed one from the sources that fill it."""
    if table.inputs:
        return [key_of(TABLES[name]) for name in table.inputs]
    sources = {feed.source for feed in FEEDS.values() if table.name in feed.tables}
    return [dg.AssetKey(["raw", source]) for source in sorted(sources)]


def core_assets(domain: str) -> dg.AssetsDefinition:
    """The assets of one domain's core tables, made in one step."""
    tables = [table for table in CORE if table.domain == domain]
    specs = [
        dg.AssetSpec(
            key_of(table),
            deps=_upstream(table),
            description=table.description,
            group_name="core",
            owners=OWNERS,
            metadata=metadata_of(table),
            partitions_def=daily,
            kinds={"polars"},
        )
        for table in tables
    ]

    @dg.multi_asset(name=f"core_{domain}", specs=specs, backfill_policy=one_run_for_a_range)
    def core(pipeline: dg.ResourceParam[Pipeline]) -> Iterator[dg.MaterializeResult]:
        reports = pipeline.core(domain)
        for table in tables:
            fed = [report for report in reports if table.name in FEEDS[report.feed].tables]
            yield dg.MaterializeResult(
                asset_key=key_of(table),
                metadata={
                    "rows_in": sum(report.rows_in for report in fed),
                    "published": sum(report.published for report in fed),
                    "quarantined": sum(report.quarantined for report in fed),
                    "duplicates": sum(report.duplicates for report in fed),
                },
            )

    return core


CORE_ASSETS = [core_assets(domain) for domain in sorted({table.domain for table in CORE})]
