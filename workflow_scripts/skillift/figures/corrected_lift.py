"""Lift as judged, corrected for the judge's errors, and in the worst case of the unscored episodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.figures.axes import around, row_axis, row_height
from skillift.figures.interaction import picked, tooltip, unless_faded
from skillift.figures.marks import interval, zero
from skillift.figures.theme import BEFORE_COLOUR, COLOURS, SHAPES, described, finish, undefined
from skillift.reporting.arms import in_rows, measure, of_contrast, on_path, place, spanned
from skillift.reporting.declarations import Figure

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(
    place=440,
    tables=("corrected_effects", "bounds"),
    question="judge",
    needs={"judges": 1, "trained": 1, "delta": 1},
)

ROW = 50  # px
PLOT = 300  # px
METHODS = {
    "uncorrected": "as judged",
    "prediction_powered": "prediction-powered",
    "rogan_gladen": "Rogan-Gladen",
    "worst_case": "worst case",
}
LIFT = "lift:curated-none"
_LABELS = {"answer_lines": "episodes with an exact label", "given": "the labels that were given"}
_SHARED = ("path", "suite", "student", "run", "step", "estimate", "ci_low", "ci_high")
_COUNTS = ("n_tasks", "n_skills", "n_unscored")


def figure(corrected_effects: pl.DataFrame, bounds: pl.DataFrame, view: View) -> alt.Chart:
    """Draw four marks for each student and recipe, on the headline path or that of the primary judge.

    Args:
        corrected_effects: contract CORRECTED_EFFECTS.
        bounds: contract BOUNDS.
        view: how the study wants results shown.

    Raises:
        UserError: a table has no such rows.
    """
    import altair as alt

    path = view.headline_path
    if not path.startswith("judge:"):
        path = f"judge:{view.spec.primary_judge}"
    found = [
        on_path(of_contrast(corrected_effects, LIFT), path, "corrected effects"),
        on_path(of_contrast(bounds, LIFT), path, "bounds").with_columns(
            method=pl.lit("worst_case"), reason=pl.lit(""), labelled_by=pl.lit(None, pl.String)
        ),
    ]
    rows = pl.concat([frame.select(*_SHARED, *_COUNTS, "method", "reason", "labelled_by") for frame in found])
    rows = measure(place(rows, view, "corrected effects"), "estimate", "ci_low", "ci_high").filter("headline")
    rows, names = in_rows(rows)
    order = {method: 0.2 * (slot - 1.5) for slot, method in enumerate(METHODS)}
    rows = rows.with_columns(
        row=pl.col("row") + pl.col("method").replace_strict(order, return_dtype=pl.Float64),
        method=pl.col("method").replace_strict(METHODS),
    )
    methods = list(METHODS.values())
    defined = set(rows.filter(pl.col("value").is_not_null())["method"])
    shown = [method for method in methods if method in defined]
    key = alt.Legend(columns=2, **({} if shown == methods else {"values": shown}))
    scale = alt.Scale(domain=methods, range=[BEFORE_COLOUR, *COLOURS[:3]])
    colour = alt.Color("method:N", scale=scale, legend=key)
    shape = alt.Shape("method:N", scale=alt.Scale(domain=methods, range=list(SHAPES[:4])), legend=key)
    y = alt.Y("row:Q", scale=around(names, down=True), axis=row_axis(names))
    title = f"lift (pp), n = {spanned(rows['n_tasks'], 'task')}"
    x = alt.X("value:Q", title=title, axis=alt.Axis(tickCount=6))
    choice = picked("method")
    look = {"color": colour, "opacity": unless_faded(choice), "tooltip": tooltip(rows)}
    known = alt.Chart().transform_filter("isValid(datum.value)")
    point = known.mark_point(filled=True, size=48, opacity=1).encode(x=x, y=y, shape=shape, **look)
    bar = interval(known, x, y).encode(**look)
    chart = alt.layer(zero("x"), bar, point.add_params(choice), data=rows).properties(
        width=PLOT, height=row_height(names, ROW) * len(names)
    )
    reasons = rows.filter(pl.col("value").is_null())["reason"].unique(maintain_order=True).to_list()
    notes = [
        described(rows, view, path, "intervals, clustered by skill"),
        f"corrected: by the judge's errors on {_LABELS[rows['labelled_by'].drop_nulls()[0]]}",
        "worst case: unscored episodes imputed both ways; its bar covers both bounds",
        *undefined(rows, pl.col("name") + " " + pl.col("method")),
        *(f"why: {reason}" for reason in reasons[:2] if reason),
    ]
    return finish(chart, "Is the judge to blame for the lift?", notes)
