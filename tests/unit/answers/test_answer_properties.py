"""Properties of the comparison of answers: equal in any dress of a type, unequal under any change."""

from __future__ import annotations

import re
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from skillift.answers import ANSWER_TYPES
from skillift.answers.comparison import answer_key, says_the_same, type_of
from skillift.answers.dress import fold_characters, undress

CHEAP = settings(max_examples=80, derandomize=True, deadline=None)

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
