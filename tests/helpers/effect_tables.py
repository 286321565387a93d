"""The table EFFECTS of made verdicts, for the tests of the statistics."""

from __future__ import annotations

import polars as pl
from score_tables import make_scores, make_tasks

from skillift.contracts.analysis import EFFECTS
from skillift.statistics.contrasts import differences
from skillift.statistics.effects import effects
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.seed_variance import about_recipes
from skillift.tables import check

PATH = "judge:conclusion"
_PLACE = ["path", "suite", "contrast"]


def table_of(scores: pl.DataFrame, tasks: pl.DataFrame, runs=()) -> pl.DataFrame:
    found = differences(task_values(with_skills(scores, tasks)), list(runs))
    given_seeds = effects(found, 0.95, 200, 0)
    return check(about_recipes(given_seeds, list(runs), _PLACE, 0.95), EFFECTS, "effects")


def estimate(arms: dict, runs=(), tasks=None, n_samples: int = 1) -> pl.DataFrame:
    return table_of(make_scores(arms, n_samples=n_samples), make_tasks() if tasks is None else tasks, runs)


def study(
    pre_none, pre_curated, post_none=None, post_curated=None, student="s", path=PATH, run="sft-s0", step=138
):
    arms = {(path, student, "base", 0, "none"): pre_none, (path, student, "base", 0, "curated"): pre_curated}
    if post_none is not None:
        arms[(path, student, run, step, "none")] = post_none
        arms[(path, student, run, step, "curated")] = post_curated
    return arms


def row(table: pl.DataFrame, contrast: str, **where) -> dict:
    return table.filter(contrast=contrast, **where).row(0, named=True)


def arms_with(base: dict, after: dict, run: str = "sft-s0") -> dict:
    """Arms by condition, before and after training."""
    before = {(PATH, "s", "base", 0, name): verdicts for name, verdicts in base.items()}
    return before | {(PATH, "s", run, 9, name): verdicts for name, verdicts in after.items()}
