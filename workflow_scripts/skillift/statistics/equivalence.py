"""Equivalence: is a difference shown to be smaller than a margin that was declared beforehand?

A test that finds no difference does not show that there is none. Two one-sided tests do: they reject that
the difference lies below -margin, and that it lies above +margin. Non-inferiority is the first of them.
"""

from __future__ import annotations

from skillift.statistics.uncertainty import Uncertainty


def tost(estimate: float | None, uncertainty: Uncertainty | None, margin: float | None) -> float | None:
    """The p-value of two one-sided t tests of |difference| < margin; below alpha: equivalent.

    max(P(T > (estimate + margin) / SE), P(T < (estimate - margin) / SE)) with Student's T; where the variance
    has several parts, the tails of `uncertainty`: Schuirmann, "A comparison of the two one-sided tests
    procedure", J. Pharmacokinetics and Biopharmaceutics 15 (1987); Lakens, "Equivalence tests", Social
    Psychological and Personality Science 8 (2017). The standard error is that of the paired difference
    clustered by skill; with one task a skill this is statsmodels' `ttost_paired`. At alpha = 0.05 it is below
    alpha exactly where the 90 % interval lies within the margins.

    Args:
        estimate: the difference, as a fraction.
        uncertainty: of the difference.
        margin: the largest difference that counts as none, above 0, as a fraction.

    Returns:
        The p-value, or None where a part is None: no margin is declared, or the difference is undefined.
    """
    if estimate is None or uncertainty is None or margin is None:
        return None
    return float(max(uncertainty.tail(margin + estimate), uncertainty.tail(margin - estimate)))


def non_inferiority(
    estimate: float | None, uncertainty: Uncertainty | None, margin: float | None
) -> float | None:
    """The p-value of one one-sided t test of difference > -margin; below alpha: no worse than by the margin.

    P(T > (estimate + margin) / SE), the first half of `tost`; with the same arguments and returns.
    """
    if estimate is None or uncertainty is None or margin is None:
        return None
    return float(uncertainty.tail(margin + estimate))


def all_equivalent(p_values: list[float | None]) -> float | None:
    """The p-value of "every one of these pairs is equivalent": the largest; None where one is undefined.

    The intersection-union test of Berger, "Multiparameter hypothesis testing and acceptance sampling",
    Technometrics 24 (1982): each pair is tested at alpha itself, no correction is needed.
    """
    known = [p_value for p_value in p_values if p_value is not None]
    return max(known) if known and len(known) == len(p_values) else None
