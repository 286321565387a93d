"""Which answers are equal: the docs' table, dress that does not count, values that do, keys for votes."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from skillift.answers import ANSWER_TYPES, latex
from skillift.answers.comparison import answer_groups, says_the_same, type_of
from skillift.provenance import code_behind, code_digest
from skillift.scorers.answer_line import score as score_answer_line
from skillift.scorers.registry import modules as scorer_modules

ROW = re.compile(r"^\| `(\w+)` \| `([^`]+)` \| `([^`]+)` \| (yes|no) \|$", re.MULTILINE)


def documented() -> list[tuple]:
    text = (Path(__file__).parents[3] / "docs/explanation/statistics.md").read_text(encoding="utf-8")
    return ROW.findall(text)


def test_the_docs_have_examples_of_every_type():
    assert {kind for kind, *_ in documented()} == set(ANSWER_TYPES)


@pytest.mark.parametrize(("answer_type", "reference", "answer", "equal"), documented())
def test_the_examples_of_the_docs_hold(answer_type, reference, answer, equal):
    assert says_the_same(answer, reference, answer_type) is (equal == "yes")


@pytest.mark.parametrize(
    ("response", "reference"),
    [
        ("Answer: 5", "5"),
        ("- ANSWER: 5", "5"),
        ("1. ANSWER: 5", "5"),
        ("ANSWER：5", "5"),
        ("ＡＮＳＷＥＲ： ５", "5"),
        ("ANSWER: −5", "-5"),
        ("**ANSWER:** 5", "5"),
        ("**ANSWER: 5**", "5"),
        ("<b>ANSWER:</b> 5", "5"),
        ("<answer>ANSWER: 5</answer>", "5"),
        ("<h3>ANSWER: 5</h3>", "5"),
        ("| ANSWER: 5 |", "5"),
        ("ANSWER: $\\boxed{5}$", "5"),
        ("ANSWER: <5>", "5"),
        ("ANSWER: (C)", "C"),
        ("ANSWER: 1,209,600", "1209600"),
        ("ANSWER: 1\u202f209\u202f600", "1209600"),
        ("ANSWER: 50%", "50 %"),
        ("ANSWER: 1/2", "½"),
        ("ANSWER: \u200b5", "5"),
        ("ANSWER: 5\u200b", "5"),
        ("\ufeffANSWER: 5", "5"),
        ("ANSWER: 5\r\n", "5"),
        ("ANSWER: '5'.", "5"),
        ("ANSWER: ５０％", "50 %"),
        ("ANSWER: 20 ℃", "20 °C"),
        ("ANSWER: Mon", "MON"),
        ("ANSWER: Mon", "mon"),
        ("ANSWER: 1'209'600", "1209600"),
        ("ANSWER: \\frac12", "0.5"),
        ("ANSWER: 3\\frac{1}{2}", "3.5"),
        ("ANSWER: \\left(5\\right)", "5"),
        ("ANSWER: 5 m⋅s⁻¹", "5 m·s⁻¹"),
        ("ANSWER: 5º", "5°"),
        ("ANSWER: «5»", "5"),
        ("ANSWER: **3**, **1**", "3, 1"),
        ("ANSWER: \\{3, 1\\}", "3, 1"),
        ("ANSWER: **C)** Paris", "C"),
        ("ANSWER: C — Paris", "C"),
        ("ANSWER: C (Paris)", "C"),
        ("ANSWER: B) A", "B"),
        ("ANSWER: C) J. Smith", "C"),
        ("ANSWER: In Paris", "in Paris"),
    ],
)
def test_the_usual_dress_of_a_right_answer_passes(response, reference):
    assert score_answer_line(f"Let me see.\n{response}", reference)


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("102", "10²"),
        ("x2", "x²"),
        ("5 mW", "5 MW"),
        ("5 MW", "5 mW"),
        ("5 Mbar", "5 mbar"),
        ("5 Pmol", "5 pmol"),
        ("aa", "Aa"),
        ("Aa", "aa"),
        ("aabb", "AABB"),
        ("CO", "Co"),
        ("0.1234567", "0.1234568"),
        ("50", "50 %"),
        ("0.5 %", "50 %"),
        ("3 1 7", "7"),
        ("12", "1²"),
        ("1 2", "½"),
        ("H20", "H₂0"),
        ("0.333", "0.333..."),
        ("10", "1,0"),
        ("A", "A or B"),
        ("1,2", "12"),
        ("5 - 6", "5"),
        ("~~5~~", "5"),
        ("\\Delta", "\\delta"),
        ("5 \\Omega", "5 \\omega"),
        ("In", "in"),
        ("A) Paris or B) Rome", "A"),
        ("A) B)", "A"),
        ("A. B. C.", "A"),
        ("A - B", "A"),
        ("A (or B)", "A"),
        ("3 -\\frac{1}{2}", "2.5"),
        ("", "5"),
        ("...", "5"),
    ],
)
def test_another_value_fails(answer, reference):
    assert not score_answer_line(f"ANSWER: {answer}", reference)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("42", "number"),
        ("2.5 m", "number"),
        ("½", "number"),
        ("1\u00a0209\u00a0600", "number"),
        ("3 1 7", "list"),
        ("120 345 678", "list"),
        ("34, 71, 12", "list"),
        ("3,1,7", "list"),
        ("Paris, France", "list"),
        ("1,2", "text"),
        ("007", "text"),
        ("16:05", "text"),
        ("2023-03-15", "text"),
        ("(0, 1)", "text"),
        ("Paris", "text"),
        ("It depends, I think", "text"),
        ("C", "choice"),
        ("(b)", "text"),
        ("x", "text"),
        ("\\frac{1}{2}", "number"),
        ("\\frac{x}{2}", "latex"),
        ("\\sqrt{2}", "latex"),
    ],
)
def test_a_task_without_a_type_has_that_of_its_reference(reference, expected):
    assert type_of(reference) == expected


# equal in any dress ---------------------------------------------------------------------------------------


def test_equal_answers_of_a_vote_stand_in_one_group():
    assert answer_groups(["1/2", "0.5", "3", "½", "**3**"], "number") == [0, 0, 2, 0, 2]
    assert answer_groups(["\\frac{x}{2}", "y", "\\frac{2x}{4}"], "latex") == [0, 1, 0]


@pytest.mark.parametrize(
    ("answer", "reference", "equal"),
    [
        ("1+x^2", "x^2+1", True),
        ("$\\sqrt{2}$", "2^{1/2}", True),
        ("\\boxed{\\frac{\\pi}{2}}", "\\pi/2", True),
        ("0.3333333", "\\frac{1}{3}", False),
        ("5\\text{ mW}", "5 \\text{ MW}", False),
        ("50", "50\\%", False),
        ("X", "x", False),
        ("0.1234567", "0.1234568", False),
        ("3 1 7", "7", False),
        ("[0,1]", "(0,1)", False),
        ("\\Sigma x", "\\sigma x", False),
        ("f'(x)", "f(x)", False),
        ("1010_2", "1010_{10}", False),
        ("12_8", "12", False),
        ("x \\approx 5", "x = 5", False),
        ("\\{1,2\\}", "(1,2)", False),
        ("\\{1,2\\}", "\\{2,1\\}", True),
        ("\\frac{ABC}{2}", "\\frac{abc}{2}", False),
        ("2^{3}5", "2^{35}", False),
        ("Tuesday", "\\text{tuesday}", True),
        ("2(x+2)", "2x+4", True),
        ("2\\sqrt{12}", "4\\sqrt{3}", True),
    ],
)
def test_latex_is_compared_as_mathematics_where_that_is_safe(answer, reference, equal):
    assert says_the_same(answer, reference, "latex") is equal


@pytest.mark.slow
def test_an_expression_that_takes_too_long_is_unequal_and_the_next_one_is_compared(monkeypatch):
    monkeypatch.setattr(latex, "SECONDS", 2.0)
    started = time.monotonic()
    assert not says_the_same("9^{9^{9^{9}}}+x", "\\frac{x}{7}", "latex")
    assert time.monotonic() - started < 60  # it would take for ever
    monkeypatch.setattr(latex, "SECONDS", 60.0)
    assert says_the_same("\\frac{x}{7}", "\\frac{2x}{14}", "latex")


def test_an_edit_of_the_process_that_compares_latex_is_an_edit_of_scoring():
    digest = code_digest("verdicts/score.py", *scorer_modules())
    assert "skillift.answers.latex_worker:same" in code_behind()[digest]
