"""A plan: every job of a study, which of them a run would do now, and what makes it do them.

Plain data, filled by `workflow_scripts/snakemake_inside/plan.py` from Snakemake's graph of jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

AGAIN, NEW, REUSED = "again", "new", "reused"
FATES = {AGAIN: "made again", NEW: "made for the first time", REUSED: "reused"}


@dataclass(frozen=True)
class Trigger:
    """One cause, of its own and not by other jobs, why a job is to be done.

    Attributes:
        kind: `missing`, `incomplete`, `changed` (input files), `inputs` (another set of them), `spec`,
            `code`, `param`, `command` (the rule's own text), `environment` or `forced`.
        before: what the last run had: a param's text, for `inputs` the file that is an input no longer.
        after: the same of now.
        files: what is missing, incomplete or changed.
    """

    kind: str
    before: str | None = None
    after: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """One job of the plan: what it is, why it would be done, and what it reads and writes.

    Attributes:
        rule: its rule.
        wildcards: their values, in the order of the rule's first output.
        stage: the file of rules that holds the rule, without folder and ending.
        fate: a key of `FATES`.
        triggers: its own causes; empty where it only follows other jobs.
        follows: numbers of the planned jobs whose outputs it reads, where it is planned.
        needs: numbers of all jobs whose outputs it reads.
        spec: its param `spec`, canonical JSON; None where it has none.
        inputs: its input files by name, those without one under the empty name.
        outputs: its output files.
        benchmark: where its times are kept.
        threads: cores that it takes.
        devices: accelerators that it asks for.
        priority: Snakemake's; jobs of a higher one start first.
        runs: whether it does anything; targets do not.
    """

    rule: str
    wildcards: Mapping[str, str]
    stage: str
    fate: str
    triggers: tuple[Trigger, ...] = ()
    follows: tuple[int, ...] = ()
    needs: tuple[int, ...] = ()
    spec: str | None = None
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    benchmark: str | None = None
    threads: int = 1
    devices: float = 0.0
    priority: float = 0.0
    runs: bool = True

    @property
    def planned(self) -> bool:
        """Whether a run would do it."""
        return self.fate != REUSED

    @property
    def name(self) -> str:
        """Rule and wildcards' values, as `judge tail s base`."""
        return " ".join([self.rule, *self.wildcards.values()])

    def file(self, name: str) -> str:
        """The one input file of that name."""
        return self.inputs[name][0]


@dataclass(frozen=True)
class Plan:
    """All jobs of a study in an order in which each comes after those that it needs.

    Attributes:
        jobs: the jobs; their numbers are their places here.
        unrecorded: output files that exist and of which Snakemake has no record, so that it trusts them.
        environments: environment files that reused jobs were made with and that are others now: their text
            of then and of now, with how many jobs.
        order: all rules, in the order in which the Snakefile declares them.
    """

    jobs: tuple[Job, ...]
    unrecorded: tuple[str, ...] = ()
    environments: Mapping[tuple[str, str], int] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    @cached_property
    def planned(self) -> list[Job]:
        """The jobs that a run would do."""
        return [job for job in self.jobs if job.planned]

    @cached_property
    def rules(self) -> dict[str, list[Job]]:
        """The jobs that do something by rule, rules in the order of their declaration."""
        found: dict[str, list[Job]] = {rule: [] for rule in self.order}
        for job in self.jobs:
            if job.runs:
                found.setdefault(job.rule, []).append(job)
        return {rule: jobs for rule, jobs in found.items() if jobs}


def names(jobs: Iterable[Job]) -> set[str]:
    """What jobs are called in the audit: rule and wildcards of each."""
    return {job.name for job in jobs}
