"""What happens to the jobs of a study on a test cluster: each mishap once, as soon as it can.

`look` is called over and over while the study runs. Which job a mishap hits is fixed by its rule: what takes
long (a job out of time, a node that is gone) hits jobs that start at once and that others do not wait for.
SLURM puts each job on the node with the fewest others, so the lost node is not that of the job out of time.
"""

from __future__ import annotations

import re
import time

from slurm_cluster import NODES, SlurmCluster
from slurm_processes import freeze, kill_all

OUT_OF_TIME, LOSES_ITS_NODE = "make_viewer", "rate_judges"
CANCELLED, PREEMPTED = "train", "generate"
STOPPING_S = 15  # for so long new processes of a stopped job are stopped, too
ISO_8601 = "%Y-%m-%dT%H:%M:%S"


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
        jobs = [job for job in self.cluster.jobs() if job["JobId"] not in self._earlier and _rule(job)]
        running = [job for job in jobs if job["JobState"] == "RUNNING"]
        stopped_on = {job["NodeList"] for job in running if _rule(job) == OUT_OF_TIME}
        for job in running:
            self._hit(job, whole_node=self.timed_out is not None and job["NodeList"] not in stopped_on)
        if self._dark and self._dark not in self.cluster.usable_nodes():
            self.cluster.start_node(self._dark)
            self._dark = None
        if self.lost and self._dark is None and self.drained is None:
            self._drain(jobs)

    def restore(self) -> None:
        """Give the cluster its node back, and leave no stopped process."""
        kill_all(self._frozen)
        if self._draining:
            self._state(self._draining[0], "resume")

    def _hit(self, job: dict, whole_node: bool) -> None:
        """Do to a running job what is meant for it; `whole_node`: its node may be hit, too."""
        rule = _rule(job)
        if rule == OUT_OF_TIME:
            self._stop(job)
        elif rule == CANCELLED and self.cancelled is None:
            self.cluster.client("scancel", job["JobId"])
            self.cancelled = job
        elif rule == PREEMPTED and self.preempted is None and whole_node:
            self._preempt(job)
            self.preempted = job
        elif rule == LOSES_ITS_NODE and self.lost is None and whole_node:
            self._dark = job["NodeList"]
            self.cluster.cut_power(self._dark)
            self.lost = job

    def _stop(self, job: dict) -> None:
        """Let a job's time be up, and stop its processes: SLURM looks just twice a minute."""
        if self.timed_out is None:
            end = time.strftime(ISO_8601, time.localtime(time.time() + 2))
            self.cluster.client("scontrol", "update", f"JobId={job['JobId']}", f"EndTime={end}")
            self.timed_out, self._stopped_at = job, time.monotonic()
        if job["JobId"] == self.timed_out["JobId"] and time.monotonic() < self._stopped_at + STOPPING_S:
            self._frozen += freeze(job["JobId"])

    def _preempt(self, job: dict) -> None:
        """Submit a job of a partition that goes before, for the whole node."""
        wanted = ("-p", "urgent", "-w", job["NodeList"], "--exclusive", "--mem=1", "-o", "/dev/null")
        self.cluster.client("sbatch", *wanted, "--comment=urgent", "--wrap", "sleep 1")

    def _drain(self, jobs: list[dict]) -> None:
        """Drain the node that was lost until three jobs of the study have started on the others."""
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


def _rule(job: dict) -> str:
    """The rule of a job that Snakemake submitted; empty for another one."""
    named = re.fullmatch(r"rule_(.+?)(_wildcards_.*)?", job["Comment"])
    return named.group(1) if named else ""


def _now() -> str:
    return time.strftime(ISO_8601)
