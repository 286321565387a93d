"""Findings on scoring paths and lost verdicts: what another path, a mix or the worst case would say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from skillift.findings.finding import Finding, interval, largest, whose
from skillift.findings.judges import DELTA
from skillift.reporting.arms import place
from skillift.reporting.numbers import how_many, points
from skillift.reporting.view import View
from skillift.statistics import claim_labels
from skillift.statistics.contrasts import LIFT


def path_shifts(table: pl.DataFrame, view: View) -> Iterator[Finding]:
    """One sentence for each judge's path: the arm where it stands furthest from the bench path."""
    rows = table.filter(suite=view.suite)
    if rows.is_empty():
        return
    for (path,), arms in place(rows, view, "path shift").group_by("path", maintain_order=True):
        row = largest(arms, "shift")
        if row is None:
            continue
        number = how_many(arms["shift"].drop_nulls().len(), "shift")
        sentence = (
            f"Largest of {number} from the path bench to {path} (chosen after the fact): condition "
            f"{row['condition']} {whose(row['student'], row['run'], view)}, {points(row['shift'])} "
            f"({interval(row['ci_low'], row['ci_high'], view.level)}; {view.nouns.counts(row)})."
        )
        yield Finding("judge", "path shift", sentence, path=path, student=row["label"], figure="path_audit")


def changed_words(
    lifts: pl.DataFrame, paths: Sequence[str], view: View
) -> list[tuple[str, str, str, str, str]]:
    """student, run, headline word, other path and its word, of each lift whose word hangs on the path.

    `paths`: all on which episodes are scored; one of them may have no lift.
    """
    key = ["student", "run"]
    headline = lifts.filter(path=view.headline_path).select(*key, "word")
    others = lifts.select(*key, "path", other="word")
    beside = pl.DataFrame({"path": paths}, {"path": pl.String})
    both = headline.join(beside, how="cross", maintain_order="left_right").join(
        others, on=[*key, "path"], how="left", maintain_order="left"
    )
    # without a row there, it is as undefined as with an empty one
    both = both.with_columns(pl.col("other").fill_null(claim_labels.UNDEFINED)).filter(
        pl.col("word") != pl.col("other")
    )
    return both.select(*key, "word", "path", "other").rows()


def other_paths(lifts: pl.DataFrame, paths: Sequence[str], view: View) -> Iterator[Finding]:
    """One sentence for each lift that another path gives another word."""
    for student, run, word, path, other in changed_words(lifts, paths, view):
        sentence = f"Lift {whose(student, run, view)}: {word} on {view.headline_path}, but {other} on {path}."
        yield Finding("judge", "another path", sentence, path=path, figure="lift_by_path")


def mixed(table: pl.DataFrame, view: View) -> Iterator[Finding]:
    """The wrong lift that mixing two paths would have led furthest away with; none where all are right."""
    rows = table.filter(suite=view.suite, contrast=LIFT + DELTA)
    if rows.is_empty():
        return
    rows = place(rows, view, "mixed paths").filter("headline")
    right = rows.filter(path_before=view.headline_path, path_after=view.headline_path)
    right = right.select("student", "run", right="estimate")
    wrong = rows.filter(~pl.col("matched")).join(right, on=["student", "run"], maintain_order="left")
    row = largest(wrong.with_columns(apart=pl.col("estimate") - pl.col("right")), "apart")
    if row is None or points(row["estimate"]) == points(row["right"]):
        return
    sentence = (
        f"A wrong number, as a warning: with the delta before SFT on the path {row['path_before']} and the "
        "delta "
        f"after on {row['path_after']}, the lift {whose(row['student'], row['run'], view)} would read "
        f"{points(row['estimate'])} instead of {points(row['right'])}."
    )
    yield Finding("judge", "mixed paths", sentence, student=row["label"], figure="path_audit")


def bounds(table: pl.DataFrame, lifts: pl.DataFrame, view: View) -> Iterator[Finding]:
    """What lost verdicts could hide in each lift; one sentence for all where none was lost."""
    rows = table.filter(suite=view.suite, path=view.headline_path, contrast=LIFT + DELTA)
    if rows.is_empty():
        return
    rows = place(rows, view, "bounds").filter("headline")
    if not rows["n_unscored"].sum():
        sentence = f"No episode behind a lift is unscored on the path {view.headline_path}."
        yield Finding("judge", "worst case", sentence, path=view.headline_path)
        return
    of_lift = lifts.filter(path=view.headline_path).select("student", "run", "word_holds").rows()
    kept = {(student, run): holds for student, run, holds in of_lift}
    for row in rows.filter(pl.col("n_unscored") > 0, pl.col("bound_low").is_not_null()).iter_rows(named=True):
        holds = kept.get((row["student"], row["run"]), False)
        ends = interval(row["ci_low"], row["ci_high"], view.level)
        sentence = (
            f"With its {row['n_unscored']} unscored of {row['n_episodes']} episodes counted the worst way, "
            f"the lift {whose(row['student'], row['run'], view)} lies between {points(row['bound_low'])} and "
            f"{points(row['bound_high'])} ({ends}; {view.nouns.counts(row)}): its word "
            f"{'does not hang on them' if holds else 'hangs on them'}."
        )
        yield Finding(
            "judge", "worst case", sentence, path=row["path"], student=row["label"], figure="corrected_lift"
        )


def hanging_words(claims: pl.DataFrame, view: View) -> Iterator[Finding]:
    """One sentence on all claims of the headline path: how many words the missing verdicts could change."""
    rows = claims.filter(pl.col("n_unscored") > 0, path=view.headline_path, suite=view.suite)
    if rows.is_empty():
        return
    hanging = rows.filter(~pl.col("word_holds"))
    by_claim = hanging.group_by("claim", maintain_order=True).len()
    which = ", ".join(f"{number} of {claim.replace('_', ' ')}" for claim, number in by_claim.iter_rows())
    sentence = (
        f"Of {how_many(rows.height, 'claim')} with missing verdicts on the path {view.headline_path}, "
        f"{hanging.height} {'has' if hanging.height == 1 else 'have'} a word that these could change"
        + (f" ({which})" if which else "")
        + ": at the level of its family, with all of them counted one way or the other."
    )
    yield Finding("judge", "missing verdicts", sentence, path=view.headline_path, figure="corrected_lift")
