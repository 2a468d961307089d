"""How each venue's websocket is spoken to, and what its messages are.

Belongs here: requests to subscribe, keep-alives, and telling data from answers. Does not belong here:
connections (`session.py`), URLs and topics (`channels.py`), or the meaning of data (`transforms/parse/`).

A message whose kind is not known is `unknown`: it is kept like data, so that the parser can refuse it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Kind = Literal["data", "acknowledged", "refused", "alive", "control", "unknown"]


@dataclass(frozen=True)
class Reading:
    """What a message is. `key` names the subscription it answers, None where the venue does not say.

    `stamp` is the venue's own instant of sending, in milliseconds since 1970. `reply` is to be sent back. `alive`
    answers our own keep-alive; `control` is anything else that is about the connection.
    """

    kind: Kind
    key: str | None = None
    stamp: float | None = None
    reply: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class KeepAlive:
    """A text to be sent every so many seconds."""

    text: str
    seconds: float


class Dialect(Protocol):
    """One venue's way of speaking."""

    @property
    def keep_alive(self) -> KeepAlive | None:
        """What the venue wants to hear now and then, beside ping frames."""
        ...

    @property
    def opening(self) -> tuple[str, ...]:
        """What is said before the subscriptions."""
        ...

    def requests(self, topics: Iterable[str]) -> Mapping[str, str]:
        """One request per topic, by the key that its answer will bear; a topic refused leaves the others alone."""
        ...

    def read(self, message: Any) -> Reading:
        """What a message is: parsed JSON, or text where it is none."""
        ...


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _stamp(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _newest(rows: Any, name: str) -> float | None:
    """The newest stamp among rows, which need not be in order."""
    stamps = [_stamp(row.get(name)) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return max((stamp for stamp in stamps if stamp is not None), default=None)


@dataclass(frozen=True)
class Binance:
    """Futures market streams. The library answers the venue's ping frames; nothing else keeps it alive."""

    keep_alive: KeepAlive | None = None
    opening: tuple[str, ...] = ()

    def requests(self, topics: Iterable[str]) -> Mapping[str, str]:
        """`SUBSCRIBE`; answered with `{"result": null, "id": …}`."""
        return {
            str(number): _text({"method": "SUBSCRIBE", "params": [topic], "id": number})
            for number, topic in enumerate(topics, start=1)
        }

    def read(self, message: Any) -> Reading:
        """An event has `e`, or is wrapped by a combined stream; an answer has `id`."""
        if not isinstance(message, dict):
            return Reading("unknown")
        event = message.get("data") if {"stream", "data"} <= message.keys() else message
        if isinstance(event, list):
            return Reading("data", stamp=_newest(event, "E"))
        if isinstance(event, dict) and "e" in event:
            return Reading("data", stamp=_stamp(event.get("E")))
        key = str(message["id"]) if message.get("id") is not None else None
        if "error" in message or "code" in message:
            return Reading("refused", key, detail=_text(message.get("error") or message))
        return Reading("acknowledged", key) if "result" in message else Reading("unknown")


@dataclass(frozen=True)
class Bybit:
    """v5 public streams."""

    keep_alive: KeepAlive | None = KeepAlive('{"op":"ping"}', 20.0)
    opening: tuple[str, ...] = ()

    def requests(self, topics: Iterable[str]) -> Mapping[str, str]:
        """`subscribe` with the topic as its `req_id`."""
        return {topic: _text({"op": "subscribe", "req_id": topic, "args": [topic]}) for topic in topics}

    def read(self, message: Any) -> Reading:
        """Data has `topic`; an answer has `op`, and `success` says how it went."""
        if not isinstance(message, dict):
            return Reading("unknown")
        if "topic" in message:
            return Reading("data", stamp=_stamp(message.get("ts")))
        if message.get("op") == "pong" or message.get("ret_msg") == "pong":
            return Reading("alive")
        if message.get("op") == "subscribe":
            key = message.get("req_id") or None
            if message.get("success") is True:
                return Reading("acknowledged", key)
            return Reading("refused", key, detail=str(message.get("ret_msg")))
        return Reading("refused", detail=_text(message)) if message.get("success") is False else Reading("unknown")


@dataclass(frozen=True)
class Okx:
    """v5 public channels; a topic is an instrument type."""

    channel: str
    keep_alive: KeepAlive | None = KeepAlive("ping", 25.0)
    opening: tuple[str, ...] = ()

    def requests(self, topics: Iterable[str]) -> Mapping[str, str]:
        """`subscribe` to the channel for the type."""
        return {
            topic: _text({"op": "subscribe", "args": [{"channel": self.channel, "instType": topic}]})
            for topic in topics
        }

    def read(self, message: Any) -> Reading:
        """Data has `arg` and `data`; everything else has `event`, but for the bare word pong."""
        if message == "pong":
            return Reading("alive")
        if not isinstance(message, dict):
            return Reading("unknown")
        argument = _mapping(message.get("arg"))
        event = message.get("event")
        if event == "subscribe":
            return Reading("acknowledged", argument.get("instType"))
        if event == "error":
            detail = f"{message.get('code')}: {message.get('msg')}"
            return Reading("refused", argument.get("instType"), detail=detail)
        if event is not None:
            return Reading("control", detail=_text(message))
        if argument and "data" in message:
            orders = message["data"] if isinstance(message["data"], list) else []
            details = [row for order in orders if isinstance(order, dict) for row in order.get("details") or ()]
            return Reading("data", stamp=_newest(details, "ts"))
        return Reading("unknown")


_FIRST_ID = 10
_TEST = '{"jsonrpc":"2.0","id":2,"method":"public/test","params":{}}'


@dataclass(frozen=True)
class Deribit:
    """JSON-RPC. The venue asks `test_request` and closes the connection of who does not answer."""

    keep_alive: KeepAlive | None = None
    opening: tuple[str, ...] = ('{"jsonrpc":"2.0","id":1,"method":"public/set_heartbeat","params":{"interval":30}}',)

    def requests(self, topics: Iterable[str]) -> Mapping[str, str]:
        """`public/subscribe`; the answer lists the channels that it took, and leaves out one that it did not."""
        return {
            str(number): _text(
                {"jsonrpc": "2.0", "id": number, "method": "public/subscribe", "params": {"channels": [topic]}}
            )
            for number, topic in enumerate(topics, start=_FIRST_ID)
        }

    def read(self, message: Any) -> Reading:
        """A notification has `method`; an answer has `id`."""
        if not isinstance(message, dict):
            return Reading("unknown")
        parameters = _mapping(message.get("params"))
        if message.get("method") == "heartbeat":
            asked = parameters.get("type") == "test_request"
            return Reading("control", reply=_TEST if asked else None)
        if message.get("method") == "subscription":
            return Reading("data", stamp=_newest(parameters.get("data"), "timestamp"))
        return self._answer(message)

    def _answer(self, message: Mapping[str, Any]) -> Reading:
        number = message.get("id")
        key = str(number) if isinstance(number, int) and number >= _FIRST_ID else None
        if "error" in message:
            # Of the opening and the keep-alive, a refusal is no subscription's.
            return Reading("refused" if key or number is None else "control", key, detail=_text(message["error"]))
        if "result" not in message:
            return Reading("unknown")
        if key is None:
            return Reading("control")
        taken = message["result"]
        return Reading("acknowledged", key) if taken else Reading("refused", key, detail="no such channel")
