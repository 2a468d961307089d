"""Spot crypto ETFs whose flows are known: what a flow table's columns may be.

Belongs here: ticker, asset, issuer and launch of each fund. Does not belong here: flows, or how a
table is read (`transforms/parse/farside.py`). A fund that is not here makes a table be refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Fund:
    """A fund: `launch_date` is the first trade date on which it can report (New York)."""

    ticker: str
    asset: str
    issuer: str
    name: str
    launch_date: date


_BTC = date(2024, 1, 11)
_ETH = date(2024, 7, 23)

FUNDS: tuple[Fund, ...] = (
    Fund("IBIT", "BTC", "BlackRock", "iShares Bitcoin Trust ETF", _BTC),
    Fund("FBTC", "BTC", "Fidelity", "Fidelity Wise Origin Bitcoin Fund", _BTC),
    Fund("BITB", "BTC", "Bitwise", "Bitwise Bitcoin ETF", _BTC),
    Fund("ARKB", "BTC", "Ark 21Shares", "ARK 21Shares Bitcoin ETF", _BTC),
    Fund("BTCO", "BTC", "Invesco", "Invesco Galaxy Bitcoin ETF", _BTC),
    Fund("EZBC", "BTC", "Franklin Templeton", "Franklin Bitcoin ETF", _BTC),
    Fund("BRRR", "BTC", "CoinShares", "CoinShares Valkyrie Bitcoin Fund", _BTC),
    Fund("HODL", "BTC", "VanEck", "VanEck Bitcoin ETF", _BTC),
    Fund("BTCW", "BTC", "WisdomTree", "WisdomTree Bitcoin Fund", _BTC),
    Fund("MSBT", "BTC", "Morgan Stanley", "Morgan Stanley Bitcoin Trust", date(2026, 4, 8)),
    Fund("GBTC", "BTC", "Grayscale", "Grayscale Bitcoin Trust ETF", _BTC),
    Fund("BTC", "BTC", "Grayscale", "Grayscale Bitcoin Mini Trust ETF", date(2024, 7, 31)),
    Fund("ETHA", "ETH", "BlackRock", "iShares Ethereum Trust ETF", _ETH),
    Fund("ETHB", "ETH", "BlackRock", "iShares Staked Ethereum Trust ETF", date(2026, 3, 12)),
    Fund("FETH", "ETH", "Fidelity", "Fidelity Ethereum Fund", _ETH),
    Fund("ETHW", "ETH", "Bitwise", "Bitwise Ethereum ETF", _ETH),
    Fund("TETH", "ETH", "21Shares", "21Shares Ethereum ETF", _ETH),
    Fund("ETHV", "ETH", "VanEck", "VanEck Ethereum ETF", _ETH),
    Fund("QETH", "ETH", "Invesco", "Invesco Galaxy Ethereum ETF", _ETH),
    Fund("EZET", "ETH", "Franklin Templeton", "Franklin Ethereum ETF", _ETH),
    Fund("ETHE", "ETH", "Grayscale", "Grayscale Ethereum Trust ETF", _ETH),
    Fund("ETH", "ETH", "Grayscale", "Grayscale Ethereum Mini Trust ETF", _ETH),
    Fund("BSOL", "SOL", "Bitwise", "Bitwise Solana Staking ETF", date(2025, 10, 28)),
    Fund("GSOL", "SOL", "Grayscale", "Grayscale Solana Trust ETF", date(2025, 10, 29)),
    Fund("VSOL", "SOL", "VanEck", "VanEck Solana ETF", date(2025, 11, 17)),
    Fund("FSOL", "SOL", "Fidelity", "Fidelity Solana Fund", date(2025, 11, 18)),
    Fund("TSOL", "SOL", "21Shares", "21Shares Solana ETF", date(2025, 11, 19)),
    Fund("SOEZ", "SOL", "Franklin Templeton", "Franklin Solana ETF", date(2025, 12, 3)),
)

FORMER_TICKERS: dict[str, str] = {"CETH": "TETH"}
"""Tickers that older tables print, and what the fund is called now."""


def funds_of(asset: str) -> dict[str, Fund]:
    """The funds of one asset by ticker; empty where none is known."""
    return {fund.ticker: fund for fund in FUNDS if fund.asset == asset}
