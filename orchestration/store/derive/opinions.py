"""Which core columns are an opinion of which graded series.

Belongs here: the list of series with their tables, and reading opinions of some dates. Does not belong
here: comparing them (`transforms/facts/confidence.py`), bands and sources (`schemas/confidence/`).

A new series, or another table for an old one, is a line of `OPINIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from orchestration.store.core_store import CoreStore, table_of
from orchestration.store.dbt_build import PROJECT
from schemas import confidence
from schemas.stablecoins import STABLECOINS
from schemas.tables import TABLES

_WHOLE = pl.col("status").is_null() & (pl.col("finality") != "preliminary")
_REPORTED = pl.col("status").is_null()
_ALWAYS, _NEVER, _ASSET = pl.lit(True), pl.lit(False), pl.col("asset")
# As the SQL sums: binary floating point is not associative.
_EXACT = pl.Decimal(38, 10)
# The cluster of a feed that passes on what a venue says: its opinion is the venue's.
_OF_VENUE = "venue"


@dataclass(frozen=True)
class Opinions:
    """How rows of a core table become opinions of a series.

    `prepare` makes the rows out of the table's, where they are not one by one. `tier` is for sources that
    `sources.csv` does not list.
    """

    series: str
    table: str
    entity: pl.Expr
    value: pl.Expr
    is_complete: pl.Expr = _WHOLE
    asset: pl.Expr = _ASSET
    where: pl.Expr = _ALWAYS
    is_matched: pl.Expr = _ALWAYS
    is_lower_bound: pl.Expr = _NEVER
    tier: int = 2
    prepare: Callable[[pl.DataFrame, Rules], pl.DataFrame] = lambda rows, rules: rows

    def of(self, rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
        """Opinions as `assess` takes them."""
        table = TABLES[self.table]
        ready = self.prepare(rows, rules).filter(self.where)
        known_at = "recorded_at" if "recorded_at" in ready.columns else "known_at"
        stated = ready.select(
            confidence_series=pl.lit(self.series),
            fact_date=pl.col(table.date_column or ""),
            asset=self.asset,
            entity=self.entity,
            source=pl.col("source"),
            value=self.value,
            known_at=pl.col(known_at),
            is_complete=self.is_complete,
            is_matched=self.is_matched,
            is_lower_bound=self.is_lower_bound,
            is_simulated=pl.col("is_simulated"),
            venue=pl.col("venue") if "venue" in ready.columns else pl.lit(None, pl.String),
            own_tier=pl.lit(self.tier, pl.Int32),
        )
        return _described(stated)


@dataclass(frozen=True)
class Rules:
    """What opinions depend on besides the rows of their date."""

    pegs: pl.DataFrame
    regimes: pl.DataFrame


def _described(stated: pl.DataFrame) -> pl.DataFrame:
    """Priority, cluster and tier of each source. A feed that drops events is no raw data of 95 % coverage."""
    known = confidence.sources().select("source", "priority", "cluster", "tier")
    joined = stated.join(known, on="source", how="left", maintain_order="left")
    cluster = pl.when(pl.col("cluster") != _OF_VENUE).then("cluster")
    tier = pl.coalesce("tier", "own_tier")
    return joined.with_columns(
        cluster=pl.coalesce(cluster, "venue", "source"),
        tier=pl.when(pl.col("is_lower_bound")).then(pl.max_horizontal(tier, pl.lit(2, pl.Int32))).otherwise(tier),
    ).drop("venue", "own_tier")


def _sums(events: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Sums of prints as of every instant, with whether their venue's feed drops prints."""
    by = ["fact_date", "asset", "venue", "liq_side"]
    summed = (
        events.group_by(*by, "known_at")
        .agg(
            pl.col("notional_usd").cast(_EXACT).sum(),
            pl.col("notional_usd").is_not_null().any().alias("is_priced"),
            pl.col("source").max(),
            pl.col("is_simulated").any(),
        )
        .sort(*by, "known_at")
        .with_columns(
            pl.col("notional_usd").cum_sum().over(by).cast(pl.Float64),
            pl.col("is_priced").cast(pl.UInt8).cum_max().over(by) == 1,
            pl.col("source").max().over(by),
        )
    )
    days = summed.select("venue", "fact_date").unique()
    regimes = days.join(rules.regimes, on="venue").filter(
        pl.col("fact_date") >= pl.col("valid_from"),
        pl.col("fact_date") < pl.col("valid_to").fill_null(date.max),
    )
    on = ["venue", "fact_date"]
    joined = summed.join(regimes.select(*on, "is_lower_bound"), on=on, how="left")
    return joined.with_columns(pl.col("is_lower_bound").fill_null(True))


def _with_pegs(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    return rows.join(rules.pegs, on="stablecoin_id", how="left", maintain_order="left")


_IS_DOLLAR = (pl.col("peg_currency") == "USD").fill_null(False)
_DAY_IS_OVER = pl.col("known_at") >= (pl.col("fact_date") + pl.duration(days=1)).cast(pl.Datetime("us", "UTC"))
_VENUE_SYMBOL = pl.format("{}|{}", "venue", "symbol")

OPINIONS: tuple[Opinions, ...] = (
    Opinions("etf_fund", "core_etf__flows", pl.col("fund"), pl.col("flow_usd"), _REPORTED),
    Opinions("etf_fund", "core_etf__rebuilt_flows", pl.col("fund"), pl.col("flow_usd"), _REPORTED, tier=1),
    Opinions("etf_total", "core_etf__source_totals", pl.lit("all"), pl.col("flow_usd"), _REPORTED),
    Opinions(
        "exchange_netflow",
        "core_exchange__flows",
        pl.col("entity"),
        pl.col("value"),
        where=(pl.col("metric") == "netflow") & (pl.col("unit") == "coin"),
    ),
    Opinions(
        "liquidations",
        "core_liquidations__vendor_totals",
        pl.format("{}|{}|vendor_aggregate", "venue", "liq_side"),
        pl.col("value"),
        where=pl.col("unit") == "usd",
        is_lower_bound=pl.lit(True),
    ),
    Opinions(
        "liquidations",
        "core_liquidations__events",
        pl.format("{}|{}|venue_prints", "venue", "liq_side"),
        pl.when("is_priced").then("notional_usd"),
        _DAY_IS_OVER & pl.col("is_priced"),
        is_lower_bound=pl.col("is_lower_bound"),
        tier=1,
        prepare=_sums,
    ),
    Opinions("basis", "core_basis__contracts", _VENUE_SYMBOL, pl.col("basis_annualised_ratio"), tier=1),
    Opinions(
        "basis_tenor",
        "core_basis__term_structure",
        pl.format("{}|{}", "venue", "tenor_days"),
        pl.col("basis_annualised_ratio"),
        tier=1,
    ),
    Opinions("funding", "core_funding__daily", _VENUE_SYMBOL, pl.col("funding_8h_ratio")),
    Opinions("open_interest", "core_open_interest__daily", _VENUE_SYMBOL, pl.col("open_interest_usd")),
    # Units of another peg are no dollars: without tokens such a row is about something else.
    Opinions(
        "stablecoin_supply",
        "core_stablecoins__supply",
        pl.format("{}|{}", "stablecoin_id", "chain"),
        pl.coalesce("circulating_usd", pl.when(_IS_DOLLAR).then("circulating_peg")),
        asset=pl.col("stablecoin_id"),
        is_matched=_IS_DOLLAR | pl.col("circulating_peg").is_not_null(),
        prepare=_with_pegs,
    ),
)


def present() -> list[Opinions]:
    """The declared opinions whose table there is."""
    return [each for each in OPINIONS if each.table in TABLES]


def rules_of(core: CoreStore) -> Rules:
    """Pegs of the stablecoins, the reference's or else as first described, and the regimes of the feeds."""
    known = [(coin.stablecoin_id, coin.peg_currency) for coin in STABLECOINS]
    fixed = pl.DataFrame(known, ("stablecoin_id", "peg_currency"), orient="row")
    described = core.read(table_of("core_stablecoins__assets")).sort("known_at", "source")
    first = described.unique("stablecoin_id", keep="first", maintain_order=True).select(fixed.columns)
    pegs = pl.concat([fixed, first.join(fixed, on="stablecoin_id", how="anti")]).sort("stablecoin_id")
    regimes = pl.read_csv(PROJECT / "seeds" / "liquidation_regimes.csv", try_parse_dates=True)
    return Rules(pegs, regimes.select("venue", "valid_from", "valid_to", "is_lower_bound"))


def opinions(core: CoreStore, dates: Iterable[date], rules: Rules) -> pl.DataFrame:
    """All opinions of these dates."""
    wanted = list(dates)
    tables: dict[str, pl.DataFrame] = {}
    frames: list[pl.DataFrame] = []
    for each in present():
        if each.table not in tables:
            tables[each.table] = core.read_dates(table_of(each.table), wanted)
        frames.append(each.of(tables[each.table], rules))
    return pl.concat(frames)
