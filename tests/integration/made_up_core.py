"""Made-up core rows that a dbt build can read, one maker per core table.

Belongs here: rows and writing them. Does not belong here: any assertion.
"""

from datetime import UTC, date, datetime, timedelta

import polars as pl

from orchestration.store.core_store import CoreStore
from schemas.column import OneOf
from schemas.tables import TABLES

DAYS = [date(2026, 1, 30) + timedelta(days=n) for n in range(6)]
SIDES = ("long", "short")


def at(day, hour=6):
    """An instant on the day after."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC) + timedelta(days=1)


def acceptable(column):
    """A value that a column accepts, for what a test does not care about."""
    known = {
        "raw_sha256": "a" * 64,
        "finality": "final",
        "venue": "okx",
        "asset": "BTC",
        "is_simulated": False,
    }
    if column.name in known or column.nullable:
        return known.get(column.name)
    codes = [check.values[0] for check in column.checks if isinstance(check, OneOf)]
    if codes or column.dtype == pl.String:
        return codes[0] if codes else "x"
    return (
        False if column.dtype == pl.Boolean else datetime(2026, 1, 1, tzinfo=UTC) if column.dtype.is_temporal() else 1
    )


def rows_of(name, rows):
    table = TABLES[name]
    filled = [{c.name: row.get(c.name, acceptable(c)) for c in table.columns} for row in rows]
    return pl.DataFrame(filled, schema=table.schema)


def etf(day, shift=0.0):
    cell = {"trade_date": day, "source": "farside_etf_flows"}
    waiting = {
        **cell,
        "fund": "FBTC",
        "printed_flow_usd": 0.0,
        "status": "pending_zero",
        "finality": "preliminary",
    }
    return [
        {
            **cell,
            "fund": "IBIT",
            "flow_usd": 0.1 + shift,
            "printed_flow_usd": 0.1 + shift,
            "known_at": at(day),
        },
        {**waiting, "known_at": at(day)},
        {**cell, "fund": "FBTC", "flow_usd": 0.2, "printed_flow_usd": 0.2, "known_at": at(day, 9)},
    ]


def exchange(day, shift=0.0):
    n = (day - DAYS[0]).days
    keys = {
        "fact_date": day,
        "entity": "all_exchanges",
        "source": "cryptoquant_exchange_flows",
        "known_at": at(day),
    }
    values = {
        ("netflow", "coin"): 2.0 + shift,
        ("reserve", "coin"): 100.0 + 2 * n + shift,
        ("reserve", "usd"): 999.0 + n,
    }
    return [{**keys, "metric": metric, "unit": unit, "value": value} for (metric, unit), value in values.items()]


def prints(day, count=3):
    keys = {"fact_date": day, "symbol": "BTC-USDT-SWAP", "source": "okx_liquidations"}
    return [
        {**keys, "liq_side": side, "event_at": at(day, n) - timedelta(days=1), "notional_usd": 0.1 * (n + 1),
         "quantity_coin": 1e-6, "known_at": at(day, n)} for side in SIDES for n in range(count)
    ]  # fmt: skip


def vendor_totals(day):
    keys = {"fact_date": day, "source": "cryptoquant_liquidations", "known_at": at(day), "value": 7.5}
    return [{**keys, "liq_side": side, "unit": unit} for side in SIDES for unit in ("coin", "usd")]


def supplies(day, shift=0.0):
    n = (day - DAYS[0]).days
    keys = {
        "fact_date": day,
        "chain": "all",
        "known_at": at(day),
        "source": "defillama_stablecoin_chart_export",
    }
    amounts = {"1": 100.0 + n + shift, "258": 50.0 + n, "424242": 1.0}
    return [{**keys, "stablecoin_id": identity, "circulating_peg": amount} for identity, amount in amounts.items()]


def contracts(day):
    keys = {
        "fact_date": day,
        "symbol": "BTC-27MAR26",
        "source": "okx_mark_prices",
        "expires_at": datetime(2026, 3, 27, 8, tzinfo=UTC),
    }
    return [
        {
            **keys,
            "future_price": 100.0,
            "basis_annualised_ratio": 0.05,
            "is_node": True,
            "recorded_at": at(day),
        }
    ]


def tenors(day):
    keys = {
        "fact_date": day,
        "source": "okx_mark_prices",
        "recorded_at": at(day),
        "basis_annualised_ratio": 0.05,
    }
    return [{**keys, "tenor_days": tenor} for tenor in (30, 60)]


MAKERS = {
    "core_etf__flows": etf,
    "core_exchange__flows": exchange,
    "core_liquidations__events": prints,
    "core_liquidations__vendor_totals": vendor_totals,
    "core_stablecoins__supply": supplies,
    "core_basis__contracts": contracts,
    "core_basis__term_structure": tenors,
}


def put(layout, name, days, **changes):
    rows = rows_of(name, [row for day in days for row in MAKERS[name](day, **changes)])
    CoreStore(layout).replace_dates(TABLES[name], days, rows)
