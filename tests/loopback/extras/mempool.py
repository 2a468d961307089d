"""mempool.space's pages on mining, simulated: an epoch of exactly a fortnight, hash rates that wander."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from orchestration.sources.sample import DEFAULT_SEED, SamplePayload
from orchestration.sources.sample.payload import at, payload, rng

_FIRST_HEIGHT, _FIRST_RETARGET = 2016 * 450, datetime(2025, 8, 2, 14, 3, 26, tzinfo=UTC)
_EPOCH, _EPOCH_BLOCKS, _BLOCK_SECONDS = timedelta(days=14), 2016, 600
_FIRST_DIFFICULTY = 129.7e12
_HISTORY = timedelta(days=91)
_DAYS_TOLD = 8
_POOLS = (("Foundry USA", "foundryusa", 111), ("AntPool", "antpool", 3), ("Unknown", "unknown", 0))


def payloads(day: date) -> list[SamplePayload]:
    """The reads at 00:15 UTC on the next day."""
    now = at(day, 0, 15, plus_days=1)
    changes = _changes(now)
    listed = [[c["time"], c["height"], c["difficulty"], c["adjustment"]] for c in reversed(changes)]
    bodies: dict[str, tuple[str, Any, dict[str, str]]] = {
        "mempool_hashrates": ("mining/hashrate/3m", _hashrates(day, changes), {}),
        "mempool_difficulty_changes": ("mining/difficulty-adjustments/3m", listed, {}),
        "mempool_difficulty_estimate": ("difficulty-adjustment", _forecast(now), {}),
        "mempool_reward_stats": ("mining/reward-stats/144", _rewards(day, now), {}),
        "mempool_pools": ("mining/pools/1w", _pools(day), {"interval": "1w"}),
    }
    return [
        payload(feed, f"mempool/{path}#{day}", body, now, day, **told) for feed, (path, body, told) in bodies.items()
    ]


def _multiple(epoch: int) -> float:
    return round(1 + float(rng(DEFAULT_SEED, "retarget", epoch).normal(0, 0.04)), 6) if epoch else 1.0


def _changes(now: datetime) -> list[dict[str, Any]]:
    """The changes until now that the interval reaches, oldest first."""
    found, difficulty = [], _FIRST_DIFFICULTY
    for epoch in range((now - _FIRST_RETARGET) // _EPOCH + 1):
        when = _FIRST_RETARGET + epoch * _EPOCH
        difficulty *= _multiple(epoch)
        if when >= now - _HISTORY:
            height = _FIRST_HEIGHT + epoch * _EPOCH_BLOCKS
            found.append(
                {"time": int(when.timestamp()), "height": height, "difficulty": difficulty,
                 "adjustment": _multiple(epoch)}
            )  # fmt: skip
    return found


def _hashrates(day: date, changes: list[dict[str, Any]]) -> dict[str, Any]:
    """Days that are over, each stamped with the midnight at its end."""
    rows = [
        {"timestamp": int(at(covered, plus_days=1).timestamp()), "avgHashrate": _rate(covered)}
        for covered in (day - timedelta(days=back) for back in reversed(range(_DAYS_TOLD)))
    ]
    newest = changes[-1]["difficulty"]
    return {"hashrates": rows, "difficulty": changes, "currentHashrate": 0, "currentDifficulty": newest}


def _rate(day: date) -> float:
    return float(rng(DEFAULT_SEED, "hash rate", day).normal(1.05e21, 6e19))


def _height(now: datetime) -> int:
    return _FIRST_HEIGHT + int((now - _FIRST_RETARGET).total_seconds()) // _BLOCK_SECONDS


def _forecast(now: datetime) -> dict[str, Any]:
    epoch, since = divmod(now - _FIRST_RETARGET, _EPOCH)
    mined = _height(now) % _EPOCH_BLOCKS
    left = _EPOCH_BLOCKS - mined
    mean = 600_000 - 37 * now.day
    return {
        "progressPercent": mined / _EPOCH_BLOCKS * 100,
        "difficultyChange": (600_000 / mean - 1) * 100 if mined >= 146 else 0,
        "estimatedRetargetDate": int(now.timestamp()) * 1000 + left * mean, "remainingBlocks": left,
        "remainingTime": left * mean, "previousRetarget": (_multiple(epoch) - 1) * 100,
        "previousTime": int((now - since).timestamp()), "nextRetargetHeight": _height(now) + left, "timeAvg": mean,
        "adjustedTimeAvg": mean, "timeOffset": 0, "expectedBlocks": since.total_seconds() / 600,
    }  # fmt: skip


def _rewards(day: date, now: datetime) -> dict[str, Any]:
    fees = int(rng(DEFAULT_SEED, "fees", day).integers(150_000_000, 600_000_000))
    return {
        "startBlock": _height(now) - 143, "endBlock": _height(now), "totalReward": str(144 * 312_500_000 + fees),
        "totalFee": str(fees), "totalTx": str(400_000 + day.day),
    }  # fmt: skip


def _pools(day: date) -> dict[str, Any]:
    counts = [320 + day.day % 5, 180, 3]
    pools = [
        {"poolId": n, "name": name, "link": "https://example.org", "blockCount": count, "rank": n, "emptyBlocks": n % 2,
         "slug": slug, "avgMatchRate": 99.9, "avgFeeDelta": "0.001", "poolUniqueId": unique}
        for n, ((name, slug, unique), count) in enumerate(zip(_POOLS, counts, strict=True), start=1)
    ]  # fmt: skip
    rate = _rate(day)
    return {"pools": pools, "blockCount": sum(counts), "lastEstimatedHashrate": rate, "lastEstimatedHashrate3d": rate,
            "lastEstimatedHashrate1w": 0}  # fmt: skip
