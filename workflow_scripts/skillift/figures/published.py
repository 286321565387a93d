"""The reference study's published procedural deltas, as a layer of the tier trajectory that can be left out.

Its tasks and trainings are not this study's: the values stand behind a dividing line on places of their own,
hollow and without intervals, which were not published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.figures.theme import LINE, SOFT, TYPE

if TYPE_CHECKING:
    import altair as alt

SOURCE = "arXiv 2605.11907"
N_TASKS = 200
BEFORE, AFTER = "published, before SFT", "published, after SFT"

# Model, procedural delta before and after SFT (fractions) by the LLM-only path: the table of headline
# results of arXiv 2605.11907, version 2. The last is its reference model, which is not fine-tuned.
VALUES: tuple[tuple[str, float, float | None], ...] = (
    ("0.8B", -0.075, -0.005),
    ("2B", 0.060, 0.100),
    ("4B", -0.010, 0.065),
    ("Haiku 4.5", 0.030, None),
)

HEADING = ["published: \u25cb before, \u25a1 after SFT", SOURCE]
NOTES = [
    f"hollow: as published in {SOURCE}, n = {N_TASKS} tasks, without intervals;",
    "other tasks and trainings, not this study's data",
]


def names() -> list[str]:
    """The models in the order of their places, as they stand on an axis."""
    return [model for model, _, _ in VALUES]


def rows(first: float) -> pl.DataFrame:
    """x, value (pp), label, series, n_tasks and source of each published delta, from the place `first` on."""
    found = [
        {
            "x": first + place + (0.12 if series == AFTER else -0.12),
            "value": 100 * delta,
            "shown": f"{100 * delta:+.1f} pp [none published]",
            "label": model,
            "series": series,
            "n_tasks": N_TASKS,
            "source": SOURCE,
        }
        for place, (model, before, after) in enumerate(VALUES)
        for series, delta in ((BEFORE, before), (AFTER, after))
        if delta is not None
    ]
    return pl.DataFrame(found).with_columns(trained=pl.col("label") != VALUES[-1][0])


def upper_end(own: pl.DataFrame, height: int) -> float:
    """The upper end of the measured axis, in pp, at which the heading stands above every published mark.

    Args:
        own: the study's rows: value, low and high.
        height: of the plot, in px.
    """
    values = rows(0)["value"].to_list()
    ends = [end for name in ("value", "low", "high") for end in own[name].drop_nulls()]
    lowest = min(0.0, *values, *ends)
    taken = LINE * (len(HEADING) + 0.5) / height  # a share of the axis
    return max([lowest + (max(values) - lowest) / (1 - taken), *ends])


def layers(first: float, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The dividing line, hollow marks and dashed lines; a box in the interactive figure hides them."""
    import altair as alt

    from skillift.figures.interaction import tooltip

    data = rows(first)
    shown = alt.param(
        name="published", value=True, bind=alt.binding_checkbox(name="published values (arXiv 2605.11907) ")
    )
    opacity = alt.condition("published", alt.value(1), alt.value(0))
    chart = alt.Chart(data)
    of_after = alt.FieldEqualPredicate(field="series", equal=AFTER)
    shape = alt.condition(of_after, alt.value("square"), alt.value("circle"))
    line = (
        chart.transform_filter("datum.trained")
        .mark_line(strokeWidth=1, strokeDash=[3, 3], color=SOFT)
        .encode(x=x, y=y, detail="series:N", opacity=opacity)
    )
    point = chart.mark_point(filled=True, size=44, stroke=SOFT, strokeWidth=1.2, fill="white").encode(
        x=x, y=y, shape=shape, opacity=opacity, tooltip=tooltip(data)
    )
    divider = (
        alt.Chart(pl.DataFrame({"x": [first - 0.5]}))
        .mark_rule(color=SOFT, strokeWidth=1, strokeDash=[1, 2])
        .encode(x=x)
    )
    heading = (
        alt.Chart(pl.DataFrame({"x": [first - 0.4], "text": [HEADING]}))
        .mark_text(align="left", baseline="top", color=SOFT, fontSize=TYPE)
        .encode(x=x, y=alt.value(0), text="text:N")
    )
    return [divider.add_params(shown), heading, line, point]
