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


def etf_totals(day, shift=0.0):
    keys = {"trade_date": day, "source": "farside_etf_flows", "n_funds_expected": 2}
    waiting = {**keys, "n_funds_reported": 1, "status": "partial", "finality": "preliminary", "recorded_at": at(day)}
    whole = {**keys, "n_funds_reported": 2, "flow_usd": 0.3 + shift, "recorded_at": at(day, 9)}
    return [{**waiting, "flow_usd": 0.1 + shift}, whole]


def etf_shares(day):
    n = (day - DAYS[0]).days
    keys = {"as_of_date": day, "fund": "IBIT", "source": "ishares_holdings", "known_at": at(day)}
    return [{**keys, "shares_outstanding": 1000.0 + n, "nav_usd": 40.0}]


def rebuilt_flows(day):
    keys = {"trade_date": day, "fund": "IBIT", "source": "issuer_rebuild", "recorded_at": at(day, 12)}
    return [{**keys, "flow_usd": 40.0, "shares_change": 1.0, "nav_usd": 40.0}]


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
    keys = {"fact_date": day, "venue": "all", "source": "cryptoquant_liquidations", "known_at": at(day), "value": 7.5}
    return [{**keys, "liq_side": side, "unit": unit} for side in SIDES for unit in ("coin", "usd")]


def collectors(day):
    keys = {"fact_date": day, "recorded_at": at(day), "benchmark_usd": 10.0}
    shares = {"okx_liquidations": 10.0, "tardis_liquidations": 8.0}
    return [{**keys, "liq_side": "long", "source": source, "observed_usd": usd} for source, usd in shares.items()]


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


def pegs(day, shift=0.0):
    keys = {"fact_date": day, "peg_method": "vendor_price", "n_quotes": 1, "n_excluded": 0, "recorded_at": at(day)}
    told = {"source": "defillama_stablecoin_prices", "priced_at": at(day, 0)}
    return [{**keys, **told, "stablecoin_id": identity, "price_usd": 0.5 + shift} for identity in ("1", "258")]


def issued(day):
    keys = {"fact_date": day, "stablecoin_id": "1", "chain": "all", "recorded_at": at(day)}
    return [{**keys, "gross_issued_peg": 3.0, "gross_redeemed_peg": 2.0, "source": "stablecoin_issuance_csv"}]


def months(day):
    """A month for each day: what the SQL reads need not add up."""
    keys = {"month_date": day, "stablecoin_id": "1", "chain": "all", "recorded_at": at(day)}
    told = {"end_date": day, "start_peg": 100.0, "end_peg": 101.0, "supply_change_peg": 1.0, "status": "to_date"}
    return [{**keys, **told, "change_status": "no_price", "source": "defillama_stablecoin_chart_export"}]


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


def funding_days(day, shift=0.0):
    """Two feeds of one contract, and one that comes late."""
    whole = {
        "fact_date": day,
        "symbol": "BTC-USDT-SWAP",
        "margin_type": "linear",
        "n_settlements": 3,
        "hours_covered": 24.0,
        "interval_min_hours": 8.0,
        "interval_max_hours": 8.0,
        "last_settled_at": at(day, 0),
        "funding_ratio": 3e-4 + shift,
        "funding_8h_ratio": 1e-4 + shift / 3,
        "funding_annualised_ratio": 0.1095,
    }
    venue = {**whole, "source": "okx_funding_history", "recorded_at": at(day)}
    return [venue, {**venue, "source": "oxarchive_funding", "recorded_at": at(day, 9)}]  # fmt: skip


def funding_weighted(day):
    keys = {"fact_date": day, "margin_type": "linear", "source": "okx_funding_history", "recorded_at": at(day, 8)}
    return [{**keys, "funding_ratio": 3e-4, "funding_8h_ratio": 1e-4, "funding_8h_unweighted_ratio": 1e-4,
             "funding_annualised_ratio": 0.1095, "open_interest_usd": 100.0, "hours_covered": 24.0, "venues": "okx",
             "n_venues": 1}]  # fmt: skip


def _level(day, coins, **keys):
    stamp = at(day, 23) - timedelta(days=1)
    return {"fact_date": day, "symbol": "BTC-USDT-SWAP", "margin_type": "linear", "series": "contract",
            "open_interest_native": coins, "size_unit": "coin", "open_interest_coin": coins, "mark_price": 50.0,
            "open_interest_usd": coins * 50.0, "mark_at": stamp, "sampled_at": stamp, "recorded_at": at(day, 0),
            "source": "okx_open_interest", **keys}  # fmt: skip


def interest_hours(day, shift=0.0):
    hour = at(day, 23) - timedelta(days=1)
    return [
        _level(day, 2.0 + shift, hour_at=hour),
        _level(day, 3.0, hour_at=hour, venue="bybit", source="bybit_tickers"),
    ]


def interest_days(day, shift=0.0):
    """Contracts of two venues, one of which begins a day later, and a vendor's total that none of it is added to."""
    n = (day - DAYS[0]).days
    step = {"change_coin": 1.0, "change_usd": 50.0, "price_effect_usd": 0.0, "quantity_effect_usd": 50.0,
            "price_effect_coin": 0.0, "quantity_effect_coin": 1.0}  # fmt: skip
    rows = [_level(day, 2.0 + n + shift, **(step if n else {}))]
    if n:
        rows.append(_level(day, 3.0 + n, venue="bybit", source="bybit_tickers", **(step if n > 1 else {})))
    nothing = {"margin_type": None, "open_interest_coin": None, "mark_price": None, "mark_at": None, "size_unit": "usd"}
    vendor = {"symbol": "all", "venue": "kraken", "series": "vendor_total", "source": "artemis_open_interest"}
    return [*rows, {**_level(day, 9.0), **vendor, **nothing, "change_usd": 1.0 if n else None}]


def volatilities(day):
    points = {f"vol_{name}_points": 60.0 for name in ("open", "high", "low", "close")}
    live = {**points, "fact_date": day, "venue": "deribit", "source": "deribit_volatility_index"}
    return [
        {**live, "finality": "preliminary", "known_at": at(day, 12) - timedelta(days=1)},
        {**live, "vol_high_points": 61.0, "known_at": at(day)},
    ]


MAKERS = {
    "core_funding__daily": funding_days,
    "core_funding__weighted": funding_weighted,
    "core_open_interest__hourly": interest_hours,
    "core_open_interest__daily": interest_days,
    "core_etf__flows": etf,
    "core_etf__shares": etf_shares,
    "core_etf__rebuilt_flows": rebuilt_flows,
    "core_etf__source_totals": etf_totals,
    "core_exchange__flows": exchange,
    "core_liquidations__events": prints,
    "core_liquidations__vendor_totals": vendor_totals,
    "core_liquidations__collectors": collectors,
    "core_stablecoins__supply": supplies,
    "core_stablecoins__pegs": pegs,
    "core_stablecoins__issued": issued,
    "core_stablecoins__months": months,
    "core_basis__contracts": contracts,
    "core_basis__term_structure": tenors,
    "core_volatility__index_bars": volatilities,
}


def put(layout, name, days, **changes):
    rows = rows_of(name, [row for day in days for row in MAKERS[name](day, **changes)])
    CoreStore(layout).replace_dates(TABLES[name], days, rows)
