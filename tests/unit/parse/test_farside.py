"""ETF flow tables: a dash is not zero, a printed zero is not always reported, and a row ends being final
only when it can no longer change. Numbers are invented, shapes are Farside's."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from schemas.feed import Payload, PayloadError
from transforms.parse.farside import FEEDS, parse_flows

SOL = ("BSOL", "VSOL", "FSOL", "TSOL", "SOEZ", "GSOL")
MONDAY = date(2026, 1, 5)
AFTER = datetime(2026, 1, 6, 12, tzinfo=UTC)
WINDOW_CLOSED = datetime(2026, 1, 13, 6, tzinfo=UTC)
COMPLETE = "2026-01-05,1.0,2.0,0.0,-0.5,3.0,4.5,10.0"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def parse(body: str, known_at: datetime = AFTER, asset: str = "SOL", **params: str):
    return parse_flows(
        Payload("farside_etf_flows", body.encode(), known_at, "0" * 64, "file:x", {"asset": asset, **params})
    )


def csv_of(*rows: str, header: str = "Date," + ",".join(SOL) + ",Total") -> str:
    return "\n".join([header, *rows]) + "\n"


def flows(parsed) -> pl.DataFrame:
    return parsed.frames["core_etf__flows"]


def totals(parsed) -> pl.DataFrame:
    return parsed.frames["core_etf__totals"]


def cell(parsed, fund: str, day: date = MONDAY) -> dict:
    return flows(parsed).row(by_predicate=(pl.col("fund") == fund) & (pl.col("trade_date") == day), named=True)


def rule_of(*args, **options) -> str:
    with pytest.raises(PayloadError) as caught:
        parse(*args, **options)
    return caught.value.rule


def json_of(*days: tuple[str, dict[str, float | None], float]) -> str:
    return json.dumps({"daily_flows": [{"date": d, "flows": f, "total": t} for d, f, t in days]})


ETH = ("ETHA", "FETH", "ETHW", "TETH", "ETHV", "QETH", "EZET", "ETHE", "ETH")


class TestValues:
    def test_millions_become_dollars_to_the_cent(self):
        """1.1 × 1e6 in floats is 1100000.0000000001: the same figure of two tables must compare equal."""
        parsed = parse(csv_of("2026-01-05,1.1,2.2,-0.7,0.1,0.3,4.5,7.5"))
        assert flows(parsed)["flow_usd"].to_list() == [
            1_100_000,
            2_200_000,
            -700_000,
            100_000,
            300_000,
            4_500_000,
        ]
        assert totals(parsed)["printed_total_usd"].to_list() == [7_500_000]

    def test_brackets_commas_and_asterisks(self):
        """`(1,113.7)` is minus 1113.7 millions."""
        parsed = parse(csv_of('2026-01-05,"(1,113.7)","1,119.9*",1,1,1,1,10.2'))
        assert cell(parsed, "BSOL")["flow_usd"] == -1_113_700_000
        assert cell(parsed, "VSOL")["flow_usd"] == 1_119_900_000

    def test_the_total_is_no_fund(self):
        """One project summed the last column in, and doubled the flows."""
        parsed = parse(csv_of(COMPLETE))
        assert flows(parsed)["fund"].to_list() == list(SOL)
        assert totals(parsed).select("trade_date", "asset", "printed_total_usd").rows() == [(MONDAY, "SOL", 1e7)]

    def test_a_cell_that_is_no_number_is_rejected_and_the_row_stays_preliminary(self):
        """A damaged cell must not become a dash."""
        parsed = parse(csv_of("2026-01-05,1.0,NaN,0.0,-0.5,3.0,4.5,10.0"))
        (reject,) = parsed.rejects
        assert (reject.table, reject.rule) == ("core_etf__flows", "not_a_number")
        assert reject.record == {"row": 0, "day": "2026-01-05", "column": "VSOL", "printed": "NaN"}
        assert set(flows(parsed)["finality"]) == {"preliminary"}


class TestDashes:
    def test_a_dash_is_pending_for_five_sessions_then_missing(self):
        """Late fills came after 60 hours; a dash that stays closes the day without the fund."""
        row = csv_of("2026-01-05,1.0,-,0.0,-0.5,3.0,4.5,8.0")
        for known_at, status in (
            (AFTER, "pending"),
            (at("2026-01-13T05:59"), "pending"),
            (WINDOW_CLOSED, "missing"),
        ):
            seen = cell(parse(row, known_at), "VSOL")
            assert (seen["status"], seen["flow_usd"], seen["printed_flow_usd"]) == (status, None, None)

    @pytest.mark.parametrize("printed", ["", "-", "–"])
    def test_blank_and_dash_are_the_same(self, printed):
        """The mirror's CSV writes the page's dash as an empty cell."""
        assert cell(parse(csv_of(f"2026-01-05,1.0,{printed},0.0,-0.5,3.0,4.5,8.0")), "VSOL")["status"] == "pending"

    def test_before_its_launch_a_fund_is_not_launched(self):
        """SOEZ launched on 2025-12-03: its dash of the day before is not a late fill to wait for."""
        parsed = parse(csv_of("2025-12-02,1.0,2.0,0.0,-0.5,-,4.5,7.0"), at("2025-12-03T12:00"))
        assert cell(parsed, "SOEZ", date(2025, 12, 2))["status"] == "not_launched"
        assert set(flows(parsed)["finality"]) == {"final"}


class TestZeros:
    def test_a_zero_before_six_utc_of_the_next_day_is_a_placeholder(self):
        """On 2026-08-12 IBIT read 0.0 until 04:30, after FBTC had reported, and then (14.3)."""
        early = cell(parse(csv_of(COMPLETE), at("2026-01-06T05:59")), "FSOL")
        assert (early["status"], early["flow_usd"], early["printed_flow_usd"]) == ("pending_zero", None, 0.0)

    def test_a_zero_after_six_utc_is_reported(self):
        """Most zeros are real: a fund without creations or redemptions."""
        seen = cell(parse(csv_of(COMPLETE), at("2026-01-06T06:00")), "FSOL")
        assert (seen["status"], seen["flow_usd"], seen["finality"]) == (None, 0.0, "final")

    def test_a_row_of_zeros_alone_is_a_placeholder_while_late_fills_may_come(self):
        """Three trade dates of 2026 printed 0.0 for every fund before any had reported."""
        row = csv_of("2026-01-05,0.0,0.0,-,0.0,0.0,0.0,0.0")
        parsed = parse(row)
        assert flows(parsed)["status"].to_list() == ["pending_zero"] * 2 + ["pending"] + ["pending_zero"] * 3
        assert totals(parsed).select("status", "finality").rows() == [("pending", "preliminary")]
        closed = parse(row, WINDOW_CLOSED)
        assert flows(closed)["flow_usd"].to_list() == [0.0, 0.0, None, 0.0, 0.0, 0.0]
        assert flows(closed)["status"].to_list() == [None, None, "missing", None, None, None]


class TestFinality:
    def test_a_complete_row_that_adds_up_is_final_from_six_utc(self):
        """Before, the last funds have not reported."""
        complete = csv_of("2026-01-05,1.0,2.0,0.1,-0.5,3.0,4.5,10.1")
        assert set(flows(parse(complete, at("2026-01-06T05:59")))["finality"]) == {"preliminary"}
        assert set(flows(parse(complete, at("2026-01-06T06:00")))["finality"]) == {"final"}

    def test_a_row_with_a_dash_waits_and_its_total_is_partial(self):
        """The printed total of an unfinished row is only the sum of the funds that have reported, for good."""
        row = csv_of("2026-01-05,1.0,-,0.0,-0.5,3.0,4.5,8.0")
        assert totals(parse(row)).select("status", "finality").rows() == [("partial", "preliminary")]
        assert totals(parse(row, WINDOW_CLOSED)).select("status", "finality").rows() == [("partial", "final")]

    @pytest.mark.parametrize(("total", "finality"), [("10.1", "final"), ("10.2", "preliminary")])
    def test_funds_and_total_may_differ_by_rounding_only(self, total, finality):
        """Rows of two versions of a page, mixed, show in their sum."""
        parsed = parse(csv_of(COMPLETE.replace(",10.0", f",{total}")))
        assert set(flows(parsed)["finality"]) == {finality}

    def test_a_row_that_contradicts_its_total_is_never_final(self):
        """Time does not settle a contradiction."""
        parsed = parse(csv_of(COMPLETE.replace(",10.0", ",99.0")), WINDOW_CLOSED)
        assert set(flows(parsed)["finality"]) == {"preliminary"}


class TestDays:
    def test_days_without_a_session_are_rejected_cell_by_cell(self):
        """Until 2025 the page printed holidays as dashes with Total 0.0: no flow, but no day either."""
        parsed = parse(csv_of("2026-01-01,-,-,-,-,-,-,0.0", COMPLETE))
        assert {(r.rule, r.table) for r in parsed.rejects} == {
            ("not_a_session", "core_etf__flows"),
            ("not_a_session", "core_etf__totals"),
        }
        assert (len(parsed.rejects), parsed.rows_in) == (7, 14)

    def test_a_day_after_the_table_was_seen_is_rejected(self):
        """At 02:00 UTC on Tuesday it is still Monday in New York."""
        parsed = parse(csv_of(COMPLETE, "2026-01-06,1,1,1,1,1,1,6"), at("2026-01-06T02:00"))
        assert {r.rule for r in parsed.rejects} == {"future_date"}
        assert set(flows(parsed)["trade_date"]) == {MONDAY}

    def test_a_day_given_twice_keeps_its_first_row(self):
        """Two rows for one key would double the sum."""
        parsed = parse(csv_of(COMPLETE, COMPLETE.replace("1.0", "9.0", 1)))
        assert {r.rule for r in parsed.rejects} == {"duplicate_grain"}
        assert cell(parsed, "BSOL")["flow_usd"] == 1e6

    def test_a_row_that_is_neither_day_nor_footer_is_rejected(self):
        """An unknown kind of row is seen in the quarantine, not skipped."""
        parsed = parse(csv_of("Staking,1,1,1,1,1,1,6", COMPLETE))
        assert {r.rule for r in parsed.rejects} == {"bad_date"}

    def test_footers_fees_and_seed_are_no_data(self):
        """`Total` is a lifetime sum, `Seed` is before the first day."""
        footers = [f"{name},1,1,1,1,1,1,6" for name in ("Fee", "Seed", "Total", "Average", "Maximum", "Minimum")]
        assert parse(csv_of(*footers, COMPLETE)).rows_in == 7


class TestColumns:
    def test_order_and_place_of_columns_do_not_matter(self):
        """MSBT was inserted before GBTC: by position, every later fund shifts."""
        shuffled = csv_of("2026-01-05,4.5,2.0,1.0,0.0,-0.5,3.0,10.0", header="Date,GSOL,VSOL,BSOL,FSOL,TSOL,SOEZ,Total")
        assert cell(parse(shuffled), "GSOL")["flow_usd"] == 4_500_000
        assert flows(parse(shuffled)).sort("fund").equals(flows(parse(csv_of(COMPLETE))).sort("fund"))

    def test_an_unknown_fund_refuses_the_table(self):
        """A new fund is a decision: without its launch date, its dashes cannot be told apart."""
        header = "Date," + ",".join(SOL) + ",NEWS,Total"
        row = "2026-01-05,1.0,2.0,0.0,-0.5,3.0,4.5,1.0,11.0"
        assert rule_of(csv_of(row, header=header)) == "unknown_fund_column"
        parsed = parse(csv_of(row, header=header), extra_funds="NEWS:2026-01-05")
        assert cell(parsed, "NEWS")["flow_usd"] == 1e6

    def test_an_extra_fund_needs_its_launch_date(self):
        """The inbox map's mistake is named, not guessed around."""
        assert rule_of(csv_of(COMPLETE), extra_funds="NEWS") == "bad_param"

    def test_a_dropped_column_refuses_the_table(self):
        """Without it the fund would silently have no flow."""
        header = "Date,BSOL,VSOL,FSOL,TSOL,GSOL,Total"
        assert rule_of(csv_of("2026-01-05,1,1,1,1,1,5", header=header)) == "dropped_fund_column"

    def test_a_new_fund_may_come_five_sessions_late(self):
        """ETHB launched on 2026-03-12, and its column came on 2026-03-16."""
        header = "Date,BSOL,VSOL,FSOL,TSOL,GSOL,Total"
        parsed = parse(csv_of("2025-12-03,1,1,1,1,1,5", header=header), at("2025-12-04T12:00"))
        assert set(flows(parsed)["finality"]) == {"preliminary"}
        assert totals(parsed)["status"].to_list() == ["partial"]
        before = parse(csv_of("2025-12-02,1,1,1,1,1,5", header=header), at("2025-12-04T12:00"))
        assert set(flows(before)["finality"]) == {"final"}

    def test_a_table_of_another_asset_is_refused(self):
        """`BTC` is a fund, and a part of `FBTC`: tickers are compared whole."""
        assert rule_of(csv_of("2026-01-05,1,1", header="Date,FBTC,Total"), asset="SOL") == "no_header"

    def test_a_missing_total_refuses_the_table(self):
        """Without it nothing says that the row is complete."""
        assert rule_of(csv_of("2026-01-05,1,1,1,1,1,1", header="Date," + ",".join(SOL))) == "missing_column"

    def test_the_former_name_of_a_fund_is_the_same_fund(self):
        """TETH was CETH: two funds in place of one would be counted twice."""
        header = "Date," + ",".join(ETH).replace("TETH", "CETH") + ",Total"
        parsed = parse(csv_of("2025-01-06,1,1,1,1,1,1,1,1,1,9", header=header), at("2025-01-07T12:00"), "ETH")
        assert sorted(flows(parsed)["fund"]) == sorted(ETH)

    def test_the_asset_must_be_given(self):
        """The table itself does not say whose it is."""
        assert rule_of(csv_of(COMPLETE), asset="") == "missing_param"

    def test_a_table_without_days_is_refused(self):
        """A page of footers alone is a fault of the page."""
        assert rule_of(csv_of("Total,1,1,1,1,1,1,6")) == "no_rows"


def all_data_page() -> str:
    head = "".join(f'<th><div align="right"><span class="tabletext">{t}</span></div></th>' for t in (*SOL, "Total"))
    return f"""<html><h1>ETF Flow – All Data (US$m)</h1><table class="thead"><tr><td>copy</td></tr></table>
<table class="etf"><thead><tr bgcolor="#eaeffa"><th><span>Date</span></th>{head}</tr></thead>
<tbody><tr>
{page_row("02 Jan 2026", "1,119.9", NEGATIVE, "0.0", "1.0", "1.0", "1.0", "1,110.6")}
{page_row("05 Jan 2026", *["-"] * 6, "0.0")}
{page_row("Total", *["62,426"] * 7)}</tbody></table>
<table class="tfooter"><tr><td>x</td></tr></table></html>"""


NEGATIVE = '<span class="redFont">(12.3)</span>'


def page_row(day: str, *cells: str) -> str:
    data = "".join(f'<td><div align="right"><span class="tabletext">{c}</span></div></td>' for c in cells)
    return f'<tr style="background-color: #99ff99"><td><span class="tabletext">{day}</span></td>{data}</tr>'


def compact_page() -> str:
    def heads(cells: list[str]) -> str:
        return "<tr>" + "".join(f"<th>&nbsp; {cell}&nbsp;</th>" for cell in cells) + "</tr>"

    logos = heads(["", *['<img alt="Issuer">'] * 6, "Total"])
    tickers, fees = heads(["", *SOL, ""]), heads(["Fee", *["0.25%"] * 6, ""])
    body = page_row("02 Jan 2026", "1.0", NEGATIVE, "0.0", "1.0", "1.0", "1.0", "(8.3)")
    footer = page_row("Average", *["9.9"] * 7)
    return f'<table class="etf"><thead>{logos}{tickers}{fees}</thead><tbody>{body}{footer}</tbody></table>'


class TestPages:
    def test_the_all_data_page(self):
        """Nested spans, a stray empty row, a pending last row, and a footer."""
        parsed = parse(all_data_page(), at("2026-01-05T18:00"))
        assert parsed.rejects == []
        assert cell(parsed, "BSOL", date(2026, 1, 2))["flow_usd"] == 1_119_900_000
        assert cell(parsed, "VSOL", date(2026, 1, 2))["flow_usd"] == -12_300_000
        assert totals(parsed).select("trade_date", "status", "finality").rows() == [
            (date(2026, 1, 2), None, "final"),
            (MONDAY, "pending", "preliminary"),
        ]
        assert set(flows(parsed).filter(pl.col("trade_date") == MONDAY)["status"]) == {"pending"}

    def test_the_compact_page(self):
        """Three header rows, of which the second has the tickers; the last column has no name."""
        parsed = parse(compact_page())
        assert flows(parsed)["fund"].to_list() == list(SOL)
        assert totals(parsed)["printed_total_usd"].to_list() == [-8_300_000]

    def test_a_challenge_page_is_refused(self):
        """It comes with status 403, or with 200."""
        assert rule_of("<html><title>Just a moment...</title></html>") == "no_table"


class TestJson:
    def test_a_zero_within_the_window_is_pending_whatever_the_hour(self):
        """This shape writes a pending dash as 0.0: ETHA was still 0.0 a day later, and then -1.3."""
        day = ("2026-01-05", dict.fromkeys(ETH, 1.0) | {"ETHA": 0.0}, 8.0)
        seen = cell(parse(json_of(day), at("2026-01-12T23:00"), "ETH"), "ETHA")
        assert (seen["status"], seen["flow_usd"], seen["printed_flow_usd"]) == ("pending_zero", None, 0.0)
        closed = cell(parse(json_of(day), WINDOW_CLOSED, "ETH"), "ETHA")
        assert (closed["status"], closed["flow_usd"], closed["finality"]) == (None, 0.0, "final")

    def test_zeros_before_a_funds_launch_are_not_launched(self):
        """When a column appears, this shape fills its past with zeros."""
        day = ("2026-03-11", dict.fromkeys((*ETH, "ETHB"), 1.0) | {"ETHB": 0.0}, 9.0)
        assert cell(parse(json_of(day), at("2026-03-16T12:00"), "ETH"), "ETHB", date(2026, 3, 11))["status"] == (
            "not_launched"
        )

    def test_a_fund_that_one_day_lacks_is_a_dash(self):
        """Days of one body need not have the same keys."""
        days = ("2026-01-02", dict.fromkeys(ETH, 1.0), 9.0), ("2026-01-05", dict.fromkeys(ETH[1:], 1.0), 8.0)
        assert cell(parse(json_of(*days), asset="ETH"), "ETHA")["status"] == "pending"

    @pytest.mark.parametrize(
        ("body", "rule"),
        [
            ('{"daily_flows": [{"date": "2026-01-05", "flows": {"ETHA": NaN}, "total": 1}]}', "bad_json"),
            ('{"daily_flows": [{"date": "2026-01', "bad_json"),
            ('{"error": "rate limited"}', "no_table"),
            ("", "empty_payload"),
        ],
    )
    def test_bodies_that_are_no_table_are_refused(self, body, rule):
        """Each fault keeps its name."""
        assert rule_of(body, asset="ETH") == rule


def test_the_feed_is_declared_with_what_it_fills():
    """The name is the one search word for the feed in every folder."""
    (feed,) = FEEDS
    assert (feed.name, feed.source, feed.tables) == (
        "farside_etf_flows",
        "farside",
        ("core_etf__flows", "core_etf__totals"),
    )
