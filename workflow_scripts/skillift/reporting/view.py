"""How the analysis spec wants results shown: path, level and suite, students by tier, runs and recipes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from skillift.reporting.nouns import OF_STUDIES, Nouns
from skillift.statistics.run_frames import run_frame

if TYPE_CHECKING:
    from skillift.ledger.looks import LookLevel
    from skillift.settings.analysis_specs import FiguresSpec

BASE = "base"
HOLDOUT = "holdout"
DOT = " \u00b7 "  # between a student and how it was trained


@dataclass(frozen=True)
class View:
    """How the analysis spec wants results shown.

    Attributes:
        spec: what the study declares, for what stands in no other attribute.
        headline_path: the scoring path of all headline numbers.
        confidence: level of the intervals in the tables, such as 0.975.
        suite: the suite that is shown: the study's headline suite, or one that stands after it.
        others: the further suites that were asked, sorted; none where another than the headline's is shown.
        students: student, label, position (0 = smallest), sorted by tier; reference models stand last.
        runs: student, run, recipe, seed; `base` and the rows of whole recipes are not listed.
        references: ids of the students that are reference models, which are never trained.
        look: number and alpha of the tables' look; None where the analysis was not counted as a look, and is
            at the study's confidence.
        nouns: what figures call things.
    """

    spec: FiguresSpec
    headline_path: str
    confidence: float
    suite: str
    students: pl.DataFrame
    runs: pl.DataFrame
    references: tuple[str, ...] = ()
    look: LookLevel | None = None
    others: tuple[str, ...] = ()
    nouns: Nouns = OF_STUDIES

    @cached_property
    def labels(self) -> list[str]:
        """Labels of the students from the smallest to the largest."""
        return self.students["label"].to_list()

    @cached_property
    def label_by_student(self) -> dict[str, str]:
        """The label of each student, and of none an empty one: some rows are about several students."""
        return {"": "", **dict(zip(self.students["student"], self.labels, strict=True))}

    @cached_property
    def recipes(self) -> list[str]:
        """Each recipe once, the one that most students were trained by first (`recipes_of`)."""
        return recipes_of(self.runs)

    @property
    def before(self) -> str:
        """Name of the series of untrained students."""
        return f"before {self.nouns.training}"

    @property
    def series(self) -> list[str]:
        """Names of the series of before-and-after figures, in order."""
        return [self.before, *(self.after(recipe) for recipe in self.recipes)]

    @property
    def level(self) -> str:
        """The intervals' level in words, such as `97.5 %`."""
        return in_percent(self.confidence)

    @property
    def declared_level(self) -> str:
        """The level that the study declares: of intervals that are at no look, as of certified judges."""
        return in_percent(self.spec.analysis.confidence)

    def trained(self, column: str = "run") -> pl.Expr:
        """A run or a whole recipe in words: `before SFT`, `sft`, `sft, seed 0`."""
        return pl.col(column).replace(self.run_in_words)

    @cached_property
    def run_in_words(self) -> dict[str, str]:
        """`before SFT` and `sft, seed 0` by the names of runs; a whole recipe's name is in words already."""
        rows = self.runs.select("run", "recipe", "seed").rows()
        return {BASE: self.before, **{run: f"{recipe}, seed {seed}" for run, recipe, seed in rows}}

    def named(self) -> pl.Expr:
        """A student's label, and its run in words."""
        return pl.col("label") + DOT + self.trained()

    @cached_property
    def _places(self) -> dict[str, int]:
        order = [BASE]
        for recipe in self.recipes:
            seeds = self.runs.filter(recipe=recipe).sort("seed")["run"].unique(maintain_order=True)
            order += [recipe, *seeds]
        return dict(zip(order, range(len(order)), strict=True))

    @cached_property
    def trained_by(self) -> dict[tuple[str, str], tuple[str, int]]:
        """Recipe and seed of each student and run."""
        names = ("student", "run", "recipe", "seed")
        return {
            (student, run): (recipe, seed) for student, run, recipe, seed in self.runs.select(names).rows()
        }

    def run_place(self, column: str = "run") -> pl.Expr:
        """The place of a run or a whole recipe among those of a student.

        First `base`, then the recipe that most students were trained by, its seeds, and so on.
        """
        return pl.col(column).replace_strict(self._places, default=-1, return_dtype=pl.Int64)

    def after(self, recipe: str) -> str:
        """Name of the series of one recipe."""
        after = f"after {self.nouns.training}"
        return after if len(self.recipes) == 1 else f"{after}: {recipe}"

    def of_suite(self, suite: str) -> View:
        """The same for one of the suites that were asked, as if it were asked alone."""
        return replace(self, suite=suite, others=())

    def by_suite(self) -> list[View]:
        """The same for each suite that was asked, the headline's first."""
        return [self.of_suite(suite) for suite in (self.suite, *self.others)]


def recipes_of(runs: pl.DataFrame) -> list[str]:
    """Recipes: those that more students were trained by first, of these those with more seeds.

    Args:
        runs: student, recipe; without `base`.
    """
    spread = runs.group_by("recipe").agg(pl.col("student").n_unique(), n_runs=pl.len())
    return spread.sort("student", "n_runs", "recipe", descending=[True, True, False])["recipe"].to_list()


def in_percent(confidence: float) -> str:
    """A level in words: `95 %`, `99.17 %`."""
    return f"{100 * confidence:.4g} %"


def view_of(spec: FiguresSpec, look: LookLevel | None = None) -> View:
    """What figures, tables and findings need to know of a study: at its tables' look, or at none."""
    analysis = spec.analysis
    suite = analysis.suite or HOLDOUT
    references = tuple(sorted(spec.references or []))
    order = sorted(spec.students.items(), key=lambda item: (item[0] in references, item[1].tier, item[0]))
    students = {
        "student": [student for student, _ in order],
        "label": _distinct([(student, entry.label) for student, entry in order]),
        "position": list(range(len(order))),
    }
    return View(
        spec=spec,
        headline_path=analysis.headline_path,
        confidence=look.confidence if look else analysis.confidence,
        suite=suite,
        others=tuple(sorted({*(analysis.suites or ())} - {suite})),
        students=pl.DataFrame(
            students, schema={"student": pl.String, "label": pl.String, "position": pl.Int64}
        ),
        runs=run_frame(run for run in spec.runs if run.run != BASE),
        references=references,
        look=look,
    )


def _distinct(labels: list[tuple[str, str]]) -> list[str]:
    """Labels, with the id added where two students share one: an axis must not merge them."""
    texts = [label for _, label in labels]
    return [label if texts.count(label) == 1 else f"{label} ({student})" for student, label in labels]
