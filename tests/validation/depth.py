"""Dips and recoveries: how often are they found in flat courses, by declared steps and by the lowest one?

    python tests/validation/depth.py

A course is the pass rate at 16 checkpoints and of the base model, in 40 skills; each arm has noise of its own
of the size that skills of 5 tasks have. At the claim's null one of its two parts is certain and the other 0:
more is found in no other.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow_scripts"))

import numpy as np

from skillift.statistics.comparisons import Joint
from skillift.statistics.depth import PARTS
from skillift.statistics.intersection_union import deciding
from skillift.statistics.trajectory import Part, resolvable_multiple
from skillift.statistics.uncertainty import students_t

N_SKILLS, N_STEPS, N_EARLY = 40, 16, 3
NOISE = 0.16  # standard deviation of a skill's rate in one arm
DECLARED = {"dip": 0.05, "recovery": 0.05}
ALPHA = 0.05
_STATED = 60  # studies whose multiple is computed


class Depths(NamedTuple):
    """Shares of studies in which a dip and a recovery are found.

    Attributes:
        flat: of flat courses, by the declared steps.
        lowest: of the same, where the lowest checkpoint is called early.
        null: of courses without a dip whose last step is certainly above all others.
        lowest_at_null: of the same, where the lowest checkpoint is called early.
        stated: the median multiple of the declared pattern that studies state.
        power: of courses with that multiple.
    """

    flat: float
    lowest: float
    null: float
    lowest_at_null: float
    stated: float
    power: float


def depths(n_studies: int, seed: int) -> Depths:
    """All shares, each of so many studies."""
    rng = np.random.default_rng(seed)
    flat = [_course(rng, 0.0, 0.0) for _ in range(n_studies)]
    stated = float(np.median([_multiple(course) for course in flat[:_STATED]]))
    dipped = [_course(rng, *(stated * DECLARED[part] for part in PARTS)) for _ in range(n_studies)]
    risen = [_course(rng, 0.0, 1.0) for _ in range(n_studies)]
    return Depths(
        _share(_parts(course) for course in flat),
        _share(_parts(course, lowest=True) for course in flat),
        _share(_parts(course) for course in risen),
        _share(_parts(course, lowest=True) for course in risen),
        stated,
        _share(_parts(course) for course in dipped),
    )


def _course(rng: np.random.Generator, dip: float, recovery: float) -> np.ndarray:
    """Rates by skill of the base model, and then of each checkpoint."""
    rates = rng.normal(0, NOISE, (N_SKILLS, 1 + N_STEPS))
    rates[:, 1:] -= dip
    rates[:, -1] += recovery
    return rates


def _parts(course: np.ndarray, lowest: bool = False) -> np.ndarray:
    """Dip and recovery by skill, above 0 as claimed."""
    early = course[:, 1 : 1 + N_EARLY].mean(axis=1)
    if lowest:
        early = course[:, 1 + course[:, 1:-1].mean(axis=0).argmin()]
    return np.stack([course[:, 0] - early, course[:, -1] - early], axis=1)


def _share(studies: Iterable[np.ndarray]) -> float:
    found = []
    for parts in studies:
        errors = parts.std(axis=0, ddof=1) / N_SKILLS**0.5
        tests = [
            (float(mean), students_t(float(error), N_SKILLS - 1.0).p_value(float(mean)))
            for mean, error in zip(parts.mean(axis=0), errors, strict=True)
        ]
        place, p_value = deciding(tests)
        found.append(tests[place][0] > 0 and p_value < ALPHA)
    return float(np.mean(found))


def _multiple(course: np.ndarray) -> float:
    parts = _parts(course)
    joint = Joint(parts.mean(axis=0), [], np.cov(parts.T) / N_SKILLS, N_SKILLS - 1.0)
    claimed = [Part(name, "", DECLARED[name]) for name in PARTS]
    return resolvable_multiple(joint, list(PARTS), claimed, 1 - ALPHA)


if __name__ == "__main__":
    print(depths(2000, 0))
