"""The run page and the site of a real release, opened in a browser: its numbers are the release's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from browser import HAS_CHROMIUM, dom, needs_chromium, picture, widths
from conftest import ROOT, Sluice
from published import fingerprint, query
from selectolax.lexbor import LexborHTMLParser, LexborNode
from small_inbox import DAYS

from orchestration.pages import notes
from orchestration.pages.write import ensure_page, page_path
from orchestration.resources.settings import Settings
from orchestration.store import releases
from orchestration.store.layout import Layout

MOST_BYTES = 3_000_000
DAY = "date '2026-02-05'"
NOW = datetime(2026, 2, 8, 6, tzinfo=UTC)
HOURS = """select strftime(hour_at at time zone 'UTC', '%H:%M'), sum(notional_usd) filter (liq_side = 'long'),
    sum(notional_usd) filter (liq_side = 'short') from fct_liquidations_hourly"""
# The table of the page, the columns with numbers in it, and the query whose rows it shows.
TABLES = {
    "#liquidations-by-hour": f"{HOURS} where fact_date = {DAY} group by hour_at order by hour_at",
    "#liquidations-by-asset": f"""select asset, sum(notional_usd) filter (liq_side = 'long') as longs,
        sum(notional_usd) filter (liq_side = 'short') as shorts, sum(n_prints), count(distinct venue)
        from fct_liquidations_hourly where fact_date = {DAY} group by asset order by longs + shorts desc""",
    ".etf-by-fund": f"""select fund, flow_usd from fct_etf_flows_daily where trade_date = {DAY} and asset = 'BTC'
        and coalesce(status, '') <> 'not_launched' order by flow_usd desc nulls last, fund""",
    "#funding": f"""select asset, funding_8h_ratio, funding_annualised_ratio, n_venues from fct_funding_weighted_daily
        where fact_date = {DAY} order by asset, margin_type""",
    "#interest": f"""select asset, open_interest_usd, change_usd, price_effect_usd, quantity_effect_usd, n_venues
        from fct_open_interest_totals_daily where fact_date = {DAY} order by asset, margin_type""",
    "#checks-by-kind": """select split_part("check", '.', 1) as kind, count(*), count(*) filter (passed),
        count(*) filter (not passed) from sluice_audit group by kind order by kind""",
}


@pytest.fixture(scope="module")
def folder(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's folder with the page of the crash day and the site in it, made by the command line."""
    made = tmp_path_factory.mktemp("pages")
    sluice = Sluice(sample_home)
    sluice("page", "--date", "2026-02-05", "--out", str(made / "page.html"))
    sluice("docs", "build", "--out", str(made / "site"))
    return made


@pytest.fixture(scope="module")
def page(folder: Path) -> LexborHTMLParser:
    """The page of the crash day, as Chromium has it where there is one."""
    file = folder / "page.html"
    return LexborHTMLParser(dom(file) if HAS_CHROMIUM else file.read_text("utf-8"))


def _value(cell: LexborNode) -> float | None:
    found = cell.css_first("data")
    return float(found.attributes["value"]) if found else None


def _equal(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else one == pytest.approx(other, rel=1e-12)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_of_the_page_is_what_the_release_says(sample_home, page, table):
    """A page with other numbers than `sluice sql` is worse than none."""
    asked = query(sample_home, TABLES[table]).rows()
    shown = [
        (row.css_first("th").text().strip(), *(_value(cell) for cell in row.css("td.num")))
        for row in page.css_first(table).css("tbody tr")
    ]
    assert len(asked) > 1
    assert [row[0] for row in shown] == [row[0] for row in asked]
    for left, right in zip(shown, asked, strict=True):
        assert all(_equal(*pair) for pair in zip(left[1:], right[1:], strict=True)), (left, right)


def test_the_curve_is_that_of_all_venues_now_and_a_week_before(sample_home, page):
    """Today's curve against the wrong day's is a wrong story."""
    asked = query(
        sample_home,
        f"""select asset, tenor_days, basis_annualised_ratio as now, (select basis_annualised_ratio
            from fct_basis_term_structure_daily b where b.fact_date = {DAY} - 7 and b.venue = 'all'
            and b.asset = a.asset and b.tenor_days = a.tenor_days) as before
        from fct_basis_term_structure_daily a where fact_date = {DAY} and venue = 'all' order by asset, tenor_days""",
    ).rows()
    rows = [row.css("th, td") for row in page.css_first("#curve").css("tbody tr")]
    shown = [(c[0].text(), int(c[1].text()), _value(c[2]), _value(c[3])) for c in rows]
    assert shown == asked


def test_the_supply_of_a_coin_changed_by_what_the_release_says(sample_home, page):
    """Supply is the figure that is quoted first."""
    asked = query(
        sample_home,
        f"""select asset, circulating_usd, supply_change_peg from fct_stablecoin_supply_daily
        where fact_date = {DAY} and chain = 'all' and peg_currency = 'USD'""",
    )
    expected = {asset: (usd, change) for asset, usd, change in asked.rows()}
    rows = [row.css("th, td") for row in page.css_first("#supply").css("tbody tr") if "USD" in row.css("td")[0].text()]
    assert len(rows) > 1
    for cells in rows:
        assert (_value(cells[2]), _value(cells[3])) == expected[cells[0].text()]


def test_the_tiles_add_up_all_venues_and_assets(sample_home, page):
    """The first number that is read is the one that must be right."""
    (asked,) = query(
        sample_home,
        f"""select sum(notional_usd) filter (liq_side = 'long'), sum(notional_usd) filter (liq_side = 'short')
        from fct_liquidations_hourly where fact_date = {DAY}""",
    ).rows()
    shown = [_value(page.css_first(f"#total-{side}")) for side in ("long", "short")]
    assert shown == [pytest.approx(value, rel=1e-12) for value in asked]


def test_the_page_needs_no_network_and_is_light(folder):
    """It is opened from a mail, on a train."""
    text = (folder / "page.html").read_text("utf-8")
    assert len(text.encode()) < MOST_BYTES
    assert not re.search(r"https?:|//[a-z]+\.|url\(|@import|<script|<link|<img|src=", text)
    assert "Simulation." in text


def test_the_newest_page_lies_beside_the_release(sample_home):
    """Nobody should have to ask for the page of today."""
    release = releases.get(Layout(sample_home))
    tree = LexborHTMLParser(page_path(release).read_text("utf-8"))
    assert release.release_id in tree.css_first("title").text()
    assert tree.css_first("h1").text() == "Fri 6 Feb 2026"


@needs_chromium
@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("name", ["page.html", "site/index.html", "site/tables/fct_etf_flows_daily.html",
                                  "site/feeds/index.html", "site/lineage.html", "site/docs/methodology.html",
                                  "site/checks.html"])  # fmt: skip
def test_a_page_fits_its_screen(folder, name, width):
    """A page that scrolls sideways on a phone is not read there."""
    given, taken = widths(folder / name, width)
    assert taken <= given


@needs_chromium
def test_a_page_is_drawn(folder, tmp_path):
    """A page may hold every number and show none of them."""
    shot = picture(folder / "page.html", 1280, 1400, tmp_path / "page.png")
    assert shot.startswith(b"\x89PNG")
    assert len(shot) > 50_000


@needs_chromium
def test_the_site_opens_with_the_results_of_the_release(sample_home, folder):
    """A dictionary that does not say what was checked is half of one."""
    tree = LexborHTMLParser(dom(folder / "site" / "checks.html"))
    asked = query(sample_home, 'select distinct "check" from sluice_audit').rows()
    assert {node.text() for node in tree.css(".results th code")} == {row[0] for row in asked}
    assert releases.get(Layout(sample_home)).release_id in tree.body.text()


def test_every_link_of_the_site_with_a_release_leads_somewhere(folder):
    """The pages that only a release has are linked too."""
    site = folder / "site"
    for file in (site / name for name in ("index.html", "release.html", "checks.html", "run.html")):
        for node in LexborHTMLParser(file.read_text("utf-8")).css("a[href]"):
            path = (node.attributes["href"] or "").partition("#")[0]
            assert not path or (file.parent / path).is_file(), (file.name, path)


def test_a_page_that_fails_is_a_warning_and_leaves_the_release_as_it_is(sample_home, home_copy):
    """The page is a courtesy; the facts are not to wait for it."""
    home = home_copy(sample_home)
    layout = Layout(home)
    release = releases.get(layout)
    page_path(release).unlink()
    (home / "raw" / "ledger.sqlite").write_bytes(b"no ledger at all")
    before = fingerprint(layout.published)
    said: list[str] = []
    ensure_page(Settings(home), release, NOW, said.append)
    assert "the run page was not written" in said[0]
    assert fingerprint(layout.published) == before


def test_a_build_that_is_killed_leaves_a_whole_site(sample_home, tmp_path):
    """Half a site looks like a dictionary with tables missing."""
    site = tmp_path / "site"
    Sluice(sample_home)("docs", "build", "--out", str(site))
    names = {path.relative_to(site) for path in site.rglob("*.html")}
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "docs", "build", "--out", str(site)],
        env=os.environ | {"SLUICE_HOME": str(sample_home)}, cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None and not any(tmp_path.glob(".site.*.tmp/*")):
        time.sleep(0.005)
    process.kill()
    process.wait(60)
    assert {path.relative_to(site) for path in site.rglob("*.html")} == names
    assert all((site / name).read_text("utf-8").rstrip().endswith("</html>") for name in names)


def test_a_page_stays_with_its_release_and_goes_with_it(small_home, changed_inbox, home_copy, sluice):
    """After a rollback readers look at the old release's page; after clearing up no page is left of what is gone."""
    home = home_copy(small_home)
    layout, command = Layout(home), sluice(home)
    old = releases.get(layout)
    command("run", "--inbox", str(changed_inbox))
    new = releases.get(layout)
    assert page_path(old).is_file()
    assert page_path(new).is_file()
    command("release", "rollback", old.release_id)
    assert old.release_id in command("page").stdout
    assert page_path(new).is_file()
    command("release", "rollback", new.release_id)
    releases.gc(layout, keep=1)
    assert [folder.name for folder in layout.releases.iterdir()] == [new.release_id]
    assert page_path(new).is_file()


def test_a_page_is_not_written_for_a_release_that_is_gone(sample_home, home_copy):
    """A folder with nothing but a page in it would be a release that nobody can read."""
    home = home_copy(sample_home)
    release = releases.get(Layout(home))
    shutil.rmtree(release.folder)
    said: list[str] = []
    ensure_page(Settings(home), release, NOW, said.append)
    assert "the run page was not written" in said[0]
    assert not release.folder.exists()


def test_notes_say_which_values_were_restated_and_why(small_home, changed_inbox, home_copy, sluice):
    """Who used yesterday's number must see that it is another today."""
    home = home_copy(small_home)
    sluice(home)("run", "--inbox", str(changed_inbox))
    layout = Layout(home)
    release = releases.get(layout)
    found = notes.read(layout, release)
    assert found.base == release.manifest.base
    wanted = found.examples.rows_by_key(["fact", "key", "measure"], named=True)
    total = wanted[("fct_etf_totals_daily", f"{DAYS[-1]} · SOL", "flow_usd")][0]
    assert (total["before"], total["after"]) == (6e6, 7e6)
    assert total["change_reason"] == "restated"
    new = query(home, "select count(*) from fct_etf_totals_daily_vintages").item()
    old = query(small_home, "select count(*) from fct_etf_totals_daily_vintages").item()
    counted = found.reasons.filter(found.reasons["fact"] == "fct_etf_totals_daily")["n"].sum()
    assert counted == new - old
    tree = LexborHTMLParser(page_path(release).read_text("utf-8"))
    assert "6000000.0" in [node.attributes["value"] for node in tree.css("#notes-restated data")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("page", "--date", "2026-02-05"), "name a file"), (("page", "--release", "none"), "no release has the id"),
     (("page", "--out", "/no/such/folder/p.html"), "there is no folder"),
     (("page", "--out", "/dev/null"), "is no file"), (("page", "--out", "{folder}"), "is no file"),
     (("docs", "build", "--out", "{file}"), "is a file")],
)  # fmt: skip
def test_wrong_use_says_what_is_wrong(sample_home, sluice, tmp_path, arguments, said):
    """A page written where nobody asked for it, or a trace, teaches nobody."""
    file = tmp_path / "file"
    file.touch()
    done = sluice(sample_home)(*(text.format(file=file, folder=tmp_path) for text in arguments), code=2)
    assert said in " ".join(done.stderr.split())
