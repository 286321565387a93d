"""The study's figures: which there are, which tables each one draws, and how one is drawn.

Kept free of altair, so that the workflow can list figures and their inputs at no cost. Each figure
is a module of this package with one function `figure(*tables, spec)`; its module is loaded by name,
so a rule's code digest names `skillift.figures.<figure>` as a further root.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from skillift.errors import UserError, problem
from skillift.tables import atomic_path

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

# figure -> the tables that it draws, by the names of `skillift.result_inputs`
FIGURES: dict[str, tuple[str, ...]] = {
    "tier_trajectory": ("effects",),
    "lift": ("effects",),
    "lift_by_path": ("effects",),
    "condition_ladder": ("pass_rates",),
    "path_audit": ("path_shift",),
    "judge_agreement": ("agreement",),
    "loss_curves": ("log",),
}


def figures_for(n_judges: int, n_trained: int) -> list[str]:
    """The figures that a study with so many judges and trained runs has."""
    judges = {"judge_agreement": 2, "path_audit": 1}
    trained = {"lift": 1, "lift_by_path": 1, "loss_curves": 1}
    return [name for name in FIGURES if n_judges >= judges.get(name, 0) and n_trained >= trained.get(name, 0)]


def draw(name: str, tables: Mapping[str, pl.DataFrame], spec: dict) -> alt.Chart:
    """The chart of one figure.

    Args:
        name: a key of `FIGURES`.
        tables: at least the tables that `FIGURES[name]` lists.
        spec: the analysis spec, see `skillift.arms.read_spec`.

    Raises:
        UserError: there is no such figure, a table is missing, or a table has nothing to draw.
    """
    if name not in FIGURES:
        raise UserError(problem("figure", name, f"one of {', '.join(sorted(FIGURES))}"))
    missing = [table for table in FIGURES[name] if table not in tables]
    if missing:
        raise UserError(problem(f"figure {name}", sorted(tables), f"the tables {', '.join(FIGURES[name])}"))
    module = import_module(f"skillift.figures.{name}")
    return module.figure(*(tables[table] for table in FIGURES[name]), spec)


def save(chart: alt.Chart, path: Path | str) -> None:
    """Write a chart as static SVG, atomically; the same chart gives the same bytes.

    Raises:
        UserError: the file cannot be written.
    """
    from skillift.figures.theme import to_svg

    text = to_svg(chart)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
