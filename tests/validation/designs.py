"""Do intervals hold where skills are few or of unequal size, and where rates are near 0 or 1?

The pass probability of a skill's tasks in an arm is a draw of a Beta distribution whose mean is the arm's
rate, so the truth is exact at any rate. Draws of a skill's arms are correlated by a Gaussian copula, and the
arms of a task share their draw with probability `SHARED`, as in `studies`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from validation.coverage import CONFIDENCE

from skillift.statistics.arm_arrays import by_skill, estimates
from skillift.statistics.intervals import clustered_rate_interval

SHARED = 0.65
CONCENTRATION = 8  # of the Beta distributions: at a rate of one half skills differ by 17 pp
CORRELATION = 0.7
FEW = (5, 8, 12, 20, 40)
RATES = {
    "mid": (0.40, 0.46, 0.45, 0.58),
    "floor": (0.02, 0.04, 0.03, 0.08),
    "ceiling": (0.90, 0.95, 0.93, 0.98),
}
_WEIGHTS = {"procedural delta": (-1, 1, 0, 0), "lift": (1, -1, -1, 1)}


class Cell(NamedTuple):
    """Coverage in one design: `undefined` intervals cover nothing, and are left out of `covered`.

    Attributes:
        sizes: kind of the skills' sizes.
        n_skills: number of skills.
        rates: a key of `RATES`.
        effect: procedural delta, lift, or pass rate.
        degrees_of_freedom: of a study in which every task is scored.
        covered: share of the defined intervals that hold the truth.
        undefined: share of studies without an interval.
        n_studies: number of studies.
    """

    sizes: str
    n_skills: int
    rates: str
    effect: str
    degrees_of_freedom: float
    covered: float
    undefined: float
    n_studies: int


def sizes_of(kind: str, n_skills: int) -> np.ndarray:
    """Tasks of each skill: `equal` (5), `1 to 30`, or `one large` (30 among skills of 1 to 5)."""
    if kind == "equal":
        return np.full(n_skills, 5)
    if kind == "1 to 30":
        return np.round(np.geomspace(1, 30, n_skills)).astype(int)
    return np.concatenate([[30], 1 + np.arange(n_skills - 1) % 5])


KINDS = ("equal", "1 to 30", "one large")


def cells(n_studies: int, seed: int) -> list[Cell]:
    """Coverage for every kind of sizes, number of skills and level of rates."""
    rng = np.random.default_rng(seed)
    return [
        cell
        for kind in KINDS
        for n_skills in FEW
        for rates in RATES
        for cell in _cells(rng, kind, n_skills, rates, n_studies)
    ]


def draw(rng: np.random.Generator, sizes: np.ndarray, rates: tuple, n_studies: int) -> np.ndarray:
    """Whether each task is passed in each arm: booleans of shape (studies, arms, tasks), by skill."""
    from scipy.special import betaincinv, ndtr

    n_arms, n_skills = len(rates), len(sizes)
    common = rng.normal(0, 1, (n_studies, 1, n_skills))
    own = rng.normal(0, 1, (n_studies, n_arms, n_skills))
    quantiles = ndtr(CORRELATION**0.5 * common + (1 - CORRELATION) ** 0.5 * own)
    means = np.array(rates)[None, :, None]
    chances = betaincinv(means * CONCENTRATION, (1 - means) * CONCENTRATION, quantiles)
    skills = np.repeat(np.arange(n_skills), sizes)
    per_task = chances[:, :, skills]
    draws = rng.random(per_task.shape)
    shared = rng.random((n_studies, 1, len(skills)))
    same = rng.random(shared.shape) < SHARED
    return np.where(same, shared, draws) < per_task


def _cells(rng, kind: str, n_skills: int, rates: str, n_studies: int) -> list[Cell]:
    sizes = sizes_of(kind, n_skills)
    passed = np.concatenate(
        [draw(rng, sizes, RATES[rates], min(500, n_studies - start)) for start in range(0, n_studies, 500)]
    )
    skills = np.repeat(np.arange(n_skills), sizes)
    found = []
    for effect, weights in _WEIGHTS.items():
        table = estimates(np.einsum("nat,a->nt", passed, np.array(weights, dtype=float)), skills, CONFIDENCE)
        low, high = (table[name].fill_null(np.nan).to_numpy() for name in ("ci_low", "ci_high"))
        freedom = table["degrees_of_freedom"].drop_nulls()
        truth = float(np.dot(weights, RATES[rates]))
        known = freedom[0] if len(freedom) else float("nan")
        found.append(_cell((kind, n_skills, rates, effect, known), low, high, truth))
    counts = np.tile(sizes.astype(float), (n_studies, 1))
    low, high = clustered_rate_interval(by_skill(passed[:, 0].astype(float), skills), counts, CONFIDENCE)
    return [*found, _cell((kind, n_skills, rates, "pass rate", known), low, high, RATES[rates][0])]


def _cell(place: tuple, low: np.ndarray, high: np.ndarray, truth: float) -> Cell:
    defined = np.isfinite(low)
    covered = (low <= truth) & (truth <= high)
    share = float(covered[defined].mean()) if defined.any() else float("nan")
    return Cell(*place, share, float(1 - defined.mean()), len(low))
