"""Studies whose skills have a discrimination, a base pass rate and a lift: is the slope's test what it says?

40 skills. The discrimination of a skill is the share of 20 pairs (of `beyond_base`, two predictors of unit
variance); the lift is that of 20 tasks whose verdicts are drawn. What is forecast with is what was measured,
so the truth is the slope on that; skills differ beyond it.
"""

from __future__ import annotations

import numpy as np
from validation.coverage import CONFIDENCE

from skillift.statistics.forecast import Estimator, estimated, lead, slopes
from skillift.statistics.uncertainty import students_t

N_SKILLS, PER_SKILL, N_PAIRS = 40, 20, 20
LIFT, OWN = 0.15, 0.08  # the mean lift; how far skills differ beyond what they are foretold by
BOTH = 0.10  # lift of one standard deviation of either predictor at the null of `beyond_base`
TRUE = np.linspace(0.4, 0.9, N_SKILLS)  # the share of a skill's pairs that is preferred in truth
SHARED = 0.5  # correlation of the two predictors
_MOST_STATED = 400


def forecast(rng: np.random.Generator, n_studies: int, slope: float) -> np.ndarray:
    """Estimate, ends, p-value and stated effect of each study whose lift has that slope."""
    rows = []
    for number in range(n_studies):
        measured = rng.binomial(N_PAIRS, TRUE) / N_PAIRS
        lift = LIFT + slope * (measured - 0.65) + rng.normal(0, OWN, N_SKILLS)
        rows.append(_analysed([_drawn(rng, lift), measured], slopes, number < _MOST_STATED))
    return np.array(rows).T


def beyond_base(rng: np.random.Generator, n_studies: int, more: float) -> np.ndarray:
    """The same of the difference of both predictors, of which discrimination tells more by so much."""
    rows = []
    # the parts that make one standard deviation of the one worth `BOTH + more`, and of the other `BOTH`
    own, other = np.linalg.solve([[1, SHARED], [SHARED, 1]], [BOTH + more, BOTH])
    for number in range(n_studies):
        predictors = rng.multivariate_normal([0, 0], [[1, SHARED], [SHARED, 1]], N_SKILLS)
        lift = LIFT + predictors @ [own, other] + rng.normal(0, OWN, N_SKILLS)
        rows.append(_analysed([_drawn(rng, lift), *predictors.T], lead, number < _MOST_STATED))
    return np.array(rows).T


def _drawn(rng: np.random.Generator, lift: np.ndarray) -> np.ndarray:
    """The measured lift of each skill: of each of its tasks four verdicts, whose rates differ by the lift."""
    rates = 0.3, 0.35, 0.35, 0.4 + lift
    within = [np.clip(rate, 0.02, 0.98) for rate in rates]  # of where a rate would leave them the noise alone
    noise = [rng.binomial(PER_SKILL, rate, N_SKILLS) / PER_SKILL - rate for rate in within]
    return lift + noise[0] - noise[1] - noise[2] + noise[3]


def _analysed(columns: list[np.ndarray], estimator: Estimator, stated: bool) -> tuple[float, ...]:
    row = estimated(columns, estimator, CONFIDENCE)
    whole = students_t(row["standard_error"], row["degrees_of_freedom"])
    least = whole.detectable(CONFIDENCE)["mde"] if stated else np.nan
    return row["estimate"], row["ci_low"], row["ci_high"], row["p_value"], least
