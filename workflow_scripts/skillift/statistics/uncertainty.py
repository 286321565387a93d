"""Intervals and tests of an estimate whose variance is a sum of parts that are known unequally well.

The variance of a recipe's effect has a part of the skills, which many skills tell, and a part of the
trainings, which a few seeds tell. For estimated variances v_i with f_i degrees of freedom,

    half width of the interval = sqrt(sum of t[f_i]^2 v_i)

with t the quantiles of Student's t at the interval's level. For independent estimates it covers at least as
often as it says, whatever the true variances are (Banerjee, "Approximate confidence interval for linear
functions of means of k populations when the population variances are not equal", Sankhya 22, 1960). One t
with Satterthwaite's degrees of freedom does not: where two seeds are at hand it covered 87 % at 95 %
(docs/explanation/statistics.md). With one part both are Student's t interval. Tests are the intervals turned
round.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from skillift.statistics.intervals import POWER


class Part(NamedTuple):
    """A part of a variance, and its degrees of freedom."""

    variance: float
    degrees_of_freedom: float


class Uncertainty:
    """The uncertainty of one estimate, in one or several readings of which the widest counts.

    Attributes:
        readings: parts of the variance, those above 0; a reading without any is left out.
    """

    def __init__(self, *readings: Sequence[Part]) -> None:
        above_zero = ([part for part in parts if part.variance > 0] for parts in readings)
        self.readings = [parts for parts in above_zero if parts]

    @property
    def standard_error(self) -> float:
        """The square root of the whole variance; 0 without readings, which leaves all others undefined."""
        return max((sum(part.variance for part in parts) for parts in self.readings), default=0.0) ** 0.5

    def reach(self, tail: float) -> float:
        """The distance from the estimate that leaves `tail` (at most one half) on one side."""
        return max(_reach(parts, tail) for parts in self.readings)

    def half_width(self, confidence: float) -> float:
        """Of the two-sided interval."""
        return self.reach((1 - confidence) / 2)

    def tail(self, distance: float) -> float:
        """The p-value of the one-sided test that the estimate exceeds a value by `distance`."""
        if distance < 0:
            return 1 - self.tail(-distance)
        return max(_tail(parts, distance) for parts in self.readings)

    def p_value(self, estimate: float) -> float:
        """Of the two-sided test of no effect."""
        return 2 * self.tail(abs(estimate))

    def minimum_detectable_effect(self, confidence: float) -> float:
        """The smallest true effect that a two-sided test at `1 - confidence` finds with 80 % power.

        As `intervals.minimum_detectable_effect`: the half width of the interval, and the reach of the power.
        """
        return self.half_width(confidence) + self.reach(1 - POWER)

    def detectable(self, confidence: float, n_tests: int = 1) -> dict[str, float]:
        """Mde in a family of `n_tests`, and mde_low to mde_high: what the estimated variance leaves open.

        The level is that of Bonferroni, at which Holm's correction resolves an effect wherever the rest of
        the family is null; the power is that of noncentral t, from which the sum of two quantiles departs
        with few degrees of freedom and several tests. An estimated variance is too small in more than half of
        all studies, the more so with few degrees of freedom: it is taken times these over the median of chi
        squared, which is right in half of them, and the range is that of its quantiles at `confidence`
        (Cochran, "Sampling Techniques", 1977, section 4.7, on sizes from estimated variances).
        """
        from scipy.special import chdtri

        level = 1 - (1 - confidence) / n_tests
        least = self.standard_error * _noncentrality(
            self.half_width(level) / self.standard_error, self.degrees_of_freedom(level)
        )
        freedom, tail = self.degrees_of_freedom(confidence), (1 - confidence) / 2
        shares = {"mde": 0.5, "mde_low": tail, "mde_high": 1 - tail}
        widths = {name: (freedom / chdtri(freedom, share)) ** 0.5 for name, share in shares.items()}
        return {name: float(least * width) for name, width in widths.items()}

    def degrees_of_freedom(self, confidence: float) -> float:
        """Of the t interval that is as wide, given the standard error."""
        from scipy.optimize import brentq
        from scipy.special import stdtrit

        known = [part.degrees_of_freedom for parts in self.readings for part in parts]
        least, most = min(known), max(known)
        wide = self.half_width(confidence) / self.standard_error

        def excess(freedom: float) -> float:
            return stdtrit(freedom, (1 + confidence) / 2) - wide

        if excess(least) <= 0 or excess(most) >= 0:  # one part, up to rounding
            return least if excess(least) <= 0 else most
        return float(brentq(excess, least, most))

    def of(self, estimate: float, confidence: float) -> dict[str, float]:
        """standard_error, degrees_of_freedom, ci_low, ci_high, p_value and mde of `estimate`."""
        half = self.half_width(confidence)
        return {
            "standard_error": self.standard_error,
            "degrees_of_freedom": self.degrees_of_freedom(confidence),
            "ci_low": float(estimate - half),
            "ci_high": float(estimate + half),
            "p_value": float(self.p_value(estimate)),
            "mde": float(self.minimum_detectable_effect(confidence)),
        }


def students_t(standard_error: float, degrees_of_freedom: float) -> Uncertainty:
    """Student's t: a variance of one part."""
    return Uncertainty([Part(standard_error**2, degrees_of_freedom)])


@cache  # a root of a slow tail; the rows of a study that has every arm have the same degrees of freedom
def _noncentrality(quantile: float, freedom: float) -> float:
    """The true effect, in standard errors, that exceeds `quantile` estimated ones with the power."""
    from scipy.optimize import brentq
    from scipy.stats import nct

    return float(brentq(lambda effect: nct.sf(quantile, freedom, effect) - POWER, 0, 3 * quantile + 10))


def _reach(parts: Sequence[Part], tail: float) -> float:
    from scipy.special import stdtrit  # Student's t, without the checks that take its time in scipy.stats

    return sum(stdtrit(part.degrees_of_freedom, tail) ** 2 * part.variance for part in parts) ** 0.5


def _tail(parts: Sequence[Part], distance: float) -> float:
    """The tail whose reach is `distance`: by its logarithm, where there are several parts."""
    from scipy.optimize import brentq
    from scipy.special import stdtr

    if not distance:
        return 0.5
    if len(parts) == 1:
        return float(stdtr(parts[0].degrees_of_freedom, -distance / parts[0].variance ** 0.5))
    least, most = -30.0, -0.3010299956639812  # log10 of one half, where the reach is 0
    if _reach(parts, 10**least) <= distance:
        return 0.0
    return float(10 ** brentq(lambda exponent: _reach(parts, 10**exponent) - distance, least, most))
