"""The course of a training: what it has changed in the pass rate under `curated`, and its loss, by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.figures.axes import beside_each_other, by_student, panel_width
from skillift.figures.interaction import picked, tooltip, unless_faded
from skillift.figures.marks import interval, zero
from skillift.figures.theme import (
    COLOURS,
    SOFT,
    below_each_other,
    dashed,
    described,
    finish,
    legend,
    repeated,
    undefined,
)
from skillift.reporting.arms import measure, of_contrast, on_path, place, spanned
from skillift.reporting.declarations import Figure
from skillift.reporting.view import BASE, DOT, View
from skillift.statistics.claim_registry import GAIN

if TYPE_CHECKING:
    import altair as alt

FIGURE = Figure(
    place=270,
    tables=("effects", "log"),
    question="recipes",
    needs={"trained": 1, "delta": 1, "depth": 1},
    across_suites=True,  # it leaves out those that have no course
)

_COUNTS = ("n_tasks", "n_skills", "n_unscored")
_COLUMNS = ("student", "label", "run", "recipe", "seed", "step", "value", "low", "high", "shown", *_COUNTS)


_EXTENT = 44  # px for the numbers of an axis, so that steps stand below each other
_ROOM = 0.04  # of the axis of steps beyond the first and the last, on which marks stand


def figure(effects: pl.DataFrame, log: pl.DataFrame, view: View) -> alt.ConcatChart:
    """Draw a panel for each student: of each recipe its runs with intervals, their mean at common steps.

    Below stands the training loss of the same runs over the same steps. Of several suites there is one such
    chart each; those that were asked after the last step alone, which have no course, are named instead.

    Args:
        effects: contract EFFECTS.
        log: student, run and the columns of contract RUN_LOG, of all trained runs.
        view: how the study wants results shown; `spec.analysis.depth.early` are the steps that are shaded.

    Raises:
        UserError: the table has no gain under `curated` of a trained run.
    """
    gains = of_contrast(on_path(effects, view.headline_path, "effects"), GAIN)
    of_suites = {each.suite: gains.filter(suite=each.suite) for each in view.by_suite()}
    courses = [suite for suite, each in of_suites.items() if has_course(each)] or [view.suite]
    left_out = [suite for suite in of_suites if suite not in courses]
    charts = {}
    for suite in courses:
        said = [f"not drawn, as asked after the last step alone: {', '.join(left_out)}"] if left_out else []
        last = suite == courses[-1]
        charts[suite] = _chart(of_suites[suite], log, view.of_suite(suite), said if last else [])
    return below_each_other(charts) if len(charts) > 1 else charts[courses[0]]


def has_course(gains: pl.DataFrame) -> bool:
    """Whether a training was asked at more than one step."""
    steps = gains.filter(pl.col("run") != BASE).group_by("student", "run").agg(pl.col("step").n_unique())
    return bool((steps["step"] > 1).any())


def _chart(gains: pl.DataFrame, log: pl.DataFrame, view: View, left_out: list[str]) -> alt.ConcatChart:
    import altair as alt

    placed = place(gains.drop("suite"), view, "effects")  # at every step, and not at the last alone
    rows = measure(placed, "estimate", "ci_low", "ci_high").filter(pl.col("seed").is_not_null())
    rows = rows.select(_COLUMNS).sort("student", "run", "step", maintain_order=True)
    if rows.is_empty():
        raise UserError(problem("effects table", f"no {GAIN} of a run", "at least one step of one run"))
    means = common_means(rows)
    depth = view.spec.analysis.depth
    early = depth.early if depth else []
    students = [label for label in view.labels if label in set(rows["label"])]
    recipes = [name for name in view.recipes if name in set(rows["recipe"])]
    key = legend(recipes, symbolType="stroke") if len(recipes) > 1 else None
    scale = alt.Scale(domain=view.recipes, range=repeated(COLOURS, view.recipes))
    colour = alt.Color("recipe:N", scale=scale, legend=key)
    look = {"color": colour, **dashed(view, key)}
    losses = _losses(log, view, students)
    steps = [step for each in (rows, losses) for step in each["step"].to_list() if step > 0]
    over_steps = alt.Scale(type="log", nice=False, domain=_around(min(steps), max(steps)))
    x = alt.X(
        "step:Q",
        title=None if losses.height else "step (log scale)",
        scale=over_steps,
        axis=alt.Axis(format="~g", tickCount=4, grid=False, labelSeparation=8),
    )
    y = alt.Y(
        "value:Q",
        title="gain under curated (pp)",
        axis=alt.Axis(grid=False, tickCount=5, minExtent=_EXTENT),
    )
    choice = picked("recipe")
    both = pl.concat([rows.with_columns(mean=False), means.with_columns(mean=True)], how="diagonal")
    panels = beside_each_other(len(students))
    width = panel_width(panels)
    window = alt.Chart().transform_aggregate(rows="count()").mark_rect(color=SOFT, opacity=0.2)
    ends = [(min(early), max(early))] if early else []
    layers = [
        window.encode(x=alt.XDatum(first, scale=over_steps), x2=alt.X2Datum(last)) for first, last in ends
    ]
    runs = alt.Chart().transform_filter("isValid(datum.value) && !datum.mean")
    whole = alt.Chart().transform_filter("datum.mean").mark_line(strokeWidth=1.8)
    layers += [
        zero("y"),
        interval(runs, x, y).encode(color=colour, opacity=alt.value(0.4)),
        runs.mark_line(strokeWidth=0.7, opacity=0.4).encode(x=x, y=y, **look, detail="run:N"),
        runs.mark_point(filled=True, size=24, opacity=0.7).encode(
            x=x, y=y, color=colour, tooltip=tooltip(rows)
        ),
        whole.encode(x=x, y=y, **look, opacity=unless_faded(choice)).add_params(choice),
    ]
    layers[0] = layers[0].properties(name="view_course")  # altair asks for a name where charts are stacked
    chart = (
        alt.layer(*layers, data=both)
        .properties(width=width, height=200)
        .facet(facet=by_student(alt.Facet, students, width), columns=panels)
    )
    if losses.height:
        below = (
            alt.Chart(losses)
            .mark_line(strokeWidth=1)
            .encode(
                x=alt.X(
                    "step:Q",
                    title="step (log scale)",
                    scale=over_steps,
                    axis=alt.Axis(format="~g", tickCount=4, grid=False, labelSeparation=8),
                ),
                y=alt.Y(
                    "loss:Q",
                    title="training loss",
                    axis=alt.Axis(format="~g", tickCount=3, grid=False, minExtent=_EXTENT),
                ),
                **look,
                detail="run:N",
            )
            .properties(width=width, height=70)
            .facet(facet=by_student(alt.Facet, students, width), columns=panels)
        )
        chart = alt.vconcat(chart, below, spacing=8)
    several = bool((rows.group_by("student", "recipe").agg(pl.col("run").n_unique())["run"] > 1).any())
    place_of = pl.col("label") + DOT + pl.col("recipe") + ", seed " + pl.col("seed").cast(pl.String)
    n_tasks = spanned(rows["n_tasks"], "task")
    notes = [
        described(rows, view, view.headline_path, "intervals, clustered by skill"),
        f"gain under curated: at a step minus before SFT, paired by task; n = {n_tasks}",
        *(["bold line: the mean of several trainings, at the steps that all have"] if several else []),
        *undefined(rows.with_columns(headline=True), place_of + ", step " + pl.col("step").cast(pl.String)),
        *(["shaded: the steps that were declared as early"] if early else []),
        *([] if has_course(rows) else ["asked after the last step alone, which tells nothing of the course"]),
        *left_out,
    ]
    return finish(chart, "Does a training first lose, and then gain?", notes)


def _around(first: int, last: int) -> list[float]:
    """The ends of a logarithmic axis on which these have some room."""
    room = max((last / first) ** _ROOM, 1.1)
    return [first / room, last * room]


def _losses(log: pl.DataFrame, view: View, students: list[str]) -> pl.DataFrame:
    """The loss of each run of these students at each step; none where no log is at hand."""
    known = log.filter((pl.col("run") != BASE) & pl.col("loss").is_finite())
    if known.is_empty():
        return pl.DataFrame(schema={"step": pl.Int64})
    placed = place(known, view, "training log").filter(pl.col("label").is_in(students))
    return placed.select("label", "run", "recipe", "step", "loss")


def common_means(rows: pl.DataFrame) -> pl.DataFrame:
    """The mean over the runs of each student and recipe at every step that all of them have."""
    group = ["student", "label", "recipe"]
    n_runs = rows.group_by(group).agg(n_runs=pl.col("run").n_unique())
    means = rows.group_by([*group, "step"], maintain_order=True).agg(
        pl.col("value").mean(), pl.len().alias("there"), pl.col(_COUNTS).min()
    )
    common = means.join(n_runs, on=group).filter(pl.col("there") == pl.col("n_runs"))
    return common.drop("there", "n_runs").with_columns(run="recipe").sort(*group, "step")
