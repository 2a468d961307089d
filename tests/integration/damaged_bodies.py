"""Bodies of every feed, damaged in the ways that wires, disks and ill will damage them, given to their parsers.

Run as a program: what would end the process ends only this one. Belongs here: the damage, and what a parser did with
it. Does not belong here: what is right (`test_damaged_bodies.py`).
"""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from dataclasses import replace
from datetime import date

from loopback.registry import extras
from made_bodies import beside

from orchestration.sources.sample import generate
from schemas.feed import Payload, PayloadError
from transforms.parse import FEEDS, drift

DAY = date(2026, 2, 4)
# Of larger ones nothing more is learnt.
MOST_BYTES = 200_000
ODD = (
    b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b'"\\ud800"', b"\r", b"\n", b",", b'"', b"\\", b"[", b"}", b"<", b"[]",
    b"{}", b'""', b"0", b"-0.0", b"1e400", b"NaN", b"null", b"true", b"99999999999999999999999", b"1" * 5000,
    b"-9223372036854775809", b"0001-01-01", b"9999-12-31", b"2026-02-30", b"<div>" * 5000, b"[" * 50_000,
)  # fmt: skip


def bodies() -> dict[str, list[Payload]]:
    """Whole bodies of a day, by feed."""
    found: defaultdict[str, list[Payload]] = defaultdict(list)
    for payload in beside([*generate(DAY, DAY), *extras(DAY)]):
        if len(payload.content) <= MOST_BYTES:
            found[payload.feed].append(payload)
    return dict(found)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The body after one to eight faults: bytes changed, lost, put in, replaced or repeated."""
    body = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at, odd = chance.randrange(len(body) + 1), chance.choice(ODD)
        end = at + chance.choice((1, 4, 20, 400))
        match chance.choice(("changed", "lost", "put in", "replaced", "repeated")):
            case "changed":
                body[at : at + 1] = bytes([chance.randrange(256)])
            case "lost":
                del body[at:end]
            case "put in":
                body[at:at] = odd
            case "replaced":
                body[at:end] = odd
            case "repeated":
                body[at:at] = body[at:end]
    return bytes(body)


def outcome(payload: Payload) -> str:
    """How the parser, and the look at the body's shape, ended."""
    feed = FEEDS[payload.feed]
    try:
        feed.parse(payload)
        drift.found(payload, feed.shapes)
    except PayloadError:
        return "refused"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "taken"


def main(seed: int, times: int) -> None:
    """Print a line per body: the feed and how it ended. The body is told before, for the case that nothing follows."""
    chance = random.Random(seed)
    for feed, whole in sorted(bodies().items()):
        for number in range(times):
            payload = chance.choice(whole)
            one = replace(payload, content=damaged(payload.content, chance))
            sys.stderr.write(f"{feed} {number}\n")
            sys.stdout.write(json.dumps([feed, outcome(one)]) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
