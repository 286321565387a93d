"""The words of claims, by the written rule, and Holm's correction by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from skillift.contracts.analysis import ANALYSIS_TABLES
from skillift.statistics.claim_labels import (
    CONTRADICTED,
    EQUIVALENT,
    NON_INFERIOR,
    NOT_RESOLVABLE,
    SUPPORTED,
    UNDEFINED,
    holm,
    word,
    word_of_all,
)

ALL = (SUPPORTED, CONTRADICTED, EQUIVALENT, NON_INFERIOR, NOT_RESOLVABLE, UNDEFINED)


def claim(kind="lift", estimate=0.07, p_value=0.01, p_holm=None, p_equivalence=None, ci_low=0.01) -> dict:
    parts = {"p_value": p_value, "p_holm": p_holm, "p_equivalence": p_equivalence, "ci_low": ci_low}
    return {"claim": kind, "estimate": estimate, **parts}


EFFECTS = {
    "above zero": (claim(), SUPPORTED),
    "below zero": (claim(estimate=-0.07), CONTRADICTED),
    "not significant": (claim(p_value=0.2), NOT_RESOLVABLE),
    "significant alone, not in its family": (claim(p_value=0.04, p_holm=0.08), NOT_RESOLVABLE),
    "significant in its family": (claim(p_value=0.01, p_holm=0.03), SUPPORTED),
    "no estimate": (claim(estimate=None, p_value=None, ci_low=None), UNDEFINED),
    "an estimate without an interval": (claim(p_value=None, ci_low=None), UNDEFINED),
    "just not significant": (claim(p_value=0.0501), NOT_RESOLVABLE),
}
SAMENESS = {
    "within the margin": (claim("uniform_lift", p_value=0.6, p_equivalence=0.01), EQUIVALENT),
    "apart": (claim("uniform_lift", p_equivalence=0.9), CONTRADICTED),
    "apart downwards": (claim("recipe_tie", estimate=-0.07, p_equivalence=0.9), CONTRADICTED),
    "within the margin and not zero": (claim("recipe_tie", p_equivalence=0.001), EQUIVALENT),
    "neither": (claim("recipe_tie", p_value=0.4, p_equivalence=0.4), NOT_RESOLVABLE),
    "apart alone, not in the family": (claim("recipe_tie", p_value=0.04, p_holm=0.12), NOT_RESOLVABLE),
    "no margin declared": (claim("recipe_tie", p_value=0.4), NOT_RESOLVABLE),
    "no test of a difference": (claim("uniform_lift", p_value=None, p_equivalence=0.4), NOT_RESOLVABLE),
    "no pair defined": (claim("uniform_lift", None, None, ci_low=None), UNDEFINED),
}


@pytest.mark.parametrize(("row", "expected"), EFFECTS.values(), ids=EFFECTS)
def test_an_effect_is_claimed_to_be_above_zero(row, expected):
    assert word(row, 0.95) == expected


@pytest.mark.parametrize(("row", "expected"), SAMENESS.values(), ids=SAMENESS)
def test_sameness_is_shown_within_a_margin_or_contradicted(row, expected):
    assert word(row, 0.95) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([EQUIVALENT, EQUIVALENT], EQUIVALENT),
        ([EQUIVALENT, NOT_RESOLVABLE], NOT_RESOLVABLE),
        ([EQUIVALENT, NOT_RESOLVABLE, CONTRADICTED], CONTRADICTED),
        ([UNDEFINED, EQUIVALENT], UNDEFINED),
        ([UNDEFINED, CONTRADICTED], UNDEFINED),
    ],
)
def test_a_whole_claim_says_what_its_pairs_say(words, expected):
    assert word_of_all(words) == word_of_all(words[::-1]) == expected


def test_equivalence_says_nothing_about_a_claim_of_an_effect():
    assert word(claim(p_value=0.6, p_equivalence=0.001), 0.95) == NOT_RESOLVABLE
    brittle = claim("brittleness", p_value=0.6, p_equivalence=0.001) | {"shape": "below"}
    assert word(brittle, 0.95) == EQUIVALENT  # for which a margin is declared


def test_alpha_is_what_the_confidence_leaves():
    assert word(claim(p_value=0.08), 0.9) == SUPPORTED
    assert word(claim(p_value=0.02), 0.99) == NOT_RESOLVABLE


def test_the_contract_allows_these_words_and_no_others():
    (allowed,) = ANALYSIS_TABLES["claims"].columns["word"].checks
    assert set(allowed.statistics["allowed_values"]) == set(ALL)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("size", [1, 2, 5, 20])
def test_holm_is_statsmodels(size):
    for p_values in np.random.default_rng(size).random((3, size)) ** 3:
        assert holm(p_values.tolist()) == pytest.approx(multipletests(p_values, method="holm")[1].tolist())


def test_in_families_without_any_effect_one_in_twenty_has_a_significant_test():
    rng = np.random.default_rng(0)
    draws = rng.normal(0, 1, (2000, 40, 1)) + rng.normal(
        0, 1, (2000, 40, 4)
    )  # tests that depend on each other
    p_values = stats.ttest_1samp(draws, 0, axis=1).pvalue
    significant = np.mean([min(holm(family.tolist())) < 0.05 for family in p_values])
    assert 0.02 < significant < 0.06
    assert np.mean(p_values.min(axis=1) < 0.05) > 0.08


def test_an_undefined_test_does_not_count_in_its_family():
    assert holm([0.02, None, 0.03]) == pytest.approx([0.04, None, 0.04])
    assert holm([None]) == [None]
    assert holm([]) == []
