"""The claim about the course of a training: do students fall below their base model first, and rise again?

| claim | what is claimed | rows |
|---|---|---|
| `dip_and_recovery` | under `curated` the dip is below 0, and the recovery above 0 | one per student and \
recipe that has a checkpoint at every declared early step |

    dip      = mean pass rate over the early steps - pass rate of the base model
    recovery = pass rate at the last step - mean over the early steps

The early steps are declared before the run (`analysis.depth.early`). The lowest of the observed steps in
their place would be below the base model, and below the end, by noise alone. Both are task values, paired
and clustered as any gain, with the training-seed variance of each (`seed_variance.about_recipes`: a training
that dips deeply may recover much, so each seed's own dip and recovery count). Together they are one
intersection-union test: its p-value is the larger of the two, and a dip above 0 or a recovery below 0
contradicts it. The row has the numbers of the part that decides, in its claimed direction; there is no
interval for both. `mde` is the multiple of the declared pattern (`dip`, `recovery`) that would be found with
80 % power, as of `trajectory_shape`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from skillift.metrics.claim import ALL_OF
from skillift.statistics.claim_labels import End, holm
from skillift.statistics.claim_registry import DEPTH, GAIN
from skillift.statistics.comparisons import Sides, joint_estimate
from skillift.statistics.contrasts import Differences
from skillift.statistics.intersection_union import deciding
from skillift.statistics.intervals import clustered_means
from skillift.statistics.recipes import TASK, last_checkpoints
from skillift.statistics.seed_variance import about_recipes
from skillift.statistics.trajectory import Part, resolvable_multiple

if TYPE_CHECKING:
    from skillift.settings.analysis import Depth
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun

DIP, RECOVERY = "dip", "recovery"
PARTS = (DIP, RECOVERY)
_ENDS = ("low", "high")
_NUMBERS = ("estimate", "standard_error", "degrees_of_freedom", "ci_low", "ci_high", "p_value")
_WHO = ["student", "run", "step", "part"]


class Course(NamedTuple):
    """Task values of both parts, in the direction that is claimed of each: above 0.

    Attributes:
        tasks: student, run (a run, or a recipe with several), step (the last), part, task_id, skill_id,
            value (null: no verdict at one of the steps), low, high, n_unscored.
        heads: student, run, recipe and n_runs of what claims rest on.
    """

    tasks: pl.DataFrame
    heads: pl.DataFrame


def depth_claims(found: list[Differences], runs: list[DeclaredRun], settings: Analysed) -> Iterator[dict]:
    """Rows of the table CLAIMS about the course of trainings, on every path and suite.

    Args:
        found: of `contrasts.differences`.
        runs: the declared runs.
        settings: without `depth` there are none.
    """
    declared, confidence = settings.depth, settings.confidence
    if not declared:
        return
    for item in found:
        if item.contrast == GAIN and item.cells.height:
            place = item.cells.select("path", "suite").row(0, named=True)
            yield from _rows(place, course(item, runs, declared.early), runs, declared, confidence)


def course(item: Differences, runs: list[DeclaredRun], early: Sequence[int]) -> Course:
    """Dip and recovery of each run that has all early steps and a later one, and of their means over seeds.

    Args:
        item: a gain on one path and suite.
        runs: the declared runs.
        early: the declared steps.
    """
    single = item.cells.filter(n_runs=1)
    last = last_checkpoints(single, runs).filter(pl.col("step") > max(early))
    steps = single.filter(pl.col("step").is_in(list(early))).select("student", "run", "cell")
    whole = steps.group_by("student", "run").len().filter(pl.col("len") == len(set(early)))
    last = last.join(whole.select("student", "run"), on=["student", "run"], how="semi")
    last = last.select("student", "run", "step", "recipe", "cell").sort("student", "run")
    after = item.tasks.join(last, on="cell", maintain_order="left")
    before = _mean_over_steps(item.tasks.join(steps, on="cell", maintain_order="left"), len(set(early)))
    both = after.join(before, on=["student", "run", *TASK], suffix="_early", maintain_order="left")
    kept = ["student", "run", "recipe", "step", *TASK]
    dips = both.select(
        *kept,
        value=-pl.col("value_early"),
        low=-pl.col("high_early"),
        high=-pl.col("low_early"),
        n_unscored="n_unscored_early",
        part=pl.lit(DIP),
    )
    recoveries = both.select(
        *kept,
        value=pl.col("value") - pl.col("value_early"),
        low=pl.col("low") - pl.col("high_early"),
        high=pl.col("high") - pl.col("low_early"),
        n_unscored=pl.col("n_unscored") + pl.col("n_unscored_early"),
        part=pl.lit(RECOVERY),
    )
    numbers = pl.concat([dips, recoveries])
    n_runs = last.group_by("student", "recipe", maintain_order=True).agg(
        n_runs=pl.len().cast(pl.Int64), run=pl.col("run").first(), step=pl.col("step").max()
    )
    several = n_runs.filter(pl.col("n_runs") > 1).with_columns(run="recipe")
    means = (
        numbers.drop("run", "step")
        .join(several, on=["student", "recipe"], maintain_order="left")
        .group_by(*kept, "part", maintain_order=True)
        .agg(pl.col("value", "low", "high").mean(), pl.col("n_unscored").sum())
    )
    heads = pl.concat([n_runs.filter(n_runs=1), several.select(n_runs.columns)]).sort("student", "recipe")
    tasks = pl.concat([numbers, means.select(numbers.columns)]).drop("recipe")
    return Course(tasks, heads)


def _mean_over_steps(tasks: pl.DataFrame, n_steps: int) -> pl.DataFrame:
    """Each task's mean over the early steps; null where it has no verdict at one of them."""
    known = pl.col("value").count() == n_steps
    return tasks.group_by("student", "run", *TASK, maintain_order=True).agg(
        value=pl.when(known).then(pl.col("value").mean()),
        low=pl.col("low").mean(),
        high=pl.col("high").mean(),
        n_unscored=pl.col("n_unscored").sum(),
    )


def _rows(
    place: Mapping, of: Course, runs: list[DeclaredRun], declared: Depth, confidence: float
) -> Iterator[dict]:
    lost = of.tasks["n_unscored"].sum() > 0
    columns = ("value", *_ENDS) if lost else ("value",)
    known = {column: _estimates(of.tasks, column, runs, confidence) for column in columns}
    rows = []
    for head in of.heads.iter_rows(named=True):
        who = head["student"], head["run"]
        parts = [known["value"][*who, part] for part in PARTS]
        decides, p_value = deciding([(part["estimate"], part["p_value"]) for part in parts])
        n_unscored = max(part["n_unscored"] for part in parts)
        rows.append(
            {
                **place,
                **dict.fromkeys(_NUMBERS),
                **{name: parts[decides][name] for name in _NUMBERS},
                "claim": DEPTH,
                "shape": ALL_OF,
                "contrast": f"{PARTS[decides]}:curated",
                "student": head["student"],
                "run": head["run"],
                "against": "",
                "n_runs": head["n_runs"],
                "p_value": p_value,
                "margin": None,
                "p_equivalence": None,
                "n_tasks": min(part["n_tasks"] for part in parts),
                "n_skills": min(part["n_skills"] for part in parts),
                "n_unscored": n_unscored,
                "ends": [_end(known[end], who) for end in _ENDS] if n_unscored else [],
                **dict.fromkeys(("mde", "mde_low", "mde_high")),
            }
        )
    adjusted = holm([row["p_value"] for row in rows])
    n_tests = sum(p_holm is not None for p_holm in adjusted)
    for row, p_holm in zip(rows, adjusted, strict=True):
        row |= {"p_holm": p_holm, "n_tests": n_tests}
        if p_holm is not None:
            of_row = of.tasks.filter(student=row["student"], run=row["run"])
            parts = [known["value"][row["student"], row["run"], part] for part in PARTS]
            row["mde"] = _multiple(of_row, parts, declared, confidence, n_tests)
        yield row


def _estimates(
    tasks: pl.DataFrame, column: str, runs: list[DeclaredRun], confidence: float
) -> dict[tuple[str, str, str], dict]:
    """Estimate and uncertainty by student, run and part, training-seed variance included."""
    means = clustered_means(tasks.with_columns(value=column), _WHO, confidence)
    lost = tasks.group_by(_WHO).agg(pl.col("n_unscored").sum().cast(pl.Int64))
    table = about_recipes(means.join(lost, on=_WHO, maintain_order="left"), runs, ["part"], confidence)
    return {(row["student"], row["run"], row["part"]): row for row in table.iter_rows(named=True)}


def _end(known: Mapping[tuple[str, str, str], dict], who: tuple[str, str]) -> End:
    parts = [known[*who, part] for part in PARTS]
    decides, p_value = deciding([(part["estimate"], part["p_value"]) for part in parts])
    return End(parts[decides]["estimate"], p_value)


def _multiple(
    tasks: pl.DataFrame, parts: Sequence[Mapping], declared: Depth, confidence: float, n_tests: int
) -> float | None:
    """The multiple of the declared dip and recovery that would be found; None where a part does not vary."""
    rows = tasks.with_columns(side="part", path=pl.lit(""))
    joint = joint_estimate(Sides(sorted(PARTS), rows, {}, dict.fromkeys(PARTS, 1)), confidence)
    if joint is None or any(part["standard_error"] is None for part in parts):
        return None
    given = np.sqrt(np.diag(joint.covariance))
    if not (given > 0).all():
        return None
    wider = np.array([part["standard_error"] for part in parts]) / given  # by the seeds
    joint = joint._replace(
        covariance=joint.covariance * np.outer(wider, wider),
        degrees_of_freedom=min(part["degrees_of_freedom"] for part in parts),
    )
    worth = dict(zip(PARTS, (declared.dip, declared.recovery), strict=True))
    claimed = [Part(name, "", worth[name]) for name in PARTS]
    return resolvable_multiple(joint, sorted(PARTS), claimed, confidence, n_tests)
