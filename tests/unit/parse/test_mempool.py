"""mempool.space: days that a stamp covers, changes of difficulty, the estimate, satoshi, pools."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.feed import Parsed, Payload, PayloadError
from transforms.parse import FEEDS

KNOWN_AT = datetime(2026, 2, 6, 0, 15, tzinfo=UTC)
HASHRATES, DIFFICULTIES = "core_mining__hashrates", "core_mining__difficulties"
RETARGET = {"time": 1_770_000_000, "height": 2016 * 464, "difficulty": 141_668_107_417_558.2, "adjustment": 0.8884}


def parsed(feed: str, body: Any, known_at: datetime = KNOWN_AT, **params: str) -> Parsed:
    return FEEDS[feed].parse(Payload(feed, json.dumps(body).encode(), known_at, "a" * 64, "x", params))


def only(result: Parsed) -> dict[str, Any]:
    assert result.rejects == []
    (frame,) = result.frames.values()
    return frame.row(0, named=True)


def hashrates(*rows: Any, difficulty: Any = (RETARGET,), known_at: datetime = KNOWN_AT) -> Parsed:
    body = {"hashrates": list(rows), "difficulty": list(difficulty), "currentHashrate": 0, "currentDifficulty": 0}
    return parsed("mempool_hashrates", body, known_at)


def rate(ended_at: datetime, value: Any = 9.5e20) -> dict[str, Any]:
    return {"timestamp": int(ended_at.timestamp()), "avgHashrate": value}


def test_a_hash_rate_covers_the_day_that_ends_with_its_stamp():
    """Booked on the day of the stamp, every hash rate would be a day late against other vendors'."""
    frame = hashrates(rate(datetime(2026, 2, 6, tzinfo=UTC), "9.5e20")).frames[HASHRATES]
    row = frame.row(0, named=True)
    assert (row["fact_date"], row["asset"], row["hashrate_hps"]) == (date(2026, 2, 5), "BTC", 9.5e20)
    assert (row["finality"], row["status"]) == ("final", None)


@given(st.dates(date(2009, 1, 4), date(2026, 2, 5)))
def test_the_day_before_the_stamp_holds_for_every_day(day):
    """Months, years and leap days end as well."""
    stamp = datetime.combine(day + timedelta(days=1), time(), UTC)
    assert hashrates(rate(stamp)).frames[HASHRATES]["fact_date"].to_list() == [day]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (rate(datetime(2009, 1, 3, 18, 15, 5, tzinfo=UTC)), "not_a_day"),
        (rate(datetime(2026, 2, 7, tzinfo=UTC)), "future_date"),
        ({"timestamp": 1_770_336_000_000, "avgHashrate": 1.0}, "bad_time"),
        (rate(datetime(2026, 2, 6, tzinfo=UTC), None), "bad_number"),
        (rate(datetime(2026, 2, 6, tzinfo=UTC), 0), "not_positive"),
    ],
)
def test_a_hash_rate_that_cannot_be_is_rejected_and_the_others_are_kept(row, rule):
    """A zero stands for a server without its node, and would be a network that has stopped."""
    result = hashrates(row, rate(datetime(2026, 2, 5, tzinfo=UTC)))
    assert [reject.rule for reject in result.rejects] == [rule]
    assert result.frames[HASHRATES].height == 1


def test_changes_of_difficulty_come_with_the_hash_rates_and_by_themselves():
    """The same change, as an object and as an array, is the same row."""
    listed = parsed("mempool_difficulty_changes", [list(RETARGET.values())]).frames[DIFFICULTIES]
    beside = hashrates(rate(datetime(2026, 2, 6, tzinfo=UTC))).frames[DIFFICULTIES]
    assert listed.equals(beside)
    row = listed.row(0, named=True)
    assert (row["retargeted_at"], row["fact_date"]) == (datetime(2026, 2, 2, 2, 40, tzinfo=UTC), date(2026, 2, 2))
    assert (row["block_height"], row["difficulty"]) == (935_424, 141_668_107_417_558.2)
    assert row["difficulty_change_ratio"] == -0.1116


@given(st.integers(250_000, 4_000_000))
def test_a_multiple_of_six_decimals_becomes_a_change_without_noise(millionths):
    """1.01719 - 1 is 0.017190000000000083: the noise would make two sources of one change differ."""
    multiple = Decimal(millionths).scaleb(-6)
    body = [[1_770_000_000, 2016 * 464, 1e14, float(multiple)]]
    row = only(parsed("mempool_difficulty_changes", body))
    assert row["difficulty_change_ratio"] == float(multiple - 1)


def test_the_first_block_has_a_difficulty_and_no_change():
    """The list begins with a multiple of 0: read as a change, it would be -100 %."""
    row = only(parsed("mempool_difficulty_changes", [[1_231_006_505, 0, 1, 0]]))
    assert (row["difficulty"], row["difficulty_change_ratio"], row["fact_date"]) == (1.0, None, date(2009, 1, 3))


def test_a_block_may_be_stamped_two_hours_ahead():
    """Consensus allows it: a change read minutes after its block would be lost for a fortnight."""
    ahead = int((KNOWN_AT + timedelta(minutes=119)).timestamp())
    assert only(parsed("mempool_difficulty_changes", [[ahead, 2016, 1e14, 1.1]]))["block_height"] == 2016


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ([1_770_000_000_000, 2016, 1e14, 1.1], "bad_time"),
        ([int((KNOWN_AT + timedelta(hours=3)).timestamp()), 2016, 1e14, 1.1], "future_date"),
        ([1_770_000_000, 2017, 1e14, 1.1], "not_a_retarget"),
        ([1_770_000_000, 2016, None, 1.1], "bad_number"),
        ([1_770_000_000, 2016, 1e14, 0], "bad_number"),
    ],
)
def test_a_change_that_cannot_be_is_rejected(row, rule):
    """Difficulty changes at multiples of 2,016 blocks, and never to nothing."""
    result = parsed("mempool_difficulty_changes", [row])
    assert [reject.rule for reject in result.rejects] == [rule]


def forecast(**changed: Any) -> dict[str, Any]:
    whole = {
        "progressPercent": 75.0, "difficultyChange": -13.37, "estimatedRetargetDate": 1_770_336_900_000 + 504 * 690_000,
        "remainingBlocks": 504, "remainingTime": 504 * 690_000, "previousRetarget": 2.5, "previousTime": 1_769_300_000,
        "nextRetargetHeight": 2016 * 465, "timeAvg": 690_000, "adjustedTimeAvg": 692_500, "timeOffset": 0,
        "expectedBlocks": 1728.0,
    }  # fmt: skip
    return {**whole, **changed}


def estimate(**changed: Any) -> Parsed:
    return parsed("mempool_difficulty_estimate", forecast(**changed))


def test_the_estimate_is_of_the_servers_instant_and_height_in_fractions_and_seconds():
    """Milliseconds and seconds are mixed in one body; an estimate without its height cannot be compared."""
    row = only(estimate())
    assert row["observed_at"] == datetime(2026, 2, 6, 0, 15, tzinfo=UTC)
    assert (row["expected_retarget_at"] - row["observed_at"]).total_seconds() == 504 * 690
    assert row["previous_retarget_at"] == datetime(2026, 1, 25, 0, 13, 20, tzinfo=UTC)
    assert (row["block_height"], row["n_blocks_left"], row["next_retarget_height"]) == (936_936, 504, 937_440)
    assert (row["expected_change_ratio"], row["previous_change_ratio"]) == (-13.37 / 100, 0.025)
    assert (row["mean_block_seconds"], row["adjusted_block_seconds"], row["status"]) == (690.0, 692.5, None)


def test_there_is_no_estimate_before_146_blocks():
    """A server prints 0 until then: no change expected is a forecast, no forecast is none."""
    row = only(estimate(remainingBlocks=2016 - 145, difficultyChange=0))
    assert (row["expected_change_ratio"], row["status"]) == (None, "early_epoch")
    row = only(estimate(remainingBlocks=2016 - 146, difficultyChange=0))
    assert (row["expected_change_ratio"], row["status"]) == (0.0, None)
    assert only(estimate(remainingBlocks=2016 - 20, difficultyChange=4.0))["expected_change_ratio"] == 0.04


def test_an_older_server_does_not_say_when_the_last_change_was():
    """Fields that came later are null, not refused."""
    older = {name: value for name, value in forecast().items() if name not in ("previousTime", "adjustedTimeAvg")}
    row = only(parsed("mempool_difficulty_estimate", older))
    assert (row["previous_retarget_at"], row["adjusted_block_seconds"]) == (None, None)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"estimatedRetargetDate": 1_770_336_900}, "bad_time"),
        ({"remainingTime": None}, "bad_time"),
        ({"previousTime": 1_769_300_000_000}, "bad_time"),
        ({"remainingTime": 0}, "future_date"),
        ({"timeAvg": None}, "bad_number"),
        ({"nextRetargetHeight": 1000}, "not_a_retarget"),
    ],
)
def test_an_estimate_that_cannot_be_is_rejected(changed, rule):
    """Seconds taken for milliseconds, or the other way, would put it into 1970 or far ahead."""
    assert [reject.rule for reject in estimate(**changed).rejects] == [rule]


def test_rewards_are_coins_of_the_blocks_counted():
    """Satoshi come as text: read as coins, the reward would be a hundred million times too large."""
    body = {"startBlock": 936_793, "endBlock": 936_936, "totalReward": "45290000123", "totalFee": "290000123",
            "totalTx": "412345"}  # fmt: skip
    row = only(parsed("mempool_reward_stats", body))
    assert (row["observed_at"], row["fact_date"], row["n_blocks"]) == (KNOWN_AT, date(2026, 2, 6), 144)
    assert (row["reward_coin"], row["fee_coin"], row["n_transactions"]) == (452.90000123, 2.90000123, 412_345)


@given(st.integers(1, 2_100_000_000_000_000))
def test_satoshi_become_coins_exactly(satoshi):
    """A rounding in the last digit is money that nobody was paid."""
    body = {"startBlock": 1, "endBlock": 1, "totalReward": str(satoshi), "totalFee": 0, "totalTx": 1}
    assert only(parsed("mempool_reward_stats", body))["reward_coin"] == float(Decimal(satoshi).scaleb(-8))


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"totalFee": None}, "bad_number"),
        ({"endBlock": 1}, "no_blocks"),
        ({"totalFee": "45290000124"}, "fees_over_reward"),
    ],
)
def test_rewards_that_cannot_be_are_rejected(changed, rule):
    """Fees are a part of the reward."""
    body = {"startBlock": 10, "endBlock": 153, "totalReward": "45290000123", "totalFee": "1", "totalTx": 9} | changed
    assert [reject.rule for reject in parsed("mempool_reward_stats", body).rejects] == [rule]


def pool(slug: str | None, blocks: Any, **changed: Any) -> dict[str, Any]:
    return {"poolId": 1, "name": "A pool", "blockCount": blocks, "rank": 1, "emptyBlocks": 2, "slug": slug,
            "avgFeeDelta": None, "poolUniqueId": 111, **changed}  # fmt: skip


def test_pools_are_known_by_slug_with_their_share_of_the_window():
    """The row id of the source's database changes when it is indexed anew."""
    body = {"pools": [pool("foundryusa", 750), pool("antpool", 250)], "blockCount": 1000, "lastEstimatedHashrate": 0}
    (frame,) = parsed("mempool_pools", body, interval="1w").frames.values()
    assert frame["pool_slug"].to_list() == ["foundryusa", "antpool"]
    assert frame["block_share_ratio"].to_list() == [0.75, 0.25]
    row = frame.row(0, named=True)
    assert (row["window_days"], row["observed_at"], row["pool_unique_id"]) == (7, KNOWN_AT, 111)
    assert (row["n_blocks"], row["n_empty_blocks"]) == (750, 2)


def test_a_pool_without_slug_or_blocks_is_rejected():
    """Blocks of nobody would be added to the shares of a pool named null."""
    body = {"pools": [pool(None, 3), pool("x", "some"), pool("y", 0), pool("antpool", 250)]}
    result = parsed("mempool_pools", body, interval="24h")
    assert [reject.rule for reject in result.rejects] == ["no_symbol", "bad_number", "no_blocks"]
    assert [frame["window_days"].to_list() for frame in result.frames.values()] == [[1]]


@pytest.mark.parametrize(
    ("feed", "body", "rule"),
    [
        ("mempool_hashrates", {"hashrates": []}, "unexpected_shape"),
        ("mempool_hashrates", {"hashrates": [], "difficulty": []}, "no_rows"),
        ("mempool_difficulty_changes", [[1, 2, 3]], "unexpected_shape"),
        ("mempool_difficulty_changes", [], "no_rows"),
        ("mempool_difficulty_estimate", None, "unexpected_shape"),
        ("mempool_reward_stats", {"startBlock": 1}, "unexpected_shape"),
        ("mempool_pools", {"pools": None}, "unexpected_shape"),
        ("mempool_pools", {"pools": []}, "no_rows"),
    ],
)
def test_a_body_of_another_shape_is_refused(feed, body, rule):
    """A server that has just started answers with nothing, which is no day without mining."""
    with pytest.raises(PayloadError) as refused:
        parsed(feed, body, interval="1w")
    assert refused.value.rule == rule


@pytest.mark.parametrize(("params", "rule"), [({}, "missing_parameter"), ({"interval": "3y"}, "bad_parameter")])
def test_the_window_of_pools_is_told(params, rule):
    """The body does not say over how many days blocks are counted."""
    with pytest.raises(PayloadError) as refused:
        parsed("mempool_pools", {"pools": [pool("a", 1)]}, **params)
    assert refused.value.rule == rule


def test_the_day_of_a_stamp_does_not_depend_on_the_rows_beside_it():
    """The shift is of the calendar, not of the frame."""
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(36)]
    rows = [rate(datetime.combine(day + timedelta(days=1), time(), UTC)) for day in days]
    frame = hashrates(*rows, difficulty=()).frames[HASHRATES]
    assert frame["fact_date"].equals(pl.Series("fact_date", days))
