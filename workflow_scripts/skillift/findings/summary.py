"""A study's results as one Markdown table, for a README, an issue or a mail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from skillift.findings import findings
from skillift.findings.finding import Finding, interval, merged
from skillift.findings.lift import of_claim
from skillift.findings.looks import in_short
from skillift.metrics.metric import of_metric
from skillift.reporting.column_text import UNDEFINED, as_markdown
from skillift.reporting.numbers import detectable, percent, points
from skillift.reporting.view import BASE, View, view_of
from skillift.statistics.room import NO_ROOM, PERHAPS


def summary(tables: Mapping[str, pl.DataFrame], view: View, name: str) -> str:
    """A row for each lift of the headline path, or for each procedural delta where no run was trained.

    Args:
        tables: see `findings`.
        view: how the study wants results shown.
        name: the study's name.

    Returns:
        Markdown: what the numbers are of, that arms have no room to move where that is so, the table (pass
        rates in per cent under none and under curated), whether a longer prompt would do the same, and the
        warnings of the findings.

    Raises:
        UserError: see `findings`.
    """
    students = {
        student: entry.model_copy(update={"label": as_markdown(entry.label)})
        for student, entry in view.spec.students.items()
    }
    view = view_of(view.spec.model_copy(update={"students": students}), view.look)
    parts = findings(tables, view)
    answers = {part.question: part.answer for part in parts}
    found = [finding for part in parts for finding in part.findings]
    warnings, caveats = (
        merged([finding for finding in found if finding.claim == claim]) for claim in ("warning", "format")
    )
    room = re.findall(rf"^(?:{NO_ROOM}|{PERHAPS}).*?(?=\. )", parts[0].answer)
    claim = "lift" if list(of_claim(tables, view, "lift")) else "procedural_delta"
    rates = of_metric(tables["pass_rates"])
    rows = [
        ({"suite": suite} if view.others else {}) | _row(claim, row, rates, view)
        for suite in (view.suite, *view.others)
        for row in of_claim(tables, replace(view, suite=suite), claim)
    ]
    suites = (
        f"suites {view.suite} (headline), {', '.join(view.others)}" if view.others else f"suite {view.suite}"
    )
    what = (
        "Lift: what SFT added to curated \u2212 none"
        if claim == "lift"
        else "Procedural delta: curated \u2212 none"
    )
    head = (
        f"**skillift study `{name}`**, {suites}, scoring path {view.headline_path}. {what}, in "
        f"percentage points with its {view.level} interval{in_short(view)}, paired by task and clustered by "
        "skill; p is adjusted by Holm."
    )
    return "\n\n".join(
        [
            head,
            *(f"**{text}.**" for text in room),
            _markdown(pl.DataFrame(rows)),
            answers["procedure"],
            *(_warning(each) for each in [*warnings, *caveats]),
        ]
    )


def _warning(finding: Finding) -> str:
    """A sentence in bold, and the names of what it is about in a list below, where it does not say them."""
    names = ["\n".join(f"- {name}" for name in finding.of)] * bool(finding.of)
    return "\n\n".join([f"**{finding.sentence}**", *names])


def _row(claim: str, row: Mapping, rates: pl.DataFrame, view: View) -> dict[str, str]:
    trained = {"trained by": _training(row["student"], row["run"], view)}
    asked = {
        "before: none \u2192 curated": _rates(rates, row, BASE, view),
        "after: none \u2192 curated": _rates(rates, row, row["run"], view),
    }
    if claim != "lift":
        trained, asked = {}, {"none \u2192 curated": asked["before: none \u2192 curated"]}
    p_holm = row["p_holm"]
    return {
        "student": view.label_by_student[row["student"]],
        **trained,
        **asked,
        claim.replace("_", " "): _estimate(row),
        "p": UNDEFINED if p_holm is None else "< 0.001" if p_holm < 0.001 else f"{p_holm:.3f}",
        "smallest detectable": UNDEFINED if row["mde"] is None else detectable(row["mde"]),
        "tasks (skills)": f"{row['n_tasks']} ({row['n_skills']})",
        "unscored": str(row["n_unscored"]),
        "word": row["word"],
    }


def _estimate(row: Mapping) -> str:
    if row["estimate"] is None:
        return UNDEFINED
    around = interval(row["ci_low"], row["ci_high"], "").removeprefix(" interval ").removesuffix(" pp")
    return f"{points(row['estimate'])} ({around})"


def _training(student: str, run: str, view: View) -> str:
    if (student, run) in view.trained_by:
        recipe, seed = view.trained_by[student, run]
        return f"{recipe}, seed {seed}"
    return f"{run}, {view.runs.filter(student=student, recipe=run).height} seeds"


def _rates(rates: pl.DataFrame, row: Mapping, run: str, view: View) -> str:
    """Pass rates under none and curated at the last checkpoint, of a recipe the mean over its seeds."""
    seeds = view.runs.filter(recipe=run)["run"].to_list() or [run]
    arms = rates.filter(
        pl.col("run").is_in(seeds), path=row["path"], suite=row["suite"], student=row["student"]
    ).filter(pl.col("step") == pl.col("step").max().over("run"))
    means = [
        arms.filter(condition=condition).select(pl.col("pass_rate").mean()).item()
        for condition in ("none", "curated")
    ]
    return " \u2192 ".join(UNDEFINED if mean is None else percent(mean) for mean in means)


def _markdown(table: pl.DataFrame) -> str:
    with pl.Config(
        tbl_formatting="MARKDOWN",
        tbl_hide_column_data_types=True,
        tbl_hide_dataframe_shape=True,
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=10_000,
        fmt_str_lengths=1_000,
    ):
        return str(table)
