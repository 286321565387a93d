"""How long planned jobs will take: each from benchmark files of this study, all of them on so many cores.

A job takes what it took last, in proportion to the work that its settings ask for; one that never ran takes
what the jobs of its rule took that are most like it. What nobody knows is None, never zero.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from skillift.audit.plan import Job, Plan
from skillift.protocols import MAIN
from skillift.stages import rule_named
from skillift.study.interventions import answers_after

MEASURED, ALIKE, DECLARED, UNKNOWN = "measured", "alike", "declared", "unknown"
DURATION_BASES = {
    MEASURED: "as this job took when it last ran",
    ALIKE: "as jobs of its rule took that are most like it",
    DECLARED: "a declared rate",
    UNKNOWN: "unknown",
}
_START_S = 4.0  # Snakemake itself, before its first job; measured with the smoke study
_BETWEEN_S = 0.15  # Snakemake, between the end of one job and the start of the next on a core; so too


@dataclass(frozen=True)
class Duration:
    """Seconds of a job (None: nobody knows) and a key of `DURATION_BASES`."""

    seconds: float | None
    basis: str


@cache
def _seconds(path: str) -> float | None:
    """Seconds in a benchmark file of Snakemake; None where it is missing or of another form."""
    try:
        header, *rows = Path(path).read_text(encoding="utf-8").splitlines()
        return float(rows[-1].split("\t")[header.split("\t").index("s")])
    except (OSError, ValueError, IndexError):
        return None


def durations(plan: Plan, declared: Mapping[str, float] | None = None) -> dict[int, Duration]:
    """The duration of each planned job that does something, by its number.

    Args:
        plan: the plan.
        declared: seconds of one job, by rule; for jobs that no benchmark tells of.
    """
    _seconds.cache_clear()
    found: dict[int, Duration] = {}
    alike = {rule: _Alike(jobs) for rule, jobs in plan.rules.items() if any(job.planned for job in jobs)}
    for number, job in enumerate(plan.jobs):
        if job.planned and job.runs:
            found[number] = _duration(job, alike[job.rule], declared or {})
    return found


def _duration(job: Job, alike: _Alike, declared: Mapping[str, float]) -> Duration:
    own = _seconds(job.benchmark) if job.benchmark else None
    if own is not None:
        return Duration(own * _work(job.rule, job.spec) / _work_before(job), MEASURED)
    if (seconds := alike.seconds(job)) is not None:
        return Duration(seconds, ALIKE)
    if job.rule in declared:
        return Duration(declared[job.rule], DECLARED)
    return Duration(None, UNKNOWN)


class _Alike:
    """Mean seconds for a unit of work of the jobs of a rule that were measured, by what they share."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._sums: dict[tuple, tuple[float, int]] = {}
        for job in jobs:
            seconds = _seconds(job.benchmark) if job.benchmark else None
            if seconds is not None:
                for key in _keys(job):
                    total, number = self._sums.get(key, (0.0, 0))
                    self._sums[key] = total + seconds / _work_before(job), number + 1

    def seconds(self, job: Job) -> float | None:
        """What a job would take; None where no job of its rule was measured."""
        for key in _keys(job):
            if key in self._sums:
                total, number = self._sums[key]
                return total / number * _work(job.rule, job.spec)
        return None


def _keys(job: Job) -> list[tuple]:
    """What jobs may share, the most telling first: all but the run, the student, the judge, nothing."""
    shared = {name: value for name, value in job.wildcards.items() if name != "run"}
    single = [((name, shared[name]),) for name in ("student", "judge") if name in shared]
    return [tuple(sorted(shared.items())), *single, ()]


def _work_before(job: Job) -> float:
    """The work of the settings that a job was last done with."""
    before = next((trigger.before for trigger in job.triggers if trigger.kind == "spec"), None)
    return _work(job.rule, before or job.spec)


def _work(rule: str, spec: str | None) -> float:
    """Work in units of its rule: epochs, steps, prompts of one task; 1 where nothing is counted."""
    kind = rule_named(rule).work
    if kind is None:
        return 1.0
    try:
        settings = json.loads(spec or "null")
        if kind == "training":
            work = settings["max_steps"] if "max_steps" in settings else settings["epochs"]
        elif kind == "pretraining":
            work = settings["pretraining"]["steps"]
        else:
            work = sum(_answers(each, settings["inference"]) for each in _protocols(settings))
    except (ValueError, TypeError, KeyError):
        return 1.0
    return float(work) or 1.0


def _protocols(settings: Mapping) -> list[dict]:
    return settings.get(
        "protocols", [{**settings, "samples": settings["inference"]["samples"], "name": MAIN}]
    )


def _answers(protocol: Mapping, inference: Mapping) -> int:
    """Answers to one task under a protocol, those after interventions among them."""
    asked = len(protocol["conditions"])
    if protocol["name"] == MAIN:
        asked += answers_after(inference, protocol["conditions"])
    return asked * len(protocol["checkpoints"]) * protocol["samples"]


def wall_seconds(plan: Plan, took: Mapping[int, Duration], cores: int) -> float:
    """Seconds from start to end on so many cores: jobs start as soon as their inputs and a core are there.

    Jobs of unknown duration count as taking none.
    """
    waiting = {number: {other for other in plan.jobs[number].needs if other in took} for number in took}
    after: dict[int, list[int]] = {}
    for number, others in waiting.items():
        for other in others:
            after.setdefault(other, []).append(number)
    ready = [(-plan.jobs[number].priority, number) for number, others in waiting.items() if not others]
    heapq.heapify(ready)
    running: list[tuple[float, int]] = []
    free, now = cores, 0.0
    while ready or running:
        started, held = True, []
        while ready and started:
            item = heapq.heappop(ready)
            threads = min(plan.jobs[item[1]].threads, cores)
            if threads <= free:
                free -= threads
                heapq.heappush(running, (now + (took[item[1]].seconds or 0.0) + _BETWEEN_S, item[1]))
            else:
                held.append(item)
            started = free > 0
        for item in held:
            heapq.heappush(ready, item)
        now, number = heapq.heappop(running)
        free += min(plan.jobs[number].threads, cores)
        for other in after.get(number, ()):
            waiting[other].discard(number)
            if not waiting[other]:
                heapq.heappush(ready, (-plan.jobs[other].priority, other))
    return now + _START_S if took else 0.0


def device_hours(plan: Plan, took: Mapping[int, Duration]) -> float | None:
    """Hours that devices train and answer; None where the duration of such a job is unknown."""
    total = 0.0
    for number, duration in took.items():
        job = plan.jobs[number]
        if rule_named(job.rule).work or job.devices:
            if duration.seconds is None:
                return None
            total += duration.seconds * max(1.0, job.devices)
    return total / 3600


def bases(found: Iterable[Duration]) -> dict[str, int]:
    """How many jobs have each basis, in the order of `DURATION_BASES`."""
    counted = [duration.basis for duration in found]
    return {basis: counted.count(basis) for basis in DURATION_BASES if basis in counted}
