"""Effects corrected for a judge's errors, on arrays: any number of rows at once, one effect each.

The uncorrected pass rate p of an arm (student, checkpoint, condition) is the share of tasks that the judge
passes. Two corrections use the episodes of that same arm which have a label as well:

- `rogan_gladen`: (p + specificity - 1) / (sensitivity + specificity - 1), with the judge's sensitivity and
  specificity in that arm (Rogan and Gladen, American Journal of Epidemiology 107 (1978)). Right if the judge
  errs as often, given what is right, where there is no label.
- `prediction_powered`: p + mean(label - verdict) over the labelled tasks (Angelopoulos, Bates, Fannjiang,
  Jordan and Zrnic, Science 382 (2023); with p over all tasks it is PPI++ of Angelopoulos, Duchi and Zrnic,
  arXiv 2311.01453, at lambda = N / (n + N)). Right if the labelled tasks are like the others in every
  way, also in how many are right; less variable than the other.

Both take each arm's own error rates, so a judge that errs more under one condition or after training does
not bias them; where every task is labelled both are the labels' own pass rate. A pass rate is not cut off at
0 and 1: that would bias differences.

An effect is a weighted sum of arms over the tasks that are scored in all of them. Its standard error is
linearised: the influences of p, sensitivity and specificity (or the rectifier) are summed by skill over all
arms, so everything that arms and labels share is in it. Each is bias-reduced by the share of a skill among
the tasks or labels that it is a mean over (CR2), and Student's t has Bell and McCaffrey's degrees of freedom,
the parts weighted by their own variance (`cluster_robust`); without correction that is the error of
`intervals.clustered_estimates`. The bootstrap over skills draws verdicts and labels together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from skillift.contracts.scoring_audit import METHODS
from skillift.statistics.arm_arrays import by_skill
from skillift.statistics.bootstrap import percentile_intervals, skill_draws
from skillift.statistics.cluster_robust import adjusted, contrast_degrees_of_freedom

# Rogan and Gladen divide by Youden's J: below this, an error of the rates counts more than tenfold.
LEAST_YOUDEN = 0.1

# Fewer labels (for Rogan and Gladen: passes, or fails) than this leave too little to see an error in: with
# none wrong among 10, an error rate of 26 % is still possible (95 %).
LEAST_LABELS = 10

_ROWS = 64  # whose replicates are in memory together
_ZERO = 1e-10


class ArmSums(NamedTuple):
    """One arm in every row: sums over the tasks of each skill, arrays of shape (rows, skills).

    Attributes:
        tasks: number of tasks that the effect is over.
        passes: sum of their task-level verdicts.
        label_passes, true_passes: labelled episodes that are right; those of them that the judge passes.
        label_fails, true_fails: labelled episodes that are wrong; those of them that the judge fails.
        labelled, rectifier: tasks with a labelled episode; sum over them of the mean of label - verdict.
    """

    tasks: np.ndarray
    passes: np.ndarray
    label_passes: np.ndarray
    true_passes: np.ndarray
    label_fails: np.ndarray
    true_fails: np.ndarray
    labelled: np.ndarray
    rectifier: np.ndarray


def arm_sums(
    verdicts: np.ndarray, labels: np.ndarray, skills: np.ndarray, complete: np.ndarray | None = None
) -> ArmSums:
    """`ArmSums` of single verdicts.

    Args:
        verdicts: of the judge, 0 or 1, NaN where it left the episode unscored: shape (rows, tasks).
        labels: 0 or 1, NaN where there is none: the same shape.
        skills: of each task, as numbers from 0: shape (tasks,).
        complete: tasks that are scored in every arm of the effect, the same shape as `verdicts`; those
            that are scored in this arm where left out.
    """
    scored, known = np.isfinite(verdicts), np.isfinite(verdicts) & np.isfinite(labels)
    verdict, label = np.where(scored, verdicts, 0.0), np.where(known, labels, 0.0)
    over = scored if complete is None else complete
    is_pass, is_fail = known & (label == 1), known & (label == 0)
    return ArmSums(
        *(
            by_skill(np.asarray(values, dtype=float), skills)
            for values in (
                over,
                verdict * over,
                is_pass,
                is_pass * verdict,
                is_fail,
                is_fail * (1 - verdict),
                known,
                known * (label - verdict),
            )
        )
    )


class Corrected(NamedTuple):
    """An effect in every row; NaN where undefined, and `reason` says why (empty where it is not)."""

    estimate: np.ndarray
    standard_error: np.ndarray
    degrees_of_freedom: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    boot_low: np.ndarray
    boot_high: np.ndarray
    n_skills: np.ndarray
    reason: np.ndarray


def corrected_effect(
    arms: Sequence[tuple[float, ArmSums]],
    methods: Sequence[str],
    confidence: float,
    bootstrap_samples: int = 0,
    seed: int = 0,
) -> dict[str, Corrected]:
    """The weighted sum of the arms' pass rates in every row, by each of `methods`.

    A lift, for one, has the arms (+1, curated after), (-1, none after), (-1, curated before), (+1, none
    before); all have the same rows and skills. For a simulation, give each simulated study a row:

        skills = np.repeat(np.arange(40), 5)
        arms = [(1, arm_sums(curated, curated_labels, skills)), (-1, arm_sums(none, none_labels, skills))]
        found = corrected_effect(arms, METHODS, 0.95)["rogan_gladen"]
        bias = np.nanmean(found.estimate) - truth
        coverage = np.nanmean((found.ci_low <= truth) & (truth <= found.ci_high))

    (with verdicts missing, give all arms the same `complete`).

    Args:
        arms: weight and sums of each.
        methods: of `uncorrected`, `rogan_gladen` and `prediction_powered`.
        confidence: of the intervals, as a fraction.
        bootstrap_samples: replicates of the bootstrap; 0 leaves its interval NaN.
        seed: of the bootstrap.

    Raises:
        ValueError: an unknown method.
    """
    unknown = sorted(set(methods) - set(METHODS))
    if unknown:
        raise ValueError(f"methods: found {unknown}, expected some of {METHODS}")
    present = np.any([(arm.tasks > 0) | (arm.labelled > 0) for _, arm in arms], axis=0)
    found = {method: _linearised(arms, present, method, confidence) for method in methods}
    if not bootstrap_samples:
        return found
    rows = np.flatnonzero(np.any([np.isfinite(each.standard_error) for each in found.values()], axis=0))
    limits = _bootstrap(arms, rows, present, methods, confidence, bootstrap_samples, seed)
    for method, (low, high) in limits.items():
        known = np.isfinite(found[method].standard_error[rows])
        found[method].boot_low[rows] = np.where(known, low, np.nan)
        found[method].boot_high[rows] = np.where(known, high, np.nan)
    return found


def _linearised(
    arms: Sequence[tuple[float, ArmSums]], present: np.ndarray, method: str, confidence: float
) -> Corrected:
    """The effect with its linearised error, without a bootstrap; `present`: its skills in each row."""
    from scipy.stats import t

    n_skills = present.sum(axis=1)
    reason = _reasons(arms, method)
    estimate, influences, counts = np.zeros(len(present)), [], []
    with np.errstate(divide="ignore", invalid="ignore"):  # rows that have a reason are NaN
        for weight, arm in arms:
            rate = np.where(reason == "", _rate(_totals(arm), method), np.nan)
            estimate += weight * rate
            for own, of in _influences(arm, rate, method):
                influences.append(weight * own)
                counts.append(of)
    parts = np.stack(influences, axis=1)
    error = np.sqrt((parts.sum(axis=1) ** 2).sum(axis=1))
    error = np.where((reason == "") & (n_skills >= 2) & (error > _ZERO), error, np.nan)
    variances = np.where(np.isfinite(error)[:, np.newaxis], (parts**2).sum(axis=2), 0.0)
    freedom = contrast_degrees_of_freedom(variances, np.stack(counts, axis=1))
    error = np.where(np.isfinite(freedom), error, np.nan)
    half = t.ppf((1 + confidence) / 2, freedom) * error
    low, high = np.full((2, len(estimate)), np.nan)
    return Corrected(
        estimate,
        error,
        freedom,
        estimate - half,
        estimate + half,
        low,
        high,
        n_skills.astype(np.int64),
        reason,
    )


def _totals(arm: ArmSums) -> ArmSums:
    return ArmSums(*(sums.sum(axis=1) for sums in arm))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > _ZERO)


def _rates_of_errors(total: ArmSums) -> tuple[np.ndarray, np.ndarray]:
    """Sensitivity and specificity."""
    return _share(total.true_passes, total.label_passes), _share(total.true_fails, total.label_fails)


def _rate(total: ArmSums, method: str) -> np.ndarray:
    """The pass rate of an arm from sums over all its skills, of any shape; NaN where undefined."""
    rate = _share(total.passes, total.tasks)
    if method == "prediction_powered":
        return rate + _share(total.rectifier, total.labelled)
    if method == "rogan_gladen":
        sensitivity, specificity = _rates_of_errors(total)
        youden = sensitivity + specificity - 1
        return np.where(youden > _ZERO, _share(rate + specificity - 1, youden), np.nan)
    return rate


def _influences(arm: ArmSums, rate: np.ndarray, method: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """What each skill adds to the error of the arm's pass rate, part by part, and what a part is a mean over.

    A part is a derivative times the deviations from a mean, shape (rows, skills).
    """
    total = _totals(arm)
    of_rate = _deviation(arm.passes, arm.tasks, _share(total.passes, total.tasks))
    if method == "prediction_powered":
        rectified = _deviation(arm.rectifier, arm.labelled, _share(total.rectifier, total.labelled))
        return [(of_rate, arm.tasks), (rectified, arm.labelled)]
    if method == "rogan_gladen":
        sensitivity, specificity = _rates_of_errors(total)
        youden = (sensitivity + specificity - 1)[:, np.newaxis]
        of_sensitivity = _deviation(arm.true_passes, arm.label_passes, sensitivity)
        of_specificity = _deviation(arm.true_fails, arm.label_fails, specificity)
        # d/dp = 1/J, d/dsensitivity = -rate/J, d/dspecificity = (1 - rate)/J
        return [
            (of_rate / youden, arm.tasks),
            (-rate[:, np.newaxis] * of_sensitivity / youden, arm.label_passes),
            ((1 - rate)[:, np.newaxis] * of_specificity / youden, arm.label_fails),
        ]
    return [(of_rate, arm.tasks)]


def _deviation(sums: np.ndarray, counts: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return adjusted(sums - counts * mean[:, np.newaxis], counts) / counts.sum(axis=1, keepdims=True)


def _reasons(arms: Sequence[tuple[float, ArmSums]], method: str) -> np.ndarray:
    """Why each row is undefined; empty where it is not."""
    totals = [_totals(arm) for _, arm in arms]
    checks = [("no task scored in every arm", [total.tasks <= 0 for total in totals])]
    if method == "prediction_powered":
        few = [total.labelled < LEAST_LABELS for total in totals]
        checks.append((f"an arm with fewer than {LEAST_LABELS} labelled tasks", few))
    if method == "rogan_gladen":
        for name, counts in (
            ("passes", [total.label_passes for total in totals]),
            ("fails", [total.label_fails for total in totals]),
        ):
            few = [count < LEAST_LABELS for count in counts]
            checks.append((f"an arm with fewer than {LEAST_LABELS} labelled {name}", few))
        blind = [
            sensitivity + specificity - 1 <= LEAST_YOUDEN
            for sensitivity, specificity in map(_rates_of_errors, totals)
        ]
        checks.append((f"an arm where the judge's Youden index is {LEAST_YOUDEN:g} or less", blind))
    found = [np.any(failing, axis=0) for _, failing in checks]
    return np.select(found, [text for text, _ in checks], default="")


def _bootstrap(
    arms: Sequence[tuple[float, ArmSums]],
    rows: np.ndarray,
    present: np.ndarray,
    methods: Sequence[str],
    confidence: float,
    samples: int,
    seed: int,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Percentile intervals of `rows` by each method; rows with equally many skills are drawn alike."""
    limits = {method: (np.full(len(rows), np.nan), np.full(len(rows), np.nan)) for method in methods}
    n_skills = present[rows].sum(axis=1)
    for size in np.unique(n_skills):
        draws = skill_draws(int(size), samples, seed).T.astype(float)
        places = np.flatnonzero(n_skills == size)
        for part in np.array_split(places, -(-len(places) // _ROWS)):
            chosen, mask = rows[part], present[rows[part]]
            replicates = dict.fromkeys(methods, np.zeros(()))
            for weight, arm in arms:
                sums = np.stack([each[chosen][mask] for each in arm]).reshape(-1, size)
                drawn = ArmSums(*(sums @ draws).reshape(len(arm), len(part), samples))
                for method in methods:
                    replicates[method] = replicates[method] + weight * _rate(drawn, method)
            for method in methods:
                for limit, values in zip(
                    limits[method], percentile_intervals(replicates[method], confidence), strict=True
                ):
                    limit[part] = values
    return limits
