"""The course of each recipe's trainings: means over its seeds at every step that all of them have.

Beside each pass rate stand the share of responses in form and the share of answers that were cut off at the
limit of tokens: a rate that falls with either may be a change of form or of length, and early in a training
students often do not end their answers yet. What is claimed of courses is in `depth`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.contracts.pipeline import CELL
from skillift.metrics.names import PASS
from skillift.statistics.contrasts import BASE
from skillift.statistics.recipes import last_checkpoints

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

_ARM = [*CELL, "condition"]
_PLACE = ["path", "suite", "student", "recipe", "condition", "step"]
_SHARES = ("pass_rate", "in_form", "cut_off")
SCHEMA = {
    **dict.fromkeys(_PLACE[:-1], pl.String),
    "step": pl.Int64,
    **dict.fromkeys(_SHARES, pl.Float64),
    **dict.fromkeys(("n_tasks", "n_skills", "n_unscored", "n_runs"), pl.Int64),
}


def courses(rates: pl.DataFrame, response_frame: pl.DataFrame, runs: list[DeclaredRun]) -> pl.DataFrame:
    """The table COURSES: passes, form and answers that were cut off, along the steps of each recipe.

    Args:
        rates: contract PASS_RATES, of which the rows of `pass` count.
        response_frame: the frames of `pass_rates.responses` of all runs, or `no_responses()`.
        runs: the declared runs.

    Returns:
        A row for each path, suite, condition and step; step 0 is the base model, whose recipe is empty.
        Shares are null where there is no verdict, or where the responses are not at hand.
    """
    ends = response_frame.group_by(_ARM).agg(cut_off=pl.col("cut_off").mean())
    arms = rates.filter(metric=PASS).join(ends, on=_ARM, how="left")
    arms = arms.rename({"answer_line_rate": "in_form"})
    trained = last_checkpoints(arms, runs, ["path", "suite", "condition"]).select("student", "run", "recipe")
    named = arms.join(trained.unique(), on=["student", "run"], how="left")
    known = named.filter((pl.col("run") == BASE) | pl.col("recipe").is_not_null())
    known = known.with_columns(pl.col("recipe").fill_null("")).sort(*_PLACE, "run")
    n_runs = known.group_by("student", "recipe").agg(all_runs=pl.col("run").n_unique().cast(pl.Int64))
    means = known.group_by(_PLACE, maintain_order=True).agg(
        *(
            pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).mean()).alias(name)
            for name in _SHARES
        ),
        pl.col("n_tasks", "n_skills").min(),
        pl.col("n_unscored").sum(),
        n_runs=pl.len().cast(pl.Int64),
    )
    common = means.join(n_runs, on=["student", "recipe"]).filter(pl.col("n_runs") == pl.col("all_runs"))
    return common.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()).sort(_PLACE)
