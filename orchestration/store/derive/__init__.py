"""Core tables that are computed from other core tables, for the dates that changed.

Belongs here: the order of the domains and what is remembered. Does not belong here: a domain's derivation
(its own module), or the computation (`transforms/core/`, `transforms/facts/`).
"""

from __future__ import annotations

from orchestration.store.core_store import CoreStore
from orchestration.store.derive import basis, liquidations

# Assessments compare what the other domains have derived, so they come last.
DERIVATIONS = {
    "liquidations": liquidations.derive,
    "basis": basis.derive,
}


def derive(core: CoreStore) -> None:
    """Compute what is derived from dates marked since it was last computed, in all domains.

    Remembered apart from publication: what was published underived would otherwise stay so.
    """
    for domain, compute in DERIVATIONS.items():
        after = core.remembered(domain)
        if core.last_mark() > after:
            compute(core, after)
            core.remember(domain, core.last_mark())
