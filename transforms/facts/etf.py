"""ETF net flows from share counts: the formulas (METHOD §6), and a fund's flows rebuilt from its issuer's files.

Belongs here: flow, coins, implied net asset value, and the rebuild by session. Does not belong here: totals
over funds (`etf_totals.py`), what tables print (`transforms/parse/etf_cells.py`), the calendar
(`transforms/core/sessions.py`), lags and events of funds (`schemas/funds.py`).

Formulas take and give expressions (or column names). Shares are counts, net asset values USD per share.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from schemas.rules import IMPLIED_NAV_TOLERANCE_RATIO, SPLIT_NAV_TOLERANCE_RATIO, SPLIT_SHARES_TOLERANCE_RATIO
from transforms.core.exact import divided
from transforms.core.sessions import session_close, sessions_after

Number = pl.Expr | str | float
_DAYS_PER_YEAR = 365


def _expr(value: Number) -> pl.Expr:
    return pl.col(value) if isinstance(value, str) else value if isinstance(value, pl.Expr) else pl.lit(value)


def _over(value: pl.Expr, by: Number) -> pl.Expr:
    """value / by; null where `by` is zero."""
    return pl.when(_expr(by) != 0).then(divided(value, _expr(by)))


def first_known_session(trade_date: date, so_lag_bd: int) -> date:
    """The session whose share count is the first with the orders of `trade_date`: `so_lag_bd` sessions later."""
    session_close(trade_date)
    return sessions_after(trade_date, so_lag_bd) if so_lag_bd else trade_date


def shares_created(
    shares_before: Number, shares_after: Number, split_ratio: Number = 1.0, non_flow_shares: Number = 0.0
) -> pl.Expr:
    """Shares created less redeemed between two counts, in the shares of the first one.

    `split_ratio` is new shares per old one in between. `non_flow_shares`, in the shares of the second count, came
    by a seed or a conversion.
    """
    return divided(_expr(shares_after) - _expr(non_flow_shares), _expr(split_ratio)) - _expr(shares_before)


def flow_from_shares(
    shares_before: Number,
    shares_after: Number,
    nav_usd: Number,
    split_ratio: Number = 1.0,
    non_flow_shares: Number = 0.0,
) -> pl.Expr:
    """Net flow in USD: (shares_T − shares_T−1) × NAV_T. Splits, seeds and conversions are none; a fee takes coins
    and no shares, so it is none either.

    `nav_usd` is per share of the second count, T. `split_ratio` is new shares per old one in between, by which the
    first count is multiplied; `non_flow_shares`, in the shares of T, came by a seed or a conversion.
    """
    before = _expr(shares_before) * _expr(split_ratio)
    return (_expr(shares_after) - _expr(non_flow_shares) - before) * _expr(nav_usd)


def flow_via_aum(
    aum_before: Number, aum_after: Number, nav_before: Number, nav_after: Number, split_ratio: Number = 1.0
) -> pl.Expr:
    """The same flow from assets: AUM_T − AUM_T−1 × NAV_T / NAV_T−1, where NAV_T counts `split_ratio` times."""
    return _expr(aum_after) - _over(_expr(aum_before) * _expr(nav_after) * _expr(split_ratio), nav_before)


def raw_aum_change(aum_before: Number, aum_after: Number) -> pl.Expr:
    """Change of assets in USD: mostly the price's, and no flow."""
    return _expr(aum_after) - _expr(aum_before)


def coins_per_share(before: Number, annual_fee_ratio: Number, days: Number = 1.0) -> pl.Expr:
    """Coins behind one share after `days` of a fee that is paid in coins: before × (1 − fee × days / 365)."""
    return _expr(before) * (1 - divided(_expr(annual_fee_ratio) * _expr(days), _DAYS_PER_YEAR))


def coin_balance_change(
    shares_before: Number, shares_after: Number, coins_before: Number, coins_after: Number
) -> pl.Expr:
    """Change of the fund's coins, from coins per share: with the day's fee in it as a small outflow."""
    return _expr(shares_after) * _expr(coins_after) - _expr(shares_before) * _expr(coins_before)


def flow_by_coin_balance(balance_change: Number, reference_price: Number) -> pl.Expr:
    """Glassnode's flow in USD: change of coins × reference price. A second series, never the value."""
    return _expr(balance_change) * _expr(reference_price)


def flow_in_coins(flow_usd: Number, reference_price: Number) -> pl.Expr:
    """Net flow in coins at the reference price (USD per coin)."""
    return _over(_expr(flow_usd), reference_price)


def implied_nav(flow_usd: Number, shares: Number) -> pl.Expr:
    """|flow| / |shares|: the net asset value that a flow and a number of shares imply; null for no shares."""
    return _over(_expr(flow_usd).abs(), _expr(shares).abs())


def nav_gap(implied: Number, close: Number) -> pl.Expr:
    """Relative distance of an implied net asset value from the session's close, with its sign."""
    return _over(_expr(implied), close) - 1


def implied_shares(flow_usd: Number, close: Number) -> pl.Expr:
    """Shares that a flow amounts to at the session's close."""
    return _over(_expr(flow_usd), close)


def nav_flag(
    flow_usd: Number,
    shares: Number,
    close: Number,
    tolerance_ratio: float = IMPLIED_NAV_TOLERANCE_RATIO,
    resolution_usd: float = 0.0,
) -> pl.Expr:
    """`implied_nav_out_of_tolerance` where the pair does not fit the session: date or unit is doubtful; else null.

    `resolution_usd`: the unit in which the flow is printed, half of which it may be off by rounding.
    """
    at_close = (_expr(shares) * _expr(close)).abs()
    gap = (_expr(flow_usd).abs() - at_close).abs()
    return pl.when(gap > tolerance_ratio * at_close + resolution_usd / 2).then(pl.lit("implied_nav_out_of_tolerance"))


def detected_split(shares_before: Number, shares_after: Number, nav_before: Number, nav_after: Number) -> pl.Expr:
    """New shares per old one where two counts look like a split, else 1; null where the second NAV is needed.

    A split changes the count by an integer factor or its inverse, and the net asset value inversely; orders of
    the same day leave the count within 2 % of it, and the market the value within 25 %.
    """
    ratio = divided(_expr(shares_after), _expr(shares_before))
    factor = pl.when(ratio >= 1).then(ratio.round()).otherwise(1 / (1 / ratio).round())
    is_integer = (factor != 1) & factor.is_finite() & ((ratio / factor - 1).abs() <= SPLIT_SHARES_TOLERANCE_RATIO)
    inverse = (_expr(nav_after) * factor / _expr(nav_before) - 1).abs() <= SPLIT_NAV_TOLERANCE_RATIO
    return pl.when(~is_integer.fill_null(False)).then(1.0).when(inverse).then(factor).when(~inverse).then(1.0)
