"""Rules between the tables of funding and open interest: sums over contracts, what price and quantity did.

Belongs here: each rule as a query that returns the rows that break it. Does not belong here: rules of other
domains, or running them (`reconcile.py`).
"""

from __future__ import annotations

from orchestration.store.audit.rule import Rule, differ

_CHANGES = tuple(
    Rule(
        f"sums.open_interest_effects_{unit}",
        ("fct_open_interest_daily",),
        f"what price and quantity did adds up to the change in {unit}, where all are given",
        "within 1e-6 of the level",
        f"""select fact_date, venue, symbol, asset, change_{unit}, price_effect_{unit}, quantity_effect_{unit}
            from fct_open_interest_daily
            where abs(price_effect_{unit} + quantity_effect_{unit} - change_{unit})
                > 1e-6 * (abs(open_interest_{unit}) + abs(change_{unit}))""",
    )
    for unit in ("coin", "usd")
)
_YEAR = "case when hours_covered = 24 then funding_ratio * 365 end"
DERIVATIVES_RULES = (
    *_CHANGES,
    Rule(
        "sums.open_interest_contracts_to_total",
        ("fct_open_interest_totals_daily", "fct_open_interest_daily"),
        "the contracts of all venues sum to the total, and no vendor's total is in it",
        "within 1e-9 of the total",
        f"""select fact_date, asset, margin_type, c.usd as contracts_usd, t.open_interest_usd as total_usd
            from (select fact_date, asset, margin_type, sum(open_interest_usd) as usd from fct_open_interest_daily
                where series = 'contract' and margin_type is not null group by all) c
            full join fct_open_interest_totals_daily t using (fact_date, asset, margin_type)
            where {differ("c.usd", "t.open_interest_usd", "0.01 + 1e-9 * abs(t.open_interest_usd)")}""",
    ),
    Rule(
        "sums.funding_year_is_365_days",
        ("fct_funding_daily",),
        "a whole day's annual rate is the day times 365, and a part of a day has none",
        "within 1e-9",
        f"""select fact_date, venue, symbol, funding_ratio, funding_annualised_ratio, hours_covered
            from fct_funding_daily
            where {differ("funding_annualised_ratio", _YEAR, "1e-9")}""",
    ),
)
