"""Findings on form: do responses gain in form before correctness, and what else changes in them?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.findings.finding import (
    Finding,
    Part,
    by_tier,
    estimated,
    interval,
    numbers_of,
    on_claims,
    whose,
)
from skillift.metrics.names import INTERVENED, TEXT
from skillift.metrics.registry import metrics
from skillift.publication.pages import contrast_in_words
from skillift.reporting.arms import place
from skillift.reporting.numbers import points
from skillift.reporting.view import View
from skillift.statistics.claim_labels import UNDEFINED
from skillift.statistics.claim_registry import OF_SAMPLES, of_metrics, unit_of
from skillift.statistics.path_audit import BENCH

_NONE = "none"
_ELSEWHERE = ("recipes", OF_SAMPLES)  # claims with such sides stand under questions of their own


def form(tables: Mapping[str, pl.DataFrame], view: View) -> Iterator[Part]:
    """What is claimed of other metrics than `pass`, and what of the gain on `bench` is more lines.

    Args:
        tables: claims and format_cells, with the rows of every metric.
        view: how results are shown.

    Yields:
        One part; none where the study has no such claim, as where its responses are not at hand.
    """
    shown = pl.col("path").is_in([view.headline_path, TEXT])
    claims = tables["claims"].filter(shown, suite=view.suite)
    found, words = list[Finding](), dict[str, list[str]]()
    rows_of = {
        claim.says: list(by_tier(claims.filter(claim=claim.name), view).iter_rows(named=True))
        for claim in of_metrics()
        if claim.sides not in _ELSEWHERE and INTERVENED not in metrics()[claim.metric].reads
    }
    # what is undefined throughout, as for a metric that never moves, comes last
    undefined = {says for says, rows in rows_of.items() if {row["word"] for row in rows} == {UNDEFINED}}
    for says, rows in sorted(rows_of.items(), key=lambda each: each[0] in undefined):
        found += [_finding(row, view) for row in rows]
        words[says] = [row["word"] for row in rows]
    if found:
        yield Part("form", f"{on_claims(words)}.", [*found, *_divided(tables["format_cells"], view)])


def _finding(row: Mapping, view: View) -> Finding:
    label = metrics()[row["metric"]].label
    subject = f"{label[0].upper()}{label[1:]}, {contrast_in_words(row['contrast'])}"
    every = f"every tier after SFT by {row['run']}"
    where = whose(row["student"], row["run"], view) if row["student"] else every
    return Finding(
        "form",
        row["claim"].replace("_", " "),
        f"{subject}, {where}: {estimated(row, view, unit_of(row['claim']))}.",
        row["word"],
        row["path"],
        view.label_by_student[row["student"]],
        "metrics",
        numbers_of(row),
        row["run"],
    )


def _divided(cells: pl.DataFrame, view: View) -> Iterator[Finding]:
    """One sentence for each run: its gain on `bench`, divided."""
    rows = cells.filter(path=BENCH, suite=view.suite, condition=_NONE)
    if rows.is_empty():
        return
    rows = place(rows, view, "format and correctness").filter(pl.col("gain").is_not_null())
    for row in rows.iter_rows(named=True):
        more, better = (
            f"{points(row[name])} ({interval(row[f'{name}_low'], row[f'{name}_high'], view.level)})"
            for name in ("more_lines", "better_lines")
        )
        sentence = (
            f"Of the gain of {points(row['gain'])} under {_NONE} {whose(row['student'], row['run'], view)}: "
            f"{more} by more ANSWER lines, {better} by better ones ({view.nouns.counts(row)})."
        )
        yield Finding("form", "more or better lines", sentence, path=BENCH, student=row["label"])
