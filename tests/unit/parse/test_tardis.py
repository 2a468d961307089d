"""Tardis: one shape for many venues, each with its own unit and price."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from venue_payloads import gzipped, payload

from schemas.feed import PayloadError
from transforms.parse import tardis

PRINTS = "core_liquidations__prints"
QUOTES = "core_futures__quotes"
LIQUIDATIONS = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"
TICKER = (
    "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,predicted_funding_rate,"
    "open_interest,last_price,index_price,mark_price"
)
AT = 1770314400000000


def row(
    exchange="binance-futures",
    symbol="BTCUSDT",
    at=AT,
    received=AT + 9,
    side="sell",
    price="62655.5",
    amount="0.5",
):
    return f"{exchange},{symbol},{at},{received},,{side},{price},{amount}"


def prints(*rows):
    parsed = tardis.parse_liquidations(payload("\n".join([LIQUIDATIONS, *rows]) + "\n"))
    return parsed.frames[PRINTS], parsed.rejects


def test_stamps_are_microseconds_and_nanoseconds_are_understood():
    """The documentation's own sample has 19 digits; read as microseconds it lies in the year 58000."""
    frame, _ = prints(row(), row(at=AT * 1000))
    assert frame["event_at"].to_list() == [datetime(2026, 2, 5, 18, tzinfo=UTC)] * 2


def test_sell_closes_a_long_for_every_venue():
    """Tardis turns Bybit's position side round itself: turning it again would flip the venue."""
    frame, _ = prints(row(), row("bybit"), row("deribit", "BTC-PERPETUAL"), row(side="buy"))
    assert frame["liq_side"].to_list() == ["long", "long", "long", "short"]


@pytest.mark.parametrize(
    ("exchange", "symbol", "venue", "unit", "price_kind"),
    [
        ("binance-futures", "BTCUSDT", "binance", "coin", "order"),
        ("binance-delivery", "BTCUSD_PERP", "binance", "contracts", "order"),
        ("bybit", "BTCUSDT", "bybit", "coin", "bankruptcy"),
        ("bybit", "BTCUSD", "bybit", "usd", "bankruptcy"),
        ("okex-swap", "BTC-USDT-SWAP", "okx", "contracts", "bankruptcy"),
        ("okex-futures", "BTC-USD-260327", "okx", "contracts", "bankruptcy"),
        ("deribit", "BTC-PERPETUAL", "deribit", "usd", "fill"),
        ("deribit", "BTC_USDC-PERPETUAL", "deribit", "coin", "fill"),
        ("bitmex", "XBTUSD", "bitmex", "contracts", "order"),
        ("cryptofacilities", "PI_XBTUSD", "kraken", "usd", "fill"),
        ("cryptofacilities", "PF_XBTUSD", "kraken", "coin", "fill"),
    ],
)
def test_amounts_are_the_venues_own(exchange, symbol, venue, unit, price_kind):
    """One unit for all would be wrong by the contract size, or by the price of a bitcoin."""
    found = prints(row(exchange, symbol))[0].row(0, named=True)
    assert (found["venue"], found["size_unit"], found["price_kind"]) == (venue, unit, price_kind)


def test_an_exchange_of_unknown_units_stops_the_file():
    """Its amounts could be anything."""
    with pytest.raises(PayloadError) as caught:
        prints(row(), row("mystery"))
    assert caught.value.rule == "unknown_exchange"


def test_rows_received_together_count_as_one_message():
    """Identical rows of one receipt are genuine; the same row received again is a repeat."""
    frame, _ = prints(row(), row(), row(received=AT + 10))
    assert frame["occurrence"].to_list() == [1, 2, 1]


def test_rows_that_cannot_be_read_are_rejected_with_their_cells():
    """Options are quoted in coin; an unknown side closes nothing."""
    frame, rejects = prints(
        row("deribit", "BTC-27MAR26-90000-C"), row(side="unknown"), row(price="NaN"), row(at="x"), row()
    )
    assert frame.height == 1
    assert [reject.rule for reject in rejects] == ["not_a_future", "unknown_side", "bad_number", "bad_time"]
    assert rejects[0].record["symbol"] == "BTC-27MAR26-90000-C"


def test_an_empty_gzip_is_a_day_without_data_and_an_empty_body_is_a_fault():
    """Tardis says 'nothing happened' with an empty gzip; zero bytes are a failed download."""
    assert tardis.parse_liquidations(gzipped("")).rows_in == 0
    assert tardis.parse_liquidations(gzipped("\n".join([LIQUIDATIONS, row()]))).rows_in == 1
    with pytest.raises(PayloadError) as caught:
        tardis.parse_liquidations(payload(b""))
    assert caught.value.rule == "empty_payload"


def test_a_truncated_gzip_is_a_fault():
    """Half a day must not pass for a day."""
    whole = gzipped("\n".join([LIQUIDATIONS, *[row()] * 50])).content
    with pytest.raises(PayloadError) as caught:
        tardis.parse_liquidations(payload(whole[:-10]))
    assert caught.value.rule == "bad_gzip"


def test_another_data_type_is_refused_by_its_columns():
    """A trades file has prices and sides too, but a ticker has not."""
    with pytest.raises(PayloadError) as caught:
        tardis.parse_liquidations(payload(TICKER + "\n"))
    assert caught.value.rule == "missing_column"


def tick(mark="9500.25", index="9500.0", interest="1000000", received=AT + 9, symbol="XBTUSD"):
    return f"bitmex,{symbol},{AT},{received},,0.0001,,{interest},9500.5,{index},{mark}"


def quotes(*rows):
    parsed = tardis.parse_derivative_ticker(payload("\n".join([TICKER, *rows]) + "\n"))
    return parsed.frames[QUOTES], parsed.rejects


def test_a_ticker_row_is_mark_index_and_open_interest_of_one_instant():
    """The exchange's stamp is the quote's, not the time of receipt."""
    found = quotes(tick())[0].row(0, named=True)
    assert (found["future_price"], found["index_price"], found["open_interest_native"]) == (
        9500.25,
        9500.0,
        1e6,
    )
    assert found["quoted_at"] == found["index_at"] == datetime(2026, 2, 5, 18, tzinfo=UTC)


def test_blank_ticker_fields_are_null():
    """A venue that has not sent its index yet has none."""
    found = quotes(tick(index="", interest=""))[0].row(0, named=True)
    assert (found["index_price"], found["index_at"], found["open_interest_native"]) == (None, None, None)


def test_of_rows_with_one_stamp_the_last_received_counts():
    """Two states under one stamp would be two values of one key."""
    frame, rejects = quotes(tick(mark="9500.25"), tick(mark="9501.00", received=AT + 10), tick(symbol="ETHUSD"))
    assert frame.select("symbol", "future_price").rows() == [("XBTUSD", 9501.0), ("ETHUSD", 9500.25)]
    assert [reject.rule for reject in rejects] == ["superseded"]


def test_ticker_fields_that_are_no_numbers_are_rejected():
    """Null would say that the venue gave none."""
    _, rejects = quotes(tick(mark="x"), tick(index="x", symbol="A"), tick(interest="x", symbol="B"))
    assert [reject.rule for reject in rejects] == ["bad_number"] * 3
