"""Settlement files: names by parameter, instants by clock, and a spot leg that must be plausible."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from venue_payloads import payload

from schemas.feed import PayloadError
from transforms.core.cme import is_settlement_day
from transforms.parse import settlement_csv

QUOTES = "core_futures__quotes"
CONTRACTS = "core_instruments__contracts"
HEADER = "contract,expiry,settle,spot,instant"
ROW = "BTCH6,2026-03-27T16:00:00Z,63900.00,63000.00,2026-02-05T21:00:00Z"


def parse(*rows, header=HEADER, **params):
    return settlement_csv.parse_settlements(payload("\n".join([header, *rows]) + "\n", **{"asset": "BTC", **params}))


def test_default_columns_give_a_quote_and_its_contract():
    """A CME-style file needs nothing but its asset."""
    parsed = parse(ROW)
    quote = parsed.frames[QUOTES].row(0, named=True)
    assert (quote["venue"], quote["symbol"], quote["price_kind"]) == ("cme", "BTCH6", "settle")
    assert (quote["future_price"], quote["index_price"]) == (63900.0, 63000.0)
    assert quote["quoted_at"] == quote["index_at"] == datetime(2026, 2, 5, 21, tzinfo=UTC)
    contract = parsed.frames[CONTRACTS].row(0, named=True)
    assert (contract["asset"], contract["instrument_kind"], contract["margin_type"]) == (
        "BTC",
        "dated",
        "linear",
    )
    assert contract["expires_at"] == datetime(2026, 3, 27, 16, tzinfo=UTC)
    assert contract["contract_value"] is None


def test_columns_clocks_and_names_come_from_parameters():
    """Any export can be described; a date becomes an instant by the clock of its city."""
    parsed = parse(
        "2026-02-05,2026-03-27,63000,63900,12",
        "2026-03-10,2026-04-24,63000,63900,",
        header="day,last_day,cash,close,oi",
        venue="desk",
        contract="BTC-{expiry:%d%b%y}",
        contract_value="5",
        quote_currency="USD",
        date_column="day",
        expiry_column="last_day",
        spot_column="cash",
        settle_column="close",
        open_interest_column="oi",
        settle_clock="16:00 America/New_York",
        known_at=datetime(2026, 4, 1, tzinfo=UTC),
    )
    quotes, contracts = parsed.frames[QUOTES], parsed.frames[CONTRACTS]
    assert quotes["symbol"].to_list() == ["BTC-27MAR26", "BTC-24APR26"]
    assert [at.hour for at in quotes["quoted_at"]] == [21, 20]
    assert [at.hour for at in contracts["expires_at"]] == [16, 15]
    assert quotes["open_interest_native"].to_list() == [12.0, None]
    assert contracts.select("venue", "contract_value", "contract_value_currency").unique().rows() == [
        ("desk", 5.0, "BTC")
    ]


@pytest.mark.parametrize(
    ("day", "hour"), [("2026-02-05", 21), ("2026-03-10", 20), ("2025-11-28", 18)], ids=["winter", "summer", "half day"]
)
def test_a_day_settles_at_the_clock_or_at_an_early_close(day, hour):
    """On the day after Thanksgiving nothing trades at 15:00 Chicago: that spot would be three hours off."""
    parsed = parse(
        f"BTCH6,2026-03-27,63900,63000,{day}",
        date_column="instant",
        settle_clock="15:00 America/Chicago",
        known_at=datetime(2026, 4, 1, tzinfo=UTC),
    )
    assert [at.hour for at in parsed.frames[QUOTES]["quoted_at"]] == [hour]


def test_another_venues_weekend_is_no_holiday():
    """A desk's own file of an offshore venue has rows on Saturdays and holidays."""
    assert parse(ROW.replace("2026-02-05T21", "2026-01-31T21"), venue="desk").rejects == []


def test_a_spot_of_another_fixing_keeps_its_own_instant():
    """16:00 London is five hours before 16:00 New York: the fact must see that, and refuse the pair."""
    for day, fixed, settled in (("2026-02-05", 16, 21), ("2026-07-01", 15, 20), ("2026-03-10", 16, 20)):
        parsed = parse(
            f"BTCH6,2026-09-25,63900,63000,{day}",
            date_column="instant",
            settle_clock="16:00 America/New_York",
            spot_clock="16:00 Europe/London",
            known_at=datetime(2026, 8, 1, tzinfo=UTC),
        )
        quote = parsed.frames[QUOTES].row(0, named=True)
        assert (quote["index_at"].hour, quote["quoted_at"].hour) == (fixed, settled)


def test_a_blank_spot_is_no_spot_and_a_blank_settlement_no_price():
    """Not every file carries both legs; the gap gets its reason later."""
    parsed = parse(
        "BTCH6,2026-03-27T16:00:00Z,63900,,2026-02-05T21:00:00Z",
        "BTCJ6,2026-04-24T15:00:00Z,,63000,2026-02-05T21:00:00Z",
    )
    assert parsed.frames[QUOTES]["index_price"].to_list() == [None, 63000.0]
    assert parsed.frames[QUOTES]["index_at"].null_count() == 1
    assert parsed.frames[QUOTES]["future_price"].to_list() == [63900.0, None]
    assert not parsed.rejects


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (",2026-03-27T16:00:00Z,63900,63000,2026-02-05T21:00:00Z", "missing_contract"),
        ("BTCH6,soon,63900,63000,2026-02-05T21:00:00Z", "bad_time"),
        ("BTCH6,2026-03-27T16:00:00Z,63900,63000,2026-02-05T21:00:00", "bad_time"),
        ("BTCH6,2026-03-27T16:00:00Z,63900,63000,2026-02-05", "bad_time"),
        ("BTCH6,2026-03-27T16:00:00Z,UNCH,63000,2026-02-05T21:00:00Z", "bad_number"),
        ("BTCH6,2026-03-27T16:00:00Z,63900,n/a,2026-02-05T21:00:00Z", "bad_number"),
        ("BTCH6,2026-03-27T16:00:00Z,63900,63000,2026-02-09T21:00:00Z", "future_date"),
        ("BTCH6,2026-03-27T16:00:00Z,63900,63000,2026-01-31T21:00:00Z", "not_a_session"),
        ("BTCH6,2026-03-27T16:00:00Z,63900,63000,2026-01-19T21:00:00Z", "not_a_session"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_and_names_no_contract(row, rule):
    """An instant without its offset is not an instant."""
    parsed = parse(row)
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert parsed.frames[QUOTES].is_empty()
    assert parsed.frames[CONTRACTS].is_empty()


def test_a_contract_has_one_expiry():
    """Two expiries under one name would make two rates of one contract."""
    parsed = parse(ROW, ROW.replace("2026-03-27", "2026-04-24").replace("02-05T21", "02-04T21"))
    assert parsed.frames[CONTRACTS].height == 1
    assert [reject.rule for reject in parsed.rejects] == ["conflicting_expiry"]


@pytest.mark.parametrize(
    ("params", "rule"),
    [
        ({"date_column": "instant"}, "missing_parameter"),
        ({"settle_clock": "16:00 Nowhere"}, "bad_parameter"),
        ({"contract": "BTC-{month}"}, "bad_parameter"),
        ({"contract_value": "five"}, "bad_parameter"),
        ({"settle_column": "close"}, "missing_column"),
    ],
)
def test_parameters_that_do_not_fit_the_file_stop_it(params, rule):
    """A misspelt map must not give half a file."""
    with pytest.raises(PayloadError) as caught:
        parse(ROW, **params)
    assert caught.value.rule == rule


def test_the_asset_must_be_given():
    """The file does not say what its contracts are on."""
    with pytest.raises(PayloadError, match="asset"):
        settlement_csv.parse_settlements(payload(f"{HEADER}\n{ROW}\n"))


def history(bases, days=45, start=date(2025, 11, 3)):
    """Rows of a spot of 60,000 with these bases, `days` before expiry, on successive settlement days."""
    settled = filter(is_settlement_day, (start + timedelta(days=i) for i in range(2 * len(bases) + 5)))
    at = [datetime(day.year, day.month, day.day, 21, tzinfo=UTC) for day, _ in zip(settled, bases, strict=False)]
    return pl.DataFrame(
        {
            "quoted_at": at,
            "expires_at": [moment + timedelta(days=days) for moment in at],
            "index_price": 60_000.0,
            "future_price": [60_000.0 * (1 + basis) for basis in bases],
        }
    )


@pytest.mark.parametrize(
    ("bases", "days"),
    [
        ([0.01] * 60, 45),
        ([0.12] * 60, 180),
        ([-0.012] * 60, 30),
        ([0.008] * 50 + [-0.05, -0.06, -0.04] + [0.004] * 10, 30),
        ([-0.01] * 56 + [-0.05, -0.06, -0.04, -0.035], 30),
        ([-0.05] * 19, 30),
    ],
    ids=[
        "contango",
        "bull market carry",
        "lasting backwardation",
        "crash",
        "crash in backwardation",
        "too short to judge",
    ],
)
def test_a_genuine_spot_column_is_not_refused(bases, days):
    """Backwardation and crashes are what the table is for."""
    assert settlement_csv.implausible_spot(history(bases, days)) is None


@pytest.mark.parametrize(
    ("bases", "days"),
    [
        ([-0.006] * 50 + [-0.05] * 50, 20),
        ([0.04] * 40, 10),
    ],
    ids=["spot of another index, above", "spot of another day, below"],
)
def test_a_spot_column_that_is_not_these_futures_spot_is_refused_with_numbers(bases, days):
    """One side of spot on every day, and far from it on many."""
    reason = settlement_csv.implausible_spot(history(bases, days))
    assert reason is not None
    assert f"all {len(bases)} rows" in reason
    assert "% a year" in reason


def file_of(frame):
    return [
        f"X,{expires:%Y-%m-%dT%H:%M:%SZ},{future},{spot},{at:%Y-%m-%dT%H:%M:%SZ}"
        for at, expires, spot, future in frame.iter_rows()
    ]


def test_a_refused_row_loses_its_spot_and_keeps_its_settlement():
    """The settlement is not in doubt; a basis from that spot would be."""
    frame = history([0.01, -0.045, 0.012]).with_columns(expires_at=pl.lit(datetime(2026, 1, 30, 16, tzinfo=UTC)))
    parsed = parse(*file_of(frame))
    assert parsed.frames[QUOTES]["index_price"].is_null().to_list() == [False, True, False]
    assert parsed.frames[QUOTES]["future_price"].null_count() == 0
    (reject,) = parsed.rejects
    assert (reject.rule, reject.record["spot"]) == ("implausible_spot", "60000.0")
    assert "-4.50%" in reject.reason


def test_a_refused_column_loses_every_spot():
    """The rows inside the limits came from the same wrong column."""
    bases = [-0.006] * 20 + [-0.05] * 20
    frame = history(bases).with_columns(expires_at=pl.lit(datetime(2026, 1, 30, 16, tzinfo=UTC)))
    parsed = parse(*file_of(frame))
    assert parsed.frames[QUOTES]["index_price"].null_count() == 40
    assert {reject.rule for reject in parsed.rejects} == {"implausible_spot_leg"}
    assert len(parsed.rejects) == 40
