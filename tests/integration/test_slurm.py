"""The smoke study on a real SLURM cluster of three nodes, by profiles/slurm, while everything goes wrong.

One study pays for all claims: it is stopped by Ctrl-C, started again, killed, started again, and then a job
is cancelled, one is preempted, one runs out of time, a node loses its power and is drained later. The tests
look at the outcome. The cluster is brought up once and torn down after (tests/helpers/slurm_cluster.py).

Each job of a cluster starts Snakemake twice, which costs more than most jobs. So the study was finished
locally but for what follows from one fine-tuning; a nightly test runs all of it there, undisturbed.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from projects import copy_finished, copy_project, planned_jobs
from slurm_mishaps import Mishaps
from slurm_processes import freeze, kill_all, wait_until
from slurm_runs import end, running_cluster, start

from skillift.contracts.predictions import PREDICTIONS
from skillift.tables import folder_digests, read_json, read_table

pytestmark = [pytest.mark.integration, pytest.mark.waits]

RESULTS = "results/smoke"
LONGEST_S = 1200

# what is left to do: a judge's certification, a student's fine-tuning, and the tables that follow from both
MISSING = (
    "certification/conclusion.parquet",
    "runs/s/sft-s0",
    "*/s/sft-s0.parquet",
    "checks/*/s/sft-s0.parquet",
    "verdicts/*/s/sft-s0.parquet",
    "scores.parquet",
    "analysis/[!p]*.parquet",  # all but the verdicts on predictions
    "analysis/pa*.parquet",
    "figures/viewer.js",
)
PAGES = (
    "figures/tier_trajectory.svg",
    "figures/loss_curves.svg",
    "tables/effects.html",
    "tables/corrections.html",
)
CARDS = ("cards/models", "cards/corpora/worked.md")
MANIFEST = "runs/s/sft-s0/manifest.json"
CALLS_A_MODEL = ("rule_judge", "rule_certify_judge", "rule_collect_demonstrations", "rule_check_served")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@dataclass
class Outcome:
    """What was seen of the study on the cluster.

    Attributes:
        missing: the tables that had to be made there.
    """

    folder: Path
    missing: list[str]
    interrupted_status: int
    queue_at_interrupt: list[str]
    queue_after_interrupt: list[str]
    processes_after_interrupt: list[str]
    left_by_kill: list[str]
    finished_status: int
    text: str
    mishaps: Mishaps
    jobs: list[dict] = field(default_factory=list)

    def of(self, comment: str) -> list[dict]:
        """The jobs whose comment (`rule_<rule>_wildcards_<values>`) begins so, in the order of submission."""
        found = [job for job in self.jobs if job["Comment"].startswith(comment)]
        return sorted(found, key=lambda job: int(job["JobId"]))

    def now(self, job: dict) -> dict:
        """A job as it stands at the end."""
        return next(found for found in self.jobs if found["JobId"] == job["JobId"])

    def twice(self, job: dict) -> tuple[dict, dict]:
        """A job that failed, and the one that was submitted instead."""
        same = [found for found in self.of(job["Comment"]) if int(found["JobId"]) >= int(job["JobId"])]
        assert len(same) > 1
        return same[0], same[-1]


def at_work_in(folder: Path) -> list[str]:
    """Processes of the study, by their working folder."""
    found = []
    for process in psutil.process_iter(["cwd", "cmdline"]):
        if (process.info["cwd"] or "").startswith(str(folder)):
            found.append(" ".join(process.info["cmdline"] or []))
    return found


def remove_results(folder: Path) -> list[str]:
    """Take away what the cluster is to make; returns the names of the tables among it."""
    results = folder / RESULTS
    before = folder_digests(results)
    for pattern in (*MISSING, *PAGES, *CARDS):
        for path in list(results.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return [name for name in before if name.endswith(".parquet") and not (results / name).exists()]


@pytest.fixture(scope="module")
def outcome(cluster, finished_smoke, tmp_path_factory):
    folder = tmp_path_factory.mktemp("on-slurm") / "project"
    copy_finished(finished_smoke, folder)
    missing = remove_results(folder)
    targets = [f"{RESULTS}/{name}" for name in (*PAGES, *CARDS)]

    asked = cluster.hold_next("squeue", "--states=all", seconds=30)
    first = start(folder, cluster, "first.log", *targets)
    try:
        wait_until(asked.exists, 300, "Snakemake to ask after its jobs")
        queued = cluster.queue()
        os.killpg(first.pid, signal.SIGINT)  # what a terminal does at Ctrl-C
        interrupted_status = first.wait(timeout=300)
    finally:
        end(first)
    queue = cluster.queue()
    wait_until(lambda: not cluster.jobs_ending(), 120, "cancelled jobs to end")
    processes = at_work_in(folder)

    # a job of a second may have ended before the Ctrl-C reached it
    (folder / RESULTS / "figures/viewer.js").unlink(missing_ok=True)
    killed = start(folder, cluster, "killed.log", f"{RESULTS}/figures/viewer.js")
    try:
        (job,) = wait_until(cluster.running, 300, "a job")
        # so that it is still there when the next Snakemake comes
        frozen = wait_until(lambda: freeze(job), 120, "its processes")
    finally:
        end(killed)
    left = cluster.queue()

    mishaps = Mishaps(cluster)
    second = start(folder, cluster, "second.log", *targets)
    try:
        deadline = time.monotonic() + LONGEST_S
        while second.poll() is None:
            assert time.monotonic() < deadline, (folder / "second.log").read_text()[-3000:]
            mishaps.look()
            time.sleep(0.6)
    finally:
        end(second)
        kill_all(frozen)
        mishaps.restore()
    text = (folder / "second.log").read_text()
    return Outcome(
        folder,
        missing,
        interrupted_status,
        queued,
        queue,
        processes,
        left,
        second.returncode,
        text,
        mishaps,
        cluster.jobs(),
    )


def test_ctrl_c_leaves_no_job_and_no_process(outcome):
    """It comes while Snakemake asks after its jobs, when it has none on its list of those to cancel."""
    assert outcome.interrupted_status != 0
    assert outcome.queue_at_interrupt != []
    assert outcome.queue_after_interrupt == []
    assert outcome.processes_after_interrupt == []


def test_jobs_that_a_killed_snakemake_left_are_ended_before_new_ones_start(outcome):
    assert outcome.left_by_kill
    ends = [job["EndTime"] for job in outcome.jobs if job["JobId"] in outcome.left_by_kill]
    states = {job["JobState"] for job in outcome.jobs if job["JobId"] in outcome.left_by_kill}
    assert states <= {"CANCELLED", "COMPLETED"}
    assert "CANCELLED" in states
    later = [job for job in outcome.jobs if int(job["JobId"]) > max(map(int, outcome.left_by_kill))]
    assert max(ends) <= min(job["SubmitTime"] for job in later)
    assert f"Cancelled jobs of an earlier Snakemake: {outcome.left_by_kill[0]}" in outcome.text


def test_a_plain_rerun_finishes_whatever_happens_to_its_jobs(outcome):
    assert outcome.finished_status == 0, outcome.text[-5000:]
    assert outcome.mishaps.outstanding() == []


def test_the_results_are_those_of_a_local_run(outcome, finished_smoke):
    def results(root):
        digests = folder_digests(root / RESULTS)
        return [digests.get(name) for name in outcome.missing], read_json(root / RESULTS / MANIFEST)

    assert len(outcome.missing) > 15
    assert results(outcome.folder) == results(finished_smoke)


def test_a_local_run_takes_the_clusters_results_over(outcome):
    """What the stages took is not among the run's targets, and is new."""
    of_costs = {"make_costs", "make_figure_costs", "make_table_stage_costs"}
    assert planned_jobs(outcome.folder) == {"all", *of_costs}


def test_jobs_run_on_several_nodes(outcome):
    nodes = [job["NodeList"] for job in outcome.jobs if job["JobState"] == "COMPLETED"]
    assert len(set(nodes)) > 1


def test_jobs_that_load_a_student_get_an_accelerator_and_no_others_do(outcome):
    for job in outcome.jobs:
        loads = job["Comment"].startswith(("rule_train", "rule_generate"))
        assert job["Partition"] in ("urgent", "gpu" if loads else "cpu")
        assert ("gres:gpu:1" in job.get("TresPerJob", "")) == loads


def test_calls_of_models_stay_where_snakemake_runs(outcome):
    assert outcome.of("rule_score")
    assert [job for job in outcome.jobs if job["Comment"].startswith(CALLS_A_MODEL)] == []
    assert "localrule judge:" in outcome.text
    assert "localrule certify_judge:" in outcome.text
    assert "Provided resources: api=" in outcome.text


def test_small_jobs_go_to_the_cluster_together(outcome):
    (pages,) = outcome.of("rule_pages")
    assert pages["NumCPUs"] == "4"
    assert len(outcome.of("rule_cards")) == 1
    assert all((outcome.folder / RESULTS / name).exists() for name in (*PAGES, *CARDS))
    assert outcome.of("rule_make_figure") == outcome.of("rule_make_table") == []


def test_a_cancelled_job_is_submitted_again(outcome):
    cancelled, again = outcome.twice(outcome.mishaps.cancelled)
    assert (cancelled["JobState"], again["JobState"]) == ("CANCELLED", "COMPLETED")


def test_a_preempted_job_is_started_again_by_slurm(outcome):
    job = outcome.now(outcome.mishaps.preempted)
    assert job["JobState"] == "COMPLETED"
    assert int(job["Restarts"]) >= 1


def test_a_job_out_of_time_gets_twice_the_time_and_memory(outcome):
    ended, again = outcome.twice(outcome.mishaps.timed_out)
    assert (ended["JobState"], again["JobState"]) == ("TIMEOUT", "COMPLETED")
    assert (outcome.mishaps.timed_out["TimeLimit"], again["TimeLimit"]) == ("01:00:00", "02:00:00")
    assert (ended["MinMemoryNode"], again["MinMemoryNode"]) == ("2000M", "4000M")


def test_a_job_that_loses_its_node_is_started_again_by_slurm(outcome):
    job = outcome.now(outcome.mishaps.lost)
    assert job["JobState"] == "COMPLETED"
    assert int(job["Restarts"]) >= 1


def test_no_job_starts_on_a_drained_node(outcome):
    drained, begin, end = outcome.mishaps.drained
    started = [job["NodeList"] for job in outcome.jobs if begin < job["StartTime"] < end]
    assert len(started) > 1
    assert drained not in started


def test_what_a_failed_job_printed_stands_in_one_place(outcome):
    cancelled = outcome.mishaps.cancelled
    (log,) = (outcome.folder / "slurm_logs").rglob(f"{cancelled['JobId']}.log")
    rule = cancelled["Comment"].removeprefix("rule_").split("_wildcards_")[0]
    assert log.is_relative_to(outcome.folder / "slurm_logs" / f"rule_{rule}")
    assert "CANCELLED" in log.read_text()


@pytest.mark.nightly
def test_a_whole_undisturbed_study_gives_what_a_local_run_does(cluster, finished_smoke, tmp_path):
    folder = copy_project(tmp_path / "project")
    before = {job["JobId"] for job in cluster.jobs()}
    run = start(folder, cluster, "run.log")
    try:
        assert run.wait(timeout=LONGEST_S) == 0, (folder / "run.log").read_text()[-5000:]
    finally:
        end(run)

    def results(root):
        tables = {
            name: digest
            for name, digest in folder_digests(root / RESULTS).items()
            if name.endswith(".parquet")
        }
        # these two hold times
        del tables["costs.parquet"], tables["analysis/predictions.parquet"]
        verdicts = read_table(root / RESULTS / "analysis/predictions.parquet", PREDICTIONS)
        return tables, verdicts.drop("registered_at").rows(), read_json(root / RESULTS / MANIFEST)

    assert results(folder) == results(finished_smoke)
    assert planned_jobs(folder) == set()
    comments = [job["Comment"] for job in cluster.jobs() if job["JobId"] not in before]
    assert len([comment for comment in comments if comment.startswith("rule_pages")]) <= 3
    assert [comment for comment in comments if comment.startswith(CALLS_A_MODEL)] == []
