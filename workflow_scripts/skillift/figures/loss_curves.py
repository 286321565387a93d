"""Training loss by step for every run: did training converge, and do seeds agree?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.figures.axes import beside_each_other, by_student, panel_width
from skillift.figures.interaction import picked, tooltip, unless_faded
from skillift.figures.theme import COLOURS, dashed, finish, legend, repeated
from skillift.reporting.arms import place, spanned
from skillift.reporting.declarations import Figure
from skillift.reporting.numbers import how_many
from skillift.reporting.view import BASE

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(place=800, tables=("log",), needs={"trained": 1})


def figure(log: pl.DataFrame, view: View) -> alt.Chart:
    """Draw one panel for each student, one line for each run, coloured by recipe.

    Args:
        log: student, run and the columns of contract TRAINING_LOG, of all trained runs.
        view: how the study wants results shown.

    Raises:
        UserError: there are no rows.
    """
    import altair as alt

    log = log.filter(pl.col("run") != BASE)
    if log.is_empty():
        raise UserError(problem("training logs", "no rows", "at least one step of one run"))
    rows = place(log, view, "training log").with_columns(pl.col("loss").fill_nan(None))
    pairs, rewarded = _with_column(rows, "margin"), _with_column(rows, "reward")
    rows = rows.select("student", "label", "run", "recipe", "step", "loss")
    students = [label for label in view.labels if label in set(rows["label"])]
    recipes = [name for name in view.recipes if name in set(rows["recipe"])]
    rows = rows.filter(~pl.col("recipe").is_in(rewarded))
    key = legend(recipes, symbolType="stroke") if len(recipes) > 1 else None
    scale = alt.Scale(domain=view.recipes, range=repeated(COLOURS, view.recipes))
    choice = picked("recipe")
    panels = beside_each_other(len(students))
    width = panel_width(panels)
    chart = (
        alt.Chart(rows.filter(pl.col("loss") > 0))  # null, and what a logarithm cannot show, is left out
        .mark_line(strokeWidth=1.2)
        .encode(
            x=alt.X("step:Q", title="optimiser step", axis=alt.Axis(grid=False, tickCount=4)),
            y=alt.Y(
                "loss:Q",
                title="training loss (log scale)" if pairs else "training loss (nats per token, log scale)",
                scale=alt.Scale(type="log", nice=False),
                axis=alt.Axis(format="~g", tickCount=5, grid=False),
            ),
            color=alt.Color("recipe:N", scale=scale, legend=key),
            **dashed(view, key),
            detail="run:N",
            opacity=unless_faded(choice, 0.85),
            tooltip=[*tooltip(rows), alt.Tooltip("loss:Q", format=".3f")],
        )
        .add_params(choice)
        .properties(width=width, height=200)
        .facet(facet=by_student(alt.Facet, students, width), columns=panels)
    )
    steps = rows.group_by("student", "run").agg(pl.col("step").max())["step"]
    trained = f"{how_many(len(steps), 'run')} of {spanned(steps, 'step')}"
    loss = f"one line a run, n = {trained}; loss on the demonstrations' completions"
    notes = [loss] if len(steps) else []
    if pairs:
        notes.append(f"in nats per token; of {', '.join(pairs)}, on preference pairs, in nats per pair")
    if rewarded:
        notes.append(f"not drawn: {', '.join(rewarded)}, on rewards, whose loss says nothing")
    return finish(chart, "How did the training loss fall?", notes)


def _with_column(rows: pl.DataFrame, name: str) -> list[str]:
    """The recipes in whose logs there is such a column, sorted: of preference pairs or rewards."""
    if name not in rows.columns:
        return []
    return rows.filter(pl.col(name).is_not_null())["recipe"].unique().sort().to_list()
