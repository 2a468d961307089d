"""The facts of one day as the run page shows them, read from a release.

Belongs here: queries on the release, and which day a page is about. Does not belong here: charts (`charts.py`), words,
or anything that the release does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from schemas import confidence
from schemas.tables import TABLES

if TYPE_CHECKING:
    import duckdb

WEEK = timedelta(days=7)
HISTORY_DAYS = 30
CONTRADICTION_DAYS = 30
MOST_ASSETS = 6
MOST_COINS = 12
MOST_CONTRADICTIONS = 40

# Each asset's last trade date: funds of one asset may be told of a day later than those of another.
_TRADE_DATES = """(
            select (asset, max(trade_date)) from fct_etf_flows_daily where trade_date <= $day group by asset)"""
_QUERIES = {
    "hours": """
        select hour_at, liq_side, sum(notional_usd) as notional_usd, bool_or(is_lower_bound) as is_lower_bound
        from fct_liquidations_hourly where fact_date = $day group by all order by all""",
    "liquidations": """
        select asset, sum(notional_usd) filter (liq_side = 'long') as long_usd,
            sum(notional_usd) filter (liq_side = 'short') as short_usd,
            sum(n_prints)::bigint as n_prints, count(distinct venue) as n_venues,
            bool_or(is_lower_bound) as is_lower_bound
        from fct_liquidations_hourly where fact_date = $day group by asset
        order by coalesce(long_usd, 0) + coalesce(short_usd, 0) desc, asset""",
    "etf_funds": f"""
        select trade_date, asset, fund, flow_usd, status, grade, finality from fct_etf_flows_daily
        where (asset, trade_date) in {_TRADE_DATES}
            and coalesce(status, '') <> 'not_launched'
        order by asset, flow_usd desc nulls last, fund""",
    "etf_totals": f"""
        select trade_date, asset, flow_usd, n_funds_reported, n_funds_expected, status, grade, finality
        from fct_etf_totals_daily where (asset, trade_date) in {_TRADE_DATES}
        order by asset""",
    "curve": """
        select fact_date, asset, venue, tenor_days, basis_annualised_ratio as ratio, grade, status
        from fct_basis_term_structure_daily where fact_date in ($day, $before)
        order by asset, venue, tenor_days, fact_date""",
    "supply": """
        with days as (
            select asset, chain, peg_currency, fact_date, circulating_peg, circulating_usd, supply_change_peg, grade
            from fct_stablecoin_supply_daily where chain = 'all' and fact_date in ($day, $before))
        select now.asset as name, now.peg_currency, now.circulating_usd, now.supply_change_peg as change_1d,
            now.circulating_peg - before.circulating_peg as change_7d, now.grade
        from days as now left join days as before on before.asset = now.asset and before.fact_date = $before
        where now.fact_date = $day
        order by greatest(abs(coalesce(change_7d, 0)), abs(coalesce(change_1d, 0))) desc, name""",
    "funding": """
        select fact_date, asset, margin_type, funding_8h_ratio, funding_annualised_ratio, n_venues, finality, status
        from fct_funding_weighted_daily where fact_date between $since and $day
        order by asset, margin_type, fact_date""",
    "open_interest": """
        select fact_date, asset, margin_type, open_interest_usd, change_usd, price_effect_usd, quantity_effect_usd,
            n_venues, finality, status
        from fct_open_interest_totals_daily where fact_date between $since and $day
        order by asset, margin_type, fact_date""",
}
# The families of facts on the page: fact, and the value without which a row says nothing.
_FAMILIES = {
    "hours": ("fct_liquidations_hourly", "notional_usd"),
    "liquidations": ("fct_liquidations_daily", "notional_usd"),
    "etf": ("fct_etf_totals_daily", "flow_usd"),
    "curve": ("fct_basis_term_structure_daily", "basis_annualised_ratio"),
    "funding": ("fct_funding_weighted_daily", "funding_annualised_ratio"),
    "open_interest": ("fct_open_interest_totals_daily", "open_interest_usd"),
    "supply": ("fct_stablecoin_supply_daily", "supply_change_peg"),
}
# How `fct_contradictions` names what it is about, per series: asset and entity.
_ENTITIES = {
    "etf_fund": ("asset", "fund"),
    "etf_total": ("asset", "'all'"),
    "exchange_netflow": ("asset", "entity"),
    "liquidations": ("asset", "venue || '|' || liq_side || '|' || series"),
    "open_interest": ("asset", "venue || '|' || symbol"),
    "funding": ("asset", "venue || '|' || symbol"),
    "basis": ("asset", "venue || '|' || symbol"),
    "basis_tenor": ("asset", "venue || '|' || tenor_days"),
    "stablecoin_supply": ("stablecoin_id", "stablecoin_id || '|' || chain"),
}


@dataclass(frozen=True)
class Day:
    """A day's facts: a frame per query of `_QUERIES`, its grades and what was contradicted in the days up to it.

    Of `n_contradictions` in all, `contradictions` has the newest. `reach` has the newest day known per family.
    """

    day: date
    frames: dict[str, pl.DataFrame]
    grades: pl.DataFrame
    contradictions: pl.DataFrame
    n_contradictions: int
    reach: dict[str, date]

    def __getattr__(self, name: str) -> pl.DataFrame:
        try:
            return self.__dict__["frames"][name]
        except KeyError:
            raise AttributeError(name) from None


def reach(connection: duckdb.DuckDBPyConnection, published_at: datetime) -> dict[str, date]:
    """Per family of facts with any value, its newest day that was over when the release was published.

    A snapshot of the morning after does not make the morning a day.
    """
    query = " union all ".join(
        f"select '{family}', max({TABLES[fact].date_column}) from {fact}"
        f" where {TABLES[fact].date_column} < $today and {value} is not null"
        for family, (fact, value) in _FAMILIES.items()
    )
    rows = connection.execute(query, {"today": published_at.date()}).fetchall()
    return {family: day for family, day in rows if day is not None}


def newest(reached: dict[str, date], published_at: datetime) -> date:
    """The newest day that most families of facts reach; without any fact, the day before publication."""
    days = sorted(reached.values(), reverse=True)
    return days[len(days) // 2] if days else published_at.date() - timedelta(days=1)


def read(connection: duckdb.DuckDBPyConnection, day: date | None, published_at: datetime) -> Day:
    """The facts of a day, the newest without one. The connection is to a release."""
    reached = reach(connection, published_at)
    day = day or newest(reached, published_at)
    given = {"day": day, "before": day - WEEK, "since": day - timedelta(days=HISTORY_DAYS - 1)}
    frames = {
        name: connection.execute(query, {key: value for key, value in given.items() if f"${key}" in query}).pl()
        for name, query in _QUERIES.items()
    }
    graded = _graded()
    grades = connection.execute(
        f"select confidence_series, grade, count(*)::bigint as n from ({graded}) where fact_date = $day"
        " and grade is not null group by all order by all",
        {"day": day},
    ).pl()
    contradictions = connection.execute(
        f"select c.*, g.grade from fct_contradictions c left join ({graded}) g using (confidence_series, fact_date,"
        " asset, entity) where c.fact_date > $since and c.fact_date <= $day"
        " order by c.fact_date desc, abs(delta_bands) desc, confidence_series, entity, source",
        {"day": day, "since": day - timedelta(days=CONTRADICTION_DAYS)},
    ).pl()
    return Day(day, frames, grades, contradictions.head(MOST_CONTRADICTIONS), contradictions.height, reached)


def _graded() -> str:
    """Every graded figure: `confidence_series, fact_date, asset, entity, grade`."""
    facts = {row["series"]: row["fact"] for row in confidence.bands().iter_rows(named=True) if row["fact"]}
    return " union all ".join(
        f"select '{series}' as confidence_series, {TABLES[facts[series]].date_column} as fact_date, {asset} as asset,"
        f" {entity} as entity, grade from {facts[series]}"
        for series, (asset, entity) in _ENTITIES.items()
    )


def curves(day: Day) -> pl.DataFrame:
    """One curve per asset, of all venues where there is one, else of the venue that knows most tenors."""
    known = day.curve.with_columns(
        when=pl.when(pl.col("fact_date") == day.day).then(pl.lit("now")).otherwise(pl.lit("before"))
    )
    counts = (
        known.filter(pl.col("when") == "now").group_by("asset", "venue").agg(known=pl.col("ratio").count())
        .filter(pl.col("known") > 0)
        .sort(pl.col("venue") != "all", -pl.col("known").cast(pl.Int64), "venue")
        .unique("asset", keep="first", maintain_order=True)
    )  # fmt: skip
    alone = pl.format("{} ({})", "asset", "venue")
    chosen = known.join(counts.select("asset", "venue"), on=["asset", "venue"]).with_columns(
        label=pl.when(pl.col("venue") == "all").then("asset").otherwise(alone)
    )
    return chosen.sort("asset", "tenor_days", "when").select("label", "when", "tenor_days", "ratio", "grade", "status")


def coins(day: Day, peg: str = "USD") -> pl.DataFrame:
    """The coins of a peg that changed most."""
    return day.supply.filter(
        pl.col("peg_currency") == peg,
        (pl.col("change_1d").fill_null(0) != 0) | (pl.col("change_7d").fill_null(0) != 0),
    ).head(MOST_COINS)


def rates(day: Day) -> pl.DataFrame:
    """Funding by the year of contracts margined in dollars: `fact_date, label, value`."""
    linear = day.funding.filter(pl.col("margin_type") == "linear")
    rows = linear.select("fact_date", label="asset", value="funding_annualised_ratio")
    return _largest(rows, _open_now(day))


def open_interest(day: Day) -> pl.DataFrame:
    """Open interest in dollars, of contracts of all margins together: `fact_date, label, value`."""
    on_the_day = day.open_interest.filter(pl.col("fact_date") == day.day)
    kinds = on_the_day.group_by("asset").agg(kinds=pl.len())
    by_day = day.open_interest.join(kinds, on="asset").group_by("fact_date", "asset", maintain_order=True).agg(
        # A day that lacks one margin's contracts is not comparable with the others.
        value=pl.when((pl.len() == pl.col("kinds").first()) & pl.col("open_interest_usd").is_not_null().all())
        .then(pl.col("open_interest_usd").sum())
    )  # fmt: skip
    return _largest(by_day.select("fact_date", label="asset", value="value"), _open_now(day))


def _open_now(day: Day) -> pl.DataFrame:
    """Assets by their open interest, the largest first."""
    on_the_day = day.open_interest.filter(pl.col("fact_date") == day.day)
    summed = on_the_day.group_by(label="asset").agg(size=pl.col("open_interest_usd").sum())
    return summed.sort("size", "label", descending=[True, False])


def _largest(rows: pl.DataFrame, sizes: pl.DataFrame) -> pl.DataFrame:
    """Rows of the assets with the largest open interest, or of the first by name where there is none."""
    known = sizes["label"].to_list()
    others = sorted(set(rows.drop_nulls("value")["label"]) - set(known))
    return rows.filter(pl.col("label").is_in([*known, *others][:MOST_ASSETS])).sort("label", "fact_date")
