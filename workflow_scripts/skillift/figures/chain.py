"""Same answers by the share of the chain of thought that was kept, before and after SFT: does it matter?"""

from __future__ import annotations

import json
from itertools import pairwise
from statistics import mean
from typing import TYPE_CHECKING

import polars as pl

from skillift.figures.axes import broken, by_student, panel_width
from skillift.figures.marks import estimates
from skillift.figures.theme import LINE_CHARACTERS, colours, described, finish, undefined
from skillift.metrics.names import TEXT
from skillift.reporting.arms import measure, place, span, spanned
from skillift.reporting.declarations import Figure

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(
    place=610,
    tables=("pass_rates",),
    question="chain",
    needs={"delta": 1, "interventions": 1},
    every_metric=True,
)

KINDS = {"early": "cut short", "mistake": "with a mistake", "blanked": "blanked"}
_CONDITION = "curated"
_MOST = 2 * LINE_CHARACTERS  # of the areas of one test
_SAME, _CHAIN = "same_answer:", "chain"
_SEEN = ("label", "series", "run", "recipe", "seed", "headline", "kind", "kept", "value", "low", "high")
_COUNTS = ("shown", "n_tasks", "n_skills", "n_unscored", "level")


def figure(pass_rates: pl.DataFrame, view: View) -> alt.Chart:
    """Draw a panel for each student and test: the share of same answers by the share that was kept.

    Args:
        pass_rates: contract PASS_RATES, with the rows of every metric.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no row of answers after interventions.
    """
    import altair as alt

    ours = pl.col("metric").str.starts_with(_SAME) | (pl.col("metric") == _CHAIN)
    placed = place(pass_rates.filter(ours, path=TEXT, condition=_CONDITION), view, "pass rates")
    rows = measure(placed, "pass_rate", "ci_low", "ci_high", "%").with_columns(
        pl.col("low", "high").clip(0, 100),
        kind=pl.col("metric").str.extract(r":(\w+)"),
        kept=pl.col("metric").str.extract(r"@(.*)").cast(pl.Float64) * 100,
        level=pl.lit(None, dtype=pl.Float64),
    )
    chains, drawn = rows.filter(metric=_CHAIN), rows.filter(pl.col("kind").is_in([*KINDS]))
    kinds = [kind for kind in KINDS if kind in set(drawn["kind"])] or [next(iter(KINDS))]
    nothing = chains.with_columns(kind=pl.lit(kinds[0]), kept=None, value=None, low=None, high=None)
    chance = rows.filter(metric=f"{_SAME}other_chain").with_columns(level="value", value=None, kept=None)
    of_chance = [chance.with_columns(kind=pl.lit(kind)) for kind in kinds]
    shown = pl.concat(
        [part.select(*_SEEN, *_COUNTS) for part in (drawn, *of_chance, nothing)], how="vertical_relaxed"
    )
    x = alt.X(
        "kept:Q",
        title="chain kept (%)",
        scale=alt.Scale(domain=[0, 100], nice=False),
        axis=alt.Axis(values=[0, 50], grid=False),
    )
    y = alt.Y("value:Q", title="same answer (%)", scale=alt.Scale(domain=[0, 100], nice=False))
    colour = alt.Color("series:N", scale=colours(view))
    line = (
        alt.Chart()
        .transform_filter("isValid(datum.value)")
        .mark_line(strokeWidth=1.2, opacity=0.55)
        .encode(x=x, y=y, color=colour, detail="run:N")
    )
    level = (
        alt.Chart()
        .transform_filter("isValid(datum.level)")
        .mark_rule(strokeWidth=1.2, strokeDash=[4, 3])
        .encode(y="level:Q", color=colour)
    )
    students = [label for label in view.labels if label in set(shown["label"])]
    width = panel_width(len(kinds))
    chart = (
        alt.layer(level, line, *estimates(shown, view, x, y), data=shown)
        .properties(width=width, height=150)
        .facet(
            row=by_student(alt.Row, students, 150),
            column=alt.Column("kind:N", sort=kinds, title=None, header=_heads(kinds, width)),
        )
    )
    counted = drawn if drawn.height else chains
    shares = chains["value"].fill_null(0.0).round().cast(pl.Int64)
    test = pl.col("metric").str.strip_prefix(_SAME)
    notes = [
        described(counted, view, TEXT, "intervals, clustered by skill"),
        f"under {_CONDITION}: with the chain altered, against the chain as it was",
        f"answers with a chain: {span(shares)} %, n = {spanned(chains['n_tasks'], 'task')}",
        *(["dashed: with another task's chain in its place"] if chance["level"].drop_nulls().len() else []),
        *_areas(drawn, kinds),
        *undefined(drawn, pl.col("label") + " " + pl.col("series") + " " + test),
        *(["no answer to a chain that was altered at a cut"] if drawn.is_empty() else []),
    ]
    return finish(chart, "Does the chain of thought carry the answer?", notes)


def _heads(kinds: list[str], width: float) -> alt.Header:
    import altair as alt

    lines = {kind: broken(KINDS[kind], int(width / 7)) for kind in kinds}
    return alt.Header(labelExpr=f"{json.dumps(lines)}[datum.value]")


def _areas(drawn: pl.DataFrame, kinds: list[str]) -> list[str]:
    """The area over each curve, a recipe's mean over its seeds, or the span of many: tested nowhere."""
    notes = []
    for kind in kinds:
        arms = drawn.filter(kind=kind).group_by("label", "series", maintain_order=True)
        areas = {
            f"{label} {series}": mean(known)
            for (label, series), arm in arms
            if (known := [area for area in _of_runs(arm) if area is not None])
        }
        of_each = "; ".join(f"{name} {area:.2f}" for name, area in areas.items())
        if len(of_each) > _MOST:
            of_each = f"{min(areas.values()):.2f} to {max(areas.values()):.2f} in {len(areas)} arms"
        notes += [f"area over the curve, {KINDS[kind]}: {of_each}"] if of_each else []
    return notes


def _of_runs(arm: pl.DataFrame) -> list[float | None]:
    return [area_over(run["kept"], run["value"]) for _, run in arm.group_by("run", maintain_order=True)]


def area_over(kept: pl.Series, same: pl.Series) -> float | None:
    """The area over a curve as a share of what it could be; with the whole chain every answer is the same.

    0 where the chain does not matter, by trapezoids over the kept shares; None where one is unknown.

    Args:
        kept: per cent of the chain.
        same: per cent of the answers.
    """
    if same.null_count() or same.is_empty():
        return None
    points = sorted([*zip(kept, same, strict=True), (100.0, 100.0)])
    over = sum((end - start) * (200 - low - high) / 2 for (start, low), (end, high) in pairwise(points))
    return over / (100 * (100 - points[0][0]))
