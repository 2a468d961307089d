"""What DefiLlama's stablecoin ids are, for payloads that name coins by id alone.

Belongs here: coins whose id, symbol and peg are beyond doubt. Does not belong here: supply, or any coin
that is not certain: an id that is not here has an unknown peg, and is never added as dollars.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stablecoin:
    """A stablecoin: DefiLlama's id, its symbol and name, and the currency of its peg."""

    stablecoin_id: str
    symbol: str
    name: str
    peg_currency: str = "USD"


STABLECOINS: tuple[Stablecoin, ...] = (
    Stablecoin("1", "USDT", "Tether"),
    Stablecoin("2", "USDC", "USD Coin"),
    Stablecoin("3", "USTC", "TerraClassicUSD"),
    Stablecoin("4", "BUSD", "Binance USD"),
    Stablecoin("5", "DAI", "Dai"),
    Stablecoin("6", "FRAX", "Frax"),
    Stablecoin("7", "TUSD", "TrueUSD"),
    Stablecoin("14", "USDD", "USDD"),
    Stablecoin("15", "DOLA", "Dola"),
    Stablecoin("19", "GUSD", "Gemini Dollar"),
    Stablecoin("50", "EURC", "Euro Coin", "EUR"),
    Stablecoin("110", "crvUSD", "crvUSD"),
    Stablecoin("118", "GHO", "GHO"),
    Stablecoin("119", "FDUSD", "First Digital USD"),
    Stablecoin("120", "PYUSD", "PayPal USD"),
    Stablecoin("129", "USDY", "Ondo US Dollar Yield"),
    Stablecoin("146", "USDe", "Ethena USDe"),
    Stablecoin("173", "BUIDL", "BlackRock USD"),
    Stablecoin("195", "USD0", "Usual USD"),
    Stablecoin("205", "AUSD", "Agora Dollar"),
    Stablecoin("209", "USDS", "Sky Dollar"),
    Stablecoin("213", "M", "M by M0"),
    Stablecoin("221", "USDTB", "Ethena USDtb"),
    Stablecoin("235", "FRXUSD", "Frax USD"),
    Stablecoin("246", "USDf", "Falcon USD"),
    Stablecoin("250", "RLUSD", "Ripple USD"),
    Stablecoin("258", "A7A5", "A7A5", "RUB"),
    Stablecoin("262", "USD1", "World Liberty Financial USD"),
    Stablecoin("286", "USDG", "Global Dollar"),
    Stablecoin("309", "USDai", "USD.AI"),
    Stablecoin("310", "USX", "Solstice USX"),
    Stablecoin("336", "U", "United Stables"),
)
