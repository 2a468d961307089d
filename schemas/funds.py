"""Spot crypto ETFs whose flows are known: what a flow table's columns may be.

Belongs here: ticker, asset, issuer and launch of each fund, the lag of its share count, and what changed its
shares without being a flow. Does not belong here: flows, or how a table is read (`transforms/parse/`). A fund
that is not here makes a table be refused.
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


UNCOUNTED: dict[str, str] = {"DEFI": "BTC"}
"""Funds that some vendors list and no total of ours counts, with their asset: the columns are set aside.

DEFI (Hashdex) became a spot fund in March 2024 by conversion from futures; Farside does not list it, so that
with it every table of Farside's would be incomplete.
"""


@dataclass(frozen=True)
class ShareLag:
    """From `valid_from` on, the count dated D + `so_lag_bd` sessions is the first with the orders of D.

    `so_lag_bd` is 0 (counts of the same evening) or 1 (US fund accounting: the count of D is without D's).
    """

    fund: str
    so_lag_bd: int
    valid_from: date
    valid_to: date | None = None


SHARE_LAGS: tuple[ShareLag, ...] = (
    ShareLag("IBIT", 1, _BTC),
    ShareLag("ETHA", 1, _ETH),
    ShareLag("ETHB", 1, date(2026, 3, 12)),
)
"""Checked for IBIT against Farside's flows of spring 2026. A fund that is not here is not rebuilt."""

NON_FLOWS: dict[str, str] = {
    "seed": "the basket with which a fund starts",
    "conversion": "a trust's assets that became the fund's, or were split off into it",
    "split": "one share became several, or several one",
}


@dataclass(frozen=True)
class FundEvent:
    """What changed a fund's shares or assets on `effective_date` without anybody's order.

    `split_ratio` is new shares per old one; `shares` those that came with a seed or a conversion, in counts
    from that date on; `amount_usd` their value. What is not known is None.
    """

    fund: str
    effective_date: date
    kind: str
    split_ratio: float | None = None
    shares: float | None = None
    amount_usd: float | None = None


_MINI_SPLIT = date(2024, 11, 20)
# Seeds are Farside's row of that name, conversions its cells with an asterisk; splits by the issuers' releases.
FUND_EVENTS: tuple[FundEvent, ...] = (
    FundEvent("ETHA", _ETH, "seed", amount_usd=10.6e6),
    FundEvent("ETHB", date(2026, 3, 12), "seed", amount_usd=104.7e6),
    FundEvent("FETH", _ETH, "seed", amount_usd=4.4e6),
    FundEvent("ETHW", _ETH, "seed", amount_usd=2.5e6),
    FundEvent("TETH", _ETH, "seed", amount_usd=2.3e6),
    FundEvent("ETHV", _ETH, "seed", amount_usd=10.2e6),
    FundEvent("QETH", _ETH, "seed", amount_usd=1.1e6),
    FundEvent("EZET", _ETH, "seed", amount_usd=2.7e6),
    FundEvent("ETHE", _ETH, "conversion", amount_usd=9_199.3e6),
    FundEvent("ETH", _ETH, "conversion", amount_usd=1_022.5e6),
    FundEvent("GBTC", _BTC, "conversion"),
    FundEvent("BTC", date(2024, 7, 31), "conversion"),
    FundEvent("BTC", _MINI_SPLIT, "split", split_ratio=1 / 5),
    FundEvent("ETH", _MINI_SPLIT, "split", split_ratio=1 / 10),
    FundEvent("ARKB", date(2025, 6, 16), "split", split_ratio=3.0),
)


def asset_of(ticker: str) -> str | None:
    """The asset of a fund; None where the fund is not known."""
    return next((fund.asset for fund in FUNDS if fund.ticker == ticker), None)
