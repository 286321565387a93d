"""Which answers are equal: the docs' table, dress that does not count, values that do, keys for votes."""

from __future__ import annotations

import re
import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from skillift.answers import ANSWER_TYPES, latex
from skillift.answers.comparison import answer_groups, answer_key, says_the_same, type_of
from skillift.answers.dress import fold_characters, undress
from skillift.judging.extraction import score_answer_line
from skillift.provenance import code_behind, code_digest

CHEAP = settings(max_examples=80, derandomize=True, deadline=None)
ROW = re.compile(r"^\| `(\w+)` \| `([^`]+)` \| `([^`]+)` \| (yes|no) \|$", re.MULTILINE)


def documented() -> list[tuple]:
    text = (Path(__file__).parents[2] / "docs/statistics.md").read_text(encoding="utf-8")
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

AROUND = [
    "{}",
    " {} ",
    "**{}**",
    "`{}`",
    '"{}"',
    "“{}”",
    "$\\boxed{{{}}}$",
    "$${}$$",
    "\\({}\\)",
    "({})",
    "<{}>",
    "{}.",
    "\u200b{}\ufeff",
    "**{}.**",
    "\u00a0{}",
]
dress = st.sampled_from(AROUND)
units = st.sampled_from(["", " m", " %", " kWh", " MW", " km/h", " °C", " people"])
numbers = st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**4)
decimals = st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 6))
words = st.text(alphabet="abcdefghijklmnop", min_size=3, max_size=8)


def decimal(value: tuple[int, int]) -> str:
    digits, places = value
    text = str(abs(digits)).rjust(places + 1, "0")
    whole = text[: len(text) - places]
    return ("-" if digits < 0 else "") + whole + ("." + text[-places:] if places else "")


def wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


@given(decimals, units, dress, st.sampled_from(["as is", "wide", "minus", "zeros", "thousands"]))
@CHEAP
def test_a_number_is_the_same_in_any_dress(value, unit, around, how):
    plain = decimal(value)
    written = plain
    if how == "minus":
        written = plain.replace("-", "−")
    elif how == "wide":
        written = wide(plain)
    elif how == "zeros":
        written = plain + ("00" if "." in plain else ".00")
    elif how == "thousands":
        whole, point, rest = plain.partition(".")
        written = f"{int(whole):,}" + point + rest if whole not in ("-0",) else plain
    assert says_the_same(around.format(written + unit), plain + unit, "number")


@given(numbers, dress)
@CHEAP
def test_a_fraction_is_the_same_however_it_is_written(value, around):
    reference = f"{value.numerator}/{value.denominator}"
    for written in (f"{3 * value.numerator}/{3 * value.denominator}", reference.replace("-", "−")):
        assert says_the_same(around.format(written), reference, "number")
    assert answer_key(reference, "number").value == value


@given(st.lists(words, min_size=1, max_size=5), dress, st.sampled_from([str, str.upper, str.title, wide]))
@CHEAP
def test_a_text_is_the_same_in_any_dress(parts, around, how):
    text = " ".join(parts)
    assume(not re.search(r"\b(?:(.)\1)+\b", text))  # genotypes: there the case counts
    assert says_the_same(around.format(how(text)), text, "text")


@given(
    st.lists(st.integers(-999, 999).map(str) | words, min_size=2, max_size=5),
    dress,
    st.sampled_from([" ", ", ", ",", "; ", " , "]),
    st.sampled_from(["{}", "[{}]", "({})", "{{{}}}"]),
)
@CHEAP
def test_a_list_is_the_same_in_any_dress(items, around, between, brackets):
    written = around.format(brackets.format(between.join(items)))
    assert says_the_same(written, " ".join(items), "list")


@given(st.sampled_from("ABCDE"), dress, st.sampled_from(["{}", "{})", "({})", "{}) Paris", "Option {}"]))
@CHEAP
def test_a_choice_is_the_same_in_any_dress(label, around, form):
    assert says_the_same(around.format(form.format(label)), label, "choice")
    assert says_the_same(form.format(label.lower()), label, "choice")


# unequal under any change of value ------------------------------------------------------------------------


@given(decimals, decimals, units, units, dress)
@CHEAP
def test_another_number_or_unit_is_unequal_in_any_dress(value, other, unit, other_unit, around):
    assume(Fraction(decimal(value)) != Fraction(decimal(other)) or unit != other_unit)
    assert not says_the_same(around.format(decimal(other) + other_unit), decimal(value) + unit, "number")


@given(st.lists(words, min_size=1, max_size=5), st.lists(words, min_size=1, max_size=5), dress)
@CHEAP
def test_other_words_are_unequal_in_any_dress(parts, others, around):
    assume(parts != others)
    assert not says_the_same(around.format(" ".join(others)), " ".join(parts), "text")


@given(st.lists(st.integers(0, 99).map(str) | words, min_size=1, max_size=5), st.data(), dress)
@CHEAP
def test_a_list_with_an_item_moved_lost_or_changed_is_unequal(items, data, around):
    other = list(items)
    place = data.draw(st.integers(0, len(items) - 1))
    change = data.draw(st.sampled_from(["move", "drop", "change", "repeat"]))
    if change == "move":
        other.append(other.pop(place))
    elif change == "drop":
        del other[place]
    elif change == "change":
        other[place] = "changed"
    else:
        other.insert(place, other[place])
    assume(other != items)
    assert not says_the_same(around.format(", ".join(other)), ", ".join(items), "list")


@given(st.sampled_from("ABCDE"), st.sampled_from("ABCDE"), dress)
@CHEAP
def test_another_choice_is_unequal(label, other, around):
    assume(label != other)
    assert not says_the_same(around.format(other), label, "choice")
    assert not says_the_same(f"{label} or {other}", label, "choice")


@given(st.text(max_size=30), st.sampled_from(["number", "text", "choice", "list"]))
@CHEAP
def test_any_text_has_a_key_and_equals_itself_unless_it_is_empty(text, answer_type):
    key = answer_key(text, answer_type)
    hash(key)
    said = key not in (("text", ""), ("list",))
    assert says_the_same(text, text, answer_type) is said
    assert type_of(text) in ANSWER_TYPES
    folded = fold_characters(text)
    assert fold_characters(folded) == folded and undress(undress(folded)) == undress(folded)


# votes and LaTeX ------------------------------------------------------------------------------------------


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


def test_an_expression_that_takes_too_long_is_unequal_and_the_next_one_is_compared(monkeypatch):
    monkeypatch.setattr(latex, "SECONDS", 2.0)
    started = time.monotonic()
    assert not says_the_same("9^{9^{9^{9}}}+x", "\\frac{x}{7}", "latex")
    assert time.monotonic() - started < 10
    monkeypatch.setattr(latex, "SECONDS", 60.0)
    assert says_the_same("\\frac{x}{7}", "\\frac{2x}{14}", "latex")


def test_an_edit_of_the_process_that_compares_latex_is_an_edit_of_scoring():
    digest = code_digest("score.py")
    assert "skillift.answers.latex_worker:same" in code_behind()[digest]
