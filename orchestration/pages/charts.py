"""Charts as SVG text: frames in, two drawings out, one for a wide screen and one for a phone.

Belongs here: what each chart shows and how it looks. Does not belong here: reading a release (`day.py`), or the words
around a chart (`templates/`).

Colours are names of the page's style sheet, so one drawing serves light and dark. The marks carry no text of their own
for screen readers: the page gives each chart a sentence and a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import polars as pl
import vl_convert
from markupsafe import Markup

WIDE, NARROW = 560, 312
_VL_VERSION = "5.21"
_HEIGHT = 250
_BAR = 24
LONG, SHORT = "var(--down)", "var(--up)"
# No two neighbours of one hue: light blue comes last.
SERIES = [f"var(--c{number})" for number in (1, 2, 4, 5, 6, 7, 8, 3)]
_TICKS = 5

# Vega's expressions for axis labels: dollars with a true minus and a letter for thousands, and per cent.
_LETTERS = "replace(replace(format(abs(datum.value), '~s'), 'G', 'bn'), 'M', 'm')"
_USD = f"(datum.value < 0 ? '−$' : '$') + {_LETTERS}"
_UNSIGNED = f"'$' + {_LETTERS}"
_PERCENT = "replace(format(datum.value, '.2~%'), '-', '−')"


@dataclass(frozen=True)
class Drawing:
    """One chart in two widths, safe to put into a page."""

    wide: Markup
    narrow: Markup


def _config() -> dict[str, Any]:
    ink = {"labelColor": "var(--soft)", "titleColor": "var(--soft)", "labelFontSize": 12, "titleFontSize": 12}
    return {
        "aria": False,
        "background": None,
        "font": "system-ui, sans-serif",
        "view": {"stroke": None},
        "axis": {**ink, "titleFontWeight": "normal", "domainColor": "var(--line)", "tickColor": "var(--line)",
                 "gridColor": "var(--line)", "labelPadding": 6, "titlePadding": 10, "ticks": False},
        "legend": {**ink, "orient": "top", "title": None, "symbolType": "square", "symbolSize": 90, "offset": 8,
                   "columnPadding": 16},
        "line": {"strokeWidth": 2.5, "strokeCap": "round", "strokeJoin": "round"},
    }  # fmt: skip


def _svg(chart: alt.Chart | alt.LayerChart, width: int, height: int) -> Markup:
    """The chart as an element of an HTML page: without namespaces, sized by the page."""
    sized = chart.properties(width=width, height=height, autosize={"type": "fit", "contains": "padding"})
    spec = {**sized.to_dict(), "config": _config()}
    text = vl_convert.vegalite_to_svg(spec, vl_version=_VL_VERSION, allowed_base_urls=[])
    opening, rest = text.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', opening)
    return Markup(f'<svg {box[0] if box else ""} aria-hidden="true" focusable="false">{rest}')


def _both(chart: alt.Chart | alt.LayerChart, height: int = _HEIGHT) -> Drawing:
    return Drawing(_svg(chart, WIDE, height), _svg(chart, NARROW, height))


def _colours(labels: list[str], colours: list[str]) -> alt.Color:
    return alt.Color("label:N", sort=labels, scale=alt.Scale(domain=labels, range=colours[: len(labels)]))


def _zero(axis: Literal["x", "y"] = "y") -> alt.Chart:
    return alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(color="var(--soft)").encode(**{axis: "zero:Q"})


def _values(frame: pl.DataFrame) -> alt.InlineData:
    """The rows as plain values; dates as text."""
    return alt.InlineData(values=frame.with_columns(pl.selectors.temporal().cast(pl.String)).to_dicts())


def by_hour(hours: pl.DataFrame) -> Drawing | None:
    """Liquidations of a day: `hour_at, liq_side, notional_usd`; longs below the line, shorts above it."""
    rows = hours.drop_nulls("notional_usd").select(
        hour=pl.col("hour_at").dt.hour(),
        label=pl.when(pl.col("liq_side") == "long").then(pl.lit("longs closed")).otherwise(pl.lit("shorts closed")),
        value=pl.when(pl.col("liq_side") == "long").then(-pl.col("notional_usd")).otherwise(pl.col("notional_usd")),
    )
    if rows.is_empty():
        return None
    axis = alt.Axis(title="hour of the day, UTC", values=[0, 6, 12, 18], labelAngle=0,
                    labelExpr="pad(datum.value, 2, '0', 'left') + ':00'", grid=False)  # fmt: skip
    bars = alt.Chart(_values(rows)).mark_bar().encode(
        x=alt.X("hour:O", scale=alt.Scale(domain=list(range(24)), paddingInner=0.25), axis=axis),
        y=alt.Y("value:Q", title="US dollars", stack=None, axis=alt.Axis(labelExpr=_UNSIGNED, tickCount=6)),
        color=_colours(["shorts closed", "longs closed"], [SHORT, LONG]),
    )  # fmt: skip
    return _both(bars + _zero())


def by_fund(flows: pl.DataFrame) -> Drawing | None:
    """ETF flows of one asset and day: `fund, flow_usd`; the largest first, what is not reported is not drawn."""
    rows = flows.drop_nulls("flow_usd").select(name=pl.col("fund"), value=pl.col("flow_usd"))
    return _sideways(rows.sort("value", "name", descending=[True, False]))


def _sideways(rows: pl.DataFrame) -> Drawing | None:
    """Bars from left to right: `name, value`, in the order given; gains and losses have their colours."""
    if rows.is_empty():
        return None
    named = rows.with_columns(label=pl.when(pl.col("value") < 0).then(pl.lit("out")).otherwise(pl.lit("in")))
    bars = alt.Chart(_values(named)).mark_bar(minBandSize=3).encode(
        y=alt.Y("name:N", title=None, sort=named["name"].to_list(), axis=alt.Axis(labelLimit=110),
                scale=alt.Scale(paddingInner=0.35)),
        x=alt.X("value:Q", title="US dollars", axis=alt.Axis(labelExpr=_USD, tickCount=4, labelFlush=True)),
        color=alt.Color("label:N", legend=None, scale=alt.Scale(domain=["in", "out"], range=[SHORT, LONG])),
    )  # fmt: skip
    return _both(bars + _zero("x"), max(_BAR * rows.height, 3 * _BAR) + 40)


def supply(changes: pl.DataFrame) -> Drawing | None:
    """Changes of supply: `name, change_1d, change_7d`, in units of the peg, the largest first."""
    spans = {"change_1d": "1 day", "change_7d": "7 days"}
    order = changes["name"].to_list()
    rows = changes.unpivot(list(spans), index="name", variable_name="span", value_name="value").drop_nulls("value")
    if rows.is_empty():
        return None
    named = rows.with_columns(label=pl.col("span").replace(spans))
    bars = alt.Chart(_values(named)).mark_bar().encode(
        y=alt.Y("name:N", title=None, sort=order, axis=alt.Axis(labelLimit=110), scale=alt.Scale(paddingInner=0.3)),
        yOffset=alt.YOffset("label:N", sort=list(spans.values())),
        x=alt.X("value:Q", title="units of the peg",
                axis=alt.Axis(labelExpr=_USD.replace("$", ""), tickCount=4, labelFlush=True)),
        color=_colours(list(spans.values()), [SERIES[-1], SERIES[0]]),
    )  # fmt: skip
    return _both(bars + _zero("x"), max(36 * rows["name"].n_unique(), 110) + 60)


def curve(points: pl.DataFrame) -> Drawing | None:
    """Term structure: `label, when (now|before), tenor_days, ratio`; the week before is dashed."""
    rows = points.drop_nulls("ratio")
    if rows.is_empty():
        return None
    labels = rows["label"].unique(maintain_order=True).to_list()
    whens = {"now": [1, 0], "before": [3, 5]}
    base = alt.Chart(_values(rows)).encode(
        x=alt.X("tenor_days:Q", title="days to maturity", scale=alt.Scale(zero=False, padding=18),
                axis=alt.Axis(values=rows["tenor_days"].unique().sort().to_list(), grid=False)),
        y=alt.Y("ratio:Q", title="per cent a year", scale=alt.Scale(zero=False, padding=12),
                axis=alt.Axis(labelExpr=_PERCENT, tickCount=5)),
        color=_colours(labels, SERIES),
    )  # fmt: skip
    dash = alt.StrokeDash("when:N", legend=None, scale=alt.Scale(domain=list(whens), range=list(whens.values())))
    dots = base.transform_filter("datum.when == 'now'").mark_point(filled=True, size=70, opacity=1)
    return _both(base.mark_line().encode(strokeDash=dash) + dots)


def _ticks(days: pl.Series) -> list[int]:
    """A few of the days, the newest among them. Left alone, ticks start anew with each month and collide."""
    newest_first = days.unique().sort(descending=True).dt.epoch("ms").to_list()
    return newest_first[:: -(-len(newest_first) // _TICKS)]


def history(rows: pl.DataFrame, is_ratio: bool) -> Drawing | None:
    """A line per label over days: `fact_date, label, value`; days that are unknown, or not there, break the line."""
    labels = rows.drop_nulls("value")["label"].unique().sort().to_list()
    if not labels:
        return None
    known = rows.filter(pl.col("label").is_in(labels)).sort("label", "fact_date")
    whole = known.upsample("fact_date", every="1d", group_by="label", maintain_order=True)
    lines = alt.Chart(_values(whole.with_columns(pl.col("label").forward_fill()))).encode(
        x=alt.X("fact_date:T", title="day, UTC", scale=alt.Scale(type="utc"),
                axis=alt.Axis(format="%-d %b", values=_ticks(whole["fact_date"]), grid=False, labelFlush=False)),
        y=alt.Y("value:Q", title="per cent a year" if is_ratio else "US dollars",
                scale=alt.Scale(zero=False, padding=12),
                axis=alt.Axis(labelExpr=_PERCENT if is_ratio else _USD, tickCount=5)),
        color=_colours(labels, SERIES),
    )  # fmt: skip
    dots = lines.transform_filter("isValid(datum.value)").mark_point(filled=True, size=28, opacity=1)
    drawn = lines.mark_line() + dots
    return _both(drawn + _zero() if is_ratio else drawn)
