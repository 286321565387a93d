"""How the analysis spec wants results shown: path, level and suite, students by tier, runs and recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from skillift.errors import UserError, problem

BASE = "base"
HOLDOUT = "holdout"
BEFORE = "before SFT"
DOT = " \u00b7 "  # between a student and how it was trained


@dataclass(frozen=True)
class View:
    """How the analysis spec wants results shown.

    Attributes:
        headline_path: the scoring path of all headline numbers.
        confidence: level of the intervals in the tables, such as 0.975.
        suite: the suite that is shown: the study's headline suite, or one that stands after it.
        others: the further suites that were asked, sorted; none where another than the headline's is shown.
        students: student, label, position (0 = smallest), sorted by tier; reference models stand last.
        runs: student, run, recipe, seed; `base` and the rows of whole recipes are not listed.
        references: ids of the students that are reference models, which are never trained.
        look: number, alpha and the study's `declared` confidence (`looks.at_look`); None where the analysis
            was not counted as a look, and is at the study's confidence.
    """

    headline_path: str
    confidence: float
    suite: str
    students: pl.DataFrame
    runs: pl.DataFrame
    references: tuple[str, ...] = ()
    look: Mapping | None = None
    others: tuple[str, ...] = ()

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
    def series(self) -> list[str]:
        """Names of the series of before-and-after figures, in order."""
        return [BEFORE, *(self.after(recipe) for recipe in self.recipes)]

    @property
    def level(self) -> str:
        """The intervals' level in words, such as `97.5 %`."""
        return in_percent(self.confidence)

    @property
    def declared_level(self) -> str:
        """The level that the study declares: of intervals that are at no look, as of certified judges."""
        return in_percent(self.look["declared"] if self.look else self.confidence)

    def trained(self, column: str = "run") -> pl.Expr:
        """A run or a whole recipe in words: `before SFT`, `sft`, `sft, seed 0`."""
        seeds = {
            run: f"{recipe}, seed {seed}"
            for run, recipe, seed in self.runs.select("run", "recipe", "seed").rows()
        }
        return pl.col(column).replace({BASE: BEFORE, **seeds})

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
        return "after SFT" if len(self.recipes) == 1 else f"after SFT: {recipe}"


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


def read_spec(spec: dict) -> View:
    """What figures, tables and findings need to know of a study, from the settings that they are given.

    Args:
        spec: `{"analysis": {"headline_path", "confidence", "suite"?}, "students": {id: {"label", "tier"}},
            "references"?: [id], "runs": [{"student", "run", "recipe", "seed"}], "look"?: of
            `looks.at_look`}`; `analysis` may have `suite`, the headline suite, and `suites`, all that were
            asked; `holdout` alone where it has not.

    Raises:
        UserError: a part is missing.
    """
    try:
        analysis = spec["analysis"]
        suite = analysis.get("suite", HOLDOUT)
        references = tuple(sorted(spec.get("references", [])))
        order = sorted(
            spec["students"].items(), key=lambda item: (item[0] in references, item[1]["tier"], item[0])
        )
        students = {
            "student": [student for student, _ in order],
            "label": _distinct([(student, str(entry.get("label", student))) for student, entry in order]),
            "position": list(range(len(order))),
        }
        runs = [
            (run["student"], run["run"], run["recipe"], run["seed"])
            for run in spec["runs"]
            if run["run"] != BASE
        ]
        run_schema = {"student": pl.String, "run": pl.String, "recipe": pl.String, "seed": pl.Int64}
        return View(
            headline_path=analysis["headline_path"],
            confidence=float(analysis["confidence"]),
            suite=suite,
            others=tuple(sorted({*analysis.get("suites", ())} - {suite})),
            students=pl.DataFrame(
                students, schema={"student": pl.String, "label": pl.String, "position": pl.Int64}
            ),
            runs=pl.DataFrame(runs, schema=run_schema, orient="row"),
            references=references,
            look=spec.get("look"),
        )
    except KeyError as error:
        found = f"no {error.args[0]!r}"
        raise UserError(problem("--spec", found, "the keys analysis, students and runs")) from None


def of_suites(spec: dict) -> list[dict]:
    """The analysis spec for each suite that was asked, as if asked alone; the headline's first.

    Raises:
        UserError: see `read_spec`.
    """
    view = read_spec(spec)
    if not view.others:
        return [spec]
    kept = {name: value for name, value in spec["analysis"].items() if name != "suites"}
    return [{**spec, "analysis": {**kept, "suite": suite}} for suite in (view.suite, *view.others)]


def _distinct(labels: list[tuple[str, str]]) -> list[str]:
    """Labels, with the id added where two students share one: an axis must not merge them."""
    texts = [label for _, label in labels]
    return [label if texts.count(label) == 1 else f"{label} ({student})" for student, label in labels]
