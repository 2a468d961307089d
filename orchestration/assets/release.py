"""The release assets: publication of the audited candidate, and serving it from databases."""

import dagster as dg

from orchestration.assets.columns import OWNERS, key_of
from orchestration.automation.partitions import daily, one_run_for_a_range
from orchestration.pipeline import Pipeline
from orchestration.serving import serve
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


@dg.asset(
    key=["served"],
    deps=[release],
    group_name="release",
    owners=OWNERS,
    description="The release in the databases that the configuration names: [targets.*]. None is named by default.",
    partitions_def=daily,
    backfill_policy=one_run_for_a_range,
)
def served(pipeline: dg.ResourceParam[Pipeline]) -> dg.MaterializeResult:
    """Serve the release that readers of the files see; its failure leaves that release out, and says so."""
    serve(pipeline)
    return dg.MaterializeResult(metadata=dict(pipeline.serving.metadata))
