"""Parsers: raw payload to typed frame, one module per venue or vendor, and the registry of feeds."""

from __future__ import annotations

from schemas.feed import Feed
from transforms.parse import (
    binance,
    bybit,
    cryptoquant,
    defillama,
    deribit,
    farside,
    okx,
    settlement_csv,
    tardis,
)

FEEDS: dict[str, Feed] = {
    feed.name: feed
    for module in (farside, cryptoquant, defillama, binance, bybit, okx, deribit, settlement_csv, tardis)
    for feed in module.FEEDS
}
SOURCES: dict[str, str] = {feed.name: feed.source for feed in FEEDS.values()}
