"""Core tables of proof-of-work mining (METHOD §9); no fact of its own yet."""

from __future__ import annotations

from schemas.table import Table
from schemas.tables.shared import OBSERVED

_FORECAST = (
    "block_height",
    "next_retarget_height",
    "n_blocks_left",
    "expected_change_ratio",
    "expected_retarget_at",
    "previous_change_ratio",
    "previous_retarget_at",
    "mean_block_seconds",
    "adjusted_block_seconds",
)
_REWARDS = ("n_blocks", "reward_coin", "fee_coin", "n_transactions")
_POOL_KEY = ("observed_at", "asset", "window_days", "pool_slug")
_POOL = ("n_blocks", "n_empty_blocks", "block_share_ratio")

CORE = (
    Table(
        "core_mining__hashrates",
        "core",
        "mining",
        "Mean hash rate of a UTC day, by the day that it covers.",
        grain=("fact_date", "asset", "source", "known_at"),
        column_names=("fact_date", "asset", "hashrate_hps", *OBSERVED),
        date_column="fact_date",
        tracked=("hashrate_hps", "status", "finality"),
    ),
    Table(
        "core_mining__difficulties",
        "core",
        "mining",
        "Changes of difficulty that have happened, by the block from which the new one holds.",
        grain=("block_height", "asset", "source", "known_at"),
        column_names=(
            "fact_date",
            "retargeted_at",
            "asset",
            "block_height",
            "difficulty",
            "difficulty_change_ratio",
            *OBSERVED,
        ),
        date_column="fact_date",
        tracked=("difficulty", "difficulty_change_ratio", "status", "finality"),
        absent={"difficulty_change_ratio": "No difficulty was before the first block's."},
    ),
    Table(
        "core_mining__adjustments",
        "core",
        "mining",
        "A source's estimate of the next change of difficulty at one instant: a model's output, no fact of the chain.",
        grain=("observed_at", "asset", "source", "known_at"),
        column_names=("fact_date", "observed_at", "asset", *_FORECAST, *OBSERVED),
        date_column="fact_date",
        tracked=(*_FORECAST, "status"),
        absent={
            "previous_retarget_at": "Older servers do not say it.",
            "adjusted_block_seconds": "Older servers do not say it.",
        },
    ),
    Table(
        "core_mining__rewards",
        "core",
        "mining",
        "What the miners of the last blocks were paid, up to the block that was the newest at the observation.",
        grain=("observed_at", "asset", "start_height", "end_height", "source", "known_at"),
        column_names=("fact_date", "observed_at", "asset", "start_height", "end_height", *_REWARDS, *OBSERVED),
        date_column="fact_date",
        tracked=(*_REWARDS, "status", "finality"),
    ),
    Table(
        "core_mining__pools",
        "core",
        "mining",
        "Blocks by mining pool in the days up to the observation. Blocks are attributed anew as pools become known.",
        grain=(*_POOL_KEY, "source", "known_at"),
        column_names=("fact_date", *_POOL_KEY, "pool_unique_id", "pool_name", *_POOL, *OBSERVED),
        date_column="fact_date",
        tracked=(*_POOL, "status", "finality"),
        absent={
            "pool_unique_id": "Older servers do not say it.",
            "pool_name": "A name is no measure.",
            "n_empty_blocks": "Older servers do not say it.",
        },
    ),
)
