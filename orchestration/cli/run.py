"""`sluice run`: the Dagster job, in this process.

Belongs here: options, progress, the closing report. Does not belong here: the steps (`pipeline.py`).
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration import serving
from orchestration.cli import FEED_FAILED, NOT_SERVED, OK, REFUSED, STARTED, drift, live
from orchestration.cli.alerts import told_of
from orchestration.cli.output import complain, console, errors, is_terminal, say, table, warn
from orchestration.resources.settings import Settings, Window, from_environment

if TYPE_CHECKING:
    from orchestration.pipeline import Pipeline

EXAMPLES = """
Examples:

  sluice run                                  all sample feeds, a simulation

  sluice run --date 2026-02-05                one day's batch of them

  sluice run --feeds files --inbox ~/exports  your files, by their inbox.toml

  sluice run --inbox ~/exports --map my.toml --dry-run

  sluice run --feeds http                     live feeds: what can be fetched now, of the day before

  sluice run --feeds http --only deribit --from 2026-11-01 --to 2026-11-07   a back-fill of what has a history
"""


def _day(text: str | None, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a date like 2026-02-05", param_hint=option) from error


def window_of(day: str | None, first: str | None, last: str | None) -> Window | None:
    """The window of the options; None is everything. Raises `BadParameter` for contradictions."""
    one, start, end = _day(day, "--date"), _day(first, "--from"), _day(last, "--to")
    if one and (start or end):
        raise typer.BadParameter("give --date, or --from and --to", param_hint="--date")
    if one:
        return one, one
    if bool(start) != bool(end):
        raise typer.BadParameter("--from and --to belong together", param_hint="--from")
    if start and end:
        if start > end:
            raise typer.BadParameter(f"{start} is after {end}", param_hint="--from")
        return start, end
    return None


def _not_ahead(window: Window | None) -> None:
    """No venue knows tomorrow, and a list that is true of today must not land as that of another day.

    Raises `BadParameter`.
    """
    today = datetime.now(UTC).date()
    if window is not None and window[1] > today:
        raise typer.BadParameter(f"{window[1]} is still to come: today is {today} (UTC)", param_hint="--date, --to")


def run(
    day: Annotated[str | None, typer.Option("--date", metavar="D", help="Land the batch of one UTC day.")] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="D", help="First day of a range.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="D", help="Last day of a range.")] = None,
    feeds: Annotated[str | None, typer.Option(help="Where payloads come from: sample, files or http.")] = None,
    inbox: Annotated[Path | None, typer.Option(help="Folder of vendor files, for --feeds files.")] = None,
    map_file: Annotated[Path | None, typer.Option("--map", help="Inbox map; default is DIR/inbox.toml.")] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="SOURCE", help="Land only these sources.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be landed; write nothing.")] = False,
) -> int:
    """Land, parse, build, audit and publish. What is already there is not done again."""
    from orchestration.pipeline import Pipeline

    settings = _settings(feeds, inbox, map_file, only or [], window_of(day, first, last))
    pipeline = Pipeline(settings, warn=warn)
    _report_offer(pipeline)
    if dry_run:
        from orchestration.cli.dry_run import preview, preview_live

        (preview_live if settings.feeds == "http" else preview)(pipeline)
        return OK
    startup = time.monotonic() - STARTED
    try:
        with told_of(pipeline):
            _execute(pipeline)
    except Exception:
        # The release is out; the report says which database did not take it.
        if pipeline.serving.failed is None:
            raise
    return _report(pipeline, startup)


def _settings(
    feeds: str | None, inbox: Path | None, map_file: Path | None, only: list[str], window: Window | None
) -> Settings:
    import dataclasses

    from orchestration.resources.config_names import verify
    from transforms.parse import SOURCES

    settings = from_environment()
    verify(settings)
    unknown = sorted(set(only) - set(SOURCES.values()))
    if unknown:
        known = ", ".join(sorted(set(SOURCES.values())))
        raise typer.BadParameter(f"no source {unknown[0]!r}; known: {known}", param_hint="--only")
    chosen = feeds or ("files" if inbox else settings.feeds)
    if chosen not in ("sample", "files", "http"):
        raise typer.BadParameter(f"{chosen!r}: use sample, files or http", param_hint="--feeds")
    if chosen == "http":
        _not_ahead(window)
    if inbox and chosen != "files":
        raise typer.BadParameter("an inbox goes with --feeds files", param_hint="--inbox")
    if map_file and chosen != "files":
        raise typer.BadParameter("an inbox map goes with --feeds files", param_hint="--map")
    # A database that nobody can connect to shows before the run, not after it.
    serving.targets(settings)
    return dataclasses.replace(
        settings,
        feeds=chosen,  # type: ignore[arg-type]
        inbox=inbox or settings.inbox,
        inbox_map=map_file or settings.inbox_map,
        only=tuple(only),
        window=window,
        everything=window is None,
    )


def _report_offer(pipeline: Pipeline) -> None:
    """Wrong use shows before anything is written; files that match nothing and snapshots not to be had are named."""
    if pipeline.settings.feeds == "http":
        from orchestration.fetching import asked

        wanted = asked(pipeline.settings, pipeline.settings.window, None, pipeline.clock())
        say(f"{len(wanted.batches)} live feeds to fetch; {len(wanted.refused)} snapshots are not of this hour")
        for line in wanted.refused if not pipeline.settings.everything else ():
            warn(line)
    if pipeline.settings.feeds == "files":
        unmatched = pipeline.inbox_plan.unmatched
        for line in pipeline.inbox_plan.refused:
            warn(f"not read: {line}")
        for name in unmatched[:20]:
            warn(f"{name}: no entry of the map matches; left where it is")
        if len(unmatched) > 20:
            warn(f"… and {len(unmatched) - 20} more files that match nothing")
    if pipeline.settings.feeds == "sample":
        say("[yellow]The sample feeds are a simulation:[/] seeded, calibrated on public figures, not market data.")


def partition_tags(settings: Settings) -> dict[str, str]:
    """Dagster's tags for the run: the range of the window, or the last day of what is offered."""
    from orchestration.automation.sensors import TOLD_TAG
    from orchestration.sources import samples

    if settings.window:
        start, end = settings.window
    else:
        start = end = samples.LAST if settings.feeds == "sample" else datetime.now(UTC).date() - timedelta(days=1)
    return {
        "dagster/asset_partition_range_start": start.isoformat(),
        "dagster/asset_partition_range_end": end.isoformat(),
        "sluice/feeds": settings.feeds,
        # The command line tells of its own runs; the daemon's sensors leave them alone.
        TOLD_TAG: "cli",
    }


def _execute(pipeline: Pipeline) -> None:
    """Run the job in this process, with a progress bar where there is a terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from orchestration.resources.instance import dagster_instance

    bar = Progress(
        TextColumn("{task.description:<32}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), console=errors, transient=True, disable=not is_terminal(),
    )  # fmt: skip
    tasks: dict[str, object] = {}

    def tell(what: str, done: int, of: int) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=of)
        bar.update(tasks[what], completed=done, total=of)  # type: ignore[arg-type]

    pipeline.tell = tell
    started = time.monotonic()
    with bar, dagster_instance(pipeline.layout) as instance:
        import dagster as dg

        from orchestration.automation.jobs import JOB_NAME
        from orchestration.definitions import build_defs

        job = build_defs(pipeline=pipeline).get_job_def(JOB_NAME)
        pipeline.seconds["start-up"] += time.monotonic() - started
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        begun, before = time.monotonic(), sum(pipeline.seconds.values())
        try:
            job.execute_in_process(instance=instance, tags=partition_tags(pipeline.settings), run_config=quiet)
        except dg.DagsterError:
            # A blocking check ends the job; the verdict says it better than Dagster's message.
            if pipeline.verdict is None or pipeline.verdict.passed:
                raise
        except dg.DagsterExecutionInterruptedError:
            # Dagster's word for Ctrl-C and SIGTERM.
            raise KeyboardInterrupt from None
        finally:
            pipeline.stop()
        inside = sum(pipeline.seconds.values()) - before
        pipeline.seconds["dagster"] += time.monotonic() - begun - inside


def _report(pipeline: Pipeline, startup: float) -> int:
    """Say what was landed, what became of the rows, what was published and where the time went."""
    landed = pipeline.landed.values()
    payloads, new = sum(item.payloads for item in landed), sum(item.new for item in landed)
    say(f"landed     {payloads} payloads, {new} of them new")
    live.report_unfetched(pipeline.unfetched)
    reports = [report for report in pipeline.reports if report.fetches]
    if reports:
        table(
            "rows per feed", ("feed", "payloads", "rows in", "published", "quarantined", "duplicates"),
            [(r.feed, r.fetches, r.rows_in, r.published, r.quarantined, r.duplicates) for r in reports],
        )  # fmt: skip
    drift.new_in_run([found for report in reports for found in report.drifts])
    outcome, verdict = pipeline.outcome, pipeline.verdict
    if verdict is not None:
        say(f"audit      {len(verdict.rows)} checks, {len(verdict.failures)} errors, {len(verdict.warnings)} warnings")
        for row in [*verdict.failures, *verdict.warnings][:20]:
            text = f"{row.check} on {row.table} {row.partition}: {row.observed}; expected {row.expected}"
            (complain if row.refuses else warn)(text)
    if outcome is not None:
        say(f"release    {outcome.release_id}" + ("" if outcome.is_new else "   (nothing new to publish)"))
    for line in pipeline.serving.lines:
        say(f"served     {line}")
    failed = [line for report in reports for line in report.failed]
    for line in failed[:10]:
        warn(f"quarantined whole: {line}")
    if failed:
        say("           `sluice quarantine list` shows all; mend and `sluice quarantine replay`")
    pipeline.seconds["start-up"] += startup
    order = ("fetch", "land", "core", "dbt", "audit", "publish", "page", "serve", "dagster", "start-up")
    parts = "  ".join(f"{name} {pipeline.seconds[name]:.1f}s" for name in order if name in pipeline.seconds)
    console.print(f"time       {parts}", soft_wrap=True)
    if verdict is not None and not verdict.passed:
        complain("the gate refused this candidate; readers keep the release they had (`sluice status`)")
        return REFUSED
    if pipeline.serving.failed is not None:
        complain(f"{pipeline.serving.failed}\nthe release is out; `sluice publish --to postgres` serves it from there")
        return NOT_SERVED
    return FEED_FAILED if failed or pipeline.unfetched else OK


def dev(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
) -> None:
    """Open Dagster on this data directory: the asset graph, runs, checks, the schedule."""
    import os
    import sys

    from orchestration.resources.instance import prepare
    from orchestration.store.layout import Layout

    settings = from_environment()
    layout = Layout(settings.home)
    prepare(layout)
    environment = os.environ | {
        "SLUICE_HOME": str(settings.home),
        "DAGSTER_HOME": str(layout.dagster),
        # Dagster's remarks on its own interface, a hundred lines of them at every start.
        "PYTHONWARNINGS": "ignore:Parameter `backfill_policy`,ignore:Function `dev_command`",
    }
    where = ["-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", str(port)]
    say(f"http://127.0.0.1:{port}  (stop with Ctrl-C)")
    sys.stdout.flush()
    # Dagster takes this process's place, so that a signal reaches it and all that it started.
    os.execve(sys.executable, [sys.executable, "-m", "dagster", "dev", *where], environment)
