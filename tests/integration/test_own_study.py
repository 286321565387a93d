"""The template for own studies, run for real: on a model folder, a CSV file and SKILL.md files of a user."""

from __future__ import annotations

import shutil
import subprocess
import sys

import polars as pl
import pytest
from projects import copy_project, replace_in

from skillift.contracts.pipeline import SCORES
from skillift.tables import read_table

pytestmark = pytest.mark.integration

SKILL = "---\nname: {id}\ndescription: How to make a {id}.\n---\n\n# {id}\n\n{steps}\n"


# importing vLLM, three times, takes longer than what it is asked; by day it answers the smoke study
@pytest.mark.parametrize("engine", ["transformers", pytest.param("vllm", marks=pytest.mark.nightly)])
def test_the_template_runs_on_a_users_model_and_tasks(finished_smoke, tmp_path, engine):
    """With the smoke study's tasks and its smaller student as what the user has."""
    project, results = copy_project(tmp_path / "My Étude 1"), finished_smoke / "results/smoke"
    suites = [pl.read_parquet(results / f"tasks/{suite}.parquet") for suite in ("train", "holdout")]
    tasks = pl.concat(suites).filter(pl.col("scorer") == "answer_line")
    (project / "my").mkdir()
    tasks.write_csv(project / "my/tasks.csv")
    for skill_id, steps in (
        pl.read_parquet(results / "skills/holdout.parquet").select("skill_id", "steps").iter_rows()
    ):
        listed = [f"{n}. {step.partition(': ')[2]}" for n, step in enumerate(steps, start=1)]
        folder = project / "my/skills" / skill_id
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text(SKILL.format(id=skill_id, steps="\n".join(listed)))
    bent = folder / "SKILL.md"  # the last one has another name than its folder, as other tools allow
    bent.write_text(bent.read_text().replace(f"name: {skill_id}", "name: another"))
    shutil.copytree(results / "students/s/model", project / "my/model")
    mine = project / "studies/mine.yaml"
    shutil.copy2(project / "studies/template.yaml", mine)
    replace_in(mine, "tasks.jsonl, skills: ../my/skills.yaml", "tasks.csv, skills: ../my/skills")
    replace_in(mine, "rows: 200", "rows: 24")
    replace_in(mine, "max_tokens: 256", f"max_tokens: 48, engine: {engine}")

    # to the scores: what follows is the same for any study
    command = [
        sys.executable,
        str(project / "workflow_scripts/study/run_study.py"),
        "--study",
        "studies/mine.yaml",
    ]
    done = subprocess.run(
        [*command, "--cores", "2", "--until", "score"],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
        check=False,
    )
    scores = project / "results/mine/scores.parquet"
    assert scores.exists(), done.stdout
    assert f"my/skills/{skill_id}/SKILL.md" in done.stdout, "the start of a run says what bends a format"
    found = read_table(scores, SCORES)
    assert set(found["run"]) == {"base", "sft-s0"} and set(found["student"]) == {"small"}
    assert set(found["condition"]) == {"none", "curated", "placebo", "filler"}
    assert (found["status"] == "scored").all()
