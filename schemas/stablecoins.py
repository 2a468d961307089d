"""What DefiLlama's stablecoin ids are, for payloads that name coins by id alone.

Belongs here: coins whose id, symbol and peg are beyond doubt, and the names that others give to chains.
Does not belong here: supply, or any coin that is not certain: an id that is not here has an unknown peg,
and is never added as dollars.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stablecoin:
    """A stablecoin: DefiLlama's id, its symbol and name, the currency of its peg, and CoinGecko's id."""

    stablecoin_id: str
    symbol: str
    name: str
    peg_currency: str = "USD"
    gecko_id: str | None = None


STABLECOINS: tuple[Stablecoin, ...] = (
    Stablecoin("1", "USDT", "Tether", gecko_id="tether"),
    Stablecoin("2", "USDC", "USD Coin", gecko_id="usd-coin"),
    Stablecoin("3", "USTC", "TerraClassicUSD", gecko_id="terrausd"),
    Stablecoin("4", "BUSD", "Binance USD", gecko_id="binance-usd"),
    Stablecoin("5", "DAI", "Dai", gecko_id="dai"),
    Stablecoin("6", "FRAX", "Frax", gecko_id="frax"),
    Stablecoin("7", "TUSD", "TrueUSD", gecko_id="true-usd"),
    Stablecoin("14", "USDD", "USDD", gecko_id="usdd"),
    Stablecoin("15", "DOLA", "Dola"),
    Stablecoin("19", "GUSD", "Gemini Dollar", gecko_id="gemini-dollar"),
    Stablecoin("50", "EURC", "Euro Coin", "EUR", "euro-coin"),
    Stablecoin("110", "crvUSD", "crvUSD", gecko_id="crvusd"),
    Stablecoin("118", "GHO", "GHO", gecko_id="gho"),
    Stablecoin("119", "FDUSD", "First Digital USD", gecko_id="first-digital-usd"),
    Stablecoin("120", "PYUSD", "PayPal USD", gecko_id="paypal-usd"),
    Stablecoin("129", "USDY", "Ondo US Dollar Yield"),
    Stablecoin("146", "USDe", "Ethena USDe", gecko_id="ethena-usde"),
    Stablecoin("173", "BUIDL", "BlackRock USD"),
    Stablecoin("195", "USD0", "Usual USD"),
    Stablecoin("205", "AUSD", "Agora Dollar"),
    Stablecoin("209", "USDS", "Sky Dollar", gecko_id="usds"),
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

BY_SYMBOL: dict[str, Stablecoin] = {coin.symbol: coin for coin in STABLECOINS}
BY_GECKO_ID: dict[str, Stablecoin] = {coin.gecko_id: coin for coin in STABLECOINS if coin.gecko_id}

# Chains under the names that DefiLlama gives them, by what issuers and other vendors call them. A name that
# is not here is taken as it stands.
CHAIN_NAMES: dict[str, str] = {
    "ALGO": "Algorand",
    "APTOS": "Aptos",
    "ARB": "Arbitrum",
    "AVAX": "Avalanche",
    "Avalanche C-Chain": "Avalanche",
    "BASE": "Base",
    "BNB Chain": "BSC",
    "CELO": "Celo",
    "ETH": "Ethereum",
    "FLOW": "Flow",
    "HBAR": "Hedera",
    "NEAR": "Near",
    "NOBLE": "Noble",
    "OP": "OP Mainnet",
    "PAH": "Polkadot",
    "POLY": "Polygon",
    "Polygon PoS": "Polygon",
    "SOL": "Solana",
    "SUI": "Sui",
    "TRX": "Tron",
    "XLM": "Stellar",
    "algo": "Algorand",
    "eos": "EOS",
    "eth": "Ethereum",
    "liq": "Liquid",
    "omni": "Omni",
    "slp": "SLP",
    "sol": "Solana",
    "statemine": "Statemine",
    "tron": "Tron",
}
