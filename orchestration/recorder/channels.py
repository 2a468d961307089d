"""The channels that can be recorded: where, which topics, which feed, how long silence is normal.

Belongs here: URLs, topics and thresholds. Does not belong here: how a venue is spoken to (`protocols.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from orchestration.recorder.protocols import Binance, Bybit, Deribit, Dialect, Okx

GAPS = "gaps"
GAPS_FEED = "recorder_gaps"


class ChannelError(ValueError):
    """A channel, venue or symbol is not as it must be; the message says what there is."""


@dataclass(frozen=True)
class Channel:
    """One connection with its subscriptions.

    `feed` parses what it brings. After `silence_seconds` without data the silence alarm is raised: where no
    coin of a whole market is liquidated for so long, the connection is more likely dead than the market.
    """

    name: str
    venue: str
    feed: str
    url: str
    topics: tuple[str, ...]
    protocol: Dialect
    silence_seconds: float
    note: str = ""


_ALL_FORCE_ORDERS = ("!forceOrder@arr",)
_MERGED = "USD-M and COIN-M merged since 2026-06-30 (`st`)"
_MINUTE, _HOUR = 60.0, 3600.0


def channels(assets: Sequence[str]) -> dict[str, Channel]:
    """All channels by name, for these assets where a venue asks for symbols."""
    listed = (
        Channel(
            "binance_usdm", "binance", "binance_force_orders", "wss://fstream.binance.com/market/ws",
            _ALL_FORCE_ORDERS, Binance(), 10 * _MINUTE, _MERGED,
        ),
        Channel(
            "binance_coinm", "binance", "binance_force_orders", "wss://dstream.binance.com/market/ws",
            _ALL_FORCE_ORDERS, Binance(), 10 * _MINUTE, f"{_MERGED}; repeats binance_usdm",
        ),
        Channel(
            "bybit_linear", "bybit", "bybit_liquidations", "wss://stream.bybit.com/v5/public/linear",
            tuple(f"allLiquidation.{asset}USDT" for asset in assets), Bybit(), 30 * _MINUTE,
        ),
        Channel(
            "bybit_inverse", "bybit", "bybit_liquidations", "wss://stream.bybit.com/v5/public/inverse",
            tuple(f"allLiquidation.{asset}USD" for asset in assets), Bybit(), 6 * _HOUR,
        ),
        Channel(
            "okx_swap", "okx", "okx_liquidations", "wss://ws.okx.com:8443/ws/v5/public",
            ("SWAP",), Okx("liquidation-orders"), 10 * _MINUTE,
        ),
        Channel(
            "okx_futures", "okx", "okx_liquidations", "wss://ws.okx.com:8443/ws/v5/public",
            ("FUTURES",), Okx("liquidation-orders"), 6 * _HOUR,
        ),
        Channel(
            "deribit_trades", "deribit", "deribit_trades", "wss://www.deribit.com/ws/api/v2",
            tuple(f"trades.future.{code}.100ms" for code in _deribit_currencies(assets)), Deribit(), 5 * _MINUTE,
            "all trades; those of a liquidation bear its flag",
        ),
    )  # fmt: skip
    return {channel.name: channel for channel in listed}


def _deribit_currencies(assets: Sequence[str]) -> tuple[str, ...]:
    """Settlement currencies: BTC and ETH have inverse futures, everything linear is under USDC."""
    return (*(asset for asset in assets if asset in ("BTC", "ETH")), "USDC")


def chosen(
    assets: Sequence[str],
    venues: Iterable[str] = (),
    topics: Mapping[str, Sequence[str]] | None = None,
    silence: Mapping[str, float] | None = None,
) -> list[Channel]:
    """The channels of these venues or names (none: all), with topics and thresholds put in place of the usual.

    Raises `ChannelError` for a name that is none.
    """
    found, wanted = channels(assets), list(venues)
    for given in wanted:
        if given not in found and given not in {channel.venue for channel in found.values()}:
            raise ChannelError(f"no venue or channel {given!r}; there are {_named(found)}")
    for given in (*(topics or {}), *(silence or {})):
        if given not in found:
            raise ChannelError(f"no channel {given!r}; there are {_named(found)}")
    kept = [channel for channel in found.values() if not wanted or {channel.name, channel.venue} & {*wanted}]
    return [
        replace(
            channel,
            topics=_topics(channel, (topics or {}).get(channel.name)),
            silence_seconds=(silence or {}).get(channel.name, channel.silence_seconds),
        )
        for channel in kept
    ]


def _topics(channel: Channel, symbols: Sequence[str] | None) -> tuple[str, ...]:
    """Symbols as the venue's topics; a whole topic is taken as it is."""
    if not symbols:
        return channel.topics
    prefix = "allLiquidation." if channel.venue == "bybit" else ""
    return tuple(dict.fromkeys(symbol if symbol.startswith(prefix) else prefix + symbol for symbol in symbols))


def _named(found: Mapping[str, Channel]) -> str:
    venues = sorted({channel.venue for channel in found.values()})
    return f"the venues {', '.join(venues)} and the channels {', '.join(found)}"


def mirrored(url: str, mirrors: Mapping[str, str]) -> str:
    """The URL with another base in place of its scheme and host, where there is a mirror for them."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return mirrors.get(f"{scheme}://{host}", f"{scheme}://{host}") + slash + path
