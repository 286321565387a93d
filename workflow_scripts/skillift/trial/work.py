"""How much work the jobs of a study do (steps, prompts, demonstrations), counted from the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from skillift.episodes.study_tasks import tasks_of
from skillift.protocols import MAIN
from skillift.stages import rule_named
from skillift.study.checkpoints import steps_of
from skillift.study.interventions import answers_after
from skillift.study.study import Study


@dataclass(frozen=True)
class Size:
    """How much work the jobs of a study do.

    Attributes:
        asked: answers at each checkpoint, by protocol.
        again: answers after interventions at each checkpoint of a student, at most.
        train: train tasks.
        study: the study, for its recipes and students.
    """

    asked: Mapping[str, int]
    again: int
    train: int
    study: Study

    @classmethod
    def of(cls, study: Study) -> Size:
        """Count the answers and train tasks of a study, which its work grows with.

        Raises:
            UserError: a file of own tasks is missing or wrong.
        """
        tasks, _ = tasks_of(study)
        prompts = {
            name: tasks.filter(pl.col("suite").is_in(protocol["suites"])).height * protocol["samples"]
            for name, protocol in study.protocols.items()
        }
        asked = {name: number * len(study.protocols[name]["conditions"]) for name, number in prompts.items()}
        again = prompts[MAIN] * answers_after(study.data["inference"], study.protocols[MAIN]["conditions"])
        return cls(asked, again, tasks.filter(suite="train").height, study)

    def work(self, rule: str, wildcards: Mapping[str, str]) -> float:
        """Work of a job in units of its rule: steps, prompts, demonstrations; 1 where nothing is counted."""
        known = rule_named(rule)
        if known.work == "training":
            return float(self.steps(wildcards["student"], wildcards["run"]))
        if known.work == "pretraining":
            return float(self.study.model(wildcards["student"])["pretraining"]["steps"])
        if known.work == "answering" or known.asks in ("episodes", "paraphrases", "verdicts"):
            judge = wildcards["judge"] if known.asks == "verdicts" else None
            student, run = wildcards["student"], wildcards["run"]
            again = self.answers_again(student, run) if known.work == "answering" else 0
            return (self.episodes(student, run, judge) + again) / (self.study.shards if known.shards else 1)
        if known.asks == "demonstrations":
            return float(max(1, self.train))
        return 1.0

    def steps(self, student: str, run: str) -> int:
        """Optimiser steps of a training."""
        recipe = self.study.data["recipes"][self.study.run(student, run).recipe]
        rows = self.study.corpus(recipe["corpus"])["rows"]
        return steps_of(recipe, rows)

    def episodes(self, student: str, run: str, judge: str | None = None) -> int:
        """Episodes of a run, at all its checkpoints; those that a judge judges, where one is named."""
        return sum(
            number * self.study.answered_by(self.study.run(student, run), protocol)
            for protocol, number in self.asked.items()
            if judge is None or judge in self.study.protocols[protocol]["judges"]
        )

    def answers_again(self, student: str, run: str) -> int:
        """Answers of a run after interventions, at all its checkpoints and at most."""
        return self.again * self.study.answered_by(self.study.run(student, run), MAIN)

    @property
    def weights(self) -> int:
        """Checkpoints that all trainings together keep."""
        return sum(len(self.study.checkpoints_of(run)) for run in self.study.trained_runs)

    @property
    def all_episodes(self) -> int:
        """How many answers the study asks for, over all students, runs, conditions and samples."""
        return sum(self.episodes(run.student, run.run) for run in self.study.runs)
