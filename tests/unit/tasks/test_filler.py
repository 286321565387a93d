"""The condition `filler`: as long as the procedure, in words that students know, asking for nothing."""

from __future__ import annotations

import re

import polars as pl
import pytest
from made_specs import pack_of
from study_files import EMBEDDED, REPOSITORY

from skillift.errors import UserError
from skillift.students.tokenizers import WORD_PATTERN
from skillift.study.study import load_study
from skillift.taskpack import build_pack
from skillift.taskpack.lexicon import lexicon
from skillift.tasks.conditions import condition_steps, token_length
from skillift.tasks.filler import BUILT_IN, filler_text
from skillift.tasks.filler_files import read_filler
from skillift.tasks.prompts import messages_for

STEPS = ["Step 1: take the first.", "Step 2: turn it around, then back.", "Step 3: write it."]


def pack(difficulty: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    return build_pack(pack_of(difficulty=difficulty))


def tiny_tokens(text: str) -> int:
    """Tokens of the tokenizer at `tiny`, whose words are all whole."""
    pattern = WORD_PATTERN.replace(r"\p{L}", "[A-Za-z]").replace(r"\p{N}", "[0-9]")
    return len(re.findall(pattern.replace(r"[^\s[A-Za-z][0-9]]", r"[^\sA-Za-z0-9]"), text))


def test_a_filler_is_as_long_as_the_procedure_and_is_whole_sentences():
    skills, _ = pack("standard")
    for skill_id, own in skills.select("skill_id", "steps").iter_rows():
        (text,) = condition_steps(skills, skill_id, "filler", 0)
        assert token_length([text]) == token_length(own)
        assert text.endswith(".")


def test_students_of_the_tiny_pack_read_as_many_tokens_of_it():
    skills, _ = pack("tiny")
    for skill_id, own in skills.select("skill_id", "steps").iter_rows():
        (text,) = condition_steps(skills, skill_id, "filler", 0, "tiny")
        assert tiny_tokens(f"{text}\n") == tiny_tokens("".join(f"{step}\n" for step in own))


def test_they_know_each_word_of_it():
    known = set(re.findall(r"\w+", " ".join(lexicon("tiny"))))
    assert set(re.findall(r"\w+", BUILT_IN["tiny"].text)) <= known


@pytest.mark.parametrize("name", BUILT_IN)
def test_it_asks_for_nothing(name):
    text = BUILT_IN[name].text
    assert not re.search(r"[?!:\d]", text)
    asked = set(re.findall(r"\b[A-Z]\w+", " ".join(lexicon("tiny"))))  # Sort, Find, ANSWER, ...
    assert not asked & set(re.findall(r"\w+", text))


def test_skills_have_fillers_of_their_own_and_a_seed_changes_them():
    skills, _ = pack("standard")
    shown = {
        seed: {skill: condition_steps(skills, skill, "filler", seed)[0] for skill in skills["skill_id"]}
        for seed in (0, 1)
    }
    assert len(set(shown[0].values())) > 10
    assert shown[0] != shown[1]


def test_a_text_of_ones_own_is_shown_and_cut_where_no_sentence_fits():
    own = {"file": "mine.txt", "text": "The sea is calm.\nClouds pass over the quiet bay."}
    assert filler_text(own, ["one two three four five"], 0) == "The sea is calm."
    assert (
        filler_text(own, ["a b c d e f g h i j k l"], 0) == "The sea is calm. Clouds pass over the quiet bay."
    )
    assert filler_text(own, ["a b c"], 1) == "Clouds pass over"
    skills, tasks = pack("standard")
    content = messages_for(tasks, skills, ["filler"], 0, filler=own)["content"]
    assert content.str.contains("The sea is calm.", literal=True).all()


def test_a_study_says_which_text_it_shows(study_file, tmp_path):
    study = load_study(study_file(EMBEDDED))
    assert study.episodes_spec("s", "base").filler == study.browser_spec().filler == "tiny"
    (tmp_path / "mine.txt").write_text("The sea is calm.\r\n", encoding="utf-8")
    own = load_study(study_file(EMBEDDED + "filler_text: mine.txt\n"))
    assert own.episodes_spec("s", "base").filler == {"file": "mine.txt", "text": "The sea is calm."}
    without = load_study(study_file(EMBEDDED.replace(", filler]", "]")))
    assert "filler" not in without.episodes_spec("s", "base").model_dump()
    assert "neutral_filler" not in without.analysis_spec().analysis.margins


@pytest.mark.parametrize(
    ("content", "found"), [(None, "no such file"), (" \n", "no words"), ("ab " * 11000, "of 32999 bytes")]
)
def test_a_text_that_cannot_be_shown_is_named(tmp_path, content, found):
    path = tmp_path / "mine.txt"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=found):
        read_filler(str(path))


def test_a_text_without_the_condition_is_a_mistake(study_file, tmp_path):
    (tmp_path / "mine.txt").write_text("The sea is calm.", encoding="utf-8")
    text = (REPOSITORY / "studies/smoke.yaml").read_text(encoding="utf-8")
    with pytest.raises(UserError, match="filler_text: found the key 'filler_text', expected no such key"):
        load_study(study_file(text + "filler_text: mine.txt\n"))
