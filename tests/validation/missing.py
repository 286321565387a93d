"""Informative missing rows and errors on prose: does a page ever say what is not so without its caveat?

Rows: the true lift is 0, and the rows of failed answers of one arm are left out of the scores, as a table
from elsewhere may do. Prose: the true lift is 0 and SFT teaches the ANSWER line under the curated condition,
from 40 to 100 % of the responses, while the judge misses 46 % of the right answers in prose.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import polars as pl
from validation.coverage import CONFIDENCE, NOTHING
from validation.studies import ARMS, draw, right_responses, runs_of, tasks_of

from skillift.settings.analysis_specs import Analysed
from skillift.statistics.claims import claims
from skillift.statistics.contrasts import differences
from skillift.statistics.corrections import arm_sums, corrected_effect
from skillift.statistics.effects import effects
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.seed_variance import seed_variance

LOST = 1.0  # of the failed answers of the arm
LINES = (0.40, 0.40, 0.40, 1.00)  # share of responses with an ANSWER line, in the order of `ARMS`
MISSES = 0.46  # of the right answers in prose
N_LABELS = 200
_LIFT = (1.0, -1.0, -1.0, 1.0)


class Missing(NamedTuple):
    """Studies without a lift whose failed rows are left out: shares of them.

    Attributes:
        supported: the lift is supported.
        without_caveat: and nothing says that its word hangs on missing verdicts.
        counted: mean number of rows that are counted as unscored, over those that were left out.
        n_studies: number of studies.
    """

    supported: float
    without_caveat: float
    counted: float
    n_studies: int


class Prose(NamedTuple):
    """A lift of format alone, corrected on labels of one kind.

    Attributes:
        labels: `ANSWER lines`, or `random`.
        method: of the correction; `uncorrected` is the lift as judged.
        mean: estimate, of a true lift of 0.
        covered: share of the intervals that hold 0.
        n_studies: number of studies.
    """

    labels: str
    method: str
    mean: float
    covered: float
    n_studies: int


def missing(n_studies: int, seed: int) -> Missing:
    """Words of studies that leave out what failed under `curated` after SFT."""
    rng = np.random.default_rng(seed)
    population = replace(NOTHING, judges={"bench": NOTHING.judges["bench"]})
    scores = draw(rng, population, n_studies)
    arm = (pl.col("run") == "sft-s0") & (pl.col("condition") == "curated") & ~pl.col("passed")
    lost = arm & pl.Series(rng.random(scores.height) < LOST)
    kept = scores.filter(~lost)
    tasks = tasks_of(population)
    found = _claims(kept.drop("skill_id", "scorer"), tasks)
    lifts = found.filter(claim="lift")
    supported = lifts["word"] == "supported"
    return Missing(
        float(supported.mean()),
        float((supported & lifts["word_holds"]).mean()),
        float(lifts["n_unscored"].sum() / (scores.height - kept.height)),
        n_studies,
    )


def _claims(scores: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    """The claims of each study, a study being a student, each a family of its own."""
    tables = []
    for one in scores.partition_by("student", maintain_order=True):
        runs = runs_of(one)
        values = task_values(with_skills(one, tasks))
        found = list(differences(values, runs))
        estimates = effects(found, CONFIDENCE, 10, 0)
        seeds = seed_variance(estimates, runs, CONFIDENCE)
        settings = Analysed(confidence=CONFIDENCE, bootstrap_samples=10, seed=0)
        tables.append(claims(values, found, estimates, seeds, runs, settings))
    return pl.concat(tables)


def prose(n_studies: int, seed: int) -> list[Prose]:
    """A lift of format, as judged and corrected, on labels of ANSWER lines and of random episodes."""
    rng = np.random.default_rng(seed)
    right = right_responses(rng, NOTHING, n_studies)
    lines = rng.random(right.shape) < np.array(LINES)[None, :, None]
    verdicts = (right & (lines | (rng.random(right.shape) >= MISSES))).astype(float)
    n_tasks = right.shape[2]
    chosen = np.argsort(rng.random((n_studies, len(ARMS) * n_tasks)), axis=1) < N_LABELS
    labels = {
        "ANSWER lines": np.where(lines, right, np.nan),
        "random": np.where(chosen.reshape(right.shape), right, np.nan),
    }
    methods = {"ANSWER lines": "rogan_gladen", "random": "prediction_powered"}
    skills = np.repeat(np.arange(NOTHING.n_skills), NOTHING.per_skill)
    found = []
    for name, label in labels.items():
        sums = [arm_sums(verdicts[:, place], label[:, place], skills) for place in range(len(ARMS))]
        for method in (["uncorrected"] if name == "random" else []) + [methods[name]]:
            table = corrected_effect(list(zip(_LIFT, sums, strict=True)), [method], CONFIDENCE)[method]
            covered = (table.ci_low <= 0) & (table.ci_high >= 0)
            known = np.isfinite(table.ci_low)
            found.append(
                Prose(
                    name, method, float(np.nanmean(table.estimate)), float(covered[known].mean()), n_studies
                )
            )
    return found
