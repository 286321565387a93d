"""The study `studies/axes.yaml`: what it asks, what its jobs are, and what comes out of a whole run."""

from __future__ import annotations

import polars as pl
import pytest
from projects import ROOT, copy_project, planned_jobs, replace_in, snakemake
from study_specs import all_specs

from skillift.contracts.training import RUN_LOG
from skillift.study.study import load_study, read_study
from skillift.tables import read_table

AXES = ROOT / "studies/axes.yaml"
STUDY = "studies/axes.yaml"
TRAINED = {"s": ("sft", "once", "repeated", "noisy", "dpo", "grpo"), "m": ("sft",)}
# claims of recipes and scales, and the students that each is about
CLAIMS = {
    "dip_and_recovery": {"s", "m"},
    "repetition": {"s"},
    "data_quality": {"s"},
    "preference": {"s"},
    "preference_in_form": {"s"},
    "reward": {"s"},
    "reward_in_form": {"s"},
    "pretraining_scale": {"m"},
    "finetuning_scale": {"m"},
    "pretraining_scale_in_form": {"m"},
    "finetuning_scale_in_form": {"m"},
    "forecast": {"s", "m"},
    "sampling_budget": {"s"},
    "diversity_lost": {"s", "m"},
    "faithfulness:early@0": {"s", "m"},
}
FIGURES = (
    "depth",
    "emulation_grid",
    "chain",
    "forecast",
    "sampling_budget",
    "transfer",
    "metrics",
    "loss_curves",
    "lift",
)


def test_it_compares_recipes_that_differ_in_one_thing():
    _, problems, _ = read_study(AXES)
    assert problems == []
    pairs = {
        (pair.claim, pair.recipe, pair.against) for pair in load_study(AXES).analysis_spec().analysis.compare
    }
    assert pairs == {
        ("repetition", "repeated", "once"),
        ("data_quality", "noisy", "once"),
        ("preference", "dpo", "sft"),
        ("reward", "grpo", "sft"),
    }


def test_its_students_are_those_of_the_embedded_study():
    axes, embedded = (load_study(ROOT / f"studies/{name}.yaml") for name in ("axes", "embedded"))
    for student in ("s", "m"):
        assert axes.pretrain_spec(student) == embedded.pretrain_spec(student)


def test_a_setting_of_a_recipe_is_told_to_its_training_alone(tmp_path):
    (tmp_path / "studies").mkdir()
    edited = tmp_path / STUDY
    edited.write_text(AXES.read_text(encoding="utf-8"), encoding="utf-8")
    replace_in(edited, "generations: 8", "generations: 4")
    one, other = (all_specs(load_study(path)) for path in (AXES, edited))
    assert {name for name in one if one[name] != other[name]} == {"train s grpo-s0"}


def test_the_plan_trains_each_recipe_and_draws_what_is_asked(tmp_path):
    jobs = planned_jobs(copy_project(tmp_path / "project"), study=STUDY)
    trained = {f"train {student} {recipe}-s0" for student, recipes in TRAINED.items() for recipe in recipes}
    assert {job for job in jobs if job.startswith("train ")} == trained
    assert {f"make_figure_{name}" for name in FIGURES} <= jobs
    assert "generate m sft_of_s-s0" in jobs


@pytest.mark.nightly
@pytest.mark.integration
def test_a_whole_run_answers_every_question(tmp_path):
    project = copy_project(tmp_path / "project")
    finished = snakemake(project, study=STUDY, timeout=1800)
    assert finished.returncode == 0, finished.stdout
    results = project / "results/axes"
    claims = pl.read_parquet(results / "analysis/claims.parquet").filter(suite="holdout")
    for claim, students in CLAIMS.items():
        rows = claims.filter(pl.col("path").is_in(["judge:conclusion", "text", "bench"]), claim=claim)
        assert set(rows["student"]) == students, claim
    for student, recipes in TRAINED.items():
        for recipe in recipes:
            log = read_table(results / f"runs/{student}/{recipe}-s0/log.parquet", RUN_LOG)
            assert ("reward" in log.columns) == (recipe == "grpo")
            assert ("margin" in log.columns) == (recipe == "dpo")
    for name in FIGURES:
        assert list(results.glob(f"figures/{name}*.svg")), name
    assert set(pl.read_parquet(results / "analysis/effects.parquet")["suite"]) == {"holdout", "transfer"}
