"""How often each judge errs on responses whose right verdict is known, by part of the suite and kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.figures.axes import around, places
from skillift.figures.interaction import tooltip
from skillift.figures.marks import interval
from skillift.figures.theme import CHARACTER, COLOURS, SHAPES, SOFT, finish, legend, repeated
from skillift.reporting.arms import measure, span, spanned
from skillift.reporting.certificates import CASES, WORDS, headline_judge, limit, others_above, warnings
from skillift.reporting.declarations import Figure
from skillift.reporting.numbers import how_many
from skillift.statistics.certification import ALL_KINDS, ALL_PARTS

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(place=410, tables=("certification",), question="judge")

ROW = 20  # px for a kind with two judges; more judges need more
PLOT = 290  # px


def figure(certification: pl.DataFrame, view: View) -> alt.Chart:
    """Draw one row for each kind of case, one panel for each error.

    Args:
        certification: contract CERTIFICATION_RATES.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no rows.
    """
    import altair as alt

    if certification.is_empty():
        raise UserError(problem("certification table", "no rows", "the rates of one judge at least"))
    rows = measure(certification, "rate", "ci_low", "ci_high", "%").with_columns(row_name=_name())
    first = headline_judge(view)
    judges = sorted(set(rows["judge"]), key=lambda judge: (judge != first, judge))
    drawn = set(rows.filter(pl.col("value").is_not_null())["judge"])
    key = legend([judge for judge in judges if judge in drawn])
    colour = alt.Color("judge:N", scale=alt.Scale(domain=judges, range=repeated(COLOURS, judges)), legend=key)
    shape = alt.Shape("judge:N", scale=alt.Scale(domain=judges, range=repeated(SHAPES, judges)), legend=key)
    panels = [
        _panel(rows.filter(error=error), judges, limit(view, error), colour, shape)
        for error in WORDS
        if not rows.filter(error=error).is_empty()
    ]
    kinds = rows.filter(pl.col("kind") != ALL_KINDS)
    limited = any(limit(view, error) is not None for error in WORDS)
    notes = [
        f"{spanned(kinds['n_cases'], 'case')} a kind · unscored: {span(kinds['n_unscored'])} a kind · "
        f"{view.declared_level} intervals (Wilson)".replace(" ", "\u00a0").replace("\u00a0·\u00a0", " · "),
        *(["dashed line: the study's limit for the rate over all cases"] if limited else []),
        *_undefined(rows),
    ]
    question = "How often does each judge err where the verdict is known?"
    warned = [*warnings(certification, view), *others_above(certification, view)]
    return finish(alt.vconcat(*panels, spacing=18), question, notes, warned)


def _panel(
    rows: pl.DataFrame, judges: list[str], most: float | None, colour: alt.Color, shape: alt.Shape
) -> alt.Chart:
    """Kinds of case from the one that is erred on most often, below the rates over all kinds."""
    import altair as alt

    error = rows["error"][0]
    order = (
        rows.group_by("row_name", "kind", "part")
        .agg(pl.col("value").mean().fill_null(-1.0))
        .sort(
            pl.col("kind") != ALL_KINDS,
            (pl.col("kind") == ALL_KINDS) & (pl.col("part") != ALL_PARTS),
            -pl.col("value"),
            "row_name",
        )
    )
    names = order["row_name"].to_list()
    places_of = {name: float(place) for place, name in enumerate(names)}
    step = min(0.28, 0.7 / len(judges))
    shifts = {judge: step * (place - (len(judges) - 1) / 2) for place, judge in enumerate(judges)}
    rows = rows.with_columns(
        row=pl.col("row_name").replace_strict(places_of, return_dtype=pl.Float64)
        + pl.col("judge").replace_strict(shifts, return_dtype=pl.Float64)
    )
    # one axis for all layers: merged with another, it would drop every second label
    axis = places(names, None, ticks=False, domain=False, labelLimit=220, labelOverlap=False, labelPadding=9)
    y = alt.Y("row:Q", scale=around(names, down=True), axis=axis)
    title = _with_counts(f"{WORDS[error]} (%)", rows, judges)
    scale = alt.Scale(domain=[0, 100])
    ticks = alt.Axis(tickCount=5)
    known = alt.Chart().transform_filter("isValid(datum.value)")
    x = alt.X("value:Q", scale=scale, title=title, axis=ticks)
    tips = tooltip(rows)
    layers = [
        interval(known, x, y).encode(color=colour, tooltip=tips),
        known.mark_point(filled=True, size=48, opacity=1).encode(
            x=x, y=y, color=colour, shape=shape, tooltip=tips
        ),
    ]
    if most is not None:
        line = pl.DataFrame({"most": [100 * most], "top": [-0.5], "bottom": [0.5]})
        layers.append(
            alt.Chart(line)
            .mark_rule(color=SOFT, strokeDash=[3, 2], strokeWidth=1.4)
            .encode(
                x=alt.X("most:Q", scale=scale, title=title, axis=ticks),
                y=alt.Y("top:Q", scale=around(names, down=True), axis=axis),
                y2="bottom:Q",
            )
        )
    height = len(names) * max(ROW, 9 * len(judges))
    return alt.layer(*layers, data=rows).properties(width=PLOT, height=height)


def _with_counts(title: str, rows: pl.DataFrame, judges: list[str]) -> list[str]:
    """A title with how many cases have a verdict, of each judge where judges differ in that, in lines."""
    of_all = rows.filter(kind=ALL_KINDS, part=ALL_PARTS)
    counts = of_all.select("judge", n=pl.col("n_cases") - pl.col("n_unscored"))
    if counts["n"].n_unique() == 1:
        return [f"{title}, n = {spanned(counts['n'], 'case')}"]
    n = dict(counts.iter_rows())
    first, *more = (judge for judge in judges if judge in n)
    lines = [f"{title}, n = {how_many(n[first], 'case')} of {first},"]
    for each in more:
        part = f"{n[each]} of {each},"
        if len(f"{lines[-1]} {part}") * CHARACTER > PLOT:
            lines.append(part)
        else:
            lines[-1] += f" {part}"
    return [*lines[:-1], lines[-1].removesuffix(",")]


def _name() -> pl.Expr:
    """What a row is called: its kind, and its part of the suite where that is not the written one."""
    cases = pl.lit("all ") + pl.col("error").replace_strict(CASES)
    generated = pl.when(part="generated").then(pl.lit(" (generated)")).otherwise(pl.lit(""))
    return (
        pl.when(pl.col("kind") != ALL_KINDS)
        .then(pl.col("kind").str.replace_all("_", " ") + generated)
        .when(part=ALL_PARTS)
        .then(cases + pl.lit(" cases"))
        .otherwise(cases + pl.lit(", ") + pl.col("part"))
    )


def _undefined(rows: pl.DataFrame) -> list[str]:
    bare = rows.filter(pl.col("value").is_null())
    if bare.is_empty():
        return []
    judges = ", ".join(bare["judge"].unique().sort())
    return [f"undefined, not drawn: {bare.height} of {rows.height} rates, of {judges} (no case scored)"]
