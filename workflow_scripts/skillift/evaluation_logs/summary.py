"""The gains and lifts of a comparison as Markdown: what a reader of two folders of logs asks first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from skillift.evaluation_logs.comparison_findings import Said, families
from skillift.evaluation_logs.log_tables import Comparison
from skillift.findings.finding import Part
from skillift.metrics.names import PASS
from skillift.reporting.column_text import UNDEFINED
from skillift.reporting.numbers import how_many

_TIDY = (
    *("metric", "contrast", "student", "run", "n_runs", "estimate", "standard_error", "degrees_of_freedom"),
    *("ci_low", "ci_high", "p_value", "p_holm", "mde", "n_tasks", "n_skills", "n_unscored", "word"),
    "word_holds",
)


def tidy_effects(claims: pl.DataFrame) -> pl.DataFrame:
    """Every change with its numbers, in the unit of the score, and its word: a row each."""
    rows = [row for _, found in families(claims) for row in found]
    return pl.DataFrame(rows, schema={name: claims.schema[name] for name in _TIDY})


def summary(parts: Sequence[Part], analysis: Mapping[str, pl.DataFrame], comparison: Comparison) -> str:
    """What was compared, mean scores, each change with its word, and what to know before using them.

    Args:
        parts: of `comparison_findings.comparison_parts`.
        analysis: of `compared.compared`.
        comparison: how it is analysed and shown.
    """
    view, said = comparison.view, Said(comparison.about)
    rates = analysis["pass_rates"].sort("run", "condition")
    n_items, n_groups = rates.select(pl.col("n_tasks", "n_skills").max()).row(0)
    groups = (
        f"in {how_many(n_groups, 'group')} by {said.grouped}"
        if said.grouped
        else "each by itself (no groups given)"
    )
    head = "passed" if said.measure.metric == PASS else "mean"
    lines = [
        f"**{comparison.name}**: {how_many(n_items, 'item')} {groups}, score {said.measure.score}; "
        f"differences are paired by item, in {_unit(said)} with {view.level} intervals.",
        "",
        f"| run | condition | {head} | items | unscored |",
        "|---|---|--:|--:|--:|",
    ]
    for row in rates.iter_rows(named=True):
        level = UNDEFINED if row["pass_rate"] is None else said.measure.level(row["pass_rate"])
        lines.append(
            f"| {row['run']} | {row['condition']} | {level} | {row['n_tasks']} | {row['n_unscored']} |"
        )
    shown = {part.question: part.findings for part in parts}
    changes = [*shown.get("gain", []), *shown.get("resolved", []), *shown.get("prediction", [])]
    lines.append("")
    lines += [f"- {each.sentence} **{each.word}**" if each.word else f"- {each.sentence}" for each in changes]
    told = ("warning", "accepted", "other tasks", "not told", "unscored", "score", "epochs", "not judged")
    notes = [each for each in shown["basis"] if each.claim in told]
    if said.measure.metric == PASS:
        notes = [each for each in notes if each.claim != "score"]
    lines += [f"- {each.sentence}" for each in notes]
    return "\n".join(lines) + "\n"


def _unit(said: Said) -> str:
    return "percentage points" if said.measure.unit == "pp" else said.measure.unit
