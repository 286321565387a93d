"""Do tiers differ less in their lifts than in their procedural deltas before SFT?

Where they do, the delta after SFT is dominated by the one before: what a tier's base model makes of a
procedure says more of its result than what training adds. With l and d the lifts and the deltas before SFT of
k tiers, and MS the mean square around their mean, sum (x_i - mean)^2 / (k - 1),

    estimate = MS(l) - MS(d) - tr(A V),   m'Am = MS(l) - MS(d) for m = (l, d)

with V the covariance of m, clustered by skill, training-seed variance included: noise alone makes tiers
differ, and the last term takes it off. Its variance is that of a quadratic form of normal means, 4 m'AVAm +
2 tr(AVAV) (Searle, "Linear models", 1971, section 2.5), at m as estimated; so it is too large by 4 tr(AVAV)
in expectation, and the interval covers where tiers hardly differ. The test also takes the variance at lifts
and deltas scaled to one mean square, and the larger of the two counts: without it small estimates go with
small variances, and too many are found (docs/explanation/validation.md). Estimates are squared fractions.
Shares of the variance between tiers are shown without an interval: three tiers do not give one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from skillift.contracts.analysis import TIER_SPREADS
from skillift.contracts.pipeline import key_of
from skillift.statistics.claim_registry import DELTA, LIFT
from skillift.statistics.comparisons import ZERO, Sides, lifts_by_recipe
from skillift.statistics.contrasts import BASE, Differences
from skillift.statistics.heterogeneity import clustered_covariance
from skillift.statistics.intervals import POWER
from skillift.statistics.seed_variance import with_seeds
from skillift.statistics.uncertainty import Uncertainty, students_t

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

_TASK = ["task_id", "skill_id"]
_DRAWS = 1000
_NUMBERS = ("estimate", "standard_error", "degrees_of_freedom", "ci_low", "ci_high", "p_value")


def tier_spreads(
    found: Iterable[Differences], seeds: pl.DataFrame, runs: list[DeclaredRun], confidence: float
) -> pl.DataFrame:
    """The table TIER_SPREADS: one row per path, suite and recipe with two tiers or more.

    Args:
        found: of `contrasts.differences`.
        seeds, runs, confidence: as in `tier_spread`.
    """
    items = {
        (*item.cells.select("path", "suite").row(0), item.contrast): item
        for item in found
        if item.contrast in (DELTA, LIFT) and item.cells.height
    }
    rows = [
        {"path": path, "suite": suite, "recipe": row["run"]} | row
        for (path, suite, contrast), lift in items.items()
        if contrast == LIFT
        for row in tier_spread(items[path, suite, DELTA], lift, seeds, runs, confidence)
    ]
    schema = {name: column.dtype.type for name, column in TIER_SPREADS.columns.items()}
    return pl.DataFrame(rows, schema=schema).sort(key_of(TIER_SPREADS))


class Spread(NamedTuple):
    """Mean squares between tiers, in squared fractions; numbers, or arrays of several studies.

    Attributes:
        estimate: that of the lifts less that of the deltas before SFT, without what noise adds.
        of_lifts, of_deltas: each without what noise adds; below 0 where noise alone explains it.
        standard_error: of the estimate.
        under_equality: its standard error were both mean squares equal.
    """

    estimate: float
    of_lifts: float
    of_deltas: float
    standard_error: float
    under_equality: float


def spread(lifts: np.ndarray, deltas: np.ndarray, covariance: np.ndarray) -> Spread:
    """The mean squares of `lifts` and `deltas` over tiers, compared.

    Args:
        lifts, deltas: one of each tier.
        covariance: of both, lifts first.
    """
    found = _compared(np.concatenate([lifts, deltas])[np.newaxis], covariance)
    return Spread(*(float(np.ravel(each)[0]) for each in found))


def _compared(means: np.ndarray, covariance: np.ndarray) -> Spread:
    """`spread` of each row of `means`, lifts first."""
    n_tiers = means.shape[1] // 2
    around = (np.eye(n_tiers) - 1 / n_tiers) / (n_tiers - 1)
    nothing = np.zeros((n_tiers, n_tiers))
    form = np.block([[around, nothing], [nothing, -around]])
    parts = (slice(n_tiers), slice(n_tiers, 2 * n_tiers))
    noise = [float(np.trace(around @ covariance[part, part])) for part in parts]
    squares = [np.einsum("si,ij,sj->s", means[:, part], around, means[:, part]) for part in parts]
    scatter = form @ covariance
    inner, own = 4 * scatter @ form, 2 * float(np.trace(scatter @ scatter))

    def variance(at: np.ndarray) -> np.ndarray:
        return np.einsum("si,ij,sj->s", at, inner, at) + own

    middle = sum(squares) / 2
    scales = [
        np.sqrt(np.divide(middle, square, out=np.ones(len(means)), where=square > ZERO)) for square in squares
    ]
    equal = means * np.repeat(np.stack(scales, axis=1), n_tiers, axis=1)
    known, of_lifts, of_deltas = variance(means), squares[0] - noise[0], squares[1] - noise[1]
    under_equality = np.sqrt(np.maximum(known, variance(equal)))
    return Spread(of_lifts - of_deltas, of_lifts, of_deltas, np.sqrt(known), under_equality)


def tier_spread(
    delta: Differences, lift: Differences, seeds: pl.DataFrame, runs: list[DeclaredRun], confidence: float
) -> Iterator[dict]:
    """What `dominated_by_base` says of each recipe with two tiers or more, on one path and suite.

    Args:
        delta: the procedural delta.
        lift: its lift.
        seeds: the table SEED_VARIANCE.
        runs: the declared runs.
        confidence: of the intervals.

    Yields:
        Columns of CLAIMS from `student` on, `uncertainty`, and of_lifts and of_deltas as `Spread` has them.
    """
    bases = delta.cells.filter(run=BASE).select("cell", side="student")
    before = delta.tasks.join(bases, on="cell").select("side", *_TASK, "value")
    for recipe, sides in lifts_by_recipe(lift, seeds, runs):
        if len(sides.names) > 1:
            yield {"student": "", "run": recipe, "contrast": LIFT} | _of_recipe(sides, before, confidence)


def _of_recipe(sides: Sides, before: pl.DataFrame, confidence: float) -> dict:
    wide = _wide(sides.rows, sides.names, "lift").join(
        _wide(before, sides.names, "delta"), on=_TASK, how="full", coalesce=True
    )
    wide = wide.sort("task_id")
    values, skills = wide.drop(_TASK).to_numpy(), wide["skill_id"].cast(pl.String).to_numpy()
    complete = ~np.isnan(values).any(axis=1)
    n_skills = len(np.unique(skills[complete]))
    row = {
        **dict.fromkeys((*_NUMBERS, "uncertainty", "of_lifts", "of_deltas")),
        "n_tasks": int(complete.sum()),
        "n_skills": n_skills,
        "n_unscored": int(sides.rows["n_unscored"].sum()),
        "n_runs": min(sides.n_runs.values()),
    }
    covariance = clustered_covariance(values, skills)
    if covariance is None or n_skills < 3:
        return row
    freedom = float(n_skills - 1)
    for place, name in enumerate(sides.names):
        if covariance[place, place] > ZERO:
            whole = with_seeds(covariance[place, place], freedom, sides.of(name))
            covariance[place, place] = max(whole.standard_error**2, covariance[place, place])
    means = np.nanmean(values, axis=0)
    found = spread(means[: len(sides.names)], means[len(sides.names) :], covariance)
    row |= {"estimate": found.estimate, "of_lifts": found.of_lifts, "of_deltas": found.of_deltas}
    if not found.standard_error > ZERO:
        return row
    whole, test = students_t(found.standard_error, freedom), students_t(found.under_equality, freedom)
    row |= whole.of(found.estimate, confidence) | {"p_value": float(test.p_value(found.estimate))}
    return row | {"uncertainty": detecting(means, covariance, len(sides.names), freedom, confidence)}


def detecting(
    means: np.ndarray, covariance: np.ndarray, n_tiers: int, freedom: float, confidence: float
) -> Uncertainty:
    """The uncertainty at which lifts that are alike are told from deltas that differ just enough.

    The standard error grows with what there is to find. So lifts and deltas are drawn with their
    covariance, the lifts around one value and the deltas around their pattern, which is scaled until the
    test finds it with 80 % power: its mean square is the smallest that is detectable. The draws are always
    the same.
    """
    from scipy.special import stdtrit

    rng = np.random.default_rng(0)
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    noise = rng.normal(size=(_DRAWS, 2 * n_tiers)) @ root
    errors = np.sqrt(rng.chisquare(freedom, _DRAWS) / freedom)
    pattern = np.concatenate([np.zeros(n_tiers), _unit_pattern(means[n_tiers:])])
    test, power = (float(stdtrit(freedom, level)) for level in ((1 + confidence) / 2, POWER))

    def found(square: float) -> float:
        drawn = _compared(noise + square**0.5 * pattern, covariance)
        return float(np.mean(drawn.estimate < -test * errors * drawn.under_equality))

    least, most = 0.0, float(np.trace(covariance))
    while found(most) < POWER:
        least, most = most, 2 * most
    while most - least > 0.01 * most:
        middle = (least + most) / 2
        least, most = (least, middle) if found(middle) >= POWER else (middle, most)
    return students_t(most / (test + power), freedom)


def _unit_pattern(values: np.ndarray) -> np.ndarray:
    """How tiers differ, with a mean square of 1; from smallest to largest where they do not."""
    centred = values - values.mean()
    if not np.abs(centred).max() > ZERO:
        centred = np.linspace(-1.0, 1.0, len(values))
    return centred / (centred**2).sum() ** 0.5 * (len(values) - 1) ** 0.5


def _wide(rows: pl.DataFrame, names: list[str], prefix: str) -> pl.DataFrame:
    known = rows.drop_nulls("value").with_columns(pl.col("side").cast(pl.String))
    wide = known.pivot("side", on_columns=names, index=_TASK, values="value")
    return wide.select(*(pl.col(name).cast(pl.String) for name in _TASK), pl.col(names).name.prefix(prefix))
