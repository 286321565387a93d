"""What SFT adds under the right procedure on trained skills and on new ones, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from skillift.figures.axes import around, row_axis, row_height
from skillift.figures.interaction import picked, tooltip, unless_faded
from skillift.figures.marks import arrows, cut_beyond, interval, zero
from skillift.figures.theme import COLOURS, SHAPES, described, finish, legend, undefined
from skillift.reporting.arms import effects_of, in_rows, spanned
from skillift.reporting.declarations import Figure
from skillift.reporting.view import View
from skillift.statistics.claim_registry import GAIN
from skillift.statistics.transfer import IN_DOMAIN, SUITE

if TYPE_CHECKING:
    import altair as alt

FIGURE = Figure(
    place=300,
    tables=("effects",),
    question="transfer",
    needs={"trained": 1, "delta": 1, "transfer": 1},
    across_suites=True,
)

WIDEST = 100  # pp, which no gain exceeds; what a bar has beyond it is cut
_ROW = 40  # px
_APART = 0.16  # of a row


def figure(effects: pl.DataFrame, view: View) -> alt.Chart:
    """Draw the gain under `curated` of the headline path on both suites, a row for each student and recipe.

    Args:
        effects: contract EFFECTS.
        view: how the study wants results shown; a suite that it does not name is not drawn.

    Raises:
        UserError: the table has no such rows.
    """
    import altair as alt

    asked = {view.suite, *view.others}
    suites = [suite for suite in IN_DOMAIN if suite in asked][:1]
    suites += [SUITE] if SUITE in asked else []
    parts = [_of_suite(effects, view, suite) for suite in suites]
    names = list(dict.fromkeys(name for part in parts for name in part["name"]))
    rows = pl.concat(parts).with_columns(
        row=pl.col("name").replace_strict({name: i for i, name in enumerate(names)}, return_dtype=pl.Float64)
        + pl.col("suite").replace_strict({suite: _place(suite, suites) for suite in suites})
    )
    rows, are_cut = cut_beyond(rows, WIDEST)
    heads = rows.filter("headline")
    y = alt.Y("row:Q", scale=around(names, down=True), axis=row_axis(names))
    x = alt.X("value:Q", title=f"gain under curated (pp), n = {spanned(heads['n_tasks'], 'task')}")
    if are_cut:
        x = x.scale(domain=(-WIDEST, WIDEST))
    choice = picked("suite")
    colour = alt.Color(
        "suite:N", scale=alt.Scale(domain=suites, range=list(COLOURS[: len(suites)])), legend=legend(suites)
    )
    shape = alt.Shape("suite:N", scale=alt.Scale(domain=suites, range=list(SHAPES[: len(suites)])))
    drawn = alt.Chart().transform_filter("datum.headline && isValid(datum.value)")
    point = drawn.mark_point(filled=True, size=60).encode(
        x=x, y=y, color=colour, shape=shape, opacity=unless_faded(choice), tooltip=tooltip(rows)
    )
    bars = interval(drawn, x, y).encode(color=colour, opacity=unless_faded(choice), tooltip=tooltip(rows))
    ends = arrows(y, -WIDEST, WIDEST) if are_cut else []
    ends = [each.transform_filter("datum.headline").encode(color=colour) for each in ends]
    chart = alt.layer(zero("x"), bars, *ends, point.add_params(choice), data=rows).properties(
        width=300, height=row_height(names, _ROW) * len(names)
    )
    both = replace(view, suite=" and ".join(suites))
    notes = [
        described(heads, both, view.headline_path, "intervals, clustered by skill"),
        "gain: pass rate after SFT minus before, paired by task; new skills have no demonstration",
        *([f"arrows: bars that go on beyond {WIDEST} pp"] if are_cut else []),
        *undefined(rows, pl.col("name") + " on " + pl.col("suite")),
    ]
    return finish(chart, "Does what SFT adds carry over to skills that it has not seen?", notes)


def _of_suite(effects: pl.DataFrame, view: View, suite: str) -> pl.DataFrame:
    rows, _ = in_rows(effects_of(effects, view.of_suite(suite), GAIN))
    return rows.with_columns(suite=pl.lit(suite))


def _place(suite: str, suites: list[str]) -> float:
    """Where the mark of a suite stands in its row: side by side, or in the middle where it is alone."""
    return _APART * (2 * suites.index(suite) - (len(suites) - 1))
