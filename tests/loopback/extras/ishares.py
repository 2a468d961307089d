"""iShares' files that the sample pack has not: ETHA's holdings file, and both funds' workbooks."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from orchestration.sources.sample import DEFAULT_SEED, SamplePayload
from orchestration.sources.sample.etf import flows
from orchestration.sources.sample.etf_vendors import _net_asset_value, _shares
from orchestration.sources.sample.market import RECORDED_FROM, is_session, market, sessions
from orchestration.sources.sample.payload import CSV, HTML, NOTICE, at, payload

_SHOWN = 10
_FIRST_SHARES, _BASKET, _COIN_PER_SHARE = 480_000_000, 40_000, 0.0075


def payloads(day: date) -> list[SamplePayload]:
    """ETHA's file in the evening of a session, the workbooks at noon of the next day."""
    if day < RECORDED_FROM or not is_session(day):
        return []
    noon = at(day, 13, plus_days=1)
    books = {"IBIT": ("BTC", _bitcoin()), "ETHA": ("ETH", _ether())}
    return [
        payload("ishares_holdings", f"ishares/ETHA#{day}", _holdings(day), at(day, 22, 30), day, CSV,
                fund="ETHA", asset="ETH"),
        *(
            payload("ishares_workbook", f"ishares/{fund}.xls#{day}", _workbook(day, counts), noon, day, HTML,
                    fund=fund, asset=asset)
            for fund, (asset, counts) in books.items()
        ),
    ]  # fmt: skip


def _bitcoin() -> dict[date, tuple[int, float]]:
    """Shares and net asset value of IBIT, as the pack's holdings files have them."""
    return {day: (count, _net_asset_value(day, DEFAULT_SEED)) for day, count in _shares(DEFAULT_SEED).items()}


@lru_cache(maxsize=1)
def _ether() -> dict[date, tuple[int, float]]:
    """Shares and net asset value of ETHA by session: the count of a day is without that day's orders."""
    found, count = {}, _FIRST_SHARES
    for day in sessions():
        value = round(market(DEFAULT_SEED).price("ETH", at(day, 21)) * _COIN_PER_SHARE, 2)
        found[day] = (count, value)
        count += round(flows("ETH", DEFAULT_SEED)[day]["ETHA"] * 100_000 / value / _BASKET) * _BASKET
    return found


def _holdings(day: date) -> str:
    shares, value = _ether()[day]
    return (
        f'\ufeff"iShares Ethereum Trust ETF ({NOTICE})"\nFund Holdings as of,"{day:%b %d, %Y}"\n'
        f'Shares Outstanding,"{shares:,.2f}"\nNAV,"{value:.2f}"\n\n'
        'Ticker,Name,Sector,Asset Class,Market Value\n"ETH","ETHEREUM","-","Alternative","-"\n'
    )


def _workbook(day: date, counts: dict[date, tuple[int, float]]) -> str:
    """SpreadsheetML with a bare ampersand, as the vendor sends it; newest first, as far back as flow tables go."""
    shown = [one for one in counts if one <= day][-_SHOWN:]
    lines = [_row(f"{one:%b %d, %Y}", f"{counts[one][1]:.2f}", "--", f"{counts[one][0]:.2f}") for one in shown[::-1]]
    head = _row("As Of", "NAV per Share", "Ex-Dividends", "Shares Outstanding")
    return (
        '<?xml version="1.0"?>\n<ss:Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">\n'
        f'<ss:Worksheet ss:Name="Holdings"><ss:Table>{_row("Terms & conditions", NOTICE)}</ss:Table></ss:Worksheet>\n'
        f'<ss:Worksheet ss:Name="Historical"><ss:Table>{head}'
        f"{''.join(lines)}</ss:Table></ss:Worksheet>\n</ss:Workbook>\n"
    )


def _row(*cells: str) -> str:
    data = "".join(f'<ss:Cell><ss:Data ss:Type="String">{cell}</ss:Data></ss:Cell>' for cell in cells)
    return f"<ss:Row>{data}</ss:Row>\n"
