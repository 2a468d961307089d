"""The release asset: publication of the audited candidate."""

import dagster as dg

from orchestration.assets.columns import OWNERS, key_of
from orchestration.automation.partitions import daily, one_run_for_a_range
from orchestration.pipeline import Pipeline
from schemas.tables import MARTS


@dg.asset(
    key=["release"],
    deps=[key_of(table) for table in MARTS],
    group_name="release",
    owners=OWNERS,
    description="What readers see. Swapped in one rename, and only with a whole verdict for exactly these objects.",
    partitions_def=daily,
    backfill_policy=one_run_for_a_range,
)
def release(pipeline: dg.ResourceParam[Pipeline]) -> dg.MaterializeResult:
    """Publish, or say that there is nothing new."""
    outcome = pipeline.publish()
    return dg.MaterializeResult(metadata={"release": outcome.release_id, "new": outcome.is_new})
