"""Circle's list of its stablecoins: what circulates in all, and what was minted on each chain.

Belongs here: `/v1/stablecoins`. Does not belong here: other issuers (`tether.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from schemas.feed import Feed, Parsed, Payload, PayloadError, Reject
from schemas.shape import Shape, numbers, texts
from schemas.stablecoins import BY_SYMBOL
from transforms.parse import read
from transforms.parse.issuer_supply import ALL_CHAINS, SUPPLY, amount, chain_name, check_total, day_of, supply_frame

_FORMER_NAMES = {"EUROC": "EURC"}


def parse_stablecoins(payload: Payload) -> Parsed:
    """`data[]` to core_stablecoins__supply: over all chains, and what was minted on each.

    The day is that of the newest `updateDate`; a chain that was updated earlier stands as it is listed. A
    coin that the reference does not name is rejected. Raises `PayloadError`: unexpected_shape,
    not_a_number, total_mismatch (the chains do not add up to totalAmount), future_date, and those of `read`.
    """
    body = read.json_body(payload)
    coins = body.get("data") if isinstance(body, dict) else None
    if not isinstance(coins, list) or not coins or not all(isinstance(c, dict) and c.get("symbol") for c in coins):
        raise PayloadError("unexpected_shape", "no data of coins with symbols in the body")
    known = [coin for coin in coins if _name(coin) in BY_SYMBOL]
    rejects = [
        Reject(SUPPLY, "unknown_stablecoin", "the reference does not name this coin", {"symbol": coin["symbol"]})
        for coin in coins
        if _name(coin) not in BY_SYMBOL
    ]
    rows = [row for coin in known for row in _rows(coin)]
    return Parsed({SUPPLY: supply_frame(rows, *day_of(_stamp(coins, payload.known_at), payload.known_at))}, rejects)


def _name(coin: dict[str, Any]) -> str:
    return _FORMER_NAMES.get(coin["symbol"], coin["symbol"])


def _rows(coin: dict[str, Any]) -> Iterator[dict[str, Any]]:
    total, chains = amount(coin.get("totalAmount")), coin.get("chains") or []
    minted = {chain_name(str(part.get("chain"))): amount(part.get("amount")) for part in chains}
    if total is None or None in minted.values():
        raise PayloadError("unexpected_shape", f"{coin['symbol']} has no totalAmount, or a chain has no amount")
    if minted:
        check_total(coin["symbol"], sum(value or 0.0 for value in minted.values()), total)
    identity = BY_SYMBOL[_name(coin)].stablecoin_id
    yield {"stablecoin_id": identity, "chain": ALL_CHAINS, "circulating_peg": total}
    for chain, value in minted.items():
        yield {"stablecoin_id": identity, "chain": chain, "minted_peg": value}


def _stamp(coins: list[dict[str, Any]], known_at: datetime) -> datetime:
    """The newest update of any chain; the instant of the read where none is given."""
    written = [part.get("updateDate") for coin in coins for part in coin.get("chains") or []]
    try:
        stamps = [datetime.fromisoformat(text) for text in written if text]
    except (TypeError, ValueError) as error:
        raise PayloadError("unexpected_shape", f"an updateDate is no instant: {error}") from error
    if any(stamp.tzinfo is None for stamp in stamps):
        raise PayloadError("unexpected_shape", "an updateDate has no time zone")
    return max(stamps, default=known_at)


_SHAPE = (
    Shape("data.*", {**texts("symbol"), **numbers("totalAmount"), "chains": "list"}),
    Shape("data.*.chains.*", {**texts("chain", "updateDate"), **numbers("amount")}),
)


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="circle_stablecoins",
        source="circle",
        title="Circle: USDC and EURC in circulation, and minted by chain",
        tables=(SUPPLY,),
        parse=parse_stablecoins,
        cadence="a snapshot without history; one call a minute",
        finality_rule="final where it is stamped within an hour of midnight UTC, else preliminary",
        url="https://api.circle.com/v1/stablecoins",
        licence="unverified: use internally, publish only what is derived",
        shape=_SHAPE,
    ),
)
