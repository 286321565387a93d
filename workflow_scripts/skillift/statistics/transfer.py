"""Claims about skills that no demonstration has: does training help there, as much, and more at larger tiers?

| claim | what is claimed | rows |
|---|---|---|
| `transfer` | the gain under `curated` on the suite `transfer` is above 0 | one per student and recipe |
| `retention` | that gain is the same as on the skills that were trained, within a margin | likewise |
| `transfer_by_tier` | that gain grows with the logarithm of a student's parameters | one per recipe |

New skills cannot be known without their procedure, so all are about `curated`. `retention` compares
different tasks, of different skills: their means are independent given the training, with the degrees of
freedom of Welch (Biometrika 34, 1947) and Satterthwaite; of a recipe with several seeds each seed's own
difference counts, as a training that gains much on one suite may gain much on the other
(`seed_variance.about_recipes`). The skills that were trained are those of the holdout; of `dev` where that
was asked in its place.

`transfer_by_tier` is the slope of the gains on x, the decimal logarithm of the parameters less its mean over
the tiers: sum(x g) / sum(x^2), for ten times as many parameters, with the joint covariance of the gains
(`comparisons.joint_estimate`). It needs two tiers of different size.

Where the suite `transfer` has a skill of the other one, all three are undefined: nothing was transferred.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from skillift.metrics.claim import ABOVE, SAME
from skillift.statistics.claim_families import family, heads
from skillift.statistics.claim_labels import End
from skillift.statistics.claim_registry import BY_TIER, GAIN, RETENTION, TRANSFER
from skillift.statistics.comparisons import ZERO, Joint, Sides, joint_estimate, lifts_by_recipe
from skillift.statistics.contrasts import Differences
from skillift.statistics.equivalence import tost
from skillift.statistics.intervals import clustered_means
from skillift.statistics.recipes import recipe_cells
from skillift.statistics.seed_variance import about_recipes
from skillift.statistics.uncertainty import Part, Uncertainty, students_t

if TYPE_CHECKING:
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun

SUITE, IN_DOMAIN = "transfer", ("holdout", "dev")
_NOTHING = dict.fromkeys(
    ("estimate", "standard_error", "degrees_of_freedom", "ci_low", "ci_high", "p_value", "p_equivalence")
)
_ENDS = ("low", "high")
_RUN = ["student", "run"]
_COUNTS = ["n_tasks", "n_skills", "n_unscored"]
_NUMBERS = ["estimate", "standard_error", "degrees_of_freedom", "ci_low", "ci_high", "p_value", "mde"]


def transfer_claims(
    found: list[Differences],
    effects: pl.DataFrame,
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    settings: Analysed,
) -> Iterator[dict]:
    """Rows of the table CLAIMS about the suite `transfer`, on every path; none where it was not asked.

    Args:
        found: of `contrasts.differences`.
        effects: the table EFFECTS made from it, training-seed variance included.
        seeds: the table SEED_VARIANCE made from it.
        runs: the declared runs.
        settings: without the margin `retention` sameness is not tested, without `parameters` there is no
            `transfer_by_tier`.
    """
    confidence, margin = settings.confidence, settings.margins.get(RETENTION)
    gains = [item for item in found if item.contrast == GAIN and item.cells.height]
    items = {item.cells.select("path", "suite").row(0): item for item in gains}
    for (path, suite), item in items.items():
        if suite != SUITE:
            continue
        fixed = {"path": path, "suite": suite, "contrast": GAIN, "against": ""}
        home = next((items[path, each] for each in IN_DOMAIN if (path, each) in items), None)
        claimed = {TRANSFER: heads(item, effects, seeds, runs, confidence)}
        if home is not None:
            claimed[RETENTION] = retention(item, home, runs, margin, confidence)
        claimed[BY_TIER] = list(by_tier(item, seeds, runs, settings.parameters, confidence))
        known = home is None or _skills(item).isdisjoint(_skills(home))
        for claim, rows in claimed.items():
            shape = SAME if claim == RETENTION else ABOVE
            rows = [fixed | {"margin": None, "p_equivalence": None} | row | {"shape": shape} for row in rows]
            yield from family(claim, rows if known else [_undefined(row) for row in rows], confidence)


def _skills(item: Differences) -> set[str]:
    return set(item.tasks["skill_id"].cast(pl.String))


def _undefined(row: dict) -> dict:
    return row | _NOTHING | {"uncertainty": None, "ends": [], "n_tasks": 0, "n_skills": 0}


def retention(
    item: Differences, home: Differences, runs: list[DeclaredRun], margin: float | None, confidence: float
) -> list[dict]:
    """The gain on new skills less that on trained ones, of each student and recipe that has both.

    Args:
        item: the gain on the suite `transfer`.
        home: the same on the skills that were trained, and the same path.
        runs: the declared runs.
        margin: the largest difference that counts as none, as a fraction; None where none is declared.
        confidence: of the intervals.

    Returns:
        Columns of CLAIMS from `student` on, with `ends` and `uncertainty` as `claim_families.heads` has them.
        Tasks, skills and missing verdicts are those of both suites together.
    """
    table = _apart(item, home, "value", "value", runs, confidence)
    lost = table["n_unscored"].sum() > 0
    ends = [
        _apart(item, home, end, other, runs, confidence)
        for end, other in zip(_ENDS, reversed(_ENDS), strict=True)
        if lost
    ]
    heads_of = recipe_cells(item.cells, runs).heads.select(*_RUN, "n_runs")
    rows = heads_of.join(table, on=_RUN, maintain_order="left")
    at_ends = [{(row["student"], row["run"]): row for row in end.iter_rows(named=True)} for end in ends]
    found = []
    for row in rows.iter_rows(named=True):
        whole = _of(row)
        of_ends = [
            End(end["estimate"], end["p_value"], tost(end["estimate"], _of(end), margin))
            for end in (each[row["student"], row["run"]] for each in at_ends)
        ]
        found.append(
            row
            | {"margin": margin, "p_equivalence": tost(row["estimate"], whole, margin)}
            | {"ends": of_ends if row["n_unscored"] else [], "uncertainty": whole}
        )
    return found


def _of(row: Mapping) -> Uncertainty | None:
    return students_t(row["standard_error"], row["degrees_of_freedom"]) if row["standard_error"] else None


def _apart(
    item: Differences,
    home: Differences,
    column: str,
    of_home: str,
    runs: list[DeclaredRun],
    confidence: float,
) -> pl.DataFrame:
    """student, run, step, `_NUMBERS` and `_COUNTS` of each run and of each mean over seeds."""
    one, other = _means(item, column, runs, confidence), _means(home, of_home, runs, confidence)
    both = one.join(other, on=_RUN, suffix="_home", maintain_order="left")
    rows = []
    for row in both.iter_rows(named=True):
        numbers: dict[str, float | None] = dict.fromkeys(_NUMBERS)
        if row["estimate"] is not None and row["estimate_home"] is not None:
            estimate = row["estimate"] - row["estimate_home"]
            numbers["estimate"] = estimate
            if row["standard_error"] is not None and row["standard_error_home"] is not None:
                parts = [
                    Part(row[f"standard_error{end}"] ** 2, row[f"degrees_of_freedom{end}"])
                    for end in ("", "_home")
                ]
                numbers |= welch(*parts).of(estimate, confidence)
        counts = {name: row[name] + row[f"{name}_home"] for name in _COUNTS}
        rows.append({"student": row["student"], "run": row["run"], "step": row["step"]} | numbers | counts)
    schema = {
        **dict.fromkeys(_RUN, pl.String),
        "step": pl.Int64,
        **dict.fromkeys(_NUMBERS, pl.Float64),
        **dict.fromkeys(_COUNTS, pl.Int64),
    }
    return about_recipes(pl.DataFrame(rows, schema=schema), runs, [], confidence)


def welch(one: Part, other: Part) -> Uncertainty:
    """The uncertainty of the difference of two independent means, from the variances of both."""
    parts = (one, other)
    variance = sum(part.variance for part in parts)
    freedom = variance**2 / sum(part.variance**2 / part.degrees_of_freedom for part in parts)
    return students_t(variance**0.5, freedom)


def _means(item: Differences, column: str, runs: list[DeclaredRun], confidence: float) -> pl.DataFrame:
    """Of each run and each mean over seeds, at the last checkpoint: its clustered mean, and counts."""
    cells = recipe_cells(item.cells, runs)
    members = cells.members.join(item.cells.select("cell", "step"), on="cell").select(*_RUN, "step", "cell")
    taken = pl.concat([cells.heads.select(*_RUN, "step", "cell"), members]).unique(
        "cell", maintain_order=True
    )
    means = clustered_means(item.tasks.with_columns(value=column), ["cell"], confidence)
    lost = item.tasks.group_by("cell").agg(pl.col("n_unscored").sum().cast(pl.Int64))
    joined = taken.join(means, on="cell", how="left", maintain_order="left")
    joined = joined.join(lost, on="cell", how="left", maintain_order="left")
    numbers = [name for name in _NUMBERS if name in joined.columns]
    return joined.select(*_RUN, "step", *numbers, pl.col(_COUNTS).fill_null(0))


def by_tier(
    item: Differences,
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    parameters: Mapping[str, int],
    confidence: float,
) -> Iterator[dict]:
    """The slope of the gain on the logarithm of the parameters, of each recipe with two tiers or more.

    Args:
        item: the gain on the suite `transfer`.
        seeds: the table SEED_VARIANCE.
        runs: the declared runs.
        parameters: of each student; those that have none here are left out.
        confidence: of the intervals.
    """
    for recipe, sides in lifts_by_recipe(item, seeds, runs):
        if row := slope_row(recipe, sides, parameters, confidence):
            yield row


def slope_row(run: str, every: Sides, parameters: Mapping[str, int], confidence: float) -> dict | None:
    """The slope of the sides' means on the logarithm of the parameters; None of fewer than two sizes.

    Args:
        run: what the row is about.
        every: of students.
        parameters: of each student; those that have none here are left out.
        confidence: of the intervals.
    """
    sides = _among(every, [name for name in every.names if parameters.get(name)])
    logs = np.array([math.log10(parameters[name]) for name in sides.names])
    if len(logs) < 2 or np.ptp(logs) == 0:
        return None
    weights = dict(zip(sides.names, weights_of(logs), strict=True))
    estimate, whole = slope(sides, weights, "value", confidence)
    n_unscored = int(sides.rows["n_unscored"].sum())
    ends = []
    for end in _ENDS if n_unscored else ():
        at_end, uncertainty = slope(sides, weights, end, confidence)
        p_value = None
        if at_end is not None and uncertainty is not None:
            p_value = uncertainty.p_value(at_end)
        ends.append(End(at_end, p_value))
    known = sides.rows.drop_nulls("value")
    row = {
        **dict.fromkeys(_NUMBERS),
        "student": "",
        "run": run,
        "estimate": estimate,
        "n_tasks": known["task_id"].n_unique(),
        "n_skills": known["skill_id"].n_unique(),
        "n_unscored": n_unscored,
        "n_runs": min(sides.n_runs.values()),
        "ends": ends,
        "uncertainty": whole,
    }
    return row | (whole.of(estimate, confidence) if whole and estimate is not None else {})


def _among(sides: Sides, names: list[str]) -> Sides:
    return Sides(
        names,
        sides.rows.filter(pl.col("side").is_in(names)),
        {name: part for name, part in sides.seeds.items() if name in names},
        {name: sides.n_runs[name] for name in names},
    )


def slope(
    sides: Sides, weights: Mapping[str, float], column: str, confidence: float
) -> tuple[float | None, Uncertainty | None]:
    """The weighted sum of the sides' means with its uncertainty; None for what the data leave undefined.

    `column`: `value`; with every missing verdict as the sum would have it least, `low`, or most, `high`.
    """
    rows = sides.rows
    if column != "value":
        other = {"low": "high", "high": "low"}[column]
        below = pl.col("side").replace_strict({name: weight < 0 for name, weight in weights.items()})
        rows = rows.with_columns(value=pl.when(below).then(other).otherwise(column))
    if set(rows.drop_nulls("value")["side"]) != set(sides.names):
        return None, None
    joint = joint_estimate(sides._replace(rows=rows), confidence)
    w = np.array([weights[name] for name in sides.names])
    if joint is None:
        means = rows.drop_nulls("value").group_by("side").agg(pl.col("value").mean())
        return float(sum(weights[side] * mean for side, mean in means.iter_rows())), None
    return slope_of(joint, w)


def slope_of(joint: Joint, weights: np.ndarray) -> tuple[float, Uncertainty | None]:
    """The weighted sum of means with its uncertainty; None where it does not vary."""
    variance = float(weights @ joint.covariance @ weights)
    whole = students_t(variance**0.5, joint.degrees_of_freedom) if variance > ZERO else None
    return float(weights @ joint.means), whole


def weights_of(logs: np.ndarray) -> np.ndarray:
    """The weight of each mean in the slope on these numbers."""
    x = logs - logs.mean()
    return x / (x**2).sum()
