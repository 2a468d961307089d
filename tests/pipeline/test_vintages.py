"""Every value that a source has ever given stays readable: what it was, what it became, when, and why."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from conftest import Sluice
from published import query
from small_inbox import DAYS, etf_csv, put

NEW_COLUMN_DAY, NEW_COLUMN_SEEN = date(2026, 3, 12), datetime(2026, 3, 16, 4, 29, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Change:
    """A fund's cell that two successive tables print differently."""

    trade_date: date
    fund: str
    first_seen: datetime
    changed: datetime
    before: float
    after: float


@pytest.fixture(scope="module")
def changes(realdata: Path) -> list[Change]:
    """The changes within the history of the ETH table, read from its files without the project's parsers."""
    seen: dict[tuple[str, str], list[tuple[datetime, float]]] = {}
    for path in sorted(realdata.glob("farside/eth_asof/*.json.gz")):
        instant = datetime.strptime(path.name[:22], "%Y-%m-%dT%H%M%S%z")
        for day in json.loads(gzip.decompress(path.read_bytes()))["daily_flows"]:
            for fund, flow in day["flows"].items():
                values = seen.setdefault((day["date"], fund), [])
                if not values or values[-1][1] != flow:
                    values.append((instant, flow))
    return [
        Change(date.fromisoformat(day), fund, values[0][0], values[1][0], values[0][1], values[1][1])
        for (day, fund), values in seen.items()
        if len(values) > 1
    ]


@pytest.fixture(scope="module")
def release(realdata_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The release of the real exports, as a reader opens it."""
    with duckdb.connect(str(realdata_home / "published" / "current.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def test_the_history_holds_thirty_cells_whose_zero_was_only_a_placeholder(changes):
    """The tests below say something only if the files hold what they are known to hold."""
    assert len(changes) == 30
    assert len({change.trade_date for change in changes}) == 20
    assert {change.before for change in changes} == {0.0}


def test_each_of_those_cells_has_a_vintage_with_old_value_new_value_instant_and_reason(changes, release):
    """A revision that shows only its result cannot be told from a number that was always there."""
    found = release.sql(
        "select trade_date, fund, known_at, recorded_at, previous_printed_flow_usd, previous_flow_usd, flow_usd,"
        " printed_flow_usd, change_reason, revision from fct_etf_flows_daily_vintages"
        " where asset = 'ETH' and printed_flow_usd is distinct from previous_printed_flow_usd and revision > 0"
    ).fetchall()
    assert sorted(found) == sorted(
        (
            c.trade_date,
            c.fund,
            c.changed,
            c.changed,
            0.0,
            None,
            *[round(c.after * 1e6)] * 2,
            "placeholder_zero",
            1,
        )
        for c in changes
    )


def test_before_its_number_came_each_cell_was_unknown_and_no_zero(changes, release):
    """Somebody who traded on the table of that morning saw no flow of zero; a back-test must not either."""
    for change in changes:
        for instant in (change.first_seen, change.changed - timedelta(seconds=1)):
            found = release.execute(
                "select flow_usd, printed_flow_usd, status, finality from fct_etf_flows_daily_as_of(?)"
                " where asset = 'ETH' and trade_date = ? and fund = ?",
                [instant, change.trade_date, change.fund],
            ).fetchall()
            assert found == [(None, 0.0, "pending_zero", "preliminary")], change


def test_until_then_the_total_is_partial_and_leaves_the_cell_out(changes, release):
    """A total over placeholders looks complete: it understated 2026-02-11 by 113.2m for most of a day."""
    for change in changes:
        at = [change.changed - timedelta(seconds=1), change.trade_date]
        flows = release.execute(
            "select fund, flow_usd from fct_etf_flows_daily_as_of(?) where asset = 'ETH' and trade_date = ?",
            at,
        ).fetchall()
        reported = [flow for _, flow in flows if flow is not None]
        total, count, status, finality = release.execute(
            "select flow_usd, n_funds_reported, status, finality from fct_etf_totals_daily_as_of(?)"
            " where asset = 'ETH' and trade_date = ?", at,
        ).fetchone()  # fmt: skip
        assert change.fund not in {fund for fund, flow in flows if flow is not None}
        assert (count, finality) == (len(reported), "preliminary")
        assert status == ("partial" if reported else "pending")
        assert total == (pytest.approx(sum(reported), abs=0.01) if reported else None)


def test_a_fund_column_that_appears_later_is_a_new_fund_and_moves_that_days_total(release):
    """The column of 2026-03-16 adds 43.5m to a day published three days before; silently, that is an error."""
    cell = release.execute(
        "select recorded_at, known_at, flow_usd, previous_flow_usd, change_reason"
        " from fct_etf_flows_daily_vintages where fund = 'ETHB' and trade_date = ? order by recorded_at",
        [NEW_COLUMN_DAY],
    ).fetchall()  # fmt: skip
    assert cell[0] == (NEW_COLUMN_SEEN, NEW_COLUMN_SEEN, 43.5e6, None, "new_fund")
    totals = release.execute(
        "select flow_usd, previous_flow_usd, change_reason, status from fct_etf_totals_daily_vintages"
        " where asset = 'ETH' and trade_date = ? order by recorded_at", [NEW_COLUMN_DAY],
    ).fetchall()  # fmt: skip
    assert totals[:2] == [(72.4e6, None, "first", "partial"), (115.9e6, 72.4e6, "new_fund", "partial")]
    assert totals[-1] == (115.9e6, 115.9e6, "confirmed", None)
    launch = release.sql("select min(trade_date) from fct_etf_flows_daily where fund = 'ETHB' and flow_usd is not null")
    assert launch.fetchall() == [(NEW_COLUMN_DAY,)], "zeros printed before the launch are no flows"


def test_totals_change_on_the_days_of_those_cells_and_on_no_other(changes, release):
    """A total that moves for any other reason is a fault of ours, not news of a fund."""
    moved = release.sql(
        "select distinct trade_date from fct_etf_totals_daily_vintages"
        " where asset = 'ETH' and revision > 0 and flow_usd is distinct from previous_flow_usd"
    ).fetchall()
    assert {day for (day,) in moved} == {change.trade_date for change in changes} | {NEW_COLUMN_DAY}
    assert len(moved) == 21


def test_a_zero_counts_as_reported_only_after_the_morning_on_which_funds_have_reported(release):
    """Every table writes some zero before the fund has reported; counted, it is a flow that nobody saw."""
    early = release.sql(
        "select count(*) from fct_etf_flows_daily_vintages where flow_usd = 0"
        " and recorded_at < (trade_date + 1 + time '06:00:00')::timestamp at time zone 'UTC'"
    )
    pending = release.sql(
        "select count(*) from fct_etf_flows_daily_vintages"
        " where status in ('pending', 'pending_zero', 'not_launched', 'missing') and flow_usd is not null"
    )
    assert early.fetchall() == pending.fetchall() == [(0,)]


def test_a_late_number_is_not_a_restatement(changes, release):
    """`restated` warns that a final number was wrong; used for every late fund, it warns of nothing."""
    found = release.sql("select distinct finality from fct_etf_flows_daily_vintages where asset = 'ETH'").fetchall()
    assert {finality for (finality,) in found} == {"preliminary", "final"}


def test_the_log_of_revisions_has_these_changes_with_their_reasons_and_no_others(changes, release):
    """Who asks why a number of last week is another today finds the answer in one table."""
    log = release.sql(
        "select trade_date, fund, recorded_at, old_flow_usd, new_flow_usd, change_reason from fct_etf_revisions"
        " where asset = 'ETH' and fund <> 'all'"
    ).fetchall()
    filled = [(c.trade_date, c.fund, c.changed, None, round(c.after * 1e6), "placeholder_zero") for c in changes]
    joined = (NEW_COLUMN_DAY, "ETHB", NEW_COLUMN_SEEN, None, 43.5e6, "new_fund")
    assert sorted(log) == sorted([*filled, joined])
    totals = release.sql("select distinct trade_date from fct_etf_revisions where asset = 'ETH' and fund = 'all'")
    assert {day for (day,) in totals.fetchall()} == {change.trade_date for change in changes} | {NEW_COLUMN_DAY}


RESTATED_DAY, RESTATED_AT = DAYS[2], datetime(2026, 2, 10, 6, tzinfo=UTC)
IN_TABLE = f"where trade_date = date '{RESTATED_DAY}' and asset = 'SOL'"
BEFORE = "2026-02-09T23:59:59Z"
AS_OF_QUERIES = ("from fct_etf_flows_daily order by all", "from fct_etf_totals_daily order by all")
CELL = f"select flow_usd from fct_etf_flows_daily {IN_TABLE} and fund = 'BSOL'"


@dataclass(frozen=True)
class Restatement:
    """A data directory before and after a table came that changes one final cell from 1.5m to 9.5m."""

    sluice: Sluice
    first_release: str
    first_answers: list[str]


@pytest.fixture(scope="module")
def restatement(small_home: Path, small_inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Restatement:
    folder = tmp_path_factory.mktemp("restated")
    inbox = Path(shutil.copytree(small_inbox, folder / "inbox"))
    sluice = Sluice(Path(shutil.copytree(small_home, folder / "home", symlinks=True)))
    sluice("doctor", "--repair")
    first = query(sluice.home, "select release_id from sluice_release").item()
    answers = as_of_answers(sluice)
    put(
        inbox,
        "farside/sol.csv",
        etf_csv([RESTATED_DAY], first=9.5),
        known=f"{RESTATED_AT:%Y-%m-%dT%H%M%S+0000}",
    )
    said = sluice("run", "--inbox", str(inbox)).stdout
    assert " 1 of them new" in said
    assert "nothing new to publish" not in said
    return Restatement(sluice, first, answers)


def as_of_answers(sluice: Sluice, instant: str = BEFORE) -> list[str]:
    """What `sluice sql --as-of` prints."""
    return [sluice("sql", text, "--as-of", instant, "--format", "csv").stdout for text in AS_OF_QUERIES]


def test_a_restated_input_gives_a_new_release_with_the_new_number(restatement):
    """Readers must get the correction without asking for it."""
    home = restatement.sluice.home
    assert query(home, "select base_release_id from sluice_release").item() == restatement.first_release
    assert query(home, CELL).item() == 9.5e6
    assert query(home, CELL.replace("fct_etf_flows_daily", "fct_etf_flows_daily_vintages")).height == 2


def test_a_number_that_changes_after_it_was_final_is_restated(restatement):
    """A number called final, and changed without a word, makes every final number doubtful."""
    vintages = query(
        restatement.sluice.home,
        "select flow_usd, previous_flow_usd, finality, change_reason, revision, known_at, superseded_at"
        f" from fct_etf_flows_daily_vintages {IN_TABLE} and fund = 'BSOL' order by recorded_at",
    )
    first_known = datetime(2026, 2, 7, 6, tzinfo=UTC)
    assert vintages.rows() == [
        (1.5e6, None, "final", "first", 0, first_known, RESTATED_AT),
        (9.5e6, 1.5e6, "restated", "restated", 1, RESTATED_AT, None),
    ]
    total = query(
        restatement.sluice.home,
        f"select flow_usd, finality from fct_etf_totals_daily {IN_TABLE}",
    )
    assert total.rows() == [(14e6, "restated")]


def test_what_was_not_restated_gets_no_vintage(restatement):
    """A vintage for every fetch would drown the revisions."""
    found = query(
        restatement.sluice.home,
        "select distinct trade_date, fund from fct_etf_flows_daily_vintages where revision > 0 or not is_latest",
    )
    assert found.rows() == [(RESTATED_DAY, "BSOL")]


def test_as_of_before_the_restatement_gives_the_old_answer_byte_for_byte_whenever_asked(restatement):
    """A back-test that changes when the warehouse learns something is no test."""
    assert as_of_answers(restatement.sluice) == restatement.first_answers
    assert as_of_answers(restatement.sluice) == restatement.first_answers
    after = as_of_answers(restatement.sluice, RESTATED_AT.isoformat())
    assert all(new != old for new, old in zip(after, restatement.first_answers, strict=True))


def test_the_release_before_stays_readable(restatement):
    """A figure quoted from a release must be found in that release."""
    said = restatement.sluice("sql", CELL, "--release", restatement.first_release, "--format", "json").stdout
    assert json.loads(said) == [{"flow_usd": 1.5e6}]
    now = restatement.sluice("sql", CELL, "--format", "json").stdout
    assert json.loads(now) == [{"flow_usd": 9.5e6}]
