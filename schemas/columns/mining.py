"""Columns of proof-of-work mining: hash rate, difficulty and its adjustments, rewards, pools."""

from __future__ import annotations

import polars as pl

from schemas.column import UTC_INSTANT, Between, Column, Matches
from schemas.rules import SMALLEST_POSITIVE

# Consensus lets the difficulty change fourfold at most, up or down.
_STEP = (Between(-0.75, 3.0),)


def _count(name: str, text: str, low: int = 0) -> Column:
    return Column(name, pl.Int32(), "count", text, checks=(Between(low=low),))


def _step(name: str, text: str) -> Column:
    return Column(name, pl.Float64(), "ratio", text, True, _STEP)


def _coin(name: str, text: str) -> Column:
    return Column(name, pl.Float64(), "coin", text, checks=(Between(low=0),))


COLUMNS = (
    Column(
        "hashrate_hps",
        pl.Float64(),
        "hashes_per_second",
        "Mean hash rate of the day, estimated from its blocks.",
        checks=(Between(low=SMALLEST_POSITIVE),),
    ),
    Column("retargeted_at", UTC_INSTANT, "instant", "Stamp of the first block with the new difficulty."),
    _count("block_height", "Blocks before this one in the chain: the height that the row is of."),
    Column("difficulty", pl.Float64(), "difficulty", "Difficulty from this block on.", checks=(Between(low=1),)),
    _step("difficulty_change_ratio", "New difficulty over the former, less 1; null for the first block of the chain."),
    _count("next_retarget_height", "Height of the next block with a new difficulty."),
    _count("n_blocks_left", "Blocks until then.", 1),
    _step("expected_change_ratio", "The source's own estimate of the next change of difficulty."),
    Column("expected_retarget_at", UTC_INSTANT, "instant", "The source's own estimate of when that will be."),
    _step("previous_change_ratio", "Last change of difficulty."),
    Column("previous_retarget_at", UTC_INSTANT, "instant", "Stamp of the block of the last change.", True),
    Column(
        "mean_block_seconds",
        pl.Float64(),
        "seconds",
        "Mean seconds a block since the last change of difficulty.",
        checks=(Between(low=SMALLEST_POSITIVE),),
    ),
    Column(
        "adjusted_block_seconds",
        pl.Float64(),
        "seconds",
        "The mean that the estimate is made with: early in an epoch it takes in blocks of the one before.",
        True,
        (Between(low=SMALLEST_POSITIVE),),
    ),
    _count("start_height", "Height of the first block counted."),
    _count("end_height", "Height of the last block counted."),
    _count("n_blocks", "Blocks counted.", 1),
    _coin("reward_coin", "Subsidies and fees paid to the miners of these blocks."),
    _coin("fee_coin", "Fees in that."),
    _count("n_transactions", "Transactions of these blocks, those that pay the miners included."),
    Column("window_days", pl.Int32(), "days", "Days up to the observation that are counted.", checks=(Between(low=1),)),
    Column(
        "pool_slug",
        pl.String(),
        "none",
        "Name of the mining pool in addresses, by which a pool is known over time.",
        checks=(Matches(r"[a-z0-9_.-]{1,64}"),),
    ),
    Column("pool_unique_id", pl.Int32(), "none", "The source's own id of the pool.", True),
    Column("pool_name", pl.String(), "none", "Name of the mining pool.", True),
    Column("n_empty_blocks", pl.Int32(), "count", "Blocks without any payment but the miner's.", True),
    Column(
        "block_share_ratio",
        pl.Float64(),
        "ratio",
        "The pool's blocks over those of all pools in the window.",
        checks=(Between(0, 1),),
    ),
)
