"""Could the lift have been foretold: does it follow what the base model prefers before any training?

A skill has its *discrimination*: of pairs of a right and a corrupted answer with equally many tokens, on
tasks of the suite `dev`, the share in which the base model gives the right one the higher log-probability
(after RuDE, arXiv 2605.11978; `skillift.episodes.discrimination` measures it). Its rival is what one would
look at otherwise: the base model's pass rate on the same tasks, under the same condition. Both are known
before training, and share no task with the lift, which is measured on the holdout.

| claim | what is claimed | rows |
|---|---|---|
| `forecast` | the slope of a skill's lift on its discrimination, over the skills of one student, is above \
0 | one per student and recipe; one per recipe with three students or more: between their means |
| `forecast_beyond_base` | one standard deviation of discrimination goes with more lift, up or down, than \
one of the base pass rate does | one per student and recipe |

Slopes are least squares over skills, each counting once; errors leave out one skill at a time (the cluster
jackknife, `slopes`), with two degrees of freedom less than there are skills. With several seeds the lift is
that of their mean, and the variance between seeds is in the interval. The difference of the two predictors
is taken within each replicate of the jackknife, so it knows that both rest on the same skills.

A few tiers cannot show a slope between tiers, however well they lie on a line: with three, one degree of
freedom is left, and any two numbers that grow with size follow each other. That row has its interval, is
never tested, and its word is always `not resolvable at this n`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from skillift.metrics.claim import ABOVE
from skillift.statistics.claim_families import family
from skillift.statistics.claim_labels import End
from skillift.statistics.claim_registry import BEYOND_BASE, FORECAST, LIFT
from skillift.statistics.recipes import last_checkpoints
from skillift.statistics.seed_variance import about_recipes
from skillift.statistics.slopes import jackknife_error
from skillift.statistics.task_effects import task_effect
from skillift.statistics.uncertainty import students_t

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

MEASURED_ON = "holdout"  # the suite whose lift is foretold
FEWEST_TIERS = 3
_ZERO = 1e-10
_NUMBERS = ("estimate", "standard_error", "degrees_of_freedom", "ci_low", "ci_high", "p_value")
_COUNTS = ("n_tasks", "n_skills", "n_unscored", "n_runs")
_ROW = {
    "student": pl.String,
    "run": pl.String,
    "step": pl.Int64,
    **dict.fromkeys(_NUMBERS, pl.Float64),
    **dict.fromkeys(_COUNTS, pl.Int64),
}
SKILLS_SCHEMA = {
    "path": pl.String,
    "suite": pl.String,
    "student": pl.String,
    "recipe": pl.String,
    "run": pl.String,
    "skill_id": pl.String,
    "discrimination": pl.Float64,
    "base_pass": pl.Float64,
    "lift": pl.Float64,
    "n_tasks": pl.Int64,
    "n_pairs": pl.Int64,
    "n_ties": pl.Int64,
    "n_unpaired": pl.Int64,
    "n_unscored": pl.Int64,
    "n_runs": pl.Int64,
}
_UNMARGINED = {"against": "", "margin": None, "p_equivalence": None}
Estimator = Callable[..., np.ndarray]


def forecast_skills(
    values: pl.DataFrame, discrimination: pl.DataFrame | None, runs: list[DeclaredRun]
) -> pl.DataFrame:
    """The table FORECAST: each skill's discrimination, base pass rate and lift, on every path.

    Args:
        values: the frame of `pairing.task_values`.
        discrimination: contract DISCRIMINATION with the column `student`: the tables of all students; None
            where no forecast is declared.
        runs: the declared runs.

    Returns:
        A row for each skill of each student, for each run and for the mean of a recipe's runs where it has
        several. Null: no pair, no answer that a scorer could read, no verdict.
    """
    if discrimination is None:
        return pl.DataFrame(schema=SKILLS_SCHEMA)
    before = discrimination.group_by("student", "skill_id", maintain_order=True).agg(
        discrimination=pl.col("preferred").mean(),
        base_pass=pl.col("passed").mean(),
        n_pairs=pl.col("n_pairs").sum(),
        n_ties=pl.col("n_ties").sum(),
        n_unpaired=(pl.col("n_pairs") == 0).sum().cast(pl.Int64),
    )
    parts = [
        _lifts(part, *side)
        for part in values.filter(suite=MEASURED_ON).partition_by("path", "suite", maintain_order=True)
        for side in _sides(part, runs)
    ]
    if not parts:
        return pl.DataFrame(schema=SKILLS_SCHEMA)
    both = pl.concat(parts).join(before, on=["student", "skill_id"], how="inner")
    return both.select(list(SKILLS_SCHEMA)).sort("path", "suite", "student", "run", "skill_id")


def _sides(values: pl.DataFrame, runs: list[DeclaredRun]) -> Iterator[tuple[str, str, str, list[str]]]:
    """Each trained run, and each recipe with several, with the runs that it is the mean of."""
    trained = last_checkpoints(values, runs).select("student", "recipe", "run").unique()
    for (student, recipe), part in trained.sort("student", "recipe", "run").group_by(
        ["student", "recipe"], maintain_order=True
    ):
        members = part["run"].to_list()
        yield from ((str(student), str(recipe), run, [run]) for run in members)
        if len(members) > 1:
            yield str(student), str(recipe), str(recipe), members


def _lifts(values: pl.DataFrame, student: str, recipe: str, run: str, members: list[str]) -> pl.DataFrame:
    lifts = task_effect(values, LIFT, student, members).group_by("skill_id", maintain_order=True)
    place = values.select("path", "suite").row(0, named=True)
    place |= {"student": student, "recipe": recipe, "run": run}
    return lifts.agg(
        lift=pl.col("value").mean(),
        n_tasks=pl.col("value").count().cast(pl.Int64),
        n_unscored=pl.col("n_unscored").sum().cast(pl.Int64),
    ).with_columns(
        n_runs=pl.lit(len(members), pl.Int64), **{name: pl.lit(value) for name, value in place.items()}
    )


def of_heads(skills: pl.DataFrame) -> pl.DataFrame:
    """The rows of FORECAST that claims are about: of a recipe with several runs those of their mean."""
    most = pl.col("n_runs").max().over("path", "suite", "student", "recipe")
    return skills.filter(pl.col("n_runs") == most)


def forecast_claims(skills: pl.DataFrame, runs: list[DeclaredRun], confidence: float) -> Iterator[dict]:
    """Rows of the table CLAIMS about the forecast, on every path.

    Args:
        skills: of `forecast_skills`.
        runs: the declared runs.
        confidence: of the intervals.
    """
    for part in skills.partition_by("path", "suite", maintain_order=True):
        place = part.select("path", "suite").row(0, named=True) | {"contrast": LIFT, "shape": ABOVE}
        for claim, estimator in ((FORECAST, slopes), (BEYOND_BASE, lead)):
            heads = _of_students(part, estimator, runs, confidence)
            yield from family(claim, [place | row for row in heads], confidence)
        between = _between_tiers(of_heads(part), confidence)
        yield from family(FORECAST, [place | row for row in between], confidence)


def _of_students(
    skills: pl.DataFrame, estimator: Estimator, runs: list[DeclaredRun], confidence: float
) -> Iterator[dict]:
    """A row for each student and recipe, with the variance between its seeds."""
    sides = skills.partition_by("student", "run", maintain_order=True)
    rows = [_of_side(part, estimator, confidence) for part in sides]
    table = about_recipes(pl.DataFrame(rows, schema=_ROW), runs, [], confidence)
    heads = of_heads(skills).select("student", "run").unique()
    for row in (
        table.join(heads, on=["student", "run"], how="semi").sort("student", "run").iter_rows(named=True)
    ):
        error = row["standard_error"]
        whole = students_t(error, row["degrees_of_freedom"]) if error else None
        # with verdicts missing, what these could make of the word is not known
        ends = [End(None, None)] * 2 if row["n_unscored"] else []
        yield row | _UNMARGINED | {"ends": ends, "uncertainty": whole}


def _of_side(skills: pl.DataFrame, estimator: Estimator, confidence: float) -> dict:
    """What the skills of one student tell of one run, or of the mean of several."""
    needed = ["lift", "discrimination", *(["base_pass"] if estimator is lead else [])]
    known = skills.drop_nulls(needed)
    counts = {
        "n_tasks": int(known["n_tasks"].sum()),
        "n_skills": known.height,
        "n_unscored": int(skills["n_unscored"].sum()),
    }
    place = skills.select("student", "run", "n_runs").row(0, named=True) | {"step": 0}
    return place | estimated([known[name].to_numpy() for name in needed], estimator, confidence) | counts


def estimated(columns: list[np.ndarray], estimator: Estimator, confidence: float) -> dict:
    """An estimate over skills with its uncertainty, None where undefined.

    Args:
        columns: what `estimator` takes, a number for each skill.
        estimator: `slopes` or `lead`.
        confidence: of the interval.
    """
    row: dict[str, float | None] = dict.fromkeys(_NUMBERS)
    n_skills = len(columns[0])
    if n_skills < 2:
        return row
    replicates = estimator(*columns)
    if np.isnan(replicates[0]):
        return row
    estimate = float(replicates[0])
    row["estimate"] = estimate
    error = jackknife_error(replicates)
    if not error > _ZERO:  # false of NaN, too; an error of zero would claim certainty
        return row
    known = students_t(error, n_skills - 2.0).of(estimate, confidence)
    return row | {name: known[name] for name in _NUMBERS if name in known}


def slopes(lift: np.ndarray, discrimination: np.ndarray) -> np.ndarray:
    """The slope of the lift on the discrimination, over all skills and without each; NaN where undefined."""
    products, squares = _products(discrimination, lift), _products(discrimination, discrimination)
    return np.divide(products, squares, out=np.full(len(squares), np.nan), where=squares > _ZERO)


def lead(lift: np.ndarray, discrimination: np.ndarray, base_pass: np.ndarray) -> np.ndarray:
    """How much more of the lift goes with a standard deviation of the one than with one of the other.

    Of each the slope times its standard deviation, in the direction that it has over all skills: a predictor
    of which less means more tells as much as one of which more does. As of `slopes` without each skill, too.
    """
    found = []
    n_left = len(lift) - 1.0 - np.r_[0, np.ones(len(lift))]
    for predictor in (discrimination, base_pass):
        products, squares = _products(predictor, lift), _products(predictor, predictor)
        spread = np.sqrt(np.maximum(squares, 0) * n_left)
        scaled = np.divide(products, spread, out=np.full(len(squares), np.nan), where=squares > _ZERO)
        found.append(scaled * np.sign(products[0]))
    return found[0] - found[1]


def _products(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Sum of (one - its mean)(other - its mean), over all skills and then without each."""
    weights = np.vstack([np.ones(len(one)), 1 - np.eye(len(one))])
    one, other = one - one.mean(), other - other.mean()
    return weights @ (one * other) - (weights @ one) * (weights @ other) / weights.sum(axis=1)


def _between_tiers(skills: pl.DataFrame, confidence: float) -> Iterator[dict]:
    """The slope between the means of students, of each recipe with `FEWEST_TIERS` of them: never tested."""
    known = skills.drop_nulls(["discrimination", "lift"])
    for (recipe,), rows in known.sort("recipe", "student").group_by(["recipe"], maintain_order=True):
        means = rows.group_by("student", maintain_order=True).agg(pl.col("discrimination", "lift").mean())
        if means.height < FEWEST_TIERS:
            continue
        counts = {
            "n_tasks": int(rows["n_tasks"].sum()),
            "n_skills": rows["skill_id"].n_unique(),
            "n_unscored": int(rows["n_unscored"].sum()),
            "n_runs": rows["n_runs"].min(),
        }
        numbers = _line(means["lift"].to_numpy(), means["discrimination"].to_numpy(), confidence)
        never: dict = {"p_value": None, "uncertainty": None, "ends": []}
        yield {"student": "", "run": recipe, "step": 0} | _UNMARGINED | counts | numbers | never


def _line(y: np.ndarray, x: np.ndarray, confidence: float) -> dict:
    """A slope over a few points with its least-squares interval."""
    row: dict[str, float | None] = dict.fromkeys(_NUMBERS)
    x, y = x - x.mean(), y - y.mean()
    squares = float((x**2).sum())
    if squares <= _ZERO:
        return row
    slope = float((x * y).sum()) / squares
    row["estimate"] = slope
    freedom = len(x) - 2.0
    error = float(((y - slope * x) ** 2).sum() / freedom / squares) ** 0.5
    if error <= _ZERO:
        return row
    known = students_t(error, freedom).of(slope, confidence)
    return row | {name: known[name] for name in _NUMBERS if name in known}
