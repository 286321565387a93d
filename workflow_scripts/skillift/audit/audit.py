"""The audit of a plan: its jobs by stage with their reasons, what is reused, and what it will cost.

`Audit.as_record` gives the form that `audit.py --json` prints; `docs/how-to/audit.md` describes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from skillift.audit import durations as times
from skillift.audit.calls import CALL_BASES, JobCalls, planned_calls
from skillift.audit.packages import changed_packages
from skillift.audit.plan import NEW, Job, Plan
from skillift.audit.reasons import CodeNotes, families, followed, own_reasons
from skillift.study.study import Study


def _total(values: Sequence[float | None]) -> float | None:
    """The sum; None where nobody knows one of the values."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


@dataclass(frozen=True)
class Group:
    """Planned jobs of one rule that are to be done for the same reasons.

    Attributes:
        rule: their rule.
        stage: its stage.
        jobs: the jobs.
        reasons: their own causes, in words; empty where they only follow others.
        follows: the rules that they follow.
    """

    rule: str
    stage: str
    jobs: tuple[Job, ...]
    reasons: tuple[str, ...]
    follows: tuple[str, ...]

    @property
    def why(self) -> str:
        """The reasons in one text."""
        return "; ".join(self.reasons) or f"follows {', '.join(families(self.follows))}"


@dataclass(frozen=True)
class Costs:
    """What the planned jobs will cost.

    Attributes:
        cores: cores that they run on.
        wall_minutes: from start to end, without the jobs of unknown duration.
        job_minutes: of all jobs added up, without those.
        unknown_jobs: jobs of unknown duration.
        duration_bases: how many jobs' durations have each basis, see `durations.DURATION_BASES`.
        device_hours: hours in which devices train and answer; None where nobody knows.
        calls: of models behind an API, after the answers that are kept.
        kept_answers: answers that are kept and not asked for again, as far as they were looked up.
        calls_at_most: whether `calls` is an upper bound.
        usd: of the calls; None where the price of one is unknown.
        usd_bases: where prices come from, see `calls.CALL_BASES`.
    """

    cores: int
    wall_minutes: float
    job_minutes: float
    unknown_jobs: int
    duration_bases: Mapping[str, int]
    device_hours: float | None
    calls: int
    kept_answers: int
    calls_at_most: bool
    usd: float | None
    usd_bases: tuple[str, ...]


class Audit:
    """What one plan would do and why, how long its jobs would take, and what its calls would cost.

    Args:
        plan: what Snakemake would do.
        study: the study of the plan.
        cores: cores that it would run on.
        answers: the file of kept answers.
        notes: the code behind digests, see `reasons.CodeNotes`.
        declared: seconds of one job by rule, for jobs that no benchmark tells of.

    Raises:
        UserError: the file of answers, a table or a template that calls are counted from cannot be read.
    """

    def __init__(
        self,
        plan: Plan,
        study: Study,
        cores: int,
        answers: Path,
        notes: CodeNotes,
        declared: Mapping[str, float],
    ) -> None:
        self.plan, self.study, self._cores, self._notes = plan, study, cores, notes
        self.durations = times.durations(plan, declared)
        self.calls: list[JobCalls] = planned_calls(plan, study, answers)
        self._numbers = {job.name: number for number, job in enumerate(plan.jobs)}

    @cached_property
    def costs(self) -> Costs:
        """What it will cost."""
        seconds = [duration.seconds for duration in self.durations.values()]
        usd = [calls.usd for calls in self.calls]
        bases = {calls.basis for calls in self.calls if calls.calls}
        return Costs(
            cores=self._cores,
            wall_minutes=times.wall_seconds(self.plan, self.durations, self._cores) / 60,
            job_minutes=sum(filter(None, seconds)) / 60,
            unknown_jobs=seconds.count(None),
            duration_bases=times.bases(self.durations.values()),
            device_hours=times.device_hours(self.plan, self.durations),
            calls=sum(calls.calls for calls in self.calls),
            kept_answers=sum(calls.kept for calls in self.calls),
            calls_at_most=any(calls.at_most for calls in self.calls),
            usd=_total(usd),
            usd_bases=tuple(basis for basis in CALL_BASES if basis in bases),
        )

    @cached_property
    def groups(self) -> list[Group]:
        """The planned jobs that do something, by rule in the order of the stages and by reason."""
        found: list[Group] = []
        for rule, jobs in self.plan.rules.items():
            alike: dict[tuple, list[Job]] = {}
            for job in jobs:
                if job.planned:
                    own = tuple(own_reasons(job, self.study, self._notes))
                    others = () if own else tuple(followed(job, self.plan))
                    alike.setdefault((own, others), []).append(job)
            found += [Group(rule, jobs[0].stage, tuple(some), *why) for why, some in alike.items()]
        return found

    def minutes(self, jobs: tuple[Job, ...]) -> float | None:
        """Minutes of planned jobs added up; None where nobody knows one of them."""
        seconds = _total([self.durations[self._numbers[job.name]].seconds for job in jobs])
        return None if seconds is None else seconds / 60

    @property
    def counts(self) -> dict[str, int]:
        """How many jobs that do something have each fate, and how many there are."""
        fates = Counter(job.fate for job in self.plan.jobs if job.runs)
        return {"planned": fates.total() - fates["reused"], "new": fates[NEW], "reused": fates["reused"]}

    def as_record(self) -> dict:
        """All of it as plain data for JSON; `docs/how-to/audit.md` says what each key holds."""
        calls = {entry.job: entry for entry in self.calls}
        jobs = []
        for number, job in enumerate(self.plan.jobs):
            duration = self.durations.get(number)
            jobs.append(
                {
                    "job": job.name,
                    "rule": job.rule,
                    "wildcards": dict(job.wildcards),
                    "stage": job.stage,
                    "fate": job.fate,
                    "reasons": own_reasons(job, self.study, self._notes) if job.planned else [],
                    "follows": followed(job, self.plan),
                    "seconds": duration and duration.seconds,
                    "seconds_basis": duration and duration.basis,
                    "calls": calls[job.name].calls if job.name in calls else 0,
                }
            )
        return {
            "study": self.study.name,
            "counts": self.counts,
            "costs": asdict(self.costs),
            "groups": [
                {
                    "stage": group.stage,
                    "rule": group.rule,
                    "jobs": len(group.jobs),
                    "reasons": list(group.reasons),
                    "follows": list(group.follows),
                    "minutes": self.minutes(group.jobs),
                }
                for group in self.groups
            ],
            "calls": [asdict(entry) for entry in self.calls],
            "unrecorded": list(self.plan.unrecorded),
            "environments": {
                changed_packages(*files): jobs for files, jobs in self.plan.environments.items()
            },
            "jobs": jobs,
        }
