"""How often responses have an ANSWER line, over the arms of an effect: what scoring by format can make.

The extractor reads ANSWER lines alone, a judge may miss right answers in prose, and labels from ANSWER lines
show no error on prose. Where training or the procedure changes how many responses have such a line, an effect
may be one of format, which neither path nor correction can tell from one of skill.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import polars as pl

from skillift.statistics.contrasts import BASE
from skillift.statistics.recipes import last_checkpoints

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

# Shares that differ by less than this are taken as equal: 4 of 200 responses.
MOVED = 0.02
COLUMNS = ("answer_lines_low", "answer_lines_high")


def with_answer_lines(
    table: pl.DataFrame, response_frame: pl.DataFrame, runs: list[DeclaredRun]
) -> pl.DataFrame:
    """`table` with answer_lines_low and answer_lines_high filled: the least and the largest share of an arm.

    The arms are those of the contrast at the row's student and run; of a lift or gain those before training
    too; of a claim of sameness those of both sides. Null where `response_frame` lacks an arm's responses.

    Args:
        table: suite, student, run, contrast, perhaps against and claim; both columns.
        response_frame: the frames of `pass_rates.responses` of all runs.
        runs: the declared runs.
    """
    if response_frame.is_empty() or table.is_empty():
        return table
    arms = _shares(response_frame, runs)
    spans = [_span(arms, row) for row in table.iter_rows(named=True)]
    columns = zip(*spans, strict=True)
    return table.with_columns(
        pl.Series(name, values, dtype=pl.Float64) for name, values in zip(COLUMNS, columns, strict=True)
    )


def moved(row: Mapping) -> bool:
    """Whether the share of ANSWER lines differs between the arms of an effect; not where it is unknown."""
    low, high = (row.get(name) for name in COLUMNS)
    return low is not None and high is not None and high - low >= MOVED


def _shares(response_frame: pl.DataFrame, runs: list[DeclaredRun]) -> list[dict]:
    """suite, student, condition, share and the names of its run: its own, its recipe's, or `base`."""
    shares = response_frame.group_by("suite", "student", "run", "step", "condition").agg(
        share=pl.col("has_answer_line").mean()
    )
    before = shares.filter(run=BASE).with_columns(recipe=pl.lit(BASE))
    after = last_checkpoints(shares, runs, ["suite"]).select(before.columns)
    return list(pl.concat([before, after]).iter_rows(named=True))


def _span(arms: list[dict], row: dict) -> tuple[float | None, float | None]:
    known = list(_of_row(arms, row))
    return (min(known), max(known)) if known else (None, None)


def _of_row(arms: list[dict], row: dict) -> Iterator[float]:
    kind, _, subject = row["contrast"].rpartition(":")
    conditions = subject.split("-")
    over_tiers = row.get("claim") == "uniform_lift"
    students = {row["student"], row["against"]} if over_tiers else {row["student"]}
    names = {row["run"]} if over_tiers or not row.get("against") else {row["run"], row["against"]}
    for arm in arms:
        own = arm["run"] in names or arm["recipe"] in names or ("" in names and arm["run"] != BASE)
        at = ("" in students and over_tiers and not row["against"]) or arm["student"] in students
        before = bool(kind) and arm["run"] == BASE
        if arm["suite"] == row["suite"] and arm["condition"] in conditions and at and (own or before):
            yield arm["share"]
