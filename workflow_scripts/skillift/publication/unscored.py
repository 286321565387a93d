"""What a reader is warned of where a scoring path has lost verdicts: shares above the study's limit."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from skillift.reporting.view import View
from skillift.statistics.contrasts import LIFT


def unscored_warnings(bounds: pl.DataFrame, rates: pl.DataFrame, view: View) -> dict[str, str]:
    """A line for each scoring path of which a run has more episodes unscored than the study allows.

    Args:
        bounds: contract BOUNDS, of one suite.
        rates: contract PASS_RATES, of the same; for paths that have no contrast.
        view: how the study wants results shown; `spec.max_unscored_share` is the limit (fraction of
            episodes).
    """
    limit = view.spec.max_unscored_share
    found = {}
    for path in rates["path"].unique().sort():
        runs = _by_run(bounds.filter(path=path), rates.filter(path=path))
        runs = runs.with_columns(label=pl.col("student").replace(view.label_by_student))
        runs = runs.with_columns(name=view.named())
        worst = runs.sort("share", descending=True, maintain_order=True).row(0, named=True)
        if worst["share"] > limit:
            found[path] = _line(path, runs, worst, limit)
    return found


def _by_run(bounds: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """student, run, n_unscored, n_episodes and their share; of overlapping contrasts the widest."""
    cell = ["student", "run"]
    # rows of a recipe are of its runs again
    deltas = bounds.join(rates.select(cell).unique(), on=cell, how="semi", maintain_order="left")
    deltas = deltas.filter(~pl.col("contrast").str.starts_with(LIFT), pl.col("n_episodes") > 0)
    share = pl.col("n_unscored") / pl.col("n_episodes")
    in_contrasts = (
        deltas.with_columns(share=share)
        .sort("share", descending=True, maintain_order=True)
        .unique(cell, keep="first", maintain_order=True)
        .select(*cell, "n_unscored", "n_episodes", "share")
    )
    # at one sample a task; else an upper bound
    alone = rates.group_by(cell, maintain_order=True).agg(
        pl.col("n_unscored").sum(), n_episodes=pl.col("n_tasks").sum() + pl.col("n_unscored").sum()
    )
    alone = alone.filter(pl.col("n_episodes") > 0).join(in_contrasts, on=cell, how="anti")
    return pl.concat([in_contrasts, alone.with_columns(share=share).select(in_contrasts.columns)])


def _line(path: str, runs: pl.DataFrame, worst: Mapping, limit: float) -> str:
    n_unscored, n_episodes = runs["n_unscored"].sum(), runs["n_episodes"].sum()
    at = f"most at {worst['name']}: {100 * worst['share']:.1f} %"
    total = (
        f"{n_unscored} of {n_episodes} compared episodes {'has' if n_unscored == 1 else 'have'} no verdict"
    )
    return f"Warning: on the path {path}, {total} ({at}; limit {100 * limit:g} %)"
