"""Slopes of one noisy quantity on another that are free of the noise that both share.

A unit (a student, or a skill at a student) has two numbers, x and y, each the mean over its tasks. Where
both come from the same tasks their noise is shared, and the slope of y on x with it. Here x is taken from one
half of the tasks and y from the other, over many splits. Intervals come from leaving out one skill at a
time, because tasks that share a skill are not independent.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# An instrument is strong where its F statistic exceeds 10 (Staiger and Stock, "Instrumental variables
# regression with weak instruments", Econometrica 65, 1997); F is the square of this.
STRONG = 10**0.5

_ZERO = 1e-10  # below this a variance or a standard error is rounding


class Slope(NamedTuple):
    """A slope with its interval; None means undefined on these data.

    `reliability` is the covariance of x in the two halves over the variance of x in one half; None for
    slopes that do not split the tasks.
    """

    slope: float | None
    ci_low: float | None
    ci_high: float | None
    reliability: float | None = None


class Sums(NamedTuple):
    """Sums and numbers of known values, of shape (students, skills, halves)."""

    sums: np.ndarray
    counts: np.ndarray

    def swapped(self) -> Sums:
        """The other half of each split: halves stand as all first ones, then all second ones."""
        middle = self.sums.shape[2] // 2
        return Sums(np.roll(self.sums, middle, axis=2), np.roll(self.counts, middle, axis=2))


def plain_slope(x: Sums, y: Sums, between_students: bool, confidence: float) -> Slope:
    """The least-squares slope of y on x where both come from the same tasks (one "half" of all tasks)."""
    replicates = _slopes(x, y, between_students)
    return Slope(*_mean_and_interval(replicates, confidence))


def split_slope(x: Sums, y: Sums, between_students: bool, confidence: float) -> Slope:
    """The mean, over splits, of the least-squares slope of y from one half on x from the other.

    Where the true y does not hang on the true x, each split's slope has expectation 0 whatever the noise,
    given x, because the noise of the two halves is independent; a mean of ratios keeps that and a ratio of
    means would not. Otherwise the slope is attenuated by the reliability of x in a half (Spearman, "The
    proof and measurement of association between two things", 1904).

    Args:
        x, y: of the halves, first halves before second ones.
        between_students: whether the units are students; else they are skills within students.
        confidence: of the interval, as a fraction.
    """
    replicates = _slopes(x, y.swapped(), between_students)
    return Slope(*_mean_and_interval(replicates, confidence), _reliability(x, between_students))


def disattenuated_slope(x: Sums, y: Sums, between_students: bool, confidence: float) -> Slope:
    """The covariance of y and x over that of x and x, each taken between halves that share no task.

    Averaged over splits, this is the instrumental-variable slope with the other tasks' x as the instrument
    (Fuller, Measurement Error Models, 1987, section 1.4), and `split_slope` without its attenuation.
    Slope and interval are None where the instrument is weak, that is where x in one half hardly follows
    x in the other: such slopes scatter far from the truth.
    """
    parts = (
        _cross_products(x, y.swapped(), between_students),
        _cross_products(x, x.swapped(), between_students),
        _cross_products(x, x, between_students, like=x.swapped()),
    )
    shared_y, shared, own = (part.mean(axis=1) for part in parts)
    reliability = _ratio(shared, own)
    strong = reliability[0] > STRONG * jackknife_error(reliability)  # false where either is NaN
    slope = _mean_and_interval(_ratio(shared_y, shared), confidence) if strong else (None, None, None)
    return Slope(*slope, _number(reliability[0]))


def _jackknifed(of_skills: np.ndarray) -> np.ndarray:
    """Sums over the skills: over all of them, then without each; shape (1 + skills, halves)."""
    total = of_skills.sum(axis=0, keepdims=True, dtype=float)
    return np.vstack([total, total - of_skills])


def _slopes(x: Sums, y: Sums, between_students: bool) -> np.ndarray:
    """Mean slope over the halves in which x varies, as `_jackknifed` has skills; NaN where it never does."""
    products = _cross_products(x, y, between_students)
    squares = _cross_products(x, x, between_students, like=y)
    defined = squares > _ZERO
    slopes = np.divide(products, squares, out=np.zeros_like(products), where=defined)
    return _ratio(slopes.sum(axis=1), defined.sum(axis=1))


def _cross_products(x: Sums, y: Sums, between_students: bool, like: Sums | None = None) -> np.ndarray:
    """Sum over units of (x - its mean)(y - its mean), as `_jackknifed` has skills, for each half.

    Units without a value of x, y or `like` are left out. Within students, the means are each student's
    own: a fixed effect for every student.
    """
    if between_students:
        return _between_students(x, y, like or y)
    known = (x.counts > 0) & (y.counts > 0) & ((like or y).counts > 0)
    total = np.zeros((1 + x.sums.shape[1], x.sums.shape[2]))
    for student in range(len(known)):
        here = known[student]
        x_means, y_means = (_means(part.sums[student], part.counts[student]) * here for part in (x, y))
        n_units = _jackknifed(here)
        products = _jackknifed(x_means) * _jackknifed(y_means)
        total += _jackknifed(x_means * y_means)
        total -= np.divide(products, n_units, out=np.zeros_like(products), where=n_units > 0)
    return total


def _between_students(x: Sums, y: Sums, like: Sums) -> np.ndarray:
    def means(part: Sums) -> tuple[np.ndarray, np.ndarray]:
        counts = np.stack([_jackknifed(rows) for rows in part.counts])
        return _means(np.stack([_jackknifed(rows) for rows in part.sums]), counts), counts > 0

    (x_means, x_known), (y_means, y_known), (_, like_known) = (means(part) for part in (x, y, like))
    known = x_known & y_known & like_known
    n_units = np.maximum(known.sum(axis=0), 1)
    x_means, y_means = x_means * known, y_means * known
    return (x_means * y_means).sum(axis=0) - x_means.sum(axis=0) * y_means.sum(axis=0) / n_units


def _means(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)


def _mean_and_interval(
    replicates: np.ndarray, confidence: float
) -> tuple[float | None, float | None, float | None]:
    """An estimate with its jackknife interval, Student's t with one degree of freedom less than skills."""
    from scipy.stats import t

    estimate, standard_error = _number(replicates[0]), jackknife_error(replicates)
    if estimate is None or not standard_error > _ZERO:  # a standard error of zero would claim certainty
        return estimate, None, None
    half = float(t.ppf((1 + confidence) / 2, len(replicates) - 2)) * standard_error
    return estimate, estimate - half, estimate + half


def jackknife_error(replicates: np.ndarray) -> float:
    """The cluster jackknife's, from the estimate on all skills and those without each; NaN below 3 skills.

    Its square is (G - 1)/G times the sum of squared deviations from the estimate, for G skills: CV3 of
    MacKinnon, Nielsen and Webb, "Fast and reliable jackknife and bootstrap methods for cluster-robust
    inference", Journal of Applied Econometrics 38 (2023).
    """
    n_skills = len(replicates) - 1
    if n_skills < 3:
        return float("nan")
    return float(np.sqrt((n_skills - 1) / n_skills * np.sum((replicates[1:] - replicates[0]) ** 2)))


def _reliability(x: Sums, between_students: bool) -> float | None:
    shared = _cross_products(x, x.swapped(), between_students).mean(axis=1)
    own = _cross_products(x, x, between_students, like=x.swapped()).mean(axis=1)
    return _number(_ratio(shared, own)[0])


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """NaN where the lower part is zero."""
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=np.abs(bottom) > _ZERO)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
