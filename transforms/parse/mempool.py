"""mempool.space: Bitcoin's difficulty changes, the estimate of the next one, rewards and pools.

Belongs here: one chain's mining as mempool.space serves it, and what its parsers share. Does not belong
here: daily hash rates (`mempool_hashrates.py`), or hashprice. Its stamps are partly seconds, partly
milliseconds, its changes percentages or multiples: all become instants and fractions. Field meanings: its code.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers, texts
from transforms.core.exact import divided
from transforms.parse import read, stamps, venue, venue_series
from transforms.parse.venue import Record, Rule

ASSET = "BTC"
DIFFICULTIES = "core_mining__difficulties"
ADJUSTMENTS = "core_mining__adjustments"
REWARDS = "core_mining__rewards"
POOLS = "core_mining__pools"

SOURCE = "mempool"
LICENCE = "code AGPL, terms of the data unverified: use internally, publish only what is derived"
REALISED = "final: a change of difficulty that has happened is not revised"
BASE_URL = "https://mempool.space/api/v1"

_SATOSHI = 1e8
_EPOCH_BLOCKS = 2016
# A server of the older kind prints 0 for the estimate of so few blocks (METHOD §9).
_ESTIMATE_BLOCKS = 146
# Consensus lets a block's stamp run ahead by two hours.
_BLOCK_CLOCK = timedelta(hours=2)
# The source prints a multiple with six decimals; what lies beyond is the noise of the subtraction.
_DECIMALS = 9
_FIRST_BLOCK_SECONDS = 1_231_006_505
WINDOWS = {"24h": 1, "3d": 3, "1w": 7}

CHANGE_FIELDS = ("time", "height", "difficulty", "adjustment")
_FORECAST_FIELDS = (
    "difficultyChange", "estimatedRetargetDate", "remainingBlocks", "remainingTime", "previousRetarget",
    "previousTime", "nextRetargetHeight", "timeAvg", "adjustedTimeAvg",
)  # fmt: skip
_REWARD_FIELDS = ("startBlock", "endBlock", "totalReward", "totalFee", "totalTx")
_POOL_FIELDS = ("slug", "poolUniqueId", "name", "blockCount", "emptyBlocks")


def parse_changes(payload: Payload) -> Parsed:
    """`/mining/difficulty-adjustments`: arrays of [time, height, difficulty, multiple], in any order.

    Raises `PayloadError`: unexpected_shape, no_rows, and as `read.json_body`.
    """
    body = read.json_body(payload)
    if not isinstance(body, list) or not all(isinstance(r, list) and len(r) == len(CHANGE_FIELDS) for r in body):
        raise PayloadError("unexpected_shape", "expected arrays of [time, height, difficulty, adjustment]")
    return changes(payload, [dict(zip(CHANGE_FIELDS, row, strict=True)) for row in body])


def changes(payload: Payload, records: list[Record]) -> Parsed:
    """Sift changes of difficulty. `adjustment` is new over old; it is 0 for the first block, which has no old one."""
    if not records:
        raise PayloadError("no_rows", "the body holds no change of difficulty")
    raw = venue.fields(records, CHANGE_FIELDS).with_columns(
        retargeted_at=stamps.seconds("time", _FIRST_BLOCK_SECONDS), multiple=venue.number("adjustment")
    )
    is_first = venue.number("height") == 0
    shaped = raw.select(
        "row",
        "retargeted_at",
        "multiple",
        fact_date=pl.col("retargeted_at").dt.date(),
        asset=pl.lit(ASSET),
        block_height=_whole("height"),
        difficulty=venue.number("difficulty"),
        difficulty_change_ratio=pl.when(~is_first).then((pl.col("multiple") - 1).round(_DECIMALS)),
        **_final(),
    )
    ahead = pl.lit(payload.known_at + _BLOCK_CLOCK).cast(UTC_INSTANT)
    no_multiple = (pl.col("block_height") != 0) & (pl.col("multiple").is_null() | (pl.col("multiple") <= 0))
    rules = (
        venue.missing("retargeted_at", "bad_time", "time in seconds"),
        Rule("future_date", pl.col("retargeted_at") > ahead, "the block's stamp lies more than two hours ahead"),
        venue.missing("block_height", "bad_number", "height"),
        venue.missing("difficulty", "bad_number", "difficulty"),
        Rule("not_a_retarget", pl.col("block_height") % _EPOCH_BLOCKS != 0, "difficulty changes every 2,016 blocks"),
        Rule("bad_number", no_multiple, "no multiple of the former difficulty"),
    )
    return venue.sift(DIFFICULTIES, shaped, rules, records)


def parse_forecast(payload: Payload) -> Parsed:
    """`/difficulty-adjustment`: the estimate of the next change, as of the instant that it is computed from.

    That instant is the estimated date less the remaining time, both in milliseconds; `previousTime` is in
    seconds, changes are per cent. Raises `PayloadError`: unexpected_shape, and as `read.json_body`.
    """
    record = _object(payload, "difficultyChange")
    raw = venue.fields([record], _FORECAST_FIELDS).with_columns(
        expected_retarget_at=venue.instant("estimatedRetargetDate"),
        n_blocks_left=_whole("remainingBlocks"),
        next_retarget_height=_whole("nextRetargetHeight"),
        change=divided(venue.number("difficultyChange"), 100.0),
    )
    remaining = venue.number("remainingTime").cast(pl.Int64(), strict=False)
    observed_at = pl.col("expected_retarget_at") - pl.duration(milliseconds=remaining)
    mined = _EPOCH_BLOCKS - pl.col("n_blocks_left")
    is_early = (mined < _ESTIMATE_BLOCKS) & (pl.col("change") == 0)
    shaped = raw.with_columns(
        observed_at=observed_at,
        fact_date=observed_at.dt.date(),
        asset=pl.lit(ASSET),
        block_height=pl.col("next_retarget_height") - pl.col("n_blocks_left"),
        expected_change_ratio=pl.when(~is_early).then("change"),
        previous_change_ratio=divided(venue.number("previousRetarget"), 100.0),
        previous_retarget_at=stamps.seconds("previousTime", _FIRST_BLOCK_SECONDS),
        mean_block_seconds=divided(venue.number("timeAvg"), 1000.0),
        adjusted_block_seconds=divided(venue.number("adjustedTimeAvg"), 1000.0),
        status=pl.when(is_early).then(pl.lit("early_epoch")),
        finality=pl.lit("final"),
    )
    previous = venue.unreadable("previousTime", pl.col("previous_retarget_at"))
    needed = ("n_blocks_left", "next_retarget_height", "change", "previous_change_ratio", "mean_block_seconds")
    rules = (
        venue.missing("observed_at", "bad_time", "date or remaining time in milliseconds"),
        Rule("bad_time", previous, "previousTime is not in seconds"),
        venue.in_future("observed_at", payload),
        Rule("bad_number", pl.any_horizontal(pl.col(name).is_null() for name in needed), "a figure is missing"),
        Rule("not_a_retarget", pl.col("next_retarget_height") % _EPOCH_BLOCKS != 0, "no multiple of 2,016 blocks"),
    )
    return venue.sift(ADJUSTMENTS, shaped, rules, [record])


def parse_rewards(payload: Payload) -> Parsed:
    """`/mining/reward-stats/{blocks}`: satoshi, printed as text, to coins; as of the instant it became known.

    Raises `PayloadError`: unexpected_shape, and as `read.json_body`.
    """
    record = _object(payload, "totalReward")
    raw = venue.fields([record], _REWARD_FIELDS).with_columns(
        start_height=_whole("startBlock"), end_height=_whole("endBlock")
    )
    shaped = raw.with_columns(
        **_snapshot(payload),
        n_blocks=pl.col("end_height") - pl.col("start_height") + 1,
        reward_coin=divided(venue.number("totalReward"), _SATOSHI),
        fee_coin=divided(venue.number("totalFee"), _SATOSHI),
        n_transactions=_whole("totalTx"),
    )
    needed = ("start_height", "end_height", "reward_coin", "fee_coin", "n_transactions")
    rules = (
        Rule("bad_number", pl.any_horizontal(pl.col(name).is_null() for name in needed), "a figure is missing"),
        Rule("no_blocks", pl.col("n_blocks") < 1, "the last block is before the first"),
        Rule("fees_over_reward", pl.col("fee_coin") > pl.col("reward_coin"), "fees are a part of the reward"),
    )
    return venue.sift(REWARDS, shaped, rules, [record])


def parse_pools(payload: Payload) -> Parsed:
    """`/mining/pools/{interval}`: blocks of each pool in the days up to the instant at which it became known.

    The estimates of the whole network's hash rate beside them are not taken: 0 stands there for a server
    without its node. `params`: interval. Raises `PayloadError`: unexpected_shape, no_rows, missing_parameter,
    bad_parameter, and as `read.json_body`.
    """
    days = WINDOWS[venue_series.parameter(payload, "interval", WINDOWS)]
    pools = _object(payload, "pools")["pools"]
    records = venue.objects(pools if isinstance(pools, list) else None, "pools")
    if not records:
        raise PayloadError("no_rows", "the body holds no pool")
    raw = venue.fields(records, _POOL_FIELDS).with_columns(n_blocks=_whole("blockCount"))
    shaped = raw.with_columns(
        **_snapshot(payload),
        window_days=pl.lit(days, pl.Int32()),
        pool_slug=pl.col("slug"),
        pool_unique_id=_whole("poolUniqueId"),
        pool_name=pl.col("name"),
        n_empty_blocks=_whole("emptyBlocks"),
        block_share_ratio=pl.col("n_blocks") / pl.col("n_blocks").sum(),
    )
    rules = (
        venue.missing("pool_slug", "no_symbol", "slug"),
        venue.missing("n_blocks", "bad_number", "count of blocks"),
        Rule("no_blocks", pl.col("n_blocks") < 1, "a pool is listed for the blocks that it found"),
    )
    return venue.sift(POOLS, shaped, rules, records)


def _object(payload: Payload, name: str) -> dict[str, Any]:
    body = read.json_body(payload)
    if not isinstance(body, dict) or name not in body:
        raise PayloadError("unexpected_shape", f"no object with {name} in the body")
    return body


def _whole(name: str) -> pl.Expr:
    """A text field as a whole number; null where it is none."""
    value = venue.number(name)
    return pl.when(value == value.floor()).then(value).cast(pl.Int32(), strict=False)


def _final() -> dict[str, pl.Expr]:
    return {"status": pl.lit(None, pl.String()), "finality": pl.lit("final")}


def _snapshot(payload: Payload) -> dict[str, pl.Expr]:
    """What a body without a stamp is of."""
    instant = pl.lit(payload.known_at).cast(UTC_INSTANT)
    return {"observed_at": instant, "fact_date": instant.dt.date(), "asset": pl.lit(ASSET), **_final()}


def feed(name: str, path: str, title: str, tables: tuple[str, ...], parse: Any, cadence: str, **changed: Any) -> Feed:
    """A feed of this source; `changed` are fields of `Feed` that differ from a snapshot's."""
    common = {"finality_rule": venue.SNAPSHOT_FINALITY, "licence": LICENCE, "url": f"{BASE_URL}{path}"}
    return Feed(
        name=name, source=SOURCE, title=title, tables=tables, parse=parse, cadence=cadence, **{**common, **changed}
    )


# Servers of the older kind do not have the last two.
_FORECAST_SHAPE = Shape("", numbers(*_FORECAST_FIELDS), optional=frozenset({"previousTime", "adjustedTimeAvg"}))
_POOLS_SHAPE = Shape("pools.*", {**texts("slug", "name"), **numbers("poolUniqueId", "blockCount", "emptyBlocks")})


FEEDS: tuple[Feed, ...] = (
    feed(
        "mempool_difficulty_changes",
        "/mining/difficulty-adjustments/{interval}",
        "mempool.space: Bitcoin's changes of difficulty",
        (DIFFICULTIES,),
        parse_changes,
        "a list with its history, newest first; one more about every two weeks",
        finality_rule=REALISED,
        shape=Shape("*", numbers(*map(str, range(len(CHANGE_FIELDS))))),
    ),
    feed(
        "mempool_difficulty_estimate",
        "/difficulty-adjustment",
        "mempool.space: estimate of the next change of difficulty",
        (ADJUSTMENTS,),
        parse_forecast,
        "live",
        shape=_FORECAST_SHAPE,
    ),
    feed(
        "mempool_reward_stats",
        "/mining/reward-stats/144",
        "mempool.space: rewards and fees of the last 144 blocks",
        (REWARDS,),
        parse_rewards,
        "live",
        shape=Shape("", numbers(*_REWARD_FIELDS)),
    ),
    feed(
        "mempool_pools",
        "/mining/pools/1w",
        "mempool.space: blocks by mining pool",
        (POOLS,),
        parse_pools,
        "live; blocks are attributed anew as pools become known",
        params={"interval": "the interval that was asked for: 24h, 3d or 1w"},
        shape=_POOLS_SHAPE,
    ),
)
