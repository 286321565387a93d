"""The published page of the certification: how often each judge erred, by kind of case."""

from __future__ import annotations

import polars as pl

from skillift.publication.table_page import Column, Page
from skillift.reporting.certificates import CASES, WORDS
from skillift.reporting.column_text import UNDEFINED, percent, with_interval
from skillift.reporting.view import View
from skillift.statistics.certification import ALL_KINDS, ALL_PARTS


def certification_rates(frame: pl.DataFrame, view: View) -> Page:
    """One row for each kind of case, the kinds that a judge errs on most often first."""
    rows = frame.with_columns(
        group=pl.col("judge")
        + pl.col("error").replace_strict({error: f" · {words}" for error, words in WORDS.items()}),
        name=pl.when(kind=ALL_KINDS)
        .then(pl.lit("all ") + pl.col("error").replace_strict(CASES) + pl.lit(" cases"))
        .otherwise(pl.col("kind").str.replace_all("_", " ")),
        suite_part=pl.when(part=ALL_PARTS).then(pl.lit("both")).otherwise("part"),
        shown=with_interval(percent, "rate", "ci_low", "ci_high").fill_null(UNDEFINED),
    )
    other = pl.col("judge") != view.headline_path.removeprefix("judge:")
    order = [other, "judge", "error", "first", "both", "rate", "kind", "part"]
    rows = rows.with_columns(first=pl.col("kind") == ALL_KINDS, both=pl.col("part") == ALL_PARTS).sort(
        order, descending=[False, False, True, True, True, True, False, False], nulls_last=True
    )
    return Page(
        title="Certification of the judges",
        subtitle="responses whose right verdict is known, through the prompt and parser of the study",
        rows=rows,
        groups="group",
        columns=[
            Column("name", "kind of case", align="left"),
            Column("suite_part", "part of the suite", align="left"),
            Column("n_cases", "cases"),
            Column("n_unscored", "unscored"),
            Column("n_wrong", "wrong verdicts"),
            Column("shown", f"rate, % [{view.level} interval]"),
        ],
        notes=[
            "False pass: a hostile or wrong response passed. False fail: a right answer in another dress "
            "failed. Wilson intervals; unscored cases are in no rate. The rate over all cases describes the "
            "mix of this suite and is no rate on a student's episodes. Generated cases come from a grammar "
            "of phrasings that was written when the offline judges stood fixed."
        ],
    )
