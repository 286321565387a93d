"""How a figure is drawn and written; which there are stands in `skillift.reporting.registry`.

Each figure is a module of this package with one function `figure(*tables, view)`; its module is loaded
by name, so a rule's code digest names `skillift.figures.<figure>` as a further root.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from skillift.errors import UserError, problem
from skillift.metrics.metric import of_metric
from skillift.protocols import of_protocol
from skillift.reporting.registry import ACROSS_SUITES, EVERY_METRIC, FIGURES
from skillift.tables import atomic_path

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

    from skillift.reporting.view import View


def draw(name: str, tables: Mapping[str, pl.DataFrame], view: View) -> alt.Chart:
    """The chart of one figure; of a study that asked several suites one below the other, a chart for each.

    Args:
        name: a key of `skillift.reporting.registry.FIGURES`.
        tables: at least the tables that `FIGURES[name]` lists.
        view: how the study wants results shown.

    Raises:
        UserError: there is no such figure, a table is missing, or a table has nothing to draw.
    """
    if name not in FIGURES:
        raise UserError(problem("figure", name, f"one of {', '.join(sorted(FIGURES))}"))
    missing = [table for table in FIGURES[name] if table not in tables]
    if missing:
        raise UserError(problem(f"figure {name}", sorted(tables), f"the tables {', '.join(FIGURES[name])}"))
    module = import_module(f"skillift.figures.{name}")
    every = name in EVERY_METRIC
    given = [(of_protocol if every else of_metric)(tables[table]) for table in FIGURES[name]]
    one = name in ACROSS_SUITES or not any("suite" in table.columns for table in given)
    views = [view] if one else view.by_suite()
    with _quickly():
        charts = [module.figure(*given, of_suite) for of_suite in views]
        if len(charts) == 1:
            return charts[0]

        from skillift.figures.theme import below_each_other

        names = [of_suite.suite for of_suite in views]
        return below_each_other(dict(zip(names, charts, strict=True)))


@contextmanager
def _quickly() -> Iterator[None]:
    """Have altair leave out, for a `with` block, what takes half of its time.

    It would hold every part against Vega-Lite's schema, which tests do with the whole, and list its own
    classes again for every condition of a channel.
    """
    from altair.utils import schemapi

    listing = schemapi._FromDict
    listed = cache(listing)
    schemapi._FromDict = lambda classes: listed(tuple(classes))
    try:
        with schemapi.debug_mode(False):
            yield
    finally:
        schemapi._FromDict = listing


def save(chart: alt.Chart, path: Path | str) -> None:
    """Write a chart as static SVG, atomically; the same chart gives the same bytes.

    Raises:
        UserError: the file cannot be written.
    """
    from skillift.figures.theme import to_svg

    _write(to_svg(chart), path)


def save_page(chart: alt.Chart, name: str, viewer: Path | str, path: Path | str) -> None:
    """Write a chart as a self-contained interactive page, atomically.

    Args:
        chart: the chart.
        name: the figure's name, which becomes the page's title.
        viewer: the file of scripts that the command `make_viewer` wrote.
        path: the page to write.

    Raises:
        UserError: the scripts cannot be read, or the page cannot be written.
    """
    from skillift.figures.figure_page import to_html

    try:
        scripts = Path(viewer).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(problem(str(viewer), str(error), "the file that `make_viewer` writes")) from error
    _write(to_html(chart, name.replace("_", " "), scripts), path)


def _write(text: str, path: Path | str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
