"""Looking again and again as data grow: how often a study without an effect gets a word of one.

A study adds skills after each look and is analysed again; a lift that is resolved at any look is a false
word.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from validation.coverage import CONFIDENCE, NOTHING
from validation.studies import right_responses

from skillift.ledger.looks import level
from skillift.statistics.claim_labels import NOT_RESOLVABLE, word
from skillift.statistics.intervals import clustered_estimates

SKILLS = (8, 16, 24, 32, 40)  # at each look, of 5 tasks
_LIFT = np.array([1, -1, -1, 1])  # of the arms in the order of `studies.ARMS`


class Looked(NamedTuple):
    """How often a study without an effect has had a false word by its last look.

    Attributes:
        n_looks: so many, each with more skills.
        each_at_alpha: where every look tests at 1 - CONFIDENCE.
        sharing_alpha: where look j tests at `looks.level`.
        n_studies: number of studies.
    """

    n_looks: int
    each_at_alpha: float
    sharing_alpha: float
    n_studies: int


def looks(n_studies: int, seed: int) -> list[Looked]:
    """Rates of false words after one look to five."""
    alpha, rng = 1 - CONFIDENCE, np.random.default_rng(seed)
    responses = right_responses(rng, NOTHING, n_studies)
    lifts = np.einsum("sat,a->st", responses.astype(float), _LIFT)
    by_skill = lifts.reshape(n_studies, NOTHING.n_skills, NOTHING.per_skill).sum(axis=2)
    plain, shared = np.zeros(n_studies, dtype=bool), np.zeros(n_studies, dtype=bool)
    found = []
    for look, n_skills in enumerate(SKILLS, start=1):
        sums = by_skill[:, :n_skills]
        rows = clustered_estimates(sums, np.full(sums.shape, NOTHING.per_skill), CONFIDENCE).to_dicts()
        plain |= _resolved(rows, alpha)
        shared |= _resolved(rows, level(look, alpha))
        found.append(Looked(look, float(plain.mean()), float(shared.mean()), n_studies))
    return found


def _resolved(rows: list[dict], alpha: float) -> np.ndarray:
    claim = {"claim": "lift", "p_holm": None, "p_equivalence": None}
    return np.array([word(row | claim, 1 - alpha) != NOT_RESOLVABLE for row in rows])
