"""What a comparison of logs measures: passes where scores are 0 and 1 alone, else a metric with its range.

A metric is made from a log: its name is the score's, its range is declared, or the harness's, or that of the
scores that were observed. Within the analysis its values are fractions of that range, so that all that is
written for rates (pseudo-observations of rare differences, worst cases of missing scores) holds; tables and
pages have its own unit, percentage points where the range is 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

import polars as pl

from skillift.errors import UserError, problem
from skillift.metrics.claim import ABOVE, BELOW, Claim
from skillift.metrics.metric import Metric, mean_of_samples
from skillift.metrics.names import PASS, SHARE, VERDICTS
from skillift.reporting.numbers import decimal, percent, points
from skillift.statistics.claim_registry import DELTA, POINTS
from skillift.statistics.contrast_names import changes_of, contrasts_of

DECLARED, HARNESS, OBSERVED = "declared", "harness", "observed"
_VALUES = ("estimate", "standard_error", "ci_low", "ci_high", "mde", "mde_low", "mde_high")


class Measure(NamedTuple):
    """The score of a comparison.

    Attributes:
        score: its name in the logs.
        metric: the column `metric` of tables: `pass`, or the score's name.
        low, high: its range.
        bounded_by: who says the range: `DECLARED`, `HARNESS`, `OBSERVED`; empty for passes.
        lower_is_better: whether less of it is better.
    """

    score: str
    metric: str = PASS
    low: float = 0.0
    high: float = 1.0
    bounded_by: str = ""
    lower_is_better: bool = False

    @property
    def unit(self) -> str:
        """Of differences: pp, or the score's name."""
        return POINTS if (self.low, self.high) == (0.0, 1.0) else self.score

    @property
    def span(self) -> float:
        """The range's width, in the score's own unit."""
        return self.high - self.low

    @property
    def shape(self) -> str:
        """What is claimed of a difference: that it is above or below 0."""
        return BELOW if self.lower_is_better else ABOVE

    def difference(self, value: float, sign: bool = True) -> str:
        """A difference in the score's unit, as text."""
        return points(value, sign) if self.unit == POINTS else f"{self._decimal(value, sign)} {self.unit}"

    def level(self, value: float) -> str:
        """A mean score in its unit, as text."""
        return percent(value) if self.unit == POINTS else self._decimal(value)

    def _decimal(self, value: float, sign: bool = False) -> str:
        return decimal(value, sign, digits=1 if self.span >= 50 else 2 if self.span >= 5 else 3)

    def in_its_unit(self, table: pl.DataFrame, rate: str = "") -> pl.DataFrame:
        """A table of the analysis, in fractions of the range, with its numbers in the score's unit.

        Args:
            table: with some of estimate, standard_error, ci_low, ci_high and mde.
            rate: a column of levels, and not of differences; the interval is then one of levels, too.
        """
        if (self.low, self.span) == (0.0, 1.0):
            return table
        start = self.low if rate else 0.0
        names = [name for name in (*_VALUES, rate) if name in table.columns]
        return table.with_columns(pl.col(name) * self.span + start for name in names)

    def entry(self, contrasts: Collection[str]) -> Metric:
        """The entry of the registry of metrics, with a claim for each of these contrasts."""
        value = pl.col("value")
        return Metric(
            name=self.metric,
            label=self.score,
            reads=(VERDICTS,),
            values=lambda samples: mean_of_samples(
                samples, value, value.fill_null(0.0), value.fill_null(1.0)
            ),
            unit=SHARE if self.unit == POINTS else self.unit,
            claims=tuple(self._claim(contrast) for contrast in sorted(contrasts)),
        )

    def _claim(self, contrast: str) -> Claim:
        change = "lowers" if self.lower_is_better else "raises"
        says = f"training {change} {self.score} ({contrast.replace(':', ' under ')})"
        return Claim(f"{self.score}, {contrast}", says, contrast, shape=self.shape, metric=self.metric)


def measure_of(
    rows: pl.DataFrame,
    scorer: str,
    declared: Mapping[str, tuple[float, float]],
    harness: Collection[tuple[float, float]],
    lower_is_better: bool,
) -> Measure:
    """What the scores of all arms are.

    Args:
        rows: item, run, condition and value of every arm.
        scorer: the score's name.
        declared: ranges by names of scores, as `--range` has them.
        harness: ranges that the harness says; of several their hull.
        lower_is_better: whether the harness says so.

    Raises:
        UserError: a range is declared of another score, a score lies outside of its range, or all scores are
            the same number and nothing says their range.
    """
    other = sorted(set(declared) - {scorer})
    if other:
        fix = "Choose that score with --metric, or declare the range of this one."
        raise UserError(problem("--range", other[0], f"the score that is compared, {scorer}", fix))
    known = rows.filter(pl.col("value").is_not_null())
    binary = known["value"].is_in([0.0, 1.0]).all()
    if binary and not lower_is_better and declared.get(scorer, (0.0, 1.0)) == (0.0, 1.0):
        return Measure(scorer)
    if scorer in declared:
        (low, high), by = declared[scorer], DECLARED
    elif harness:
        low, high, by = min(low for low, _ in harness), max(high for _, high in harness), HARNESS
    else:
        (low, high), by = known.select(low=pl.col("value").min(), high=pl.col("value").max()).row(0), OBSERVED
        if binary:  # errors, of which fewer are better
            low, high, by = 0.0, 1.0, ""
        elif low == high:
            fix = f"Say how far it can go: --range {scorer}=LOW:HIGH."
            found = f"{low:g} throughout"
            raise UserError(problem(f"score {scorer} of all arms", found, "scores that differ", fix))
    if not math.isfinite(high - low):
        found = f"{low:g} to {high:g}"
        raise UserError(problem(f"range of the score {scorer}", found, "numbers whose difference is one"))
    outside = known.filter(~pl.col("value").is_between(low, high)).sort("run", "condition", "item")
    if outside.height:
        first = outside.row(0, named=True)
        where = f"score {scorer}, item {first['item']} of {first['run']} under {first['condition']}"
        said = "--range" if by == DECLARED else "the harness"
        fix = f"{outside.height} scores lie outside. Declare the score's whole range with --range."
        raise UserError(problem(where, first["value"], f"{low:g} to {high:g}, as {said} says", fix))
    metric = f"{scorer} score" if scorer == PASS else scorer
    return Measure(scorer, metric, float(low), float(high), by, lower_is_better)


def claimed_contrasts(conditions: Collection[str]) -> list[str]:
    """Which contrasts a metric's claims are about: what training changed, and the procedural delta."""
    return [name for name in contrasts_of(conditions) if name == DELTA] + changes_of(conditions)
