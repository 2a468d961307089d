"""FRED as its chart download and its API answer (FEEDS_OTHER §6.1, docs/api/fred/errors.html)."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

from loopback.contract import Answer, Ask, Budget, World
from schemas.macro import BY_ID

_GRAPH, _API = "fred.stlouisfed.org", "api.stlouisfed.org"
_BAD_KEY = "Bad Request.  The value for variable api_key is not a 32 character alpha-numeric lower-case string."
_NO_SERIES = "Bad Request.  The series does not exist."


class Fred:
    """Windows of series as known by now; the keyless download is for one request a second."""

    hosts: tuple[str, ...] = (_GRAPH, _API)
    budgets: tuple[Budget, ...] = (
        Budget("fred download", 1, 1, lambda ask: ask.host == _GRAPH),
        Budget("fred api", 120, 60, lambda ask: ask.host == _API),
    )

    def answer(self, ask: Ask, world: World) -> Answer:
        if ask.host == _GRAPH and ask.path == "/graph/fredgraph.csv":
            return _download(ask, world)
        if ask.host == _API and ask.path == "/fred/series/observations":
            return _observations(ask, world)
        return Answer("<html><body>Page not found</body></html>", 404, "text/html")


def _download(ask: Ask, world: World) -> Answer:
    names = ask.params.get("id", "").split(",")
    if not set(names) <= set(BY_ID):
        return Answer("<html><body>Page not found</body></html>", 404, "text/html")
    tables = {name: _table(name, ask.params, world) for name in names}
    if len(tables) == 1:
        return Answer(tables[names[0]], content_type="application/csv")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in tables.items():
            archive.writestr(f"{name}.csv", text)
    return Answer(packed.getvalue(), content_type="application/zip")


def _table(name: str, params: Any, world: World) -> str:
    rows: dict[str, str] = {}
    for item in world.payloads("fred_graph"):
        header, *lines = item.content.decode().splitlines()
        if header == f"observation_date,{name}":
            rows |= dict(line.split(",") for line in lines)
    first, last = params.get("cosd", "1776-07-04"), params.get("coed", "9999-12-31")
    kept = [f"{on},{rows[on]}\n" for on in sorted(rows) if first <= on <= last]
    return "".join([f"observation_date,{name}\n", *kept])


def _observations(ask: Ask, world: World) -> Answer:
    given = ask.params
    if not re.fullmatch(r"[0-9a-z]{32}", given.get("api_key", "")):
        return Answer({"error_code": 400, "error_message": _BAD_KEY}, 400)
    if given.get("series_id") not in BY_ID:
        return Answer({"error_code": 400, "error_message": _NO_SERIES}, 400)
    if given.get("file_type") != "json":
        return Answer("<?xml version='1.0'?><observations/>", content_type="text/xml")
    rows: dict[str, Any] = {}
    for item in world.payloads("fred_observations", series_id=given["series_id"]):
        rows |= {row["date"]: row for row in json.loads(item.content)["observations"]}
    first, last = given.get("observation_start", "1776-07-04"), given.get("observation_end", "9999-12-31")
    asked = [rows[on] for on in sorted(rows) if first <= on <= last]
    offset, limit = int(given.get("offset", "0")), int(given.get("limit", "100000"))
    return Answer({"units": "lin", "file_type": "json", "count": len(asked), "offset": offset, "limit": limit,
                   "observations": asked[offset : offset + limit]})  # fmt: skip


VENUE = Fred()
