"""McNemar's exact test: against statsmodels, scipy and a table worked out by hand."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar

from skillift.statistics.mcnemar import exact_mcnemar

COUNTS = [(10, 25), (25, 10), (0, 1), (1, 0), (7, 7), (0, 12), (3, 1), (60, 41)]


@pytest.mark.parametrize(("gained", "lost"), COUNTS)
def test_it_is_the_exact_test_of_statsmodels_and_the_binomial_test_of_scipy(gained, lost):
    (found,) = exact_mcnemar(np.array([gained]), np.array([lost]))
    table = [[30, gained], [lost, 50]]
    assert found == pytest.approx(mcnemar(table, exact=True).pvalue, rel=1e-12)
    assert found == pytest.approx(binomtest(gained, gained + lost, 0.5).pvalue, rel=1e-12)


def test_ten_against_twenty_five_by_hand():
    tail = sum(comb(35, k) for k in range(11)) / 2**35
    assert exact_mcnemar(np.array([10]), np.array([25]))[0] == pytest.approx(2 * tail, rel=1e-12)


def test_without_discordant_pairs_there_is_nothing_against_equality():
    assert exact_mcnemar(np.array([0]), np.array([0]))[0] == 1.0
