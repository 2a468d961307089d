"""`sluice status`, `sluice show`, `sluice doctor`: how the warehouse stands."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli import OK, REFUSED, drift, live
from orchestration.cli.output import instant, say, table, warn
from orchestration.resources.settings import from_environment

SHOW_EXAMPLES = "Example:  sluice show 2026-02-05"

_DAY_QUERIES = {
    "ETF net flows, USD": "select asset, flow_usd, n_funds_reported, n_funds_expected, grade, finality, status"
    " from fct_etf_totals_daily where trade_date = date '{day}' order by asset",
    "ETF net flows by fund, USD": "select asset, fund, flow_usd, status from fct_etf_flows_daily"
    " where trade_date = date '{day}' and coalesce(status, '') <> 'not_launched' order by asset, flow_usd, fund",
    "Liquidations (sums are floors where the feed drops prints)": "select asset, venue, liq_side, series, notional_usd,"
    " max_1h_usd, is_lower_bound, grade, finality from fct_liquidations_daily where fact_date = date '{day}'"
    " order by series, asset, venue, liq_side",
    "Funding over venues, fractions": "select asset, margin_type, funding_8h_ratio, funding_annualised_ratio, n_venues,"
    " finality, status from fct_funding_weighted_daily where fact_date = date '{day}'"
    " order by asset, margin_type",
    "Open interest over venues, and what the price and what contracts did to it": "select asset, margin_type,"
    " open_interest_coin, open_interest_usd, price_effect_usd, quantity_effect_usd, n_venues, finality, status"
    " from fct_open_interest_totals_daily where fact_date = date '{day}' order by asset, margin_type",
    "Basis term structure, fraction per year": "select venue, asset, tenor_days, basis_annualised_ratio, grade, status,"
    " left_symbol, right_symbol from fct_basis_term_structure_daily where fact_date = date '{day}'"
    " order by venue, asset, tenor_days",
    "Stablecoin supply": "select asset, chain, peg_currency, circulating_peg, circulating_usd, supply_change_peg,"
    " grade, finality from fct_stablecoin_supply_daily where fact_date = date '{day}'"
    " order by circulating_usd desc nulls last, asset, chain limit 12",
    "Exchange flows, coins": "select asset, entity, inflow_coin, outflow_coin, netflow_coin, reserve_coin, finality"
    " from fct_exchange_flows_daily where fact_date = date '{day}' order by asset, entity",
}


def show(day: Annotated[str, typer.Argument(metavar="DATE", help="A UTC day or trade date.")]) -> int:
    """The facts of one day, from the newest release, and how to query on."""
    from orchestration.cli.run import _day
    from orchestration.cli.sql import query

    wanted = _day(day, "DATE")
    release = query("select * from sluice_release").row(0, named=True)
    say(f"release {release['release_id']}")
    if release.get("is_simulated"):
        say("[yellow]These facts come from the sample feeds: a simulation, not market data.[/]")
    for title, text in _DAY_QUERIES.items():
        rows = query(text.format(day=wanted))
        if rows.is_empty():
            say(f"\n{title}: none on {wanted}")
            continue
        say()
        table(title, rows.columns, rows.iter_rows())
    say("\nQuery on:")
    say("  sluice sql \"from fct_etf_flows_daily_vintages where fund = 'IBIT' order by recorded_at desc limit 5\"")
    say('  sluice sql --as-of 2026-02-06T02:00Z "from fct_etf_totals_daily" --limit 5')
    say(f"  sluice trace fct_etf_flows_daily trade_date={wanted} asset=BTC fund=IBIT")
    say("  sluice dev      the asset graph and the runs, in a browser")
    return OK


def status() -> int:
    """What is published, what waits, what was refused, what each source last gave; live feeds that are late."""
    from orchestration.store import releases
    from orchestration.store.core_store import CoreStore
    from orchestration.store.layout import Layout
    from orchestration.store.ledger import Ledger
    from orchestration.store.quarantine import Quarantine

    settings = from_environment()
    layout = Layout(settings.home)
    current = releases.current(layout)
    if current is None:
        say("release      none yet: `sluice run` publishes one")
    else:
        say(f"release      {current.release_id}, published {instant(current.published_at)}")
    pending = CoreStore(layout).pending()
    if pending.is_empty():
        say("pending      nothing: the release holds all that is in core")
    else:
        days = sorted(set(pending["fact_date"].drop_nulls()))
        span = f"{len(days)} days ({days[0]} … {days[-1]})" if days else "dimensions"
        say(f"pending      {span} changed since: `sluice run`")
    refused = releases.refused(layout)
    if refused is not None:
        warn(f"the newest candidate was refused by {refused.height} checks; readers keep the release above")
        table("", ("check", "table", "partition", "observed", "expected"),
              refused.select("check", "table", "partition", "observed", "expected").head(20).iter_rows())  # fmt: skip
    rejects = Quarantine(layout.quarantine).read()
    say(f"quarantine   {rejects.height} records" + (": `sluice quarantine list`" if rejects.height else ""))
    drift.standing(layout)
    rows = [
        (r["feed"], r["fetches"], instant(str(r["last_known_at"])), r["transports"])
        for r in Ledger(layout.ledger).summary()
    ]
    if rows:
        table("", ("feed", "payloads", "last known at", "transport"), rows)
    live.report(settings)
    return REFUSED if refused is not None else OK


def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended without changing any fact.")
    ] = False,
) -> int:
    """Check the data directory: raw bytes against hashes, accounts, releases, catalogues."""
    from orchestration.store.doctor import examine
    from orchestration.store.layout import Layout

    findings = examine(Layout(from_environment().home), repair=repair)
    table("", ("check", "result", "what"), [(f.check, f.result, f.detail) for f in findings])
    bad = [finding for finding in findings if finding.result == "bad"]
    if bad and not repair:
        say("`sluice doctor --repair` mends what can be mended.")
    return REFUSED if bad else OK
