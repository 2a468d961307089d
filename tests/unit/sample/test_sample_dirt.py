"""Each fault that the sample feeds declare is really in them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

from orchestration.sources.sample import DIRT
from orchestration.sources.sample.dirt import dirt_day

ROW = re.compile(r'<tr[^>]*>\s*<td><span class="tabletext">(\d\d \w{3} \d{4})</span></td>(.*?)</tr>', re.S)
CELL = re.compile(r'<span class="tabletext">(?:<span class="redFont">)?([^<]*)<')


def etf_row(page, day: date) -> list[str]:
    """The cells of a trade date on an HTML page, the total last."""
    found = {label: CELL.findall(cells) for label, cells in ROW.findall(page.content.decode())}
    return found[f"{day:%d %b %Y}"]


def reads(find, partition: date):
    """The compact page's three reads of a batch."""
    return find("farside_etf_flows", partition, "farside/btc#")


def column(sample) -> dict[str, str]:
    """Day to the cell of a one-column export."""
    rows = csv.DictReader(io.StringIO(sample.content.decode()))
    return {next(iter(row.values()))[:10]: list(row.values())[1] for row in rows}


def stamped_day(milliseconds: str) -> date:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC).date()


def lines(find, name: str) -> list[str]:
    fault = next(dirt for dirt in DIRT if dirt.name == name)
    return find(fault.feed, fault.day)[0].content.decode().splitlines()


def test_dirt_names_are_unique_and_each_says_what_to_do():
    """Otherwise a fault could be declared twice or without a consequence."""
    assert len({dirt.name for dirt in DIRT}) == len(DIRT)
    assert all(dirt.handling for dirt in DIRT)


def test_etf_pending_at_night_and_whole_in_the_morning(find):
    """Otherwise nothing shows that a dash is not a zero."""
    night, dawn, morning = (etf_row(page, dirt_day("etf_pending")) for page in reads(find, dirt_day("etf_pending")))
    assert "-" in night
    assert night[0] == "-"
    assert "-" not in dawn
    assert dawn == morning
    assert dawn[-1] == "(434.1)"


def test_etf_placeholder_zeros(find):
    """Otherwise a printed zero would pass for a reported one."""
    night, dawn, _ = (etf_row(page, date(2026, 2, 3)) for page in reads(find, date(2026, 2, 3)))
    assert set(night) == {"0.0"}
    assert dawn[-1] == "(272.0)"


def test_etf_late_fills(find):
    """Otherwise no vintage of the sample is ever filled late."""
    fund = 1 + 6
    late = dirt_day("etf_late_fill")
    assert etf_row(reads(find, late)[-1], late)[fund] == "-"
    assert etf_row(reads(find, late + timedelta(days=1))[-1], late)[fund] not in ("-", "0.0")
    friday = dirt_day("etf_late_fill_weekend")
    assert [etf_row(reads(find, friday)[-1], friday)[n] for n in (1, fund)] == ["-", "-"]
    assert "-" not in etf_row(reads(find, date(2026, 2, 9))[0], friday)
    christmas = date(2025, 12, 26)
    assert etf_row(reads(find, christmas)[-1], christmas)[-1] == "(83.3)"
    assert etf_row(reads(find, date(2025, 12, 29))[0], christmas)[-1] == "(275.9)"


def test_etf_never_reported_and_holiday_row(find):
    """Otherwise neither a permanent dash nor a row that is no session is met."""
    history = find("farside_etf_flows", date(2026, 2, 27), "all-data")[0]
    assert etf_row(history, dirt_day("etf_never_reported")).count("-") == 1
    holiday = dirt_day("etf_holiday_row")
    assert all(etf_row(page, holiday) == ["-"] * 11 + ["0.0"] for page in reads(find, holiday))
    assert "16 Feb 2026" not in history.content.decode()
    assert "27 Nov 2025" not in history.content.decode()


def test_etf_json_writes_zero_for_pending(find):
    """Otherwise the JSON copy's false zeros are not met."""
    first, last = find("farside_etf_flows", date(2026, 2, 5), "eth_etf_flows")
    before, after = (json.loads(sample.content)["daily_flows"][-1] for sample in (first, last))
    assert before["date"] == after["date"] == "2026-02-05"
    assert before["flows"]["ETHA"] == 0.0
    assert after["flows"]["ETHA"] != 0.0


def test_cryptoquant_value_is_restated_three_days_later(find):
    """Otherwise no vintage of the sample is a restatement."""
    day = dirt_day("cq_restated")
    values = [
        column(find("cryptoquant_exchange_flows", day + timedelta(days=n), "Inflow")[0])[day.isoformat()]
        for n in range(5)
    ]
    assert values[0] == values[1] == values[2] != values[3]
    assert values[3] == values[4]


def test_cryptoquant_newest_row_is_a_part_day(find):
    """Otherwise a running day would pass for a whole one."""
    day = dirt_day("cq_part_day")
    part = column(find("cryptoquant_exchange_flows", day - timedelta(days=1), "Inflow")[0])
    whole = column(find("cryptoquant_exchange_flows", day, "Inflow")[0])
    assert next(iter(part)) == day.isoformat()
    assert float(part[day.isoformat()]) < 0.5 * float(whole[day.isoformat()])


def test_cryptoquant_reserve_break_flat_price_and_empty_cell(find):
    """Otherwise the vendor's own inconsistencies are not met."""
    export = date(2026, 1, 19)
    reserve = column(find("cryptoquant_exchange_flows", export, "Reserve - All")[0])
    netflow = column(find("cryptoquant_exchange_flows", export, "Netflow")[0])
    jump = float(reserve["2026-01-15"]) - float(reserve["2026-01-14"]) - float(netflow["2026-01-15"])
    assert abs(jump - 1_250) < 0.01
    usd = column(find("cryptoquant_exchange_flows", date(2026, 1, 5), "Reserve USD")[0])
    coins = column(find("cryptoquant_exchange_flows", date(2026, 1, 5), "Reserve - All")[0])
    prices = {day: round(float(usd[day]) / float(coins[day]), 4) for day in coins}
    assert len({prices[f"2025-12-{n}"] for n in range(22, 28)}) == 1
    assert prices["2025-12-28"] != prices["2025-12-27"]
    long_side = column(find("cryptoquant_liquidations", date(2025, 12, 22), "Long Liquidations -")[0])
    assert long_side["2025-12-18"] == ""


def test_stablecoin_live_row_rewritten_day_zero_supply_and_rouble_peg(find):
    """Otherwise provisional, rewritten, empty and foreign supplies are not met."""

    def export(partition: date) -> dict[str, dict[str, str]]:
        text = find("defillama_stablecoin_chart_export", partition)[0].content.decode()
        return {row["date"]: row for row in csv.DictReader(io.StringIO(text))}

    live = export(date(2026, 2, 5))["2026-02-06"]
    assert live["1"]
    assert live["5"] == ""
    whole = export(date(2026, 2, 6))["2026-02-06"]
    assert whole["5"]
    assert whole["1"] != live["1"]
    before, after = (int(export(day)["2026-01-20"]["2"]) for day in (date(2026, 1, 25), date(2026, 1, 27)))
    assert after - before == 400_000_000
    assert {row["9999"] for row in export(date(2026, 2, 5)).values()} == {"0"}
    coins = json.loads(find("defillama_stablecoins")[0].content)["peggedAssets"]
    assert {coin["symbol"]: coin["pegType"] for coin in coins}["A7A5"] == "peggedRUB"


def test_liquidation_files_miss_a_day_repeat_messages_and_are_cut(find):
    """Otherwise gaps, re-deliveries and damage are not met."""
    assert find("okx_liquidations", dirt_day("liq_missing_day")) == []
    binance = lines(find, "liq_redelivered")
    assert sum(n - 1 for n in Counter(binance).values()) == 12
    garbage = [line for line in binance if not line.endswith("}}")]
    assert len(garbage) == 1
    bybit = Counter(lines(find, "liq_identical_rows"))
    twice = [line for line, n in bybit.items() if n == 2]
    assert len(twice) == 1
    data = json.loads(twice[0])["message"]["data"]
    assert data[-1] == data[-2]
    first = json.loads(lines(find, "liq_snapshot")[0])["message"]["data"][0]["details"][0]
    assert stamped_day(first["ts"]) == dirt_day("liq_snapshot") - timedelta(days=1)


def test_liquidation_sizes_come_in_three_units(find):
    """Otherwise a conversion that ignores the venue would not be noticed."""
    day = date(2026, 2, 5)
    bybit = [row for line in find("bybit_liquidations", day)[0].content.decode().splitlines()
             for row in json.loads(line)["message"]["data"]]  # fmt: skip
    usd = [float(row["v"]) for row in bybit if row["s"] == "BTCUSD"]
    coin = [float(row["v"]) for row in bybit if row["s"] == "BTCUSDT"]
    assert min(usd) > 100
    assert sum(coin) / len(coin) < 20
    okx = find("okx_liquidations", day)[0].content.decode()
    assert '"instId":"BTC-USD-SWAP"' in okx
    assert '"instId":"BTC-USDT-SWAP"' in okx


def test_perpetuals_with_an_expiry(find):
    """Otherwise a perpetual could become a node of the term structure."""
    day = date(2026, 2, 5)
    futures = json.loads(find("okx_instruments", day, "FUTURES")[0].content)["data"]
    assert {row["instId"] for row in futures if "XPERP" in row["instId"] and row["expTime"]}
    linear = json.loads(find("bybit_instruments", day, "linear")[0].content)["result"]["list"]
    perpetual = next(row for row in linear if row["symbol"] == "BTCUSDT")
    assert perpetual["contractType"] == "LinearPerpetual"
    assert int(perpetual["deliveryTime"]) > 0


def test_an_expired_contract_is_quoted_and_has_left_the_list(find):
    """Otherwise an expired contract would never meet the basis."""
    day = dirt_day("expired_quoted")
    quoted = {row["instId"] for row in json.loads(find("okx_mark_prices", day)[0].content)["data"]}
    offered = {row["instId"] for row in json.loads(find("okx_instruments", day, "FUTURES")[0].content)["data"]}
    assert quoted - offered == {"BTC-USD-260130"}


def test_negative_price_and_stale_index(find):
    """Otherwise the price checks and the skew limit meet nothing."""
    tickers = json.loads(find("bybit_tickers", dirt_day("negative_price"))[0].content)["result"]["list"]
    assert sum(float(row["markPrice"]) < 0 for row in tickers) == 1
    index = find("deribit_index", dirt_day("stale_index"), "btc_usd")[0]
    book = find("deribit_book_summary", dirt_day("stale_index"), "BTC")[0]
    assert book.known_at - index.known_at > timedelta(minutes=3)
    assert "estimated_delivery_price" not in book.content.decode()


def test_bybit_lists_nothing_long_and_deribit_brackets_every_tenor(find):
    """Otherwise no tenor lacks a right bracket, or all do."""
    for day in (date(2025, 11, 15), date(2026, 1, 10), date(2026, 2, 28)):
        linear = json.loads(find("bybit_instruments", day, "linear")[0].content)["result"]["list"]
        dated = [int(row["deliveryTime"]) for row in linear if row["contractType"] == "LinearFutures"]
        assert max(map(stamped_day, map(str, dated))) - day < timedelta(days=120)
        deribit = json.loads(find("deribit_instruments", day)[0].content)["result"]
        expiries = [
            stamped_day(str(r["expiration_timestamp"])) for r in deribit if r["settlement_period"] != "perpetual"
        ]
        assert min(expiries) - day <= timedelta(days=14)
        assert max(expiries) - day > timedelta(days=120)
