"""What figures say of themselves in their modules, read without loading these.

The workflow reads it on every dry run, and a figure's module loads polars: so the constant `FIGURE` is taken
from the module's text (`skillift.module_code` keeps it), and all that it says are plain values.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from skillift.errors import UserError, problem
from skillift.module_constants import declared_in


class Figure(NamedTuple):
    """What a figure is made from, and where it stands.

    Attributes:
        place: in the order of the argument, in which the report and the findings page number figures: what
            SFT adds (from 100), whether everywhere (200), whether beyond trained skills (300), whether the
            judge is to blame (400), whether it is the procedure's doing (500), what else changes (600), what
            the numbers rest on (700 and 800).
        tables: what it is drawn from, names of `skillift.publication.inputs`, in the order of its function's
            arguments.
        question: that of `skillift.findings.QUESTIONS` under which it stands on the findings page; empty
            where it is not there.
        needs: what a study needs at least to have it, by the names of `skillift.reporting.registry.Extent`.
        every_metric: whether it takes the rows of every metric; others take those of `pass` alone.
        across_suites: whether it holds several suites against each other; of others there is one a suite.
    """

    place: int
    tables: tuple[str, ...]
    question: str = ""
    needs: Mapping[str, int] = MappingProxyType({})
    every_metric: bool = False
    across_suites: bool = False


def declared_figures(folder: Path | None = None) -> dict[str, Figure]:
    """The figures of a folder of modules by name, in the order of their places.

    Args:
        folder: by default the package `skillift.figures`.

    Raises:
        UserError: a declaration has a key that there is not, a value that is no literal, or the place of
            another figure.
    """
    found = dict(declared_in(folder or "figures", "FIGURE", Figure))
    at: dict[int, str] = {}
    for name, figure in found.items():
        if figure.place in at:
            source, other = f"skillift.figures.{name}: FIGURE, place", at[figure.place]
            raise UserError(problem(source, figure.place, f"a place of its own; {other} has that one"))
        at[figure.place] = name
    return dict(sorted(found.items(), key=lambda item: item[1].place))
