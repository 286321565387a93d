"""A referee reads the findings: no sentence stands on them in a study in which it would be false.

The sentences are those of the package `referee`, a module for each question. That they are all is read off
the modules that write them; that each condition of these modules is needed is tried by removing it, in
`test_referee_guards.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from referee import DRAWERS, WRITERS, Sentence, fragments, said_of, wrong
from referee.figures import NAMES
from referee.sentences import SENTENCES

pytestmark = pytest.mark.xdist_group("referee")  # the study is analysed once

# what is said of every study: rules of the analysis, with the tests that fail where one is not followed
ALWAYS = {
    "Differences are paired by task, within one scoring path; standard errors are clustered by skill. ": (
        "statistics/test_effects::pairing_uses_the_tasks_and_not_their_order",
        "statistics/test_effects::a_subtraction_across_two_paths_raises",
        "statistics/test_equivalence::tasks_of_one_skill_that_move_together_count_as_one",
        "statistics/test_claims::holm_is_over_the_lifts_of_one_path_and_the_deltas_apart",
        "statistics/test_claims::with_several_seeds_they_are_about_the_recipe_and_hold_its_seed_variance",
        "statistics/test_missing::an_absent_row_is_a_task_without_a_verdict_and_counted",
    ),
    "Look at": (
        "findings/test_closing_lines::each_question_has_a_line_with_its_words_and_the_last_says_where_to_look",
    ),
}


@pytest.mark.parametrize("sentence", SENTENCES, ids=[each.says[:50] for each in SENTENCES])
def test_a_sentence_is_said_where_it_is_true_and_not_where_it_is_false(sentence: Sentence):
    assert wrong(sentence, said_of) == ""


def test_every_sentence_has_a_study_in_which_it_is_false():
    assert [each.says for each in SENTENCES if not each.false] == []


_SEVERAL = re.compile(
    r"(?<![\d.,/-])1 (?!as |not |has )(?:[a-z]+ )?[a-z]*[a-rt-z]s\b|\d of 1 |\b1 (?:have|keep|are) "
)


@pytest.mark.parametrize("study", sorted({each.true for each in SENTENCES}, key=lambda each: each.__name__))
def test_one_of_a_kind_is_not_said_as_several(study):
    places = {each.where for each in SENTENCES if each.true is study and " " not in each.where}
    lines = [line for where in places for line in said_of(study, where)]
    assert [found[0] for line in lines if (found := _SEVERAL.search(line))] == []


@pytest.mark.parametrize("module", WRITERS)
def test_every_text_that_a_finding_is_made_of_is_in_a_sentence_that_the_referee_knows(module):
    known = [each.says.lower() for each in SENTENCES]
    unknown = [
        f"{module}, line {each.line}: {each.text}"
        for each in fragments(module)
        if not each.text.startswith(tuple(ALWAYS)) and not any(each.text.lower() in says for says in known)
    ]
    assert unknown == []


@pytest.mark.parametrize("module", DRAWERS)
def test_every_text_around_a_figure_is_a_name_or_in_a_sentence_that_the_referee_knows(module):
    known = [each.says for each in SENTENCES if each.where.startswith("figure ")]
    unknown = [
        f"{module}, line {each.line}: {each.text}"
        for each in fragments(module)
        if each.text not in NAMES and not any(each.text in says for says in known)
    ]
    assert unknown == []


def test_every_name_around_a_figure_is_written_by_a_module_that_draws():
    written = {each.text for module in DRAWERS for each in fragments(module)}
    assert written >= NAMES


def test_what_is_said_of_every_study_is_held_by_tests_that_are_there(repository: Path):
    for test in (test for tests in ALWAYS.values() for test in tests):
        module, _, name = test.partition("::")
        text = (repository / "tests" / "unit" / f"{module}.py").read_text(encoding="utf-8")
        assert f"\ndef test_{name}(" in text, test
