"""Great Expectations at the edge: a second opinion on the changed facts, with a report to open.

Belongs here: running the suites that `schemas/render/gx.py` declares and writing their HTML. Does not
belong here: what they ask.

Great Expectations takes pandas frames and seconds to import, so it sees facts only (not vintages), the
newest changed partitions up to a number of rows, one batch per table.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.store.audit.scope import ERROR, EVERY, WARNING, AuditRow, Key, Scope, row
from orchestration.store.objects import Manifest
from schemas.render.gx import Expectation, expectations
from schemas.tables import FACTS, Table

REPORT = "gx"
_MOST_ROWS = 500_000


def prepare() -> Future[None]:
    """Import pandera and Great Expectations in a worker, while something else keeps the process busy."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="audit-imports")
    future = pool.submit(_import)
    pool.shutdown(wait=False)
    return future


def _import() -> None:
    import great_expectations  # noqa: F401
    import pandera.polars  # noqa: F401


def _due(manifest: Manifest) -> list[Table]:
    """Facts with a new object that has rows. One that has none is of feeds that are not here; one that has lost
    them is the shrink guard's to refuse.
    """
    changed = {o.table for o in manifest.new if o.rows}
    return [fact for fact in FACTS if fact.name in changed]


def _key(fact: Table, expectation: Expectation) -> Key:
    return Key(f"gx.{expectation.name}", fact.name, EVERY)


def expected(scope: Scope) -> set[Key]:
    """Each expectation of each fact with a new object."""
    today = scope.as_of.astimezone(UTC).date()
    return {_key(fact, e) for fact in _due(scope.manifest) for e in expectations(fact, today)}


def checks(scope: Scope) -> Iterator[AuditRow]:
    """Run the suites and write the report into the candidate's folder."""
    due = _due(scope.manifest)
    folder = scope.candidate.folder / REPORT
    shutil.rmtree(folder, ignore_errors=True)
    if not due:
        return
    context = _context(folder)
    source = context.data_sources.add_pandas("candidate")
    for fact in due:
        yield from _run(scope, context, source, fact)
    context.build_data_docs()
    # The walk-through's pictures are most of the report's bytes, and every release keeps a report.
    shutil.rmtree(folder / "static" / "images", ignore_errors=True)
    shutil.rmtree(folder / "static" / "fonts", ignore_errors=True)


def _context(folder: Path) -> Any:
    """An in-memory project whose only site is the report's folder."""
    _import()
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # It announces, at import, a folder for a site that is not used here.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    context.variables.analytics_enabled = False
    context.delete_data_docs_site("local_site")
    site: Any = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    context.add_data_docs_site(site_name="report", site_config=site)
    return context


def _run(scope: Scope, context: Any, source: Any, fact: Table) -> Iterator[AuditRow]:
    """One suite on one batch: the newest changed partitions of a fact."""
    import great_expectations as gx
    import great_expectations.expectations as classes
    from great_expectations.core.run_identifier import RunIdentifier

    asked = expectations(fact, scope.as_of.astimezone(UTC).date())
    suite = gx.ExpectationSuite(name=fact.name)
    for e in asked:
        column = {"column": e.column} if e.column else {}
        suite.add_expectation(getattr(classes, e.type)(**column, **e.kwargs, meta={"name": e.name}))
    batch = source.add_dataframe_asset(fact.name).add_batch_definition_whole_dataframe("changed")
    definition = gx.ValidationDefinition(name=fact.name, data=batch, suite=context.suites.add(suite))
    result = context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": _newest(scope, fact).to_pandas()},
        run_id=RunIdentifier(run_name=scope.candidate.candidate_id[:12], run_time=scope.as_of),
        result_format="SUMMARY",
    )
    answers = {r.expectation_config.meta["name"]: r for r in result.results}
    for e in asked:
        yield _answer(fact, e, answers.get(e.name))


def _newest(scope: Scope, fact: Table) -> pl.DataFrame:
    """Rows of the newest changed partitions of one schema, up to the limit."""
    frames: list[pl.DataFrame] = []
    for ref in reversed([o for o in scope.manifest.of(fact.name).values() if o.is_new]):
        frame = scope.read(ref)
        too_many = sum(f.height for f in frames) + ref.rows > _MOST_ROWS
        if frames and (too_many or frame.schema != frames[0].schema):
            break
        frames.append(frame)
    return pl.concat(frames)


def _answer(fact: Table, expectation: Expectation, result: Any) -> AuditRow:
    """The audit row of one expectation; one without a result has failed."""
    found = dict(result.result) if result is not None else {}
    raised = _raised(result)
    if raised:
        observed = f"could not run: {raised}"
    elif "unexpected_count" in found:
        observed = f"{found['unexpected_count']} of {found.get('element_count')} unexpected"
    else:
        observed = str(found.get("observed_value"))
    return row(
        _key(fact, expectation),
        result is not None and bool(result.success),
        observed,
        ", ".join(f"{name} {value}" for name, value in expectation.kwargs.items()) or "no nulls",
        f"Great Expectations: {expectation.name}",
        ERROR if expectation.must else WARNING,
        [str(value) for value in found.get("partial_unexpected_list") or ()],
    )


def _raised(result: Any) -> str | None:
    """The message of an expectation that could not be evaluated."""
    if result is None:
        return "no result"
    info = result.exception_info or {}
    nested = [info, *(value for value in info.values() if isinstance(value, dict))]
    messages = [str(i.get("exception_message")) for i in nested if i.get("raised_exception")]
    return messages[0] if messages else None
