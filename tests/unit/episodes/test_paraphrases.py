"""What a chat model is asked to paraphrase, and which of its replies count as a paraphrase."""

from __future__ import annotations

import json

import polars as pl
import pytest

from skillift.contracts.interventions import CHAINS, FAILED_CHECKS, PARAPHRASED
from skillift.episodes.interventions import told_in_a_sentence
from skillift.episodes.paraphrases import check_paraphrase, parse_reply, read_template, texts_to_paraphrase
from skillift.errors import UserError

CHAIN = "Step 1: Copy 3 1 3\nStep 2: Flip 3 1 3\nStep 3: Take -2.5\n"
TOLD = "I copy 3 1 3, flip that to 3 1 3, and take -2.5."
FAILING = {
    "unchanged": CHAIN.upper().replace("\n", " \n "),
    "answer_added": f"{TOLD}\nANSWER: 3",
    "reasoning_added": f"<think>Well.</think> {TOLD}",
    "too_long": TOLD + " So it is, and so it stays, as it was said above." * 2,
}


@pytest.mark.parametrize("word", FAILING)
def test_what_says_something_else_or_the_same_is_no_paraphrase(word):
    assert check_paraphrase(FAILING[word], CHAIN, 2.0) == word


@pytest.mark.parametrize(
    "told",
    [
        TOLD.replace("3 1 3,", "3 1,", 1),  # one 3 less
        TOLD.replace("-2.5", "2.5"),
        TOLD.replace("-2.5", "-2.4"),
        f"{TOLD} That is 7 in all.",
        TOLD.replace("3 1 3", "three one three"),
    ],
)
def test_a_paraphrase_keeps_the_numbers_as_often_as_they_stand_and_has_no_others(told):
    assert check_paraphrase(told, CHAIN, 9.0) == "numbers_changed"


@pytest.mark.parametrize(
    ("told", "chain"),
    [
        (TOLD, CHAIN),
        (TOLD.replace("-", "\u2212"), CHAIN),
        ("Step 1: I copy 3 1 3.\nStep 2: I flip to 3 1 3.\nStep 3: I take -2.5.", CHAIN),
        (told_in_a_sentence(CHAIN), CHAIN),
        ("Taking 2 off 7 leaves 5.", "It is 7-2=5 then."),  # the sign between two numbers is none of theirs
        ("It is red, as the blue one is gone.", "The blue one is gone, so it is red."),
    ],
)
def test_other_words_for_the_same_are_one(told, chain):
    assert check_paraphrase(told, chain, 2.0) == PARAPHRASED


def test_how_long_one_may_be_is_the_studys_to_say():
    assert check_paraphrase(FAILING["too_long"], CHAIN, 3.0) == PARAPHRASED
    assert check_paraphrase(TOLD, CHAIN, 0.5) == "too_long"
    assert {*FAILING, "numbers_changed", "unparsed"} == {*FAILED_CHECKS}


@pytest.mark.parametrize(
    ("reply", "paraphrase"),
    [
        (json.dumps({"paraphrase": " so it is\n"}), "so it is"),
        ('```json\n{"paraphrase": "so"}\n```', "so"),
        ('<think>hm</think>\n{"paraphrase": "so"}', "so"),
        ('{"paraphrase": ""}', None),
        ('{"paraphrase": 3}', None),
        ('{"paraphrase": "so", "note": "done"}', None),
        ('Here it is: {"paraphrase": "so"}', None),
        ('{"paraphrase": "cut o', None),
    ],
)
def test_a_paraphrase_is_read_from_the_whole_reply_alone(reply, paraphrase):
    assert parse_reply(reply) == paraphrase


def chains(*texts: str, opened: str = "") -> pl.DataFrame:
    rows = [(0, "holdout", "curated", f"t{n}", 0, [1], opened, [2], text, [3], "3", 2, 64)
            for n, text in enumerate(texts)]  # fmt: skip
    ids = dict.fromkeys(("prompt", "chain", "marker"), pl.List(pl.Int64))
    return pl.DataFrame(rows, schema=[*CHAINS.columns], schema_overrides=ids, orient="row")


def test_each_chain_is_asked_for_once_and_none_that_is_empty_or_reasoning():
    texts = [CHAIN, "So.\n", CHAIN, "", " \n", "<think>So.</think>\n", "So.</think>\n\n"]
    assert texts_to_paraphrase(chains(*texts)) == ["So.\n", CHAIN]
    assert texts_to_paraphrase(chains("So.\n", opened="<think>\n")) == []
    assert texts_to_paraphrase(chains()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Say {{ chain", "a Jinja template"),
        ("Say it.", "no placeholder chain"),
        ("Say {{ chain }} {{ task }}", "'task' is undefined"),
    ],
)
def test_a_template_that_cannot_ask_is_named(tmp_path, text, said):
    path = tmp_path / "p.jinja"
    path.write_text(text)
    with pytest.raises(UserError, match=f"p.jinja.*{said}"):
        read_template(path)
    with pytest.raises(UserError, match=r"gone\.jinja"):
        read_template(tmp_path / "gone.jinja")
