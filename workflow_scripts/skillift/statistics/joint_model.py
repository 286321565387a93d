"""All tiers in one model: is the lift the same at every tier?

Pass and fail by tier x condition x phase (before, after SFT), for each path, suite and recipe, on two scales,
because what is equal in log odds is not equal in pass rates unless the rates are: the claim of a uniform lift
is about pass rates (`fraction`); log odds (`logit`) do not run into floor and ceiling.

Every student has its own four terms, so none depends on the order of the tiers; they are named as in the
table of effects:

| term | on the scale `logit` |
|---|---|
| `none` | log odds of a pass under none before SFT |
| `curated-none` | the procedural delta before SFT, a log odds ratio |
| `gain:none` | what SFT changed under none, a log odds ratio |
| `lift:curated-none` | the lift: condition x phase, a ratio of odds ratios, as its logarithm |

On the scale `fraction` there is the lift alone; the other terms stand in the table of effects.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from skillift.contracts.claims import JOINT_MODEL
from skillift.contracts.pipeline import key_of
from skillift.statistics.comparisons import ZERO, Sides, joint_estimate, lifts_by_recipe
from skillift.statistics.contrasts import Differences
from skillift.statistics.gee import fit_logit
from skillift.statistics.heterogeneity import equality_test
from skillift.statistics.joint_arms import ARMS, Arms, arms_by_recipe
from skillift.statistics.recipes import TASK
from skillift.statistics.uncertainty import Uncertainty, students_t

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

LIFT = "lift:curated-none"
TERMS = ("none", "curated-none", "gain:none", LIFT)
TEST = "tier x condition x phase"


class _Fit(NamedTuple):
    """What one scale gives.

    Attributes:
        students: those with estimates.
        coefficients: one row per student, one column per term, the lift last.
        covariance: of the coefficients, students in turn, terms within student; None without students.
        uncertainties: of each student's terms.
        of_test: degrees of freedom of the test.
        counts: n_tasks and n_skills, by student; under "" those of all together.
        reasons: why a student has no estimates.
    """

    students: list[str]
    coefficients: np.ndarray
    covariance: np.ndarray | None
    uncertainties: list[list[Uncertainty]]
    of_test: float
    counts: dict[str, dict[str, int]]
    reasons: dict[str, str]


def joint_model(
    values: pl.DataFrame,
    found: list[Differences],
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    confidence: float,
) -> pl.DataFrame:
    """The table JOINT_MODEL: whether the lift is the same at every tier, on pass rates and on log odds.

    Skills are the clusters. A term has Student's t with skills - 1 degrees of freedom; the test that all
    lifts are equal is `heterogeneity.equality_test`, F with Hotelling's correction. On the scale `fraction`
    training-seed variance enters both where there are several seeds (`seed_variance.with_seeds`; the test has
    the degrees of freedom of its least certain pair); on `logit` both are given the seeds.

    A row is undefined, with a reason, where an arm has no verdict, where on the logit scale all tasks of an
    arm pass or all fail (infinite log odds), with one skill, without variation between skills, and where the
    model cannot be fitted; the test also where any of the recipe's students is undefined, and with one.

    Args:
        values: the frame of `pairing.task_values`.
        found: of `contrasts.differences`, from these values.
        seeds: the table SEED_VARIANCE.
        runs: the declared runs.
        confidence: of the intervals, as a fraction.
    """
    rows = []
    lifts = {
        (item.cells["path"][0], item.cells["suite"][0]): dict(lifts_by_recipe(item, seeds, runs))
        for item in found
        if item.contrast == LIFT and item.cells.height
    }
    for part in values.partition_by("path", "suite", maintain_order=True):
        path, suite = part["path"][0], part["suite"][0]
        if (path, suite) not in lifts:  # a condition of the lift was never asked there
            continue
        for arms in arms_by_recipe(part, runs):
            place = {"path": path, "suite": suite, "recipe": arms.recipe}
            sides = lifts[path, suite][arms.recipe]
            rows += [place | row for row in _rows("logit", TERMS, _logit(arms), arms, confidence)]
            rows += [
                place | row
                for row in _rows("fraction", (LIFT,), _fraction(arms, sides, confidence), arms, confidence)
            ]
    schema = {name: column.dtype.type for name, column in JOINT_MODEL.columns.items()}
    return pl.DataFrame(rows, schema=schema).sort(key_of(JOINT_MODEL))


def _logit(arms: Arms) -> _Fit:
    """Log odds by generalised estimating equations; all scored tasks of an arm count."""
    reasons = arms.saturated() | arms.missing()
    known = arms.table.unpivot(ARMS, index=["student", *TASK], variable_name="arm").drop_nulls("value")
    usable = known.filter(~pl.col("student").is_in(list(reasons))).sort(
        "skill_id", "student", "task_id", "arm"
    )
    students = [name for name in arms.students if name not in reasons]
    counts = _counts(known, arms)
    n_skills = usable["skill_id"].n_unique()
    if not students or n_skills < 2:
        return _nothing(counts, reasons | dict.fromkeys(students, "one skill"))
    fit = fit_logit(usable["value"].to_numpy(), _design(usable, students), usable["skill_id"].to_numpy())
    if fit.coefficients is None or fit.covariance is None:
        return _nothing(counts, reasons | dict.fromkeys(students, fit.reason))
    df = n_skills - 1.0
    coefficients = fit.coefficients.reshape(len(students), len(TERMS))
    errors = np.sqrt(np.maximum(np.diag(fit.covariance), 0.0)).reshape(coefficients.shape)
    uncertainties = [[students_t(float(error), df) for error in own] for own in errors]
    return _Fit(students, coefficients, fit.covariance, uncertainties, df, counts, reasons)


def _design(rows: pl.DataFrame, students: list[str]) -> np.ndarray:
    """Four columns a student, in the order of TERMS: constant, curated, after, curated and after."""
    curated = rows["arm"].str.starts_with("curated").to_numpy()
    after = rows["arm"].str.ends_with("after").to_numpy()
    terms = np.column_stack([np.ones(len(rows)), curated, after, curated & after]).astype(float)
    own = rows["student"].to_numpy()[:, np.newaxis] == np.array(students)
    return (own[:, :, np.newaxis] * terms[:, np.newaxis, :]).reshape(len(rows), -1)


def _fraction(arms: Arms, sides: Sides, confidence: float) -> _Fit:
    """Lifts in pass rates: means over the tasks with a verdict in all four arms."""
    known = sides.rows.drop_nulls("value").rename({"side": "student"})
    counts = _counts(known, arms)
    empty = [name for name in arms.students if not counts[name]["n_tasks"]]
    reasons = dict.fromkeys(empty, "no task with a verdict in all four arms") | arms.missing()
    students = [name for name in arms.students if name not in reasons]
    if not students:
        return _nothing(counts, reasons)
    found = joint_estimate(sides._replace(names=students), confidence)
    if found is None:
        return _nothing(counts, reasons | dict.fromkeys(students, "one skill"))
    return _Fit(
        students,
        found.means[:, np.newaxis],
        found.covariance,
        [[each] for each in found.uncertainties],
        found.degrees_of_freedom,
        counts,
        reasons,
    )


def _nothing(counts: dict[str, dict[str, int]], reasons: dict[str, str]) -> _Fit:
    return _Fit([], np.empty((0, 0)), None, [], 0.0, counts, reasons)


def _counts(rows: pl.DataFrame, arms: Arms) -> dict[str, dict[str, int]]:
    """n_tasks, n_skills and n_unscored by student, and under "" of all students together."""
    groups = {name: (rows.filter(student=name), arms.unscored[name]) for name in arms.students}
    groups[""] = (rows, sum(arms.unscored.values()))
    return {
        name: {
            "n_tasks": own["task_id"].n_unique(),
            "n_skills": own["skill_id"].n_unique(),
            "n_unscored": unscored,
        }
        for name, (own, unscored) in groups.items()
    }


def _rows(scale: str, terms: tuple[str, ...], fit: _Fit, arms: Arms, confidence: float) -> Iterator[dict]:
    """The rows of one scale: each student's terms, then the test that the lifts are equal."""
    for student in arms.students:
        for place, term in enumerate(terms):
            row = {"scale": scale, "student": student, "term": term, **fit.counts[student]}
            if student in fit.reasons:
                yield row | {"reason": fit.reasons[student]}
                continue
            which = fit.students.index(student)
            estimate = float(fit.coefficients[which, place])
            yield row | _term(estimate, fit.uncertainties[which][place], confidence)
    yield {"scale": scale, "student": "", "term": TEST, **fit.counts[""], **_test(fit, len(terms))}


def _term(estimate: float, whole: Uncertainty, confidence: float) -> dict:
    if not whole.standard_error**2 > ZERO:
        return {"estimate": estimate, "reason": "no variation between skills"}
    found = whole.of(estimate, confidence)
    del found["mde"]
    return found | {
        "estimate": estimate,
        "statistic": estimate / found["standard_error"],
        "df_numerator": 1.0,
        "df_denominator": found.pop("degrees_of_freedom"),
        "reason": "",
    }


def _test(fit: _Fit, n_terms: int) -> dict:
    if fit.reasons:
        student, reason = min(fit.reasons.items())
        return {"reason": f"{student}: {reason}"}
    if len(fit.students) < 2 or fit.covariance is None:
        return {"reason": "one student"}
    lifts = slice(n_terms - 1, None, n_terms)
    found = equality_test(fit.coefficients[:, -1], fit.covariance[lifts, lifts], fit.of_test)
    if found is None:
        return {"reason": "too little variation between skills, or too few of them"}
    return found._asdict() | {"reason": ""}
