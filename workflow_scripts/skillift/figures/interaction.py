"""What a reader can do with a figure in a browser: point at a mark, choose series by the legend.

The static SVG of a figure is drawn from the same chart and shows none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

# columns of a drawn table and what they are called where a reader points at a mark, in this order
_TIPS = {
    "label": "student",
    "run": "run",
    "recipe": "recipe",
    "seed": "seed",
    "step": "step",
    "skill_id": "skill",
    "pair": "judges",
    "judge": "judge",
    "kind": "kind of case",
    "stage": "stage",
    "condition": "condition",
    "contrast": "contrast",
    "path": "path",
    "measure": "measure",
    "method": "method",
    "estimator": "estimator",
    "shown": "estimate [interval]",
    "mde_text": "smallest detectable",
    "word": "word",
    "n_tasks": "tasks",
    "n_skills": "skills",
    "n_students": "students",
    "n_cases": "cases",
    "n_jobs": "jobs",
    "n_unscored": "unscored",
    "n_splits": "splits",
    "source": "source",
}
_WITH_RUN = ("recipe", "seed")  # `run` names both
FAINT = 0.08


def tooltip(rows: pl.DataFrame) -> list[alt.Tooltip]:
    """What is told of a mark made from a row: its arm, its estimate with interval, what it rests on."""
    import altair as alt

    left_out = _WITH_RUN if "run" in rows.columns else ()
    return [
        alt.Tooltip(field=name, type="nominal", title=title)
        for name, title in _TIPS.items()
        if name in rows.columns and name not in left_out and rows[name].null_count() < rows.height
    ]


def picked(field: str) -> alt.Parameter:
    """The series that a reader chose by clicking in the legend; all of them until then."""
    import altair as alt

    return alt.selection_point(name=f"picked_{field}", fields=[field], bind="legend")


def unless_faded(choice: alt.Parameter, opacity: float = 1.0) -> alt.Opacity:
    """Opacity of a mark: its own, or faint where the reader chose other series."""
    import altair as alt

    return alt.condition(choice, alt.value(opacity), alt.value(FAINT))
