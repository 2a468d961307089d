"""The dashboard in Chromium: logged in through the form, opened, drawn, and the numbers that its charts were given.

Belongs here: what is shown. Does not belong here: what it should be.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chromium import Page
from superset_server import Superset

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Shown:
    """Rows by chart, and addresses of other hosts that the page was not kept from."""

    charts: dict[str, Rows]
    elsewhere: list[str]


def look(superset: Superset, charts: int, profile: Path) -> Shown:
    """Open the dashboard and wait until so many charts are drawn. Fails where one of them shows an error."""
    with Page(profile, (1500, 1400)) as page:
        _log_in(page, superset)
        page.open(f"{superset.address}/superset/dashboard/sluice/")
        drawn = f"document.querySelectorAll('.chart-container canvas, .chart-container table').length >= {charts}"
        try:
            page.wait(f"{drawn} && !document.querySelector('.loading')", seconds=240)
        finally:
            if kept := os.environ.get("SLUICE_BI_SCREENSHOT"):
                time.sleep(3)  # lines are drawn slowly, from the left
                page.screenshot(Path(kept))
        assert not page.ask("document.querySelectorAll('.ant-alert-error').length")
        asked = [r["request"]["url"] for r in page.requests if r["requestId"] not in page.blocked]
        elsewhere = [url for url in asked if url.startswith("http") and not url.startswith(superset.address)]
        return Shown(_charts(superset, page), elsewhere)


def points(rows: Rows) -> dict[tuple[str, str], float]:
    """Drawn values by what stands below them and their series; days come as milliseconds."""
    found = {}
    for row in rows:
        (axis, at), *values = row.items()
        day = datetime.fromtimestamp(at / 1000, UTC).date().isoformat() if axis.endswith("_date") else str(at)
        found |= {(day, series): value for series, value in values if value is not None}
    return found


def _log_in(page: Page, superset: Superset) -> None:
    """Fill in the form and send it; a form drawn anew meanwhile is empty again and refuses, so that is done over."""
    for _ in range(5):
        page.open(f"{superset.address}/login/")
        page.type("#username", "admin")
        page.type("#password", superset.password)
        page.ask("document.querySelector('button[type=submit]').click()")
        with suppress(AssertionError):
            page.wait("document.body && !location.pathname.startsWith('/login')", seconds=20)
            return
    raise AssertionError("the form lets nobody in")


def _charts(superset: Superset, page: Page) -> dict[str, Rows]:
    with superset.client() as client:
        names = {c["id"]: c["slice_name"] for c in client.get("/api/v1/chart/").json()["result"]}
    found = {}
    for answer in page.answers:
        address = urlsplit(answer["response"]["url"])
        form = parse_qs(address.query).get("form_data")
        if address.path == "/api/v1/chart/data" and form:
            (result,) = json.loads(page.body(answer))["result"]
            found[names[json.loads(form[0])["slice_id"]]] = result["data"]
    return found
