"""The runs that a study declares: who is trained by which recipe, from where, and who borrows a training."""

from __future__ import annotations

from functools import cached_property

from skillift.study.checkpoints import FINAL
from skillift.study.checks import BASE
from skillift.study.declared import Declared, Run
from skillift.study.emulation import EMULATED


class DeclaredRuns(Declared):
    """The runs of a `skillift.study.study.Study`."""

    @cached_property
    def runs(self) -> list[Run]:
        """`base` of every evaluated model, then the declared trainings, by tier, recipe and seed."""
        trained = {
            Run(student, f"{entry['recipe']}-s{seed}", entry["recipe"], seed)
            for entry in self.data["runs"]
            for student in entry["students"]
            for seed in entry["seeds"]
        }
        order = {student: place for place, student in enumerate(self.students)}
        base = [Run(student, BASE) for student in self.evaluated]
        return base + sorted(trained, key=lambda run: (order[run.student], run.recipe, run.seed))

    @cached_property
    def trained_runs(self) -> list[Run]:
        """The runs that are trainings."""
        return [run for run in self.runs if run.recipe in self.data["recipes"]]

    @cached_property
    def served_runs(self) -> list[Run]:
        """The runs that an engine answers: all but those of models behind an API."""
        of_others = self.students_from("api")
        return [run for run in self.runs if run.student not in of_others]

    @cached_property
    def emulated_runs(self) -> list[Run]:
        """The runs that borrow the training of another student."""
        return [run for run in self.runs if run.recipe in self.data.get(EMULATED, {})]

    def borrowed_from(self, run: Run) -> Run | None:
        """The training of another student that an emulated run borrows; None of any other run."""
        recipe = self.data.get(EMULATED, {}).get(run.recipe)
        return recipe and self.run(recipe["from"]["student"], f"{recipe['from']['recipe']}-s{run.seed}")

    def checkpoints_of(self, run: Run) -> list:
        """The checkpoints of a run: its recipe's, 0 of a base model, `final` where it borrows a training."""
        if recipe := self.data["recipes"].get(run.recipe):
            return recipe["checkpoints"]
        return [FINAL] if self.borrowed_from(run) else [0]

    def run(self, student: str, run: str) -> Run:
        """The run of that student and name.

        Raises:
            KeyError: the study declares no such run.
        """
        try:
            return self._runs_by_name[student, run]
        except KeyError:
            raise KeyError(f"{self.path}: no run {run} of {student}") from None

    @cached_property
    def _runs_by_name(self) -> dict[tuple[str, str], Run]:
        return {(run.student, run.run): run for run in self.runs}

    def corpus_of(self, run: str) -> str:
        """Id of the corpus that a trained run, such as `sft-s0`, is trained on."""
        return self._recipe_of(run)["corpus"]

    def start_of(self, run: str) -> str | None:
        """The run, of the same student and seed, whose last checkpoint a trained run starts from."""
        start = self._recipe_of(run).get("start")
        return f"{start}-s{run.rsplit('-s', 1)[1]}" if start else None

    def objective_of(self, run: str) -> str:
        """What a trained run, such as `sft-s0`, optimises."""
        return self._recipe_of(run)["objective"]

    def _recipe_of(self, run: str) -> dict:
        return self.data["recipes"][run.rsplit("-s", 1)[0]]
