"""What each stage of the study took: wall-clock time of its jobs, memory, US dollars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.figures.axes import around, places
from skillift.figures.interaction import tooltip
from skillift.figures.theme import COLOURS, INK, SOFT, TYPE, finish
from skillift.reporting.costs_text import in_order, memory, spent, time
from skillift.reporting.declarations import Figure
from skillift.reporting.numbers import how_many
from skillift.stages import counted

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(place=810, tables=("costs",))

ROW = 20  # px
PLOT = 140  # px; the numbers stand to its right


def figure(costs: pl.DataFrame, view: View) -> alt.Chart:
    """Draw one bar for each stage, in the order of the workflow.

    Args:
        costs: contract STAGE_COSTS.
        view: not used; what a stage took hangs on no setting of the analysis.

    Raises:
        UserError: the table has no rows.
    """
    import altair as alt

    if costs.is_empty():
        raise UserError(problem("costs table", "no rows", "at least one stage"))
    rows = in_order(costs).with_columns(
        shown=time("seconds"),
        text=time("seconds")
        + pl.lit(" · ")
        + pl.col("n_jobs").cast(pl.String)
        + pl.when(n_jobs=1).then(pl.lit(" job · ")).otherwise(pl.lit(" jobs · "))
        + memory("max_memory_mib")
        + pl.lit(" · ")
        + spent("usd"),
    )
    rows = rows.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    names = [name.replace("_", " ") for name in rows["stage"]]
    axis = places(names, None, ticks=False, domain=False, labelOverlap=False, labelLimit=180)
    y = alt.Y("row:Q", scale=around(names, down=True), axis=axis)
    n = f"n = {how_many(int(rows['n_jobs'].sum()), 'job')}"
    bar = (
        alt.Chart()
        .transform_filter("isValid(datum.seconds)")
        .mark_bar(color=COLOURS[0], size=11, orient="horizontal")
        .encode(
            x=alt.X("seconds:Q", title=["time of all jobs (s)", n], axis=alt.Axis(tickCount=3, format="~s")),
            x2=alt.datum(0),
            y=y,
            tooltip=tooltip(rows),
        )
    )
    beside = alt.value(PLOT + 12)
    text = alt.Chart().mark_text(align="left", fontSize=TYPE, color=INK).encode(x=beside, y=y, text="text:N")
    heading = (
        alt.Chart(pl.DataFrame({"text": [["time · jobs ·", "most memory of a job · spent"]]}))
        .mark_text(align="left", fontSize=TYPE, color=SOFT)
        .encode(x=beside, y=alt.value(-22), text="text:N")
    )
    chart = alt.layer(bar, text, heading, data=rows).properties(width=PLOT, height=ROW * len(names))
    stages = f"{len(names)} of {len({*counted(), *rows['stage']})} stages"
    notes = [
        f"{stages} ran; jobs run side by side, so the study took less than their sum",
        "measured once, on the machine of this run: counts and times, no estimates",
    ]
    return finish(chart, "What did the study take?", notes)
