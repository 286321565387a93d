"""The command try_study: it runs the trial as a study of its own, and ends in a forecast."""

from __future__ import annotations

from pathlib import Path

import pytest

from skillift.audit.plan import NEW, Job, Plan
from skillift.errors import UserError
from skillift.study.study import load_study
from snakemake_inside import plan
from snakemake_inside.plan import StudyPlan
from study import run_study, try_study


@pytest.fixture
def called(monkeypatch, tmp_path):
    """What Snakemake would be called with."""
    calls: list[list[str]] = []

    def record(command, env):
        calls.append(command)
        return 0, None

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run_study, "run_with_signals", record)
    return calls


def test_what_is_run_is_the_trial_with_results_and_state_of_its_own(called, repository, tmp_path):
    options = ["--directory", str(tmp_path / "there"), "--config", "results=mine", "-n"]
    try_study.main(["--study", str(repository / "studies/smoke.yaml"), "--tasks", "8", *options])
    (command,) = called
    file = tmp_path / "there/.skillift/smoke-trial/study.yaml"
    assert command[-2:] == ["results=mine", f"study={file}"] and "-n" in command
    assert load_study(file).name == "smoke-trial"
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert made == {"there/.skillift/smoke-trial/study.yaml"}, "nothing of the study's own"


def test_after_the_trial_stands_what_the_real_run_would_take(
    called, repository, tmp_path, capsys, monkeypatch
):
    study = load_study(repository / "studies/smoke.yaml")
    job = Job("train", {"student": "s", "run": "sft-s0"}, "training", NEW)
    asked = []

    def read(options):
        asked.append(options)
        benchmark = Path("results/smoke-trial/benchmarks/train/s/sft-s0.tsv")
        benchmark.parent.mkdir(parents=True)
        benchmark.write_text("s\th:m:s\tmax_rss\n600.0\t0\t2048.0\n")
        return StudyPlan(Plan((job,)), study, {})

    monkeypatch.setattr(plan, "read_plan", read)
    options = ["--directory", str(tmp_path / "there"), "--cores", "2"]
    try_study.main(["--study", str(repository / "studies/smoke.yaml"), *options])
    assert asked[0][:3] == ["--cores", "2", "--forceall"] and asked[0][-1].endswith("studies/smoke.yaml")
    said = capsys.readouterr().out
    assert "10 min on 2 cores" in said and "2.0 GiB in the largest job, train/s/sft-s0; up to 3.0" in said


def test_fewer_than_two_tasks_are_refused(called, capsys):
    with pytest.raises(SystemExit) as ended:
        try_study.main(["--tasks", "1"])
    assert ended.value.code == 2
    assert "expected a whole number from 2" in capsys.readouterr().err


def test_a_wrong_study_ends_before_anything_is_written(called, tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        try_study.main(["--study", "nowhere.yaml", "--directory", str(tmp_path / "there")])
    assert not called and not (tmp_path / "there").exists()
