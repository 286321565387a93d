"""An effect of several studies as Markdown: each beside the others, and what is known of differences."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from skillift.reporting.column_text import UNDEFINED
from skillift.reporting.numbers import points
from skillift.reporting.view import in_percent
from skillift.statistics.across_studies import (
    LEAST,
    Finished,
    differences_of_pairs,
    groups_of,
    sharing,
    side_by_side,
    spread_p,
    summed_up,
)


def comparison_text(studies: dict[str, Finished], contrast: str, confidence: float) -> str:
    """One effect of several studies side by side as Markdown, with what may be concluded from it.

    Args:
        studies: by name, two or more.
        contrast: as in the table EFFECTS.
        confidence: of the intervals that are made here; those of the studies are their own.

    Raises:
        UserError: see `side_by_side`.
    """
    rows = side_by_side(studies, contrast)
    lines = [
        f"**{contrast}** in {len(studies)} studies, percentage points, each with its study's own interval:",
        "",
        "| study | student | training | path | estimate | interval | tasks (skills) | unscored |",
        "|---|---|---|---|--:|---|--:|--:|",
        *(_row(row) for row in rows.iter_rows(named=True)),
        "",
    ]
    level = in_percent(confidence)
    for row in differences_of_pairs(studies, contrast, confidence).iter_rows(named=True):
        lines.append(
            f"- same {row['n_tasks']} tasks, {row['student']} by {row['recipe']}: {row['study']} - "
            f"{row['against']} = {_estimate(row)}, {level} interval {_interval(row)}, paired by task"
        )
    for part in groups_of(rows, studies):
        lines.append(
            f"- other tasks, {part['student'][0]} by {part['recipe'][0] or part['run'][0]}: "
            f"{_of_disjoint(part, confidence)}"
        )
    alike = sharing(studies)
    if alike and len(alike) < len(studies) * (len(studies) - 1) // 2:
        shown = ", ".join(f"{one} and {other}" for one, other in alike)
        lines.append(
            f"- only {shown} share tasks; a mean over studies is made where no two do, as these are not "
            "independent"
        )
    if lines[-1] == "":
        lines.append(
            "- nothing can be subtracted: no two studies share a task and a scoring path, or a student and "
            "training by name"
        )
    return "\n".join(lines) + "\n"


def _of_disjoint(part: pl.DataFrame, confidence: float) -> str:
    """What independent studies say together."""
    found = summed_up(part, confidence)
    if found is not None:
        ends = {"ci_low": found.ci_low, "ci_high": found.ci_high}
        return (
            f"mean of {found.n_studies} studies {points(found.estimate)}, {in_percent(confidence)} interval "
            f"{_interval(ends)} (random effects); true effects differ between studies with a standard "
            f"deviation of {points(found.tau, sign=False)}, I\u00b2 {100 * found.i2:.0f} %"
        )
    p_value = spread_p(part)
    if p_value is None:
        return f"whether they agree is {UNDEFINED}"
    agree = "they differ" if p_value < 1 - confidence else "that they differ is not resolvable"
    return f"{agree} (Cochran's Q, p = {p_value:.3f}); fewer than {LEAST} studies have no mean"


def _row(row: Mapping) -> str:
    cells = [row["study"], row["student"], row["run"], row["path"], _estimate(row), _interval(row)]
    cells += [f"{row['n_tasks']} ({row['n_skills']})", str(row["n_unscored"])]
    return f"| {' | '.join(cells)} |"


def _estimate(row: Mapping) -> str:
    return UNDEFINED if row["estimate"] is None else points(row["estimate"])


def _interval(row: Mapping) -> str:
    if row["ci_low"] is None or row["ci_high"] is None:
        return UNDEFINED
    return f"{points(row['ci_low']).removesuffix(' pp')} to {points(row['ci_high'])}"
