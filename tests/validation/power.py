"""Is the smallest detectable effect that of the word: is it `supported` in 80 % of studies?

Skill means of the lifts of a family are drawn, normal, with skills of equal size. The stated effect is the
median over studies of what `claims` would say.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from validation.coverage import CONFIDENCE

from skillift.statistics.claim_labels import SUPPORTED, holm, word
from skillift.statistics.uncertainty import students_t

FAMILIES = (1, 4)
SKILLS = (8, 40)


class Power(NamedTuple):
    """How often the first lift of a family is supported at its stated smallest detectable effect.

    Attributes:
        n_tests, n_skills: of the family and the studies.
        rest: whether the other lifts are null, or as large.
        stated: the median stated effect, in standard deviations between skills.
        supported: share of studies.
        n_studies: number of studies.
    """

    n_tests: int
    n_skills: int
    rest: str
    stated: float
    supported: float
    n_studies: int


def power(n_studies: int, seed: int) -> list[Power]:
    """Power in every family, with the rest of it null and as large."""
    rng = np.random.default_rng(seed)
    return [
        _power(rng, n_tests, n_skills, rest, n_studies)
        for n_tests in FAMILIES
        for n_skills in SKILLS
        for rest in (("null", "as large") if n_tests > 1 else ("null",))
    ]


def family_size(n_studies: int, seed: int) -> float:
    """Share of studies in which any lift of a family of four null ones gets a word."""
    rng = np.random.default_rng(seed)
    found = 0
    for _ in range(n_studies):
        values = rng.normal(0, 1, (4, 40))
        found += any(claim["word"] != "not resolvable at this n" for claim in _claims(values))
    return found / n_studies


def _power(rng, n_tests: int, n_skills: int, rest: str, n_studies: int) -> Power:
    errors = rng.normal(0, 1, (n_studies, n_skills)).std(axis=1, ddof=1) / n_skills**0.5
    stated = [
        students_t(error, n_skills - 1).detectable(CONFIDENCE, n_tests)["mde"] for error in errors[:500]
    ]
    effect = float(np.median(stated))
    supported = 0
    for _ in range(n_studies):
        values = rng.normal(0, 1, (n_tests, n_skills))
        values[0] += effect
        values[1:] += effect if rest == "as large" else 0.0
        supported += _claims(values)[0]["word"] == SUPPORTED
    return Power(n_tests, n_skills, rest, effect, supported / n_studies, n_studies)


def _claims(values: np.ndarray) -> list[dict]:
    n_skills = values.shape[1]
    means, errors = values.mean(axis=1), values.std(axis=1, ddof=1) / n_skills**0.5
    p_values = [
        students_t(error, n_skills - 1).p_value(mean) for mean, error in zip(means, errors, strict=True)
    ]
    rows = [
        {
            "claim": "lift",
            "estimate": mean,
            "ci_low": 0.0,
            "p_value": p,
            "p_holm": p_holm,
            "p_equivalence": None,
        }
        for mean, p, p_holm in zip(means, p_values, holm(p_values), strict=True)
    ]
    return [row | {"word": word(row, CONFIDENCE)} for row in rows]
