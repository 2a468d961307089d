"""What each venue's messages are, by its documents: data is kept, answers are acted upon, the rest is kept too."""

from __future__ import annotations

import json

import pytest

from orchestration.recorder.channels import ChannelError, channels, chosen, mirrored
from orchestration.recorder.protocols import Binance, Bybit, Deribit, Okx

OKX = Okx("liquidation-orders")


def test_binance_is_asked_under_the_routed_path():
    """The path without /market acknowledges and sends nothing since 2026-04-23."""
    found = channels(("BTC",))
    assert found["binance_usdm"].url == "wss://fstream.binance.com/market/ws"
    assert found["binance_coinm"].url == "wss://dstream.binance.com/market/ws"
    requests = Binance().requests(found["binance_usdm"].topics)
    assert requests == {"1": '{"method":"SUBSCRIBE","params":["!forceOrder@arr"],"id":1}'}


@pytest.mark.parametrize(
    ("message", "kind", "key"),
    [
        ({"e": "forceOrder", "E": 1, "o": {}}, "data", None),
        ({"stream": "!forceOrder@arr", "data": {"e": "forceOrder", "E": 1}}, "data", None),
        ([{"e": "forceOrder"}], "unknown", None),
        ({"result": None, "id": 1}, "acknowledged", "1"),
        ({"error": {"code": 2, "msg": "Invalid request"}, "id": 1}, "refused", "1"),
        ({"code": 0, "msg": "Unknown property", "id": 2}, "refused", "2"),
        ("pong", "unknown", None),
        ({"what": 1}, "unknown", None),
    ],
)
def test_binance_messages(message, kind, key):
    """An acknowledgement taken for data would end a gap that lasts."""
    reading = Binance().read(message)
    assert (reading.kind, reading.key) == (kind, key)


@pytest.mark.parametrize(
    ("message", "kind", "key"),
    [
        ({"topic": "allLiquidation.ROSEUSDT", "type": "snapshot", "ts": 1739502303204, "data": []}, "data", None),
        ({"success": True, "ret_msg": "", "req_id": "t", "op": "subscribe"}, "acknowledged", "t"),
        ({"success": True, "ret_msg": "", "conn_id": "c", "op": "subscribe"}, "acknowledged", None),
        ({"success": False, "ret_msg": "error:handler not found", "req_id": "t", "op": "subscribe"}, "refused", "t"),
        ({"success": True, "ret_msg": "pong", "conn_id": "c", "op": "ping"}, "alive", None),
        ({"req_id": "1", "op": "pong", "args": ["1675418560633"]}, "alive", None),
        ({"success": False, "ret_msg": "invalid json"}, "refused", None),
    ],
)  # fmt: skip
def test_bybit_messages(message, kind, key):
    """A refusal that is overlooked is a symbol without liquidations for ever."""
    reading = Bybit().read(message)
    assert (reading.kind, reading.key) == (kind, key)


def test_bybit_asks_for_each_symbol_by_itself():
    """One unknown symbol in a common request takes the others down with it."""
    requests = Bybit().requests(["allLiquidation.BTCUSDT", "allLiquidation.X"])
    asked = [json.loads(text) for text in requests.values()]
    assert [request["args"] for request in asked] == [["allLiquidation.BTCUSDT"], ["allLiquidation.X"]]
    assert [request["req_id"] for request in asked] == list(requests)
    assert Bybit().keep_alive.text == '{"op":"ping"}'
    assert Bybit().keep_alive.seconds == 20


@pytest.mark.parametrize(
    ("message", "kind", "key"),
    [
        ({"arg": {"channel": "liquidation-orders", "instType": "SWAP"}, "data": []}, "data", None),
        ({"event": "subscribe", "arg": {"channel": "liquidation-orders", "instType": "SWAP"}}, "acknowledged", "SWAP"),
        ({"event": "error", "code": "60012", "msg": "Invalid request"}, "refused", None),
        ({"event": "channel-conn-count", "connCount": "1"}, "control", None),
        ({"event": "notice", "code": "64008", "msg": "The connection will soon be closed"}, "control", None),
        ("pong", "alive", None),
        ("ping", "unknown", None),
    ],
)
def test_okx_messages(message, kind, key):
    """OKX ends a connection that does not say ping for half a minute, and answers with a bare word."""
    reading = OKX.read(message)
    assert (reading.kind, reading.key) == (kind, key)
    assert OKX.keep_alive.text == "ping"
    assert OKX.keep_alive.seconds < 30


@pytest.mark.parametrize(
    ("message", "kind", "key"),
    [
        ({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": "trades.x", "data": []}}, "data", None),
        ({"jsonrpc": "2.0", "id": 10, "result": ["trades.future.BTC.100ms"]}, "acknowledged", "10"),
        ({"jsonrpc": "2.0", "id": 11, "result": []}, "refused", "11"),
        ({"jsonrpc": "2.0", "id": 10, "error": {"code": 11050, "message": "bad_request"}}, "refused", "10"),
        ({"jsonrpc": "2.0", "error": {"code": 10028, "message": "too_many_requests"}}, "refused", None),
        ({"jsonrpc": "2.0", "id": 1, "result": "ok"}, "control", None),
        ({"jsonrpc": "2.0", "id": 2, "result": {"version": "1.2.26"}}, "control", None),
        ({"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "heartbeat"}}, "control", None),
    ],
)
def test_deribit_messages(message, kind, key):
    """A channel that Deribit does not know is left out of its answer, without an error."""
    reading = Deribit().read(message)
    assert (reading.kind, reading.key) == (kind, key)


def test_deribit_is_answered_when_it_asks_for_life():
    """It closes the connection of a client that does not answer `test_request`."""
    asked = {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "test_request"}}
    assert json.loads(Deribit().read(asked).reply or "")["method"] == "public/test"
    assert json.loads(Deribit().opening[0])["method"] == "public/set_heartbeat"
    asked_for = [json.loads(text)["params"]["channels"] for text in Deribit().requests(["a", "b"]).values()]
    assert asked_for == [["a"], ["b"]]


def test_the_venues_own_stamp_is_the_newest_of_a_message():
    """Details of a message are in no order; the oldest would look like a clock that is wrong."""
    details = [{"ts": "5"}, {"ts": "9"}]
    okx = {"arg": {"channel": "liquidation-orders", "instType": "SWAP"}, "data": [{"details": details}]}
    assert OKX.read(okx).stamp == 9
    assert Bybit().read({"topic": "allLiquidation.X", "ts": 7}).stamp == 7
    assert Binance().read({"e": "forceOrder", "E": 8}).stamp == 8
    trades = {"method": "subscription", "params": {"data": [{"timestamp": 3}, {"timestamp": "x"}]}}
    assert Deribit().read(trades).stamp == 3
    assert OKX.read({"arg": {"channel": "c"}, "data": "?"}).stamp is None


def test_real_messages_are_data(realdata):
    """What the parser takes must not be taken for an answer."""
    folder = realdata / "venue_messages"
    binance = json.loads((folder / "binance" / "futures__market_data_json__liquidation_stream.json").read_bytes())
    assert Binance().read(binance).kind == "data"
    okx = json.loads((folder / "okx" / "ws_trades.json").read_bytes())
    assert OKX.read(okx).kind == "data"
    deribit = json.loads((folder / "deribit" / "ws_trades.json").read_bytes())
    assert Deribit().read(deribit).kind == "data"


def test_channels_are_chosen_by_venue_or_name_and_mistakes_are_named():
    """A mistyped venue that recorded nothing would be noticed when it is too late."""
    assert [channel.name for channel in chosen(("BTC",), ["okx"])] == ["okx_swap", "okx_futures"]
    assert [channel.name for channel in chosen(("BTC",), ["bybit_inverse"])] == ["bybit_inverse"]
    (linear,) = chosen(("BTC",), ["bybit_linear"], {"bybit_linear": ["DOGEUSDT", "allLiquidation.BTCUSDT"]})
    assert linear.topics == ("allLiquidation.DOGEUSDT", "allLiquidation.BTCUSDT")
    (quiet,) = chosen(("BTC",), ["okx_swap"], silence={"okx_swap": 3.0})
    assert quiet.silence_seconds == 3.0
    with pytest.raises(ChannelError, match="bybitt"):
        chosen(("BTC",), ["bybitt"])
    with pytest.raises(ChannelError, match="okx_swaps"):
        chosen(("BTC",), silence={"okx_swaps": 1.0})


def test_topics_follow_the_assets():
    """Bybit and Deribit send nothing that was not asked for by name."""
    found = channels(("BTC", "SOL"))
    assert found["bybit_linear"].topics == ("allLiquidation.BTCUSDT", "allLiquidation.SOLUSDT")
    assert found["bybit_inverse"].topics == ("allLiquidation.BTCUSD", "allLiquidation.SOLUSD")
    assert found["deribit_trades"].topics == ("trades.future.BTC.100ms", "trades.future.USDC.100ms")


def test_a_mirror_takes_the_place_of_scheme_and_host_only():
    """The path says which stream it is."""
    mirrors = {"wss://ws.okx.com:8443": "ws://127.0.0.1:9/okx"}
    assert mirrored("wss://ws.okx.com:8443/ws/v5/public", mirrors) == "ws://127.0.0.1:9/okx/ws/v5/public"
    assert mirrored("wss://ws.okx.com/ws", mirrors) == "wss://ws.okx.com/ws"
