"""The gains and lifts of a comparison as Markdown: what a reader of two folders of logs asks first."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from skillift.evaluation_logs.arms import Arms
from skillift.evaluation_logs.tables import PATH, Tables
from skillift.findings.finding import estimated, tested
from skillift.reporting.arms import read_spec

_ROW = "path", "run", "contrast"
_MEANINGS = {"gain": "after - before under {}", "lift": "what training added to {}"}


def shown_effects(effects: pl.DataFrame, spec: dict) -> pl.DataFrame:
    """The gains of each condition and the lifts: rows of EFFECTS, with the word of their family (Holm).

    Of several trainings their mean, whose interval holds the variance between them.
    """
    view = read_spec(spec)
    trained = effects.filter((pl.col("run") != "base") & pl.col("contrast").str.contains(r"^(gain|lift):"))
    recipes = trained.filter(pl.col("n_runs") > 1)
    trained = recipes if recipes.height else trained
    found = []
    for kind in _MEANINGS:
        rows = trained.filter(pl.col("contrast").str.starts_with(f"{kind}:")).to_dicts()
        found += tested(rows, view)
    return pl.DataFrame(found, infer_schema_length=None)


def summary(arms: Arms, made: Tables, analysis: Mapping[str, pl.DataFrame], spec: dict) -> str:
    """What was compared, pass rates, and each gain and lift with its word.

    Args:
        arms: what was read.
        made: the tables of it.
        analysis: pass_rates and effects by name.
        spec: of `tables.spec_of`.
    """
    view = read_spec(spec)
    n_tasks, n_groups = made.tasks.height, made.skills.height
    grouped = (
        f"in {n_groups} groups by {arms.clustered}" if arms.clustered else "each by itself (no groups given)"
    )
    scorer = arms.arms[0].evaluations[0].scorer.get("metric")
    lines = [
        f"**{spec['name']}**: {n_tasks} items {grouped}, score {scorer}; differences are paired by item, in "
        f"percentage points with {view.level} intervals.",
        "",
        "| run | condition | passed | items | unscored |",
        "|---|---|--:|--:|--:|",
    ]
    for row in analysis["pass_rates"].filter(path=PATH).sort("run", "condition").iter_rows(named=True):
        rate = "undefined" if row["pass_rate"] is None else f"{100 * row['pass_rate']:.1f} %"
        lines.append(
            f"| {row['run']} | {row['condition']} | {rate} | {row['n_tasks']} | {row['n_unscored']} |"
        )
    lines.append("")
    for row in shown_effects(analysis["effects"], spec).iter_rows(named=True):
        kind, _, of = row["contrast"].partition(":")
        meaning = _MEANINGS[kind].format(of.replace("-", " - "))
        lines.append(f"- {kind} ({meaning}), {row['run']}: {estimated(row, view)}: **{row['word']}**")
    lines += [f"- accepted: {text}" for text in arms.accepted]
    return "\n".join(lines) + "\n"
