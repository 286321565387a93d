"""Standard errors of means clustered by skill, right where skills are few and of unequal size.

The bias-reduced estimator CR2 of Bell and McCaffrey ("Bias reduction in standard errors for linear regression
with multi-stage samples", Survey Methodology 28, 2002) for means: residuals of skill g are multiplied by
(I - H_gg)^(-1/2), H being the hat matrix of the regression on a constant. Its vector of ones has the
eigenvalue 1 - n_g/n there, so of the matrices nothing remains but a factor for each skill, and

    variance = sum over skills of R_g^2 / (1 - n_g/n) / n^2

with R_g the sum of the residuals of the n_g tasks of skill g, of n tasks. With skills of equal size this is
the sandwich of Liang and Zeger with the factor G/(G - 1), for G skills. A linear contrast of means of several
columns is a regression on one constant for each: the factors are those of each column.

Degrees of freedom are Satterthwaite's for independent tasks of equal variance (Bell and McCaffrey 2002,
section 4; Imbens and Kolesar, "Robust standard errors in small samples", Review of Economics and Statistics
98, 2016): (trace B)^2 / trace(B^2), B being the matrix of the variance as a quadratic form. With skills of
equal size they are G - 1.
"""

from __future__ import annotations

import numpy as np


def shares(counts: np.ndarray) -> np.ndarray:
    """n_g / n: the share of each skill (the last axis) among the tasks; 0 where there are none."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.divide(counts, total, out=np.zeros(np.shape(counts)), where=total > 0)


def adjusted(residual_sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """R_g / sqrt(1 - n_g/n): what each skill adds, whose squares sum to n^2 times the variance of the mean.

    Skills are on the last axis of both; 0 where one skill has all tasks.
    """
    left = np.sqrt(1 - shares(counts))
    return np.divide(residual_sums, left, out=np.zeros(np.shape(residual_sums)), where=left > 0)


def degrees_of_freedom(counts: np.ndarray) -> np.ndarray:
    """Bell and McCaffrey's, of the mean over `counts` tasks of each skill (the last axis).

    With p_g = n_g/n and q_g = p_g^2 / (1 - p_g), B has p_g on its diagonal and -sqrt(q_g q_h) off it, times
    1/n: 1 / (sum p_g^2 + (sum q_g)^2 - sum q_g^2). NaN with fewer than two skills.
    """
    share, defined = shares(counts), (np.asarray(counts) > 0).sum(axis=-1) >= 2
    squares = share**2
    quotients = np.divide(squares, 1 - share, out=np.zeros(share.shape), where=share < 1)
    inverse = squares.sum(axis=-1) + quotients.sum(axis=-1) ** 2 - (quotients**2).sum(axis=-1)
    return np.divide(1.0, inverse, out=np.full(inverse.shape, np.nan), where=defined)


def contrast_degrees_of_freedom(variances: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Bell and McCaffrey's degrees of freedom of a linear contrast of the means of several columns.

    Args:
        variances: what each column adds to the contrast's variance, up to a common factor, were tasks
            independent: weight^2 / n for columns of n tasks with one variance. Columns on the last axis.
        counts: tasks of each skill in each column: one axis more, the skills.

    Returns:
        One number for each contrast; NaN where nothing varies, or where one skill has all tasks.
    """
    share = shares(counts)
    squares = np.divide(share**2, 1 - share, out=np.zeros(share.shape), where=share < 1)
    roots = np.sqrt(squares)
    # the form is diag(own) - sum over columns of variance * roots roots'
    own = np.einsum("...k,...kg->...g", variances, share + squares)
    trace = np.einsum("...k,...kg->...", variances, share)
    shared = np.einsum("...kg,...lg->...kl", roots, roots)
    of_square = (
        (own**2).sum(axis=-1)
        - 2 * np.einsum("...k,...kg,...g->...", variances, squares, own)
        + np.einsum("...k,...l,...kl->...", variances, variances, shared**2)
    )
    return np.divide(
        trace**2, of_square, out=np.full(np.shape(trace), np.nan), where=of_square > 1e-12 * trace**2
    )
