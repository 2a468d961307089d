"""Arithmetic that published figures must obey, whatever the feeds say.

Belongs here: identities between figures of a text, and probabilities that a text names. Does not belong
here: comparing a figure with the facts (`dbt_project/models/*/claims`).

Figures are plain numbers in any one unit; changes and shares are fractions. Source: METHOD, sections 1
and 10.
"""

from __future__ import annotations

from collections.abc import Callable


def two_sided_probability(z: float) -> float:
    """Probability that a normal variable lies at least |z| standard deviations from its mean, on either side."""
    return 2.0 * one_sided_probability(abs(z))


def one_sided_probability(z: float) -> float:
    """Probability that a normal variable lies at least z standard deviations above its mean."""
    from scipy.stats import norm

    return float(norm.sf(z))


def rarity_ratio(z: float, z_reference: float) -> float:
    """How many times rarer |z| is than |z_reference|, both two-sided."""
    return two_sided_probability(z_reference) / two_sided_probability(z)


def change_ratio(first: float, last: float) -> float:
    """Change from `first` to `last` as a fraction of `first`. Raises `ZeroDivisionError` for a base of zero."""
    return last / first - 1.0


def level_before(level: float, change: float) -> float:
    """The level from which `change` (a fraction) led to `level`. Raises `ZeroDivisionError` for a change of −1."""
    return level / (1.0 + change)


def level_after(level: float, change: float) -> float:
    """The level to which `change` (a fraction) leads from `level`."""
    return level * (1.0 + change)


def share(part: float, whole: float) -> float:
    """`part` as a fraction of `whole`; also a price, of an amount and a quantity. Raises `ZeroDivisionError`."""
    return part / whole


def total(*parts: float) -> float:
    """The sum of the parts, exact to the last digit that a float has."""
    from math import fsum

    return fsum(parts)


def weighted_change(weight: float, change: float) -> float:
    """Change of a whole of which one part, of this weight, changes, and the rest stays."""
    return weight * change


FORMULAS: dict[str, Callable[..., float]] = {
    function.__name__: function
    for function in (
        two_sided_probability,
        one_sided_probability,
        rarity_ratio,
        change_ratio,
        level_before,
        level_after,
        share,
        total,
        weighted_change,
    )
}


def evaluate(formula: str, arguments: str) -> float:
    """A formula by its name, of numbers separated by blanks. Raises `KeyError` for a name that is none."""
    return FORMULAS[formula](*(float(number) for number in arguments.split()))
