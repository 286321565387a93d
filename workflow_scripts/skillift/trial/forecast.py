"""What a study would take, from its finished trial: minutes, memory, disk, calls and USD.

A job takes what the trial's job of the same model took to start, and for the work that it counts in its log
(steps, prompts, verdicts) as much more as it has more of it. So a forecast is too high where work in large
batches is faster, as answering is, and says nothing of what a trial is too short for: a training that gets no
further, a provider that slows down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import polars as pl

from skillift.audit.durations import ALIKE, MEASURED, UNKNOWN, Duration, wall_seconds
from skillift.audit.plan import Job, Plan
from skillift.costs.estimate import VERDICT_TOKENS, Cost, study_costs
from skillift.episodes.batch_sensitivity import PART
from skillift.episodes.study_tasks import tasks_of
from skillift.processes.memory import memory
from skillift.processes.progress import FIRST_AFTER_S
from skillift.processes.progress_lines import Line, parse_duration, parse_line
from skillift.stages import FAMILIES, rule_named
from skillift.study.study import Study
from skillift.trial.work import Size

_TOOK = "took "


@dataclass(frozen=True)
class Measured:
    """What a job of the trial took: all its seconds, those of what it counts, and its memory (MiB)."""

    seconds: float
    counted: float
    memory_mib: float | None


def scaled(measured: Measured, ratio: float) -> float:
    """Seconds of a job with `ratio` times the counted work of a measured one."""
    return measured.seconds - measured.counted + measured.counted * ratio


def counted_seconds(log: str) -> float:
    """Seconds of all that a job's log counted to its end (0 where it told of nothing that took long).

    What does not grow with the job is left out: the few prompts that are asked twice are as many in any run.
    """
    found = (parse_line(line) for line in log.splitlines())
    lines = [line for line in found if isinstance(line, Line) and PART not in line.label.split(", ")]
    ends = [line.details[-1] for line in lines if line.details]
    return float(sum(parse_duration(end.removeprefix(_TOOK)) or 0 for end in ends if end.startswith(_TOOK)))


def read_measured(results: Path, name: str) -> Measured | None:
    """What a job took whose benchmark and log have this name below their folders; None where it has none."""
    try:
        header, *rows = (results / f"benchmarks/{name}.tsv").read_text(encoding="utf-8").splitlines()
        row = dict(zip(header.split("\t"), rows[-1].split("\t"), strict=True))
        seconds = float(row["s"])
    except (OSError, ValueError, KeyError, IndexError):
        return None
    try:
        memory = float(row["max_rss"])
    except (KeyError, ValueError):  # too short to be measured
        memory = None
    try:
        counted = counted_seconds(
            (results / f"logs/{name}.log").read_text(encoding="utf-8", errors="replace")
        )
    except OSError:
        counted = 0.0
    if not counted and rule_named(name.split("/")[0]).work:
        counted = FIRST_AFTER_S / 2  # what takes less than twice as long says nothing
    return Measured(seconds, min(counted, seconds), memory)


def _name_in_trial(job: Job, study: Study) -> str:
    """The log's and benchmark's name of the trial's job that a study's job is like: its first seed's."""
    wildcards = dict(job.wildcards)
    if run := wildcards.get("run"):
        found = study.run(wildcards["student"], run)
        if found.recipe:
            entries = (entry for entry in study.data["runs"] if entry["recipe"] == found.recipe)
            seeds = next(entry["seeds"] for entry in entries if found.student in entry["students"])
            wildcards["run"] = f"{found.recipe}-s{seeds[0]}"
    for kind in FAMILIES:
        if job.rule.startswith(f"{kind}_"):
            return f"{kind}/{job.rule.removeprefix(f'{kind}_')}"
    return rule_named(job.rule).files().format(**wildcards)


def forecast_durations(plan: Plan, own: Size, trial: Size, results: Path) -> dict[int, Duration]:
    """The duration of each job of a study, by its number in the plan.

    Args:
        plan: of the whole study.
        own: the study's size.
        trial: the trial's.
        results: the trial's folder of results.
    """
    found: dict[int, Duration] = {}
    plain: list[float] = []  # jobs of a second or two, that count no work
    for number, job in enumerate(plan.jobs):
        if not (job.planned and job.runs):
            continue
        name = _name_in_trial(job, own.study)
        measured = read_measured(results, name)
        if measured is None:
            found[number] = Duration(None, UNKNOWN)
            continue
        wildcards = dict(job.wildcards)
        inner = own.work(job.rule, wildcards)
        if "run" in wildcards:
            wildcards["run"] = name.rsplit("/", 1)[-1]
        ratio = inner / trial.work(job.rule, wildcards)
        found[number] = Duration(scaled(measured, ratio), MEASURED if ratio == 1 else ALIKE)
        if _is_plain(job):
            plain.append(measured.seconds)
    if plain:  # a page that the trial has not, such as that of the predictions, is like the others
        mean = sum(plain) / len(plain)
        for number, each in found.items():
            if each.seconds is None and _is_plain(plan.jobs[number]):
                found[number] = Duration(mean, ALIKE)
    return found


def _is_plain(job: Job) -> bool:
    """Whether a job takes no model in and asks none."""
    rule = rule_named(job.rule)
    return not (rule.work or rule.asks or rule.imports)


def held_apart(plan: Plan, study: Study, results: Path, cores: int, available_mib: float) -> Plan:
    """The plan with more cores for jobs of much memory, so that no more of them run at once than it holds.

    Args:
        plan: of the whole study.
        study: the study.
        results: the trial's folder of results, whose jobs tell the memory.
        cores: of the machine.
        available_mib: memory of the machine for all jobs (MiB).
    """

    def threads(job: Job) -> int:
        measured = read_measured(results, _name_in_trial(job, study)) if job.planned and job.runs else None
        share = ((measured and measured.memory_mib) or 0.0) / available_mib
        return min(cores, max(job.threads, math.ceil(share * cores)))

    return replace(plan, jobs=tuple(replace(job, threads=threads(job)) for job in plan.jobs))


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below a folder; those of links, once, are those of what they point at."""
    seen = {path.resolve() for path in folder.rglob("*") if path.is_file()}
    return sum(path.stat().st_size for path in seen)


def forecast_bytes(results: Path, own: Size, trial: Size) -> int:
    """Bytes of disk that a study's results would take.

    Students as they are, checkpoints by their number, the rest by episodes.
    """
    students, runs = (folder_bytes(results / name) for name in ("students", "runs"))
    rest = folder_bytes(results) - students - runs
    by_run = own.weights / trial.weights if trial.weights else 1
    return round(students + runs * by_run + rest * max(1, own.all_episodes / trial.all_episodes))


def largest_job(results: Path) -> tuple[str, float] | None:
    """The job of the trial that held the most memory, and how much (MiB)."""
    found = []
    for path in sorted(results.glob("benchmarks/**/*.tsv")):
        name = path.relative_to(results / "benchmarks").with_suffix("").as_posix()
        measured = read_measured(results, name)
        if measured and measured.memory_mib is not None:
            found.append((name, measured.memory_mib))
    return max(found, key=lambda each: each[1], default=None)


def forecast_costs(results: Path, own: Size) -> list[Cost]:
    """What the study's calls would cost, with responses and replies as long as the trial's.

    Raises:
        UserError: a template is not usable, or a suite has no tasks.
    """
    tasks, skills = tasks_of(own.study)
    response = _mean_tokens(results.glob("episodes/**/*.parquet"))
    reply = _mean_tokens(results.glob("verdicts/**/*.parquet"))
    return study_costs(own.study, tasks, skills, response, reply or VERDICT_TOKENS)


def _mean_tokens(files: Iterable[Path]) -> int | None:
    """Mean completion tokens of those rows of some tables that have any, rounded up; None for none."""
    tokens = [pl.read_parquet(path, columns=["completion_tokens"])["completion_tokens"] for path in files]
    written = pl.concat(tokens).drop_nulls() if tokens else pl.Series([], dtype=pl.Int64)
    mean = cast(float | None, written.filter(written > 0).mean())
    return math.ceil(mean) if mean else None


@dataclass(frozen=True)
class Forecast:
    """What a study would take.

    Attributes:
        seconds: from start to end, on so many cores.
        cores: those.
        unknown: rules with a job of unknown duration, which counts as none.
        by_rule: seconds of all jobs of a rule, by rule, those that take most first.
        memory: the trial's largest job, and its memory (MiB); None where none was measured.
        disk: bytes of the results.
        costs: of calls, see `skillift.costs.estimate`.
    """

    seconds: float
    cores: int
    unknown: tuple[str, ...]
    by_rule: Mapping[str, float]
    memory: tuple[str, float] | None
    disk: int
    costs: tuple[Cost, ...]


def forecast(plan: Plan, study: Study, trial: Study, results: Path, cores: int) -> Forecast:
    """What a study would take on so many cores, from its finished trial.

    Args:
        plan: of the whole study.
        study: the study.
        trial: its trial.
        results: the trial's folder of results.
        cores: of the machine.

    Raises:
        UserError: a file of own tasks or a template is missing or wrong.
    """
    own, small = Size.of(study), Size.of(trial)
    took = forecast_durations(plan, own, small, results)
    sums: dict[str, float] = {}
    for number, duration in took.items():
        rule = plan.jobs[number].rule
        sums[rule] = sums.get(rule, 0.0) + (duration.seconds or 0.0)
    unknown = sorted({plan.jobs[number].rule for number, each in took.items() if each.seconds is None})
    available = memory().available / 2**20
    return Forecast(
        wall_seconds(held_apart(plan, study, results, cores, available), took, cores),
        cores,
        tuple(unknown),
        dict(sorted(sums.items(), key=lambda each: -each[1])),
        largest_job(results),
        forecast_bytes(results, own, small),
        tuple(forecast_costs(results, own)),
    )
