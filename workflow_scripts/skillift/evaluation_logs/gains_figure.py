"""What training changed: every gain and lift of a comparison with its interval, in the score's own unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from skillift.evaluation_logs.comparison_findings import Said, families
from skillift.figures.axes import around, row_axis, row_height
from skillift.figures.marks import interval, zero
from skillift.figures.theme import COLOURS, INK, PALE, SOFT, TYPE, finish
from skillift.reporting.arms import span
from skillift.reporting.view import View
from skillift.statistics.claim_registry import POINTS

if TYPE_CHECKING:
    import altair as alt

ROW = 34  # px
PLOT = 190  # px; the numbers stand to its right
CAPTION = """\
**What did training change?**
Every change with its interval, in the unit of the score, paired by item.

- *n*: items with a score in all arms of a change, on the axis.
- *How to read it*: the grey band around zero holds the changes that a comparison of this size misses more
  often than one time in five (80 % power at the level of the correction): an estimate inside it is not
  evidence of no change. The numbers on the right are the estimate, its interval and the edge of the band. Of
  several trainings the mean is drawn, and its interval holds the variance between them.
"""
_SHOWN = ("lift", "gain", "further lift")


def figure(claims: pl.DataFrame, view: View, said: Said) -> alt.Chart:
    """Draw the changes of a comparison.

    Args:
        claims: contract CLAIMS, of `compared.compared`.
        view: how the comparison is shown.
        said: how its things are called.
    """
    import altair as alt

    kinds = dict(families(claims))
    changes = [row for kind in _SHOWN for row in kinds.get(kind, [])]
    names = [said.change(row["contrast"]) for row in changes]
    rows = _measured(changes, names, said)
    y = alt.Y("row:Q", scale=around(names, down=True), axis=row_axis(names))
    unit = said.measure.unit
    title = f"change ({unit}), n = {span(rows['n_tasks'])} items"
    x = alt.X("value:Q", title=title)
    band = (
        alt.Chart()
        .transform_filter("isValid(datum.band)")
        .transform_calculate(least="-datum.band")
        .mark_bar(color=PALE, size=20)
        .encode(x=alt.X("least:Q", title=title), x2="band:Q", y=y)
    )
    drawn = alt.Chart().transform_filter("isValid(datum.value)")
    bars = interval(drawn, x, y).encode(color=alt.value(COLOURS[0]))
    point = drawn.mark_point(filled=True, size=48, opacity=1, color=COLOURS[0])
    numbers = alt.Chart().mark_text(align="left", fontSize=TYPE, color=INK)
    heading = (
        alt.Chart(pl.DataFrame({"text": [[f"change [interval], {unit}", "\u00b7 smallest detectable"]]}))
        .mark_text(align="left", fontSize=TYPE, color=SOFT)
        .encode(x=alt.value(PLOT + 16), y=alt.value(-22), text="text:N")
    )
    layers = [
        band,
        zero("x"),
        bars,
        point.encode(x=x, y=y),
        numbers.encode(x=alt.value(PLOT + 16), y=y, text="shown:N"),
        heading,
    ]
    height = row_height(names, ROW) * len(names)
    chart = alt.layer(*layers, data=rows).properties(width=PLOT, height=height)
    return finish(chart, "What did training change?", list(_notes(rows, view, said)))


def _measured(changes: list[dict], names: list[str], said: Said) -> pl.DataFrame:
    factor = 100.0 if said.measure.unit == POINTS else 1.0
    unit = f" {said.measure.unit}"
    found = []
    for place, (row, name) in enumerate(zip(changes, names, strict=True)):
        value, low, high, least = (row[key] for key in ("estimate", "ci_low", "ci_high", "mde"))
        texts = [None if each is None else said.measure.difference(each) for each in (value, low, high)]
        short = [text if text is None else text.removesuffix(unit) for text in texts]
        shown = short[0] or "undefined"
        shown += f" [{short[1]}, {short[2]}]" if short[1] else ""
        if least is not None:
            shown += f" \u00b7 {said.measure.difference(least, sign=False).removesuffix(unit)}"
        numbers = {"value": value, "low": low, "high": high, "band": least}
        scaled = {key: None if each is None else each * factor for key, each in numbers.items()}
        counts = {key: row[key] for key in ("n_tasks", "n_skills", "n_unscored")}
        found.append({"row": place, "name": name, "shown": shown, **scaled, **counts})
    schema = {"value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "band": pl.Float64}
    return pl.DataFrame(found, schema_overrides=schema)


def _notes(rows: pl.DataFrame, view: View, said: Said) -> Iterator[str]:
    groups = f" in {_of(rows['n_skills'], 'group')}" if said.grouped else ""
    around_them = "intervals, clustered by group" if said.grouped else "intervals"
    yield (
        f"score {said.measure.score} \u00b7 {_of(rows['n_tasks'], 'item')}{groups} \u00b7 unscored: "
        f"{span(rows['n_unscored'])} per change \u00b7 {view.level} {around_them}"
    )
    yield "gain = after training minus before, paired by item"
    if said.has_lift:
        yield "lift = what training added to the difference of two conditions"
    if rows["band"].count():
        yield "grey band: smaller than what this comparison detects with 80 % power"


def _of(counts: pl.Series, noun: str) -> str:
    """`1 group`, `12 groups`, `11 to 12 groups`."""
    return f"{span(counts)} {noun}" + ("" if counts.max() == counts.min() == 1 else "s")
