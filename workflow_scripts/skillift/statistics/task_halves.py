"""Random halves of the tasks, each with half of every skill's tasks, and what the skills sum to in them.

Two numbers that are estimated on different halves share no task, hence no noise of sampling.
"""

from __future__ import annotations

import numpy as np


def split_tasks(skills: np.ndarray, n_splits: int, seed: int) -> np.ndarray:
    """Which tasks are in the first half, for each of `n_splits` splits; the others are in the second.

    Within each skill the half is drawn without replacement. Of an odd number of tasks the first half gets
    the larger part in half of the splits, by chance.

    Args:
        skills: the skill of each task, as whole numbers from 0.
        n_splits: number of splits.
        seed: of the draw.

    Returns:
        Booleans of shape (splits, tasks).
    """
    generator = np.random.default_rng(seed)
    first = np.zeros((n_splits, len(skills)), dtype=bool)
    for skill in range(skills.max(initial=-1) + 1):
        members = np.flatnonzero(skills == skill)
        half, odd = divmod(len(members), 2)
        sizes = half + (generator.integers(0, 2, n_splits) if odd else 0) * np.ones(n_splits, dtype=int)
        places = np.argsort(generator.random((n_splits, len(members))), axis=1)
        first[:, members] = places < sizes[:, None]
    return first


def sums_by_skill(
    values: np.ndarray, skills: np.ndarray, halves: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sum and number of the known values of each skill in each half.

    Args:
        values: of shape (students, tasks); NaN where a student has no value of a task.
        skills: the skill of each task, as whole numbers from 0.
        halves: booleans of shape (halves, tasks).

    Returns:
        Two arrays of shape (students, skills, halves).
    """
    from scipy.sparse import csr_array

    known, tasks = ~np.isnan(values), np.arange(len(skills))
    inside, shape = halves.T.astype(float), (skills.max(initial=-1) + 1, len(skills))
    sums, counts = (
        np.stack([csr_array((row, (skills, tasks)), shape=shape) @ inside for row in rows])
        for rows in (np.where(known, values, 0.0), known.astype(float))
    )
    return sums, counts
