"""Variances in parts: Student's t with one of them, and never too narrow with several."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skillift.statistics.uncertainty import Part, Uncertainty, students_t


def test_one_part_is_students_t():
    found = students_t(0.04, 7.5).of(0.1, 0.9)
    quantile, power = stats.t.ppf([0.95, 0.8], 7.5)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(
        (0.1 - quantile * 0.04, 0.1 + quantile * 0.04)
    )
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(2.5, 7.5))
    assert found["mde"] == pytest.approx((quantile + power) * 0.04)
    assert (found["standard_error"], found["degrees_of_freedom"]) == pytest.approx((0.04, 7.5))


def test_each_part_has_the_quantile_of_its_own_degrees_of_freedom():
    whole = Uncertainty([Part(0.02, 39), Part(0.01, 2), Part(0.0, 1)])
    outer, inner = stats.t.ppf(0.975, [39, 2])
    assert whole.half_width(0.95) == pytest.approx((outer**2 * 0.02 + inner**2 * 0.01) ** 0.5)
    assert whole.standard_error == pytest.approx(0.03**0.5)


@pytest.mark.parametrize("estimate", [0.0, 0.01, 0.2, -0.6, 3.0])
def test_tests_are_the_intervals_turned_round(estimate):
    whole = Uncertainty([Part(0.02, 39), Part(0.01, 2)])
    p_value = whole.p_value(estimate)
    assert 0 < p_value <= 1
    if estimate:
        assert whole.half_width(1 - p_value) == pytest.approx(abs(estimate), rel=1e-6)
    assert whole.tail(-0.3) == pytest.approx(1 - whole.tail(0.3))


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_standard_error_and_degrees_of_freedom_give_the_interval(confidence):
    whole = Uncertainty([Part(0.02, 39), Part(0.01, 2)])
    quantile = stats.t.ppf((1 + confidence) / 2, whole.degrees_of_freedom(confidence))
    assert quantile * whole.standard_error == pytest.approx(whole.half_width(confidence))


@pytest.mark.parametrize("ratio", [0.0, 0.1, 1.0, 10.0])
@pytest.mark.parametrize("freedom", [1, 3])
def test_it_covers_whatever_the_true_variances_are_and_satterthwaite_does_not(ratio, freedom):
    rng, n = np.random.default_rng(1), 4000
    first, second = rng.chisquare(11, n) / 11, ratio * rng.chisquare(freedom, n) / freedom
    errors = np.abs(rng.normal(0, (1 + ratio) ** 0.5, n))
    half = np.array(
        [
            Uncertainty([Part(a, 11), Part(b, freedom)]).half_width(0.95)
            for a, b in zip(first, second, strict=True)
        ]
    )
    assert (errors < half).mean() > 0.95 - 3 * (0.05 * 0.95 / n) ** 0.5
    if (ratio, freedom) == (10.0, 1):
        joint = (first + second) ** 2 / (first**2 / 11 + second**2 / freedom)
        assert (errors < stats.t.ppf(0.975, joint) * (first + second) ** 0.5).mean() < 0.93


def test_of_several_readings_the_widest_counts():
    wide, narrow = [Part(0.01, 39)], [Part(0.001, 39), Part(1e-6, 1)]
    both = Uncertainty(narrow, wide)
    assert both.of(0.2, 0.95) == pytest.approx(Uncertainty(wide).of(0.2, 0.95), rel=1e-6)


@pytest.mark.parametrize(("freedom", "n_tests"), [(4, 1), (4, 4), (7, 4), (39, 4)])
def test_the_detectable_effect_of_a_family_is_found_with_80_percent_power(freedom, n_tests):
    """Exactly so with the true standard error; the estimated one is put right by its median."""
    found = students_t(1.0, freedom).detectable(0.95, n_tests)
    effect = found["mde"] * (stats.chi2.ppf(0.5, freedom) / freedom) ** 0.5
    quantile = stats.t.ppf(1 - 0.025 / n_tests, freedom)
    assert stats.nct.sf(quantile, freedom, effect) == pytest.approx(0.8, abs=1e-6)
    assert found["mde_low"] < found["mde"] < found["mde_high"]
