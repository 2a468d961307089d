"""DefiLlama's stablecoins: units of the peg and dollars stay apart, and the live row is preliminary.
Numbers are invented, shapes are DefiLlama's."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from schemas.feed import Payload, PayloadError
from schemas.stablecoins import STABLECOINS
from schemas.tables import TABLES
from transforms.parse.defillama import FEEDS

KNOWN_AT = datetime(2026, 1, 7, 12, tzinfo=UTC)
DAY_5, DAY_6, DAY_7 = 1767571200, 1767657600, 1767744000
PARSERS = {feed.name: feed.parse for feed in FEEDS}


def parse(feed: str, body: object, known_at: datetime = KNOWN_AT, **params: str):
    content = body if isinstance(body, str) else json.dumps(body)
    return PARSERS[feed](Payload(feed, content.encode(), known_at, "0" * 64, "x", params))


def supply(parsed) -> pl.DataFrame:
    return parsed.frames["core_stablecoins__supply"]


def assets(parsed) -> list[tuple]:
    return parsed.frames["core_stablecoins__assets"].rows()


def prices(parsed) -> pl.DataFrame:
    return parsed.frames["core_stablecoins__prices"]


def rule_of(feed: str, body: object, **params: str) -> str:
    with pytest.raises(PayloadError) as caught:
        parse(feed, body, **params)
    return caught.value.rule


class TestChartExport:
    feed = "defillama_stablecoin_chart_export"

    def test_a_column_is_a_coin_and_a_cell_its_supply_in_the_peg(self):
        """The export of id 258 counts roubles: no column of it may be called dollars."""
        parsed = parse(self.feed, "date,1,258\n2026-01-05,10.5,800\n2026-01-06,11,900\n")
        first = supply(parsed).row(0, named=True)
        assert first == {
            "fact_date": date(2026, 1, 5),
            "stablecoin_id": "1",
            "chain": "all",
            "circulating_peg": 10.5,
            "minted_peg": None,
            "unreleased_peg": None,
            "bridged_in_peg": None,
            "circulating_usd": None,
            "status": None,
            "finality": "final",
        }
        assert supply(parsed)["circulating_usd"].null_count() == 4

    def test_an_empty_cell_is_no_row(self):
        """The export has no value for a coin before it exists: neither zero nor a fault."""
        parsed = parse(self.feed, "date,1,2\n2026-01-05,10,\n2026-01-06,11,5\n")
        assert supply(parsed).height == parsed.rows_in == 3

    def test_the_newest_day_is_live_however_late_the_file_was_known(self):
        """Its row was written while the day ran."""
        body = "date,1,2\n2026-01-05,10,4\n2026-01-06,11,\n"
        rows = supply(parse(self.feed, body)).select("fact_date", "stablecoin_id", "finality").rows()
        assert rows == [
            (date(2026, 1, 5), "1", "final"),
            (date(2026, 1, 6), "1", "preliminary"),
            (date(2026, 1, 5), "2", "final"),
        ]

    def test_a_day_is_trusted_one_hour_after_its_end(self):
        """The daily record may be replaced until then."""
        body = "date,1\n2026-01-05,10\n2026-01-06,11\n"
        early = supply(parse(self.feed, body, datetime(2026, 1, 6, 0, 59, tzinfo=UTC)))
        assert early["finality"].to_list() == ["preliminary", "preliminary"]
        later = supply(parse(self.feed, body, datetime(2026, 1, 6, 1, tzinfo=UTC)))
        assert later["finality"].to_list() == ["final", "preliminary"]

    @pytest.mark.parametrize(
        ("row", "rule"),
        [("2026-01-05,n/a", "not_a_number"), ("2026-01-08,1", "future_date"), ("Total,1", "bad_date")],
    )
    def test_rows_that_break_a_rule_are_rejected(self, row, rule):
        """One bad cell must not cost the other three thousand days."""
        parsed = parse(self.feed, f"date,1\n{row}\n2026-01-04,1\n")
        assert [(r.rule, r.record["printed"]) for r in parsed.rejects] == [(rule, row.split(",")[1])]
        assert supply(parsed).height == 1

    @pytest.mark.parametrize(
        ("body", "rule"),
        [
            ("date,USDT\n2026-01-05,1\n", "unknown_column"),
            ("day,1\n2026-01-05,1\n", "missing_column"),
            ("date,1\n", "no_rows"),
            ("date,1,1\n2026-01-05,1,1\n", "duplicate_column"),
        ],
    )
    def test_tables_of_another_shape_are_refused(self, body, rule):
        """The combined export by symbol looks alike and has no ids."""
        assert rule_of(self.feed, body) == rule


class TestCharts:
    feed = "defillama_stablecoin_charts"
    body = (
        {
            "date": str(DAY_5),
            "totalCirculating": {"peggedUSD": 1000},
            "totalCirculatingUSD": {"peggedUSD": 999},
        },
        {
            "date": str(DAY_6),
            "totalCirculating": {"peggedUSD": 1001.5, "peggedEUR": 2.25},
            "totalUnreleased": {"peggedUSD": 7},
            "totalCirculatingUSD": {"peggedUSD": 1000.9, "peggedEUR": 2.6},
            "totalMintedUSD": {"peggedUSD": 3},
            "totalBridgedToUSD": {"peggedUSD": 0},
        },
        {"date": str(DAY_7), "totalCirculating": {"peggedUSD": 5}, "totalCirculatingUSD": {"peggedUSD": 5}},
    )

    def test_pegs_are_never_added_to_each_other(self):
        """Without an id each peg's sum is its own series."""
        rows = supply(parse(self.feed, self.body)).select("fact_date", "stablecoin_id", "circulating_peg").rows()
        assert rows == [
            (date(2026, 1, 5), "all.USD", 1000.0),
            (date(2026, 1, 6), "all.USD", 1001.5),
            (date(2026, 1, 6), "all.EUR", 2.25),
            (date(2026, 1, 7), "all.USD", 5.0),
            (date(2026, 1, 7), "all.EUR", 0.0),
        ]
        assert [(key, peg) for key, _, _, peg in assets(parse(self.feed, self.body))] == [
            ("all.USD", "USD"),
            ("all.EUR", "EUR"),
        ]

    def test_a_missing_amount_is_zero_from_the_pegs_first_day_on(self):
        """The source removes zero keys; before its first day a peg has no row at all."""
        rows = supply(parse(self.feed, self.body))
        euro = rows.filter(pl.col("stablecoin_id") == "all.EUR")
        assert euro["fact_date"].to_list() == [date(2026, 1, 6), date(2026, 1, 7)]
        assert euro["circulating_usd"].to_list() == [2.6, 0.0]
        assert rows.filter(pl.col("stablecoin_id") == "all.USD")["unreleased_peg"].to_list() == [
            0.0,
            7.0,
            0.0,
        ]

    def test_dollars_that_are_missing_for_a_supply_above_zero_stay_unknown(self):
        """Zero dollars for a thousand tokens is not what the source says."""
        body = [{"date": DAY_5, "totalCirculating": {"peggedUSD": 1000}}]
        assert supply(parse(self.feed, body))["circulating_usd"].to_list() == [None]

    def test_minted_and_bridged_dollars_do_not_fill_columns_of_the_peg(self):
        """They are in dollars in this shape."""
        rows = supply(parse(self.feed, self.body))
        assert rows["minted_peg"].null_count() == rows["bridged_in_peg"].null_count() == rows.height

    def test_the_map_says_which_coin_and_chain_was_asked_for(self):
        """The body does not."""
        parsed = parse(self.feed, list(self.body[:1]), stablecoin_id="1", chain="Tron")
        assert supply(parsed).select("stablecoin_id", "chain").rows() == [("1", "Tron")]
        assert assets(parsed) == []

    def test_the_last_row_is_preliminary(self):
        """It is the live hourly record under today's midnight."""
        finality = supply(parse(self.feed, self.body))["finality"].to_list()
        assert finality == ["final", "final", "final", "preliminary", "preliminary"]

    @pytest.mark.parametrize(
        ("body", "rule"),
        [
            ({"error": "x"}, "unexpected_shape"),
            ([], "no_rows"),
            ('[{"date": "1767571200", "totalCirculating": {"peggedUSD": NaN}}]', "bad_json"),
            ([{"date": DAY_5, "totalCirculating": {"peggedUSD": "1000"}}], "not_a_number"),
        ],
    )
    def test_bodies_of_another_shape_are_refused(self, body, rule):
        """An error in a body with status 200 is an error."""
        assert rule_of(self.feed, body) == rule

    def test_a_row_without_a_date_is_rejected(self):
        """The rest of the chart stands."""
        parsed = parse(self.feed, [{"date": "soon", "totalCirculating": {"peggedUSD": 1}}, *self.body])
        assert [r.rule for r in parsed.rejects] == ["bad_date"]


class TestCoin:
    feed = "defillama_stablecoin"

    def body(self, **more: object) -> dict:
        tokens = [
            {
                "date": DAY_5 + 11,
                "circulating": {"peggedUSD": 5.5},
                "minted": {"peggedUSD": 6},
                "unreleased": {"peggedUSD": 0.5},
                "bridgedTo": {"peggedUSD": 0},
            },
            {"date": DAY_6 + 50_000, "circulating": {"peggedUSD": 6.5}},
        ]
        chains = {"Tron": {"tokens": [{"date": DAY_5 + 11, "circulating": {"peggedUSD": 2}}]}}
        names = {"id": "1", "name": "Tether", "symbol": "USDT", "pegType": "peggedUSD"}
        return {**names, "tokens": tokens, "chainBalances": chains, **more}

    def test_one_row_per_day_and_chain_and_one_over_all_chains(self):
        """Stamps are not exactly midnight: they are floored to the UTC day."""
        rows = supply(parse(self.feed, self.body()))
        assert rows.select("fact_date", "chain", "circulating_peg", "finality").rows() == [
            (date(2026, 1, 5), "all", 5.5, "final"),
            (date(2026, 1, 6), "all", 6.5, "preliminary"),
            (date(2026, 1, 5), "Tron", 2.0, "final"),
        ]
        assert rows.row(0)[4:8] == (6.0, 0.5, 0.0, None)

    def test_the_coin_describes_itself(self):
        """The symbol, not the id, is what a reader asks for."""
        assert assets(parse(self.feed, self.body())) == [("1", "USDT", "Tether", "USD")]

    def test_of_two_records_of_one_day_the_later_counts(self):
        """The live record can follow the daily one."""
        again = [*self.body()["tokens"], {"date": DAY_6 + 60_000, "circulating": {"peggedUSD": 7}}]
        parsed = parse(self.feed, self.body(tokens=again, chainBalances={}))
        assert supply(parsed)["circulating_peg"].to_list() == [5.5, 7.0]
        assert [(r.rule, r.record["stamp"]) for r in parsed.rejects] == [("duplicate_grain", DAY_6 + 50_000)]

    def test_a_day_without_supply_is_missing_not_zero(self):
        """This shape keeps its zeros."""
        parsed = parse(self.feed, self.body(tokens=[{"date": DAY_5, "circulating": {}}]))
        assert supply(parsed).select("circulating_peg", "status").row(0) == (None, "missing")

    def test_the_id_comes_from_the_body_or_the_map_and_must_agree(self):
        """A body under the wrong name would restate another coin."""
        assert rule_of(self.feed, self.body(), stablecoin_id="2") == "wrong_id"
        anonymous = {key: value for key, value in self.body().items() if key != "id"}
        assert rule_of(self.feed, anonymous) == "missing_param"
        assert set(supply(parse(self.feed, anonymous, stablecoin_id="1"))["stablecoin_id"]) == {"1"}


class TestList:
    feed = "defillama_stablecoins"

    def body(self, **more: object) -> dict:
        coin = {
            "id": "50",
            "name": "Euro Coin",
            "symbol": "EURC",
            "pegType": "peggedEUR",
            "circulating": {"peggedEUR": 5.5},
            "chainCirculating": {"Base": {"current": {"peggedEUR": 2}, "circulatingPrevDay": {"peggedEUR": 9}}},
            "price": 1.1,
        }
        return {"peggedAssets": [{**coin, **more}], "chains": [{"name": "Base"}]}

    def test_amounts_are_dollars_and_never_units_of_the_peg(self):
        """The source multiplies them by the price."""
        rows = supply(parse(self.feed, self.body()))
        assert rows.select("fact_date", "chain", "circulating_usd", "circulating_peg", "finality").rows() == [
            (date(2026, 1, 7), "all", 5.5, None, "preliminary"),
            (date(2026, 1, 7), "Base", 2.0, None, "preliminary"),
        ]

    def test_without_a_price_the_amount_is_unknown(self):
        """Times null is nought in the source's arithmetic."""
        rows = supply(parse(self.feed, self.body(price=None, circulating={"peggedEUR": 0})))
        assert rows.select("circulating_usd", "status").row(0) == (None, "no_price")

    def test_a_coin_without_an_amount_is_missing(self):
        """Dead coins have empty objects."""
        rows = supply(parse(self.feed, self.body(circulating={}, chainCirculating={})))
        assert rows.select("circulating_usd", "status").rows() == [(None, "missing")]

    @pytest.mark.parametrize(
        ("peg_type", "peg"), [("peggedEUR", "EUR"), ("peggedVAR", None), ("peggedREAL", None), (None, None)]
    )
    def test_an_unknown_peg_stays_unknown(self, peg_type, peg):
        """Assuming dollars would add roubles to dollars."""
        assert assets(parse(self.feed, self.body(pegType=peg_type))) == [("50", "EURC", "Euro Coin", peg)]

    def test_a_price_is_of_the_instant_at_which_the_list_became_known(self):
        """It multiplies amounts of days long past, too, and is the price of none of them."""
        rows = prices(parse(self.feed, self.body()))
        assert rows.select("fact_date", "priced_at", "stablecoin_id", "venue", "price_usd", "volume_usd").rows() == [
            (date(2026, 1, 7), KNOWN_AT, "50", "all", 1.1, None)
        ]
        assert prices(parse(self.feed, self.body(price=None))).is_empty()

    @pytest.mark.parametrize("body", [{}, [], {"peggedAssets": [{"name": "no id"}]}])
    def test_bodies_of_another_shape_are_refused(self, body):
        """An error in a body with status 200 is an error."""
        assert rule_of(self.feed, body) == "unexpected_shape"


class TestPrices:
    feed = "defillama_stablecoin_prices"

    def test_prices_are_named_by_the_reference_and_dated_by_their_stamp(self):
        """A CoinGecko id that the reference does not know has no id here."""
        body = [
            {"date": DAY_5, "prices": {"tether": 0.9991, "usd-coin": 1, "some-coin": 7}},
            {"date": str(DAY_6 + 50_000), "prices": {"tether": 1.0004}},
        ]
        assert prices(parse(self.feed, body)).select("fact_date", "stablecoin_id", "price_usd").rows() == [
            (date(2026, 1, 5), "1", 0.9991),
            (date(2026, 1, 5), "2", 1.0),
            (date(2026, 1, 6), "1", 1.0004),
        ]

    def test_what_is_no_price_is_kept_back(self):
        """Zero would be a coin without value, and a later stamp a price that nobody knew."""
        body = [
            {"date": DAY_5, "prices": {"tether": 0, "usd-coin": None, "dai": "x"}},
            {"date": DAY_7 + 86_400, "prices": {"tether": 1}},
            {"date": None, "prices": {"tether": 1}},
        ]
        parsed = parse(self.feed, body)
        assert prices(parsed).is_empty()
        rules = ["bad_date", "future_date", "no_price", "not_a_number", "not_a_number"]
        assert sorted(reject.rule for reject in parsed.rejects) == rules

    @pytest.mark.parametrize(
        ("body", "rule"),
        [({}, "unexpected_shape"), ([{"date": 1}], "unexpected_shape"), ([{"date": 1, "prices": {"x": 1}}], "no_rows")],
    )
    def test_bodies_of_another_shape_are_refused(self, body, rule):
        """An error in a body with status 200 is an error."""
        assert rule_of(self.feed, body) == rule


def test_a_negative_supply_is_left_to_the_tables_check():
    """It reaches the core step as a row, and is quarantined there with the limit that it breaks."""
    rows = supply(parse("defillama_stablecoin_chart_export", "date,1\n2026-01-05,-1\n2026-01-06,1\n"))
    limit = next(c for c in TABLES["core_stablecoins__supply"].columns if c.name == "circulating_peg").checks
    assert rows["circulating_peg"].to_list() == [-1.0, 1.0]
    assert limit[0].low == 0


def test_the_reference_names_each_coin_once_and_roubles_as_roubles():
    """A symbol that two ids share would merge two coins."""
    by_id = {coin.stablecoin_id: coin for coin in STABLECOINS}
    assert len(by_id) == len({coin.symbol for coin in STABLECOINS}) == len(STABLECOINS)
    assert (by_id["258"].peg_currency, by_id["50"].peg_currency, by_id["1"].peg_currency) == (
        "RUB",
        "EUR",
        "USD",
    )


class TestCoinPrices:
    feed = "defillama_coin_prices"

    def quotes(self, **coins: dict):
        named = {name.replace("__", ":").replace("_", "-"): quote for name, quote in coins.items()}
        return parse(self.feed, {"coins": named})

    def test_a_quote_is_of_its_own_instant(self):
        """The vendor answers with the quote nearest to the instant asked for, which may be of another day."""
        quote = {"price": 0.9987, "symbol": "USDT", "timestamp": DAY_6 - 120, "confidence": 0.99}
        found = prices(self.quotes(coingecko__tether=quote))
        assert found.select("fact_date", "priced_at", "stablecoin_id", "price_usd", "venue", "finality").rows() == [
            (date(2026, 1, 5), datetime(2026, 1, 5, 23, 58, tzinfo=UTC), "1", 0.9987, "all", "final")
        ]

    def test_numbers_may_come_as_text(self):
        quote = {"price": "1.0002", "timestamp": str(DAY_6)}
        assert prices(self.quotes(coingecko__usd_coin=quote))["price_usd"].to_list() == [1.0002]

    @pytest.mark.parametrize(
        ("quote", "rule"),
        [
            ({"price": None, "timestamp": DAY_6}, "not_a_number"),
            ({"price": "", "timestamp": DAY_6}, "not_a_number"),
            ({"price": 0, "timestamp": DAY_6}, "no_price"),
            ({"price": 1.0}, "bad_date"),
            ({"price": 1.0, "timestamp": DAY_7 + 86400}, "future_date"),
        ],
    )
    def test_what_is_no_price_of_an_instant_is_rejected(self, quote, rule):
        """Never a price of zero, nor one of tomorrow."""
        parsed = self.quotes(coingecko__tether=quote)
        assert [reject.rule for reject in parsed.rejects] == [rule]

    def test_a_coin_that_the_reference_does_not_know_is_rejected_and_not_lost(self):
        parsed = self.quotes(coingecko__nobody={"price": 1.0, "timestamp": DAY_6}, ethereum__0x1={"price": 2})
        assert [reject.rule for reject in parsed.rejects] == ["unknown_stablecoin"] * 2
        assert (prices(parsed).height, parsed.rows_in) == (0, 2)

    def test_an_answer_without_coins_has_no_rows(self):
        """The vendor leaves out what it does not know: that is no fault of the payload."""
        assert self.quotes().rows_in == 0

    @pytest.mark.parametrize("body", [[], {}, {"coins": []}, {"coins": {"a": 1}}])
    def test_another_body_is_refused(self, body):
        assert rule_of(self.feed, body) == "unexpected_shape"
