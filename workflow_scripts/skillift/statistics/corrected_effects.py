"""Pass rates, deltas and lifts on the path of each judge, corrected for that judge's errors in each arm.

From the verdicts of the judges and the labels of `labels`; the estimators stand in `corrections`. Labels that
select the format of a response may also select right answers: then `rogan_gladen` holds and
`prediction_powered` does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from skillift.audit_contracts import CORRECTED_EFFECTS, METHODS
from skillift.contracts import CONDITIONS, key_of
from skillift.statistics.contrasts import BASE, CONTRASTS, LIFT, contrast_name, recipe_members
from skillift.statistics.corrections import ArmSums, Corrected, by_skill, corrected_effect
from skillift.statistics.pairing import CELL

_RUN = ["student", "run", "step"]
_TASK = ["skill_id", "task_id"]
_SUMS = ("label_passes", "true_passes", "label_fails", "true_fails", "labelled", "rectifier")


class _Arms(NamedTuple):
    """All arms of one judge on one suite.

    Attributes:
        place: path and suite.
        runs: student, run, step of each cell, in order.
        base: place in `runs` of each cell's base model, -1 where it has none.
        skills: number of the skill of each task.
        columns: by condition and name, arrays of shape (cells, tasks): `verdict` (mean over samples, NaN
            without one), and `_SUMS`, n_labelled and n_unscored, which count episodes.
    """

    place: dict[str, str]
    runs: pl.DataFrame
    base: np.ndarray
    skills: np.ndarray
    columns: dict[str, dict[str, np.ndarray]]


def corrected_effects(
    judged: pl.DataFrame, runs: list[dict], confidence: float, bootstrap_samples: int, seed: int
) -> pl.DataFrame:
    """The table CORRECTED_EFFECTS: every condition, contrast and lift on every judge's path, by each method.

    Tasks are those scored in all arms of a run's effect; n_labelled counts the labelled episodes of these
    arms that have a verdict. Rows of a recipe with several runs are means over its runs' effects; in the
    table EFFECTS means are taken within task first, which is the same where every episode is scored. A lift
    without its base has no row.

    Args:
        judged: the frame of `labels.judged_and_labelled`.
        runs: `{student, run, recipe, seed}` of the trained runs.
        confidence: of the intervals, as a fraction.
        bootstrap_samples: replicates of the bootstrap.
        seed: of the bootstrap.
    """
    schema = {name: column.dtype.type for name, column in CORRECTED_EFFECTS.columns.items()}
    options = (confidence, bootstrap_samples, seed)
    tables = [
        _effect(arms, rows, members, sides, options).with_columns(contrast=pl.lit(contrast))
        for arms in _arms(judged)
        for rows, members in _groups(arms.runs, runs, arms.place["suite"])
        for contrast, sides in _contrasts(arms.columns)
    ]
    known = [table.select(list(schema)) for table in tables if table.height]
    return pl.concat([pl.DataFrame(schema=schema), *known]).sort(key_of(CORRECTED_EFFECTS))


def _arms(judged: pl.DataFrame) -> Iterator[_Arms]:
    label, verdict = pl.col("label"), pl.col("passed")
    both = label.is_not_null() & verdict.is_not_null()
    difference = label.cast(pl.Int8) - verdict.cast(pl.Int8)
    tasks = judged.group_by("path", *CELL, "condition", *_TASK).agg(
        verdict=verdict.cast(pl.Float64).mean(),
        n_unscored=verdict.is_null().sum(),
        n_labelled=both.sum(),
        label_passes=(both & label).sum(),
        true_passes=(label & verdict).sum(),
        label_fails=(both & ~label).sum(),
        true_fails=(~label & ~verdict).sum(),
        labelled=both.any(),
        rectifier=difference.filter(both).mean().fill_null(0.0),
    )
    for (path, suite), part in sorted(tasks.group_by("path", "suite")):
        yield _dense({"path": path, "suite": suite}, part)


def _dense(place: dict[str, str], tasks: pl.DataFrame) -> _Arms:
    """The rows of one path and suite as arrays."""
    runs = tasks.select(_RUN).unique().sort(_RUN)
    columns = tasks.select(_TASK).unique().sort(_TASK)
    placed = tasks.join(runs.with_row_index("row"), on=_RUN).join(columns.with_row_index("column"), on=_TASK)
    shape = (runs.height, columns.height)
    found = {}
    for condition in CONDITIONS:
        arm = placed.filter(condition=condition)
        if arm.height:
            at = arm["row"].to_numpy(), arm["column"].to_numpy()
            found[condition] = {}
            for name in ("verdict", "n_labelled", "n_unscored", *_SUMS):
                values = np.full(shape, np.nan if name == "verdict" else 0.0)
                values[at] = arm[name].cast(pl.Float64).to_numpy()
                found[condition][name] = values
    skills = columns["skill_id"].rank("dense").to_numpy().astype(np.int64) - 1
    bases = runs.with_row_index("row").filter(run=BASE).group_by("student").agg(pl.col("row").first())
    base = runs.join(bases, on="student", how="left", maintain_order="left")["row"].cast(pl.Int64)
    return _Arms(place, runs, base.fill_null(-1).to_numpy(), skills, found)


def _groups(cells: pl.DataFrame, runs: list[dict], suite: str) -> Iterator[tuple[pl.DataFrame, np.ndarray]]:
    """The rows that are owed an effect, by how many runs they are the mean of: places in `cells`.

    Yields student, run, step of each row, and its members' places, an array of shape (rows, runs).
    """
    placed = cells.with_row_index("place")
    yield cells, placed["place"].to_numpy()[:, np.newaxis]
    members = recipe_members(cells.with_columns(suite=pl.lit(suite)), runs)
    recipes = (
        members.join(placed, on=_RUN)
        .sort("student", "recipe", "run")
        .group_by("student", "recipe", "recipe_step", maintain_order=True)
        .agg("place")
        .rename({"recipe": "run", "recipe_step": "step"})
    )
    for _, rows in sorted(recipes.group_by(pl.col("place").list.len())):
        yield rows.drop("place"), np.array(rows["place"].to_list())


class _Side(NamedTuple):
    """One arm of an effect: of the run itself, or of the student's base model, `before` training."""

    condition: str
    before: bool
    weight: float


def _contrasts(conditions: Iterable[str]) -> Iterator[tuple[str, list[_Side]]]:
    """Name and arms of each effect."""
    for condition in conditions:
        yield condition, [_Side(condition, False, 1.0)]
    for treated, control in CONTRASTS:
        if {treated, control} <= set(conditions):
            name = contrast_name(treated, control)
            after = [_Side(treated, False, 1.0), _Side(control, False, -1.0)]
            yield name, after
            yield LIFT + name, [*after, _Side(treated, True, -1.0), _Side(control, True, 1.0)]


def _effect(
    arms: _Arms, rows: pl.DataFrame, members: np.ndarray, sides: list[_Side], options: tuple
) -> pl.DataFrame:
    """Rows of CORRECTED_EFFECTS for one effect; a lift is owed to trained runs whose base is there."""
    if any(side.before for side in sides):
        owed = (arms.base[members[:, 0]] >= 0) & (rows["run"] != BASE).to_numpy()
        rows, members = rows.filter(pl.Series(owed)), members[owed]
    if not rows.height:
        return pl.DataFrame()
    parts, counts = [], {}
    for number, run in enumerate(members.T):
        at = [arms.base[run] if side.before else run for side in sides]
        columns = [arms.columns[side.condition] for side in sides]
        complete = np.all(
            [np.isfinite(each["verdict"][cells]) for each, cells in zip(columns, at, strict=True)], axis=0
        )
        counts["n_tasks"] = counts.get("n_tasks", False) | complete
        for side, each, cells in zip(sides, columns, at, strict=True):
            parts.append((side.weight / members.shape[1], _sums(each, cells, arms.skills, complete)))
            if not side.before or number == 0:  # the base model is one, however many runs there are
                for name in ("n_labelled", "n_unscored"):
                    counts[name] = counts.get(name, 0) + each[name][cells]
    found = corrected_effect(parts, METHODS, *options)
    numbers = {name: values.sum(axis=1) for name, values in counts.items()}
    tables = [_table(rows, effect, method, numbers) for method, effect in found.items()]
    return pl.concat(tables).with_columns(**{name: pl.lit(value) for name, value in arms.place.items()})


def _sums(columns: dict, cells: np.ndarray, skills: np.ndarray, complete: np.ndarray) -> ArmSums:
    verdicts = np.where(complete, columns["verdict"][cells], 0.0)
    values = [complete.astype(float), verdicts, *(columns[name][cells] for name in _SUMS)]
    return ArmSums(*(by_skill(each, skills) for each in values))


def _table(rows: pl.DataFrame, effect: Corrected, method: str, counts: dict) -> pl.DataFrame:
    numbers = {name: values.astype(np.int64) for name, values in counts.items()}
    columns = pl.DataFrame({**effect._asdict(), **numbers}).with_columns(
        pl.col(pl.Float64).fill_nan(None), pl.col("reason").cast(pl.String), method=pl.lit(method)
    )
    return pl.concat([rows, columns], how="horizontal")
