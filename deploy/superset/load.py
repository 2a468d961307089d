"""Runs in Superset's environment: makes the administrator and imports what it is given, over what was there.

Standard input is JSON: `{"user": name, "password": text or null, "contents": {file: text}}`. Given there, the
password stands in no list of processes. Without a password, a user who exists keeps his.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from flask import g
from superset.app import create_app


def administrator(user: str, password: str | None) -> Any:
    """The user of this name, with this password. Raises `SystemExit` where there is neither."""
    from superset import security_manager

    found = security_manager.find_user(user)
    if found is None and password:
        role = security_manager.find_role("Admin")
        found = security_manager.add_user(user, "Sluice", "Admin", f"{user}@localhost", role, password=password)
    elif found is not None and password:
        security_manager.reset_password(found.id, password)
    if not found:
        raise SystemExit(f"there is no user {user}, and no password to make one with")
    return found


def main() -> None:
    """Import; exits with the reasons where Superset refuses."""
    given = json.load(sys.stdin)
    with create_app().app_context():
        from superset.commands.exceptions import CommandInvalidError
        from superset.commands.importers.v1.assets import ImportAssetsCommand

        g.user = administrator(given["user"], given["password"])
        try:
            ImportAssetsCommand(given["contents"]).run()
        except CommandInvalidError as error:
            raise SystemExit(f"Superset refuses the import: {error.normalized_messages()}") from error


if __name__ == "__main__":
    main()
