"""What samples buy against parameters: pass rates under `curated` by a task's FLOPs, before and after SFT."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.figures.axes import broken
from skillift.figures.interaction import picked, tooltip, unless_faded
from skillift.figures.marks import interval
from skillift.figures.theme import COLOURS, described, finish, legend, repeated, undefined
from skillift.reporting.arms import measure, on_path, place, spanned
from skillift.reporting.declarations import Figure
from skillift.reporting.view import DOT

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(
    place=620,
    tables=("sampling_budgets",),
    question="sampling",
    needs={"delta": 1, "budgets": 1},
    across_suites=True,
)

DEPLOYABLE, ORACLE = "majority@k", "pass@k"
_DASHES = {DEPLOYABLE: [1, 0], ORACLE: [1, 2]}
_BENCH = "bench"  # of a protocol that no judge judges
_PANEL = (200, 170)  # px


def figure(sampling_budgets: pl.DataFrame, view: View) -> alt.Chart:
    """Draw a panel before SFT and one for each recipe: each student's rates by the FLOPs of so many samples.

    Args:
        sampling_budgets: contract SAMPLING_BUDGETS.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no row of a student whose parameters are known.
    """
    import altair as alt

    here = sampling_budgets.filter(pl.col("flops") > 0)
    suites = [suite for suite in (view.suite, *view.others) if suite in set(here["suite"])]
    if not suites:
        raise UserError(
            problem("sampling_budgets table", "no FLOPs", "rows of a student with a parameter count")
        )
    path = view.headline_path if view.headline_path in set(here["path"]) else _BENCH
    on_it = on_path(here, path, "sampling_budgets")
    placed = pl.concat(place(on_it, replace(view, suite=suite), "sampling_budgets") for suite in suites)
    told = [pl.col("series")]
    told += [pl.lit("protocol ") + pl.col("sampled_by")] if placed["sampled_by"].n_unique() > 1 else []
    told += [pl.lit("suite ") + pl.col("suite")] if len(suites) > 1 else []
    rows = measure(placed, "pass_rate", "ci_low", "ci_high", "%").with_columns(
        pl.col("low", "high").clip(0, 100), panel=pl.concat_str(told, separator=DOT)
    )
    rows = rows.sort("position", "run", "measure", "samples", maintain_order=True)
    students = [label for label in view.labels if label in set(rows["label"])]
    panels = [name for series in view.series for name in _of_series(rows, series)]
    key = legend(students, symbolType="stroke") if len(students) > 1 else None
    scale = alt.Scale(domain=view.labels, range=repeated(COLOURS, view.labels))
    colour = alt.Color("label:N", scale=scale, legend=key)
    dash = alt.StrokeDash(
        "measure:N", scale=alt.Scale(domain=[*_DASHES], range=[*_DASHES.values()]), legend=None
    )
    flops = rows["flops"].to_list()
    x = alt.X(
        "flops:Q",
        title="FLOPs of a task's samples (log scale)",
        scale=alt.Scale(type="log", nice=False, domain=[0.9 * min(flops), 1.1 * max(flops)]),
        axis=alt.Axis(format="~s", tickCount=4, grid=False),
    )
    y = alt.Y("value:Q", title="passes (%)", scale=alt.Scale(domain=[0, 100], nice=False))
    choice = picked("label")
    drawn = alt.Chart().transform_filter("isValid(datum.value)")
    line = drawn.mark_line(strokeWidth=1.6).encode(
        x=x, y=y, color=colour, strokeDash=dash, detail="run:N", opacity=unless_faded(choice)
    )
    point = drawn.mark_point(filled=True, size=30, opacity=1).encode(
        x=x, y=y, color=colour, tooltip=tooltip(rows)
    )
    bars = interval(drawn, x, y, 1.0).encode(color=colour, opacity=alt.value(0.5))
    header = alt.Header(labelExpr=f"{ {name: broken(name, 30) for name in panels} }[datum.label]")
    chart = (
        alt.layer(bars, line.add_params(choice), point, data=rows)
        .properties(width=_PANEL[0], height=_PANEL[1])
        .facet(
            facet=alt.Facet("panel:N", sort=panels, title=None, header=header), columns=min(len(panels), 2)
        )
    )
    name = (
        pl.col("label")
        + DOT
        + pl.col("panel")
        + DOT
        + pl.col("measure").str.replace("k", "")
        + pl.col("samples").cast(pl.String)
    )
    notes = [
        described(rows, replace(view, suite=", ".join(suites)), path, "intervals, clustered by skill"),
        f"under curated; n = {spanned(rows['n_tasks'], 'task')}; points: {_listed(rows['samples'])} samples",
        f"solid: {DEPLOYABLE}, the majority passes; dotted: {ORACLE}, one of k passes, if one knew which",
        *undefined(rows.with_columns(headline=True), name),
    ]
    return finish(chart, "What do samples buy, and what parameters?", notes)


def _of_series(rows: pl.DataFrame, series: str) -> list[str]:
    return rows.filter(series=series)["panel"].unique(maintain_order=True).to_list()


def _listed(samples: pl.Series) -> str:
    return ", ".join(map(str, sorted(samples.unique())))
