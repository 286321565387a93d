"""A study whose teacher, judges and reference model answer over HTTP, run by the workflow's own rules.

The models are a server on this machine that speaks the OpenAI chat API: it answers the tasks of the smoke
study's pack, and judges as the offline judges do.
"""

from __future__ import annotations

import re
from collections import Counter

import polars as pl
import pytest
import yaml
from projects import ROOT, copy_project, dry_run, planned_jobs, replace_in, started_snakemake
from rerun_sets import everything
from stub_models import chat_completion, chat_server

from skillift.chat import offline_judges
from skillift.contracts import pipeline as contracts
from skillift.settings.tasks import TaskPack
from skillift.tables import read_table
from skillift.taskpack import build_pack

TEACHER = "teacher: {kind: worked_solution, corrupted_share: 0.1, attempts: 1, seed: 0}"
RESULTS = "results/smoke"
TARGETS = [
    f"{RESULTS}/corpus/worked.parquet",
    *(f"{RESULTS}/verdicts/{judge}/big/base.parquet" for judge in ("conclusion", "tail")),
]
CONDITIONS = ("none", "curated", "placebo")


@pytest.fixture(scope="module")
def tasks() -> pl.DataFrame:
    study = yaml.safe_load((ROOT / "studies/smoke.yaml").read_text(encoding="utf-8"))
    return build_pack(TaskPack(**study["tasks"]["pack"]))[1]


def over_http(folder, address: str) -> None:
    """Put models behind `address` in the place of teacher and judges, and add a reference model."""
    study = folder / "studies/smoke.yaml"
    model = f"api_base: '{address}', price: {{input_per_million: 1.0, output_per_million: 5.0}}"
    replace_in(
        study,
        TEACHER,
        f"references:\n  big: {{tier: 9, source: api, model: hosted_vllm/big, max_tokens: 300, {model}}}\n\n"
        f"teacher: {{kind: api, model: hosted_vllm/teacher, attempts: 2, max_tokens: 300, {model}}}",
    )
    for judge in ("conclusion", "tail"):
        replace_in(study, f"model: offline/{judge},", f"model: hosted_vllm/{judge}, {model},")
    replace_in(study, "rows: 26, condition: curated", "rows: 26, condition: none")


class Models:
    """Answers as the teacher, the judges or the reference model, by the model's name in the request."""

    def __init__(self, tasks: pl.DataFrame) -> None:
        self.references = dict(tasks.select("prompt", "reference").iter_rows())
        self.asked: Counter[str] = Counter()
        self.never_right = tasks.filter(pl.col("suite") == "train")["prompt"].min()

    def __call__(self, body: dict) -> tuple[int, dict]:
        model, content = body["model"], body["messages"][0]["content"]
        self.asked[model] += 1
        if model in offline_judges.JUDGES:
            return 200, chat_completion(offline_judges.reply(model, content))
        prompt = content.rstrip("\n").rpartition("\n")[2]
        wrong = prompt == self.never_right or (model == "big" and prompt == content.rstrip("\n"))
        answer = "no idea" if wrong else self.references[prompt]
        return 200, chat_completion(f"Step 1: Think\nANSWER: {answer}")


@pytest.mark.integration
def test_a_study_over_http_pays_for_every_answer_once(tasks, tmp_path):
    folder, models = copy_project(tmp_path / "project"), Models(tasks)
    with chat_server(models) as (address, _):
        over_http(folder, address)
        finished = started_snakemake(folder, *TARGETS)
        assert finished.returncode == 0, finished.stdout
        asked = models.asked.copy()
        (folder / TARGETS[1]).unlink()
        finished = started_snakemake(folder, TARGETS[1])
        assert finished.returncode == 0, finished.stdout
    assert models.asked == asked  # what was paid for is never asked again

    n_train = tasks.filter(pl.col("suite") == "train").height
    n_holdout = tasks.filter(pl.col("suite") == "holdout").height
    assert asked["teacher"] == n_train + 1  # the task that no answer passes is asked for twice
    assert asked["big"] == len(CONDITIONS) * n_holdout

    demonstrations = read_table(folder / f"{RESULTS}/corpus/demonstrations.parquet", contracts.DEMONSTRATIONS)
    failed = demonstrations.filter(~pl.col("passed"))
    assert failed["reason"].to_list() == ["the judge read: no idea"] * 2
    assert demonstrations["cost_usd"].min() > 0
    assert all("\nStep 5:" in prompt for prompt in demonstrations["prompt"])

    corpus = read_table(folder / TARGETS[0], contracts.CORPUS)
    assert corpus.height == 26
    prompts = {user["content"].rstrip("\n") for user, _ in corpus["messages"].to_list()}
    assert prompts <= set(tasks["prompt"])  # written again, without the procedure

    episodes = read_table(folder / f"{RESULTS}/episodes/big/base.parquet", contracts.EPISODES)
    assert episodes.height == len(CONDITIONS) * n_holdout
    assert set(episodes["engine"]) == {"api"}
    for path in TARGETS[1:]:
        verdicts = read_table(folder / path, contracts.VERDICTS)
        rates = dict(verdicts.group_by("condition").agg(pl.col("passed").mean()).iter_rows())
        assert rates == {"none": 0.0, "curated": 1.0, "placebo": 1.0}


def test_a_reference_model_over_http_needs_no_model_folder_and_has_no_other_run(tmp_path):
    folder = copy_project(tmp_path / "project")
    over_http(folder, "http://localhost:9/v1")
    added = {job for job in planned_jobs(folder) - everything() if not job.startswith("certify")}
    assert added == {"ask_reference big base", "judge conclusion big base", "judge tail big base"}


def test_a_corpus_is_given_skills_and_template_only_where_its_condition_needs_them(tmp_path):
    folder = copy_project(tmp_path / "project")
    target = f"{RESULTS}/corpus/worked.parquet"

    def command():
        planned = dry_run(folder, "--printshellcmds", target)
        assert planned.returncode == 0, planned.stdout
        return re.search(r"select_corpus\.py.*?--out", planned.stdout, re.DOTALL).group()

    assert "--skills" not in command()
    replace_in(folder / "studies/smoke.yaml", "condition: curated", "condition: placebo")
    assert f"--skills {RESULTS}/skills/train.parquet --task-template" in command()
