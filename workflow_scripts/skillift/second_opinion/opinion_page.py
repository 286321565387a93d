"""The page of the second opinion."""

from __future__ import annotations

import polars as pl

from skillift.publication.pages import COUNTS, headline_first
from skillift.publication.table_page import Column, Page
from skillift.reporting.column_text import UNDEFINED, decimal, points, probability, with_interval
from skillift.reporting.view import View
from skillift.second_opinion.comparison import agreement
from skillift.statistics.claim_registry import says


def page(table: pl.DataFrame, view: View) -> Page:
    """Both intervals of every lift and procedural delta, by path, the headline path first.

    Args:
        table: SECOND_OPINION.
        view: how results are shown.
    """
    shown = with_interval(points, "posterior_mean", "posterior_low", "posterior_high")
    rows = (
        table.join(view.students, on="student", how="left", maintain_order="left")
        .sort("claim", "position", view.run_place(), maintain_order=True)
        .with_columns(
            about=view.trained().str.replace_all(" ", "\u00a0"),
            clustered=with_interval(points, "estimate", "ci_low", "ci_high"),
            posterior=pl.when(reason="").then(shown).otherwise("reason"),
            above=probability("posterior_above_zero").fill_null(UNDEFINED),
            r_hat=decimal("r_hat").fill_null(UNDEFINED),
            effective=pl.col("n_effective").round(0).cast(pl.Int64).cast(pl.String).fill_null(UNDEFINED),
            divergent=pl.col("n_divergent").cast(pl.String).fill_null(UNDEFINED),
            word=pl.col("word").str.replace_all(" ", "\u00a0"),
            group=pl.col("path") + " · " + pl.col("claim").replace_strict(says()),
        )
    )
    return Page(
        title="A second opinion",
        subtitle=f"{view.suite} suite, last checkpoint of each run; headline path {view.headline_path}",
        rows=headline_first(rows, view),
        groups="group",
        columns=[
            Column("label", "student", align="left"),
            Column("about", "of", align="left"),
            Column("clustered", f"clustered by skill, pp [{view.level} t interval]"),
            Column("posterior", f"hierarchical logit, pp [{view.level} posterior interval]"),
            Column("above", "probability of more than 0"),
            Column("r_hat", "R-hat", "sampler"),
            Column("effective", "effective draws", "sampler"),
            Column("divergent", "divergent draws of the path", "sampler"),
            Column("word", "word of the claim", align="left"),
            *COUNTS,
            Column("n_runs", "seeds"),
        ],
        notes=[
            agreement(table),
            "Left, what claims rest on: the mean over tasks with its standard error clustered by skill and, "
            "with several seeds, training-seed variance. Right, the same difference of pass rates from a "
            "Bayesian logit with parts of skills, tasks and trainings, averaged over the distribution of all "
            "three. No word rests on it.",
            "Where skills are of unequal size the two differ by design: the mean weighs each task alike, the "
            "model each skill. With few seeds the prior of the SD between trainings decides much of the "
            "posterior's width. Each path is a model of its own.",
        ],
    )
