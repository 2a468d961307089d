"""Farside, TFTC, The Block, iShares, SoSoValue, CoinGlass: what goes out, and what is refused before it lands."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request
from orchestration.sources.http.errors import Permanent, Transient, Unknown
from orchestration.sources.http.venues import coinglass, farside, ishares, sosovalue, tftc, theblock

BATCH = Batch(date(2026, 1, 20), date(2026, 1, 20), datetime(2026, 1, 21, 8, tzinfo=UTC))
PAGE = '<!DOCTYPE html><html><body><table class="etf"><tr><td>Date</td></tr></table></body></html>\n'
CHALLENGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"


def batch(*assets: str, **options: object) -> Batch:
    return Batch(BATCH.first, BATCH.last, BATCH.now, assets or BATCH.assets, options)


def asked(series_of, wanted: Batch = BATCH, body: object = None) -> list[Request]:
    """The requests of all series, each answered by the same body."""
    return [request for series in series_of(wanted) for request in drive(series, lambda _: body)]


def of(url: str, **more: object) -> Request:
    return Request(url, "x", **more)


class TestFarside:
    def test_a_page_per_asset_goes_out_slowly(self):
        """The compact pages hold two weeks only, and a burst brings the challenge."""
        assert [(r.url, dict(r.params), dict(r.told), r.body) for r in asked(farside.etf_flows)] == [
            ("https://farside.co.uk/bitcoin-etf-flow-all-data/", {}, {"asset": "BTC"}, "html"),
            ("https://farside.co.uk/ethereum-etf-flow-all-data/", {}, {"asset": "ETH"}, "html"),
            ("https://farside.co.uk/sol/", {}, {"asset": "SOL"}, "html"),
        ]
        assert {r.limit for r in asked(farside.etf_flows)} == {"farside.pages"}
        assert farside.LIMITS[0].spread

    def test_other_assets_are_not_asked_for(self):
        assert [r.told["asset"] for r in asked(farside.etf_flows, batch("ETH", "XRP"))] == ["ETH"]

    def test_a_copy_of_the_page_and_new_funds_are_options(self):
        """A challenged address needs the one; without the other a new column holds the whole table back."""
        copy = "https://example.org/flows/etf_btc.csv?raw=1"
        wanted = batch("BTC", pages={"BTC": copy}, extra_funds={"BTC": "NEWB:2026-05-01"})
        (request,) = asked(farside.etf_flows, wanted)
        assert (request.url, dict(request.params), request.body) == (copy[:-6], {"raw": "1"}, "csv")
        assert dict(request.told) == {"asset": "BTC", "extra_funds": "NEWB:2026-05-01"}

    def test_a_challenge_says_that_this_address_is_challenged(self):
        """It is told from a page that has moved: the remedy is another network."""
        challenged = reply(
            of("https://farside.co.uk/btc/"), CHALLENGE, status=403, headers={"cf-mitigated": "challenge"}
        )
        with pytest.raises(Transient, match=r"farside\.co\.uk/btc/: Cloudflare challenges this address"):
            farside.refuse(challenged)

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (CHALLENGE, "without a table"),
            (PAGE[: len(PAGE) // 2], "cut short"),
            ('{"daily_flows": [{"date": "2026-0', "cut short"),
            ('{"message": "no"}', "no daily_flows"),
            ("Date,IBIT,Total\n2026-01-20,1", "cut short"),
            ("Service unavailable", "no table"),
        ],
    )
    def test_what_holds_no_whole_table_is_refused_and_asked_for_again(self, body, why):
        """Landed, it would be quarantined and the day would go without its table."""
        with pytest.raises(Transient, match=why):
            farside.refuse(reply(of("https://farside.co.uk/btc/"), body))

    @pytest.mark.parametrize("body", [PAGE, '{"daily_flows": [{}]}', "Date,IBIT,Total\n2026-01-20,1,1\n"])
    def test_a_table_of_any_shape_is_good(self, body):
        farside.refuse(reply(of("https://farside.co.uk/btc/"), body))

    def test_the_real_page_is_good(self, realdata):
        (page,) = realdata.glob("farside/btc_page_*.html")
        farside.refuse(reply(of("https://farside.co.uk/btc/"), page.read_bytes()))


class TestKeylessTables:
    def test_tftc_has_one_file_for_bitcoin_only(self):
        (request,) = asked(tftc.etf_flows)
        assert request.url == "https://www.tftc.io/bitcoin-etf-flows/data.json"
        assert dict(request.told) == {"asset": "BTC"}
        assert asked(tftc.etf_flows, batch("ETH")) == []

    def test_a_chart_that_is_where_it_should_be_is_asked_for_once(self):
        requests = asked(theblock.etf_flows, body={"jsonFile": {"data": "{}"}})
        base = "https://www.theblock.co/api/charts/chart/etfs"
        assert [(r.url, r.told["asset"]) for r in requests] == [
            (f"{base}/bitcoin-etf/spot-bitcoin-etf-flows", "BTC"),
            (f"{base}/ethereum-etf/spot-ethereum-etf-flows", "ETH"),
        ]

    def test_where_a_chart_is_gone_its_former_address_is_tried_and_must_have_it(self):
        """Else a chart that moves again is taken for one that has nothing to say."""
        (series,) = theblock.etf_flows(batch("BTC"))
        first, second = drive(series, lambda request: reply(request, "", status=404 if request.missing_ok else 200))
        assert (first.missing_ok, second.missing_ok) == (True, False)
        assert (
            second.url == "https://www.theblock.co/api/charts/chart/crypto-markets/bitcoin-etf/spot-bitcoin-etf-flows"
        )

    @pytest.mark.parametrize(("module", "body"), [(tftc, {"days": []}), (tftc, [1]), (theblock, {"message": "gone"})])
    def test_an_answer_without_its_data_is_refused(self, module, body):
        """A message of the vendor's comes with status 200."""
        with pytest.raises(Transient):
            module.CONNECTORS[0].refuse(reply(of("https://x.test/y"), body))


class TestIshares:
    base = "https://www.ishares.com/us/products/333011/ishares-bitcoin-trust-etf"
    holdings = (
        '\ufeff"Trust"\nFund Holdings as of,"Jan 20, 2026"\nShares Outstanding,"1,300,000,000.00"\n\nTicker,Name\n'
    )

    def test_the_holdings_file_of_each_fund(self):
        assert [(r.url, dict(r.told), r.body) for r in asked(ishares.holdings)] == [
            (f"{self.base}/latest-holdings.csv", {"fund": "IBIT", "asset": "BTC"}, "csv"),
            (
                "https://www.ishares.com/us/products/337614/ishares-ethereum-trust-etf/latest-holdings.csv",
                {"fund": "ETHA", "asset": "ETH"},
                "csv",
            ),
        ]

    def test_the_workbook_is_where_the_page_links_to_and_never_at_another_host(self):
        """Its address has changed before; a link to elsewhere is no file of the issuer's."""
        page = (
            '<html><a href="https://elsewhere.test/a.ajax?fileType=xls&amp;dataType=fund">x</a>'
            '<a href="http://www.ishares.com/a.ajax?fileType=xls&amp;dataType=fund">x</a>'
            '<a href="/us/products/333011/f/15.ajax?fileType=xls&amp;fileName=IBIT_fund&amp;dataType=fund">Download</a>'
        )
        (series,) = ishares.workbooks(batch("BTC"))
        first, second = drive(series, [page, "<Workbook></Workbook>"])
        assert (first.url, first.lands, first.body) == (self.base, False, "html")
        assert second.url == "https://www.ishares.com/us/products/333011/f/15.ajax"
        assert dict(second.params) == {"fileType": "xls", "fileName": "IBIT_fund", "dataType": "fund"}
        assert (second.lands, dict(second.told)) == (True, {"fund": "IBIT", "asset": "BTC"})

    def test_an_address_of_ones_own_saves_the_page(self):
        wanted = batch("BTC", workbook_urls={"IBIT": "https://www.ishares.com/book.ajax?fileType=xls"})
        (request,) = asked(ishares.workbooks, wanted)
        assert (request.url, dict(request.params)) == ("https://www.ishares.com/book.ajax", {"fileType": "xls"})

    def test_a_page_without_the_link_tells_of_the_option(self):
        with pytest.raises(Transient, match="workbook_urls"):
            ishares.refuse_workbook(reply(of(self.base, lands=False), CHALLENGE))

    @pytest.mark.parametrize(
        "body", ["<!DOCTYPE html><html></html>", holdings[:70], holdings[: holdings.index("Ticker")]]
    )
    def test_a_page_or_half_a_head_is_no_holdings_file(self, body):
        """Cut within the count of shares, the file would tell of another count."""
        with pytest.raises(Transient):
            ishares.refuse_holdings(reply(of(self.base), body))

    def test_a_whole_head_is_enough(self):
        ishares.refuse_holdings(reply(of(self.base), self.holdings))

    @pytest.mark.parametrize(("body", "is_good"), [("<ss:Workbook>a</ss:Workbook>\n", True), ("<ss:Workbook>a", False)])
    def test_a_workbook_has_its_end(self, body, is_good):
        """Days are missing from one that is cut short."""
        if is_good:
            ishares.refuse_workbook(reply(of(self.base), body))
        else:
            with pytest.raises(Transient, match="cut short"):
                ishares.refuse_workbook(reply(of(self.base), body))


class TestSosovalue:
    def test_the_history_is_a_post_with_the_key_in_its_header(self):
        requests = asked(sosovalue.etf_flows)
        assert [(r.url, dict(r.json_body), r.told["asset"]) for r in requests] == [
            ("https://api.sosovalue.xyz/openapi/v2/etf/historicalInflowChart", {"type": kind}, asset)
            for asset, kind in (("BTC", "us-btc-spot"), ("ETH", "us-eth-spot"), ("SOL", "us-sol-spot"))
        ]
        assert {(r.secret.variable, r.secret.where, r.secret.name) for r in requests} == {
            ("SOSOVALUE_API_KEY", "header", "x-soso-api-key")
        }
        assert sosovalue.CONNECTORS[0].secrets == ("SOSOVALUE_API_KEY",)
        assert (sosovalue.LIMITS[0].amount, sosovalue.LIMITS[0].seconds) == (10, 60)

    def test_the_newer_interface_asks_by_symbol_and_by_fund(self):
        wanted = batch("BTC", interface="v1", funds={"IBIT": "BTC", "ETHA": "ETH"})
        assert [(r.url, dict(r.params), dict(r.told)) for r in asked(sosovalue.etf_flows, wanted)] == [
            (
                "https://openapi.sosovalue.com/openapi/v1/etfs/summary-history",
                {"symbol": "BTC", "country_code": "US", "limit": "300"},
                {"asset": "BTC"},
            ),
            (
                "https://openapi.sosovalue.com/openapi/v1/etfs/IBIT/history",
                {"limit": "300"},
                {"asset": "BTC", "fund": "IBIT"},
            ),
        ]

    @pytest.mark.parametrize(
        ("body", "status", "error", "words"),
        [
            ({"code": 400101, "msg": "api key is invalid"}, 200, Permanent, "Check the key in SOSOVALUE_API_KEY"),
            ({"code": 429, "msg": "too many"}, 200, Transient, "too many"),
            ({"code": 40001, "msg": "bad type"}, 400, Permanent, "bad type"),
            ({"code": 0, "data": []}, 200, Unknown, "no data"),
            ({"code": 0, "data": {"list": []}}, 200, Unknown, "no data"),
            ([], 200, Transient, "not an answer"),
        ],
    )
    def test_errors_come_inside_answers(self, body, status, error, words):
        with pytest.raises(error, match=words):
            sosovalue.refuse(reply(of("https://x.test/y"), body, status=status))

    @pytest.mark.parametrize("data", [[{}], {"list": [{}]}, {"dailyNetInflow": {}}])
    def test_data_in_any_of_its_shapes_is_good(self, data):
        sosovalue.refuse(reply(of("https://x.test/y"), {"code": 0, "data": data}))


class TestCoinglass:
    base = "https://open-api-v4.coinglass.com/api"

    def test_etf_flows_are_one_body_per_asset(self):
        requests = asked(coinglass.etf_flows, batch("BTC", "SOL"))
        assert [(r.url, dict(r.told)) for r in requests] == [
            (f"{self.base}/etf/bitcoin/flow-history", {"asset": "BTC"}),
            (f"{self.base}/etf/solana/flow-history", {"asset": "SOL"}),
        ]
        assert {(r.secret.variable, r.secret.name, r.limit) for r in requests} == {
            ("COINGLASS_API_KEY", "CG-API-KEY", "coinglass.api")
        }

    def test_liquidations_name_their_exchanges_and_the_window_has_a_week_before_it(self):
        """Without `exchange_list` the vendor answers with an error."""
        (request,) = asked(coinglass.liquidations, batch("BTC"), {"data": []})
        assert request.url == f"{self.base}/futures/liquidation/aggregated-history"
        assert dict(request.params) == {
            "exchange_list": "Binance,OKX,Bybit",
            "symbol": "BTC",
            "interval": "1d",
            "start_time": "1768262400000",
            "end_time": "1768953599999",
            "limit": "1000",
        }
        assert dict(request.told) == {"asset": "BTC"}

    def test_one_exchange_is_told_as_the_venue(self):
        """Its figure is not that of all venues."""
        (request,) = asked(coinglass.liquidations, batch("BTC", exchanges="Bybit"), {"data": []})
        assert dict(request.told) == {"asset": "BTC", "venue": "bybit"}

    def test_open_interest_is_asked_for_in_daily_bars(self):
        (request,) = asked(coinglass.open_interest, batch("ETH"), {"data": []})
        assert request.url == f"{self.base}/futures/open-interest/aggregated-history"
        assert (request.params["symbol"], dict(request.told)) == ("ETH", {"asset": "ETH", "interval": "1d"})
        assert "exchange_list" not in request.params

    def test_a_long_window_is_asked_for_in_pages_without_gap_or_overlap(self):
        """An answer holds 1,000 bars at most, and says nothing of those it leaves out."""
        long = Batch(date(2022, 1, 1), date(2026, 1, 20), BATCH.now, ("BTC",))
        requests = asked(coinglass.open_interest, long, {"data": []})
        windows = [(int(r.params["start_time"]), int(r.params["end_time"])) for r in requests]
        assert len(windows) == 2
        assert windows[0][1] + 1 == windows[1][0]
        assert all(end - start < 1000 * 86_400_000 for start, end in windows)

    @pytest.mark.parametrize(
        ("body", "status", "error", "words"),
        [
            ({"code": "401", "msg": "Invalid key"}, 200, Permanent, "Check the key in COINGLASS_API_KEY"),
            ({"code": "400", "msg": "API key missing."}, 200, Permanent, "Check the key"),
            ({"code": 401, "msg": None}, 401, Permanent, "Check the key"),
            ({"code": "429", "msg": "Too many"}, 200, Transient, "Too many"),
            ({"code": "500", "msg": "server"}, 200, Transient, "server"),
            ({"code": "400", "msg": "exchange_list"}, 200, Permanent, "exchange_list"),
            ({"code": "0", "data": []}, 200, Unknown, "no data"),
            ({"code": "0", "data": None}, 200, Unknown, "no data"),
            ({"data": [{}]}, 200, Transient, "not an answer"),
        ],
    )
    def test_errors_come_inside_answers_of_status_200(self, body, status, error, words):
        """Landed as good, an answer without rows would pass for a day without liquidations."""
        with pytest.raises(error, match=words):
            coinglass.refuse(reply(of("https://x.test/y"), body, status=status))

    def test_a_good_answer_and_an_error_page_are_left_to_others(self):
        coinglass.refuse(reply(of("https://x.test/y"), {"code": 0, "data": [{}]}))
        coinglass.refuse(reply(of("https://x.test/y"), "<html>", status=400))

    def test_the_least_plan_is_the_limit(self):
        assert (coinglass.LIMITS[0].amount, coinglass.LIMITS[0].seconds) == (30, 60)
        assert json.dumps(sorted(c.feed for c in coinglass.CONNECTORS)) == (
            '["coinglass_etf_flows", "coinglass_liquidations", "coinglass_open_interest"]'
        )
