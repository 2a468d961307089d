"""Names of instruments, and their days: what can be is taken, the rest is stopped in core and never at the gate."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.render.pandera import validate
from schemas.tables import TABLES
from transforms.core.notional import asset_of

PRINTS = TABLES["core_liquidations__prints"]
SEPARATORS = "-_/:"
AT = datetime(2026, 2, 5, 14, tzinfo=UTC)
LISTED = (
    "BTCUSDT", "1000PEPEUSDT", "1000000MOGUSDT", "BTCUSDT_260327", "BTCUSD_PERP", "币安人生USDT", "我踏马来了USDT",
    "BTCUSDT-27MAR26", "BTC-27MAR26", "BTC-PERPETUAL", "BTC_USDC-PERPETUAL", "XRP_USDC-27MAR26-2d5-C",
    "BTC-USDT-SWAP", "BTC-USD-260327", "BTC-USD-260327-70000-C", "PF_XBTUSD", "FF_XBTUSD_260327", "PF_AAPLxUSD",
    "XBT/USD", "BTC", "kPEPE", "xyz:TSLA", "BIT-27MAR26-CDE", "BTC-PERP-INTX", "all", "BTCG6", "XBTH26", "M",
    "USD₮0", "EURØP",
)  # fmt: skip
STRANGE = (
    "", " ", "BTC USDT", "BTCUSDT ", "BTC\tUSDT", "BTCUSDT\n", "BTC\x00USDT", "BTC\u202eTDSU", "BTC\u200bUSDT",
    "=1+1", "+BTC", "-BTC", "@BTC", "-USDT", "_USDT", "BTC'; drop table x; --", 'BTC"', "BTC`", "BTC\\USDT", "BTC|USDT",
    "<b>BTC</b>", "[red]BTC", "BTC{USDT}", "BTC,USDT", "ВТСUSDT", "ΒTCUSDT", "ﬀUSDT", "ΐUSDT", "\u3164", "\U000f0000",
    "../../etc/passwd", "B" * 65,
)  # fmt: skip


def prints(*symbols: str) -> pl.DataFrame:
    """A print of each."""
    given = {
        "fact_date": AT.date(), "event_at": AT, "venue": "bybit", "liq_side": "long", "size_native": 1.0,
        "size_unit": "coin", "price": 70_000.0, "price_kind": "bankruptcy", "occurrence": 1,
        "source": "bybit_liquidations", "raw_sha256": "a" * 64, "known_at": AT, "is_simulated": False,
    }  # fmt: skip
    return pl.DataFrame([given | {"symbol": symbol} for symbol in symbols]).select(
        pl.col(name).cast(dtype) for name, dtype in PRINTS.schema.items()
    )


def allowed(column: str, value: str) -> bool:
    """Whether the dictionary takes a text in a column; `asset` is looked up in a fact."""
    table = PRINTS if column == "symbol" else TABLES["fct_liquidations_daily"]
    frame = pl.DataFrame({column: [value]})
    pattern = next(check.pattern for own in table.columns if own.name == column for check in own.checks)  # type: ignore[union-attr]
    return bool(frame.select(pl.col(column).str.contains(f"^(?:{pattern})$")).item())


@pytest.mark.parametrize("symbol", LISTED)
def test_what_venues_list_is_taken(symbol):
    """A pattern that is too narrow hides a market from the readers."""
    assert validate(prints(symbol), PRINTS).failures.is_empty()


def test_what_no_venue_lists_is_stopped_row_by_row():
    """A strange name that reaches a fact makes the gate refuse the whole release, for as long as it stands in core."""
    found = validate(prints("BTCUSDT", *STRANGE), PRINTS)
    assert found.good["symbol"].to_list() == ["BTCUSDT"]
    assert set(found.failures.select("column", "check").iter_rows()) == {("symbol", "pattern")}
    assert found.failures["row_index"].to_list() == list(range(1, len(STRANGE) + 1))


def test_a_print_of_a_day_before_all_markets_is_stopped_in_core():
    """A stamp in the wrong unit is a day of 1970, which no fact may have: the gate would refuse the whole release."""
    old = prints("ETHUSDT").with_columns(fact_date=pl.lit(date(1970, 1, 21)))
    found = validate(pl.concat([prints("BTCUSDT"), old]), PRINTS)
    assert found.good.height == 1
    assert found.failures.select("column", "check").rows() == [("fact_date", "range")]


@given(
    st.one_of(
        st.text(max_size=70),
        st.text("AaZz09ßŉǅ€$.+币ア한ー_-/:", max_size=70),
        st.builds("".join, st.lists(st.sampled_from(["PF_", "FI_", "USDT", "PERP", "X", "-", "_", "XBT", "H26"]))),
    )
)
def test_a_name_that_core_takes_names_an_asset_that_facts_take(symbol):
    """The facts' asset is made of the name: whatever core lets through must make one, or the gate refuses it."""
    if allowed("symbol", symbol):
        asset = pl.DataFrame({"s": [symbol]}).select(asset_of(pl.col("s"))).item()
        assert asset is not None
        assert allowed("asset", asset), (symbol, asset)
