"""Form and correctness of each arm: four cells, and what of the gain on `bench` is more lines or better ones.

Over the tasks with the deterministic extractor and their samples with a verdict: in form or not (an ANSWER
line that the extractor reads), right or not (on the row's path). On `bench` no response is right out of form.

There a pass rate is the share of lines times their quality, P = L x R, and the gain from before training is
divided as Kitagawa divides a difference of two rates ("Components of a difference between two rates", Journal
of the American Statistical Association 50, 1955):

    P1 - P0 = (L1 - L0) (R0 + R1)/2  +  (R1 - R0) (L0 + L1)/2

more lines, and better lines. Intervals leave out one skill at a time (CV3, as in `slopes`), with Student's t.
Where an arm has no line at all, its quality and both parts are undefined.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from skillift.contracts.analysis import FORMAT_CELLS
from skillift.contracts.pipeline import EXTRACTED, key_of
from skillift.statistics.contrasts import BASE
from skillift.statistics.pairing import CELL
from skillift.statistics.path_audit import BENCH

_SAMPLE = [*CELL, "condition", "task_id", "sample"]
_ARM = ["path", *CELL, "condition"]
_CELLS = ("right_in_form", "wrong_in_form", "right_out_of_form", "wrong_out_of_form")
_PARTS = ("more_lines", "better_lines")
_ZERO = 1e-10


def format_cells(scores: pl.DataFrame, response_frame: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """The table FORMAT_CELLS: one row per path and arm; none where responses are not at hand.

    Args:
        scores: the frame of `pairing.with_skills`.
        response_frame: the frames of `pass_rates.responses`.
        confidence: of the intervals, as a fraction.
    """
    schema = {name: column.dtype.type for name, column in FORMAT_CELLS.columns.items()}
    samples = scores.filter(pl.col("scorer").is_in(EXTRACTED)).join(
        response_frame.select(*_SAMPLE, "has_answer_line"), on=_SAMPLE
    )
    if samples.is_empty():
        return pl.DataFrame(schema=schema)
    form, right = pl.col("has_answer_line"), pl.col("passed")
    cells = {
        "right_in_form": form & right,
        "wrong_in_form": form & ~right,
        "right_out_of_form": ~form & right,
        "wrong_out_of_form": ~form & ~right,
    }
    tasks = samples.group_by(*_ARM, "task_id", "skill_id").agg(
        **{name: cell.cast(pl.Float64).mean() for name, cell in cells.items()},
        n_unscored=right.is_null().sum().cast(pl.Int64),
    )
    known = pl.col("right_in_form").is_not_null()
    rows = tasks.group_by(_ARM).agg(
        pl.col(_CELLS).mean(),
        n_tasks=known.sum().cast(pl.Int64),
        n_skills=pl.col("skill_id").filter(known).n_unique().cast(pl.Int64),
        n_unscored=pl.col("n_unscored").sum(),
    )
    divided = pl.DataFrame(_divided(tasks.filter(path=BENCH), confidence), schema=_divided_schema(schema))
    return rows.join(divided, on=_ARM, how="left").select(list(schema)).sort(key_of(FORMAT_CELLS))


def _divided_schema(schema: dict) -> dict:
    parts = [f"{part}{end}" for part in _PARTS for end in ("", "_low", "_high")]
    return {name: schema[name] for name in (*_ARM, "gain", *parts)}


def _divided(tasks: pl.DataFrame, confidence: float) -> list[dict]:
    """The gain of every trained arm on `bench`, divided."""
    arm = ["suite", "student", "condition"]
    before = {
        key: part for key, part in tasks.filter(run=BASE).group_by(arm) if part["right_in_form"].count()
    }
    found = []
    for key, after in tasks.filter(pl.col("run") != BASE).group_by([*arm, "run", "step"]):
        base = before.get(key[:3])
        if base is not None:
            place = dict(zip([*arm, "run", "step"], key, strict=True)) | {"path": BENCH}
            found.append(place | _of_arm(base, after, confidence))
    return found


def _of_arm(base: pl.DataFrame, after: pl.DataFrame, confidence: float) -> dict:
    numbers = ["right_in_form", "wrong_in_form"]
    both = base.select("task_id", "skill_id", *numbers).join(
        after.select("task_id", *numbers), on="task_id", suffix="_after"
    )
    by_skill = (
        both.drop_nulls()
        .group_by("skill_id")
        .agg(pl.len().cast(pl.Float64), pl.exclude("skill_id", "task_id").sum())
        .sort("skill_id")
        .drop("skill_id")
        .to_numpy()
    )
    sums = by_skill.sum(axis=0)
    whole = _parts(sums)
    if whole is None:
        return {}
    row = {"gain": float(whole.sum())} | dict(zip(_PARTS, map(float, whole), strict=True))
    left_out = [_parts(sums - skill) for skill in by_skill]
    if len(by_skill) < 3 or any(each is None for each in left_out):
        return row

    from scipy.special import stdtrit

    n_skills = len(by_skill)
    errors = np.sqrt((n_skills - 1) / n_skills * ((np.array(left_out) - whole) ** 2).sum(axis=0))
    half = float(stdtrit(n_skills - 1, (1 + confidence) / 2)) * errors
    for name, value, width in zip(_PARTS, whole, half, strict=True):
        if width > _ZERO:  # an error of zero would claim certainty
            row |= {f"{name}_low": float(value - width), f"{name}_high": float(value + width)}
    return row


def _parts(sums: np.ndarray) -> np.ndarray | None:
    """More lines and better lines, from numbers of tasks, right and wrong in form before, and after."""
    n_tasks, right, wrong, right_after, wrong_after = sums
    lines, lines_after = right + wrong, right_after + wrong_after
    if not (n_tasks > 0 and lines > _ZERO and lines_after > _ZERO):
        return None
    quality, quality_after = right / lines, right_after / lines_after
    return np.array(
        [
            (lines_after - lines) / n_tasks * (quality + quality_after) / 2,
            (quality_after - quality) * (lines + lines_after) / n_tasks / 2,
        ]
    )
