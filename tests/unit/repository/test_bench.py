"""The benchmarks' own parts: the stopwatch, and the sums of Snakemake's benchmark files."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from skillift.contracts.pipeline import SCORES
from skillift.tables import read_table


@pytest.fixture(scope="module")
def bench(repository: Path) -> Path:
    return repository / "tests" / "bench"


@pytest.fixture
def study_times(bench, monkeypatch):
    monkeypatch.syspath_prepend(str(bench))
    return importlib.import_module("study_times")


def run_under_stopwatch(bench: Path, folder: Path, script: str, *targets: str) -> dict[str, float]:
    (folder / "kettle.py").write_text(
        "import time\nclass Kettle:\n"
        "    def boil(self, again=True):\n        time.sleep(0.2)\n        again and self.boil(again=False)\n"
    )
    (folder / "script.py").write_text(script)
    command = [sys.executable, bench / "stopwatch.py", folder / "times.json", *targets, "--"]
    done = subprocess.run([*command, folder / "script.py"], capture_output=True, text=True, check=False)
    assert done.returncode == (1 if "raise" in script else 0), done.stderr
    return json.loads((folder / "times.json").read_text())


def test_nested_calls_of_one_target_count_once(bench, tmp_path):
    script = "from kettle import Kettle\nKettle().boil()\n"
    times = run_under_stopwatch(bench, tmp_path, script, "kettle:Kettle.boil")
    assert 0.4 <= times["kettle:Kettle.boil"] < 0.6
    assert times["process"] >= times["kettle:Kettle.boil"]


def test_in_processor_time_waiting_counts_nothing(bench, tmp_path, monkeypatch):
    monkeypatch.setenv("STOPWATCH", "cpu")
    script = "from kettle import Kettle\nKettle().boil()\n"
    times = run_under_stopwatch(bench, tmp_path, script, "kettle:Kettle.boil")
    assert times["kettle:Kettle.boil"] < 0.2  # it sleeps for 0.4 s


def test_a_target_that_is_never_called_has_no_time(bench, tmp_path):
    times = run_under_stopwatch(bench, tmp_path, "import json\n", "kettle:Kettle.boil")
    assert set(times) == {"process", "peak_gib"}


def test_a_script_that_fails_still_leaves_its_times(bench, tmp_path):
    script = "import kettle\nkettle.Kettle().boil()\nraise SystemExit(1)\n"
    assert "kettle:Kettle.boil" in run_under_stopwatch(bench, tmp_path, script, "kettle:Kettle.boil")


def test_jobs_are_summed_by_the_file_of_their_rule(study_times, tmp_path):
    for name, seconds, memory in [
        ("train/s/a.tsv", 2, "10"),
        ("train/s/b.tsv", 3, "-"),
        ("analyse.tsv", 1, "5"),
    ]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\tmax_rss\n{seconds}\t{memory}\n")
    training, analysis = study_times.stages(tmp_path)
    assert training == study_times.Stage("training", jobs=2, seconds=5.0, longest=3.0, memory_mb=10.0)
    assert (analysis.name, analysis.jobs) == ("analysis", 1)


def test_every_rule_of_a_study_is_measured_and_belongs_to_a_stage(study_times, repository, tmp_path):
    text = "\n".join(path.read_text() for path in sorted((repository / "rules").glob("*.smk")))
    _, *blocks = re.split(r"^ *rule(?= \w+:|:)", text, flags=re.MULTILINE)
    unmeasured = {block.split(":")[0].strip() for block in blocks if "BENCHMARKS}/" not in block}
    assert unmeasured == {"push", "push_run", "push_corpus"}  # on demand, no part of a study
    declared = set(re.findall(r"BENCHMARKS}/(\w+)", text))
    assert len(declared) == len(blocks) - len(unmeasured) > 10
    for name in declared:
        (tmp_path / f"{name}.tsv").write_text("s\tmax_rss\n1\t10\n")
    assert sum(stage.jobs for stage in study_times.stages(tmp_path)) == len(declared)


def test_the_made_scores_are_a_million_rows_that_keep_their_contract(bench, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(bench))
    speed = importlib.import_module("analysis_speed")
    rows_of = 3 * 4 * len(speed.CONDITIONS) * 200  # paths, students, conditions, tasks
    for shape in speed.SHAPES:
        assert rows_of * (1 + 2 * shape.seeds * shape.checkpoints) * shape.samples >= 1_000_000
    spec, height = speed.made_tables(speed.Shape("small", seeds=2, checkpoints=2, samples=1), tmp_path)
    scores = read_table(tmp_path / "scores.parquet", SCORES)
    assert scores.height == height == rows_of * 9
    assert scores["passed"].null_count() == pytest.approx(height / 100, rel=0.2)
    declared = {(run["student"], run["run"]) for run in spec["runs"]}
    assert set(scores.select("student", "run").unique().rows()) == declared


def test_a_function_of_a_module_is_timed_too(bench, tmp_path):
    (tmp_path / "cup.py").write_text("import time\n\ndef sip():\n    time.sleep(0.2)\n")
    times = run_under_stopwatch(bench, tmp_path, "from cup import sip\nsip()\n", "cup:sip")
    assert 0.2 <= times["cup:sip"] < 0.3


@pytest.mark.models
@pytest.mark.parametrize(("shape", "billions"), [("0.8B", 0.75), ("2B", 1.88), ("4B", 4.2)])
def test_random_students_have_the_size_of_the_published_ones(bench, monkeypatch, shape, billions):
    import torch

    monkeypatch.syspath_prepend(str(bench))
    shapes = importlib.import_module("student_shapes")
    with torch.device("meta"):
        model = shapes.random_model(shape)
    assert model.num_parameters() / 1e9 == pytest.approx(billions, rel=0.02)
    assert model.lm_head.weight is model.model.embed_tokens.weight


@pytest.mark.nightly
def test_all_that_make_bench_measures_is_measured(bench):
    command = ["--study", "studies/smoke.yaml", "--cores", "2", "--repeats", "1"]
    command += ["--judgments", "200", "--kills", "1", "--runs", "3"]
    done = subprocess.run(
        [sys.executable, bench / "run.py", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for title in ("Study", "Episodes", "Training", "preference pairs", "Judging", "Analysing", "Planning"):
        assert title in done.stdout
    assert "equal answers: 100.0%" in done.stdout


def test_memory_is_that_of_the_command_and_not_of_the_benchmark_that_starts_it(bench, monkeypatch):
    monkeypatch.syspath_prepend(str(bench))
    held = bytearray(300_000_000)
    small = importlib.import_module("usage").took([sys.executable, "-S", "-c", "pass"])
    assert 1 < small["memory_mb"] < len(held) / 1e6 / 2
    larger = importlib.import_module("usage").took([sys.executable, "-S", "-c", "bytearray(200_000_000)"])
    assert 200 < larger["memory_mb"] < len(held) / 1e6
    with pytest.raises(subprocess.CalledProcessError) as error:
        importlib.import_module("usage").took([sys.executable, "-S", "-c", "raise SystemExit(3)"])
    assert error.value.returncode == 3
