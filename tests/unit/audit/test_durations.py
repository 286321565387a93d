"""How long planned jobs are said to take: from benchmarks, never from scratch."""

from __future__ import annotations

from pathlib import Path

import pytest

from skillift.audit.durations import (
    ALIKE,
    DECLARED,
    MEASURED,
    UNKNOWN,
    device_hours,
    durations,
    wall_seconds,
)
from skillift.audit.plan import AGAIN, NEW, REUSED, Job, Plan, Trigger
from skillift.provenance import canonical

ALONE = Plan((Job("a", {}, "x", AGAIN),))
START = wall_seconds(ALONE, durations(ALONE), 1)  # of Snakemake itself: the job's own time is unknown


def benchmark(folder: Path, name: str, seconds: float) -> str:
    path = folder / f"{name}.tsv"
    path.write_text(f"s\th:m:s\tmax_rss\n{seconds}\t0:00:10\t100.0\n", encoding="utf-8")
    return str(path)


def train(student: str, run: str, fate: str, path: str | None, **others) -> Job:
    return Job("train", {"student": student, "run": run}, "training", fate, benchmark=path, **others)


def test_a_job_takes_what_it_took(tmp_path):
    plan = Plan((train("s", "sft-s0", AGAIN, benchmark(tmp_path, "a", 12.5)),))
    (found,) = durations(plan).values()
    assert (found.seconds, found.basis) == (12.5, MEASURED)


def test_twice_the_epochs_take_twice_the_time(tmp_path):
    old, new = (canonical({"epochs": epochs}) for epochs in (3, 6))
    job = train(
        "s", "sft-s0", AGAIN, benchmark(tmp_path, "a", 10), spec=new, triggers=(Trigger("spec", old, new),)
    )
    assert durations(Plan((job,)))[0].seconds == 20


def test_answers_after_interventions_take_their_share(tmp_path):
    inference = {"samples": 1}
    asked = {"conditions": ["none", "curated"], "checkpoints": [0], "inference": inference}
    again = {"conditions": ["curated"], "kinds": ["early"], "cuts": [0.0, 0.5]}
    sampling = {"name": "sampling", "conditions": ["curated"], "checkpoints": [0], "samples": 4}
    took = []
    for protocols in ({}, {"protocols": [{**asked, "name": "main", "samples": 1}, sampling]}):
        old, new = (
            canonical({**asked, **protocols, "inference": each})
            for each in (inference, inference | {"interventions": again})
        )
        path = benchmark(tmp_path, "a", 12)
        job = Job("generate", {}, "g", AGAIN, benchmark=path, spec=new, triggers=(Trigger("spec", old, new),))
        took.append(durations(Plan((job,)))[0].seconds)
    assert took == [12 * (2 + 4) / 2, 12 * (2 + 4 + 4) / (2 + 4)]


def test_a_new_job_takes_what_the_same_students_took_in_its_rule(tmp_path):
    jobs = (
        train("s", "sft-s0", REUSED, benchmark(tmp_path, "a", 10)),
        train("l", "sft-s0", REUSED, benchmark(tmp_path, "b", 90)),
        train("s", "sft-s1", NEW, str(tmp_path / "none.tsv")),
        train("x", "other-s7", NEW, None),
    )
    found = durations(Plan(jobs))
    assert (found[2].seconds, found[2].basis) == (10, ALIKE)
    assert (found[3].seconds, found[3].basis) == (50, ALIKE)


def test_what_nobody_knows_is_unknown_unless_it_is_declared(tmp_path):
    broken = tmp_path / "broken.tsv"
    broken.write_text("no benchmark", encoding="utf-8")
    plan = Plan((train("s", "sft-s0", NEW, str(broken)),))
    assert (durations(plan)[0].seconds, durations(plan)[0].basis) == (None, UNKNOWN)
    assert device_hours(plan, durations(plan)) is None
    declared = durations(plan, {"train": 120.0})
    assert (declared[0].seconds, declared[0].basis) == (120.0, DECLARED)
    assert device_hours(plan, declared) == pytest.approx(120 / 3600)


def test_cores_work_side_by_side_and_jobs_wait_for_what_they_need(tmp_path):
    jobs = tuple(train(student, "r", AGAIN, benchmark(tmp_path, student, 100)) for student in "abcd")
    last = Job("score", {}, "verdicts", AGAIN, needs=(0, 1, 2, 3), benchmark=benchmark(tmp_path, "score", 50))
    plan = Plan((*jobs, last))
    took = durations(plan)
    assert wall_seconds(plan, took, 1) == pytest.approx(450 + START, abs=2)
    assert wall_seconds(plan, took, 2) == pytest.approx(250 + START, abs=2)
    assert wall_seconds(plan, took, 8) == pytest.approx(150 + START, abs=2)


def test_a_job_of_more_threads_than_cores_runs_on_all_of_them(tmp_path):
    wide = train("s", "r", AGAIN, benchmark(tmp_path, "a", 10), threads=16)
    plan = Plan((wide, train("m", "r", AGAIN, benchmark(tmp_path, "b", 10))))
    assert wall_seconds(plan, durations(plan), 2) == pytest.approx(20 + START, abs=2)


def test_nothing_takes_no_time():
    plan = Plan((train("s", "r", REUSED, None),))
    assert durations(plan) == {} and wall_seconds(plan, {}, 2) == 0
