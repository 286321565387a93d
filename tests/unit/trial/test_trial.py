"""A trial is the study itself on a few tasks and steps, under another name; its forecast is arithmetic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from skillift.audit.durations import MEASURED, Duration, wall_seconds
from skillift.audit.plan import NEW, Job, Plan
from skillift.episodes.study_tasks import tasks_of
from skillift.preflight.mistakes import checked_study
from skillift.processes.progress_lines import Line
from skillift.running.project_settings import settings
from skillift.study.study import load_study
from skillift.trial.derivation import STEPS, spread, write_trial
from skillift.trial.forecast import (
    Forecast,
    Measured,
    counted_seconds,
    forecast_bytes,
    forecast_durations,
    held_apart,
    scaled,
)
from skillift.trial.forecast_text import forecast_text
from skillift.trial.work import Size

LOG = "generate: importing vLLM ... 2 s\n{line}\n"


def trial_of(path: Path, folder: Path, n_tasks: int = 8):
    study = load_study(path)
    return study, load_study(write_trial(study, n_tasks, folder))


@pytest.mark.parametrize("name", ["smoke", "embedded", "pocket", "paper", "paper-next-tiers"])
def test_a_trial_of_each_shipped_study_is_a_study_of_its_own_with_the_same_models(name, repository, tmp_path):
    study, trial = trial_of(repository / f"studies/{name}.yaml", tmp_path)
    checked_study(trial.path, settings(str(repository / f"studies/{name}.yaml")).config)
    assert trial.name == f"{name}-trial"
    assert trial.evaluated == study.evaluated and trial.judges == study.judges
    assert trial.conditions == study.conditions and trial.corpora == study.corpora
    assert {(run.student, run.recipe) for run in trial.runs} == {
        (run.student, run.recipe) for run in study.runs
    }
    assert len(trial.runs) == len({(run.student, run.recipe) for run in study.runs}), "one seed of each"
    assert not trial.data["predictions"], "nothing is registered of a trial"
    tasks, _ = tasks_of(trial)
    holdout = tasks.filter(suite="holdout")
    assert holdout.height == 8 and holdout["skill_id"].n_unique() == 4


def test_trainings_have_few_steps_of_the_studys_batch_and_rows_that_the_teacher_leaves_right(
    repository, tmp_path
):
    for name in ("smoke", "embedded"):
        study, trial = trial_of(repository / f"studies/{name}.yaml", tmp_path / name)
        size, train = Size.of(trial), tasks_of(trial)[0].filter(suite="train").height
        for run in trial.trained_runs:
            assert STEPS <= size.steps(run.student, run.run) <= STEPS + 1
        for recipe, found in trial.data["recipes"].items():
            assert found["batch_size"] == study.data["recipes"][recipe]["batch_size"]
        for corpus in trial.data["corpora"].values():
            assert corpus["rows"] <= train - round(0.1 * train)


def test_a_trial_of_matched_corpora_keeps_these_and_compares_nothing(repository, tmp_path):
    text = (repository / "studies/smoke.yaml").read_text(encoding="utf-8")
    recipe = text[text.index("  sft:\n") : text.index("\nruns:")]
    other = recipe.replace("  sft:", "  noisy:").replace("corpus: worked", "corpus: noisy")
    for old, new in (
        ("corpora:\n", "corpora:\n  noisy: {like: worked, wrong_share: 0.5}\n"),
        ("corrupted_share: 0.1", "corrupted_share: 0.1, until: both"),
        ("\nruns:\n", f"{other}\nruns:\n  - {{recipe: noisy, students: [s], seeds: [0]}}\n"),
        ("epochs: 4\n", "max_steps: 16\n"),
        ("checkpoints: [final]", "checkpoints: {every: 4}"),
        ("analysis: {", "analysis: {compare: [[noisy, sft]], depth: {early: [4, 8]}, "),
    ):
        assert old in text, old
        text = text.replace(old, new)
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    study, trial = trial_of(tmp_path / "study.yaml", tmp_path / "trial")
    assert study.data["analysis"]["compare"] and "compare" not in trial.data["analysis"]
    assert "depth" not in trial.data["analysis"]
    assert trial.corpus("noisy")["rows"] == trial.corpus("worked")["rows"] < study.corpus("worked")["rows"]
    size = Size.of(trial)
    assert {size.steps(run.student, run.run) for run in trial.trained_runs} <= {STEPS, STEPS + 1}


def test_a_trial_trains_what_its_recipes_start_from_or_borrow(repository, tmp_path):
    text = (repository / "studies/smoke.yaml").read_text(encoding="utf-8")
    recipe = text[text.index("  sft:\n") : text.index("\nruns:")]
    dpo = recipe.replace("  sft:", "  dpo:").replace("objective: sft", "objective: dpo\n    beta: 0.1")
    dpo = dpo.replace("corpus: worked", "corpus: pairs\n    start: sft")
    borrowed = "  lent: {objective: emulated, from: {student: s, recipe: dpo}}\n"
    runs = "  - {recipe: lent, students: [m], seeds: [2]}\n  - {recipe: dpo, students: [s], seeds: [1, 2]}\n"
    for old, new in (
        ("corpora:\n", "corpora:\n  pairs: {like: worked, form: pairs, rejected: corrupted}\n"),
        ("\nruns:\n", f"{dpo}{borrowed}\nruns:\n{runs}"),
        ("students: [s, m], seeds: [0]}", "students: [s, m], seeds: [0, 1, 2, 3]}"),
        ("engine: vllm", "engine: transformers"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    _, trial = trial_of(tmp_path / "study.yaml", tmp_path / "trial")
    trained = {run.run for run in trial.trained_runs}
    assert trained == {"sft-s0", "sft-s1", "sft-s2", "dpo-s1", "dpo-s2"}
    assert [run.run for run in trial.emulated_runs] == ["lent-s2"]


def test_own_tasks_are_taken_spread_over_lengths_and_the_longest_is_among_them(tmp_path):
    tasks = [
        {
            "task_id": f"00{number}.{skill}.{suite}",
            "skill_id": skill,
            "suite": suite,
            "prompt": f"What is {number}? " + "x " * number,
            "reference": f"{number}.50",
            "worked_solution": f"It is.\nANSWER: {number}.50",
            "origin": "somewhere",
        }
        for skill in ("a", "b", "c", "d", "e", "f")
        for suite in ("train", "holdout")
        for number in range(20)
    ]
    tasks += [
        {**task, "task_id": f"v{task['task_id']}", "suite": "perturbed", "parent": task["task_id"]}
        for task in tasks
        if task["suite"] == "holdout"
    ]
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(task) + "\n" for task in tasks))
    skills = {name: {"name": name, "steps": [f"Read {name}.", "Write it."]} for name in "abcdef"}
    (tmp_path / "skills.yaml").write_text(yaml.safe_dump(skills))
    template = yaml.safe_load((Path(__file__).parents[3] / "studies/template.yaml").read_text())
    template["tasks"]["files"] = {"tasks": "tasks.jsonl", "skills": "skills.yaml"}
    template["corpora"]["worked"]["rows"] = 100
    template["inference"]["suites"] = ["holdout", "perturbed"]
    template["students"]["small"] = {"tier": 1, "source": "hub", "model": "some/model"}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(template))
    _, trial = trial_of(tmp_path / "mine.yaml", tmp_path / "elsewhere/deep")
    found, skills = tasks_of(trial)
    assert found["skill_id"].n_unique() == 4 and skills.height == 6, "a placebo may be any other procedure"
    holdout, variants = found.filter(suite="holdout"), found.filter(suite="perturbed")
    assert set(variants["parent"]) <= set(holdout["task_id"]) and variants.height == 8
    assert 8 <= holdout.height <= 16
    assert all(reference.endswith(".50") for reference in holdout["reference"]), "texts stay texts"
    assert max(holdout["prompt"], key=len) == max((task["prompt"] for task in tasks), key=len)
    assert trial.data["corpora"]["worked"]["rows"] == 32 <= found.filter(suite="train").height


def test_spread_takes_the_first_and_no_item_twice():
    assert spread(range(10), 3) == [0, 3, 6] and spread("ab", 5) == ["a", "b"]


def test_what_starts_once_is_not_multiplied():
    assert scaled(Measured(seconds=30.0, counted=10.0, memory_mib=None), 20) == 20 + 200


def test_a_log_tells_how_long_the_counted_work_took():
    line = str(Line("answering", 32, 32, "prompt", ("1.0 prompts/s", "took 1 min 20 s")))
    assert counted_seconds(LOG.format(line=line)) == 80
    assert counted_seconds(LOG.format(line="answering: 3 of 32 prompts, 30 s left")) == 0
    several = "checkpoint 1 of 2, answering: 32 of 32 prompts, took 8 s"
    assert counted_seconds(LOG.format(line=f"{several}\n{line}")) == 88


def test_prompts_that_every_run_asks_twice_are_not_multiplied():
    twice = "in another batch, answering: 16 of 16 prompts, took 22 s"
    assert counted_seconds(LOG.format(line=f"answering: 64 of 64 prompts, took 40 s\n{twice}")) == 40
    at = f"checkpoint 2 of 2, {twice}"
    assert counted_seconds(LOG.format(line=f"answering: 64 of 64 prompts, took 40 s\n{at}")) == 40


def job_of(results: Path, name: str, seconds: float, line: str) -> None:
    for folder, ending, text in (
        ("benchmarks", "tsv", f"s\th:m:s\tmax_rss\n{seconds}\t0\t512.0\n"),
        ("logs", "log", LOG.format(line=line)),
    ):
        path = results / folder / f"{name}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_jobs_of_every_seed_take_what_the_first_ones_took_with_more_of_the_counted_work(repository, tmp_path):
    study, trial = trial_of(repository / "studies/embedded.yaml", tmp_path)
    results = tmp_path / "results"
    job_of(results, "train/s/sft-s0", 25.0, "training: 4 of 4 steps, took 20 s")
    job_of(results, "generate/s/base", 40.0, "answering: 65 of 65 prompts, took 10 s")
    job_of(results, "make_figure/lift", 3.0, "")
    jobs = [
        Job("train", {"student": "s", "run": "sft-s1"}, "training", NEW),
        Job("generate", {"student": "s", "run": "base"}, "episodes", NEW),
        Job("make_figure_lift", {}, "publication", NEW),
        Job("train", {"student": "m", "run": "sft-s0"}, "training", NEW),
        Job("check_predictions", {}, "predictions", NEW),
    ]
    found = forecast_durations(Plan(tuple(jobs)), Size.of(study), Size.of(trial), results)
    steps = 6 * 23  # 353 rows in batches of 16
    assert found[0].seconds == pytest.approx(5 + 20 * steps / 4)
    # five conditions of 200 tasks and 38 variants, and in the trial of 8 and 5
    assert found[1].seconds == pytest.approx(30 + 10 * 5 * 238 / (5 * 13))
    assert found[2].seconds == 3.0
    assert found[3].seconds is None, "nobody knows what a training takes that was not measured"
    assert found[4].seconds == 3.0, "as pages take that were measured"


def test_jobs_that_do_not_fit_the_memory_together_are_not_counted_side_by_side(repository, tmp_path):
    study = load_study(repository / "studies/embedded.yaml")
    job_of(tmp_path, "train/s/sft-s0", 100.0, "")
    job_of(tmp_path, "train/m/sft-s0", 100.0, "")
    plan = Plan(tuple(Job("train", {"student": name, "run": "sft-s0"}, "training", NEW) for name in "sm"))
    took = {number: Duration(100.0, MEASURED) for number in (0, 1)}
    roomy, narrow = (held_apart(plan, study, tmp_path, 2, mib) for mib in (4096, 600))  # 512 MiB each
    assert wall_seconds(roomy, took, 2) == pytest.approx(100, abs=10)
    assert wall_seconds(narrow, took, 2) == pytest.approx(200, abs=10)


def test_disk_grows_with_checkpoints_and_episodes_and_students_are_there_once(repository, tmp_path):
    study, trial = trial_of(repository / "studies/embedded.yaml", tmp_path)
    results = tmp_path / "results"
    for name, size in (("students/s/w", 1000), ("runs/s/w", 100), ("episodes/e", 10)):
        (results / name).parent.mkdir(parents=True)
        (results / name).write_bytes(b"x" * size)
    own, small = Size.of(study), Size.of(trial)
    assert (own.weights, small.weights) == (7, 4)
    episodes = own.all_episodes / small.all_episodes
    assert forecast_bytes(results, own, small) == round(1000 + 100 * 7 / 4 + 10 * episodes)


def test_the_forecast_says_minutes_memory_disk_calls_and_what_it_leaves_out():
    found = Forecast(
        5000.0, 2, ("train",), {"generate": 60.0, "judge": 20.0}, ("train/s/sft-s0", 2048), 0, ()
    )
    text = "\n".join(forecast_text(found, Path("results/x-trial")))
    for part in ("1 h 23 min", "2 cores", "generate 75 %", "2.0 GiB", "none over APIs", "no such job: train"):
        assert part in text
