"""What happens to the jobs of a study on a test cluster: each mishap once, as soon as it can.

`look` is called over and over while the study runs. The job that makes the viewer, which nothing waits for
until the end, is stopped until it is out of time; all else spares the node where it stands. Of the jobs that
train or answer, one is cancelled, one preempted, and one loses its node, which is drained later.
"""

from __future__ import annotations

import time

from slurm_cluster import NODES, SlurmCluster
from slurm_processes import freeze, kill_all

LOADS_A_STUDENT = ("rule_pretrain", "rule_train", "rule_generate")
STOPPING_S = 15  # for so long new processes of a stopped job are stopped, too


class Mishaps:
    """The mishaps of one study, and what they hit.

    Attributes:
        cancelled, preempted, timed_out, lost: the jobs that were hit, as `SlurmCluster.jobs` gave them.
        drained: node, begin and end of the time in which it took no jobs (ISO 8601, seconds).
    """

    def __init__(self, cluster: SlurmCluster) -> None:
        """Nothing has happened yet; jobs that are there already are left alone."""
        self.cluster = cluster
        self._earlier = {job["JobId"] for job in cluster.jobs()}
        self.cancelled: dict | None = None
        self.preempted: dict | None = None
        self.timed_out: dict | None = None
        self.lost: dict | None = None
        self.drained: tuple[str, str, str] | None = None
        self._stopped_at = 0.0
        self._frozen: list[int] = []
        self._dark: str | None = None
        self._draining: tuple[str, str] | None = None

    def outstanding(self) -> list[str]:
        """Names of the mishaps that have not happened."""
        names = ("cancelled", "preempted", "timed_out", "lost", "drained")
        return [name for name in names if getattr(self, name) is None]

    def look(self) -> None:
        """Do what can be done now."""
        jobs = [job for job in self.cluster.jobs() if job["JobId"] not in self._earlier]
        running = [job for job in jobs if job["JobState"] == "RUNNING"]
        viewer = [job for job in running if job["Comment"] == "rule_make_viewer"]
        if viewer:
            self._stop(viewer[0])
        if self.timed_out is None:
            return
        spared = {job["NodeList"] for job in viewer}
        victims = [
            job
            for job in running
            if job["Comment"].startswith(LOADS_A_STUDENT) and job["NodeList"] not in spared
        ]
        if victims and self._dark is None:
            self._hit(victims[0])
        if self._dark and self._dark not in self.cluster.usable_nodes():
            self.cluster.start_node(self._dark)
            self._dark = None
        if self.lost and self._dark is None and self.drained is None:
            self._drain(jobs)

    def mend(self) -> None:
        """Give the cluster its node back, and leave no stopped process."""
        kill_all(self._frozen)
        if self._draining:
            self._state(self._draining[0], "resume")

    def _hit(self, job: dict) -> None:
        hit_before = [hit["JobId"] for hit in (self.cancelled, self.preempted) if hit]
        if job["JobId"] in hit_before:
            return
        if self.cancelled is None:
            self.cluster.client("scancel", job["JobId"])
            self.cancelled = job
        elif self.preempted is None:
            self._preempt(job)
            self.preempted = job
        elif self.lost is None:
            self._dark = job["NodeList"]
            self.cluster.cut_power(self._dark)
            self.lost = job

    def _stop(self, job: dict) -> None:
        if self.timed_out is None:
            self.cluster.client("scontrol", "update", f"JobId={job['JobId']}", "TimeLimit=1")
            self.timed_out, self._stopped_at = job, time.monotonic()
        if job["JobId"] == self.timed_out["JobId"] and time.monotonic() < self._stopped_at + STOPPING_S:
            self._frozen += freeze(job["JobId"])

    def _preempt(self, job: dict) -> None:
        """Hand in a job of a partition that goes before, for the whole node."""
        wanted = ("-p", "urgent", "-w", job["NodeList"], "--exclusive", "--mem=1", "-o", "/dev/null")
        self.cluster.client("sbatch", *wanted, "--comment=urgent", "--wrap", "sleep 1")

    def _drain(self, jobs: list[dict]) -> None:
        """Drain the node that was lost until three jobs have started on the other."""
        if self._draining is None:
            if self.cluster.usable_nodes() == set(NODES):
                self._draining = (self.lost["NodeList"], _now())
                self._state(self._draining[0], "drain", "reason=test")
            return
        node, begin = self._draining
        if sum(begin < job["StartTime"] < _now() for job in jobs) >= 3:
            self.drained = (node, begin, _now())
            self._state(node, "resume")
            self._draining = None

    def _state(self, node: str, state: str, *more: str) -> None:
        self.cluster.client("scontrol", "update", f"nodename={node}", f"state={state}", *more)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S")
