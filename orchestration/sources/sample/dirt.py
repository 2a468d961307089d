"""What is wrong with the sample feeds, on purpose.

Belongs here: the list of faults, each with its feed, its day and what the warehouse must make of it.
Does not belong here: how a fault is written into a payload (the module of its feed).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Dirt:
    """One declared fault. `day` is the day whose data are at fault; `n_rejects` the rows to quarantine."""

    name: str
    feed: str
    day: date
    fault: str
    handling: str
    n_rejects: int = 0


DIRT: tuple[Dirt, ...] = (
    Dirt(
        "etf_pending",
        "farside_etf_flows",
        date(2026, 2, 5),
        "at 01:30 the last funds to report are dashes",
        "null with status pending, the total partial; filled at 06:05",
    ),
    Dirt(
        "etf_placeholder_zeros",
        "farside_etf_flows",
        date(2026, 2, 3),
        "at 01:30 every fund and the total read 0.0",
        "null with status pending_zero; the numbers of 06:05 replace it as placeholder_zero",
    ),
    Dirt(
        "etf_late_fill",
        "farside_etf_flows",
        date(2026, 1, 14),
        "HODL is a dash all day and filled the next day",
        "a new vintage, late_fill; the first day's total stays readable as of then",
    ),
    Dirt(
        "etf_late_fill_weekend",
        "farside_etf_flows",
        date(2026, 2, 6),
        "FBTC and HODL are filled 60 hours late, on Monday",
        "new vintages, late_fill",
    ),
    Dirt(
        "etf_never_reported",
        "farside_etf_flows",
        date(2025, 12, 12),
        "EZBC stays a dash for ever",
        "pending, then missing once its window of five sessions is over",
    ),
    Dirt(
        "etf_holiday_row",
        "farside_etf_flows",
        date(2026, 2, 16),
        "Presidents' Day has a row of dashes with total 0.0, gone the next noon",
        "quarantined, twelve cells in each of three reads: not a session",
        n_rejects=36,
    ),
    Dirt(
        "etf_json_zero",
        "farside_etf_flows",
        date(2026, 2, 5),
        "the JSON writes 0.0 for an ETH fund that has not reported",
        "preliminary until the next day; a later number is a late fill or a placeholder, not a restatement",
    ),
    Dirt(
        "cq_restated",
        "cryptoquant_exchange_flows",
        date(2026, 2, 5),
        "three days later inflow, netflow and reserve change",
        "a new vintage with reason restated; both stay readable",
    ),
    Dirt(
        "cq_part_day",
        "cryptoquant_exchange_flows",
        date(2026, 2, 6),
        "the newest row of an export is the running day",
        "preliminary; the next export makes it final",
    ),
    Dirt(
        "cq_reserve_break",
        "cryptoquant_exchange_flows",
        date(2026, 1, 15),
        "the reserve moves by 1,250 BTC more than the netflow",
        "has_reserve_break",
    ),
    Dirt(
        "cq_flat_price",
        "cryptoquant_exchange_flows",
        date(2025, 12, 22),
        "the price in the USD reserve stands still for six days",
        "reserve_usd null with status flat_price from the third day",
    ),
    Dirt(
        "cq_empty_cell",
        "cryptoquant_liquidations",
        date(2025, 12, 18),
        "the long-liquidations cells, coin and USD, are empty in four exports",
        "quarantined: unknown, never zero",
        n_rejects=8,
    ),
    Dirt(
        "llama_live_row",
        "defillama_stablecoin_chart_export",
        date(2026, 2, 6),
        "the last row is the live one, stamped with the running day",
        "preliminary; replaced by the next day's export",
    ),
    Dirt(
        "llama_rewritten",
        "defillama_stablecoin_chart_export",
        date(2026, 1, 20),
        "USDC of that day grows by 400m a week later",
        "a new vintage with reason restated",
    ),
    Dirt(
        "llama_zero_supply",
        "defillama_stablecoin_chart_export",
        date(2025, 11, 1),
        "ZUSD has a supply of zero throughout",
        "zero, and no percentage on it",
    ),
    Dirt(
        "llama_rouble_peg",
        "defillama_stablecoin_chart_export",
        date(2025, 11, 1),
        "A7A5 is counted in roubles beside dollar coins",
        "kept in units of its peg, never added to dollars",
    ),
    Dirt(
        "liq_missing_day",
        "okx_liquidations",
        date(2026, 1, 10),
        "no file for the day",
        "no row, reported as missing, never zero",
    ),
    Dirt(
        "liq_redelivered",
        "binance_force_orders",
        date(2026, 2, 5),
        "twelve messages are delivered twice",
        "counted as duplicates, summed once",
    ),
    Dirt(
        "liq_identical_rows",
        "bybit_liquidations",
        date(2026, 2, 5),
        "two rows of one message are equal in every field",
        "both count: occurrence 1 and 2",
    ),
    Dirt(
        "liq_redelivered_batch",
        "bybit_liquidations",
        date(2026, 2, 5),
        "the message with two equal rows is delivered twice",
        "still two prints, not four and not one",
    ),
    Dirt(
        "liq_snapshot",
        "okx_liquidations",
        date(2026, 2, 3),
        "on reconnecting, the first message repeats the last print of the day before",
        "a duplicate of a print known already; it belongs to the day of its stamp",
    ),
    Dirt(
        "liq_garbage_line",
        "binance_force_orders",
        date(2026, 2, 5),
        "a line is cut short in the middle",
        "quarantined with the line; every other line is read",
        n_rejects=1,
    ),
    Dirt(
        "liq_units",
        "bybit_liquidations",
        date(2025, 11, 1),
        "sizes are coin (linear), USD (Bybit inverse) or contracts (OKX, COIN-M)",
        "kept in native units, converted by the instrument of the time",
    ),
    Dirt(
        "perp_with_expiry_okx",
        "okx_instruments",
        date(2025, 11, 1),
        "X-Perps stand among the futures, with an expiry in 2031",
        "perpetual whatever the dates say: never a node of the term structure",
    ),
    Dirt(
        "perp_with_delivery_bybit",
        "bybit_instruments",
        date(2025, 11, 1),
        "LinearPerpetual BTCUSDT has a delivery time",
        "perpetual: never a node of the term structure",
    ),
    Dirt(
        "expired_quoted",
        "okx_mark_prices",
        date(2026, 1, 31),
        "BTC-USD-260130 is still quoted the day after its expiry",
        "status expired, no basis",
    ),
    Dirt(
        "negative_price",
        "bybit_tickers",
        date(2025, 12, 9),
        "one ETH future is marked at -1",
        "quarantined; no basis for that contract on that day",
        n_rejects=1,
    ),
    Dirt(
        "stale_index",
        "deribit_index",
        date(2025, 12, 17),
        "the BTC book carries no index, and the index is read four minutes before it",
        "status stale_index, no basis for BTC on Deribit that day",
    ),
    Dirt(
        "no_long_contract",
        "bybit_instruments",
        date(2025, 11, 1),
        "Bybit lists nothing longer than about three months",
        "120 days has status no_right_bracket",
    ),
)

_DAYS = {dirt.name: dirt.day for dirt in DIRT}


def dirt_day(name: str) -> date:
    """The day of a declared fault."""
    return _DAYS[name]
