"""Mart assets: the facts that dbt builds in the private warehouse. Their lineage is in schemas."""

from collections.abc import Iterator

import dagster as dg

from orchestration.assets.columns import OWNERS, key_of, metadata_of
from orchestration.automation.partitions import daily, one_run_for_a_range
from orchestration.pipeline import Pipeline
from schemas.tables import MARTS, TABLES

SPECS = [
    dg.AssetSpec(
        key_of(table),
        deps=[key_of(TABLES[name]) for name in table.inputs],
        description=table.description,
        group_name=table.domain,
        owners=OWNERS,
        metadata=metadata_of(table),
        partitions_def=daily,
        kinds={"dbt", "duckdb"},
    )
    for table in MARTS
]


@dg.multi_asset(name="marts", specs=SPECS, backfill_policy=one_run_for_a_range)
def marts(pipeline: dg.ResourceParam[Pipeline]) -> Iterator[dg.MaterializeResult]:
    """One dbt call for all marts, or none where nothing changed."""
    results = pipeline.build()
    failed = sum(result.status != "pass" for result in results if result.kind == "test")
    for table in MARTS:
        yield dg.MaterializeResult(
            asset_key=key_of(table), metadata={"built": bool(results), "failed_dbt_tests": failed}
        )
