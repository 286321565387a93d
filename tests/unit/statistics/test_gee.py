"""The logit model: as R's geepack on the data of its manual, and by hand where there is a closed form."""

from __future__ import annotations

import numpy as np
import pytest

from skillift.statistics.gee import fit_logit
from skillift.statistics.heterogeneity import equality_test

# The Ohio children of the Six Cities study: wheeze at the ages 7, 8, 9, 10, and the numbers of children whose
# mothers did not and did smoke (Fitzmaurice and Laird, Biometrika 80, 1993; the data set `ohio` of geepack).
OHIO = {
    "0000": (237, 118),
    "1000": (24, 7),
    "0100": (16, 11),
    "1100": (6, 4),
    "0010": (15, 8),
    "1010": (3, 3),
    "0110": (7, 6),
    "1110": (5, 4),
    "0001": (10, 6),
    "1001": (3, 3),
    "0101": (2, 1),
    "1101": (2, 2),
    "0011": (4, 2),
    "1011": (2, 1),
    "0111": (3, 4),
    "1111": (11, 7),
}
# geepack 1.3.9: geeglm(resp ~ age * smoke, id = id, family = binomial, corstr = "exchangeable")
GEEPACK = {
    "estimate": [-1.9004951788729, -0.1412359096632, 0.3138257882622, 0.0708318386703],
    "standard error": [0.1190869816239, 0.0582008852209, 0.1878418150763, 0.0882788523848],
    "correlation": 0.354605,
}


def ohio():
    rows = [
        (int(wheeze), 1.0, age - 9.0, smoke, (age - 9.0) * smoke)
        for pattern, counts in OHIO.items()
        for smoke, count in enumerate(counts)
        for _ in range(count)
        for age, wheeze in zip((7, 8, 9, 10), pattern, strict=True)
    ]
    table = np.array(rows)
    return table[:, 0], table[:, 1:], np.repeat(np.arange(len(rows) // 4), 4)


def test_it_agrees_with_geepack_on_the_ohio_data():
    values, design, children = ohio()
    fit = fit_logit(values, design, children)
    assert len(np.unique(children)) == 537
    assert fit.coefficients == pytest.approx(GEEPACK["estimate"], rel=2e-4)
    uncorrected = np.sqrt(np.diag(fit.covariance) * 536 / 537)  # geepack has no factor G / (G - 1)
    assert uncorrected == pytest.approx(GEEPACK["standard error"], rel=2e-4)
    assert fit.correlation == pytest.approx(GEEPACK["correlation"], rel=5e-3)
    assert fit.reason == ""


def balanced(seed: int = 0, n_skills: int = 20, per_cell: int = 5):
    """Four cells, each with the same number of tasks in every skill."""
    rng = np.random.default_rng(seed)
    ease = np.repeat(rng.normal(0, 1, n_skills), 4 * per_cell)
    cells = np.tile(np.repeat(np.arange(4), per_cell), n_skills)
    skills = np.repeat(np.arange(n_skills), 4 * per_cell)
    rate = 1 / (1 + np.exp(-(ease + np.array([-0.5, 0.2, 0.0, 0.9])[cells])))
    return (rng.random(len(rate)) < rate).astype(float), np.eye(4)[cells], cells, skills


def test_with_equal_cells_in_every_skill_it_is_the_logit_of_the_rates_with_the_delta_method():
    values, design, cells, skills = balanced()
    rates = np.array([values[cells == cell].mean() for cell in range(4)])
    by_skill = np.array([[values[(skills == g) & (cells == c)].mean() for c in range(4)] for g in range(20)])
    slope = np.diag(1 / (rates * (1 - rates)))
    expected = slope @ (np.cov(by_skill, rowvar=False) / 20) @ slope
    fit = fit_logit(values, design, skills)
    assert fit.coefficients == pytest.approx(np.log(rates / (1 - rates)), abs=1e-6)
    assert fit.covariance == pytest.approx(expected, rel=1e-5)


def test_the_correlation_within_skills_is_seen():
    values, design, _, skills = balanced(n_skills=200)
    assert 0.1 < fit_logit(values, design, skills).correlation < 0.3


def test_a_fit_that_does_not_come_to_an_end_is_undefined_with_a_reason(recwarn):
    values, design, cells, skills = balanced()
    values[cells == 2] = 1.0  # separated: the log odds are infinite
    fit = fit_logit(values, design, skills)
    assert fit.reason != ""
    assert fit.coefficients is None
    assert not recwarn.list


@pytest.mark.nightly
def test_equal_lifts_are_told_apart_in_5_percent_of_studies():
    """Three students of 200 tasks in 40 skills, the same lift in log odds at different rates."""
    rng, n_studies, n_skills = np.random.default_rng(2), 250, 40
    student, curated, after = (np.ravel(axis) for axis in np.indices((3, 2, 2)))
    term = np.column_stack([np.ones(12), curated, after, curated * after])
    design = np.tile((np.eye(3)[student][:, :, np.newaxis] * term[:, np.newaxis]).reshape(12, 12), (200, 1))
    skills = np.repeat(np.arange(n_skills), 5 * 12)
    log_odds = np.array([-0.5, 0.0, 0.6])[student] + 0.3 * curated * after + 0.2 * after
    p_values = []
    for _ in range(n_studies):
        of_skill = rng.normal(0, 0.8, (n_skills, 1, 1)) + rng.normal(0, 0.3, (n_skills, 1, 12))
        rates = 1 / (1 + np.exp(-(log_odds + of_skill + rng.normal(0, 1, (n_skills, 5, 1)))))
        fit = fit_logit((rng.random(rates.shape) < rates).astype(float).ravel(), design, skills)
        lifts = slice(3, None, 4)
        p_values.append(equality_test(fit.coefficients[lifts], fit.covariance[lifts, lifts], 39).p_value)
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.04)  # 3 standard errors
