"""Circulating supply by chain, and what issuance does and does not change (METHOD §7).

Belongs here: supply from mints, treasuries and bridges; circulation, gross issue and redemption from
events. Does not belong here: changes between two days (`stablecoin_changes.py`), the peg
(`stablecoin_pegs.py`), which feed is believed.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas.rules import ISSUANCE_KIND, STABLECOIN_DUST
from schemas.tables import TABLES
from transforms.core.exact import divided
from transforms.facts.vintage_cuts import cuts, drop_unchanged

_ISSUED = TABLES["core_stablecoins__issued"]
_AMOUNTS = ("gross_issued_peg", "gross_redeemed_peg", "minted_less_burned_peg")
_DAY = ("fact_date", "stablecoin_id", "chain")
ALL_CHAINS = "all"


def without_dust(amount: pl.Expr) -> pl.Expr:
    """The amount, or zero where it is less than 1e-6 away from zero. Null stays null."""
    return pl.when(amount.abs() < STABLECOIN_DUST).then(pl.lit(0.0)).otherwise(amount)


def circulating_by_chain(chains: pl.DataFrame, bridges: pl.DataFrame) -> pl.DataFrame:
    """Circulating supply of each chain: minted − unreleased + bridged in − bridged out.

    `chains`: chain, minted_peg, unreleased_peg (held by the issuer's treasury). `bridges`: chain (where
    the copies are), from_chain (where the originals are locked), bridged_in_peg. What is bridged into one
    chain is bridged out of another, so bridges move supply and never add to it. Both ends of a bridge must
    be in `chains`: else `ValueError`. Returns `chains` with bridged_in_peg, bridged_out_peg,
    circulating_peg and share_ratio of the total, in the order of `chains`. `status`: `missing` where what
    circulates is not known, `zero_base` where the total is zero and the share therefore null.
    After DefiLlama's calcCirculating (github.com/DefiLlama/peggedassets-server).
    """
    loose = {*bridges["chain"], *bridges["from_chain"]} - set(chains["chain"])
    if loose:
        raise ValueError(f"bridges from or to chains that are not given: {sorted(loose)}")
    into = bridges.group_by("chain").agg(pl.col("bridged_in_peg").sum())
    out_of = bridges.group_by(chain="from_chain").agg(bridged_out_peg=pl.col("bridged_in_peg").sum())
    moved = (
        chains.join(into, on="chain", how="left", maintain_order="left")
        .join(out_of, on="chain", how="left", maintain_order="left")
        .with_columns(pl.col("bridged_in_peg", "bridged_out_peg").fill_null(0.0))
    )
    circulating = without_dust(
        pl.col("minted_peg") - pl.col("unreleased_peg") + pl.col("bridged_in_peg") - pl.col("bridged_out_peg")
    )
    total = pl.col("circulating_peg").sum()
    share = pl.when(total != 0).then(divided(pl.col("circulating_peg"), total))
    status = (
        pl.when(pl.col("circulating_peg").is_null()).then(pl.lit("missing")).when(total == 0).then(pl.lit("zero_base"))
    )
    return moved.with_columns(circulating_peg=circulating).with_columns(share_ratio=share, status=status)


def supply_totals(supply: pl.DataFrame) -> pl.DataFrame:
    """One row that checks `circulating_by_chain`, all in units of the peg.

    circulating_peg and minted_less_unreleased_peg are equal where no bridge is missing.
    token_supplies_peg is the sum of all tokens on all chains: too much by what the bridges hold.
    """
    return supply.select(
        circulating_peg=pl.col("circulating_peg").sum(),
        minted_less_unreleased_peg=pl.col("minted_peg").sum() - pl.col("unreleased_peg").sum(),
        token_supplies_peg=(pl.col("minted_peg") + pl.col("bridged_in_peg")).sum(),
    )


def issuance(events: pl.DataFrame, by: Sequence[str] = ()) -> pl.DataFrame:
    """What events at the issuer amount to, per group of `by`, or in one row.

    `events`: issuance_kind, amount_peg (never negative), and the columns `by`, for example chain. Minting
    to the treasury ("authorised but not issued") and burning from it change what is minted and nothing
    else. Issue and redemption change what circulates. A swap takes coins off one chain into its treasury
    (swap_out) and lets as many out on another (swap_in): it moves circulation between chains and is
    neither issue nor redemption. Columns: circulating_change_peg, gross_issued_peg, gross_redeemed_peg,
    minted_less_burned_peg. Raises `ValueError` for a kind that is none of these six.
    """
    unknown = set(events["issuance_kind"]) - set(ISSUANCE_KIND)
    if unknown:
        raise ValueError(f"unknown kinds of issuance: {sorted(unknown)}; known: {', '.join(ISSUANCE_KIND)}")
    sums = [
        (_total("issue", "swap_in") - _total("redeem", "swap_out")).alias("circulating_change_peg"),
        _total("issue").alias("gross_issued_peg"),
        _total("redeem").alias("gross_redeemed_peg"),
        (_total("mint") - _total("burn")).alias("minted_less_burned_peg"),
    ]
    return events.group_by(*by, maintain_order=True).agg(sums) if by else events.select(sums)


def _total(*kinds: str) -> pl.Expr:
    return pl.col("amount_peg").filter(pl.col("issuance_kind").is_in(kinds)).sum()


def issued_daily(events: pl.DataFrame) -> pl.DataFrame:
    """Rows of `core_stablecoins__issued` from `core_stablecoins__issuance`, one per recorded change.

    Per day, coin and chain, and over all chains: the sums of the events known at each instant at which
    one of them became known.
    """
    both = pl.concat([events, events.with_columns(chain=pl.lit(ALL_CHAINS))])
    observed = both.join(cuts(both, _DAY), on=list(_DAY)).filter(pl.col("known_at") <= pl.col("recorded_at"))
    # The order fixes the order of addition, so that a rebuild gives the same last digit.
    ordered = observed.sort(*_DAY, "recorded_at", "event_at", "chain", "issuance_kind", "amount_peg", "occurrence")
    key = [*_DAY, "recorded_at"]
    sums = issuance(ordered, key)
    told = ordered.group_by(key).agg(pl.col("source").max(), pl.col("is_simulated").any())
    rows = sums.join(told, on=key).select(_ISSUED.schema.names()).cast(_ISSUED.schema)
    return drop_unchanged(rows, _DAY, _AMOUNTS).sort(_ISSUED.grain)
