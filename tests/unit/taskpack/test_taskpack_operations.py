"""Claims about single operations, checked against an independent reading of their sentences."""

from __future__ import annotations

import random

import pytest

from skillift.taskpack.domains import DOMAINS, EASY_DOMAINS, STANDARD_DOMAINS, TINY_DOMAINS
from skillift.taskpack.instances import draw_list, suite_of
from skillift.taskpack.operations import (
    EASY_OPERATIONS,
    EASY_READOUTS,
    OPERATIONS,
    READOUTS,
    STANDARD_OPERATIONS,
    TINY_OPERATIONS,
    TINY_READOUTS,
)
from skillift.taskpack.skills import decoy_words, draw_skills

CODE, TAG, SLOT = TINY_DOMAINS
NUMBERS, WORDS, _ = STANDARD_DOMAINS


def _apply(operations, opening, text, domain):
    (operation,) = [one for one in operations if one.words(domain).startswith(opening)]
    return " ".join(operation.apply(tuple(text.split()), domain)[1])


@pytest.mark.parametrize(
    ("opening", "before", "after"),
    [
        ("Flip", "3 1 8", "8 1 3"),
        ("Shift", "3 1 8", "1 8 3"),
        ("Roll", "3 1 8", "8 3 1"),
        ("Swap", "3 1 8", "1 3 8"),
        ("Trade", "3 1 8", "3 8 1"),
        ("Sort", "3 1 8", "1 3 8"),
        ("Order", "3 1 8", "8 3 1"),
        ("Raise", "3 1 8", "4 2 1"),
        ("Take", "3 1 8", "3"),
        ("Choose", "3 1 8", "1"),
        ("Pick", "3 1 8", "8"),
        ("Keep", "3 1 8", "3 8"),
    ],
)
def test_a_tiny_operation_does_what_its_sentence_says(opening, before, after):
    assert _apply(TINY_OPERATIONS + TINY_READOUTS, opening, before, CODE) == after


@pytest.mark.parametrize(
    ("opening", "before", "after"),
    [
        ("Reverse", "34 71 12 50 99 10", "10 99 50 12 71 34"),
        ("Rotate", "34 71 12 50 99 10", "12 50 99 10 34 71"),
        ("Shift", "34 71 12 50 99 10", "50 99 10 34 71 12"),
        ("Swap the first", "34 71 12 50 99 10", "10 71 12 50 99 34"),
        ("Exchange", "34 71 12 50 99 10", "34 12 71 50 99 10"),
        ("Sort", "34 71 12 50 99 10", "10 12 34 50 71 99"),
        ("Order", "34 71 12 50 99 10", "99 71 50 34 12 10"),
        ("Replace", "34 71 12 50 99 10", "35 72 13 51 10 11"),
        ("Change", "34 71 12 50 99 10", "33 70 11 49 98 99"),
        ("Move", "34 71 12 50 99 10", "10 34 71 12 50 99"),
        ("Push", "34 71 12 50 99 10", "34 71 12 50 10 99"),
        ("Delete", "34 71 12 50 99 10", "34 12 99"),
        ("If the first", "34 71 12 50 99 10", "10 99 50 12 71 34"),
        ("If the first", "10 71 12 50 99 34", "10 71 12 50 99 34"),
        ("If the second", "34 71 12 50 99 10", "71 34 12 50 99 10"),
        ("If the second", "34 12 71 50 99 10", "34 12 71 50 99 10"),
        ("If the list has odd", "34 71 12 50 99 10 11", "34 71 12 99 10 11"),
        ("If the list has odd", "34 71 12 50 99 10", "34 71 12 50 99 10"),
        ("If the list has even", "34 71 12 50 99 10", "34 71 50 12 99 10"),
        ("If the list has even", "34 71 12 50 99 10 11", "34 71 12 50 99 10 11"),
    ],
)
def test_a_standard_operation_does_what_its_sentence_says(opening, before, after):
    assert _apply(STANDARD_OPERATIONS, opening, before, NUMBERS) == after


@pytest.mark.parametrize(
    ("opening", "before", "after"),
    [
        ("Write", "7 12 3 20", "20 3 12 7"),
        ("Move", "7 12 3 20", "12 3 20 7"),
        ("Bring", "7 12 3 20", "20 7 12 3"),
        ("Swap", "7 12 3 20", "12 7 3 20"),
        ("Exchange", "7 12 3 20", "20 12 3 7"),
        ("Sort", "7 12 3 20", "3 7 12 20"),
        ("Order", "7 12 3 20", "20 12 7 3"),
        ("Drop", "7 12 3 20", "12 3 20"),
        ("Remove", "7 12 3 20", "7 12 3"),
        ("Take", "7 12 3 20", "7"),
        ("Choose", "7 12 3 20", "12"),
        ("Pick", "7 12 3 20", "20"),
        ("Keep", "7 12 3 20", "7 20"),
    ],
)
def test_an_easy_operation_does_what_its_sentence_says(opening, before, after):
    assert _apply(EASY_OPERATIONS + EASY_READOUTS, opening, before, EASY_DOMAINS[0]) == after


def test_words_of_the_easy_pack_are_in_the_order_of_the_alphabet():
    assert list(EASY_DOMAINS[1].order) == sorted(EASY_DOMAINS[1].order)


def test_sorting_and_stepping_follow_the_order_of_the_domain():
    assert _apply(TINY_OPERATIONS, "Sort", "Sun Mon Fri", SLOT) == "Mon Fri Sun"
    assert _apply(TINY_OPERATIONS, "Raise", "Sun Mon Fri", SLOT) == "Mon Tue Sat"
    assert _apply(TINY_OPERATIONS, "Raise", "A H C", TAG) == "B A D"
    assert _apply(STANDARD_OPERATIONS, "Replace", "Zulu Alfa Mike", WORDS) == "Alfa Bravo November"


def test_a_conditional_that_does_not_hold_is_worked_as_leave():
    (operation,) = [one for one in STANDARD_OPERATIONS if one.sentence.startswith("If the second")]
    assert operation.apply(("12", "34"), NUMBERS)[0] == "Swap"
    assert operation.apply(("34", "12"), NUMBERS)[0] == "Leave"


@pytest.mark.parametrize("difficulty", ["tiny", "easy", "standard"])
@pytest.mark.parametrize("kind", [OPERATIONS, READOUTS])
def test_sentences_of_one_kind_are_equally_long(difficulty, kind):
    sentences = [operation.words(domain) for operation in kind[difficulty] for domain in DOMAINS[difficulty]]
    assert len({len(sentence.split()) for sentence in sentences}) == 1


def test_each_tiny_operation_has_a_verb_of_its_own_which_opens_its_sentence():
    verbs = [operation.verb for operation in TINY_OPERATIONS + TINY_READOUTS]
    assert len(set(verbs)) == len(verbs)
    assert all(one.sentence.startswith(one.verb) for one in TINY_OPERATIONS + TINY_READOUTS)


@pytest.mark.parametrize("difficulty", ["tiny", "easy", "standard"])
def test_no_operation_leaves_too_few_items_for_a_readout(difficulty):
    rng = random.Random(0)
    for seed in range(5):
        for skill in draw_skills(difficulty, seed):
            for _ in range(20):
                items = draw_list(rng, difficulty, skill.domain)
                assert 1 <= len(skill.answer(items)) <= 2


def test_no_tiny_skill_leaves_every_list_as_it_was():
    rng = random.Random(0)
    for skill in draw_skills("tiny", 0):
        lists = [draw_list(rng, "tiny", skill.domain) for _ in range(40)]
        assert any(skill.trace(items)[2][0][1] != items for items in lists)


def test_about_a_tenth_of_the_lists_is_held_out_and_a_tenth_is_for_dev():
    from itertools import permutations

    suites = [suite_of(items, CODE, 0) for items in permutations(CODE.order, 3)]
    assert 0.05 < suites.count("holdout") / len(suites) < 0.15
    assert 0.05 < suites.count("dev") / len(suites) < 0.15


def test_decoy_names_are_never_names_of_skills():
    words = {skill.word for skill in draw_skills("tiny", 0)}
    assert words.isdisjoint(decoy_words("tiny", 0))
    assert len(decoy_words("tiny", 0)) >= 20
