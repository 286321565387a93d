"""The command `generate`: tasks in, episodes out, for the base model and for a trained run."""

from __future__ import annotations

import json

import polars as pl
import pytest
from inferences import INFERENCE
from tiny_models import write_student

from episodes import generate
from skillift.contracts.interventions import INTERVENED
from skillift.contracts.pipeline import EPISODES, SKILLS, TASKS
from skillift.errors import UserError
from skillift.tables import read_table, write_json, write_table

pytestmark = pytest.mark.models


BORROWED = {"emulated": {"student": "s", "run": "sft-s0", "weight": 1.0}}


def arguments_of(folder, checkpoints, engine="transformers", out="episodes.parquet", **changes) -> list[str]:
    spec = {
        "conditions": ["none", "curated"],
        "prompt_seed": 0,
        "inference": {**INFERENCE, "engine": engine},
        "checkpoints": checkpoints,
        "student": "s",
        "run": "base",
        **changes,
    }
    files = {
        "tasks": "tasks.parquet",
        "skills": "skills.parquet",
        "task-template": "task.jinja",
        "model": "model",
    }
    options = [text for name, file in files.items() for text in (f"--{name}", str(folder / file))]
    return [*options, "--out", str(folder / out), "--max-num-seqs", "4", "--spec", json.dumps(spec)]


@pytest.fixture
def study(tmp_path):
    write_student(tmp_path / "model")
    (tmp_path / "task.jinja").write_text("{% for step in steps %}{{ step }}\n{% endfor %}{{ prompt }}")
    skills = {
        "skill_id": ["a"],
        "name": ["a"],
        "domain": ["x"],
        "steps": [["Step 1: Copy.", "Step 2: Turn."]],
    }
    write_table(pl.DataFrame(skills), tmp_path / "skills.parquet", SKILLS)
    tasks = {
        "task_id": ["a.1", "a.2"],
        "skill_id": ["a", "a"],
        "suite": ["holdout", "train"],
        "prompt": ["What is 1?", "What is 2?"],
        "reference": ["1", "2"],
        "scorer": ["answer_line", "answer_line"],
        "answer_type": ["number", "number"],
        "worked_solution": ["1", "2"],
    }
    write_table(pl.DataFrame(tasks), tmp_path / "tasks.parquet", TASKS)
    return tmp_path


@pytest.mark.parametrize("engine", ["transformers", "vllm"])
def test_the_base_model_answers_at_step_0_and_a_repeat_gives_the_same_bytes(study, engine):
    generate.main(arguments_of(study, [0], engine))
    frame = read_table(study / "episodes.parquet", EPISODES)
    assert frame.select("step", "condition", "task_id").rows() == [(0, "curated", "a.1"), (0, "none", "a.1")]
    generate.main(arguments_of(study, [0], engine, "again.parquet"))
    assert (study / "again.parquet").read_bytes() == (study / "episodes.parquet").read_bytes()


def test_a_trained_run_answers_at_its_checkpoints(study):
    for step in (2, 6):
        write_student(study / f"checkpoints/step-{step}", seed=step)
    write_json({"steps": {"2": {}, "6": {}}, "final_step": 6}, study / "manifest.json")
    run = ["--checkpoints", str(study / "checkpoints"), "--manifest", str(study / "manifest.json")]
    generate.main([*arguments_of(study, [2, "final"]), *run])
    assert read_table(study / "episodes.parquet", EPISODES)["step"].to_list() == [2, 2, 6, 6]


def test_an_emulated_run_answers_with_the_training_that_it_borrows(study):
    """The small student is the large one here, so its training alone answers."""
    write_student(study / "checkpoints/step-6", seed=6)
    write_json({"steps": {"6": {}}, "final_step": 6}, study / "manifest.json")
    run = ["--checkpoints", str(study / "checkpoints"), "--manifest", str(study / "manifest.json")]
    generate.main([*arguments_of(study, ["final"], out="trained.parquet"), *run])
    emulated = arguments_of(study, ["final"], **BORROWED)
    generate.main([*emulated, *run, "--small", str(study / "model")])
    found, expected = (read_table(study / f"{name}.parquet", EPISODES) for name in ("episodes", "trained"))
    assert found.equals(expected)
    with pytest.raises(UserError, match="key emulated: found "):
        generate.main([*emulated, *run])
    with pytest.raises(UserError, match="key emulated: found None"):
        generate.main([*arguments_of(study, [0]), "--small", str(study / "model")])


def test_answers_after_interventions_are_a_table_more_where_the_spec_asks_for_them(study):
    asked = arguments_of(study, [0])
    spec = json.loads(asked.pop())
    spec["inference"]["interventions"] = {"conditions": ["curated"], "kinds": ["early"], "cuts": [0.5]}
    table = str(study / "intervened.parquet")
    generate.main([*asked, json.dumps(spec), "--intervened", table])
    found = read_table(table, INTERVENED)
    assert found.select("condition", "kind", "cut").rows() == [
        ("curated", "early", 0.5),
        ("curated", "forced", 1.0),
        ("curated", "other_chain", 1.0),
    ]
    with pytest.raises(UserError, match="--intervened"):
        generate.main([*arguments_of(study, [0]), "--intervened", table])


def test_a_missing_template_is_named(study):
    (study / "task.jinja").unlink()
    with pytest.raises(UserError, match=r"task\.jinja"):
        generate.main(arguments_of(study, [0]))
    assert not (study / "episodes.parquet").exists()


def test_a_trained_run_without_its_checkpoints_is_refused(study):
    with pytest.raises(UserError, match="no such checkpoint"):
        generate.main(arguments_of(study, ["final"]))
