"""The claims of a study with their word: is there an effect, and are effects the same?

| claim | what is claimed | rows |
|---|---|---|
| `lift` | the lift is above 0 | one per student and recipe |
| `procedural_delta` | curated - none is above 0 | one per student: of `base`, and of each recipe |
| `uniform_lift` | a recipe's lift is the same at every tier | one per recipe, and one per pair of students |
| `recipe_tie` | after SFT, recipes pass equally under curated | one per student, one per pair of recipes |

Every path and suite has rows of its own. Of a run the last checkpoint counts. Where a recipe has several
seeds, a claim is about the recipe: its uncertainty holds the training-seed variance
(`seed_variance.combined`). With one seed it is about that run, which `run` names.

Families for Holm's correction, each within one path and suite: all lifts; all procedural deltas; the pairs
of one claim of sameness. The row of a whole claim of sameness is one test, and in no family.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from skillift.contracts.claims import CLAIMS
from skillift.contracts.pipeline import key_of
from skillift.errors import UserError, problem
from skillift.statistics.contrasts import BASE, Differences
from skillift.statistics.recipes import recipe_cells
from skillift.statistics.sameness import sameness
from skillift.statistics.sides import lifts_by_recipe, recipes_by_student
from skillift.statistics.words import SAMENESS, holm, word

LIFT, DELTA, RATE = "lift:curated-none", "curated-none", "curated"
_CLAIM_OF = {LIFT: "lift", DELTA: "procedural_delta"}
_UNCERTAINTY = ("standard_error", "ci_low", "ci_high", "p_value", "mde")


def claims(
    values: pl.DataFrame,
    found: list[Differences],
    effects: pl.DataFrame,
    seeds: pl.DataFrame,
    runs: list[dict],
    settings: dict,
) -> pl.DataFrame:
    """The table CLAIMS.

    Args:
        values: the frame of `pairing.task_values`.
        found: of `contrasts.differences`, from these values.
        effects: the table EFFECTS made from it.
        seeds: the table SEED_VARIANCE made from it.
        runs: `{student, run, recipe, seed}`.
        settings: confidence of the intervals; margins (`uniform_lift`, `recipe_tie`) as fractions, without
            which equivalence is not tested.

    Raises:
        UserError: a margin of no claim of sameness, or one that is not a fraction above 0.
    """
    confidence, margins = settings["confidence"], _margins(settings)
    rows = []
    for item in found:
        if item.contrast in _CLAIM_OF and item.cells.height:
            rows += _of_effects(item, effects, seeds, runs)
        if item.contrast == LIFT and item.cells.height:
            rows += _uniform_lifts(item, seeds, runs, margins.get("uniform_lift"), confidence)
    for part in values.partition_by("path", "suite", maintain_order=True):
        rows += _recipe_ties(part, seeds, runs, margins.get("recipe_tie"), confidence)
    for row in rows:
        row["word"] = word(row, confidence)
    schema = {name: column.dtype.type for name, column in CLAIMS.columns.items()}
    return pl.DataFrame(rows, schema=schema).sort(key_of(CLAIMS))


def _margins(settings: dict) -> dict[str, float]:
    margins = settings.get("margins") or {}
    for name, margin in margins.items():
        where = f"--spec, key analysis.margins.{name}"
        if name not in SAMENESS:
            raise UserError(problem(where, name, f"one of {', '.join(SAMENESS)}"))
        if not (isinstance(margin, int | float) and 0 < margin <= 1):
            raise UserError(problem(where, margin, "a fraction such as 0.05"))
    return margins


def _of_effects(
    item: Differences, effects: pl.DataFrame, seeds: pl.DataFrame, runs: list[dict]
) -> Iterator[dict]:
    """The claims that one contrast is above 0, on one path and suite: a family of Holm's correction."""
    place = item.cells.select("path", "suite").row(0, named=True) | {"contrast": item.contrast}
    columns = ["student", "run", "step"]
    heads = pl.concat([item.cells.filter(run=BASE), recipe_cells(item.cells, runs).heads], how="diagonal")
    rows = heads.select(columns).join(effects.filter(**place), on=columns, maintain_order="left")
    combined = {
        (row["student"], row["recipe"]): {name: row[name] for name in _UNCERTAINTY}
        for row in seeds.filter(**place).iter_rows(named=True)
    }
    records = [
        row | (combined[row["student"], row["run"]] if row["n_runs"] > 1 else {})
        for row in rows.iter_rows(named=True)
    ]
    adjusted = holm([row["p_value"] for row in records])
    fixed = {"claim": _CLAIM_OF[item.contrast], "against": "", "margin": None, "p_equivalence": None}
    for row, p_holm in zip(records, adjusted, strict=True):
        yield row | fixed | {"p_holm": p_holm}


def _uniform_lifts(
    item: Differences, seeds: pl.DataFrame, runs: list[dict], margin: float | None, confidence: float
) -> Iterator[dict]:
    place = item.cells.select("path", "suite").row(0, named=True)
    for recipe, sides in lifts_by_recipe(item, seeds, runs):
        fixed = place | {"claim": "uniform_lift", "run": recipe, "contrast": LIFT}
        for row in sameness(sides, margin, confidence):
            yield fixed | row | {"student": row["side"]}


def _recipe_ties(
    values: pl.DataFrame, seeds: pl.DataFrame, runs: list[dict], margin: float | None, confidence: float
) -> Iterator[dict]:
    place = values.select("path", "suite").row(0, named=True)
    for student, sides in recipes_by_student(values, seeds, runs, RATE):
        fixed = place | {"claim": "recipe_tie", "student": student, "contrast": RATE}
        for row in sameness(sides, margin, confidence):
            yield fixed | row | {"run": row["side"]}
