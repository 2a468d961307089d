"""Artemis' supply in dollars: three kinds of columns, and labels that name the end of their day or month.
Numbers are invented, shapes are Artemis'."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from schemas.feed import Payload, PayloadError
from transforms.parse.artemis_stablecoins import parse_supply

KNOWN_AT = datetime(2026, 4, 14, 12, tzinfo=UTC)


def parse(text: str, by: str | None, known_at: datetime = KNOWN_AT):
    params = {"by": by} if by else {}
    return parse_supply(Payload("artemis_stablecoins", text.encode(), known_at, "0" * 64, "x", params))


def supply(parsed) -> pl.DataFrame:
    return parsed.frames["core_stablecoins__supply"]


def rule_of(text: str, by: str | None) -> str:
    with pytest.raises(PayloadError) as caught:
        parse(text, by)
    return caught.value.rule


def test_a_month_is_that_of_its_end_and_the_newest_is_to_date():
    """Labelled with its last day, a month that lasts would lie in the future."""
    parsed = parse("date,USDT,Other (81)\n2026-03-31,184.0,14\n2026-04-30,184.5,15\n", "token")
    assert supply(parsed).select("fact_date", "stablecoin_id", "chain", "circulating_usd", "finality").rows() == [
        (date(2026, 4, 1), "1", "all", 184.0, "final"),
        (date(2026, 4, 14), "1", "all", 184.5, "preliminary"),
    ]
    assert supply(parsed)["circulating_peg"].null_count() == 2
    assert parsed.rejects == []


def test_the_part_day_of_a_daily_file_gives_way_to_the_value_of_its_beginning():
    """Two values of one day in one file would be neither's."""
    parsed = parse("date,Ethereum,TON\n2026-04-13,177.1,8.6\n2026-04-14,,8.7\n", "chain")
    assert supply(parsed).select("fact_date", "chain", "circulating_usd").rows() == [
        (date(2026, 4, 14), "Ethereum", 177.1),
        (date(2026, 4, 14), "TON", 8.6),
    ]
    assert [(r.rule, r.record["printed"]) for r in parsed.rejects] == [("part_day", "8.7")]


def test_chains_have_the_names_of_this_warehouse_and_no_coin():
    """ "BNB Chain" and "BSC" would be two chains."""
    rows = supply(parse("date,BNB Chain,Polygon PoS,HyperEVM\n2026-03-31,1,2,3\n", "chain"))
    assert rows.select("stablecoin_id", "chain").rows() == [
        ("all.pegs", "BSC"),
        ("all.pegs", "Polygon"),
        ("all.pegs", "HyperEVM"),
    ]


def test_a_flag_before_a_currency_is_no_part_of_it():
    """The header is written with emoji."""
    rows = supply(parse("date,🇦🇺 AUD,🇺🇸 USD\n2026-03-31,1.5,308\n", "currency"))
    assert rows.select("stablecoin_id", "chain", "circulating_usd").rows() == [
        ("all.AUD", "all", 1.5),
        ("all.USD", "all", 308.0),
    ]


def test_a_coin_that_the_reference_does_not_name_is_kept_back_with_its_reason():
    """Under a guessed id it would restate another coin."""
    parsed = parse("date,USDT,NEWC\n2026-03-31,1,2\n2026-13-31,1,2\n2026-06-30,1,\n2026-02-28,x,\n", "token")
    assert supply(parsed)["circulating_usd"].to_list() == [1.0]
    assert sorted(r.rule for r in parsed.rejects) == [
        "bad_date",
        "bad_date",
        "future_date",
        "not_a_number",
        "unknown_column",
    ]


@pytest.mark.parametrize(
    ("text", "by", "rule"),
    [
        ("date,USDT\n2026-03-31,1\n", None, "missing_param"),
        ("date,USDT\n2026-03-31,1\n", "coin", "missing_param"),
        ("date,Ethereum\n2026-03-31,1\n", "token", "unknown_column"),
        ("date,Ethereum\n2026-03-31,1\n", "currency", "unknown_column"),
        ("date,USDT\n", "token", "no_rows"),
        ("day,USDT\n2026-03-31,1\n", "token", "missing_column"),
    ],
)
def test_files_that_are_not_what_the_map_says_are_refused(text, by, rule):
    """Chains taken for coins would be a thousand new coins."""
    assert rule_of(text, by) == rule


def test_the_real_exports_are_read_whole(realdata):
    """USDT fell by 1.77 billion dollars over February 2026, from its first to the first of March."""
    text = (realdata / "artemis" / "Stablecoin Supply by Token.csv").read_text("utf-8")
    rows = supply(parse(text, "token")).filter(stablecoin_id="1")
    value = dict(rows.select("fact_date", "circulating_usd").iter_rows())
    assert value[date(2026, 3, 1)] - value[date(2026, 2, 1)] == pytest.approx(-1_771_859_328.56, abs=1)
    for name, by, n in (("Stablecoin Supply by Chain", "chain", 10), ("Stablecoin Supply by Currency", "currency", 16)):
        parsed = parse((realdata / "artemis" / f"{name}.csv").read_text("utf-8"), by)
        assert parsed.rejects == []
        assert supply(parsed).select("stablecoin_id", "chain").n_unique() == n
