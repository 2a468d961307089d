"""What is rendered from the schemas: the same words everywhere, and drift that is noticed."""

import csv
import shutil

import polars as pl
import pytest
import yaml

from schemas.column import Between, Column, Matches, OneOf
from schemas.confidence import bands, sources
from schemas.funds import FUNDS
from schemas.render import __main__ as command
from schemas.render import dbt, dictionary
from schemas.rules import STATUS
from schemas.table import Table
from schemas.tables import CORE, FACTS, MARTS, TABLES

RENDERED = {**dbt.files(), **dictionary.files()}
KINDS = ["unique_combination", "declared_values"]


def models():
    documents = [yaml.load(text, yaml.CSafeLoader) for path, text in RENDERED.items() if path.endswith("__models.yml")]
    return {model["name"]: model for document in documents for model in document["models"]}


@pytest.fixture
def root(tmp_path):
    """A folder with everything rendered."""
    assert command.main([], root=tmp_path) == 0
    return tmp_path


def test_every_mart_has_an_enforced_contract_with_its_columns_in_order():
    """A column that the SQL renames or retypes must fail in dbt, not in a reader's query."""
    rendered = models()
    assert set(rendered) == {table.name for table in MARTS}
    for table in MARTS:
        model = rendered[table.name]
        assert model["config"]["contract"] == {"enforced": True}
        assert [column["name"] for column in model["columns"]] == list(table.column_names)
        assert all(column["data_type"] and column["description"] for column in model["columns"])


def test_descriptions_say_the_unit():
    """A number without its unit is read in the wrong one."""
    columns = {column["name"]: column["description"] for column in models()["fct_etf_flows_daily"]["columns"]}
    assert columns["flow_usd"].endswith("Unit: US dollars.")
    assert "Unit" not in columns["fund"]


def test_checks_nullability_and_grain_become_data_tests():
    """A rule that is only written down is not a check."""
    extra = (
        Column("code", pl.String(), "none", "d", nullable=True, checks=(OneOf(("x", "y")),)),
        Column("amount", pl.Float64(), "usd", "d", nullable=True, checks=(Between(low=0), Matches("z"))),
    )
    table = Table("t", "mart", "flows", "d", ("fund",), ("fund", "code", "amount"), extra=extra)
    found = {kind: test for entry in dbt.data_tests(table) for kind, test in entry.items()}
    assert found["unique_combination"]["arguments"] == {"columns": ["fund"]}
    assert found["declared_values"]["arguments"]["rules"] == {
        "not_null": ["fund"],
        "one_of": {"code": ["x", "y"]},
        "range": {"amount": [0, None]},
        "finite": ["amount"],
        "pattern": {"fund": "[A-Z]{2,6}", "amount": "z"},
    }
    assert found["declared_values"]["name"] == "t__declared_values"


def test_each_kind_of_test_that_is_rendered_exists_as_a_macro():
    """dbt stops at a test that it does not know."""
    macros = command.ROOT / dbt.PROJECT / "tests" / "generic"
    assert {file.stem for file in macros.glob("*.sql")} == set(KINDS)


def test_every_core_table_is_a_source_by_a_path_that_names_no_data_directory():
    """A path written into the project would read another home's core, or parse the project anew for each."""
    (source,) = yaml.safe_load(RENDERED["dbt_project/models/sources.yml"])["sources"]
    assert [table["name"] for table in source["tables"]] == [table.name for table in CORE]
    location = source["config"]["meta"]["external_location"]
    assert location.startswith("read_parquet('{identifier}/")


def test_a_fact_is_rebuilt_when_what_it_reads_changes_and_not_when_only_the_origin_does():
    """A print changes events, and only a changed event changes a fact."""
    reads = dbt.core_reads(TABLES["fct_liquidations_daily"])
    assert set(reads) == {
        "core_liquidations__events",
        "core_liquidations__max_1h",
        "core_liquidations__collectors",
        "core_liquidations__vendor_totals",
    }
    beside = {"core_etf__rebuilt_flows", "core_etf__shares", "core_etf__flows"}
    assert set(dbt.core_reads(TABLES["fct_etf_flows_daily"])) == beside, "a table that does not stand in is read too"


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_sql_knows_of_each_fact_what_the_schemas_say(fact):
    """The macros take grain, measures and column order from here; a gap would drop a column."""
    assert f'"{fact.name}": {{' in RENDERED["dbt_project/macros/tables.sql"]
    assert fact.date_column in fact.column_names
    assert {"recorded_at", "known_at", "status", "finality", "revision"} <= set(fact.column_names)


def test_the_seed_of_funds_has_every_fund():
    """A fund that is missing there would make a partial total look complete."""
    rows = list(csv.DictReader(RENDERED["dbt_project/seeds/funds.csv"].splitlines()))
    assert {(row["asset"], row["fund"]) for row in rows} == {(fund.asset, fund.ticker) for fund in FUNDS}


def test_the_seeds_of_confidence_have_every_source_and_every_band():
    """SQL would choose by other priorities than the assessments, or a reader look up another band."""
    for name, column, table in (("sources", "source", sources()), ("bands", "series", bands())):
        rows = list(csv.DictReader(RENDERED[f"dbt_project/seeds/confidence_{name}.csv"].splitlines()))
        assert [row[column] for row in rows] == table[column].to_list()
        assert list(rows[0]) == table.columns


def test_the_dictionary_has_every_table_every_column_and_every_code():
    """A reader who meets a code looks it up there."""
    page = RENDERED["docs/data-dictionary.md"]
    for table in TABLES.values():
        assert f"### {table.name}\n" in page
    assert all(f"`{column.name}`" in page for table in TABLES.values() for column in table.columns)
    assert all(f"| `{code}` |" in page for code in STATUS)
    assert "do not edit" in page


def test_rendering_twice_gives_the_same_text(root):
    """An order that depends on the process would make every commit a change."""
    assert command.write(root) == []
    assert {**dbt.files(), **dictionary.files()} == RENDERED


def test_check_passes_on_what_was_rendered(root, capsys):
    """A check that always fails is switched off."""
    assert command.main(["--check"], root=root) == 0
    assert capsys.readouterr().out == ""


def test_check_names_each_file_that_drifts_and_writes_nothing(root, capsys):
    """A hand edit of a rendered file would be lost, and the schemas would be wrong meanwhile."""
    edited = {path: text + "# edited\n" for path, text in RENDERED.items()}
    for path, text in edited.items():
        (root / path).write_text(text, encoding="utf-8")
    assert command.main(["--check"], root=root) == 1
    named = capsys.readouterr().out.splitlines()
    assert named == [f"{path}: out of date, run `make render`" for path in sorted(RENDERED)]
    assert all((root / path).read_text(encoding="utf-8") == text for path, text in edited.items())


def test_check_names_a_file_that_is_gone(root, capsys):
    """An absent file has drifted as well."""
    shutil.rmtree(root / "docs")
    assert command.main(["--check"], root=root) == 1
    assert "docs/data-dictionary.md" in capsys.readouterr().out


def test_check_refuses_a_key_that_dbt_would_ignore(root, capsys):
    """`tests:` in place of `data_tests:` has switched checks off for months elsewhere."""
    stray = root / dbt.PROJECT / "models" / "marts" / "_extra.yml"
    stray.write_text(
        "models:\n  - name: a\n    tests: [unique]\n    columns:\n      - {name: b, tests: [x]}\n",
        encoding="utf-8",
    )
    assert command.main(["--check"], root=root) == 1
    out = capsys.readouterr().out
    assert "unknown key in models: tests" in out
    assert "unknown key in columns: tests" in out


def test_check_refuses_a_properties_file_that_is_no_yaml(root, capsys):
    """The check must name the file, not stop at it."""
    (root / dbt.PROJECT / "models" / "_broken.yml").write_text("models: [", encoding="utf-8")
    assert command.main(["--check"], root=root) == 1
    assert "_broken.yml: not YAML" in capsys.readouterr().out


def test_the_project_itself_is_up_to_date():
    """What is committed must be what the schemas say."""
    assert command.drift(command.ROOT) == []
    assert command.misspelt(command.ROOT) == []
