"""Instrument lists of Binance, OKX, Bybit and Deribit, fetched at 08:10 UTC after the day's expiries.

Belongs here: the venues' list shapes. Expired contracts vanish from them, as they do from the venues'.
Does not belong here: prices (`quotes.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from orchestration.sources.sample.contracts import Contract, last_friday, listed
from orchestration.sources.sample.payload import NOTICE, SamplePayload, at, millis, payload

BINANCE_SENTINEL = 4_133_404_800_000
DERIBIT_SENTINEL = 32_503_708_800_000
X_PERP_EXPIRY = datetime(2031, 4, 4, 8, tzinfo=UTC)
BYBIT_PERP_DELIVERY = datetime(2026, 6, 26, 8, tzinfo=UTC)
_PERP_LISTED = datetime(2020, 3, 30, tzinfo=UTC)
_COIN_FACE = {"BTC": 100, "ETH": 10}
_OKX_CT_VAL = {"BTC": "0.01", "ETH": "0.1", "SOL": "1"}


def generate(day: date, seed: int) -> Iterator[SamplePayload]:
    """The instrument lists of one day. Nothing in them is random."""
    known_at = at(day, 8, 10)

    def fetched(feed: str, path: str, body: Any, **params: str) -> SamplePayload:
        return payload(feed, f"{path}#{day}", body, known_at, day, **params)

    yield fetched("binance_usdm_instruments", "binance/fapi/v1/exchangeInfo", _binance_usdm(known_at))
    yield fetched("binance_coinm_instruments", "binance/dapi/v1/exchangeInfo", _binance_coinm(known_at))
    for kind, rows in (("SWAP", _okx_swaps()), ("FUTURES", _okx_futures(known_at))):
        path = f"okx/api/v5/public/instruments?instType={kind}"
        yield fetched("okx_instruments", path, {"code": "0", "msg": "", "data": rows}, instType=kind)
    for category, rows in (("linear", _bybit_linear(known_at)), ("inverse", _bybit_inverse())):
        path = f"bybit/v5/market/instruments-info?category={category}"
        body = bybit_body({"category": category, "list": rows, "nextPageCursor": ""}, known_at)
        yield fetched("bybit_instruments", path, body, category=category)
    path = "deribit/api/v2/public/get_instruments?currency=any&kind=future&expired=false"
    yield fetched("deribit_instruments", path, deribit_body(_deribit(known_at), known_at))


def bybit_body(result: dict[str, Any], instant: datetime) -> dict[str, Any]:
    """Bybit's envelope; `retExtInfo` is free and says that this is a simulation."""
    return {
        "retCode": 0,
        "retMsg": "OK",
        "result": result,
        "retExtInfo": {"notice": NOTICE},
        "time": millis(instant),
    }


def deribit_body(result: Any, instant: datetime) -> dict[str, Any]:
    """Deribit's envelope; `testnet` says that nothing here is real."""
    micros = millis(instant) * 1000
    return {
        "jsonrpc": "2.0",
        "result": result,
        "usIn": micros,
        "usOut": micros + 500,
        "usDiff": 500,
        "testnet": True,
    }


def okx_future_id(contract: Contract) -> str:
    """For example BTC-USD-260327."""
    return f"{contract.asset}-USD-{contract.yymmdd}"


def bybit_future_id(contract: Contract) -> str:
    """For example BTCUSDT-27MAR26."""
    return f"{contract.asset}USDT-{contract.expires_at.strftime('%d%b%y').upper()}"


def deribit_future_id(contract: Contract) -> str:
    """For example BTC-27MAR26; the day has no leading zero."""
    return f"{contract.asset}-{contract.expires_at.day}{contract.expires_at.strftime('%b%y').upper()}"


def x_perp_id(asset: str) -> str:
    """OKX's perpetual that stands among the futures and has an expiry."""
    return f"{asset}-USD_UM_XPERP-{X_PERP_EXPIRY.strftime('%y%m%d')}"


def _binance_symbol(asset: str, quote: str, contract: Contract | None, rank: int) -> dict[str, Any]:
    margin = asset if quote == "USD" else quote
    perpetual = f"{asset}{quote}_PERP" if quote == "USD" else f"{asset}{quote}"
    return {
        "symbol": f"{asset}{quote}_{contract.yymmdd}" if contract else perpetual,
        "pair": f"{asset}{quote}",
        "contractType": ("CURRENT_QUARTER", "NEXT_QUARTER")[rank] if contract else "PERPETUAL",
        "deliveryDate": millis(contract.expires_at) if contract else BINANCE_SENTINEL,
        "onboardDate": millis(contract.listed_at if contract else _PERP_LISTED),
        "baseAsset": asset,
        "quoteAsset": quote,
        "marginAsset": margin,
        "underlyingType": "COIN",
    }


def _binance_usdm(instant: datetime) -> dict[str, Any]:
    symbols = [{**_binance_symbol(a, "USDT", None, 0), "status": "TRADING"} for a in ("BTC", "ETH", "SOL")]
    for asset in ("BTC", "ETH"):
        for rank, contract in enumerate(listed("binance", asset, instant)):
            symbols.append({**_binance_symbol(asset, "USDT", contract, rank), "status": "TRADING"})
    return {"timezone": "UTC", "serverTime": millis(instant), "notice": NOTICE, "symbols": symbols}


def _binance_coinm(instant: datetime) -> dict[str, Any]:
    symbols = []
    for asset, face in _COIN_FACE.items():
        offered = [None, *listed("binance", asset, instant)]
        for rank, contract in enumerate(offered):
            row = _binance_symbol(asset, "USD", contract, rank - 1)
            symbols.append({**row, "contractStatus": "TRADING", "contractSize": face})
    return {"timezone": "UTC", "serverTime": millis(instant), "notice": NOTICE, "symbols": symbols}


def _okx_row(inst_id: str, kind: str, family: str, **fields: str) -> dict[str, str]:
    return {
        "alias": "", "baseCcy": "", "category": "1", "ctMult": "1", "ctType": "", "ctVal": "", "ctValCcy": "",
        "expTime": "", "instFamily": family, "instId": inst_id, "instType": kind, "lever": "20",
        "listTime": str(millis(_PERP_LISTED)), "lotSz": "1", "minSz": "1", "optType": "", "quoteCcy": "",
        "ruleType": "normal", "settleCcy": "", "state": "live", "stk": "", "tickSz": "0.1", "uly": family,
    } | fields  # fmt: skip


def _okx_swaps() -> list[dict[str, str]]:
    linear = [
        _okx_row(f"{asset}-USDT-SWAP", "SWAP", f"{asset}-USDT", ctType="linear", ctVal=value, ctValCcy=asset,
                 settleCcy="USDT")
        for asset, value in _OKX_CT_VAL.items()
    ]  # fmt: skip
    inverse = [
        _okx_row(f"{asset}-USD-SWAP", "SWAP", f"{asset}-USD", ctType="inverse", ctVal=str(face),
                 ctValCcy="USD", settleCcy=asset)
        for asset, face in _COIN_FACE.items()
    ]  # fmt: skip
    return linear + inverse


def _okx_futures(instant: datetime) -> list[dict[str, str]]:
    rows = []
    for asset, face in _COIN_FACE.items():
        for contract in listed("okx", asset, instant):
            rows.append(
                _okx_row(okx_future_id(contract), "FUTURES", f"{asset}-USD", ctType="inverse",
                         ctVal=str(face), ctValCcy="USD", settleCcy=asset,
                         expTime=str(millis(contract.expires_at)),
                         listTime=str(millis(contract.listed_at)))
            )  # fmt: skip
        rows.append(
            _okx_row(x_perp_id(asset), "FUTURES", f"{asset}-USD_UM", ctType="linear",
                     ctVal=_OKX_CT_VAL[asset], ctValCcy=asset, settleCcy="USD",
                     expTime=str(millis(X_PERP_EXPIRY)), ruleType="xperp")
        )  # fmt: skip
    return rows


def _bybit_row(symbol: str, kind: str, asset: str, quote: str, **fields: str) -> dict[str, Any]:
    return {
        "symbol": symbol, "contractType": kind, "status": "Trading", "baseCoin": asset, "quoteCoin": quote,
        "launchTime": str(millis(_PERP_LISTED)), "deliveryTime": "0", "fundingInterval": 480,
        "settleCoin": quote if quote == "USDT" else asset, "symbolType": "",
    } | fields  # fmt: skip


def _bybit_linear(instant: datetime) -> list[dict[str, Any]]:
    rows = [_bybit_row(f"{a}USDT", "LinearPerpetual", a, "USDT") for a in ("BTC", "ETH", "SOL")]
    rows[0]["deliveryTime"] = str(millis(BYBIT_PERP_DELIVERY))
    for asset in ("BTC", "ETH"):
        for contract in listed("bybit", asset, instant):
            times = {
                "launchTime": str(millis(contract.listed_at)),
                "deliveryTime": str(millis(contract.expires_at)),
            }
            row = _bybit_row(bybit_future_id(contract), "LinearFutures", asset, "USDT", **times)
            rows.append(row | {"fundingInterval": 0})
    return rows


def _bybit_inverse() -> list[dict[str, Any]]:
    return [_bybit_row(f"{asset}USD", "InversePerpetual", asset, "USD") for asset in ("BTC", "ETH")]


def _deribit(instant: datetime) -> list[dict[str, Any]]:
    rows = []
    for asset in ("BTC", "ETH"):
        for contract in [None, *listed("deribit", asset, instant)]:
            expiry = millis(contract.expires_at) if contract else DERIBIT_SENTINEL
            rows.append({
                "price_index": f"{asset.lower()}_usd", "kind": "future",
                "instrument_name": deribit_future_id(contract) if contract else f"{asset}-PERPETUAL",
                "instrument_type": "reversed", "future_type": "reversed", "expiration_timestamp": expiry,
                "creation_timestamp": millis(contract.listed_at if contract else _PERP_LISTED),
                "is_active": True, "state": "open", "contract_size": 10.0 if asset == "BTC" else 1.0,
                "min_trade_amount": 10.0 if asset == "BTC" else 1.0, "settlement_currency": asset,
                "settlement_period": _deribit_period(contract), "base_currency": asset,
                "counter_currency": "USD", "quote_currency": "USD", "tick_size": 0.5,
            })  # fmt: skip
    return rows


def _deribit_period(contract: Contract | None) -> str:
    if contract is None:
        return "perpetual"
    expiry = contract.expires_at.date()
    return "month" if expiry == last_friday(expiry.year, expiry.month) else "week"
