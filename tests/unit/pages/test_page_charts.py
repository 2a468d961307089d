"""Charts: drawn from frames without a browser, in two widths, with nothing in them that a page must fetch or run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from page_parts import DAY, facts, nothing

from orchestration.pages import charts, day

HOSTILE = '<img src=x onerror="alert(1)">&${x}'
DRAWINGS = {
    "by_hour": lambda d: charts.by_hour(d.hours),
    "by_fund": lambda d: charts.by_fund(d.etf_funds),
    "supply": lambda d: charts.supply(day.coins(d)),
    "curve": lambda d: charts.curve(day.curves(d)),
    "funding": lambda d: charts.history(day.rates(d), is_ratio=True),
    "open_interest": lambda d: charts.history(day.open_interest(d), is_ratio=False),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_chart_has_a_drawing_for_a_screen_and_one_for_a_phone(name):
    """One drawing scaled down to a phone has letters that nobody can read."""
    drawing = DRAWINGS[name](facts())
    for text, width in ((drawing.wide, charts.WIDE), (drawing.narrow, charts.NARROW)):
        assert re.match(rf'<svg viewBox="0 0 {width} \d+"', text)
        assert text.endswith("</svg>")


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_chart_of_nothing_is_none(name):
    """An empty frame of axes looks like a day of zeros."""
    assert DRAWINGS[name](nothing()) is None


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_chart_loads_nothing_and_its_parts_have_no_names(name):
    """A namespace or an image is a reference out of the page; two charts with one name share their clips."""
    text = DRAWINGS[name](facts()).wide
    assert "http" not in text
    assert " id=" not in text
    assert "href" not in text


@pytest.mark.parametrize("name", [name for name in DRAWINGS if name != "by_hour"])
def test_a_name_with_markup_in_it_is_text(name):
    """Names come from vendors; one with a tag in it must not become one."""
    text = DRAWINGS[name](facts(HOSTILE)).wide
    assert "<img" not in text
    assert "&lt;img src" in text


@pytest.mark.parametrize(
    ("name", "title"),
    [("by_hour", "US dollars"), ("by_fund", "US dollars"), ("supply", "units of the peg"), ("curve", "per cent a year"),
     ("funding", "per cent a year"), ("open_interest", "US dollars")],
)  # fmt: skip
def test_an_axis_says_its_unit(name, title):
    """A chart cut out of the page must still say what it shows."""
    assert f">{title}<" in DRAWINGS[name](facts()).narrow


def test_a_day_that_is_not_there_breaks_the_line():
    """A line across a gap draws values that nobody knows."""
    days = pl.DataFrame({"fact_date": [date(2026, 2, day) for day in (1, 2, 4, 5)], "label": ["BTC"] * 4})
    drawn = charts.history(days.with_columns(value=pl.Series([1.0, 2.0, 3.0, 4.0])), is_ratio=False).wide
    (line,) = re.findall(r'<path[^>]* d="([^"]+)"[^>]*stroke-linecap="round"', drawn) or re.findall(
        r'<path[^>]*stroke-linecap="round"[^>]* d="([^"]+)"', drawn)  # fmt: skip
    assert line.count("M") == 2


def test_days_are_named_by_utc_wherever_the_page_is_written():
    """West of Greenwich, midnight UTC is the evening before: every point would be named a day early."""
    program = (
        "from page_parts import facts; from orchestration.pages import charts, day;"
        "print(charts.history(day.rates(facts()), is_ratio=True).wide)"
    )
    environment = os.environ | {"TZ": "America/New_York", "PYTHONPATH": os.pathsep.join(sys.path)}
    drawn = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    named = re.findall(r">(\d+ \w{3})<", drawn.stdout)
    assert (named[0], named[-1]) == ("30 Jan", "5 Feb")


@pytest.mark.parametrize("length", [1, 5, 15, 30])
def test_ticks_of_days_stand_apart_and_the_newest_has_one(length):
    """Ticks that start anew with each month print one date over another."""
    days = pl.date_range(DAY - timedelta(days=length - 1), DAY, eager=True)
    drawn = charts.history(pl.DataFrame({"fact_date": days, "label": "BTC", "value": 1.0}), is_ratio=True).narrow
    named = re.findall(r">(\d+ \w{3})<", drawn)
    assert 1 <= len(named) <= 5
    assert named[-1] == "5 Feb"


def test_longs_are_drawn_below_the_line_and_shorts_above():
    """Signs mixed up, a crash looks like a squeeze."""
    one_side = facts().hours.filter(pl.col("liq_side") == "long")
    drawn = charts.by_hour(one_side).wide
    assert drawn.count(charts.LONG) > 1
    labels = re.findall(r">(\$[\d.]+m?|\$0)<", drawn)
    assert labels[-1] == "$0"
    assert "−$" not in drawn


def test_a_week_ago_is_dashed():
    """Two curves drawn alike cannot be told apart."""
    assert 'stroke-dasharray="3,5"' in DRAWINGS["curve"](facts()).wide


def test_an_asset_without_a_curve_over_venues_has_that_of_the_venue_that_knows_most():
    """Where open interest is missing there is no weighted curve; the chart must not be empty for it."""
    alone = facts()
    venues = alone.curve.with_columns(venue=pl.lit("deribit"))
    assert day.curves(replace(alone, frames={**alone.frames, "curve": venues}))["label"].unique().to_list() == [
        "IBIT (deribit)"
    ]


def test_a_day_that_lacks_contracts_of_one_margin_is_a_gap_in_open_interest():
    """A sum of half the contracts looks like a fall of open interest."""
    whole = facts()
    inverse = whole.open_interest.filter(pl.col("fact_date") == DAY).with_columns(margin_type=pl.lit("inverse"))
    both = replace(whole, frames={**whole.frames, "open_interest": pl.concat([whole.open_interest, inverse])})
    assert dict(day.open_interest(both).select("fact_date", "value").rows()) == {date(2026, 1, 29): None, DAY: 2.4e10}
