"""mempool.space as its server's code answers (FEEDS_OTHER §5.1)."""

from __future__ import annotations

from loopback.contract import Answer, Ask, Budget, World

_HOST = "mempool.space"
_BASE = "/api/v1"
_INTERVALS = ("24h", "3d", "1w", "1m", "3m", "6m", "1y", "2y", "3y")
_HISTORIES = {
    f"{_BASE}/mining/hashrate": "mempool_hashrates",
    f"{_BASE}/mining/difficulty-adjustments": "mempool_difficulty_changes",
}


class Mempool:
    """Pages of now. An interval that the server does not know means all there is."""

    hosts: tuple[str, ...] = (_HOST,)
    # None is published; this one is ours, to see that requests are spread.
    budgets: tuple[Budget, ...] = (Budget("mempool.space", 4, 10, lambda ask: ask.host == _HOST),)

    def answer(self, ask: Ask, world: World) -> Answer:
        head, _, tail = ask.path.rpartition("/")
        if ask.path == f"{_BASE}/difficulty-adjustment":
            return self._newest(world, "mempool_difficulty_estimate")
        if head == f"{_BASE}/mining/reward-stats" and tail == "144":
            return self._newest(world, "mempool_reward_stats")
        if head == f"{_BASE}/mining/pools" and tail in _INTERVALS:
            return self._newest(world, "mempool_pools", interval=tail)
        if head in _HISTORIES:
            return self._newest(world, _HISTORIES[head])
        return Answer(f"<pre>Cannot GET {ask.path}</pre>", 404, "text/html; charset=utf-8")

    def _newest(self, world: World, feed: str, **told: str) -> Answer:
        newest = world.newest(feed, **told)
        return Answer(newest.content) if newest else Answer("Service Temporarily Unavailable", 503, "text/html")


VENUE = Mempool()
