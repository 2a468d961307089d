"""Tables of ETF flows that the sample pack has not: Farside's other pages, TFTC, The Block, Solana of the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from loopback.extras import _solana
from orchestration.sources.sample import DEFAULT_SEED, SamplePayload, farside
from orchestration.sources.sample.etf import rows, total
from orchestration.sources.sample.market import RECORDED_FROM, is_session, is_weekday, sessions
from orchestration.sources.sample.payload import HTML, NOTICE, at, millis, payload

_SHOWN = 12
_USD_PER_TENTH = 100_000


def payloads(day: date) -> list[SamplePayload]:
    """What each vendor shows on the morning after a session."""
    found = list(_farside(day)) if is_weekday(day) else []
    if day >= RECORDED_FROM and is_session(day):
        found += [_tftc(day), _theblock("BTC", day), _theblock("ETH", day), _sosovalue(day), _coinglass(day)]
    return found


def _farside(day: date) -> Iterator[SamplePayload]:
    """Where the pack reads the bitcoin page, the other assets' pages are read as well."""
    reads = [(1, 30), (6, 5), (8, 0)] + [(8, 10)] * (day.weekday() == 4) + [(14, 0)] * (day == farside._CSV_DAY)
    for hour, minute in reads:
        known_at = at(day, hour, minute, plus_days=1)
        path = f"farside/sol#{known_at:%Y-%m-%dT%H%M}"
        yield payload(farside.FEED, path, _solana_page(day, known_at), known_at, day, HTML, asset="SOL")
        if (hour, minute) not in farside._ETH_READS:
            path, body = f"farside/eth#{known_at:%Y-%m-%dT%H%M}", farside._eth_json(day, known_at, DEFAULT_SEED)
            yield payload(farside.FEED, path, body, known_at, day, asset="ETH")


def _solana_page(day: date, known_at: datetime) -> str:
    """A compact page: tickers under logos, a row of fees, a seed row with an asterisk, a footer."""
    table = _solana.rows(day, known_at)
    funds = list(next(iter(table.values())))
    seeds = ["10.0*", *["1.0"] * (len(funds) - 1), "15"]
    body = [["", *[""] * len(funds), "Total"], ["", *funds, ""], ["Fee", *["0.20%"] * len(funds), ""], ["Seed", *seeds]]
    body += [
        [f"{one:%d %b %Y}", *map(_printed, row.values()), _printed(_solana.total(row))] for one, row in table.items()
    ]
    body += [["Total", *["1,000"] * (len(funds) + 1)]]
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in body)
    return f'<!DOCTYPE html>\n<html><body><!-- {NOTICE} --><table class="etf">\n{lines}</table></body></html>\n'


def _printed(tenths: int | None) -> str:
    if tenths is None:
        return "-"
    return f"({-tenths / 10:,.1f})" if tenths < 0 else f"{tenths / 10:,.1f}"


def _last_sessions(day: date) -> list[date]:
    return [session for session in sessions() if session <= day][-_SHOWN:]


def _tftc(day: date) -> SamplePayload:
    """A session behind; of the newest day only the total is known."""
    known_at = at(day, 8, plus_days=1)
    shown = _last_sessions(day)[:-1]
    table = rows("BTC", known_at, DEFAULT_SEED, shown[0], shown[-1])
    days = [
        {
            "date": session.isoformat(), "netFlowUsd": total(row) * _USD_PER_TENTH, "totalNetAssetsUsd": None,
            "btcCloseUsd": None, "perEtfUsd": None if session == shown[-1] else _dollars(row),
        }
        for session, row in table.items()
    ]  # fmt: skip
    body = {"name": NOTICE, "units": "USD", "updatedThrough": shown[-1].isoformat(), "days": days}
    return payload("tftc_etf_flows", f"tftc/bitcoin-etf-flows/data.json#{day}", body, known_at, day, asset="BTC")


def _dollars(row: dict[str, int | None]) -> dict[str, int]:
    return {fund: value * _USD_PER_TENTH for fund, value in row.items() if value is not None}


def _theblock(asset: str, day: date) -> SamplePayload:
    """What has not been reported is a zero."""
    known_at = at(day, 8, plus_days=1)
    table = rows(asset, known_at, DEFAULT_SEED, _last_sessions(day)[0], day)
    series = {
        fund: {"Data": [{"Timestamp": millis(at(s)) // 1000, "Result": (row[fund] or 0) * _USD_PER_TENTH} for s, row in
                        table.items()]}
        for fund in next(iter(table.values()))
    }  # fmt: skip
    body = {"jsonFile": {"notice": NOTICE, "data": json.dumps({"Series": series})}}
    return payload("theblock_etf_flows", f"theblock/{asset}#{day}", body, known_at, day, asset=asset)


def _sosovalue(day: date) -> SamplePayload:
    known_at = at(day, 8, 30, plus_days=1)
    table = _solana.rows(day, known_at)
    data = [
        {"date": one.isoformat(), "totalNetInflow": float(_solana.total(row) * _USD_PER_TENTH)}
        for one, row in reversed(table.items())
    ]
    body: dict[str, Any] = {"code": 0, "msg": NOTICE, "data": {"list": data}}
    return payload("sosovalue_etf_flows", f"sosovalue/us-sol-spot#{day}", body, known_at, day, asset="SOL")


def _coinglass(day: date) -> SamplePayload:
    known_at = at(day, 9, plus_days=1)
    data = [
        {
            "timestamp": millis(at(one)), "flow_usd": _solana.total(row) * _USD_PER_TENTH, "price_usd": 1.0,
            "etf_flows": [
                {"etf_ticker": fund} | ({} if value is None else {"flow_usd": value * _USD_PER_TENTH})
                for fund, value in row.items()
            ],
        }
        for one, row in _solana.rows(day, known_at).items()
    ]  # fmt: skip
    body = {"code": "0", "msg": NOTICE, "data": data}
    return payload("coinglass_etf_flows", f"coinglass/solana/flow-history#{day}", body, known_at, day, asset="SOL")
