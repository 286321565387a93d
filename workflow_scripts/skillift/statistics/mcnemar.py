"""McNemar's exact test: do two arms pass the same share of the tasks that both answered?"""

from __future__ import annotations

import numpy as np


def exact_mcnemar(gained: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """Two-sided exact p-values from counts of discordant pairs, element by element.

    Under the null each discordant pair is a fair coin: min(1, 2 * P(Binomial(gained + lost, 1/2) <=
    min(gained, lost))) (McNemar, Psychometrika 12, 1947; exact form as in Agresti, "Categorical data
    analysis", 3rd edition, section 11.1). 1 without discordant pairs. Tasks are taken as independent, which
    tasks of one skill are not: a check beside the clustered interval and no replacement of it. statsmodels'
    `mcnemar(exact=True)` does one table at a time.

    Args:
        gained: tasks that only the first arm passes.
        lost: tasks that only the second arm passes.
    """
    from scipy.special import bdtr

    return np.minimum(1.0, 2 * bdtr(np.minimum(gained, lost), gained + lost, 0.5))
