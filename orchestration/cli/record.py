"""`sluice record`: the always-on recorder of websocket feeds.

Belongs here: options, what is said before it starts, signals. Does not belong here: recording
(`orchestration/recorder/`).
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import signal
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli import OK, REFUSED
from orchestration.cli.output import complain, say, table
from orchestration.resources.settings import from_environment

if TYPE_CHECKING:
    from orchestration.recorder.settings import RecorderSettings

EXAMPLES = """
Liquidations are said once and cannot be fetched later, so this runs all the time, under whatever restarts it
(systemd, a container). What it writes is landed by the next `sluice run --feeds http`. Where it may have missed
something, it says so: table core_recorder__gaps.

Examples:

  sluice record --dry-run                           what would be recorded, from where

  sluice record                                     all venues, for the assets of sluice.toml

  sluice record --venue bybit --symbols bybit_linear=BTCUSDT,DOGEUSDT

  sluice record --instance second --port 8713       a second one beside it; what both have counts once

  sluice record --status                            how the running one is; exit code 1 where an alarm stands
"""


def record(
    venue: Annotated[list[str] | None, typer.Option(help="Only this venue or channel; may be repeated.")] = None,
    symbols: Annotated[
        list[str] | None,
        typer.Option(metavar="CHANNEL=A,B", help="Symbols of a channel in place of those of the assets."),
    ] = None,
    silence: Annotated[
        list[str] | None,
        typer.Option(metavar="CHANNEL=SECONDS", help="Raise the silence alarm after so long without data."),
    ] = None,
    instance: Annotated[str | None, typer.Option(help="Name of this recorder, where several run.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the health page on 127.0.0.1; 0 is any.")] = None,
    roll_seconds: Annotated[float | None, typer.Option(help="Seal a segment after so long.")] = None,
    roll_mb: Annotated[float | None, typer.Option(help="Seal a segment of this size.")] = None,
    duration: Annotated[float | None, typer.Option(metavar="SECONDS", help="Stop by itself after so long.")] = None,
    mirror: Annotated[
        list[str] | None,
        typer.Option(metavar="URL=URL", help="Another base for a host: wss://stream.bybit.com=ws://127.0.0.1:9000."),
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="Ask the running recorder how it is.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be recorded; connect to nothing.")] = False,
) -> int:
    """Record liquidations as the venues send them, until stopped (Ctrl-C, SIGTERM)."""
    settings = _settings(
        venue or [], _pairs(symbols, "--symbols"), _pairs(silence, "--silence"), _pairs(mirror, "--mirror")
    )
    settings = dataclasses.replace(
        settings,
        instance=instance or settings.instance,
        port=settings.port if port is None else port,
        roll=dataclasses.replace(
            settings.roll,
            seconds=roll_seconds or settings.roll.seconds,
            size=int(roll_mb * 1024 * 1024) if roll_mb else settings.roll.size,
        ),
    )
    if status:
        return _status(settings.port)
    _introduce(settings)
    return OK if dry_run else _record(settings, duration)


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    """`NAME=VALUE` options as a mapping. Raises `BadParameter`."""
    found = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise typer.BadParameter(f"{text!r} is not of the form NAME=VALUE", param_hint=option)
        found[name] = value
    return found


def _settings(
    venues: list[str], symbols: Mapping[str, str], silence: Mapping[str, str], mirrors: Mapping[str, str]
) -> RecorderSettings:
    """The configuration file's settings with those of the command line put over them."""
    from orchestration.recorder.channels import ChannelError, chosen
    from orchestration.recorder.segments import Roll
    from orchestration.recorder.settings import RecorderSettings

    settings = from_environment()
    config, given = settings.config, settings.config.recorder
    try:
        seconds = {name: float(text) for name, text in silence.items()}
        channels = chosen(
            config.assets,
            venues or given.venues,
            {**given.symbols, **{name: text.split(",") for name, text in symbols.items()}},
            {**given.silence_seconds, **seconds},
        )
    except ChannelError as error:
        raise typer.BadParameter(str(error), param_hint="--venue, --symbols, --silence") from error
    except ValueError as error:
        raise typer.BadParameter(f"seconds are a number ({error})", param_hint="--silence") from error
    return RecorderSettings(
        channels=tuple(channels),
        instance=given.instance,
        roll=Roll(given.roll_seconds, given.roll_bytes),
        port=given.port,
        most_bytes=given.most_bytes,
        mirrors={**given.mirrors, **mirrors},
        ca_bundle=settings.http.ca_bundle,
        user_agent=settings.http.user_agent,
    )


def _introduce(settings: RecorderSettings) -> None:
    from orchestration.recorder.channels import mirrored
    from orchestration.store.layout import Layout

    table(
        "", ("channel", "feed", "from", "topics", "silence alarm"),
        [
            (c.name, c.feed, mirrored(c.url, settings.mirrors), " ".join(c.topics), f"{c.silence_seconds:.0f} s")
            for c in settings.channels
        ],
    )  # fmt: skip
    say(f"segments   {Layout(from_environment().home).recorder / settings.instance}")
    say(f"sealed     after {settings.roll.seconds:.0f} s or {settings.roll.size / 2**20:.0f} MB, and at 00:00 UTC")
    sys.stdout.flush()


def _record(settings: RecorderSettings, duration: float | None) -> int:
    from orchestration.recorder.recorder import Recorder
    from orchestration.store.layout import Layout

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)sZ %(levelname)s %(message)s")
    logging.Formatter.converter = time.gmtime
    logging.getLogger("websockets").setLevel(logging.WARNING)

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if duration is not None:
            loop.call_later(duration, stop.set)
        await Recorder(Layout(from_environment().home), settings).run(stop)

    asyncio.run(run())
    return OK


def _status(port: int) -> int:
    """The health page of the recorder on this machine; `REFUSED` where an alarm stands or nothing answers."""
    import json
    import urllib.error
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            told = json.load(answer)
    except urllib.error.HTTPError as error:
        told = json.load(error)
    except OSError as error:
        complain(f"no recorder answers on port {port} of 127.0.0.1 ({error}): is it running, with this --port?")
        return REFUSED
    table(
        f"recorder {told['instance']}, since {told['started_at']}",
        ("channel", "subscribed", "last message", "messages", "reconnects", "gaps", "gap since", "alarms"),
        [
            (
                name, c["subscribed"], c["last_message_at"], c["messages"], c["reconnects"], c["gaps"], c["gap_since"],
                "; ".join(c["alarms"].values()),
            )
            for name, c in told["channels"].items()
        ],
    )  # fmt: skip
    return REFUSED if told["alarm"] else OK
