"""The runs that a study declares, as a frame that tables are joined with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

_SCHEMA = {"student": pl.String, "run": pl.String, "recipe": pl.String, "seed": pl.Int64}


def run_frame(runs: Iterable[DeclaredRun]) -> pl.DataFrame:
    """student, run, recipe, seed (both null for `base`): a row for each run, in their order."""
    return pl.DataFrame(
        [(run.student, run.run, run.recipe, run.seed) for run in runs], schema=_SCHEMA, orient="row"
    )
