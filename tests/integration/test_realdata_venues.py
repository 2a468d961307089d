"""Captured bodies of the venues, and a real file of futures, through the parsers."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.feed import Parsed, Payload, PayloadError
from schemas.tables import TABLES
from schemas.tables.shared import LINEAGE
from transforms.parse import FEEDS

KNOWN_AT = datetime(2026, 4, 11, 5, tzinfo=UTC)
CONTRACTS = "core_instruments__contracts"
QUOTES = "core_futures__quotes"
PRINTS = "core_liquidations__prints"
SETTLEMENTS = "core_funding__settlements"
OPEN_INTEREST = "core_open_interest__observations"


def parse(feed: str, file: Path, **params: str) -> Parsed:
    content = file.read_bytes()
    parsed = FEEDS[feed].parse(Payload(feed, content, KNOWN_AT, hashlib.sha256(content).hexdigest(), file.name, params))
    for table, frame in parsed.frames.items():
        assert table in FEEDS[feed].tables
        assert frame.schema == {n: t for n, t in TABLES[table].schema.items() if n not in LINEAGE}
    return parsed


@pytest.fixture
def messages(realdata: Path) -> Path:
    return realdata / "venue_messages"


def test_the_captured_forced_order(messages):
    """A body over several lines is one message: SELL of 0.014 bitcoin at its average fill."""
    parsed = parse("binance_force_orders", messages / "binance" / "futures__market_data_json__liquidation_stream.json")
    row = parsed.frames[PRINTS].row(0, named=True)
    assert (row["liq_side"], row["size_native"], row["size_unit"]) == ("long", 0.014, "coin")
    assert (row["price"], row["price_kind"]) == (9910.12345678, "average_fill")


def test_an_order_update_is_no_public_liquidation(messages):
    """OKX's private order channel has a liquidation in it, which is not the market's feed."""
    parsed = parse("okx_liquidations", messages / "okx" / "ws_orders_liquidation.json")
    assert parsed.frames[PRINTS].is_empty()
    assert [reject.rule for reject in parsed.rejects] == ["unknown_message"]


@pytest.mark.parametrize(
    ("feed", "file", "described"),
    [
        ("okx_instruments", "okx/http_get_instruments_futures.json", {("dated", "inverse", 100.0, "USD")}),
        (
            "okx_instruments",
            "okx/http_get_instruments_swap.json",
            {
                ("perpetual", "inverse", 100.0, "USD"),
                ("perpetual", "linear", 0.1, "ETH"),
                ("perpetual", "linear", 0.01, "BTC"),
            },
        ),
        ("okx_instruments", "okx/http_get_instruments_option.json", {("option", None, 0.01, "BTC")}),
        ("okx_instruments", "okx/http_get_instruments_spot.json", {("spot", None, None, None)}),
        (
            "bybit_instruments",
            "bybit/http_get_instruments_linear.json",
            {
                ("perpetual", "linear", 1.0, "BTC"),
                ("perpetual", "linear", 1.0, "ETH"),
            },
        ),
        (
            "bybit_instruments",
            "bybit/http_get_instruments_inverse.json",
            {("perpetual", "inverse", 1.0, "USD")},
        ),
        ("bybit_instruments", "bybit/http_get_instruments_option.json", {("option", "linear", 1.0, "ETH")}),
        (
            "deribit_instruments",
            "deribit/http_get_instruments.json",
            {
                ("perpetual", "inverse", 1.0, "USD"),
                ("dated", "inverse", 1.0, "USD"),
                ("option", "inverse", 1.0, "BTC"),
            },
        ),
        ("deribit_instruments", "deribit/http_get_instrument.json", {("perpetual", "inverse", 1.0, "USD")}),
        (
            "kraken_instruments",
            "kraken/http_futures_instruments.json",
            {
                ("perpetual", "inverse", 1.0, "USD"),
                ("perpetual", "linear", 1.0, "ETH"),
                ("perpetual", "linear", 1.0, "PEPE"),
            },
        ),
        (
            "kraken_instruments",
            "kraken/http_futures_instrument_no_fee_schedule.json",
            {("perpetual", "linear", 1.0, "ETH")},
        ),
    ],
)
def test_captured_instruments_have_their_kind_margin_and_value(messages, feed, file, described):
    """Kind comes from the content: two captured perpetuals of Bybit carry a delivery time."""
    frame = parse(feed, messages / file).frames[CONTRACTS]
    told = frame.select("instrument_kind", "margin_type", "contract_value", "contract_value_currency")
    assert set(told.rows()) == described
    assert frame.filter(frame["instrument_kind"].is_in(["perpetual", "spot"]))["expires_at"].drop_nulls().is_empty()
    assert frame.filter(frame["instrument_kind"].is_in(["dated", "option"]))["expires_at"].null_count() == 0


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ("http_get_instruments_linear_symbol_type.json", "not_crypto"),
        ("http_get_instruments_inverse_symbol_type.json", "not_crypto"),
        ("http_get_instruments_spot_xstocks.json", "not_crypto"),
        ("http_get_instruments_spot.json", "not_a_contract"),
    ],
)
def test_captured_shares_commodities_and_spot_pairs_of_bybit_are_rejected(messages, file, rule):
    """Tesla and Brent trade beside bitcoin."""
    parsed = parse("bybit_instruments", messages / "bybit" / file)
    assert parsed.frames[CONTRACTS].is_empty()
    assert {reject.rule for reject in parsed.rejects} == {rule}


def test_the_captured_mark_and_index_of_okx(messages):
    """They come apart, and meet by asset and quote currency."""
    mark = parse("okx_mark_prices", messages / "okx" / "http_get_mark_price.json").frames[QUOTES]
    assert mark.select("symbol", "future_price").rows() == [("BTC-USDT-SWAP", 84660.1)]
    index = parse("okx_index_tickers", messages / "okx" / "http_get_index_price.json").frames["core_futures__indexes"]
    assert index.select("asset", "quote_currency", "index_price").rows() == [("BTC", "USDT", 103895.0)]


def test_the_tardis_ticker_of_the_documentation(messages):
    """Microseconds, a mark beside its index, open interest in contracts."""
    frame = parse("tardis_derivative_ticker", messages / "tardis" / "csv__derivative_ticker_1.csv").frames[QUOTES]
    assert frame.select("venue", "future_price", "index_price", "open_interest_native").row(0) == (
        "bitmex",
        9500.25,
        9500.0,
        1_000_000.0,
    )
    assert frame["quoted_at"][0] == datetime(2020, 3, 1, 0, 0, 3, 145_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("feed", "file", "params", "settled"),
    [
        (
            "bybit_funding_history",
            "bybit/http_get_funding_history.json",
            {},
            [("2024-03-08T08:00", "BTCUSDT", "linear", 0.0001), ("2024-03-08T00:00", "BTCUSDT", "linear", 0.00015)],
        ),
        (
            "okx_funding_history",
            "okx/http_get_funding_rate_history.json",
            {},
            [
                ("2024-01-01T00:00", "BTC-USDT-SWAP", "linear", 0.00015),
                ("2023-12-31T16:00", "BTC-USDT-SWAP", "linear", -0.00002),
            ],
        ),
        (
            "kraken_funding_rates",
            "kraken/http_futures_historical_funding_rates.json",
            {"symbol": "PI_XBTUSD"},
            [
                ("2025-07-11T08:00", "PI_XBTUSD", "inverse", 0.0001),
                ("2025-07-11T00:00", "PI_XBTUSD", "inverse", -0.00005),
                ("2025-07-10T16:00", "PI_XBTUSD", "inverse", 0.00015),
            ],
        ),
        (
            "hyperliquid_funding_history",
            "hyperliquid/http_funding_history.json",
            {},
            [
                ("2026-02-01T01:20", "BTC", "linear", 0.0000125),
                ("2026-02-01T02:20", "BTC", "linear", -0.0000081),
                ("2026-02-01T03:20", "BTC", "linear", 0.0000033),
            ],
        ),
    ],
)
def test_captured_funding_is_the_realised_rate_of_each_venue(messages, feed, file, params, settled):
    """Each body has another rate beside the settled one, or another order of rows."""
    parsed = parse(feed, messages / file, **params)
    frame = parsed.frames[SETTLEMENTS]
    stamps = [at.strftime("%Y-%m-%dT%H:%M") for at in frame["settled_at"]]
    told = frame.select("symbol", "margin_type", "rate_ratio").rows()
    assert [(at, *row) for at, row in zip(stamps, told, strict=True)] == settled
    assert parsed.rejects == []
    assert set(frame["asset"]) == {"BTC"}


def test_the_captured_running_rate_of_okx_is_no_settlement(messages):
    """The channel's message is another body, and its rate a prediction."""
    with pytest.raises(PayloadError) as caught:
        parse("okx_funding_history", messages / "okx" / "ws_funding_rate.json")
    assert caught.value.rule == "not_futures"


def test_the_captured_tickers_of_kraken(messages):
    """Mark, index and open interest: dollars of PI_, coins of PF_."""
    frame = parse("kraken_tickers", messages / "kraken" / "http_futures_tickers.json").frames[QUOTES]
    assert frame.select("symbol", "future_price", "index_price", "open_interest_native").rows() == [
        ("PI_XBTUSD", 91506.6009839176, 91468.38, 21279580.0),
        ("PF_ETHUSD", 3205.25, 3202.75, 1000000.0),
    ]


def test_the_captured_share_among_krakens_instruments_is_rejected(messages):
    """Apple trades there as a perpetual."""
    parsed = parse("kraken_instruments", messages / "kraken" / "http_futures_instruments.json")
    assert [(reject.rule, reject.record["symbol"]) for reject in parsed.rejects] == [("not_crypto", "PF_AAPLxUSD")]


@pytest.mark.parametrize(
    ("feed", "file"),
    [
        ("kraken_history", "kraken/ws_futures_trade.json"),
        ("kraken_history", "kraken/ws_futures_trade_snapshot.json"),
        ("deribit_trades", "deribit/http_get_last_trades.json"),
        ("deribit_trades", "deribit/http_get_last_trades_perpetual_with_combo_tags.json"),
        ("deribit_trades", "deribit/http_get_last_trades_option_combo.json"),
        ("deribit_trades", "deribit/ws_trades.json"),
    ],
)
def test_captured_trades_without_a_liquidation_are_no_rows(messages, feed, file):
    """Bodies and messages are understood, and hold none."""
    parsed = parse(feed, messages / file)
    assert parsed.frames[PRINTS].is_empty()
    assert parsed.rejects == []


def test_the_captured_contexts_of_hyperliquid(messages, tmp_path):
    """The channel sends the contexts alone; with their names they are the body that the parser reads."""
    captured = json.loads((messages / "hyperliquid" / "ws_all_dexs_asset_ctxs.json").read_text("utf-8"))
    contexts = next(told for dex, told in captured["data"]["ctxs"] if dex == "")
    names = [{"name": f"COIN{n}", "isDelisted": told["markPx"] is None} for n, told in enumerate(contexts)]
    file = tmp_path / "contexts.json"
    file.write_text(json.dumps([{"universe": names}, contexts]), "utf-8")
    parsed = parse("hyperliquid_asset_contexts", file)
    frame = parsed.frames[OPEN_INTEREST]
    assert frame.height + len(parsed.rejects) == len(contexts) > 100
    assert {reject.rule for reject in parsed.rejects} <= {"delisted"}
    assert frame.select("open_interest_native", "mark_price").row(0) == (27353.17682, 77562.0)


def test_the_tardis_ticker_of_the_documentation_settles_no_funding(messages):
    """Its rows come after the stamps that they print."""
    parsed = parse("tardis_derivative_ticker", messages / "tardis" / "csv__derivative_ticker_1.csv")
    assert parsed.frames[SETTLEMENTS].is_empty()
    assert parsed.rejects == []


def test_the_wrong_spot_column_is_refused_as_a_whole(realdata):
    """It lies above the future on each of 130 days: no basis may come of it, and the reason says why."""
    parsed = parse(
        "settlement_csv",
        realdata / "basis" / "btc_basis_ibkr_rolling.csv",
        asset="BTC",
        contract="BTC-{expiry:%d%b%y}",
        date_column="date",
        spot_column="spot_price",
        settle_column="futures_price",
        expiry_column="futures_expiry",
        settle_clock="16:00 America/New_York",
    )
    quotes = parsed.frames[QUOTES]
    assert quotes.height == 130
    assert quotes["index_price"].null_count() == 130
    assert quotes["future_price"].null_count() == 0
    assert {reject.rule for reject in parsed.rejects} == {"implausible_spot_leg"}
    assert len(parsed.rejects) == 130
    assert "below spot on all 130 rows, by -5.34% to -0.58%" in parsed.rejects[0].reason
    assert parsed.rejects[-1].record["spot_price"] == "73408.00"
    assert parsed.frames[CONTRACTS]["symbol"].to_list()[-1] == "BTC-27FEB26"
