"""What of the procedural delta is the procedure: contrasts with the controls and with shuffled steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.figures.axes import around, beside, by_student, panel_width, panels_across, places
from skillift.figures.marks import estimates, seeds_note, zero
from skillift.figures.theme import described, finish, undefined
from skillift.reporting.arms import effects_of, spanned
from skillift.reporting.declarations import Figure

if TYPE_CHECKING:
    import altair as alt

    from skillift.reporting.view import View

FIGURE = Figure(place=500, tables=("effects",), question="procedure", needs={"controls": 1})


# from what a longer prompt does by itself to what the order of the steps adds
CONTRASTS = (
    "curated-none",
    *("filler-none", "placebo-none"),
    *("curated-filler", "curated-placebo", "curated-shuffled"),
)

_MEANINGS = {
    "filler": "filler: neutral text of equal length",
    "placebo": "placebo: another {}'s procedure of equal length",
    "shuffled": "shuffled: wrong order of steps",
}


def figure(effects: pl.DataFrame, view: View) -> alt.Chart:
    """Draw the contrasts of the headline path: one panel for each student, before and after SFT.

    Args:
        effects: contract EFFECTS.
        view: how the study wants results shown.

    Raises:
        UserError: the table has no rows of the headline path, or none of a contrast with a control.
    """
    import altair as alt

    nouns = view.nouns
    known = set(effects.filter(path=view.headline_path)["contrast"])
    contrasts = [name for name in CONTRASTS if name in known]
    if known and not known & {"filler-none", "placebo-none"}:
        expected = "rows of the contrast filler-none or placebo-none"
        raise UserError(problem("effects table", ", ".join(sorted(known)), expected))
    rows = effects_of(effects, view, *(contrasts or CONTRASTS))
    order = {name: place for place, name in enumerate(contrasts)}
    rows = rows.with_columns(contrast_place=pl.col("contrast").replace_strict(order, return_dtype=pl.Int64))
    rows = beside(rows, view, "contrast_place", width=0.6)
    names = [name.replace("-", " − ") for name in contrasts]
    x = alt.X("x:Q", scale=around(names), axis=places(names, None, labelAngle=-50, labelOverlap=False))
    y = alt.Y("value:Q", title=f"difference (pp), n = {spanned(rows['n_tasks'], nouns.task)}")
    panels = panels_across(view)
    width = panel_width(panels)
    chart = (
        alt.layer(zero("y"), *estimates(rows, view, x, y), data=rows)
        .properties(width=width, height=200)
        .facet(facet=by_student(alt.Facet, view.labels, width), columns=panels)
    )
    of = nouns.skill or nouns.task
    notes = [
        described(rows, view, view.headline_path, nouns.clustered),
        "; ".join(each.format(of) for name, each in _MEANINGS.items() if name in " ".join(names)),
        *seeds_note(rows, nouns.repeat),
        *undefined(rows, pl.col("label") + " " + pl.col("series") + " " + pl.col("contrast")),
    ]
    return finish(chart, "Is it the procedure, or just a longer prompt?", notes)
