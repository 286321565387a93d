"""The claims of a study with their word: is there an effect, and are effects the same?

| claim | what is claimed | rows |
|---|---|---|
| `lift` | the lift is above 0 | one per student and recipe |
| `procedural_delta` | curated - none is above 0 | one per student: of `base`, and of each recipe |
| `uniform_lift` | a recipe's lift is the same at every tier | one per recipe, and one per pair of students |
| `recipe_tie` | after SFT, recipes pass equally under curated | one per student, one per pair of recipes |
| `beyond_longer_prompt`, `neutral_filler` | see `control_claims` | |
| `trajectory_shape`, `dominated_by_base`, `base_sets_ceiling` | see `trajectory` | |
| `transfer`, `retention`, `transfer_by_tier` | see `transfer` | |
| `brittleness` | see `variants` | one per student and recipe |
| `side_cost` | see `side_cost` | likewise |
| `data_quality`, `repetition`, `preference`, `reward`, and the latter two `_in_form` | see `recipe_pairs` | |
| `pretraining_scale`, `finetuning_scale`, and the same `_in_form` | see `scale` | |
| `dip_and_recovery` | see `depth` | one per student and recipe |
| `forecast`, `forecast_beyond_base` | see `forecast` | one per student and recipe, one between tiers |
| `sampling_budget`, `sampling_budget_where_able`, `diversity_by_tier`, `diversity_lost` | see `sampling` | |
| of another metric than `pass` | see its module in `skillift.metrics` | one per student and recipe |

All of them stand in `claim_registry`. Every path and suite has rows of its own. Of a run the last checkpoint
counts. Where a recipe has several seeds, a claim is about the recipe: its uncertainty holds the training-seed
variance (`seed_variance`). With one seed it is about that run, which `run` names; `n_runs` says so of sides,
too.

Families for Holm's correction, each within one path and suite: all lifts; all procedural deltas; the pairs
of one claim of sameness; each kind of claim about the controls; every further claim. A whole claim of
sameness has its word from its pairs. The smallest detectable effect is that of the family, and
`word_holds` says whether the missing verdicts could change a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import polars as pl

from skillift.contracts.claims import CLAIMS
from skillift.contracts.pipeline import key_of
from skillift.errors import UserError, problem
from skillift.metrics.names import PASS
from skillift.statistics.claim_families import family, heads
from skillift.statistics.claim_labels import CONTRADICTED, MARGINS, holds, word, word_of_all
from skillift.statistics.claim_registry import (
    BRITTLENESS,
    DELTA,
    IN_FORM_SUFFIX,
    LIFT,
    OF_SAMPLES,
    RATE,
    SIDE_COST,
    TRANSFER,
    of_metrics,
)
from skillift.statistics.comparisons import lifts_by_recipe, recipes_by_student
from skillift.statistics.constraint_ceiling import ceiling_claims
from skillift.statistics.contrasts import Differences
from skillift.statistics.control_claims import NEUTRAL, control_claims
from skillift.statistics.depth import depth_claims
from skillift.statistics.equivalence_claims import sameness
from skillift.statistics.forecast import forecast_claims
from skillift.statistics.recipe_pairs import FORMAT, recipe_pair_claims
from skillift.statistics.scale import scale_claims
from skillift.statistics.side_cost import side_cost_claims
from skillift.statistics.trajectory import trajectory_claims
from skillift.statistics.transfer import transfer_claims
from skillift.statistics.variants import variant_claims

if TYPE_CHECKING:
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun

CONSTRAINTS = "constraints"  # the metric of the ceiling
_CLAIM_OF = {LIFT: "lift", DELTA: "procedural_delta"}


def claims(
    values: pl.DataFrame,
    found: list[Differences],
    effects: pl.DataFrame,
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    settings: Analysed,
    skills: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The table CLAIMS: every claim of a study with its estimate, p-value, detectable effect and word.

    Args:
        values: the frame of `pairing.task_values`.
        found: of `contrasts.differences`, from these values, and of `variants.variant_differences`.
        effects: the table EFFECTS made from it, training-seed variance included.
        seeds: the table SEED_VARIANCE made from it.
        runs: the declared runs.
        settings: the study's; without its margin no equivalence is tested.
        skills: of `forecast.forecast_skills`, where a forecast is declared.

    Raises:
        UserError: a margin of no claim of sameness.
    """
    confidence, margins = settings.confidence, _margins(settings)
    rows: list[dict] = []
    for item in found:
        if item.contrast in _CLAIM_OF and item.cells.height:
            rows += family(
                _CLAIM_OF[item.contrast], heads(item, effects, seeds, runs, confidence), confidence
            )
        if item.contrast == LIFT and item.cells.height:
            rows += _uniform_lifts(item, seeds, runs, margins.get("uniform_lift"), confidence)
    for part in values.partition_by("path", "suite", maintain_order=True):
        rows += _recipe_ties(part, seeds, runs, margins.get("recipe_tie"), confidence)
    rows += control_claims(found, effects, seeds, runs, margins.get("neutral_filler"), confidence)
    rows += trajectory_claims(values, found, seeds, runs, settings)
    rows += transfer_claims(found, effects, seeds, runs, settings)
    rows += variant_claims(found, effects, seeds, runs, settings)
    rows += side_cost_claims(found, effects, seeds, runs, settings)
    rows += recipe_pair_claims(found, seeds, runs, settings)
    rows += depth_claims(found, runs, settings)
    rows += scale_claims(values, seeds, runs, settings)
    if skills is not None and skills.height:
        rows += forecast_claims(skills, runs, confidence)
    return claims_table(rows, PASS, confidence)


def claims_of_metric(
    metric: str,
    values: pl.DataFrame,
    found: list[Differences],
    effects: pl.DataFrame,
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    settings: Analysed,
) -> pl.DataFrame:
    """The table CLAIMS of a metric other than `pass`: what its module claims, each claim a family of its own.

    Args:
        metric: its name.
        values: of `metric_values`.
        found: of `contrasts.differences`, from its values.
        effects, seeds, runs, settings: as in `claims`, of this metric.
    """
    confidence, margins = settings.confidence, _margins(settings)
    rows: list[dict] = []
    for claim in (claim for claim in of_metrics() if claim.sides not in ("recipes", OF_SAMPLES)):
        for item in found:
            if claim.metric != metric or item.contrast != claim.contrast or not item.cells.height:
                continue
            if claim.suite and item.cells["suite"][0] != claim.suite:
                continue
            known = heads(item, effects, seeds, runs, confidence, margins.get(claim.margin))
            rows += family(claim.name, [row | {"shape": claim.shape} for row in known], confidence)
    rows += recipe_pair_claims(found, seeds, runs, settings, metric)
    if metric == FORMAT:
        rows += scale_claims(values, seeds, runs, settings, metric)
    if metric == CONSTRAINTS:
        rows += ceiling_claims(values, seeds, runs, settings)
    return claims_table(rows, metric, confidence)


def claims_table(rows: list[dict], metric: str, confidence: float) -> pl.DataFrame:
    """CLAIMS from rows without their words."""
    for row in rows:
        row["metric"] = metric
        row["word"] = word(row, confidence)
    for row in rows:
        if "pairs" in row:
            row["word"] = word_of_all([pair["word"] for pair in row["pairs"]])
    for row in rows:
        row["word_holds"] = _holds(row, confidence)
    schema = {name: column.dtype.type for name, column in CLAIMS.columns.items()}
    return pl.DataFrame(rows, schema=schema).sort(key_of(CLAIMS))


def _margins(settings: Analysed) -> dict[str, float]:
    for name in settings.margins:
        if name not in MARGINS:
            where = f"--spec, key analysis.margins.{name}"
            raise UserError(problem(where, name, f"one of {', '.join(MARGINS)}"))
    return settings.margins


def _holds(row: dict, confidence: float) -> bool:
    """Whether a claim keeps its word whatever the missing verdicts are; a whole claim by its pairs."""
    if "pairs" not in row:
        return holds(row, row["ends"], row["n_tests"], confidence)
    if not row["n_unscored"]:
        return True
    kept = [pair["word"] for pair in row["pairs"] if holds(pair, pair["ends"], pair["n_tests"], confidence)]
    return CONTRADICTED in kept or len(kept) == len(row["pairs"])


def _uniform_lifts(
    item: Differences, seeds: pl.DataFrame, runs: list[DeclaredRun], margin: float | None, confidence: float
) -> Iterator[dict]:
    place = item.cells.select("path", "suite").row(0, named=True)
    for recipe, sides in lifts_by_recipe(item, seeds, runs):
        fixed = place | {"claim": "uniform_lift", "run": recipe, "contrast": LIFT}
        yield from _with_pairs(
            fixed | row | {"student": row["side"]} for row in sameness(sides, margin, confidence)
        )


def _recipe_ties(
    values: pl.DataFrame,
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    margin: float | None,
    confidence: float,
) -> Iterator[dict]:
    place = values.select("path", "suite").row(0, named=True)
    for student, sides in recipes_by_student(values, seeds, runs, RATE):
        fixed = place | {"claim": "recipe_tie", "student": student, "contrast": RATE}
        yield from _with_pairs(
            fixed | row | {"run": row["side"]} for row in sameness(sides, margin, confidence)
        )


def _with_pairs(rows: Iterable[dict]) -> list[dict]:
    """The rows of one claim of sameness; the first, of the whole claim, knows those of its pairs."""
    found = list(rows)
    return [found[0] | {"pairs": found[1:]}, *found[1:]] if found else []


def at_level_of_claims(effects: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """EFFECTS with the smallest detectable effect of its claims: at the level that their word is found at.

    Args:
        effects: the table EFFECTS.
        table: the table CLAIMS made from it.
    """
    key = ["path", "suite", "metric", "contrast", "student", "run"]
    of_effects = [*_CLAIM_OF.values(), NEUTRAL, TRANSFER, BRITTLENESS, SIDE_COST]
    of_others = (pl.col("metric") != PASS) & ~pl.col("claim").str.ends_with(IN_FORM_SUFFIX)
    whole = of_others | pl.col("claim").is_in(of_effects)
    claimed = table.filter(whole).unique(key, keep="first", maintain_order=True).select(*key, of_claim="mde")
    last = pl.col("step") == pl.col("step").max().over("suite", "student", "run")
    level = pl.when(last & pl.col("of_claim").is_not_null()).then("of_claim").otherwise("mde")
    joined = effects.join(claimed, on=key, how="left", maintain_order="left")
    return joined.with_columns(mde=level).select(effects.columns)
