"""Labels: verdicts that are known to be right, on which a judge's errors are counted.

A task with an exact reference labels every response that has a final ANSWER line: the line says the reference
(pass) or something else (fail). A response without a readable line has no label, and never counts as a
fail: the extractor does not read conclusions in prose, and that is the very error that judges are there to
fix. Tasks whose scorer is a judge have no labels.

What this selects: labels stand only on responses in the format that was asked for. They tell a judge's
errors on all responses if it errs as often on prose, given what is right; and they take an equivalent answer
in another form (`7.0` for `7`) for wrong, which makes the judge that passes it look too mild.
"""

from __future__ import annotations

import polars as pl

from skillift.contracts.pipeline import EPISODE_KEY, EXTRACTED
from skillift.errors import UserError, problem
from skillift.statistics.path_audit import BENCH, JUDGE_PREFIX

EPISODE = ["student", "run", *EPISODE_KEY]


def exact_labels(scores: pl.DataFrame, response_frame: pl.DataFrame) -> pl.DataFrame:
    """student, run, the episode's key and label (true: right) of every episode that has a label.

    Args:
        scores: the frame of `pairing.with_skills`; labels are read from the path `bench`.
        response_frame: the frames of `pass_rates.responses`, of all runs; where it lacks a response, it is
            not known whether that had an ANSWER line, and there is no label.
    """
    exact = scores.filter((pl.col("path") == BENCH) & pl.col("scorer").is_in(EXTRACTED))
    readable = response_frame.filter("has_answer_line").select(EPISODE)
    return (
        exact.filter(pl.col("passed").is_not_null())
        .join(readable, on=EPISODE, how="semi")
        .select(*EPISODE, label="passed")
    )


def given_labels(labels: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """`labels` (contract LABELS), to take the place of the exact ones: drawn at random, they select nothing.

    Raises:
        UserError: a label of an episode that is not among `scores`.
    """
    unknown = labels.join(scores, on=EPISODE, how="anti").sort(EPISODE)
    if unknown.height:
        found = f"{unknown.height} labels without an episode, first {unknown.select(EPISODE).row(0)}"
        raise UserError(problem("labels", found, f"episodes of the scores, by {', '.join(EPISODE)}"))
    return labels


def judged_and_labelled(scores: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """The rows of `scores` on the paths of judges, with `label` (null: none)."""
    judged = scores.filter(pl.col("path").str.starts_with(JUDGE_PREFIX))
    return judged.join(labels.select(*EPISODE, "label"), on=EPISODE, how="left")
