"""Pass rates, deltas and lifts on the path of each judge, corrected for that judge's errors in each arm.

From the verdicts of the judges and the labels of `labels`; the estimators stand in `corrections`. Labels that
select the format of a response may also select right answers: then `rogan_gladen` holds and
`prediction_powered` does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from skillift.contracts.pipeline import key_of
from skillift.contracts.scoring_audit import CORRECTED_EFFECTS, LABELLED_BY, METHODS
from skillift.statistics.answer_lines import COLUMNS
from skillift.statistics.arm_arrays import ArmArrays, Estimable, arm_arrays, by_skill, estimable, trained
from skillift.statistics.contrasts import CONTRASTS, LIFT, contrast_name
from skillift.statistics.corrections import ArmSums, Corrected, corrected_effect
from skillift.statistics.pairing import CELL
from skillift.statistics.seed_variance import about_recipes

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

_SUMS = ("label_passes", "true_passes", "label_fails", "true_fails", "labelled", "rectifier")
_COUNTS = (*_SUMS, "n_labelled", "n_unscored")


def corrected_effects(
    judged: pl.DataFrame,
    runs: list[DeclaredRun],
    confidence: float,
    bootstrap_samples: int,
    seed: int,
    labelled_by: str = LABELLED_BY[0],
) -> pl.DataFrame:
    """The table CORRECTED_EFFECTS: every condition, contrast and lift on every judge's path, by each method.

    Tasks are those scored in all arms of a run's effect; n_labelled counts the labelled episodes of these
    arms that have a verdict. Rows of a recipe with several runs are means over its runs' effects, their
    intervals with training-seed variance (`seed_variance`; the bootstrap's are given the seeds); in the table
    EFFECTS means are taken within task first, which is the same where every episode is scored. A lift without
    its base has no row.

    Args:
        judged: the frame of `labels.judged_and_labelled`.
        runs: the declared runs.
        confidence: of the intervals, as a fraction.
        bootstrap_samples: replicates of the bootstrap.
        seed: of the bootstrap.
        labelled_by: one of `LABELLED_BY`.
    """
    schema = {name: column.dtype.type for name, column in CORRECTED_EFFECTS.columns.items()}
    options = (confidence, bootstrap_samples, seed)
    tables = []
    for (path, suite), part in _by_task(judged).group_by("path", "suite"):
        arrays = arm_arrays(part, ["condition"], {"verdict": np.nan} | dict.fromkeys(_COUNTS, 0.0))
        every_cell = list(estimable(arrays, runs, suite))
        for contrast, sides in _contrasts([condition for (condition,) in arrays.arms]):
            of_it = {"path": path, "suite": suite, "contrast": contrast}
            tables += [_effect(arrays, cells, sides, options, of_it) for cells in every_cell]
    known = [table for table in tables if table.height]
    if not known:
        return pl.DataFrame(schema=schema)
    by = ["path", "suite", "contrast", "method"]
    whole = about_recipes(pl.concat(known, how="diagonal"), runs, by, confidence)
    named = whole.with_columns(
        labelled_by=pl.lit(labelled_by), **{name: pl.lit(None, dtype=pl.Float64) for name in COLUMNS}
    )
    return named.select(list(schema)).sort(key_of(CORRECTED_EFFECTS))


def _by_task(judged: pl.DataFrame) -> pl.DataFrame:
    """Verdict (mean over samples) and label counts of every arm, task by task."""
    label, verdict = pl.col("label"), pl.col("passed")
    both = label.is_not_null() & verdict.is_not_null()
    difference = label.cast(pl.Int8) - verdict.cast(pl.Int8)
    return judged.group_by("path", *CELL, "condition", "task_id", "skill_id").agg(
        verdict=verdict.cast(pl.Float64).mean(),
        n_unscored=verdict.is_null().sum(),
        n_labelled=both.sum(),
        label_passes=(both & label).sum(),
        true_passes=(label & verdict).sum(),
        label_fails=(both & ~label).sum(),
        true_fails=(~label & ~verdict).sum(),
        labelled=both.any(),
        rectifier=difference.filter(both).mean(),
    )


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
    arrays: ArmArrays, cells: Estimable, sides: list[_Side], options: tuple, of_it: dict[str, str]
) -> pl.DataFrame:
    """Rows of CORRECTED_EFFECTS for one effect, which `of_it` names."""
    if any(side.before for side in sides):
        cells = trained(arrays, cells)
    if not cells.rows.height:
        return pl.DataFrame()
    parts, counts = [], dict[str, np.ndarray]()
    for number, run in enumerate(cells.members.T):
        at = [arrays.base[run] if side.before else run for side in sides]
        columns = [arrays.arms[side.condition,] for side in sides]
        complete = np.all(
            [np.isfinite(each["verdict"][place]) for each, place in zip(columns, at, strict=True)], axis=0
        )
        counts["n_tasks"] = counts.get("n_tasks", False) | complete
        for side, each, place in zip(sides, columns, at, strict=True):
            parts.append((side.weight / cells.members.shape[1], _sums(each, place, arrays.skills, complete)))
            if not side.before or number == 0:  # the base model is one, however many runs there are
                for name in ("n_labelled", "n_unscored"):
                    counts[name] = counts.get(name, 0) + each[name][place]
    found = corrected_effect(parts, METHODS, *options)
    numbers = {name: values.sum(axis=1) for name, values in counts.items()}
    return _table(cells.rows, found, numbers, of_it)


def _sums(
    columns: dict[str, np.ndarray], place: np.ndarray, skills: np.ndarray, complete: np.ndarray
) -> ArmSums:
    verdicts = np.where(complete, columns["verdict"][place], 0.0)
    values = [complete.astype(float), verdicts, *(columns[name][place] for name in _SUMS)]
    return ArmSums(*(by_skill(each, skills) for each in values))


def _table(
    rows: pl.DataFrame, found: dict[str, Corrected], counts: dict[str, np.ndarray], of_it: dict[str, str]
) -> pl.DataFrame:
    """The rows by one method after the other."""
    columns = {
        name: np.concatenate([getattr(effect, name) for effect in found.values()])
        for name in Corrected._fields
    }
    numbers = {name: np.tile(values.astype(np.int64), len(found)) for name, values in counts.items()}
    methods = [method for method in found for _ in range(rows.height)]
    made = pl.DataFrame({**columns, **numbers, "method": methods}).with_columns(
        pl.col(pl.Float64).fill_nan(None),
        pl.col("reason").cast(pl.String),
        **{name: pl.lit(value) for name, value in of_it.items()},
    )
    return pl.concat([pl.concat([rows] * len(found)), made], how="horizontal")
