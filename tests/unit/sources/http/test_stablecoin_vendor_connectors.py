"""DefiLlama, Tether, Circle, Coin Metrics: what goes out, how pages follow, and what is refused before it lands."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from replies import drive, reply

from orchestration.sources.http.contract import Batch, Request
from orchestration.sources.http.errors import Permanent, Transient
from orchestration.sources.http.venues import circle, coinmetrics, defillama, tether

NOW = datetime(2026, 1, 21, 1, 15, tzinfo=UTC)
DAY = date(2026, 1, 20)
BATCH = Batch(DAY, DAY, NOW)


def batch(*assets: str, **options: object) -> Batch:
    return Batch(DAY, DAY, NOW, assets or BATCH.assets, options)


def asked(series_of, wanted: Batch = BATCH, body: object = None) -> list[Request]:
    return [request for series in series_of(wanted) for request in drive(series, lambda _: body)]


def of(**more: object) -> Request:
    return Request("https://x.test/y", "x", **more)


class TestDefillama:
    api = "https://stablecoins.llama.fi"

    def test_the_list_comes_with_prices_and_cannot_be_had_later(self):
        """Without them a coin's dollars cannot be told from units of its peg."""
        (request,) = asked(defillama.stablecoins)
        assert (request.url, dict(request.params)) == (f"{self.api}/stablecoins", {"includePrices": "true"})
        kinds = {connector.feed: connector.kind for connector in defillama.CONNECTORS}
        assert [feed for feed, kind in kinds.items() if kind == "snapshot"] == ["defillama_stablecoins"]

    def test_charts_are_of_all_coins_and_of_tether_on_all_chains_and_on_each(self):
        requests = asked(defillama.charts)
        assert [(r.url.removeprefix(self.api), dict(r.params), dict(r.told)) for r in requests] == [
            (f"/stablecoincharts/{chain}", params, {"chain": chain, **told})
            for params, told in (({}, {}), ({"stablecoin": "1"}, {"stablecoin_id": "1"}))
            for chain in ("all", "Ethereum", "Tron", "Solana")
        ]

    def test_chains_and_coins_are_options_and_names_are_encoded(self):
        requests = asked(defillama.charts, batch(chains=["OP Mainnet"], chart_ids=[]))
        assert [r.url for r in requests] == [
            f"{self.api}/stablecoincharts/all",
            f"{self.api}/stablecoincharts/OP%20Mainnet",
        ]
        assert requests[1].told["chain"] == "OP Mainnet"

    def test_each_coin_is_a_series_of_its_own(self):
        """Tether's body has 21 MB: its failure must not take the others along."""
        requests = asked(defillama.coins, body={"pegType": "peggedUSD", "tokens": [{}]})
        assert [(r.url, dict(r.told)) for r in requests] == [
            (f"{self.api}/stablecoin/{coin}", {"stablecoin_id": coin}) for coin in ("1", "2", "5")
        ]

    def test_quotes_are_asked_for_at_the_end_of_each_day_of_the_week_before(self):
        requests = asked(defillama.coin_prices, batch(price_coins=["tether", "usd-coin"]))
        keys = "coingecko:tether,coingecko:usd-coin"
        assert requests[-1].url == f"https://coins.llama.fi/prices/historical/1768953599/{keys}"
        assert len(requests) == 8
        assert len({r.url for r in requests}) == 8

    def test_a_day_that_is_not_over_is_asked_for_as_it_is_and_no_day_that_has_not_begun(self):
        """The end of a day to come has no price."""
        running = Batch(date(2026, 1, 21), date(2026, 1, 25), NOW)
        urls = [r.url for r in asked(defillama.coin_prices, running)]
        assert ["/current/" in url for url in urls] == [False] * 7 + [True]

    @pytest.mark.parametrize(
        ("feed", "body"),
        [
            ("defillama_stablecoins", {"message": "Internal server error"}),
            ("defillama_stablecoins", {"peggedAssets": []}),
            ("defillama_stablecoin", {"pegType": "peggedUSD", "tokens": []}),
            ("defillama_stablecoin_charts", []),
            ("defillama_stablecoin_charts", {"message": "no"}),
            ("defillama_stablecoin_prices", [1, 2]),
            ("defillama_coin_prices", {"error": "no"}),
        ],
    )
    def test_an_answer_without_its_data_is_refused(self, feed, body):
        refuse = {connector.feed: connector.refuse for connector in defillama.CONNECTORS}[feed]
        with pytest.raises(Transient, match=r"x\.test/y"):
            refuse(reply(of(), body))

    def test_quotes_of_no_coin_are_an_answer(self):
        """The vendor leaves out what it does not know."""
        defillama.refuse_quotes(reply(of(), {"coins": {}}))


class TestIssuers:
    def test_each_has_one_address_and_is_true_of_its_minute(self):
        found = [(*asked(c.series), c.kind, c.due) for m in (tether, circle) for c in m.CONNECTORS]
        assert [(request.url, kind, due) for request, kind, due in found] == [
            ("https://app.tether.to/transparency.json", "snapshot", ("00:10",)),
            ("https://api.circle.com/v1/stablecoins", "snapshot", ("00:12",)),
        ]

    def test_circle_is_asked_once_a_minute(self):
        """Beyond that it refuses for twenty minutes."""
        assert (circle.LIMITS[0].amount, circle.LIMITS[0].seconds) == (1, 60)

    @pytest.mark.parametrize("module", [tether, circle])
    def test_a_statement_without_data_is_refused(self, module):
        with pytest.raises(Transient, match="no data"):
            module.CONNECTORS[0].refuse(reply(of(), {"code": 1, "message": "no data for you"}))


class TestCoinmetrics:
    def series(self, wanted: Batch = BATCH):
        (series,) = coinmetrics.exchange_flows(wanted)
        return series

    def test_the_first_page_is_asked_for_from_the_start_with_a_month_before(self):
        """By default pages come from the end, a hundred rows each."""
        (request,) = drive(self.series(), [{"data": [{}]}])
        assert request.url == "https://community-api.coinmetrics.io/v4/timeseries/asset-metrics"
        assert dict(request.params) == {
            "assets": "btc,eth",
            "metrics": "FlowInExNtv,FlowInExUSD,FlowOutExNtv,FlowOutExUSD,SplyExNtv,SplyExUSD",
            "frequency": "1d",
            "start_time": "2025-12-21",
            "end_time": "2026-01-20",
            "page_size": "10000",
            "paging_from": "start",
        }
        assert request.limit == "coinmetrics.community"
        assert (coinmetrics.LIMITS[0].amount, coinmetrics.LIMITS[0].seconds) == (10, 6)

    def test_assets_that_are_not_free_are_left_out(self):
        """One of them fails the whole request."""
        assert list(coinmetrics.exchange_flows(batch("SOL"))) == []
        (request,) = drive(self.series(batch("SOL", "ETH")), [{"data": [{}]}])
        assert request.params["assets"] == "eth"

    def test_the_next_page_is_the_vendors_own_address(self):
        following = (
            "https://community-api.coinmetrics.io/v4/timeseries/asset-metrics?assets=btc&next_page_token=0.MjA%3D"
        )
        _, second = drive(self.series(), [{"data": [{}], "next_page_url": following}, {"data": [{}]}])
        assert second.url == following.partition("?")[0]
        assert dict(second.params) == {"assets": "btc", "next_page_token": "0.MjA="}

    @pytest.mark.parametrize(
        "following", ["https://elsewhere.test/v4?x=1", "http://community-api.coinmetrics.io/v4/timeseries?x=1"]
    )
    def test_a_next_page_at_another_host_is_not_followed(self, following):
        """A body must not send requests where it likes."""
        with pytest.raises(Permanent, match="another host"):
            drive(self.series(), [{"data": [{}], "next_page_url": following}])

    def test_pages_that_do_not_move_on_end_the_series(self):
        body = {"data": [{}], "next_page_url": "https://community-api.coinmetrics.io/v4/a?next_page_token=1"}
        with pytest.raises(Permanent, match="came before"):
            drive(self.series(), lambda _: body)

    @pytest.mark.parametrize(
        ("body", "status", "error"),
        [
            ({"error": {"type": "forbidden", "message": "not available"}}, 403, Permanent),
            ({"error": {"type": "bad_parameter", "message": "no"}}, 200, Permanent),
            ({"error": {"type": "too_many_requests", "message": "slow"}}, 429, Transient),
            ({"data": []}, 200, Transient),
            ([], 200, Transient),
        ],
    )
    def test_errors_are_refused_with_the_vendors_words(self, body, status, error):
        """A page without rows would be quarantined; of a month there is always one."""
        with pytest.raises(error):
            coinmetrics.refuse(reply(of(), body, status=status))
