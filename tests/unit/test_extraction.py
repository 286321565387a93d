"""Claims about the ANSWER-line extractor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillift.judging.extraction import extract_answer, normalise, score_answer_line, strip_reasoning


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


def test_an_unclosed_block_of_reasoning_is_no_final_answer():
    assert strip_reasoning("ANSWER: 1\n<think>hm") is None
    assert not score_answer_line("ANSWER: 1\n<think>hm", "1")


def test_order_and_items_of_a_list_count():
    assert normalise("3, 1, 7") == normalise("3 1 7.")
    assert normalise("Mon TUE") == normalise("mon tue")
    assert normalise("3 1") != normalise("1 3")
    assert normalise("1,5") != normalise("1 5")


@given(st.text())
def test_normalising_twice_changes_nothing_more(text):
    once = normalise(text)
    assert normalise(normalise(once)) == normalise(once)


@given(st.text(alphabet="ab 1\n:ANSWER<think>/"), st.sampled_from(["7", "3 1", "Fri Mon"]))
def test_a_final_answer_line_is_found_behind_any_closed_text(before, reference):
    response = f"{before}</think>\nANSWER: {reference}"
    assert score_answer_line(response, reference)
