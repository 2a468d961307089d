"""Notional, quantity and asset of liquidation prints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from schemas.tables import TABLES
from transforms.core.instruments import validity
from transforms.core.notional import (
    asset_of,
    coin_quantity,
    conform,
    inverse_notional,
    linear_notional,
    quanto_notional,
    quote_of,
)

PRINTS, CONTRACTS = TABLES["core_liquidations__prints"], TABLES["core_instruments__contracts"]
EVENT_AT = datetime(2026, 2, 5, 22, tzinfo=UTC)
KNOWN_AT = datetime(2026, 2, 6, 1, tzinfo=UTC)


def one_print(**changes) -> dict:
    row = {
        "fact_date": EVENT_AT.date(),
        "event_at": EVENT_AT,
        "venue": "okx",
        "symbol": "BTC-USDT-SWAP",
        "liq_side": "long",
        "size_native": 350.0,
        "size_unit": "contracts",
        "price": 62180.5,
        "price_kind": "bankruptcy",
        "occurrence": 1,
        "source": "okx_liquidations",
        "raw_sha256": "a" * 64,
        "known_at": KNOWN_AT,
        "is_simulated": False,
    }
    return row | changes


def prints(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=PRINTS.schema)


def instruments(*rows: dict) -> pl.DataFrame:
    common = {
        "venue": "okx",
        "symbol": "BTC-USDT-SWAP",
        "asset": "BTC",
        "quote_currency": "USDT",
        "settle_currency": "USDT",
        "instrument_kind": "perpetual",
        "margin_type": "linear",
        "contract_value": 0.01,
        "contract_value_currency": "BTC",
        "listed_at": None,
        "expires_at": None,
        "source": "okx_instruments",
        "raw_sha256": "b" * 64,
        "known_at": datetime(2026, 1, 1, tzinfo=UTC),
        "is_simulated": False,
    }
    return validity(pl.DataFrame([common | row for row in rows], schema=CONTRACTS.schema))


def test_linear_notional_is_contracts_times_value_times_price(example):
    """Fails where the contract multiplier is left out or a side is flipped (worked example liq_01)."""
    case = example("liq_01")
    given, expected = case["inputs"]["rows"], case["expected"]
    venue_sides = {"sell": "long", "buy": "short"}
    rows, contracts = [], []
    for number, row in enumerate(given):
        raw = row["raw"]
        side = raw[row["raw_side_field"]].lower()
        is_position = row["raw_side_means"] == "position_side"
        rows.append(
            one_print(
                venue=row["venue"],
                symbol=row["symbol"],
                event_at=EVENT_AT + timedelta(seconds=number),
                liq_side={"buy": "long", "sell": "short"}[side] if is_position else venue_sides[side],
                size_native=float(raw[row["size_field"]]),
                price=float(raw[row["price_field"]]),
            )
        )
        asset = row["contract_value_ccy"]
        named = {"venue": row["venue"], "symbol": row["symbol"], "asset": asset}
        contracts.append(named | {"contract_value": row["contract_value"], "contract_value_currency": asset})
    unique = list({(c["venue"], c["symbol"]): c for c in contracts}.values())
    events = conform(prints(*rows), instruments(*unique))
    assert events["notional_usd"].to_list() == pytest.approx([r["notional_usd"] for r in expected["rows"]])
    assert events["quantity_coin"].to_list() == pytest.approx([r["base_qty"] for r in expected["rows"]])
    by_side = dict(events.group_by("liq_side").agg(pl.col("notional_usd").sum()).iter_rows())
    assert by_side["long"] == pytest.approx(expected["long_usd"], rel=1e-12)
    assert by_side["short"] == pytest.approx(expected["short_usd"], rel=1e-12)
    assert events["asset"].to_list() == [row["contract_value_ccy"] for row in given]


def test_inverse_notional_does_not_depend_on_the_price(example):
    """Fails where contracts are multiplied by the price (worked example liq_02)."""
    case = example("liq_02")
    given, expected = case["inputs"]["rows"], case["expected"]
    rows = [
        one_print(
            venue=r["venue"],
            symbol=r["symbol"],
            event_at=EVENT_AT + timedelta(seconds=n),
            size_native=r["contracts"],
            price=r["price"],
            liq_side=r["position"],
        )
        for n, r in enumerate(given)
    ]
    contracts = [
        {
            "venue": r["venue"],
            "symbol": r["symbol"],
            "asset": r["symbol"][:3],
            "quote_currency": "USD",
            "margin_type": "inverse",
            "contract_value": r["contract_value_usd"],
            "contract_value_currency": "USD",
        }
        for r in given
    ]
    events = conform(prints(*rows), instruments(*contracts))
    assert events["notional_usd"].to_list() == [r["notional_usd"] for r in expected["rows"]]
    assert events["quantity_coin"].to_list() == pytest.approx([r["base_qty"] for r in expected["rows"]], rel=1e-12)
    before_the_fall = pl.select(coin_quantity(pl.lit(150_000.0), pl.lit(73_100.0))).item()
    assert before_the_fall == pytest.approx(expected["coin_qty_of_row0_at_price_73100"], rel=1e-12)
    assert pl.select(coin_quantity(pl.lit(0.0), pl.lit(0.0))).item() is None
    assert events["notional_usd"].sum() == expected["total_usd"]
    dollars = pl.DataFrame({"n": [1500.0]}).select(inverse_notional(pl.col("n"), pl.lit(100.0)))
    assert dollars.item() == 150000.0


def test_quanto_notional_uses_the_settlement_coins_index(example):
    """Fails where the quoted price is taken for the value of the settlement coin (worked example liq_03)."""
    case = example("liq_03")
    names = ("contracts", "multiplier_settle_coin_per_price_unit", "quoted_price", "settle_index_usd")
    row = pl.DataFrame({name: [float(case["inputs"][name])] for name in names})
    got = row.select(quanto_notional(*(pl.col(name) for name in names))).item()
    assert got == pytest.approx(case["expected"]["notional_usd"], rel=1e-12)
    coin = row.select(linear_notional(*(pl.col(name) for name in names[:3]))).item()
    assert coin == pytest.approx(case["expected"]["value_settle_coin"], rel=1e-12)


def test_a_quanto_print_has_no_price_in_dollars():
    """Fails where a quanto contract is priced as a linear one."""
    event = conform(prints(one_print()), instruments({"margin_type": "quanto"})).row(0, named=True)
    assert (event["notional_usd"], event["status"]) == (None, "no_price")


def test_sizes_in_coin_or_dollars_need_no_instrument():
    """Fails where prints of Binance USD-M, Bybit or Deribit wait for an instrument list."""
    events = conform(
        prints(
            one_print(symbol="BTCUSDT", size_unit="coin", size_native=2.0, price=60000.0),
            one_print(symbol="BTC-PERPETUAL", size_unit="usd", size_native=30000.0, price=60000.0),
        ),
        validity(CONTRACTS.empty()),
    ).sort("symbol", descending=True)
    assert events["notional_usd"].to_list() == [120000.0, 30000.0]
    assert events["quantity_coin"].to_list() == [2.0, 0.5]
    assert events["status"].to_list() == [None, None]
    assert events["asset"].to_list() == ["BTC", "BTC"]


def test_sizes_in_contracts_without_an_instrument_have_no_notional():
    """Fails where one contract is taken for one coin."""
    event = conform(prints(one_print()), validity(CONTRACTS.empty())).row(0, named=True)
    assert (event["notional_usd"], event["quantity_coin"], event["status"]) == (None, None, "no_instrument")
    assert event["asset"] == "BTC"


def test_a_price_in_another_currency_is_not_dollars():
    """Fails where a euro or bitcoin price is added as dollars."""
    event = conform(prints(one_print()), instruments({"quote_currency": "EUR"})).row(0, named=True)
    assert (event["notional_usd"], event["status"]) == (None, "no_price")
    assert event["quantity_coin"] == 3.5


def test_a_notional_is_known_only_when_its_instrument_is():
    """Fails where an as-of query sees a notional before anyone could have computed it."""
    later = datetime(2026, 3, 1, tzinfo=UTC)
    in_contracts = conform(prints(one_print()), instruments({"known_at": later}))
    in_coin = conform(prints(one_print(size_unit="coin")), instruments({"known_at": later}))
    assert in_contracts.select("known_at", "is_repricing", "status").rows() == [
        (KNOWN_AT, False, "no_instrument"),
        (later, True, None),
    ]
    assert in_contracts["notional_usd"].is_null().to_list() == [True, False]
    assert in_coin["known_at"].to_list() == [KNOWN_AT]


def test_prints_of_several_collectors_keep_the_largest_multiplicity():
    """Fails where a union double counts, or a plain DISTINCT drops real prints."""
    other = {"source": "tardis_liquidations", "known_at": KNOWN_AT + timedelta(hours=1)}
    events = conform(
        prints(
            one_print(occurrence=1),
            one_print(occurrence=2),
            one_print(occurrence=1, **other),
            one_print(occurrence=2, **other),
            one_print(occurrence=3, **other),
        ),
        instruments({}),
    )
    assert events["occurrence"].to_list() == [1, 2, 3]
    assert events["source"].to_list() == ["okx_liquidations"] * 2 + ["tardis_liquidations"]


def test_one_print_at_two_kinds_of_price_counts_once():
    """Fails where the order price of one feed and the average fill of another are two liquidations."""
    fill = one_print(venue="binance", symbol="BTCUSDT", size_unit="coin", price=62655.5, price_kind="average_fill")
    order = fill | {"price": 62400.0, "price_kind": "order", "source": "tardis_liquidations"}
    assert conform(prints(order, fill), instruments({}))["price"].to_list() == [62655.5]
    another = fill | {"price": 62600.0}
    assert conform(prints(fill, another, order), instruments({})).height == 2


@pytest.mark.parametrize(
    ("symbol", "asset", "quote"),
    [
        ("BTCUSDT", "BTC", "USDT"),
        ("BTCUSD_PERP", "BTC", "USD"),
        ("BTCUSDT_260327", "BTC", "USDT"),
        ("BTC-USDT-SWAP", "BTC", "USDT"),
        ("BTC-USD-260327", "BTC", "USD"),
        ("BTC-PERPETUAL", "BTC", None),
        ("BTC_USDC-PERPETUAL", "BTC", "USDC"),
        ("BTC-27MAR26", "BTC", None),
        ("BTCUSDH26", "BTC", "USD"),
        ("BTCPERP", "BTC", None),
        ("PF_XBTUSD", "BTC", "USD"),
        ("XBTUSD", "BTC", "USD"),
        ("XBTH26", "BTC", None),
        ("BTCG6", "BTC", None),
        ("BNBUSD_PERP", "BNB", "USD"),
        ("1000PEPEUSDT", "1000PEPE", "USDT"),
        ("USDCUSDT", "USDC", "USDT"),
        ("API3-USDT-SWAP", "API3", "USDT"),
    ],
)
def test_the_asset_and_quote_of_a_symbol(symbol, asset, quote):
    """Fails where one venue's way of writing a symbol makes another asset of it."""
    named = pl.DataFrame({"s": [symbol]}).select(a=asset_of(pl.col("s")), q=quote_of(pl.col("s")))
    assert named.row(0) == (asset, quote)
