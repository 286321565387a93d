"""From rows of the analysis tables to what a figure draws: arms with their tier, phase, recipe and series.

The tables name students and runs by id; the analysis spec says how a student is labelled, where it
stands in the order of sizes and which recipe a run belongs to. Figures show the last checkpoint of a
run on one suite. Where a recipe has a row of its own (several seeds averaged), that row is the
headline and its seeds stand beside it; a recipe with a single seed is represented by that run.
"""

from __future__ import annotations

import polars as pl

from skillift.errors import UserError, problem
from skillift.reporting.column_text import decimal, percent, points, with_interval
from skillift.reporting.view import BASE, DOT, View

LADDER = ("none", "filler", "placebo", "shuffled", "curated")  # from no help to the right procedure


def place(frame: pl.DataFrame, view: View, source: str) -> pl.DataFrame:
    """Rows of `frame` on the view's suite and each run's last checkpoint, with their place in the study.

    Adds: label, position (of the tier), recipe (null for `base`), seed (null unless one seed's row),
    series, headline (false for a seed whose recipe has a row of its own). Sorted by position, series, seed.

    Args:
        frame: a table with student, run and, unless it is a training log, step and suite.
        view: how results are shown.
        source: the table's name for messages.

    Raises:
        UserError: there are no rows to show, or a student or run is unknown to the spec.
    """
    if "suite" in frame.columns:
        frame = frame.filter(pl.col("suite") == view.suite).filter(
            pl.col("step") == pl.col("step").max().over("student", "run")
        )
    if frame.is_empty():
        raise UserError(
            problem(f"{source} table", f"no rows of the suite {view.suite}", "at least one to draw")
        )
    _check_names(frame, view, source)
    recipe = pl.coalesce("recipe", pl.when(pl.col("run") != BASE).then(pl.col("run")))
    names = {recipe: view.after(recipe) for recipe in view.recipes}
    placed = (
        frame.join(view.students, on="student", how="left", maintain_order="left")
        .join(view.runs, on=["student", "run"], how="left", maintain_order="left")
        .with_columns(recipe=recipe)
        .with_columns(series=pl.col("recipe").replace_strict(names, default=view.before))
    )
    whole = placed.filter(pl.col("recipe") == pl.col("run")).select("student", "recipe").unique()
    whole = whole.with_columns(has_whole=pl.lit(True))
    placed = placed.join(whole, on=["student", "recipe"], how="left", maintain_order="left").with_columns(
        headline=~(pl.col("has_whole").fill_null(False) & pl.col("seed").is_not_null())
    )
    order = pl.col("series").replace_strict(
        {name: i for i, name in enumerate(view.series)}, return_dtype=pl.Int64
    )
    return placed.drop("has_whole").sort("position", order, "seed", maintain_order=True)


def _check_names(frame: pl.DataFrame, view: View, source: str) -> None:
    where = f"{source} table"
    fix = "Make the tables and this result from the same study file."
    unknown = sorted(set(frame["student"]) - set(view.students["student"]))
    if unknown:
        raise UserError(problem(where, unknown[0], f"a student of the study ({', '.join(view.labels)})", fix))
    known = {BASE, *view.recipes, *view.runs["run"]}
    unknown = sorted(set(frame["run"]) - known)
    if unknown:
        raise UserError(problem(where, unknown[0], "base, a run or a recipe of the study", fix))


def on_path(frame: pl.DataFrame, path: str, source: str) -> pl.DataFrame:
    """Rows of one scoring path.

    Raises:
        UserError: the table has none.
    """
    chosen = frame.filter(pl.col("path") == path)
    if chosen.is_empty():
        found = ", ".join(sorted(set(frame["path"]))) or "no rows"
        raise UserError(problem(f"{source} table", found, f"rows of the path {path}"))
    return chosen


def of_contrast(frame: pl.DataFrame, contrast: str) -> pl.DataFrame:
    """Rows of one contrast of the effects table.

    Raises:
        UserError: the table has none.
    """
    chosen = frame.filter(pl.col("contrast") == contrast)
    if chosen.is_empty():
        found = ", ".join(sorted(set(frame["contrast"]))) or "no rows"
        raise UserError(problem("effects table", found, f"rows of the contrast {contrast}"))
    return chosen


def measure(frame: pl.DataFrame, value: str, low: str, high: str, unit: str = "pp") -> pl.DataFrame:
    """Add value, low and high in the unit that is drawn, and `shown`: estimate and interval as text.

    Args:
        frame: estimates as fractions, or as they are where the unit is empty.
        value: column of the estimate.
        low: column of the interval's lower end.
        high: column of the interval's upper end.
        unit: `pp` (a difference), `%` (a rate) or empty (a number such as kappa or a slope).
    """
    number = {"pp": points, "%": percent, "": decimal}[unit]
    frame = frame.with_columns(pl.col(value, low, high).fill_nan(None))
    text = with_interval(number, value, low, high)
    factor = 100.0 if unit else 1.0
    return frame.with_columns(
        shown=text + f" {unit}" if unit else text,
        value=pl.col(value) * factor,
        low=pl.col(low) * factor,
        high=pl.col(high) * factor,
    )


def effects_of(effects: pl.DataFrame, view: View, *contrasts: str) -> pl.DataFrame:
    """The rows of some contrasts on the headline path, placed and measured in percentage points.

    Raises:
        UserError: the table has no rows of that path, of a contrast or of the suite.
    """
    rows = on_path(effects, view.headline_path, "effects")
    rows = pl.concat([of_contrast(rows, contrast) for contrast in contrasts])
    return measure(place(rows, view, "effects"), "estimate", "ci_low", "ci_high")


def in_rows(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Add row and name: one row for each student and recipe, the smallest student on top.

    A recipe without a row of its own has one row for each seed.
    """
    single = pl.col("headline") & pl.col("seed").is_not_null()
    name = pl.col("label") + DOT + pl.col("recipe")
    several = pl.col("run").filter(single).n_unique().over("student", "recipe") > 1
    rows = rows.with_columns(
        name=pl.when(several & single).then(name + ", seed " + pl.col("seed").cast(pl.String)).otherwise(name)
    )
    names = rows["name"].unique(maintain_order=True).to_list()
    return rows.with_columns(row=pl.col("name").replace_strict({n: i for i, n in enumerate(names)})), names


def conditions_in(rows: pl.DataFrame) -> list[str]:
    """The conditions of a table in the order of the ladder."""
    return [name for name in LADDER if name in set(rows["condition"])]


def by_condition(rows: pl.DataFrame, *first: str) -> pl.DataFrame:
    """Add condition_place: 0, 1, 2, ... along the ladder of the conditions that the table has.

    `first`: what else may stand in the place of a condition, before all of them.
    """
    known = [name for name in first if name in set(rows["condition"])]
    order = {name: i for i, name in enumerate([*known, *conditions_in(rows)])}
    return rows.with_columns(condition_place=pl.col("condition").replace_strict(order, return_dtype=pl.Int64))


def span(column: pl.Series) -> str:
    """A count that rows may differ in: `200`, or `198 to 200`."""
    low, high = str(column.min()), str(column.max())
    return low if low == high else f"{low} to {high}"


def spanned(column: pl.Series, noun: str) -> str:
    """Such a count with what is counted: `1 task`, `200 tasks`, `198 to 200 tasks`."""
    counts = span(column)
    return f"{counts} {noun}" if counts == "1" else f"{counts} {noun}s"
