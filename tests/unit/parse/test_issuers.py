"""Statements of stablecoin issuers: what circulates in all, and what was minted on each chain.
Numbers are invented, shapes are the issuers'."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from schemas.feed import Payload, PayloadError
from transforms.parse import FEEDS
from transforms.parse.issuer_supply import day_of

STAMP = datetime(2026, 7, 8, 23, 59, tzinfo=UTC)
KNOWN_AT = datetime(2026, 7, 9, 0, 20, tzinfo=UTC)


def parse(feed: str, body: object, known_at: datetime = KNOWN_AT):
    return FEEDS[feed].parse(Payload(feed, json.dumps(body).encode(), known_at, "0" * 64, "x"))


def supply(parsed) -> pl.DataFrame:
    return parsed.frames["core_stablecoins__supply"]


def rule_of(feed: str, body: object, known_at: datetime = KNOWN_AT) -> str:
    with pytest.raises(PayloadError) as caught:
        parse(feed, body, known_at)
    return caught.value.rule


class TestTether:
    feed = "tether_transparency"

    def body(self, **more: object) -> dict:
        usdt = {
            "id": int(STAMP.timestamp()), "totaltokens_eth": "1,000", "reserve_balance_eth": 50, "quarantined_eth": 1,
            "totaltokens_tron": 800.5, "reserve_balance_tron": "20.5", "quarantined_tron": 0,
            "totaltokens_omni": "9", "reserve_balance_omni": "4", "total_assets": "1750", "total_liabilities": "1734",
        }  # fmt: skip
        formatted = [
            {"blockChains": [{"name": "Ethereum", "totalAuthorized": 1000, "notIssued": 50, "quarantined": 1}]}
        ]
        return {"data": {"usdt": {**usdt, **more}, "eurt": {"id": 1}}, "data_formatted": formatted}

    def test_circulating_is_authorised_less_not_issued_less_quarantined_legacy_chains_included(self):
        """Gross tokens overstate the supply by what the treasury holds; data_formatted lacks the old chains."""
        rows = supply(parse(self.feed, self.body()))
        assert rows.select(
            "stablecoin_id", "chain", "circulating_peg", "minted_peg", "unreleased_peg", "status"
        ).rows() == [
            ("1", "all", 1734.0, 1809.5, 75.5, None),
            ("1", "Ethereum", None, 1000.0, 51.0, "minted_only"),
            ("1", "Tron", None, 800.5, 20.5, "minted_only"),
            ("1", "Omni", None, 9.0, 4.0, "minted_only"),
        ]
        assert set(rows["fact_date"]) == {date(2026, 7, 9)}
        assert set(rows["finality"]) == {"final"}

    def test_chains_that_do_not_add_up_to_the_liabilities_are_refused(self):
        """A field that was renamed would take a chain out of the supply without a word."""
        assert rule_of(self.feed, self.body(total_liabilities="1800")) == "total_mismatch"
        assert supply(parse(self.feed, self.body(total_liabilities=None))).height == 4

    @pytest.mark.parametrize(
        ("more", "rule"),
        [
            ({"totaltokens_eth": "n/a"}, "not_a_number"),
            ({"totaltokens_eth": True}, "not_a_number"),
            ({"reserve_balance_ton": "1"}, "unexpected_shape"),
            ({"id": None}, "unexpected_shape"),
            ({"id": 1900000000}, "future_date"),
        ],
    )
    def test_amounts_and_stamps_must_be_readable(self, more, rule):
        """Read as zero, they would be a redemption of billions."""
        assert rule_of(self.feed, self.body(**more)) == rule

    @pytest.mark.parametrize("body", [{}, [], {"data": {}}, {"data": {"usdt": {"id": 1783555140}}}])
    def test_bodies_of_another_shape_are_refused(self, body):
        """An error in a body with status 200 is an error."""
        assert rule_of(self.feed, body) == "unexpected_shape"


class TestCircle:
    feed = "circle_stablecoins"

    def body(self, **more: object) -> dict:
        chains = [
            {"amount": "49.5", "chain": "ETH", "updateDate": "2026-07-09T00:10:00Z"},
            {"amount": "23.5", "chain": "NOBLE", "updateDate": "2026-07-01T00:00:00Z"},
        ]
        usdc = {"name": "USDC", "symbol": "USDC", "totalAmount": "73.0", "chains": chains}
        return {"data": [{**usdc, **more}, {"symbol": "EURC", "totalAmount": "5", "chains": []}, {"symbol": "NEWC"}]}

    def test_the_total_circulates_and_a_chain_is_what_was_minted_on_it(self):
        """Native coins on a chain are not all that circulate there: bridges bring more."""
        parsed = parse(self.feed, self.body())
        assert supply(parsed).select("stablecoin_id", "chain", "circulating_peg", "minted_peg", "status").rows() == [
            ("2", "all", 73.0, None, None),
            ("2", "Ethereum", None, 49.5, "minted_only"),
            ("2", "Noble", None, 23.5, "minted_only"),
            ("50", "all", 5.0, None, None),
        ]
        assert set(supply(parsed)["fact_date"]) == {date(2026, 7, 9)}
        assert [(r.rule, r.record["symbol"]) for r in parsed.rejects] == [("unknown_stablecoin", "NEWC")]

    @pytest.mark.parametrize(
        ("more", "rule"),
        [
            ({"totalAmount": "80"}, "total_mismatch"),
            ({"totalAmount": None}, "unexpected_shape"),
            ({"totalAmount": "x"}, "not_a_number"),
            ({"chains": [{"amount": "73", "chain": "ETH", "updateDate": "yesterday"}]}, "unexpected_shape"),
            ({"chains": [{"amount": "73", "chain": "ETH", "updateDate": "2026-07-09T00:00:00"}]}, "unexpected_shape"),
            ({"chains": [{"amount": None, "chain": "ETH"}]}, "unexpected_shape"),
        ],
    )
    def test_what_cannot_be_read_is_refused(self, more, rule):
        """Half a statement is none."""
        assert rule_of(self.feed, self.body(**more)) == rule

    @pytest.mark.parametrize("body", [{}, {"data": []}, {"code": 2, "message": "x"}])
    def test_bodies_of_another_shape_are_refused(self, body):
        """An error in a body with status 200 is an error."""
        assert rule_of(self.feed, body) == "unexpected_shape"


@pytest.mark.parametrize(
    ("stamp", "day", "finality"),
    [
        (datetime(2026, 7, 8, 23, 0, tzinfo=UTC), date(2026, 7, 9), "final"),
        (datetime(2026, 7, 8, 22, 59, tzinfo=UTC), date(2026, 7, 8), "preliminary"),
        (datetime(2026, 7, 8, 1, 0, tzinfo=UTC), date(2026, 7, 8), "final"),
        (datetime(2026, 7, 8, 12, 0, tzinfo=UTC), date(2026, 7, 8), "preliminary"),
    ],
)
def test_a_statement_around_midnight_is_that_of_the_day_that_begins(stamp, day, finality):
    """Stamped at 23:59, it would be compared with a supply of a day before."""
    assert day_of(stamp, KNOWN_AT) == (day, finality)


def test_a_day_that_has_not_begun_has_no_supply():
    """Read at 23:59:30, the statement is still that of the old day."""
    assert day_of(STAMP, STAMP.replace(second=30)) == (date(2026, 7, 8), "preliminary")
