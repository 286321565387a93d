"""Samples of tasks whose answers have known chances, and what their metrics are in truth.

A task has one right answer, three wrong ones, and samples that give none. Chances differ by skill and task by
uniform parts. Truths are means over all draws of k samples and over the parts, which Gauss and Legendre's
nodes give exactly: chances are linear in each part, and metrics of k samples polynomials of k-th degree in
the chances. The values of tasks are the library's, of `N_SAMPLES` samples.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from math import factorial, prod

import numpy as np

from skillift.metrics.pass_at_k import pass_at
from skillift.metrics.votes import distinct_at, majority_at

N_SAMPLES = 8
RIGHT, SILENT = 0, -1  # columns of counts and chances
SILENCE = 0.1  # chance of a sample without an answer
WRONG = np.array([0.5, 0.3, 0.2])  # of wrong answers, of which these are shares
SKILL, TASK, OWN = 0.10, 0.10, 0.10  # half the widths of the parts
_N_ANSWERS = 2 + len(WRONG)
_NODES = 10  # exact up to degree 19

Chances = Callable[[np.ndarray], np.ndarray]  # of answers, from what moves a task


def compositions(n_samples: int) -> np.ndarray:
    """Counts of each answer in all outcomes of so many samples, one outcome a row."""
    found = [
        counts for counts in product(range(n_samples + 1), repeat=_N_ANSWERS) if sum(counts) == n_samples
    ]
    return np.array(found)


def passed(counts: np.ndarray) -> np.ndarray:
    """Whether one sample is right."""
    return counts[:, RIGHT] > 0


def majority(counts: np.ndarray) -> np.ndarray:
    """The share of the right answer in the votes that no other answer has more of."""
    votes = counts[:, :SILENT]
    most = votes.max(axis=1)
    return np.where((votes[:, RIGHT] == most) & (most > 0), 1 / (votes == most[:, np.newaxis]).sum(axis=1), 0)


def distinct(counts: np.ndarray) -> np.ndarray:
    """The number of different answers."""
    return (counts[:, :SILENT] > 0).sum(axis=1)


RULES = {"pass": passed, "majority": majority, "distinct": distinct}


def expected(metric: str, k: int, chances: np.ndarray) -> np.ndarray:
    """A metric of k samples in truth, of tasks whose answers have these chances (the last axis)."""
    counts = compositions(k)
    ways = np.array([factorial(k) / prod(factorial(count) for count in row) for row in counts])
    likely = ways * np.prod(chances[..., np.newaxis, :] ** counts, axis=-1)
    return (likely * RULES[metric](counts)).sum(axis=-1)


def parts() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What all of a task's students share, what one has for itself, and how much each such pair counts."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    of_skill, of_task, own = np.meshgrid(SKILL * nodes, TASK * nodes, OWN * nodes, indexing="ij")
    counted = weights[:, None, None] * weights[None, :, None] * weights[None, None, :] / 8
    return (of_skill + of_task).ravel(), own.ravel(), counted.ravel()


def drawn_parts(
    rng: np.random.Generator, n_studies: int, n_skills: int, per_skill: int, n_students: int
) -> np.ndarray:
    """What moves each task at each student, shape (students, studies, skills, tasks)."""
    shared = rng.uniform(-SKILL, SKILL, (n_studies, n_skills, 1))
    shared = shared + rng.uniform(-TASK, TASK, (n_studies, n_skills, per_skill))
    return shared + rng.uniform(-OWN, OWN, (n_students, n_studies, n_skills, 1))


def of_rate(rate: np.ndarray) -> np.ndarray:
    """Chances of the answers where the right one has this."""
    wrong = (1 - SILENCE - rate)[..., np.newaxis] * WRONG
    silent = np.full((*rate.shape, 1), SILENCE)
    return np.concatenate([rate[..., np.newaxis], wrong, silent], axis=-1)


def of_variety(variety: np.ndarray) -> np.ndarray:
    """Chances of answers that are the right one, or with the chance `variety` any of the four alike."""
    each = variety[..., np.newaxis] * (1 - SILENCE) / (_N_ANSWERS - 1)
    right = (1 - variety)[..., np.newaxis] * (1 - SILENCE) + each
    silent = np.full((*variety.shape, 1), SILENCE)
    return np.concatenate([right, each, each, each, silent], axis=-1)


@cache
def _table(metric: str, k: int) -> np.ndarray:
    table = np.full((N_SAMPLES + 1) ** _N_ANSWERS, np.nan)
    for counts in compositions(N_SAMPLES):
        table[_place(counts)] = _value(metric, k, *map(int, counts))
    return table


def _value(metric: str, k: int, right: int, *others: int) -> float | None:
    *wrong, silent = others
    votes = [count for count in (right, *wrong) if count]
    if metric == "pass":
        return pass_at(k, N_SAMPLES, right)
    if metric == "distinct":
        return distinct_at(k, votes, silent)
    return majority_at(k, votes, [float(right > 0 and place == 0) for place in range(len(votes))], silent)


def _place(counts: np.ndarray) -> np.ndarray:
    return counts @ (N_SAMPLES + 1) ** np.arange(_N_ANSWERS)


def measured(metric: str, k: int, counts: np.ndarray) -> np.ndarray:
    """The library's value of a metric of k samples for each task of `N_SAMPLES`, counted by answer."""
    return _table(metric, k)[_place(counts)]


def counted(rng: np.random.Generator, chances: np.ndarray) -> np.ndarray:
    """How many of a task's samples give each answer."""
    return rng.multinomial(N_SAMPLES, chances)


def one_by_one(rng: np.random.Generator, chances: np.ndarray) -> np.ndarray:
    """The answer of each sample of each task, as a column of `chances`; the samples are the last axis."""
    draws = rng.random((*chances.shape[:-1], N_SAMPLES, 1))
    return (draws > chances.cumsum(axis=-1)[..., np.newaxis, :SILENT]).sum(axis=-1)


def moved(metric: str, k: int, chances_of: Chances, at: float, by: float) -> float:
    """How far all tasks must be moved from `at` for the metric's mean to move by so much."""
    from scipy.optimize import brentq

    shared, own, weights = parts()

    def mean(place: float) -> float:
        return float(weights @ expected(metric, k, chances_of(place + shared + own)))

    start = mean(at)
    return float(brentq(lambda step: mean(at + step) - start - by, -0.4, 0.4))
