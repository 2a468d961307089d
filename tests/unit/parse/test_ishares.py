"""iShares' files: the as-of date in the file is what counts, and a page or a hostile workbook is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from schemas.feed import Payload, PayloadError
from transforms.parse.ishares import parse_holdings, parse_workbook

EVENING = datetime(2026, 2, 6, 22, 30, tzinfo=UTC)


def parse(parser, body: str, known_at: datetime = EVENING, **params: str):
    return parser(Payload("ishares", body.encode(), known_at, "0" * 64, "file:x", {"fund": "IBIT", **params}))


def rule_of(*args, **options) -> str:
    with pytest.raises(PayloadError) as caught:
        parse(*args, **options)
    return caught.value.rule


def rows(parsed) -> list[tuple]:
    columns = ("as_of_date", "asset", "fund", "shares_outstanding", "nav_usd", "status", "finality")
    return parsed.frames["core_etf__shares"].select(columns).rows()


def holdings(as_of: str = "Feb 06, 2026", shares: str = "1,295,143,000.00", nav: str | None = "36.10") -> str:
    lines = [
        "\ufeffiShares Bitcoin Trust ETF",
        f'Fund Holdings as of,"{as_of}"',
        'Inception Date,"Jan 05, 2024"',
        f'Shares Outstanding,"{shares}"',
        *([f'NAV,"{nav}"'] if nav else []),
        "\u00a0",
        "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Quantity",
        '"BTC","BITCOIN, USD","-","Alternative","46,750,000,000.00","100.00","734,000.1"',
    ]
    return "\n".join(lines) + "\n"


def workbook(*days: tuple[str, ...], name: str = "Historical", head: str = "") -> str:
    def row(cells: tuple[str, ...]) -> str:
        data = "".join(f'<ss:Cell><ss:Data ss:Type="String">{cell}</ss:Data></ss:Cell>' for cell in cells)
        return f"<ss:Row>{data}</ss:Row>"

    body = "".join(row(cells) for cells in (("As Of", "NAV per Share", "Ex-Dividends", "Shares Outstanding"), *days))
    return (
        f'\ufeff<?xml version="1.0"?>{head}'
        '<ss:Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        '<ss:Worksheet ss:Name="Holdings"><ss:Table><ss:Row><ss:Cell><ss:Data>As Of</ss:Data></ss:Cell></ss:Row>'
        "</ss:Table></ss:Worksheet>"
        f'<ss:Worksheet ss:Name="{name}"><ss:Table><ss:Row><ss:Cell><ss:Data>S&P & co \x0b</ss:Data></ss:Cell></ss:Row>'
        f"{body}</ss:Table></ss:Worksheet></ss:Workbook>"
    )


class TestHoldings:
    def test_the_date_in_the_file_is_the_date_of_the_count(self):
        """Dated by the clock, a count that came late would move every flow by a session."""
        parsed = parse(parse_holdings, holdings())
        assert rows(parsed) == [(date(2026, 2, 6), "BTC", "IBIT", 1_295_143_000, 36.10, None, "preliminary")]
        later = parse(parse_holdings, holdings(), datetime(2026, 2, 7, 6, tzinfo=UTC))
        assert rows(later)[0][-1] == "final"

    def test_a_file_without_a_net_asset_value_still_has_a_count(self):
        """Not every version of the file prints one; the workbook has it."""
        assert rows(parse(parse_holdings, holdings(nav=None)))[0][3:6] == (1_295_143_000, None, "no_nav")

    @pytest.mark.parametrize(
        ("body", "rule"),
        [
            ("<!DOCTYPE html><html><body>consent</body></html>", "html_payload"),
            ("Ticker,Name\nBTC,BITCOIN\n", "no_table"),
            (holdings().replace("Shares Outstanding", "Units"), "no_table"),
        ],
    )
    def test_what_is_no_holdings_file_is_refused(self, body, rule):
        """The old address answers with a page and status 200."""
        assert rule_of(parse_holdings, body) == rule

    @pytest.mark.parametrize(
        ("body", "rule"),
        [
            (holdings("Feb 07, 2026"), "not_a_session"),
            (holdings("Feb 09, 2026"), "future_date"),
            (holdings("yesterday"), "bad_date"),
            (holdings(shares="--"), "no_share_count"),
            (holdings(shares="many"), "not_a_number"),
            (holdings(nav="0.00"), "not_positive"),
        ],
    )
    def test_a_row_that_cannot_be_is_a_reject(self, body, rule):
        """It is kept with its reason, and becomes no flow."""
        known_at = datetime(2026, 2, 7, 22, tzinfo=UTC)
        parsed = parse(parse_holdings, body, known_at)
        assert [reject.rule for reject in parsed.rejects] == [rule]
        assert rows(parsed) == []

    def test_the_fund_must_be_known_or_have_its_asset_named(self):
        """Neither file says which asset a ticker holds."""
        assert rule_of(parse_holdings, holdings(), fund="") == "missing_param"
        assert rule_of(parse_holdings, holdings(), fund="NEWS") == "missing_param"
        assert rows(parse(parse_holdings, holdings(), fund="NEWS", asset="SOL"))[0][1:3] == ("SOL", "NEWS")


class TestWorkbook:
    def test_the_history_has_a_row_per_day(self):
        """Raw ampersands and control characters stand in the real file, which no XML reader takes as it is."""
        parsed = parse(
            parse_workbook,
            workbook(
                ("Feb 05, 2026", "36.10", "--", "1,300,000,000"), ("Feb 04, 2026", "41.59", "--", "1,310,000,000")
            ),
        )
        assert rows(parsed) == [
            (date(2026, 2, 5), "BTC", "IBIT", 1.3e9, 36.10, None, "final"),
            (date(2026, 2, 4), "BTC", "IBIT", 1.31e9, 41.59, None, "final"),
        ]

    def test_a_cell_may_skip_the_empty_ones_before_it(self):
        """By position alone the share count would be read from the wrong column."""
        row = (
            "<ss:Row><ss:Cell><ss:Data>2026-02-05T00:00:00.000</ss:Data></ss:Cell>"
            '<ss:Cell ss:Index="4"><ss:Data>7</ss:Data></ss:Cell></ss:Row></ss:Table></ss:Worksheet></ss:Workbook>'
        )
        body = workbook().replace("</ss:Table></ss:Worksheet></ss:Workbook>", row)
        assert rows(parse(parse_workbook, body)) == [(date(2026, 2, 5), "BTC", "IBIT", 7.0, None, "no_nav", "final")]

    @pytest.mark.parametrize(
        ("body", "rule"),
        [
            (workbook(head='<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>'), "refused_xml"),
            (workbook(head='<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "refused_xml"),
            (workbook().replace("<ss:Cell>", '<ss:Cell ss:Index="999999999">'), "refused_xml"),
            (workbook(name="Distributions"), "no_table"),
            (workbook()[:400], "bad_xml"),
            ("<html><body>consent</body></html>", "html_payload"),
            (workbook(), "no_rows"),
        ],
        ids=["entities", "external", "width", "no sheet", "cut short", "page", "no rows"],
    )
    def test_hostile_and_foreign_documents_are_refused(self, body, rule):
        """Entities that expand, or that name a file, are no part of a workbook."""
        assert rule_of(parse_workbook, body) == rule
