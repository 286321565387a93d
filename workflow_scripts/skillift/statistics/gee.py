"""A logit model of pass and fail whose observations are correlated within skills, by statsmodels' GEE."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

_MOST_ITERATIONS = 100

# Where log odds are infinite, iterations end nearer to 0 or 1 than this; one pass in a million tasks is
# further away.
_CERTAIN = 1e-8


class LogitFit(NamedTuple):
    """Coefficients in log odds with their covariance; all but `reason` are None where it is not empty."""

    coefficients: np.ndarray | None
    covariance: np.ndarray | None
    correlation: float | None
    reason: str


def fit_logit(values: np.ndarray, design: np.ndarray, clusters: np.ndarray) -> LogitFit:
    """Generalised estimating equations: binomial, logit link, exchangeable correlation within clusters.

    Liang and Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 73 (1986). The
    covariance is the sandwich, which holds where the correlation is not exchangeable, times G/(G-1), as for
    all clustered standard errors of this package.

    Args:
        values: pass rates of one task and arm, from 0 to 1.
        design: one row per value.
        clusters: the skill of each value; at least two.
    """
    from statsmodels.genmod.cov_struct import Exchangeable
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE

    model = GEE(values, design, groups=clusters, family=Binomial(), cov_struct=Exchangeable())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what they say is looked at below: convergence, finite numbers
            fit = model.fit(maxiter=_MOST_ITERATIONS)
    except (np.linalg.LinAlgError, ValueError) as error:
        return LogitFit(None, None, None, f"the model cannot be fitted: {error}")
    if fit is None or not fit.converged:
        return LogitFit(None, None, None, f"no convergence in {_MOST_ITERATIONS} iterations")
    n_clusters, sizes = len(np.unique(clusters)), np.unique(clusters, return_counts=True)[1]
    covariance = np.asarray(fit.cov_robust) * n_clusters / (n_clusters - 1)
    correlation = float(model.cov_struct.dep_params)
    if not np.isfinite(covariance).all() or _is_certain(fit.fittedvalues):
        return LogitFit(None, None, None, "infinite log odds: an arm of passes or of fails alone")
    if not 1 + correlation * (max(sizes) - 1) > 0:
        return LogitFit(None, None, None, "the correlation within skills is below the possible")
    return LogitFit(np.asarray(fit.params), covariance, correlation, "")


def _is_certain(rates: np.ndarray) -> bool:
    """Whether a fitted rate is 0 or 1 but for rounding."""
    return bool((np.minimum(rates, 1 - rates) < _CERTAIN).any())
