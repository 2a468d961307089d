"""Macro series that are read: what each is, the unit that it is printed in, and what may be done with it.

Belongs here: facts about FRED's series. Does not belong here: observations, or reading them
(`transforms/parse/fred.py`). A series that is not here has no known unit, and is not read.
"""

from __future__ import annotations

from dataclasses import dataclass

LEVEL_UNITS: dict[str, str] = {
    "index_points": "points of the index's own scale",
    "ratio_per_year": "fraction per year",
    "usd": "US dollars",
}

PUBLIC_DOMAIN = "public domain (Board of Governors, Federal Reserve Bank of New York): cite the source"
_COPYRIGHT = "copyright {}: internal use only, no redistribution of rows"
SPDJI = _COPYRIGHT.format("S&P Dow Jones Indices")
NASDAQ = _COPYRIGHT.format("Nasdaq")
CBOE = _COPYRIGHT.format("Cboe")

_PERCENT, _MILLIONS, _BILLIONS = 100.0, 1e6, 1e9


@dataclass(frozen=True)
class MacroSeries:
    """One series by its FRED id. `level_unit` is a key of `LEVEL_UNITS`.

    A printed number times `times` over `over` is the level. Outside `low` to `high`, in the printed unit,
    the number is in another unit than the series is known to have: FRED has changed some from billions to millions.
    """

    series_id: str
    title: str
    level_unit: str
    low: float
    high: float
    licence: str = PUBLIC_DOMAIN
    times: float = 1.0
    over: float = 1.0


def _index(series_id: str, title: str, low: float, high: float, licence: str = PUBLIC_DOMAIN) -> MacroSeries:
    return MacroSeries(series_id, title, "index_points", low, high, licence)


def _percent(series_id: str, title: str) -> MacroSeries:
    return MacroSeries(series_id, title, "ratio_per_year", -10, 30, over=_PERCENT)


def _millions(series_id: str, title: str, low: float) -> MacroSeries:
    return MacroSeries(series_id, title, "usd", low, 5e7, times=_MILLIONS)


MACRO_SERIES: tuple[MacroSeries, ...] = (
    _index("SP500", "S&P 500, close; the last ten years only", 10, 1e5, SPDJI),
    _index("DJIA", "Dow Jones Industrial Average, close; the last ten years only", 10, 1e6, SPDJI),
    _index("NASDAQCOM", "Nasdaq Composite, close", 10, 1e6, NASDAQ),
    _index("VIXCLS", "Cboe Volatility Index (VIX), close", 1, 200, CBOE),
    _index("DTWEXBGS", "Nominal broad US dollar index, January 2006 = 100; its weights are revised yearly", 30, 300),
    _percent("DGS10", "10-year Treasury yield at constant maturity"),
    _percent("DFII10", "10-year inflation-indexed Treasury yield at constant maturity"),
    MacroSeries("RRPONTSYD", "Overnight reverse repurchases of the Federal Reserve", "usd", 0, 1e4, times=_BILLIONS),
    _millions("WALCL", "Total assets of the Federal Reserve, Wednesday level", 1e5),
    _millions("WTREGEN", "US Treasury's general account at the Federal Reserve, Wednesday level", 1e3),
    _millions("WRESBAL", "Reserve balances at Federal Reserve Banks, Wednesday level", 1e3),
)
BY_ID: dict[str, MacroSeries] = {series.series_id: series for series in MACRO_SERIES}
