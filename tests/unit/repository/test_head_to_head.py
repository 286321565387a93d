"""The comparison with other packages: designs have the gain that they say, rows count what they say."""

from __future__ import annotations

import numpy as np
import pytest
from validation.head_to_head import (
    CONFIDENCE,
    DESIGNS,
    GAIN,
    by_binomials,
    by_skillift,
    compared,
    section,
    simulated,
)
from validation.sections import section_of, with_section


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_a_design_has_its_gain_over_the_population_of_skills(design):
    generator = np.random.default_rng(0)
    gains = [np.subtract(*simulated(design, GAIN, generator)[:2]).mean() for _ in range(200)]
    assert np.mean(gains) == pytest.approx(GAIN, abs=4 * np.std(gains) / np.sqrt(len(gains)))


def test_intervals_of_alike_tasks_are_wider_by_skill_than_by_pairs_and_hold_the_gain():
    pair = simulated(DESIGNS[3], GAIN, np.random.default_rng(1))
    (low, high), naive = by_skillift(pair), by_binomials(pair)
    assert low < GAIN < high
    assert high - low != pytest.approx(naive[1] - naive[0])


def test_without_other_packages_the_page_has_two_rows_a_design():
    rows = compared(DESIGNS[1], 60, None, 0)
    assert [row.package for row in rows] == ["skillift", "two binomials"]
    assert rows[0].covered > 0.85 and rows[0].false_words < 0.15 and rows[0].undefined == 0
    text = section(rows, 60, "a machine")
    assert text.count("| 40 skills of 5 tasks |") == 2 and f"{100 * CONFIDENCE:.0f} %" in text


def test_two_trainings_that_differ_have_a_wider_interval_than_their_mean_given_them():
    pair = simulated(DESIGNS[-1], GAIN, np.random.default_rng(2))
    assert pair.after.shape == (2, 200)
    (low, high), given = by_skillift(pair), by_skillift(pair._replace(after=pair.after.mean(axis=0)[None]))
    assert high - low > given[1] - given[0]


def test_a_section_is_written_in_its_place_and_the_rest_of_the_page_stays():
    page = "# Page\n\nLead.\n\n## One\n\na\n\n## Two\n\nb\n"
    added = with_section(page, "Three", "c\n")
    assert added == page + "\n## Three\n\nc\n"
    changed = with_section(added, "Two", "d")
    assert [section_of(changed, name) for name in ("One", "Two", "Three", "Four")] == ["a", "d", "c", ""]
    assert with_section(changed, "Two", "b") == added
