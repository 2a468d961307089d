"""Coins moved to and from exchanges, from transfers and the labels of their addresses (METHOD §7).

Belongs here: which transfers are internal, inflow and outflow by a version of the labels, what passes the
issuer's treasury. Does not belong here: vendors' own netflows, which come with their labels applied.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from schemas.column import UTC_INSTANT
from schemas.rules import ALL_EXCHANGES, EXCHANGE, TREASURY

_SIDES = ("from", "to")
# What labels are taken to say where a frame has no such column.
_DEFAULTS: dict[str, pl.Expr] = {
    "entity_kind": pl.lit(EXCHANGE),
    "label_version": pl.lit(1),
    "known_at": pl.lit(None, UTC_INSTANT),
}


def labels_at(labels: pl.DataFrame, label_version: int | None = None, known_at: datetime | None = None) -> pl.DataFrame:
    """The newest label of each address, of those up to `label_version` and known up to `known_at`.

    `labels`: address, entity and, where there are such, entity_kind (`exchange`, the default, `treasury` or
    another), label_version, known_at. An address whose newest label has no entity has lost its label. Columns:
    address, entity, entity_kind.
    """
    seen = _described(labels)
    if label_version is not None:
        seen = seen.filter(pl.col("label_version") <= label_version)
    if known_at is not None:
        seen = seen.filter(pl.col("known_at") <= known_at)
    newest = seen.sort("label_version", "known_at", "entity", nulls_last=False).unique("address", keep="last")
    return newest.drop_nulls("entity").select("address", "entity", "entity_kind").sort("address")


def _described(labels: pl.DataFrame) -> pl.DataFrame:
    return labels.with_columns(**{name: default for name, default in _DEFAULTS.items() if name not in labels.columns})


def label_transfers(transfers: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Add from_entity, from_kind, to_entity, to_kind; null where the address has no label.

    `transfers`: from_address, to_address, amount_coin, block_at. `labels` as for `labels_at`, whose newest count.
    """
    newest = labels_at(labels)
    for side in _SIDES:
        named = newest.select(
            pl.col("address").alias(f"{side}_address"),
            pl.col("entity").alias(f"{side}_entity"),
            pl.col("entity_kind").alias(f"{side}_kind"),
        )
        transfers = transfers.join(named, on=f"{side}_address", how="left", maintain_order="left")
    return transfers


def exchange_flows(transfers: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Inflow, outflow and netflow of each exchange and of `all_exchanges`, per UTC day of the block.

    Transfers inside an entity are internal to it; for all exchanges together so are those between two of
    them. What the issuer's treasury sends to an exchange is inflow as any other, and what it takes back is
    outflow: it is issuance as well (`issued_through_treasury`), and is not taken off here. Columns:
    fact_date, entity, inflow_coin, outflow_coin, netflow_coin (positive is towards exchanges),
    internal_coin; the entities' netflows of a day sum to that of `all_exchanges`.
    """
    known = label_transfers(transfers, labels).with_columns(fact_date=pl.col("block_at").dt.date())
    from_exchange, to_exchange = (pl.col(f"{side}_kind").eq_missing(EXCHANGE) for side in _SIDES)
    is_inside = from_exchange & to_exchange & (pl.col("from_entity") == pl.col("to_entity"))
    everyone = pl.lit(ALL_EXCHANGES)
    parts = [
        known.filter(to_exchange).select(_part("to_entity", is_inside, 1)),
        known.filter(from_exchange & ~is_inside).select(_part("from_entity", pl.lit(False), -1)),
        known.filter(to_exchange).select(_part(everyone, from_exchange, 1)),
        known.filter(from_exchange & ~to_exchange).select(_part(everyone, pl.lit(False), -1)),
    ]
    amount, sign = pl.col("amount_coin"), pl.col("sign")
    return (
        pl.concat(parts)
        .sort("fact_date", "entity", "amount_coin")
        .group_by("fact_date", "entity", maintain_order=True)
        .agg(
            inflow_coin=amount.filter((sign > 0) & ~pl.col("is_internal")).sum(),
            outflow_coin=amount.filter(sign < 0).sum(),
            internal_coin=amount.filter(pl.col("is_internal")).sum(),
        )
        .with_columns(netflow_coin=pl.col("inflow_coin") - pl.col("outflow_coin"))
        .select("fact_date", "entity", "inflow_coin", "outflow_coin", "netflow_coin", "internal_coin")
    )


def _part(entity: str | pl.Expr, is_internal: pl.Expr, sign: int) -> list[pl.Expr]:
    name = pl.col(entity) if isinstance(entity, str) else entity
    return [
        pl.col("fact_date"),
        name.alias("entity"),
        pl.col("amount_coin").cast(pl.Float64),
        is_internal.alias("is_internal"),
        pl.lit(sign).alias("sign"),
    ]


def exchange_flow_versions(transfers: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """`exchange_flows` by every version of the labels: what each restated, and from when.

    Columns of `exchange_flows`, label_version and known_at (when that version became known). A label that
    comes late changes days long past: the former figures stay under the former version.
    """
    told_when = _described(labels)
    versions = told_when.group_by("label_version").agg(pl.col("known_at").max()).sort("label_version")
    told = [
        exchange_flows(transfers, labels_at(labels, version)).with_columns(
            label_version=pl.lit(version, told_when.schema["label_version"]),
            known_at=pl.lit(known_at).cast(told_when.schema["known_at"]),
        )
        for version, known_at in versions.rows() or [(None, None)]
    ]
    return pl.concat(told).sort("fact_date", "entity", "label_version")


def issued_through_treasury(transfers: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Coins that left and entered the issuer's treasury per UTC day, whoever was at the other end.

    Columns: fact_date, issued_coin, redeemed_coin, issued_to_exchanges_coin. The last is in the inflow of
    exchanges, too: netflow is not supply change, and neither is subtracted from the other.
    """
    known = label_transfers(transfers, labels).with_columns(fact_date=pl.col("block_at").dt.date())
    out_of, into = (pl.col(f"{side}_kind").eq_missing(TREASURY) for side in _SIDES)
    amount, to_exchange = pl.col("amount_coin"), pl.col("to_kind").eq_missing(EXCHANGE)
    return (
        known.filter(out_of != into)
        .group_by("fact_date")
        .agg(
            issued_coin=amount.filter(out_of).sum(),
            redeemed_coin=amount.filter(into).sum(),
            issued_to_exchanges_coin=amount.filter(out_of & to_exchange).sum(),
        )
        .sort("fact_date")
    )
