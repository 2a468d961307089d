"""Closed vocabularies and limits, each stated once.

Belongs here: the codes a row may carry (status, finality, reasons) and the numeric limits that the
core, dbt and the gate share. Does not belong here: which column carries which code
(`schemas/columns/`) or the arithmetic (`transforms/`).
"""

from __future__ import annotations

from datetime import date

FINALITY: dict[str, str] = {
    "preliminary": "may still change by the feed's own rule: part day, live row, fund not yet reported",
    "final": "complete by the feed's own finality rule",
    "restated": "the vendor changed a value that had been final",
    "held": "refused for now by a rule; the reason is in `status`",
}

STATUS: dict[str, str] = {
    "pending": "the source has not reported yet",
    "pending_zero": "a zero printed before the source reported; proves nothing",
    "not_launched": "the fund did not exist on that day",
    "missing": "the source never reported, and its window for late fills is closed",
    "partial": "some funds have reported, some not: the value is the sum of those that did",
    "no_share_count": "the issuer's share count of a session is missing: orders of several days cannot be told apart",
    "no_nav": "the issuer's net asset value of the trade date is missing",
    "no_instrument": "no instrument record gives the contract value",
    "no_price": "no price of that day to convert with",
    "flat_price": "the vendor's implied price stands still, so its USD figure is stale",
    "unknown_peg": "the currency of the peg is not known, so units are not added as dollars",
    "not_usd_peg": "pegged to another currency; not converted",
    "missing_price": "the feed carries no price for the contract",
    "missing_index": "no index at the same instant",
    "stale_index": "the index is more than 60 s away from the future's price",
    "expired": "at or past its expiry",
    "perpetual": "never expires, whatever its dates say",
    "settlement_window": "inside the venue's settlement-averaging window",
    "under_1_day": "less than one day to expiry: not used, not annualised",
    "under_7_days": "less than seven days to expiry: a node, but its rate is not annualised alone",
    "no_left_bracket": "no contract expires at or before the tenor",
    "no_right_bracket": "no contract expires at or after the tenor",
    "no_contracts": "no eligible contract on that day",
    "no_venues": "no venue has both a rate at the tenor and open interest to weight it with",
    "no_previous_day": "no value for the day before",
    "zero_base": "the base of the change is zero",
    "no_month_start": "no value of the same feed at 00:00 UTC on the first of the month",
    "no_month_end": "the series has no value at the month's end: the change up to its last day",
    "dollars_only": "the feed gives dollars and no units of the peg",
    "minted_only": "the issuer tells what it minted on the chain, not what bridges moved",
    "no_issuance": "no feed gives the issuer's single issues and redemptions",
    "thin_market": "every book of the day is below the volume floor",
    "to_date": "the month is not over: the change so far",
    "incomplete": "settlements of the day are missing or still to come: the sum of those known",
    "copied_value": "the vendor gives several venues one and the same series: whose it is cannot be told",
    "no_open_interest": "no open interest at the same hour to weight with",
    "no_common_hour": "no hour in which a venue has both a rate and open interest",
    "contracts_differ": "not the same contracts on both days: the change is of those that are on both",
    "no_vendor_total": "no vendor's total of the same day and asset",
    "early_epoch": "too few blocks since the last change of difficulty to estimate the next one",
    "outside_regime": "the feed's regime is younger than the window",
}

# METHOD §11. The thresholds are below; bands, tiers and clusters are in schemas/confidence/*.csv.
GRADES: dict[str, str] = {
    "A": "high: recomputed from raw feeds and an independent cluster agrees, none contradicts",
    "B": "medium: two agreeing clusters, or recomputed from raw feeds alone; contradictions outnumbered",
    "C": "low: one secondary cluster, or a model's output",
    "X": "contradicted: as many clusters contradict as agree, or more",
    "U": "ungraded: nothing complete with the same definition",
}
AGREE_BANDS = 1.0
NEAR_BANDS = 3.0
# Share of events that a sum over a raw feed must have to be tier 1.
MIN_COVERAGE_RATIO = 0.95
# Values of contracts in coins that are no power of ten (CME's of bitcoin and ether): a count of contracts
# taken for coins is wrong by such a factor.
CONTRACT_VALUES: tuple[float, ...] = (5.0, 50.0)
# Equal values of two venues are a copy where they have this many significant digits, or are equal on this
# many days.
COPY_MIN_DIGITS = 6
COPY_MIN_DAYS = 30
CONTRADICTION_REASON: dict[str, str] = {
    "window": "another window",
    "definition": "another definition",
    "scope": "another scope",
    "vendor": "another method of the vendor",
    "restatement": "an older value, restated since",
    "unit": "another unit: the ratio is a power of ten or a known contract value",
    "sign": "the sign is reversed",
    "translation": "an error of translation",
    "unknown": "not known",
}

CHANGE_REASON: dict[str, str] = {
    "first": "first value known",
    "late_fill": "was pending, now reported",
    "placeholder_zero": "a printed zero was only a placeholder; now reported",
    "confirmed": "same value, now final by the feed's rule",
    "restated": "the source changed a reported value",
    "new_fund": "a fund column appeared in a table already published",
    "other_source": "a better source has a value now: the one before it said something else",
    "more_data": "more of the same day's data arrived",
    "regraded": "the same value; other sources changed what is thought of it",
}

# What happens at a stablecoin's issuer (METHOD §7); "treasury" is the issuer's own, on the chain.
ISSUANCE_KIND: dict[str, str] = {
    "mint": "minted to the treasury: authorised, not issued",
    "burn": "burnt from the treasury",
    "issue": "let out of the treasury to a customer",
    "redeem": "taken back into the treasury from a customer",
    "swap_out": "taken back into the treasury of this chain, to be let out on another",
    "swap_in": "let out of the treasury of this chain, for what was taken back on another",
}
# Who an address belongs to, by its label: the kinds that flows are told apart by.
EXCHANGE, TREASURY = "exchange", "treasury"
# All exchanges that a source covers, together: what moves between two of them is internal.
ALL_EXCHANGES = "all_exchanges"
# A supply nearer to zero than this is zero; a change against it has no percentage.
STABLECOIN_DUST = 1e-6
# Books that trade less than this in a day do not count for the peg.
PEG_MIN_VOLUME_USD = 1_000_000.0

MAX_INDEX_SKEW_SECONDS = 60
# A quote stamped in this hour or later is the day's last sample: snapshots cannot be taken again.
LAST_SAMPLE_HOUR_UTC = 23
MIN_NODE_DAYS = 1.0
MIN_ANNUALISED_DAYS = 7.0
# Further off no venue lists a dated future on a coin (the CME's furthest: two years); what is, is perpetual.
MAX_DATED_DAYS = 1_095
# The former front is looked for this far back: a front under seven days and the closures after it.
ROLL_LOOKBACK_DAYS = 14
# Venues with sessions: their day's instant is the settlement's, not the end of the UTC day.
SESSION_VENUES: tuple[str, ...] = ("cme",)
SECONDS_PER_YEAR = 365 * 86_400
TENORS_DAYS: tuple[int, ...] = (30, 60, 90, 120)

# Minutes before expiry over which a venue averages its settlement price (OKX: 30 from 2026-03-18;
# Kraken's dated futures settle on the same reference rate as CME's).
SETTLEMENT_WINDOW_MINUTES: dict[str, int] = {
    "binance": 30,
    "bybit": 30,
    "cme": 60,
    "coinbase": 60,
    "deribit": 30,
    "kraken": 60,
    "okx": 60,
}
# Sides that a venue counts open interest on, where it is not one.
OPEN_INTEREST_SIDES: dict[str, int] = {"bybit": 2}
# No venue of the time pays funding less often; a longer distance is an interval only if the feed says so.
LONGEST_FUNDING_INTERVAL_HOURS = 8.0
# Quote currencies taken at one dollar.
USD_QUOTES: tuple[str, ...] = ("USD", "USDT", "USDC", "BUSD", "FDUSD", "TUSD", "USDE")

# A day of liquidations is ranked among this many days, itself the last.
LIQUIDATION_RANK_DAYS = 90

ETF_FINAL_HOUR_UTC = 6
ETF_LATE_FILL_SESSIONS = 5
ETF_TOTAL_TOLERANCE_USD = 150_000.0
ETF_TOTAL_REFUSED_USD = 1_000_000.0
# Sources whose printed totals may hold funds that no total of ours counts.
ETF_WIDER_TOTALS: tuple[str, ...] = ("sosovalue_etf_flows", "tftc_etf_flows")
# METHOD §6: dollars over shares must be this near to the fund's price. Tables print tenths of a million.
IMPLIED_NAV_TOLERANCE_RATIO = 0.03
ETF_PRINTED_RESOLUTION_USD = 100_000.0
# A share count that changes by an integer factor, this nearly, while the net asset value changes by its inverse:
# a split. The value moves with the market too, hence the wider limit there.
SPLIT_SHARES_TOLERANCE_RATIO = 0.02
SPLIT_NAV_TOLERANCE_RATIO = 0.25

RESERVE_BREAK_TOLERANCE_COIN = 1.0
FLAT_PRICE_TOLERANCE_RATIO = 1e-6

SHRINK_MAX_RATIO = 0.02
FUTURE_DAYS_ALLOWED = 1
FRESH_DAYS = 4
# Nothing of these markets is older; only statistics of states are.
FIRST_DATE = date(2009, 1, 1)
FACT_DATES: tuple[str, ...] = ("fact_date", "trade_date", "as_of_date")
LEAST_SHARE_KNOWN = 0.01
VOLUME_RATIO = (0.5, 2.0)

# A price or a contract value of zero is a fault, never a fact.
SMALLEST_POSITIVE = 1e-12
# Beyond this nothing is observed: products of four such numbers, and sums of those, are finite.
LARGEST = 1e30

# A venue's clock may run ahead of ours by this much before a stamp counts as a future date.
CLOCK_TOLERANCE_SECONDS = 300

# The spot leg of a settlement file; the limits are judgements. Below spot nothing pays a holder to wait,
# so a settlement more than 3 % under its own spot is doubtful at any maturity. Above spot a long contract
# may earn far more by carry, so a week or more before expiry the limit there is the rate, 100 % a year.
# A spot of another day or instrument passes a limit easily, and that row's spot is refused. A crash may do
# so for a day or two. Where a month of rows stands on one side of spot and more than a tenth of them is
# refused, the column is not that future's spot at all, and the whole of it is refused.
SPOT_MAX_BASIS_RATIO = 0.03
SPOT_MAX_ANNUALISED_RATIO = 1.0
SPOT_MIN_DAYS = 7.0
SPOT_MIN_ROWS = 20
SPOT_MAX_REFUSED_SHARE = 0.1
