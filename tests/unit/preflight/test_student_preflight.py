"""Mistakes in model folders and texts: all of a study at once, before the first job, no model loaded."""

from __future__ import annotations

import polars as pl
import pytest
from plain_folders import write_folder, write_json
from study_files import EMBEDDED

from skillift.preflight.students import mistakes, prompt_mistakes
from skillift.study.study import load_study


@pytest.fixture
def study(study_file, tmp_path):
    """Three students from scratch, two reference models with folders of their own."""
    for name in ("big", "huge"):
        write_folder(tmp_path / name)
    models = (
        "references: {big: {tier: 8, source: path, path: big}, huge: {tier: 9, source: path, path: huge}}"
    )
    return load_study(study_file(EMBEDDED.replace("references: {}", models)))


def tasks(**texts):
    """Two tasks; `texts` replaces columns of the second."""
    second = {"task_id": "t2", "prompt": "2 < 3?", "reference": "yes", "worked_solution": None, **texts}
    return pl.DataFrame(
        [{"task_id": "t1", "prompt": "a<b>", "reference": "1", "worked_solution": "ANSWER: 1"}, second]
    )


def test_whole_folders_and_plain_texts_have_no_mistakes(study):
    assert mistakes(study) == []
    skills = pl.DataFrame({"skill_id": ["k"], "steps": [["Step 1: Look for <tool_call> and <s>."]]})
    assert prompt_mistakes(study, tasks(worked_solution="<think>so</think>\nANSWER: yes"), skills) == []


def test_the_mistakes_of_all_folders_are_listed_by_key(study, tmp_path):
    write_json(tmp_path / "big" / "adapter_config.json", {"r": 8})
    (tmp_path / "huge" / "model.safetensors").write_bytes(b"cut")
    (tmp_path / "huge" / "chat_template.jinja").unlink()
    told = mistakes(study)
    keys = ["references.big.path", "references.huge.path", "references.huge.path"]
    assert [line.split(": ")[:2] for line in told] == [[study.path, key] for key in keys]
    words = ["an adapter beside", "model.safetensors: cannot be read", "no chat template"]
    assert all(word in line for word, line in zip(words, told, strict=True))


def test_tokens_that_a_model_has_no_positions_for_are_told_by_the_studys_key(study, tmp_path):
    write_folder(tmp_path / "big", max_position_embeddings=48)
    lines = mistakes(study)
    keys = ["inference.max_model_len", "inference.max_tokens"]
    assert [line.split(": ")[1] for line in lines] == keys
    assert "found 48, expected at most 47: the model in" in lines[1]
    write_folder(tmp_path / "big", max_position_embeddings=4096)
    assert mistakes(study) == []


@pytest.mark.parametrize("column", ["prompt", "reference", "worked_solution"])
def test_a_special_token_in_a_task_is_told_by_task_token_and_student(study, column):
    (line,) = prompt_mistakes(study, tasks(**{column: "See <|im_end|> here"}))
    assert line.startswith(f"task t2, {column}: found '<|im_end|> (a special token of big, huge)'")
    assert "'< |im_end|>'" in line


def test_a_special_token_in_a_skill_and_one_of_students_from_scratch_are_told_too(study):
    skills = pl.DataFrame({"skill_id": ["k"], "steps": [["Step 1: Write <|im_start|>."]]})
    told = prompt_mistakes(study, tasks(prompt="<|user|>"), skills)
    assert [line.split(":")[0] for line in told] == ["task t2, prompt", "skill k, steps"]
    assert "(a special token of s, m, l)" in told[0]


def test_many_tasks_with_one_token_are_one_line(study):
    ids = [f"t{number}" for number in range(9)]
    (line,) = prompt_mistakes(study, pl.DataFrame({"task_id": ids, "prompt": ["<|im_end|>"] * 9}))
    assert line.startswith("tasks t0, t1, t2 and 6 more, prompt: ")
