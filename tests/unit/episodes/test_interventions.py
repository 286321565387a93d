"""How a student's own chain of thought is cut and altered: token ids, local rules, no engine."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from tiny_models import write_tokenizer

from skillift.episodes.interventions import (
    AT_CUTS,
    Chain,
    alter,
    chain_of,
    ids_of,
    mistaken,
    told_in_a_sentence,
)
from skillift.settings.student_specs import TokenizerSpec
from skillift.students.chat_format import answer_text
from skillift.students.tokenizers import build_tokenizer

pytestmark = pytest.mark.models

STEPS = "Step 1: Copy 3 1 7\nStep 2: Flip 7 1 3; Raise 8 2 4\nStep 3: Take 8\n"
ANSWER = f"{STEPS}ANSWER: 8"


@pytest.fixture(scope="module")
def bytewise(tmp_path_factory):
    return write_tokenizer(tmp_path_factory.mktemp("bytes"))


@pytest.fixture(scope="module")
def wordwise(tmp_path_factory):
    from transformers import AutoTokenizer

    folder = tmp_path_factory.mktemp("words")
    build_tokenizer(TokenizerSpec(difficulty="tiny"), folder)
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture(params=["bytewise", "wordwise"])
def tokenizer(request):
    return request.getfixturevalue(request.param)


def made(tokenizer, text: str, opened: str = "") -> Chain | None:
    return chain_of(tokenizer, tokenizer.encode(text, add_special_tokens=False), opened)


def given(tokenizer, kind: str, cut: float = 1.0, text: str = ANSWER, **options) -> str | None:
    altered = alter(tokenizer, made(tokenizer, text), kind, cut, "drawn", **options)
    return None if altered is None else answer_text(tokenizer, altered.tokens)


def test_the_chain_is_what_stands_before_the_answer_line_as_the_ids_that_were_written(tokenizer):
    tokens = tokenizer.encode(f"{ANSWER}\nmore", add_special_tokens=False)
    chain = chain_of(tokenizer, tokens)
    assert answer_text(tokenizer, chain.tokens) == STEPS
    assert answer_text(tokenizer, chain.marker) == "ANSWER:" and chain.answer == "8"
    assert (*chain.tokens, *chain.marker) == tuple(tokens[: len(chain.tokens) + len(chain.marker)])
    behind = tokens[len(chain.tokens) + len(chain.marker) :]
    assert answer_text(tokenizer, behind[: chain.n_behind - 1]) == " 8\n"


def test_the_first_answer_line_ends_the_chain(tokenizer):
    chain = made(tokenizer, f"{ANSWER}\nStep 1: Copy 2\nANSWER: 2")
    assert answer_text(tokenizer, chain.tokens) == STEPS and chain.answer == "8"


def test_an_answer_without_a_line_has_no_chain_and_one_without_steps_an_empty_one(tokenizer):
    assert made(tokenizer, STEPS) is None and made(tokenizer, "") is None
    assert made(tokenizer, "ANSWER: 8").tokens == ()
    assert made(tokenizer, "<think>\nANSWER: 8") is None  # never closed


def test_a_token_that_holds_the_colon_and_more_is_not_taken_apart(bytewise):
    chain = made(bytewise, "so\n**ANSWER: 8**")
    assert answer_text(bytewise, chain.marker) == "**ANSWER:" and chain.answer == "8"

    class Merged:
        """Words of two characters: the colon and the space behind it are one token."""

        added_tokens_decoder = MappingProxyType({})

        def decode(self, ids, skip_special_tokens=False):
            return "".join(map(chr, ids)).replace("\uffff", ": ")

        def encode(self, text, add_special_tokens=False):
            return list(map(ord, text))

    tokens = [*map(ord, "so\nANSWER"), 0xFFFF, ord("8")]
    chain = chain_of(Merged(), tokens)
    assert Merged().decode(chain.tokens) == "so\n" and Merged().decode(chain.marker) == "ANSWER:"


def test_a_chain_that_is_forced_whole_is_what_the_student_wrote(tokenizer):
    altered = alter(tokenizer, made(tokenizer, ANSWER), "forced", 1.0, "")
    tokens = tokenizer.encode(ANSWER, add_special_tokens=False)
    assert list(altered.tokens) == tokens[: len(altered.tokens)]
    assert answer_text(tokenizer, altered.tokens) == f"{STEPS}ANSWER:" and altered.kept == 1


@pytest.mark.parametrize("cut", [0.0, 0.25, 0.5, 0.95])
def test_early_keeps_a_share_of_the_tokens(tokenizer, cut):
    chain = made(tokenizer, ANSWER)
    altered = alter(tokenizer, chain, "early", cut, "")
    number = int(cut * len(chain.tokens) + 0.5)
    assert altered.tokens[:number] == chain.tokens[:number] and altered.forced
    assert altered.kept == pytest.approx(number / len(chain.tokens))
    kept = answer_text(tokenizer, chain.tokens[:number])
    newline = "" if not kept or kept.endswith("\n") else "\n"
    assert answer_text(tokenizer, altered.tokens) == f"{kept}{newline}ANSWER:"


@pytest.mark.parametrize("cut", [0.0, 0.5])
def test_blanked_has_as_many_tokens_that_say_nothing(tokenizer, cut):
    chain = made(tokenizer, ANSWER)
    altered = alter(tokenizer, chain, "blanked", cut, "")
    number = int(cut * len(chain.tokens) + 0.5)
    blank = altered.tokens[number : len(chain.tokens)]
    assert len(blank) == len(chain.tokens) - number
    assert set(answer_text(tokenizer, blank)) <= {".", " "}
    assert altered.tokens[:number] == chain.tokens[:number]
    assert answer_text(tokenizer, altered.tokens).endswith("\nANSWER:")


def test_a_mistake_is_in_the_step_at_the_cut_and_nothing_is_forced(tokenizer):
    chain = made(tokenizer, ANSWER)
    lines = STEPS.splitlines(keepends=True)
    for cut, place in ((0.0, 0), (0.5, 1), (0.95, 2)):
        altered = alter(tokenizer, chain, "mistake", cut, "drawn")
        found = answer_text(tokenizer, altered.tokens).splitlines(keepends=True)
        assert found[:-1] == lines[:place] and not altered.forced
        assert found[-1] != lines[place] and found[-1].endswith("\n")
        assert found[-1].split()[:3] == lines[place].split()[:3]
        kept = altered.tokens[: round(altered.kept * len(chain.tokens))]
        assert answer_text(tokenizer, kept) == "".join(lines[:place])


def test_a_mistake_takes_another_item_of_the_chain_by_its_draw():
    lines = STEPS.splitlines(keepends=True)
    found = {mistaken(lines, 1, str(number)) for number in range(60)}
    assert len(found) > 6 and lines[1] not in found
    for line in found:
        assert line.startswith("Step 2: Flip 7 1 3; Raise ") and set(line[26:].split()) <= {*"1234578"}
        assert sum(a != b for a, b in zip(line, lines[1], strict=True)) == 1
    # the same in every process
    assert mistaken(lines, 1, "a") == "Step 2: Flip 7 1 3; Raise 3 2 4\n"


@pytest.mark.parametrize(
    ("lines", "place", "expected"),
    [
        (["Step 1: Copy A B\n", "Step 2: Flip B A\n", "Step 3: Take B\n"], 2, {"Step 3: Take A\n"}),
        (["So 4 it is.\n"], 0, {"So 5 it is.\n"}),
        (["\n"], 0, {None}),
        (["Well.\n"], 0, {None}),
        (["Take Mon\n"], 0, {None}),  # no other item to put there
    ],
)
def test_items_are_words_where_a_step_has_no_number(lines, place, expected):
    assert {mistaken(lines, place, str(number)) for number in range(20)} == expected


def test_steps_are_told_in_the_sentence_of_the_packs_prose():
    assert told_in_a_sentence(STEPS) == ("First Copy 3 1 7, then Flip 7 1 3, then Raise 8 2 4, then Take 8.")
    assert told_in_a_sentence("I add 3 and 4.\nThat is 7.\n") is None
    assert told_in_a_sentence("<think>\n1. Copy\n2. Take\n</think>\n") is None


def test_a_paraphrase_stands_before_the_forced_answer_and_prose_has_none(tokenizer):
    told = "First Copy 3 1 7, then Flip 7 1 3, then Raise 8 2 4, then Take 8.\nANSWER:"
    assert given(tokenizer, "paraphrase") == told
    assert given(tokenizer, "paraphrase", text="I add 3 and 4.\nANSWER: 7") is None


def test_another_chain_stands_there_unless_it_is_the_same_one(tokenizer):
    other = made(tokenizer, "Step 1: Copy 5 2\nStep 2: Take 5\nANSWER: 5")
    found = given(tokenizer, "other_chain", other=other)
    assert found == "Step 1: Copy 5 2\nStep 2: Take 5\nANSWER:"
    assert given(tokenizer, "other_chain") is None
    assert given(tokenizer, "other_chain", other=made(tokenizer, ANSWER)) is None


@pytest.mark.parametrize("kind", AT_CUTS[::2])
def test_reasoning_that_is_cut_is_closed_before_the_answer(bytewise, kind):
    text, opened = "I copy 3 1.\nI take 3.\n</think>\n\nANSWER: 3", "<think>\n"
    for begin, before in ((text, opened), (opened + text, "")):
        chain = made(bytewise, begin, before)
        assert chain.answer == "3"
        found = before + answer_text(bytewise, alter(bytewise, chain, kind, 0.4, "").tokens)
        assert found.startswith("<think>\nI co") and found.endswith("\n</think>\n\nANSWER:")
        whole = alter(bytewise, chain, "forced", 1.0, "")
        assert before + answer_text(bytewise, whole.tokens) == opened + text.removesuffix(" 3")


def test_ids_of_a_text_are_those_behind_another():
    class Prefixing:
        """Puts a space before every text, as some tokenizers of SentencePiece do."""

        added_tokens_decoder = MappingProxyType({})

        def encode(self, text, add_special_tokens=False):
            return list(map(ord, f" {text}"))

        def decode(self, ids, skip_special_tokens=False):
            return "".join(map(chr, ids))

    assert ids_of(Prefixing(), "\nANSWER:") == tuple(map(ord, "\nANSWER:"))
