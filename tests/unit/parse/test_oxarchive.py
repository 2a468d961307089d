"""Parquet exports by venue and coin: what a rate is per, whose total it is, and damaged files. Numbers are invented."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.feed import Payload, PayloadError
from transforms.parse.oxarchive import FEEDS, parse_funding, parse_liquidations, parse_open_interest
from transforms.parse.read_parquet import parquet_frame

KNOWN_AT = datetime(2026, 3, 7, 11, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 7, tzinfo=UTC)


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def payload(content: bytes, **params: str) -> Payload:
    return Payload("f", content, KNOWN_AT, "0" * 64, "file:x", params)


def rates(*rows: tuple[datetime | None, str, str, float | None]) -> pl.DataFrame:
    schema = {"timestamp": pl.Datetime("us", "UTC"), "venue": pl.String, "coin": pl.String, "funding_rate": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def interests(*rows: tuple[datetime, str, str, float]) -> pl.DataFrame:
    return rates(*rows).rename({"funding_rate": "oi_usd"})


def funding(*rows: tuple[datetime | None, str, str, float | None], **params: str):
    parsed = parse_funding(payload(parquet(rates(*rows)), **params))
    return parsed.frames["core_funding__settlements"], parsed.rejects


def test_a_rate_settles_at_its_minute_and_belongs_to_the_day_that_ends_there():
    """A late stamp would be another settlement, and the midnight rate would fall into the wrong day."""
    frame, rejects = funding((MIDNIGHT + timedelta(milliseconds=467), "binance", "BTC", 0.0001))
    assert rejects == []
    assert frame.row(0, named=True) == {
        "fact_date": date(2026, 3, 6),
        "settled_at": MIDNIGHT,
        "venue": "binance",
        "symbol": "BTC",
        "asset": "BTC",
        "margin_type": "linear",
        "rate_ratio": 0.0001,
        "rate_basis_hours": None,
        "stated_interval_hours": None,
        "rate_cap_ratio": None,
        "rate_floor_ratio": None,
        "status": None,
        "finality": "final",
    }


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, {"kraken": None, "dydx": None, "hyperliquid": None}),
        ({"eight_hour_venues": "kraken"}, {"kraken": 8.0, "dydx": None, "hyperliquid": None}),
        ({"eight_hour_venues": "hyperliquid, dydx"}, {"kraken": None, "dydx": 8.0, "hyperliquid": 8.0}),
    ],
)
def test_a_rate_is_for_its_own_interval_unless_the_map_puts_its_venue_on_eight_hours(params, expected):
    """An hourly rate taken as an 8-hour one is an eighth of what was paid; the other way, eight times too much."""
    frame, _ = funding(*((MIDNIGHT, venue, "BTC", 0.0001) for venue in expected), **params)
    assert dict(frame.select("venue", "rate_basis_hours").rows()) == expected


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ((None, "okx", "BTC", 0.1), "bad_time"),
        ((KNOWN_AT + timedelta(hours=1), "okx", "BTC", 0.1), "future_date"),
        ((MIDNIGHT, "O K X", "BTC", 0.1), "bad_venue"),
        ((MIDNIGHT, None, "BTC", 0.1), "bad_venue"),
        ((MIDNIGHT, "okx", None, 0.1), "bad_asset"),
        ((MIDNIGHT, "okx", "BTC", None), "bad_number"),
        ((MIDNIGHT, "okx", "BTC", float("nan")), "bad_number"),
        ((MIDNIGHT, "okx", "BTC", 1.5), "implausible_rate"),
    ],
)
def test_a_row_that_breaks_a_rule_is_rejected_and_the_others_are_read(row, rule):
    """One bad row must neither be published nor take the file with it."""
    frame, (reject,) = funding(row, (MIDNIGHT, "okx", "ETH", 0.0001))
    assert (frame.height, reject.rule, reject.table) == (1, rule, "core_funding__settlements")
    assert set(reject.record) == {"timestamp", "venue", "coin", "funding_rate"}


def test_open_interest_is_the_coins_total_on_its_venue_in_dollars():
    """Under a contract's symbol the total would be added to that contract."""
    content = parquet(interests((MIDNIGHT + timedelta(seconds=34, microseconds=593186), "Binance", "XBT", 5.7e9)))
    (frame,) = parse_open_interest(payload(content)).frames.values()
    row = frame.row(0, named=True)
    assert (row["observed_at"], row["venue"], row["asset"], row["symbol"]) == (MIDNIGHT, "binance", "BTC", "all")
    assert (row["open_interest_native"], row["size_unit"], row["n_sides"]) == (5.7e9, "usd", 1)
    assert (row["open_interest_usd"], row["open_interest_coin"], row["mark_price"]) == (5.7e9, None, None)


def test_negative_open_interest_is_rejected():
    """No sum over positions is below zero."""
    parsed = parse_open_interest(payload(parquet(interests((MIDNIGHT, "okx", "BTC", -1.0)))))
    assert [reject.rule for reject in parsed.rejects] == ["negative_value"]


def volumes(*rows: tuple[datetime | None, str, float, float | None]) -> bytes:
    schema = {"timestamp": pl.Datetime("us", "UTC"), "coin": pl.String, "long_usd": pl.Float64, "short_usd": pl.Float64}
    return parquet(pl.DataFrame(rows, schema=schema, orient="row").with_columns(total_usd=99.0, liq_count=7))


@pytest.mark.parametrize(("params", "venue"), [({}, "hyperliquid"), ({"venue": "lighter"}, "lighter")])
def test_liquidations_are_one_venues_sums_by_side_and_never_the_total_of_all(params, venue):
    """As a total over venues they would contradict every vendor by a factor of three."""
    body = volumes((MIDNIGHT - timedelta(days=1), "BTC", 30.0, 4.0), (MIDNIGHT, "BTC", 1.0, 0.0))
    parsed = parse_liquidations(payload(body, **params))
    frame = parsed.frames["core_liquidations__vendor_totals"]
    assert parsed.rejects == []
    assert frame.select("fact_date", "asset", "venue", "liq_side", "unit", "value", "finality").rows() == [
        (date(2026, 3, 6), "BTC", venue, "long", "usd", 30.0, "final"),
        (date(2026, 3, 7), "BTC", venue, "long", "usd", 1.0, "preliminary"),
        (date(2026, 3, 6), "BTC", venue, "short", "usd", 4.0, "final"),
        (date(2026, 3, 7), "BTC", venue, "short", "usd", 0.0, "preliminary"),
    ]


@pytest.mark.parametrize(
    ("row", "rules"),
    [
        ((None, "BTC", 1.0, 1.0), ["bad_time", "bad_time"]),
        ((MIDNIGHT + timedelta(hours=1), "BTC", 1.0, 1.0), ["not_a_day", "not_a_day"]),
        ((MIDNIGHT + timedelta(days=1), "BTC", 1.0, 1.0), ["future_date", "future_date"]),
        ((MIDNIGHT, "BTC", -1.0, 1.0), ["negative_value"]),
        ((MIDNIGHT, "BTC", 1.0, None), ["bad_number"]),
    ],
)
def test_a_side_that_breaks_a_rule_is_rejected_and_the_other_is_read(row, rules):
    """A missing side is not zero."""
    parsed = parse_liquidations(payload(volumes(row)))
    assert [reject.rule for reject in parsed.rejects] == rules
    assert parsed.rows_in == 2


WHOLE = parquet(rates(*((MIDNIGHT + timedelta(hours=n), "okx", "BTC", 0.0001) for n in range(9))))


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "empty_payload"),
        (b"timestamp,venue\n", "bad_parquet"),
        (b"<html>", "bad_parquet"),
        (WHOLE[:-1], "bad_parquet"),
        (WHOLE[: len(WHOLE) // 2], "bad_parquet"),
        (WHOLE[:4] + WHOLE[-12:], "bad_parquet"),
        (parquet(rates().drop("venue")), "missing_column"),
        (parquet(rates().with_columns(timestamp=pl.lit("now"))), "bad_type"),
        (parquet(rates().with_columns(funding_rate=pl.lit("much"))), "bad_type"),
        (parquet(rates().with_columns(coin=pl.lit(1))), "bad_type"),
        (parquet(rates()), "no_rows"),
    ],
)
def test_a_file_that_is_not_the_promised_parquet_is_refused_whole(content, rule):
    """A truncated download must not be taken for a short history."""
    with pytest.raises(PayloadError) as caught:
        parse_funding(payload(content))
    assert caught.value.rule == rule


def test_a_file_that_unfolds_to_too_many_rows_is_refused_before_it_is_read():
    """A few kilobytes can stand for billions of equal rows."""
    with pytest.raises(PayloadError) as caught:
        parquet_frame(payload(WHOLE), {"venue": pl.String()}, max_rows=8)
    assert caught.value.rule == "too_many_rows"


def test_a_long_text_that_is_kept_once_is_not_unfolded():
    """Twelve kilobytes can stand for half a terabyte of one text, and the system then ends the run."""
    content = parquet(pl.DataFrame({"venue": pl.repeat("x" * 100_000, 30_000, dtype=pl.Categorical(), eager=True)}))
    assert len(content) < 10_000
    with pytest.raises(PayloadError) as caught:
        parquet_frame(payload(content), {"venue": pl.String()})
    assert caught.value.rule == "too_large"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_bytes_are_refused_or_read_but_never_break_the_parser(faults):
    """A fault of the reader's library must not stop the other feeds."""
    content = bytearray(WHOLE)
    for position, byte in faults:
        content[position] = byte
    rule = None
    try:
        parse_funding(payload(bytes(content)))
    except PayloadError as error:
        rule = error.rule
    assert rule in {None, "bad_parquet", "missing_column", "bad_type", "too_many_rows", "no_rows", "too_large"}


def test_a_page_that_claims_to_hold_less_than_nothing_does_not_end_the_process():
    """Read by Polars it asks for 2^61 bytes: the run dies without a word, and so does every later one."""
    nine, fewer = b"\x2c\x15\x12\x15", b"\x2c\x15\x1b\x15"
    assert WHOLE.count(nine) == len(rates().columns)
    asked = "import sys; from transforms.parse.oxarchive import FEEDS; from schemas.feed import Payload, PayloadError\n"
    asked += "from datetime import UTC, datetime\n"
    asked += "one = Payload('f', sys.stdin.buffer.read(), datetime(2026, 3, 7, tzinfo=UTC), '0' * 64, 'x', {})\n"
    asked += "try: FEEDS[0].parse(one)\nexcept PayloadError as error: print(error.rule)"
    damaged = WHOLE.replace(nine, fewer)
    done = subprocess.run([sys.executable, "-c", asked], input=damaged, capture_output=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, b"bad_parquet\n"), done.stderr[-300:]


def test_a_parameter_that_means_nothing_is_refused():
    """A typing error in an inbox map must not become a margin type."""
    with pytest.raises(PayloadError) as caught:
        parse_funding(payload(WHOLE, margin_type="lineal"))
    assert caught.value.rule == "bad_parameter"


def test_a_stamp_without_a_zone_is_utc_and_other_units_are_read():
    """Writers differ in unit and zone; the instant is the same."""
    naive = pl.read_parquet(io.BytesIO(WHOLE)).with_columns(
        pl.col("timestamp").dt.replace_time_zone(None).dt.cast_time_unit("ns")
    )
    first = parse_funding(payload(WHOLE)).frames["core_funding__settlements"]
    assert parse_funding(payload(parquet(naive))).frames["core_funding__settlements"].equals(first)


def test_the_real_funding_of_seven_venues_is_read_whole(realdata):
    """115,218 rates; what the parser refuses without need is lost."""
    parsed = parse_funding(payload((realdata / "oxarchive/funding_rates.parquet").read_bytes()))
    (frame,) = parsed.frames.values()
    assert (frame.height, parsed.rejects) == (115_218, [])
    assert frame.filter(pl.col("settled_at") != pl.col("settled_at").dt.truncate("1h")).is_empty()
    assert frame.n_unique(["settled_at", "venue", "symbol"]) == frame.height
    assert frame["rate_basis_hours"].null_count() == frame.height


def test_the_real_liquidations_are_not_those_of_all_venues(realdata):
    """On quiet days one print stands where all venues have millions: the sums are of one venue."""
    (frame,) = parse_liquidations(
        payload((realdata / "oxarchive/liquidation_volume.parquet").read_bytes())
    ).frames.values()
    assert (frame.height, frame["venue"].unique().to_list()) == (2 * 173, ["hyperliquid"])
    quiet = frame.filter(pl.col("fact_date") == date(2026, 1, 17), pl.col("asset") == "BTC")
    assert quiet["value"].sum() == pytest.approx(56.13, abs=0.01)


def test_the_feeds_are_declared_with_what_they_fill():
    """The name is the one search word for the feed in every folder."""
    tables = {feed.name: feed.tables for feed in FEEDS}
    assert tables["oxarchive_funding"] == ("core_funding__settlements",)
    assert tables["oxarchive_liquidations"] == ("core_liquidations__vendor_totals",)
    assert tables["oxarchive_open_interest"] == ("core_open_interest__observations",)
