"""Runs in Superset's environment: reads a row of every table, connected as Superset connects.

Standard input is JSON, `{file: text}`, as Superset imports it: given there, a password stands in no list of processes.
"""

from __future__ import annotations

import json
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

# Charts and dashboards are YAML, and name no table.
_SHIPPED = ("charts/", "dashboards/")


def main() -> None:
    """Exits with the first reason why a table cannot be read."""
    given = {name: json.loads(value) for name, value in json.load(sys.stdin).items() if not name.startswith(_SHIPPED)}
    database = given["databases/sluice.yaml"]
    tables = [value for name, value in given.items() if name.startswith("datasets/") and not value["sql"]]
    engine = create_engine(database["sqlalchemy_uri"], **database["extra"]["engine_params"])
    try:
        with engine.connect() as connection:
            for table in tables:
                connection.execute(text(f"select * from {table['schema']}.{table['table_name']} limit 1")).all()
    except DBAPIError as error:
        raise SystemExit(f"the release cannot be read: {str(error.orig).splitlines()[0]}") from None


if __name__ == "__main__":
    main()
