"""The validation wrapper: what pandera finds, in one shape, on eager frames only."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from schemas.column import Between, Column, Matches, OneOf
from schemas.render.pandera import CHECKS, to_pandera, validate
from schemas.table import Table, vintages_of
from schemas.tables import TABLES

TABLE = Table(
    "t",
    "core",
    "x",
    "A table.",
    grain=("day", "code"),
    column_names=("day", "code", "kind", "price"),
    date_column="day",
    extra=(
        Column("day", pl.Date(), "date", "Day."),
        Column("code", pl.String(), "none", "Code.", checks=(Matches(r"[A-Z]{2,3}"),)),
        Column("kind", pl.String(), "none", "Kind.", nullable=True, checks=(OneOf(("a", "b")),)),
        Column("price", pl.Float64(), "usd", "Price.", nullable=True, checks=(Between(0, 10),)),
    ),
)
DAY = date(2026, 2, 5)


def frame(*rows: tuple) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=TABLE.schema, orient="row")


GOOD = frame((DAY, "BTC", "a", 0.0), (DAY, "ETH", None, None), (DAY, "SOL", "b", 10.0))


def test_a_frame_that_keeps_the_rules_passes_unchanged() -> None:
    """Guards against rows lost on the way through the wrapper."""
    found = validate(GOOD, TABLE)
    assert found.good.equals(GOOD)
    assert found.failures.is_empty()
    assert validate(GOOD.clear(), TABLE).failures.is_empty()


@pytest.mark.parametrize(
    ("row", "column", "check"),
    [
        ((DAY, "XRP", "a", -0.01), "price", "range"),
        ((DAY, "XRP", "a", 10.01), "price", "range"),
        ((DAY, "XRP", "a", float("nan")), "price", "finite"),
        ((DAY, "XRP", "a", float("inf")), "price", "finite"),
        ((DAY, "XRP", "a", float("-inf")), "price", "finite"),
        ((DAY, "XRP", "a", 1e31), "price", "finite"),
        ((DAY, "XRP", "c", 1.0), "kind", "one_of"),
        ((DAY, "xrp", "a", 1.0), "code", "pattern"),
        ((DAY, "XXRP", "a", 1.0), "code", "pattern"),
        ((DAY, "XRP\n", "a", 1.0), "code", "pattern"),
        ((None, "XRP", "a", 1.0), "day", "not_null"),
        ((DAY, None, "a", 1.0), "code", "not_null"),
    ],
)
def test_each_rule_names_row_column_and_value(row: tuple, column: str, check: str) -> None:
    """Guards against a bad row that passes, or one whose reason nobody can read."""
    found = validate(pl.concat([GOOD, frame(row)]), TABLE)
    assert (3, column, check) in set(found.failures.select("row_index", "column", "check").iter_rows())
    assert found.good.equals(GOOD)
    assert set(found.failures["check"]) <= set(CHECKS)


def test_every_row_of_a_duplicated_key_fails() -> None:
    """Guards against keeping one of two rows by chance."""
    found = validate(frame((DAY, "BTC", "a", 1.0), (DAY, "ETH", "a", 1.0), (DAY, "BTC", "b", 2.0)), TABLE)
    assert found.failures["row_index"].to_list() == [0, 2]
    assert set(found.failures["column"]) == {"day, code"}
    assert found.good["code"].to_list() == ["ETH"]
    assert validate(found.good.vstack(found.good), TABLE, unique=False).failures.is_empty()


@pytest.mark.parametrize(
    ("bad", "column", "check", "value"),
    [
        (GOOD.drop("price"), "price", "columns", "missing"),
        (GOOD.drop("code"), "code", "columns", "missing"),
        (GOOD.with_columns(stranger=1), "stranger", "columns", "unexpected"),
        (GOOD.select("day", "code", "price", "kind"), "price", "order", "price"),
        (GOOD.with_columns(pl.col("price").cast(pl.Float32)), "price", "type", "Float32"),
        (GOOD.with_columns(price=pl.lit("1")), "price", "type", "String"),
    ],
)
def test_a_frame_of_another_shape_fails_as_a_whole(bad: pl.DataFrame, column: str, check: str, value: str) -> None:
    """Guards against a dropped or changed column that is reported as many bad rows, or not at all."""
    found = validate(bad, TABLE)
    assert found.good.is_empty()
    assert (None, column, check, value) in list(found.failures.iter_rows())


def test_pandera_alone_passes_bad_values_of_a_lazy_frame_and_the_wrapper_refuses_it() -> None:
    """Guards against a check that never looked: on a LazyFrame pandera compares names and types only."""
    bad = frame((DAY, "BTC", "a", -1.0)).lazy()
    to_pandera(TABLE).validate(bad, lazy=True)
    with pytest.raises(TypeError, match="collect"):
        validate(bad, TABLE)  # type: ignore[arg-type]
    assert validate(bad.collect(), TABLE).failures["check"].to_list() == ["range"]


FACT = Table(
    "f",
    "mart",
    "x",
    "A fact.",
    grain=("day",),
    column_names=("day", "price", "note", "status"),
    date_column="day",
    tracked=("price",),
    absent={"note": "Most rows need none."},
    extra=(
        Column("day", pl.Date(), "date", "Day."),
        Column("price", pl.Float64(), "usd", "Price.", nullable=True),
        Column("note", pl.String(), "none", "Note.", nullable=True),
        Column("status", pl.String(), "none", "Why a value is null.", nullable=True),
    ),
)


def test_a_null_without_a_status_is_a_failure_unless_the_table_says_that_it_does_not_apply() -> None:
    """Otherwise a reader meets an empty cell of which nobody knows what it means."""
    rows = pl.DataFrame(
        [(DAY, 1.0, None, None), (date(2026, 2, 6), None, None, "pending"), (date(2026, 2, 7), None, "x", None)],
        schema=FACT.schema,
        orient="row",
    )
    found = validate(rows, FACT)
    assert found.good["day"].to_list() == [DAY, date(2026, 2, 6)]
    assert found.failures.select("row_index", "column", "check").rows() == [(2, "status", "reason")]
    assert vintages_of(TABLES["fct_etf_flows_daily"]).reasoned == TABLES["fct_etf_flows_daily"].reasoned
