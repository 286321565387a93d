"""How much work the jobs of a study do (steps, prompts, demonstrations), counted from the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from skillift.episodes.study_tasks import tasks_of
from skillift.stages import rule_named
from skillift.study.checkpoints import steps_of
from skillift.study.study import Study


@dataclass(frozen=True)
class Size:
    """How much work the jobs of a study do.

    Attributes:
        answered: tasks in the suites that are answered.
        train: train tasks.
        conditions: of each task.
        samples: of each prompt.
        study: the study, for its recipes and students.
    """

    answered: int
    train: int
    conditions: int
    samples: int
    study: Study

    @classmethod
    def of(cls, study: Study) -> Size:
        """The size of a study.

        Raises:
            UserError: a file of own tasks is missing or wrong.
        """
        tasks, _ = tasks_of(study)
        inference = study.data["inference"]
        answered = tasks.filter(pl.col("suite").is_in(inference["suites"])).height
        train = tasks.filter(suite="train").height
        return cls(answered, train, len(study.conditions), inference["samples"], study)

    def work(self, rule: str, wildcards: Mapping[str, str]) -> float:
        """Work of a job in units of its rule: steps, prompts, demonstrations; 1 where nothing is counted."""
        known = rule_named(rule)
        if known.work == "training":
            return float(self.steps(wildcards["student"], wildcards["run"]))
        if known.work == "pretraining":
            return float(self.study.model(wildcards["student"])["pretraining"]["steps"])
        if known.work == "answering" or known.asks in ("episodes", "verdicts"):
            return self.episodes(wildcards["student"], wildcards["run"]) / (
                self.study.shards if known.shards else 1
            )
        if known.asks == "demonstrations":
            return float(max(1, self.train))
        return 1.0

    def steps(self, student: str, run: str) -> int:
        """Optimiser steps of a training."""
        recipe = self.study.data["recipes"][self.study.run(student, run).recipe]
        rows = self.study.corpus(recipe["corpus"])["rows"]
        return steps_of(recipe, rows)

    def episodes(self, student: str, run: str) -> int:
        """Episodes of a run, at all its checkpoints."""
        return self.answered * self.conditions * self.samples * self.checkpoints(student, run)

    def checkpoints(self, student: str, run: str) -> int:
        """Checkpoints of a run that answer: one of a run that is no training."""
        return self.study.n_checkpoints(self.study.run(student, run))

    @property
    def weights(self) -> int:
        """Checkpoints that all trainings together keep."""
        return sum(self.checkpoints(run.student, run.run) for run in self.study.trained_runs)

    @property
    def all_episodes(self) -> int:
        """Episodes of all runs."""
        return sum(self.episodes(run.student, run.run) for run in self.study.runs)
