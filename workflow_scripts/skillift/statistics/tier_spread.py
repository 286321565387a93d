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
small variances, and too many are found (docs/validation.md). Estimates are squared fractions. Shares of the
variance between tiers are shown without an interval: three tiers do not give one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from skillift.contracts.analysis import TIER_SPREADS
from skillift.contracts.pipeline import key_of
from skillift.statistics.claim_registry import DELTA, LIFT
from skillift.statistics.contrasts import BASE, Differences
from skillift.statistics.heterogeneity import clustered_covariance
from skillift.statistics.intervals import POWER
from skillift.statistics.seed_variance import with_seeds
from skillift.statistics.sides import ZERO, Sides, lifts_by_recipe
from skillift.statistics.uncertainty import Uncertainty, students_t

_TASK = ["task_id", "skill_id"]
_NUMBERS = ("estimate", "standard_error", "degrees_of_freedom", "ci_low", "ci_high", "p_value")


def tier_spreads(
    found: Iterable[Differences], seeds: pl.DataFrame, runs: list[dict], confidence: float
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
    """Mean squares between tiers, in squared fractions.

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
    n_tiers = len(lifts)
    form, around = _form(n_tiers), _form(n_tiers)[:n_tiers, :n_tiers]
    means = np.concatenate([lifts, deltas])
    noise = [
        float(np.trace(around @ covariance[part, part]))
        for part in (slice(n_tiers), slice(n_tiers, 2 * n_tiers))
    ]
    squares = [float(each @ around @ each) for each in (lifts, deltas)]
    scatter = form @ covariance
    own = 2 * float(np.trace(scatter @ scatter))

    def variance(at: np.ndarray) -> float:
        return 4 * float(at @ scatter @ form @ at) + own

    middle = sum(squares) / 2
    scales = [(middle / square) ** 0.5 if square > ZERO else 1.0 for square in squares]
    equal = means * np.repeat(scales, n_tiers)
    of_lifts, of_deltas = (square - less for square, less in zip(squares, noise, strict=True))
    known = variance(means)
    return Spread(of_lifts - of_deltas, of_lifts, of_deltas, known**0.5, max(known, variance(equal)) ** 0.5)


def tier_spread(
    delta: Differences, lift: Differences, seeds: pl.DataFrame, runs: list[dict], confidence: float
) -> Iterator[dict]:
    """What `dominated_by_base` says of each recipe with two tiers or more, on one path and suite.

    Args:
        delta: the procedural delta.
        lift: its lift.
        seeds: the table SEED_VARIANCE.
        runs: `{student, run, recipe, seed}`.
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

    The standard error grows with what there is to find; so the pattern of the deltas is scaled until the
    difference of mean squares is the sum of what the test needs and of what its power takes, each a quantile
    of Student's t times a standard error: that of the test, at means that hold their noise as estimated ones
    do, and that of the estimate itself.
    """
    from scipy.optimize import brentq
    from scipy.special import stdtrit

    around = _form(n_tiers)[:n_tiers, :n_tiers]
    parts = (slice(n_tiers), slice(n_tiers, 2 * n_tiers))
    noise = [float(np.trace(around @ covariance[part, part])) for part in parts]
    patterns = [_unit_pattern(means[part]) for part in parts]
    test, power = (float(stdtrit(freedom, level)) for level in ((1 + confidence) / 2, POWER))

    def short(square: float) -> float:
        estimated = (noise[0] ** 0.5 * patterns[0], (square + noise[1]) ** 0.5 * patterns[1])
        true = (np.zeros(n_tiers), square**0.5 * patterns[1])
        reach = test * spread(*estimated, covariance).under_equality
        return square - reach - power * _true_error(np.concatenate(true), covariance)

    most = sum(noise)
    while short(most) < 0:
        most *= 2
    return students_t(float(brentq(short, 0.0, most)) / (test + power), freedom)


def _true_error(means: np.ndarray, covariance: np.ndarray) -> float:
    """The standard error of the estimate at true means: of the quadratic form, without noise in the means."""
    scatter = _form(len(means) // 2) @ covariance
    variance = 4 * means @ scatter @ _form(len(means) // 2) @ means + 2 * np.trace(scatter @ scatter)
    return float(variance) ** 0.5


def _form(n_tiers: int) -> np.ndarray:
    """A of the quadratic form m'Am = MS(l) - MS(d)."""
    around = (np.eye(n_tiers) - 1 / n_tiers) / (n_tiers - 1)
    nothing = np.zeros((n_tiers, n_tiers))
    return np.block([[around, nothing], [nothing, -around]])


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
