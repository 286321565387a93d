"""The variance between trainings, pooled over the tiers of a recipe where nothing speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

# level of the test before pooling, whatever the level of the claims: a stricter one would pool more
CHECK = 0.05


class Pooled(NamedTuple):
    """`between` of each tier after pooling, its degrees of freedom, and how it came about.

    Attributes:
        between: one for each tier.
        degrees_of_freedom: likewise.
        p_value: of the test that the tiers' seed variances are equal; None with one tier, or without any.
        n_tiers: whose variances are in each `between`.
    """

    between: list[float]
    degrees_of_freedom: list[float]
    p_value: float | None
    n_tiers: int


def pool(
    between: Sequence[float], noise: Sequence[float], n_runs: Sequence[int], alpha: float = CHECK
) -> Pooled:
    """The variances between seeds of one recipe's tiers, pooled unless Cochran's test at `alpha` forbids it.

    With F the mean of `between` weighted by its degrees of freedom and tau the mean of what is beyond noise
    (at least 0), a tier's is F (tau + its noise) / (tau + mean noise). The test compares each tier's
    `between` over tau + its noise with the others', by F and Bonferroni: Cochran's for unlike degrees of
    freedom.
    """
    from scipy.stats import f

    freedom = [float(runs - 1) for runs in n_runs]
    total = sum(freedom)
    own = Pooled(list(between), freedom, None, 1)
    if len(freedom) < 2:
        return own
    mean, mean_noise = (
        sum(weight * value for weight, value in zip(freedom, values, strict=True)) / total
        for values in (between, noise)
    )
    tau = max(mean - mean_noise, 0.0)
    expected = [tau + each for each in noise]
    if not mean > 0:  # the seeds of each tier gave one and the same estimate
        return Pooled([0.0] * len(freedom), [total] * len(freedom), None, len(freedom))
    if not min(expected) > 0:
        return own
    squares = [weight * value / each for weight, value, each in zip(freedom, between, expected, strict=True)]
    p_values = []
    for weight, square in zip(freedom, squares, strict=True):
        rest, left = sum(squares) - square, total - weight
        p_values.append(float(f.sf(square / weight / (rest / left), weight, left)) if rest > 0 else 0.0)
    p_value = min(1.0, len(freedom) * min(p_values))
    if p_value < alpha:
        return own._replace(p_value=p_value)
    spread = mean / (tau + mean_noise)
    return Pooled([spread * each for each in expected], [total] * len(freedom), p_value, len(freedom))
