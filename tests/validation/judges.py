"""Is an effect that is corrected for a judge's errors unbiased where the uncorrected one is not?

The judge errs differently in every arm: it misses right responses most often after training, under the
curated condition. A random part of the tasks has labels.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from validation.coverage import CONFIDENCE, CONTRASTS
from validation.studies import ARMS, EXACT, Judge, Population, right_responses, verdicts

from skillift.statistics.corrections import Corrected, arm_sums, corrected_effect

METHODS = ("uncorrected", "rogan_gladen", "prediction_powered")
LABELLED = 0.5
DIFFERENTIAL = Judge(sensitivity=(0.95, 0.92, 0.95, 0.82), specificity=(0.92, 0.94, 0.90, 0.95))
_CHUNK = 1000  # studies at once: about 200 MB
_WEIGHTS = {
    CONTRASTS[0]: {("base", "curated"): 1.0, ("base", "none"): -1.0},
    CONTRASTS[1]: {
        ("sft-s0", "curated"): 1.0,
        ("sft-s0", "none"): -1.0,
        ("base", "curated"): -1.0,
        ("base", "none"): 1.0,
    },
}


class Bias(NamedTuple):
    """An estimator's mean error over studies, with its standard error, and its interval's coverage."""

    contrast: str
    method: str
    truth: float
    bias: float
    bias_error: float
    covered: float
    n_studies: int
    n_undefined: int


def biases(n_studies: int, seed: int) -> list[Bias]:
    """The bias of every method for the delta before training and the lift; the truth is that of `right`."""
    population = replace(Population(), judges={"bench": EXACT, "judge:a": DIFFERENTIAL})
    rng = np.random.default_rng(seed)
    sizes = [min(_CHUNK, n_studies - start) for start in range(0, n_studies, _CHUNK)]
    parts = [_corrected(rng, population, size) for size in sizes]
    truth = population.truth("bench")
    return [
        _bias(contrast, method, truth[contrast], [part[contrast, method] for part in parts])
        for contrast in CONTRASTS
        for method in METHODS
    ]


def _corrected(rng, population: Population, n_studies: int) -> dict[tuple[str, str], Corrected]:
    """Every contrast by every method, one row for each of so many studies."""
    right = right_responses(rng, population, n_studies)
    passed = verdicts(rng, right, population.judges["judge:a"]).astype(float)
    labelled = rng.random((n_studies, 1, right.shape[2])) < LABELLED
    labels = np.where(labelled, right, np.nan)
    skills = np.repeat(np.arange(population.n_skills), population.per_skill)
    sums = {arm: arm_sums(passed[:, place], labels[:, place], skills) for place, arm in enumerate(ARMS)}
    return {
        (contrast, method): found
        for contrast, weights in _WEIGHTS.items()
        for method, found in corrected_effect(
            [(weight, sums[arm]) for arm, weight in weights.items()], METHODS, CONFIDENCE
        ).items()
    }


def _bias(contrast: str, method: str, truth: float, found: list[Corrected]) -> Bias:
    estimate, low, high = (
        np.concatenate([getattr(part, name) for part in found]) for name in ("estimate", "ci_low", "ci_high")
    )
    known = np.isfinite(estimate)
    error = estimate[known] - truth
    return Bias(
        contrast=contrast,
        method=method,
        truth=truth,
        bias=float(error.mean()),
        bias_error=float(error.std(ddof=1) / known.sum() ** 0.5),
        covered=float(((low <= truth) & (truth <= high)).mean()),
        n_studies=len(estimate),
        n_undefined=int((~known).sum()),
    )
