"""From feeds to facts: which table is made of which, and the picture of it.

Belongs here: the graph of the declarations and its drawing as SVG. Does not belong here: lineage of a single number
(`sluice trace`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup, escape

from schemas.render.dbt import core_reads
from schemas.tables import CORE, DIMENSIONS, FACTS, TABLES

COLUMNS = ("feeds", "core", "derived", "facts")
_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _TOP = 252, 26, 52, 8, 28


@dataclass(frozen=True)
class Node:
    """A feed or a table, and the column of the picture that it stands in."""

    name: str
    column: int

    @property
    def address(self) -> str:
        """Its page, from the root of the site."""
        return f"{'feeds' if self.column == 0 else 'tables'}/{self.name}.html"


@dataclass(frozen=True)
class Graph:
    """Nodes in the order of the declarations, and edges from what is read to what is made of it."""

    nodes: tuple[Node, ...]
    edges: frozenset[tuple[Node, Node]]

    def around(self, name: str) -> Graph:
        """A node with all that it is made of and all that is made of it."""
        start = {node for node in self.nodes if node.name == name}
        kept = self._closure(start, 1) | self._closure(start, 0)
        return self.of(kept)

    def above(self, node: Node) -> set[Node]:
        """A node and all that it is made of."""
        return self._closure({node}, 1)

    def of(self, kept: Iterable[Node]) -> Graph:
        """The part of the graph between these nodes."""
        chosen = set(kept)
        edges = frozenset((a, b) for a, b in self.edges if a in chosen and b in chosen)
        return Graph(tuple(node for node in self.nodes if node in chosen), edges)

    def _closure(self, start: set[Node], end: int) -> set[Node]:
        """What is reached against the edges (`end` 1) or along them (0)."""
        found = set(start)
        waiting = list(start)
        while waiting:
            node = waiting.pop()
            for edge in self.edges:
                if edge[end] == node and edge[1 - end] not in found:
                    found.add(edge[1 - end])
                    waiting.append(edge[1 - end])
        return found


@cache
def graph() -> Graph:
    """All feeds, core tables and facts. A fact stands for its vintages too."""
    from transforms.parse import FEEDS

    nodes = {name: Node(name, 0) for name in FEEDS}
    nodes |= {table.name: Node(table.name, 2 if table.inputs else 1) for table in CORE}
    nodes |= {table.name: Node(table.name, 3) for table in (*FACTS, *DIMENSIONS)}
    edges = {(nodes[feed.name], nodes[table]) for feed in FEEDS.values() for table in feed.tables}
    edges |= {(nodes[name], nodes[table.name]) for table in CORE for name in table.inputs}
    edges |= {(nodes[name], nodes[table.name]) for table in (*FACTS, *DIMENSIONS) for name in core_reads(table)}
    return Graph(tuple(nodes.values()), frozenset(edges))


def domain_of(node: Node) -> str | None:
    """The domain of a table; None for a feed, which may serve several."""
    return TABLES[node.name].domain if node.name in TABLES else None


def picture(part: Graph, root: str, here: str | None = None) -> Markup:
    """The graph as SVG, each node a link below `root`; `here` is marked."""
    used = [column for column in range(len(COLUMNS)) if any(node.column == column for node in part.nodes)]
    places = _places(part, used)
    lowest = max((y for _, y in places.values()), default=0)
    width = len(used) * _WIDTH + (len(used) - 1) * _GAP_X
    heads = [
        Markup('<text class="head" x="{}" y="14">{}</text>').format(at * (_WIDTH + _GAP_X), COLUMNS[column])
        for at, column in enumerate(used)
    ]
    lines = [_line(places[a], places[b]) for a, b in sorted(part.edges, key=lambda e: (e[0].name, e[1].name))]
    boxes = [_box(node, places[node], root, node.name == here) for node in part.nodes]
    shape = Markup('<svg class="lineage" viewBox="0 0 {} {}" width="{}" role="group" aria-label="Lineage">{}</svg>')
    return shape.format(width, lowest + _HEIGHT + 4, width, Markup("").join([*heads, *lines, *boxes]))


def _places(part: Graph, used: list[int]) -> dict[Node, tuple[int, int]]:
    """Where each node stands: columns from left to right, in each the nodes by what they read, or feed."""
    places: dict[Node, tuple[int, int]] = {}
    order: dict[Node, float] = {node: float(at) for at, node in enumerate(part.nodes)}
    # Facts and core tables keep the order of the declarations; feeds go beside what they fill.
    for node in part.nodes:
        if node.column == 0:
            targets = [order[b] for a, b in part.edges if a == node]
            order[node] = sum(targets) / len(targets) if targets else float("inf")
    for at, column in enumerate(used):
        nodes = sorted((node for node in part.nodes if node.column == column), key=lambda n: (order[n], n.name))
        for row, node in enumerate(nodes):
            places[node] = (at * (_WIDTH + _GAP_X), _TOP + row * (_HEIGHT + _GAP_Y))
    return places


def _line(start: tuple[int, int], end: tuple[int, int]) -> Markup:
    x1, y1, x2, y2 = start[0] + _WIDTH, start[1] + _HEIGHT // 2, end[0], end[1] + _HEIGHT // 2
    bend = max((x2 - x1) // 2, _GAP_X // 2)
    return Markup('<path class="edge" d="M{},{}C{},{} {},{} {},{}"/>').format(
        x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2
    )


def _box(node: Node, place: tuple[int, int], root: str, is_here: bool) -> Markup:
    x, y = place
    name = escape(node.name)
    shape = Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="6"/><text x="{}" y="{}">{}</text>').format(
        x, y, _WIDTH, _HEIGHT, x + 9, y + 17, name
    )
    kind = f"node {COLUMNS[node.column]}" + (" here" if is_here else "")
    return Markup('<a class="{}" href="{}">{}</a>').format(kind, f"{root}{node.address}", shape)
