"""Tables of ETF flows of vendors other than Farside: their shapes, and what they cannot say. Numbers are
invented, shapes are the vendors'."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from schemas.feed import Payload, PayloadError
from schemas.funds import funds_of
from transforms.parse import FEEDS

THURSDAY, FRIDAY = date(2026, 2, 5), date(2026, 2, 6)
AFTER = datetime(2026, 2, 6, 13, tzinfo=UTC)
EARLY = datetime(2026, 2, 6, 2, tzinfo=UTC)
WINDOW_CLOSED = datetime(2026, 2, 20, 6, tzinfo=UTC)
FUNDS = sorted(ticker for ticker, fund in funds_of("BTC").items() if fund.launch_date <= THURSDAY)
FLOWS = dict.fromkeys(FUNDS, 0.0) | {"IBIT": -175_330_000.0, "FBTC": -109.5e6, "GBTC": -75.4e6}
TOTAL = sum(FLOWS.values())


def parse(feed: str, body: object, known_at: datetime = AFTER, **params: str):
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return FEEDS[feed].parse(Payload(feed, content, known_at, "0" * 64, "file:x", {"asset": "BTC", **params}))


def rule_of(*args, **options) -> str:
    with pytest.raises(PayloadError) as caught:
        parse(*args, **options)
    return caught.value.rule


def cell(parsed, fund: str, day: date = THURSDAY) -> dict:
    frame = parsed.frames["core_etf__flows"]
    return frame.row(by_predicate=(pl.col("fund") == fund) & (pl.col("trade_date") == day), named=True)


def total(parsed, day: date = THURSDAY) -> dict:
    return parsed.frames["core_etf__totals"].row(by_predicate=pl.col("trade_date") == day, named=True)


def seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def tftc(flows: dict | None = FLOWS, day: str = "2026-02-05", usd: float | None = TOTAL, **changes) -> dict:
    row = {"date": day, "netFlowUsd": usd, "totalNetAssetsUsd": 1.0, "btcCloseUsd": 63_000.0, "perEtfUsd": flows}
    return {"name": "US Spot Bitcoin ETF Daily Flows", "units": "USD", "days": [row]} | changes


def theblock(flows: dict[str, float | None] = FLOWS, day: date = THURSDAY) -> dict:
    series = {t: {"Data": [{"Timestamp": seconds(day), "Result": usd}]} for t, usd in flows.items()}
    return {"jsonFile": {"data": json.dumps({"Series": series})}}


def coinglass(flows: dict[str, float | None] = FLOWS, day: date = THURSDAY) -> dict:
    funds = [{"etf_ticker": t} | ({} if usd is None else {"flow_usd": usd}) for t, usd in flows.items()]
    row = {"timestamp": seconds(day) * 1000, "flow_usd": TOTAL, "price_usd": 63_000.0, "etf_flows": funds}
    return {"code": "0", "msg": "success", "data": [row]}


def metric(value: object, status: str = "1", day: str = "2026-02-05") -> dict:
    return {"value": value, "lastUpdateDate": day, "status": status}


def metrics(**changes: dict) -> dict:
    funds = {ticker: metric(str(usd)) for ticker, usd in FLOWS.items()} | changes
    listed = [{"ticker": t, "institute": "x", "dailyNetInflow": m, "fee": metric("0.0025")} for t, m in funds.items()]
    return {"code": 0, "msg": None, "data": {"dailyNetInflow": metric(str(TOTAL)), "list": listed}}


class TestTftc:
    def test_funds_and_total_are_dollars_already(self):
        """Times a million, as Farside's are, the day would move 434 trillion."""
        parsed = parse("tftc_etf_flows", tftc())
        assert cell(parsed, "IBIT")["flow_usd"] == -175_330_000
        assert (total(parsed)["printed_total_usd"], total(parsed)["finality"]) == (round(TOTAL, 2), "final")
        assert parsed.rejects == []

    def test_the_total_may_stand_alone(self):
        """`perEtfUsd` is null on some days: the total is no sum of nothing."""
        parsed = parse("tftc_etf_flows", tftc(None))
        assert parsed.frames["core_etf__flows"].is_empty()
        assert (total(parsed)["status"], total(parsed)["finality"]) == (None, "final")
        early = total(parse("tftc_etf_flows", tftc(None), EARLY))
        assert (early["status"], early["finality"]) == ("partial", "preliminary")

    def test_a_fund_that_is_not_there_has_not_reported(self):
        """A missing key read as zero would make the row complete."""
        flows = {fund: usd for fund, usd in FLOWS.items() if fund != "HODL"}
        parsed = parse("tftc_etf_flows", tftc(flows))
        assert "HODL" not in parsed.frames["core_etf__flows"]["fund"].to_list()
        assert set(parsed.frames["core_etf__flows"]["finality"]) == {"preliminary"}
        assert total(parsed)["status"] == "partial"

    def test_a_fund_that_no_total_counts_is_set_aside_cell_by_cell(self):
        """With DEFI expected, Farside's tables, which lack it, would never be complete."""
        parsed = parse("tftc_etf_flows", tftc(FLOWS | {"DEFI": 1e5}, usd=TOTAL + 1e5))
        assert [(r.rule, r.record["column"]) for r in parsed.rejects] == [("uncounted_fund", "DEFI")]
        assert set(parsed.frames["core_etf__flows"]["finality"]) == {"final"}, "with it the row adds up"
        assert parsed.rows_in == len(FUNDS) + 2

    def test_presidents_day_has_no_row(self):
        """A vendor's 0.0 on a holiday is no flow of zero."""
        parsed = parse("tftc_etf_flows", tftc({"IBIT": 0.0}, "2026-02-16", 0.0), datetime(2026, 2, 17, 13, tzinfo=UTC))
        assert {r.rule for r in parsed.rejects} == {"not_a_session"}
        assert parsed.frames["core_etf__totals"].is_empty()

    @pytest.mark.parametrize(
        ("body", "rule"),
        [
            (tftc({"NEWS": 1.0}), "unknown_fund_column"),
            (tftc(units="USD millions"), "unit"),
            (tftc(days=[]), "no_rows"),
            ({"error": "not found"}, "no_table"),
            (tftc({"IBIT": {"usd": 1}}), "bad_shape"),
            ("<!doctype html><html></html>", "html_payload"),
        ],
    )
    def test_bodies_that_are_no_table_are_refused(self, body, rule):
        """Each fault keeps its name."""
        assert rule_of("tftc_etf_flows", body) == rule


class TestTheBlock:
    def test_series_become_rows_of_trade_dates(self):
        """The chart's data are JSON inside JSON, one series per fund."""
        parsed = parse("theblock_etf_flows", theblock())
        assert cell(parsed, "FBTC")["flow_usd"] == -109.5e6
        assert "core_etf__totals" in parsed.frames
        assert parsed.frames["core_etf__totals"].is_empty(), "the chart prints no total"

    def test_a_zero_waits_for_the_window_to_close(self):
        """A chart cannot say that a fund has not reported, and may never pick up a late fill."""
        assert cell(parse("theblock_etf_flows", theblock()), "HODL")["status"] == "pending_zero"
        closed = cell(parse("theblock_etf_flows", theblock(), WINDOW_CLOSED), "HODL")
        assert (closed["status"], closed["flow_usd"], closed["finality"]) == (None, 0.0, "final")

    @pytest.mark.parametrize(
        ("body", "rule"),
        [
            ({"jsonFile": {"data": '{"Series": {"IBIT"'}}, "bad_json"),
            ({"jsonFile": {"data": '{"Series": {"IBIT": {"Data": [{"Timestamp": 1, "Result": NaN}]}}}'}}, "bad_json"),
            ({"jsonFile": {}}, "no_table"),
            ({"jsonFile": {"data": '{"Series": {"IBIT": {"Data": [{"Result": 1}]}}}'}}, "no_table"),
            (theblock({"NEWS": 1.0}), "unknown_fund_column"),
        ],
    )
    def test_charts_that_are_none_are_refused(self, body, rule):
        """Each fault keeps its name."""
        assert rule_of("theblock_etf_flows", body) == rule


class TestCoinglass:
    def test_stamps_are_milliseconds_of_the_trade_date(self):
        """Taken for seconds, the year would be 58067."""
        parsed = parse("coinglass_etf_flows", coinglass())
        assert cell(parsed, "IBIT")["flow_usd"] == -175_330_000
        assert total(parsed)["finality"] == "final"

    def test_a_fund_without_the_key_has_no_value(self):
        """Its absence is the only way in which this table says a dash."""
        parsed = parse("coinglass_etf_flows", coinglass(FLOWS | {"IBIT": None}))
        assert (cell(parsed, "IBIT")["flow_usd"], cell(parsed, "IBIT")["status"]) == (None, "pending")
        assert total(parsed)["status"] == "partial"

    @pytest.mark.parametrize(
        ("body", "rule"),
        [
            ({"code": "401", "msg": "Upgrade plan"}, "vendor_error"),
            ({"code": "0", "data": None}, "no_table"),
            ({"code": "0", "data": []}, "no_rows"),
            (coinglass({"NEWS": 1.0}), "unknown_fund_column"),
        ],
    )
    def test_an_error_inside_status_200_is_an_error(self, body, rule):
        """A plan that has run out answers 200 with a code in it."""
        assert rule_of("coinglass_etf_flows", body) == rule


class TestSosovalue:
    @pytest.mark.parametrize(
        "body",
        [
            {"code": 0, "data": [{"date": "2026-02-05", "total_net_inflow": "-434110000.55", "cum_net_inflow": "1"}]},
            {"code": 0, "data": [{"date": "2026-02-05", "totalNetInflow": -434110000.55, "cumNetInflow": 1.0}]},
            {"code": 0, "data": {"list": [{"date": "2026-02-05", "totalNetInflow": -434110000.55}]}},
        ],
        ids=["v1 with strings", "v2", "v2 with a list inside"],
    )
    def test_a_history_gives_totals_without_cells(self, body):
        """One shape of several, by account and version; each is the same figure."""
        parsed = parse("sosovalue_etf_flows", body)
        assert parsed.frames["core_etf__flows"].is_empty()
        assert total(parsed) == {
            "trade_date": THURSDAY,
            "asset": "BTC",
            "printed_total_usd": -434_110_000.55,
            "status": None,
            "finality": "final",
        }

    def test_a_history_of_one_fund_gives_its_cells(self):
        """The rows do not name the fund; the inbox map does."""
        body = {"code": 0, "data": [{"date": "2026-02-05", "net_inflow": "-175330000"}]}
        parsed = parse("sosovalue_etf_flows", body, fund="IBIT")
        assert cell(parsed, "IBIT")["flow_usd"] == -175_330_000
        assert rule_of("sosovalue_etf_flows", body) == "missing_param"

    def test_a_metric_counts_once_its_status_is_reported(self):
        """Status 3 is pending: BlackRock's number is then yesterday's or nothing."""
        whole = parse("sosovalue_etf_flows", metrics())
        assert (total(whole)["status"], total(whole)["finality"]) == (None, "final")
        waiting = parse("sosovalue_etf_flows", metrics(IBIT=metric("77", status="3")))
        assert (cell(waiting, "IBIT")["flow_usd"], cell(waiting, "IBIT")["status"]) == (None, "pending")
        assert total(waiting)["status"] == "partial"

    def test_a_fund_that_still_shows_another_day_has_not_reported(self):
        """Its number would be put on a day on which it was not made."""
        stale = parse("sosovalue_etf_flows", metrics(IBIT=metric("-373400000", day="2026-02-04")))
        assert cell(stale, "IBIT")["status"] == "pending"

    @pytest.mark.parametrize(
        ("body", "rule"),
        [
            ({"code": 400101, "message": "invalid key", "data": None}, "vendor_error"),
            ({"code": 0, "data": None}, "no_table"),
            ({"code": 0, "data": [{"date": "2026-02-05"}]}, "no_table"),
            ({"code": 0, "data": []}, "no_rows"),
        ],
    )
    def test_an_error_inside_status_200_is_an_error(self, body, rule):
        """A bad key answers 200 with a code in it."""
        assert rule_of("sosovalue_etf_flows", body) == rule
