"""Core tables that are computed from other core tables, for the dates that changed.

Belongs here: the order of the domains and what is remembered. Does not belong here: a domain's derivation
(its own module), or the computation (`transforms/core/`, `transforms/facts/`).
"""

from __future__ import annotations

from orchestration.store.core_store import CoreStore
from orchestration.store.derive import basis, confidence, etf, funding, liquidations, open_interest, stablecoins

DERIVATIONS = {
    "liquidations": liquidations.derive,
    "basis": basis.derive,
    # Open interest gives funding its weights.
    "open_interest": open_interest.derive,
    "funding": funding.derive,
    "etf": etf.derive,
    "stablecoins": stablecoins.derive,
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
    # Assessments compare what the domains have derived, so they come last; a changed band makes them due, too.
    after = core.remembered("confidence")
    confidence.derive(core, after)
    if core.last_mark() > after:
        core.remember("confidence", core.last_mark())
