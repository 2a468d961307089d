"""Tether's transparency page: what it has authorised, not issued and quarantined on each chain.

Belongs here: `transparency.json`. Does not belong here: other issuers (`circle.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from schemas.feed import Feed, Parsed, Payload, PayloadError
from schemas.shape import Shape, numbers
from transforms.parse import read
from transforms.parse.issuer_supply import ALL_CHAINS, SUPPLY, amount, chain_name, check_total, day_of, supply_frame

_USDT = "1"
_AUTHORISED, _HELD_BACK = "totaltokens_", ("reserve_balance_", "quarantined_")
_FIELD = re.compile(rf"({_AUTHORISED}|{'|'.join(_HELD_BACK)})(\w+)")


def parse_transparency(payload: Payload) -> Parsed:
    """`data.usdt` to core_stablecoins__supply: over all chains, and what was minted on each.

    Circulating is authorised less not issued less quarantined, which is Tether's liabilities. The flat
    fields are read: `data_formatted` leaves legacy chains out. Other coins of the page are not taken.
    Raises `PayloadError`: unexpected_shape, not_a_number, total_mismatch (the chains do not add up to
    `total_liabilities`), future_date, and those of `read`.
    """
    body = read.json_body(payload)
    data = body.get("data") if isinstance(body, dict) else None
    usdt = data.get("usdt") if isinstance(data, dict) else None
    if not isinstance(usdt, dict) or amount(usdt.get("id")) is None:
        raise PayloadError("unexpected_shape", "no data.usdt with its stamp (id) in the body")
    rows = list(_rows(usdt))
    if not rows:
        raise PayloadError("unexpected_shape", f"data.usdt has no field {_AUTHORISED}…")
    minted, unreleased = (sum(row[name] for row in rows) for name in ("minted_peg", "unreleased_peg"))
    check_total("USDT", minted - unreleased, amount(usdt.get("total_liabilities")))
    total = {"chain": ALL_CHAINS, "minted_peg": minted, "unreleased_peg": unreleased}
    stamp = datetime.fromtimestamp(amount(usdt["id"]) or 0, UTC)
    everything = [total | {"circulating_peg": minted - unreleased}, *rows]
    supply = supply_frame(({"stablecoin_id": _USDT} | row for row in everything), *day_of(stamp, payload.known_at))
    return Parsed({SUPPLY: supply})


def _rows(usdt: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What was minted on each chain, and how much of it the treasury holds or has frozen for good."""
    fields = {match.groups(): amount(value) or 0.0 for key, value in usdt.items() if (match := _FIELD.fullmatch(key))}
    chains = dict.fromkeys(chain for _, chain in fields)
    without = [chain for chain in chains if (_AUTHORISED, chain) not in fields]
    if without:
        raise PayloadError("unexpected_shape", f"chains with a reserve and no authorised tokens: {without}")
    for chain in chains:
        yield {
            "chain": chain_name(chain),
            "minted_peg": fields[_AUTHORISED, chain],
            "unreleased_peg": sum(fields.get((held, chain), 0.0) for held in _HELD_BACK),
        }


FEEDS: tuple[Feed, ...] = (
    Feed(
        name="tether_transparency",
        source="tether",
        title="Tether: USDT authorised, not issued and quarantined, by chain",
        tables=(SUPPLY,),
        parse=parse_transparency,
        cadence="about daily; a snapshot without history",
        finality_rule="final where it is stamped within an hour of midnight UTC, else preliminary",
        url="https://app.tether.to/transparency.json",
        licence="unverified: use internally, publish only what is derived",
        shape=Shape("data.usdt", numbers("id", "total_liabilities")),
    ),
)
