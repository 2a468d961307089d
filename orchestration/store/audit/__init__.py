"""The audit: every check on a candidate, and the verdict that comes of them.

`verdict.py` gathers the checks; `contracts`, `guards`, `reconcile`, `timeliness`, `edge` and `dbt` each
hold one kind of them, with what a complete verdict must contain of that kind.
"""

from orchestration.store.audit.edge import prepare
from orchestration.store.audit.scope import AuditRow, Key
from orchestration.store.audit.verdict import Verdict, audit, expected_checks, load_verdict, scope_of

__all__ = ["AuditRow", "Key", "Verdict", "audit", "expected_checks", "load_verdict", "prepare", "scope_of"]
