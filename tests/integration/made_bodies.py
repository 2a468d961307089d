"""Bodies of every feed: by hand those, and the forms of them, that neither the sample pack nor the server has."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from orchestration.sources.sample import SamplePayload
from schemas.feed import Payload
from transforms.parse import tardis_options
from transforms.parse.fred import BY_ID

_METRIC = {"value": "-5000.0", "lastUpdateDate": "2026-02-05", "status": "1"}
_TRADE = {"product_id": "PI_XBTUSD", "side": "sell", "type": "liquidation", "qty": 25, "price": 61081}
_OPTION = {
    "exchange": "deribit", "symbol": "BTC-27MAR26-90000-P", "timestamp": "1770314400000000",
    "local_timestamp": "1770314400000009", "type": "put", "strike_price": "90000", "expiration": "1774598400000000",
    "mark_price": "0.03", "mark_iv": "62.89", "underlying_price": "62756.36", "open_interest": "0.1",
}  # fmt: skip
_GAP = {
    "instance": "main", "venue": "bybit", "channel": "bybit_linear", "reason": "disconnected",
    "started_at": "2026-02-05T23:59:50+00:00", "ended_at": "2026-02-06T00:00:03+00:00",
}  # fmt: skip
_TICKER = (
    "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,open_interest,index_price,mark_price"
)

BODIES: tuple[tuple[str, str | dict, dict[str, str]], ...] = (
    ("artemis_open_interest", "date,OKX\n2026-01-06,7\n", {}),
    ("artemis_stablecoins", "date,USDT\n2026-01-31,308\n", {"by": "token"}),
    ("binance_funding_rates", "calc_time,funding_interval_hours,last_funding_rate\n1769760000000,8,0.0001\n",
     {"market": "um", "symbol": "BTCUSDT"}),
    ("bybit_delivery_prices",
     {"retCode": 0, "result": {"category": "linear", "list": [
         {"symbol": "BTCUSDT-30JAN26", "deliveryPrice": "84500.12", "deliveryTime": "1769760000000"}]}}, {}),
    ("cryptoquant_open_interest", "Datetime,Open Interest\n2026-01-06T00:00:00Z,3\n", {"asset": "BTC"}),
    ("fred_graph", f"observation_date,{','.join(BY_ID)}\n2026-02-05{',4.2' * len(BY_ID)}\n", {}),
    ("kraken_history", {"feed": "trade", "seq": 7, "time": 1770314400974, **_TRADE}, {}),
    ("okx_delivery_history",
     {"code": "0", "data": [{"ts": "1769760000000", "details": [
         {"type": "delivery", "insId": "BTC-USD-260130", "px": "84500.1"}]}]}, {}),
    ("recorder_gaps", {"received_at": "2026-02-06T00:00:03.000000Z", "message": _GAP}, {}),
    ("sosovalue_etf_flows",
     {"code": 0, "data": {"dailyNetInflow": _METRIC, "list": [{"ticker": "IBIT", "dailyNetInflow": _METRIC}]}},
     {"asset": "BTC"}),
    ("stablecoin_issuance_csv", "event_at,kind,chain,amount\n2026-02-05T01:00:00Z,issue,eth,1000.5\n",
     {"stablecoin_id": "1"}),
    ("tardis_derivative_ticker",
     f"{_TICKER}\nbinance-futures,BTCUSDT,1770303590000000,1770303590000009,1770303600000000,0.0001,90000,62000,62001\n",
     {}),
    ("tardis_options_chain", ",".join(tardis_options._COLUMNS) + "\n"
     + ",".join(_OPTION.get(name, "") for name in tardis_options._COLUMNS) + "\n", {}),
)  # fmt: skip


def _by_hand() -> list[Payload]:
    """The bodies as payloads, known long after what they tell."""
    known_at = datetime(2026, 3, 1, tzinfo=UTC)
    return [
        Payload(
            feed, (body if isinstance(body, str) else json.dumps(body)).encode(), known_at, "0" * 64, "made", params
        )
        for feed, body, params in BODIES
    ]


def beside(simulated: Iterable[SamplePayload]) -> list[Payload]:
    """The bodies by hand, and behind them simulated ones as their parsers get them."""
    known = [Payload(p.feed, p.content, p.known_at, "0" * 64, p.locator, dict(p.params)) for p in simulated]
    return [*_by_hand(), *known]
