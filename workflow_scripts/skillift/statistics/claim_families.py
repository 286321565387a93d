"""Claims that an effect is above 0, and the families that Holm's correction takes them in.

A *head* is what a claim is about: the base model, and of each recipe its mean over the seeds, or its one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import polars as pl

from skillift.statistics.claim_labels import End, holm
from skillift.statistics.contrasts import BASE, Differences
from skillift.statistics.equivalence import tost
from skillift.statistics.intervals import clustered_means
from skillift.statistics.recipes import recipe_cells
from skillift.statistics.seed_variance import about_recipes, uncertainty_of
from skillift.statistics.uncertainty import Uncertainty, students_t

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

_HEAD = ["student", "run", "step"]


def heads(
    item: Differences,
    effects: pl.DataFrame,
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    confidence: float,
    margin: float | None = None,
    within_margin: Callable[..., float | None] = tost,
) -> list[dict]:
    """The effects of one contrast, on one path and suite, that claims are about.

    Args:
        item: the contrast, from `contrasts.differences`.
        effects: the table EFFECTS made from it, training-seed variance included.
        seeds: the table SEED_VARIANCE made from it.
        runs: the declared runs.
        confidence: of the intervals.
        margin: the largest difference that counts as none, as a fraction; None where none is declared.
        within_margin: the test behind `p_equivalence`, of `equivalence`.

    Returns:
        Rows of EFFECTS with `against` (empty), `margin`, `p_equivalence`, `ends` (with every missing verdict
        at either end; empty where none is missing) and `uncertainty` (None where undefined).
    """
    place = item.cells.select("path", "suite").row(0, named=True) | {"contrast": item.contrast}
    cells = pl.concat([item.cells.filter(run=BASE), recipe_cells(item.cells, runs).heads], how="diagonal")
    rows = cells.select(_HEAD).join(effects.filter(**place), on=_HEAD, maintain_order="left")
    of_recipes = {
        (row["student"], row["recipe"]): uncertainty_of(row)
        for row in seeds.filter(**place).iter_rows(named=True)
    }
    ends = _ends(item, runs, margin, confidence, within_margin) if rows["n_unscored"].sum() else {}
    found = []
    for row in rows.iter_rows(named=True):
        several = of_recipes.get((row["student"], row["run"])) if row["n_runs"] > 1 else None
        whole = several or _of_one(row)
        found.append(
            row
            | {
                "against": "",
                "margin": margin,
                "p_equivalence": within_margin(row["estimate"], whole, margin),
                "ends": ends.get(tuple(row[name] for name in _HEAD), []),
                "uncertainty": whole if row["standard_error"] is not None else None,
            }
        )
    return found


def family(claim: str, rows: list[dict], confidence: float) -> Iterator[dict]:
    """Rows of `heads` as claims of one kind: one family, at whose level the smallest detectable effect is."""
    adjusted = holm([row["p_value"] for row in rows])
    n_tests = sum(p_holm is not None for p_holm in adjusted)
    for row, p_holm in zip(rows, adjusted, strict=True):
        whole = row["uncertainty"]
        undetected = dict.fromkeys(("mde", "mde_low", "mde_high"))
        detectable = whole.detectable(confidence, n_tests) if whole else undetected
        yield row | {"claim": claim, "p_holm": p_holm, "n_tests": n_tests, **detectable}


def _of_one(row: dict) -> Uncertainty | None:
    if row["standard_error"] is None:
        return None
    return students_t(row["standard_error"], row["degrees_of_freedom"])


def _ends(
    item: Differences,
    runs: list[DeclaredRun],
    margin: float | None,
    confidence: float,
    within_margin: Callable[..., float | None],
) -> dict[tuple, list[End]]:
    """Each effect of one contrast with its missing verdicts at either end, by student, run and step."""
    found: dict[tuple, list[End]] = {}
    for end in ("low", "high"):
        means = clustered_means(item.tasks.with_columns(value=end), ["cell"], confidence)
        cells = item.cells.join(means, on="cell", how="left")
        for row in about_recipes(cells, runs, ["path", "suite"], confidence).iter_rows(named=True):
            equivalent = within_margin(row["estimate"], _of_one(row), margin) if margin else None
            place = tuple(row[name] for name in _HEAD)
            found.setdefault(place, []).append(End(row["estimate"], row["p_value"], equivalent))
    return found
