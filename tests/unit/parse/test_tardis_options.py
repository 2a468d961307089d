"""Tardis: option chains of Deribit, in coins and points, read in blocks."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from venue_payloads import gzipped, payload, rule_of, rules

from transforms.parse import tardis, tardis_options
from transforms.parse.tardis_options import parse_options_chain

OPTIONS = "core_options__quotes"
HEADER = (
    "exchange,symbol,timestamp,local_timestamp,type,strike_price,expiration,open_interest,last_price,bid_price,"
    "bid_amount,bid_iv,ask_price,ask_amount,ask_iv,mark_price,mark_iv,underlying_index,underlying_price,delta,gamma,"
    "vega,theta,rho"
)
AT = 1770314400000000


def row(exchange="deribit", symbol="BTC-27MAR26-90000-P", at=AT, right="put", mark="0.0221", iv="62.89", bid="0.0205"):
    return (
        f"{exchange},{symbol},{at},{at + 9},{right},90000,1774598400000000,0.1,0.0295,{bid},15.1,55.91,0.0235,15.2,"
        f"68.94,{mark},{iv},SYN.BTC-27MAR26,62756.36,-0.61752,0.00103,2.24964,-53.05655,-0.22796"
    )


def chain(*rows):
    return gzipped("\n".join([HEADER, *rows]) + "\n")


def quotes(*rows):
    return parse_options_chain(chain(*rows)).frames[OPTIONS]


def test_premiums_are_coins_volatilities_points_already_and_sizes_coins():
    """62.89 is per cent a year: taken for a fraction it would be 6,289."""
    found = quotes(row()).row(0, named=True)
    assert (found["premium_currency"], found["mark_premium"], found["bid_premium"]) == ("coin", 0.0221, 0.0205)
    assert (found["mark_iv_points"], found["bid_iv_points"], found["ask_iv_points"]) == (62.89, 55.91, 68.94)
    assert (found["option_open_interest_coin"], found["underlying_price"]) == (0.1, 62756.36)
    assert (found["delta_ratio"], found["gamma"], found["vega"], found["theta"]) == (
        -0.61752, 0.00103, 2.24964, -53.05655,
    )  # fmt: skip
    assert (found["option_type"], found["strike_price"]) == ("put", 90000.0)
    assert found["expires_at"] == datetime(2026, 3, 27, 8, tzinfo=UTC)


def test_premiums_of_linear_options_are_dollars():
    """`SOL_USDC-…` is quoted in USDC."""
    found = quotes(row(symbol="SOL_USDC-27MAR26-90-P"), row())
    assert found.select("asset", "premium_currency").rows() == [("SOL", "usd"), ("BTC", "coin")]


def test_blank_cells_are_null():
    """A book without bids has no bid of zero."""
    found = quotes(row(bid="", mark="")).row(0, named=True)
    assert (found["bid_premium"], found["mark_premium"]) == (None, None)


def test_of_rows_with_one_stamp_and_contract_the_last_received_counts():
    """Both would be the state of one instant; equal ones are repeats, and counted as such later."""
    parsed = parse_options_chain(chain(row(mark="0.02"), row(mark="0.03"), row(mark="0.03")))
    assert parsed.frames[OPTIONS]["mark_premium"].to_list() == [0.03, 0.03]
    assert rules(parsed) == ["superseded"]


def test_other_exchanges_are_refused():
    """Their scale of volatilities is not known."""
    assert rule_of(parse_options_chain, chain(row(exchange="okex-options"))) == "unknown_exchange"


def test_a_file_is_read_in_blocks(monkeypatch):
    """A day of Deribit does not fit into memory as text."""
    rows = [row(at=AT + n, mark=f"0.{n + 100}") for n in range(10)]
    whole = quotes(*rows)
    monkeypatch.setattr(tardis_options, "_BLOCK_ROWS", 3)
    assert quotes(*rows).equals(whole)
    assert whole.height == 10


def test_an_empty_gzip_is_a_day_without_data_and_an_empty_body_is_a_fault():
    """A file of a header alone is a day without data too."""
    for content in (gzip.compress(b""), gzip.compress(f"{HEADER}\n".encode())):
        parsed = parse_options_chain(payload(content))
        assert (parsed.frames[OPTIONS].height, parsed.rejects) == (0, [])
    assert rule_of(parse_options_chain, payload("")) == "empty_payload"


def test_damaged_files_are_refused_whole():
    """Half a day would pass for the whole."""
    content = chain(*(row(at=AT + n, mark=f"0.{n * 7919}") for n in range(500))).content
    assert rule_of(parse_options_chain, payload(content[:-300])) == "bad_gzip"
    assert rule_of(parse_options_chain, gzipped(f"{HEADER}\n{row()[:40]}")) == "bad_csv"
    assert rule_of(parse_options_chain, gzipped("exchange,symbol\nderibit,x\n")) == "missing_column"


def test_rows_that_cannot_be_read_are_rejected():
    """With their cells."""
    parsed = parse_options_chain(chain(row(right="both"), row(iv="high", at=AT + 1)))
    assert rules(parsed) == ["not_an_option", "bad_number"]
    assert parsed.rejects[0].record["type"] == "both"


def test_a_captured_file(realdata):
    """Two assets, blanks, and rows of both sides of midnight."""
    text = (realdata / "venue_messages/tardis/options_chain.csv").read_text("utf-8")
    parsed = parse_options_chain(payload(text))
    frame = parsed.frames[OPTIONS]
    assert (frame.height, parsed.rejects) == (7, [])
    assert set(frame["asset"]) == {"BTC", "ETH"}
    assert frame["mark_iv_points"].to_list() == [62.89, 62.86, 58.1, 58.2, 76.12, 66.12, 62.96]
    assert frame["delta_ratio"].null_count() == 1
    assert str(frame["fact_date"][0]) == "2020-06-07"


@pytest.mark.parametrize(("mark", "index", "open_interest"), [(9500.25, 9500.0, 1_000_000.0)])
def test_a_captured_derivative_ticker(realdata, mark, index, open_interest):
    """BitMEX counts contracts."""
    text = (realdata / "venue_messages/tardis/csv__derivative_ticker_1.csv").read_text("utf-8")
    found = tardis.parse_derivative_ticker(payload(text)).frames["core_futures__quotes"].row(0, named=True)
    assert (found["venue"], found["future_price"], found["index_price"], found["open_interest_native"]) == (
        "bitmex", mark, index, open_interest,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["csv__deltas_1", "csv__deltas_with_snapshot", "csv__trades_1"])
def test_captured_files_of_other_kinds_are_refused(realdata, name):
    """Books and trades have columns of their own; trades read as liquidations would multiply them."""
    text = (realdata / f"venue_messages/tardis/{name}.csv").read_text("utf-8")
    assert rule_of(tardis.parse_derivative_ticker, payload(text)) == "missing_column"
    assert rule_of(parse_options_chain, payload(text)) == "missing_column"
