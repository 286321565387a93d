"""Without any asymmetry, is the naive slope of the lift on the baseline delta off zero, and the others not?

Three students answer the same tasks. The help of the procedure differs between skills and students and stays
after training; the lift is one and the same everywhere. Responses of one task are independent between arms
and their noise is as large before training as after: what Oldham's estimator needs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from validation.coverage import CONFIDENCE
from validation.studies import EXACT, Population, draw

from skillift.settings.publication_specs import DeclaredRun
from skillift.statistics.asymmetry import asymmetry
from skillift.statistics.pairing import task_values

LIFT = 0.06
DELTAS = {"s": 0.00, "m": 0.04, "l": 0.08}
SPLITS = 20
_CHUNK = 100


class Slopes(NamedTuple):
    """An estimator's slopes over studies; all are zero in truth."""

    level: str
    estimator: str
    mean: float
    mean_error: float
    median: float
    flagged: float
    n_studies: int
    n_undefined: int


def population_of(delta: float) -> Population:
    """Studies of one student; the noise of its two deltas is equally large.

    That noise is the sum of rate x (1 - rate) over the two conditions. After training they lie `delta` +
    `LIFT` apart about one half, before it `delta` apart, and so far off one half that the sums are equal.
    """
    after = delta + LIFT
    off = ((after**2 - delta**2) ** 0.5 - delta) / 2
    return Population(
        rates=(0.5 + off, 0.5 + off + delta, 0.5 - after / 2, 0.5 + after / 2),
        skill=0.05,
        task=0.10,
        skill_in_arm=0.20,
        skill_in_arm_stays=True,
        shared=0.0,
        unscored=0.0,
        judges={"bench": EXACT},
    )


def slopes(n_studies: int, seed: int) -> list[Slopes]:
    """The slopes of every estimator, over skills at all students and over the students."""
    rng = np.random.default_rng(seed)
    tables = []
    for start in range(0, n_studies, _CHUNK):
        for study in _studies(rng, min(_CHUNK, n_studies - start)):
            tables.append(asymmetry(study, _RUNS, CONFIDENCE, SPLITS, seed))
    table = pl.concat(tables)
    return [
        _summary(table.filter(level=level, estimator=estimator))
        for level in ("cells", "students")
        for estimator in ("naive", "split_half", "oldham")
    ]


_RUNS = [DeclaredRun(student=student, run="sft-s0", recipe="sft", seed=0) for student in DELTAS]


def _studies(rng: np.random.Generator, n_studies: int) -> list[pl.DataFrame]:
    """Task values of each study, with its three students."""
    parts = [
        draw(rng, population_of(delta), n_studies).with_columns(
            study=pl.col("student"), student=pl.lit(student)
        )
        for student, delta in DELTAS.items()
    ]
    together = pl.concat(parts).partition_by("study", include_key=False)
    return [task_values(scores) for scores in together]


def _summary(table: pl.DataFrame) -> Slopes:
    known = table["slope"].drop_nulls()
    outside = ((pl.col("ci_low") > 0) | (pl.col("ci_high") < 0)).fill_null(False)
    return Slopes(
        level=table["level"][0],
        estimator=table["estimator"][0],
        mean=known.mean(),
        mean_error=known.std() / len(known) ** 0.5,
        median=known.median(),
        flagged=table.select(outside).to_series().mean(),
        n_studies=table.height,
        n_undefined=table.height - len(known),
    )
