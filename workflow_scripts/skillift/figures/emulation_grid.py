"""Scale of pre-training and of fine-tuning apart: each model with each model's training, under `none`."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import polars as pl

from skillift.errors import UserError, problem
from skillift.figures.axes import AXIS_CHARACTER, LABEL_LINE, NAME, NAME_WIDTH, broken
from skillift.figures.interaction import tooltip
from skillift.figures.theme import COLOURS, INK, TYPE, described, finish, undefined
from skillift.metrics.names import PASS, TEXT
from skillift.reporting.arms import measure, place, spanned
from skillift.reporting.declarations import Figure
from skillift.reporting.view import DOT, View

if TYPE_CHECKING:
    import altair as alt

    from skillift.settings.analysis_specs import EmulatedRuns

FIGURE = Figure(place=280, tables=("pass_rates",), question="scale", needs={"emulated": 1}, every_metric=True)

FORMAT = "format"
_TITLES = {PASS: "right answers (%)", FORMAT: "in form (%)"}
_CELL = 76  # px
_ABSENT = "not asked"


def figure(pass_rates: pl.DataFrame, view: View) -> alt.Chart:
    """Draw four cells for each pair of students and metric: what is fine-tuned, and whose training it has.

    Args:
        pass_rates: contract PASS_RATES, with the rows of every metric.
        view: how the study wants results shown; `spec.borrowed` are its emulated runs.

    Raises:
        UserError: the table has no rate under `none` of an emulated run.
    """
    import altair as alt

    rows = _rates(pass_rates, view)
    borrowed = view.spec.borrowed or []
    grids = [_cells(rows, each, borrowed, view) for each in _upwards(borrowed, view)]
    cells = pl.concat([grid for grid in grids if grid.height]) if grids else pl.DataFrame()
    if cells.is_empty():
        raise UserError(problem("pass rates table", "none of them", "rates under none of an emulated run"))
    panels = []
    for pair, metric in product(cells["pair"].unique(maintain_order=True), _TITLES):
        of_it = cells.filter(pair=pair, metric=metric)
        if of_it.height:
            panels.append(
                _panel(of_it, f"{_TITLES[metric]}, n = {spanned(of_it['n_tasks'].drop_nulls(), 'task')}")
            )
    drawn = cells.filter(pl.col("n_tasks").is_not_null())
    absent = cells.filter(pl.col("n_tasks").is_null())["name"].unique(maintain_order=True).to_list()
    notes = [
        described(drawn, view, f"{view.headline_path}; {TEXT} for form", "intervals, clustered by skill"),
        "pass rate and share of responses in form, under none",
        *(["of several seeds the mean, which has no interval here"] if drawn["several"].any() else []),
        *undefined(
            drawn.filter(~pl.col("several") | pl.col("value").is_null()),
            pl.col("name") + DOT + pl.col("metric"),
        ),
        *([f"{_ABSENT}: {'; '.join(absent)}"] if absent else []),
    ]
    chart = alt.concat(*panels, columns=2, spacing=28).resolve_scale(color="shared")
    return finish(chart, "Is it the scale of pre-training, or of fine-tuning?", notes)


def _rates(pass_rates: pl.DataFrame, view: View) -> pl.DataFrame:
    """The rates under `none` of each trained or emulated arm, in per cent; of several seeds the mean."""
    here = (pl.col("metric") == PASS) & (pl.col("path") == view.headline_path)
    here |= (pl.col("metric") == FORMAT) & (pl.col("path") == TEXT)
    placed = place(pass_rates.filter(here, condition="none"), view, "pass rates")
    one, defined = pl.len() == 1, pl.col("pass_rate").null_count() == 0
    means = placed.group_by("student", "label", "recipe", "metric", maintain_order=True).agg(
        pl.when(defined).then(pl.col("pass_rate").mean()).alias("pass_rate"),
        *(pl.when(one).then(pl.col(name).first()).alias(name) for name in ("ci_low", "ci_high")),
        *(pl.col(name).min() for name in ("n_tasks", "n_skills", "n_unscored")),
        several=~one,
    )
    return measure(means.with_columns(headline=True), "pass_rate", "ci_low", "ci_high", "%")


def _upwards(borrowed: list[EmulatedRuns], view: View) -> list[EmulatedRuns]:
    """Of the emulated runs of a larger student one for each pair and recipe; the others fill their grid."""
    order = dict(view.students.select("student", "position").iter_rows())
    return [each for each in borrowed if order[each.student] > order[each.from_student]]


def _cells(rows: pl.DataFrame, pair: EmulatedRuns, borrowed: list[EmulatedRuns], view: View) -> pl.DataFrame:
    """The cells of one pair of students, of both metrics; one that was not asked has no value."""
    small, large, recipe = pair.from_student, pair.student, pair.from_recipe
    back = (small, large, recipe)
    other = next(
        (each.recipe for each in borrowed if (each.student, each.from_student, each.from_recipe) == back),
        None,
    )
    label = view.label_by_student
    arms = {
        (small, small): recipe,
        (large, small): pair.recipe,
        (small, large): other,
        (large, large): recipe,
    }
    found = []
    for (model, trained), of_arm in arms.items():
        about = {
            "pair": f"{label[small]}, {label[large]}",
            "model": label[model],
            "training": label[trained],
            "name": f"{label[model]} with the training of {label[trained]}",
        }
        named = [pl.lit(text).alias(name) for name, text in about.items()]
        for metric in rows["metric"].unique(maintain_order=True):
            of_it = rows.filter(pl.col("recipe") == (of_arm or ""), student=model, metric=metric)
            if of_it.is_empty():
                of_it = rows.head(1).select(
                    pl.lit(None, rows[name].dtype).alias(name) for name in rows.columns
                )
                of_it = of_it.with_columns(
                    metric=pl.lit(metric), shown=pl.lit(_ABSENT), headline=pl.lit(True)
                )
            found.append(of_it.drop("name", strict=False).with_columns(named))
    return pl.concat(found)


def _panel(cells: pl.DataFrame, title: str) -> alt.LayerChart:
    import altair as alt

    order = cells["model"].unique(maintain_order=True).to_list()
    lines = cells.with_columns(
        rate=pl.col("shown").str.split(" [").list.first().str.strip_suffix(" %"),
        interval=pl.col("shown").str.extract(r"(\[.*,.*\])").fill_null(""),
    )
    tips = tooltip(lines)
    lines = lines.select("model", "training", "value", "rate", "interval", *(tip["field"] for tip in tips))
    across = _in_lines(order, int(_CELL / AXIS_CHARACTER), orient="top", labelAngle=0)
    x = alt.X("model:N", sort=order, title="pre-trained: the model of", axis=across)
    down = _in_lines(order, NAME)
    y = alt.Y("training:N", sort=order[::-1], title="fine-tuned: the training of", axis=down)
    scale = alt.Scale(domain=[0, 100], range=["#FFFFFF", COLOURS[5]], interpolate="rgb")  # by hue: 0 is aqua
    base = alt.Chart(lines).encode(x=x, y=y)
    rect = base.mark_rect(stroke=INK, strokeWidth=0.5).encode(
        color=alt.Color("value:Q", scale=scale, legend=None), tooltip=tips
    )
    known = (lines["interval"] != "").any()
    shown = (("rate", TYPE + 2, -8), ("interval", TYPE, 10)) if known else (("rate", TYPE + 2, 0),)
    texts = [
        base.mark_text(fontSize=size, color=INK, dy=dy).encode(text=f"{column}:N")
        for column, size, dy in shown
    ]
    return alt.layer(rect, *texts).properties(
        width=2 * _CELL, height=2 * 56, title=alt.TitleParams(title, fontSize=12)
    )


def _in_lines(names: list[str], width: int, **options: Any) -> alt.Axis:
    """An axis of names, in lines of so many characters."""
    import altair as alt

    lines = {name: broken(name, width, most=width) for name in names}
    if options.get("orient") == "top":  # where the first line of several stands, the others are below it
        options["labelPadding"] = 2 + LABEL_LINE * (max(map(len, lines.values())) - 1)
    named = f"{json.dumps(lines, ensure_ascii=False)}[datum.value]"
    return alt.Axis(labelExpr=named, labelOverlap=False, labelLimit=NAME_WIDTH, **options)
