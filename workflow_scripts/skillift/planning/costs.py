"""What a planned design would cost: USD of calls over APIs, hours of the device that trains and answers.

USD come from the estimate of `skillift.costs.estimate`; hours from the benchmark files that Snakemake kept of
an earlier study, or from declared rates. What nobody knows is None, never zero.
"""

from __future__ import annotations

import copy
import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from skillift.costs.estimate import Cost, study_costs
from skillift.errors import UserError, problem
from skillift.protocols import MAIN
from skillift.stages import working
from skillift.statistics.power import Design
from skillift.study.interventions import answers_after
from skillift.study.study import Study
from skillift.tables import read_json

# Stages whose calls follow the number of measured tasks; the others are the same in every design.
_PER_TASK = ("episodes: ", "paraphrases", "verdicts: ")


def redesigned(study: Study, samples: int, seeds: int) -> Study:
    """The study with so many samples, and so many training seeds of every declared run."""
    data = copy.deepcopy(study.data)
    data["inference"]["samples"] = samples
    for entry in data["runs"]:
        entry["seeds"] = list(range(seeds))
    return replace(study, data=data)


def main_alone(study: Study) -> Study:
    """The study with the protocol `main` alone."""
    data = copy.deepcopy(study.data)
    declared = data["inference"]["protocols"]
    data["inference"]["protocols"] = {MAIN: declared[MAIN]}
    return replace(study, data=data)


class CallCosts:
    """USD of a design's calls, at most.

    The calls are linear in the samples of all tasks, and those in the training seeds; so the estimate of two
    designs gives that of all. Demonstrations and certification are taken as declared.

    Args:
        study: the study.
        tasks: keeps the contract TASKS.
        skills: keeps the contract SKILLS.
        n_tasks: tasks of the suite that designs are told by; other answered suites grow with it.
    """

    def __init__(self, study: Study, tasks: pl.DataFrame, skills: pl.DataFrame, n_tasks: int) -> None:
        one, two = (study_costs(redesigned(study, 1, seeds), tasks, skills) for seeds in (1, 2))
        self.unknown = sorted({cost.model for cost in two if cost.usd is None})
        self._n_tasks = n_tasks
        self._fixed, per_task = _split(one)
        per_seed = _split(two)[1] - per_task
        # samples are those of `main`; what other protocols ask is the same in every design but for its tasks
        self._per_sample, self._per_sample_and_seed = per_task, per_seed
        self._others = self._others_per_seed = 0.0
        if len(study.protocols) > 1:
            alone = main_alone(study)
            once, twice = (study_costs(redesigned(alone, 1, seeds), tasks, skills) for seeds in (1, 2))
            self._per_sample = _split(once)[1]
            self._per_sample_and_seed = _split(twice)[1] - self._per_sample
            self._others = per_task - self._per_sample
            self._others_per_seed = per_seed - self._per_sample_and_seed

    def usd(self, design: Design) -> float | None:
        """At most; None where a model has no known price."""
        if self.unknown:
            return None
        more, seeds = design.n_tasks / self._n_tasks, design.seeds - 1
        of_main = more * design.samples * (self._per_sample + seeds * self._per_sample_and_seed)
        return self._fixed + of_main + more * (self._others + seeds * self._others_per_seed)


def _split(costs: list[Cost]) -> tuple[float, float]:
    """USD of the stages that are the same in every design, and of the others."""
    follows = [cost.stage.startswith(_PER_TASK) for cost in costs]
    usd = [cost.usd or 0.0 for cost in costs]
    per_task = sum(value for value, grows in zip(usd, follows, strict=True) if grows)
    return sum(usd) - per_task, per_task


@dataclass(frozen=True)
class DeviceRates:
    """Hours of one training, and of one episode, by student or reference model."""

    training: Mapping[str, float] = field(default_factory=dict)
    episode: Mapping[str, float] = field(default_factory=dict)

    def updated(self, training: Mapping[str, float], episode: Mapping[str, float]) -> DeviceRates:
        """These rates, with others that go before them."""
        return DeviceRates({**self.training, **training}, {**self.episode, **episode})


def measured_rates(results: Path, scores: pl.DataFrame) -> DeviceRates:
    """Rates from the files under `benchmarks/` of a study's results; of models that have such files.

    The hours of an episode are those of the whole job, with the engine's start, over its episodes and its
    answers after interventions.

    Args:
        results: the study's folder.
        scores: its scores, contract SCORES; one path's rows count the episodes.

    Raises:
        UserError: a benchmark file cannot be read.
    """
    key = ["student", "run"]
    one_path = scores.filter(path=scores["path"].min())
    episodes = {(student, run): n for student, run, n in one_path.group_by(key).agg(n=pl.len()).iter_rows()}
    students = sorted({student for student, _ in episodes})
    training, episode = {}, {}
    for student in students:
        if seconds := _seconds(results, "training", student):
            training[student] = sum(seconds.values()) / len(seconds) / 3600
        seconds = _seconds(results, "answering", student)
        answered = {
            run: episodes[student, run] + _answers_again(results, student, run)
            for run in seconds
            if (student, run) in episodes
        }
        if answered:
            episode[student] = sum(seconds[run] for run in answered) / sum(answered.values()) / 3600
    return DeviceRates(training, episode)


def _answers_again(results: Path, student: str, run: str) -> int:
    """Answers of a run after interventions; 0 where it was not asked for any."""
    table = results / "interventions" / student / f"{run}.parquet"
    if not table.exists():
        return 0
    return pl.scan_parquet(table).filter(pl.col("status") == "answered").select(pl.len()).collect().item()


def training_precisions(results: Path) -> set[str]:
    """The precisions that a study's runs were trained in, as their manifests tell.

    Raises:
        UserError: a manifest cannot be read.
    """
    manifests = sorted(results.glob("runs/*/*/manifest.json"))
    return {precision for file in manifests if (precision := read_json(file)["spec"].get("precision"))}


def _seconds(results: Path, work: str, student: str) -> dict[str, float]:
    """Seconds of each job that did some work (`skillift.stages.Rule.work`) with a student, by run."""
    found = {}
    patterns = [rule.files().format(student=student, run="*") for rule in working(work)]
    for path in [path for each in patterns for path in sorted(results.glob(f"benchmarks/{each}.tsv"))]:
        try:
            rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
            found[path.stem] = float(rows[-1]["s"])
        except (OSError, IndexError, KeyError, TypeError, ValueError):
            expected = "a benchmark file of Snakemake, with a column 's' of seconds"
            raise UserError(problem(str(path), "something else", expected, "Delete it.")) from None
    return found


@dataclass(frozen=True)
class DeviceWork:
    """What a study's devices do: students' trainings per seed, and episodes of one sample of all tasks.

    An answer after an intervention counts as an episode, which is at most what it takes: it is one of fewer
    tokens.

    Attributes:
        trainings: recipes that each student is trained by.
        base: episodes of each model before training, for one sample of all tasks.
        trained: episodes of each student's trained runs of one seed, for one sample of all tasks.
        n_tasks: tasks of the suite that designs are told by.
        base_beside: episodes of each model before training that other protocols than `main` ask for.
        trained_beside: the same of each student's trained runs of one seed.
    """

    trainings: Mapping[str, int]
    base: Mapping[str, int]
    trained: Mapping[str, int]
    n_tasks: int
    base_beside: Mapping[str, int] = field(default_factory=dict)
    trained_beside: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, study: Study, tasks: pl.DataFrame, n_tasks: int) -> DeviceWork:
        """The work of a study; models behind an API do none here, pre-training is no part of a design."""
        local = [name for name in study.evaluated if name not in study.students_from("api")]
        # one run of each recipe of a student, whatever its seeds
        runs = {(run.student, run.recipe): run for run in study.runs if run.student in local}
        trained = {(run.student, run.recipe) for run in study.trained_runs}
        base, after, base_beside, after_beside = (dict.fromkeys(local, 0) for _ in range(4))
        for name, protocol in study.protocols.items():
            asked = tasks.filter(pl.col("suite").is_in(protocol["suites"])).height
            prompts = asked * len(protocol["conditions"]) * (1 if name == MAIN else protocol["samples"])
            if name == MAIN:
                prompts += asked * answers_after(study.data["inference"], protocol["conditions"])
            for (student, recipe), run in runs.items():
                own, beside = (base, base_beside) if recipe is None else (after, after_beside)
                if recipe is None or (student, recipe) in trained:
                    into = own if name == MAIN else beside
                    into[student] += prompts * study.answered_by(run, name)
        trainings = {name: sum(student == name for student, _ in trained) for name in local}
        return cls(trainings, base, after, n_tasks, base_beside, after_beside)

    def n_trainings(self, design: Design) -> int:
        """How often students are trained under a design: once for each student, recipe and seed."""
        return design.seeds * sum(self.trainings.values())

    def n_episodes(self, design: Design) -> int:
        """Episodes of all models, but of those behind an API."""
        return round(sum(self._episodes(name, design) for name in self.base))

    def unknown(self, rates: DeviceRates) -> list[str]:
        """Models without a rate for something that they do."""
        trains = {name for name, number in self.trainings.items() if number}
        return sorted((trains - set(rates.training)) | (set(self.base) - set(rates.episode)))

    def hours(self, design: Design, rates: DeviceRates) -> float | None:
        """Device hours; None where a model's rate is unknown."""
        if self.unknown(rates):
            return None
        training = sum(rates.training[name] * n for name, n in self.trainings.items() if n)
        answering = sum(rates.episode[name] * self._episodes(name, design) for name in self.base)
        return design.seeds * training + answering

    def _episodes(self, name: str, design: Design) -> float:
        prompts = self.base[name] + design.seeds * self.trained[name]
        beside = self.base_beside.get(name, 0) + design.seeds * self.trained_beside.get(name, 0)
        return (prompts * design.samples + beside) * design.n_tasks / self.n_tasks
