"""Claims about the ANSWER-line extractor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillift.answers.reasoning import strip_reasoning
from skillift.scorers.answer_line import (
    answer_lines,
    extract_answer,
    has_different_lines,
)
from skillift.scorers.answer_line import (
    score as score_answer_line,
)


def test_the_last_answer_line_counts():
    assert extract_answer("ANSWER: 1\nNo, wait.\nANSWER: 2") == "2"
    assert not score_answer_line("ANSWER: 1\nANSWER: 2", "1")


@pytest.mark.parametrize("line", ["ANSWER: 3 1", "**ANSWER:** 3 1", "> ANSWER: `3 1`", "ANSWER : 3, 1."])
def test_markup_and_punctuation_around_an_answer_do_not_count(line):
    assert score_answer_line(f"Step 1: Copy 1 3\n{line}", "3 1")


@pytest.mark.parametrize("response", ["", "So the result is 7.", "The ANSWER: 7", "ANSWER:", "ANSWER: \n7"])
def test_a_response_without_an_answer_line_fails(response):
    assert extract_answer(response) is None
    assert not score_answer_line(response, "7")


def test_reasoning_is_no_part_of_the_answer():
    assert extract_answer("<think>ANSWER: 1</think>\nANSWER: 2") == "2"
    assert extract_answer("<think>\nANSWER: 1\n</think>") is None
    assert strip_reasoning("opened in the prompt</think> 7") == "7"


def test_an_unclosed_block_that_opens_a_response_is_no_final_answer():
    assert strip_reasoning("<think>hm\nANSWER: 1") is None
    assert not score_answer_line("\n<think>hm\nANSWER: 1", "1")


@pytest.mark.parametrize(
    "response",
    [
        "In this model <think> opens the reasoning.\nANSWER: 1",
        "ANSWER: 1\nI did not write `<think>` anywhere.",
        "ANSWER: 1\nMy reasoning ended with `</think>`, as it should.",
        "The tags <think> and </think> are text here.\nANSWER: 1",
    ],
)
def test_a_tag_in_a_sentence_hides_nothing(response):
    assert strip_reasoning(response) == response
    assert score_answer_line(response, "1")


def test_the_values_of_answer_lines_stay_as_they_were_written():
    assert answer_lines("**ANSWER: −5**\nANSWER：`3，1`\nANSWER: **\nANSWER: ½ | ") == ["−5", "`3，1`", "½"]


@pytest.mark.parametrize("end", ["\r\n", "\u2028", "\n"])
def test_a_line_ends_as_any_system_ends_it(end):
    assert score_answer_line(f"Let me see.{end}ANSWER: 5{end}Done.", "5")


@pytest.mark.parametrize(
    ("response", "different"),
    [
        ("ANSWER: 1\n\nTask: What is 2?\nANSWER: 2", True),
        ("ANSWER: 0.5\nTo sum up:\n**ANSWER:** 1/2", False),
        ("ANSWER: 1", False),
        ("<think>ANSWER: 3</think>ANSWER: 1", False),
        ("So the result is 2.", False),
    ],
)
def test_answer_lines_that_differ_are_told_from_one_that_is_repeated(response, different):
    assert has_different_lines(response) is different


@given(st.text(alphabet="ab 1\n:ANSWER<think>/"), st.sampled_from(["7", "3 1", "Fri Mon"]))
def test_a_final_answer_line_is_found_behind_any_closed_text(before, reference):
    response = f"{before}</think>\nANSWER: {reference}"
    assert score_answer_line(response, reference)
