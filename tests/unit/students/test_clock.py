"""Templates that print today's date: the study's everywhere, and equal prompts before and after training."""

from __future__ import annotations

from textwrap import indent

import inferences
import polars as pl
import pytest
import yaml
from chat_templates import chat_tokenizer
from plain_folders import DATED
from study_files import EMBEDDED
from tiny_models import write_student
from trainings import RECIPE, demonstrations, train

from skillift.engines.interface import RunOptions
from skillift.episodes import answering as episodes
from skillift.episodes.answer_checks import check_same_prompts
from skillift.errors import UserError
from skillift.settings.specs import AnsweringSpec, EpisodesSpec
from skillift.students.chat_format import generation_prompt, prompt_text, trained_tokens
from skillift.study.study import load_study

OTHER = "2025-02-03"
BASE = pl.DataFrame(
    {
        "step": [0, 0],
        "suite": ["holdout"] * 2,
        "condition": ["none"] * 2,
        "task_id": ["a", "b"],
        "prompt_sha256": ["a" * 64, "b" * 64],
    }
)


def test_a_template_is_told_the_date_of_the_study_and_not_todays():
    tokenizer = chat_tokenizer(DATED)
    assert "Today Date: 26 Jul 2024<" in prompt_text(tokenizer, "What is 1?", False)
    assert "Today Date: 03 Feb 2025<" in prompt_text(tokenizer, "What is 1?", False, OTHER)
    assert generation_prompt(tokenizer, "What is 1?", False, OTHER) == "<|im_start|>assistant\n"


def test_the_time_of_day_is_pinned_too_and_inside_of_macros():
    template = "{% macro now() %}{{ strftime_now('%Y-%m-%d %H:%M:%S.%f') }}{% endmacro %}{{ now() }}"
    assert prompt_text(chat_tokenizer(template), "", False, OTHER) == "2025-02-03 00:00:00.000000"


def test_what_is_trained_begins_with_the_prompt_of_that_date():
    tokenizer = chat_tokenizer(DATED)
    prompt, _ = trained_tokens(tokenizer, "What?", "ANSWER: 1", False, [tokenizer.eos_token_id], OTHER)
    assert tokenizer.decode(prompt) == prompt_text(tokenizer, "What?", False, OTHER)


@pytest.mark.models
def test_training_and_answering_are_told_the_same_date(tmp_path):

    student = write_student(tmp_path / "model", chat_template=DATED)
    recipe = {**RECIPE, "date": OTHER, "epochs": 1}
    result = train(recipe, student, demonstrations(4), tmp_path / "checkpoints", tmp_path / "state")
    trained = episodes.load_tokenizer(student).decode(result.probes["prompt_ids"][0])
    messages = pl.DataFrame({"task_id": ["t"], "condition": ["none"], "content": ["What?"]})
    tokenizer = episodes.load_tokenizer(next((tmp_path / "checkpoints").iterdir()))
    (asked,) = episodes.rendered_prompts(tokenizer, messages, AnsweringSpec(date=OTHER, max_tokens=8))
    assert trained.partition("user\n")[0] == asked.partition("user\n")[0]
    assert "Today Date: 03 Feb 2025<" in asked


@pytest.mark.parametrize("written", [OTHER, f'"{OTHER}"'])
def test_the_date_is_part_of_the_study_with_quotes_or_without(study_file, written):
    text = EMBEDDED.replace("samples: 1", f"samples: 1\n  date: {written}")
    hub = yaml.safe_dump(
        yaml.safe_load(text)["students"] | {"s": {"tier": 1, "source": "hub", "model": "a/b"}}
    )
    students = text[text.index("students:\n") : text.index("references:")]
    study = load_study(study_file(text.replace(students, f"students:\n{indent(hub, '  ')}\n")))
    assert study.train_spec("s", "sft-s0").date == OTHER
    assert study.episodes_spec("s", "base").inference.date == OTHER
    assert study.train_spec("m", "sft-s0").date is None  # from scratch: its template prints none


def test_studies_without_a_date_keep_the_settings_of_their_results(study_file):
    study = load_study(study_file(EMBEDDED))
    assert "date" not in study.train_spec("s", "sft-s0").model_dump()
    assert "date" not in study.episodes_spec("s", "base").inference.model_dump()


@pytest.mark.parametrize("written", ["today", "'2024-02-31'", "26 Jul 2024", "2024-7-26"])
def test_a_date_that_is_none_is_refused_in_words(study_file, written):
    text = EMBEDDED.replace("samples: 1", f"samples: 1\n  date: {written}")
    with pytest.raises(UserError, match=r"inference\.date: found .*year-month-day"):
        load_study(study_file(text))


def test_a_trained_run_that_is_asked_what_base_was_passes():
    trained = BASE.with_columns(step=pl.lit(6, pl.Int64))
    assert check_same_prompts(trained, BASE, "s/sft-s0") is None


def test_a_trained_run_that_is_asked_something_else_is_refused_by_task_and_both_prompts():
    other = BASE.with_columns(step=pl.lit(6, pl.Int64), prompt_sha256=pl.Series(["a" * 64, "f" * 64]))
    expected = (
        f"s/sft-s0, step 6, task b under the condition none: found 'the prompt {'f' * 64}', expected that of "
        f"the run base, {'b' * 64}"
    )
    with pytest.raises(UserError, match=expected):
        check_same_prompts(other, BASE, "s/sft-s0")
    with pytest.raises(UserError, match="which was not asked this"):
        check_same_prompts(other, BASE.head(1), "s/sft-s0")


@pytest.mark.models
def test_a_checkpoint_with_another_template_is_refused_before_an_engine_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(episodes, "open_engine", None)
    base, checkpoint = (
        write_student(tmp_path / name, chat_template=DATED.replace("Today Date", name)) for name in ("a", "b")
    )
    inference = inferences.INFERENCE | {"suites": ["holdout"], "max_tokens": 8, "max_model_len": 256}
    spec = {"conditions": ["none"], "prompt_seed": 0, "inference": inference}
    tasks = pl.DataFrame(
        {"task_id": ["t"], "skill_id": ["k"], "suite": ["holdout"], "prompt": ["What?"], "reference": ["1"]}
    )
    skills = pl.DataFrame({"skill_id": ["k"], "steps": [["Look."]]})
    with pytest.raises(
        UserError, match=r"step 6, task t under the condition none: prompt: .*different chat templates"
    ):
        episodes.answer(tasks, skills, EpisodesSpec(**spec), {6: checkpoint}, RunOptions(), base=base)
