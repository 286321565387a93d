"""The analysis of a comparison of logs: what of a study's analysis logs have.

Arms and their differences are those of any study (`skillift.statistics.contrasts`). Every gain and every lift
is a claim with its word. Families for Holm's correction: the gains of all conditions; the lift of curated
over none, as in a study; the lifts over and of other conditions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.errors import UserError, problem
from skillift.evaluation_logs.log_tables import Comparison, Tables
from skillift.evaluation_logs.measure import Measure
from skillift.metrics.names import PASS
from skillift.metrics.registry import metrics
from skillift.settings.publication_specs import DeclaredPrediction, DeclaredRun
from skillift.statistics.asymmetry import SPLITS, asymmetry
from skillift.statistics.claim_families import family, heads
from skillift.statistics.claim_registry import DELTA, LIFT
from skillift.statistics.claims import claims_table
from skillift.statistics.contrast_names import GAIN
from skillift.statistics.contrast_names import LIFT as LIFTS
from skillift.statistics.contrasts import Differences, differences
from skillift.statistics.control_claims import BEYOND, NEUTRAL, control_claims
from skillift.statistics.effects import effects
from skillift.statistics.pairing import ABSENT, task_values, with_skills
from skillift.statistics.pass_rates import no_responses, pass_rates
from skillift.statistics.predictions import predictions
from skillift.statistics.seed_variance import about_recipes, seed_variance
from skillift.statistics.skill_effects import skill_effects

_PLACE = ["path", "suite", "contrast"]
_OF_STATEMENT = ("than", "margin")


def compared(made: Tables, comparison: Comparison) -> dict[str, pl.DataFrame]:
    """The tables of a comparison by name: contracts PASS_RATES, EFFECTS, SKILL_EFFECTS, CLAIMS, ASYMMETRY.

    Numbers are in the unit of the score: fractions for passes. `asymmetry` is there for passes with a lift
    over declared groups.

    Args:
        made: the tables of the logs, within `skillift.metrics.registry.also` where they measure a metric.
        comparison: how they are analysed.
    """
    settings, runs, measure = comparison.analysis, comparison.view.spec.runs, made.measure
    confidence = settings.confidence
    of_passes = measure.metric == PASS
    known = _known(made)
    values = task_values(known) if of_passes else metrics()[measure.metric].values(known)
    if not values["value"].count():
        raise UserError(
            problem("scores of all arms", "none", "at least one score", "Give logs with scored items.")
        )
    found = list(differences(values, runs))
    samples = (settings.bootstrap_samples, settings.seed)
    given_seeds = effects(found, confidence, *samples, measure.metric)
    seeds = seed_variance(given_seeds, runs, confidence)
    estimates = about_recipes(given_seeds, runs, _PLACE, confidence)
    rows = list(_claims(found, estimates, seeds, runs, measure, confidence))
    if of_passes:
        margin = settings.margins.get("neutral_filler")
        rows += control_claims(found, estimates, seeds, runs, margin, confidence)
    claimed = claims_table(rows, measure.metric, confidence)
    tables = {
        "pass_rates": measure.in_its_unit(
            pass_rates(values, no_responses(), confidence, measure.metric), rate="pass_rate"
        ),
        "effects": measure.in_its_unit(_at_level_of_claims(estimates, claimed)),
        "skill_effects": measure.in_its_unit(skill_effects(found, confidence)),
        "claims": measure.in_its_unit(claimed),
    }
    if of_passes and comparison.about.grouped and any(item.contrast == LIFT for item in found):
        splits = settings.splits or SPLITS
        tables["asymmetry"] = asymmetry(values, runs, confidence, splits, settings.seed)
    return tables


def predicted(
    made: Tables, comparison: Comparison, declared: Mapping[str, DeclaredPrediction]
) -> pl.DataFrame:
    """The table PREDICTIONS of what a study declares: contract of that name, in the unit of the score."""
    measure = made.measure
    scaled = {
        name: entry.model_copy(
            update={"than": entry.than / measure.span, "margin": entry.margin / measure.span}
        )
        for name, entry in declared.items()
    }
    runs, confidence = comparison.view.spec.runs, comparison.analysis.confidence
    table = predictions(_known(made), made.tasks, scaled, runs, confidence=confidence)
    ends = [*_OF_STATEMENT, "equivalence_low", "equivalence_high"]
    return measure.in_its_unit(table).with_columns(pl.col(ends) * measure.span)


def _known(made: Tables) -> pl.DataFrame:
    """Scores with skills, and a row for each item that an arm lacks.

    How often an item was asked is the log's own matter: an epoch that others have is not missing.
    """
    known = with_skills(made.scores, made.tasks)
    arm = ["run", "condition", "task_id"]
    asked = made.scores.select(arm).unique()
    absent = known.filter(status=ABSENT)
    more = absent.join(asked, on=arm, how="semi")
    if more.is_empty():
        return known
    lacking = absent.join(asked, on=arm, how="anti").unique(arm, keep="first", maintain_order=True)
    return pl.concat([known.filter(pl.col("status") != ABSENT), lacking])


def _claims(
    found: list[Differences],
    estimates: pl.DataFrame,
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    measure: Measure,
    confidence: float,
) -> Iterator[dict]:
    known = estimates, seeds, runs, confidence
    families: dict[str, list[dict]] = {}
    for item in found:
        kind = _family(item.contrast)
        if kind and item.cells.height:
            families.setdefault(kind, []).extend(heads(item, *known))
    for kind, rows in families.items():
        for row in family(kind, rows, confidence):
            yield row | {"claim": _claim(row["contrast"], measure), "shape": measure.shape}


def _family(contrast: str) -> str:
    if contrast in (LIFT, DELTA):
        return contrast
    return next((kind for kind in (GAIN, LIFTS) if contrast.startswith(kind)), "")


def _claim(contrast: str, measure: Measure) -> str:
    """The claim's name: of passes as in studies where those have it."""
    if measure.metric != PASS:
        return f"{measure.score}, {contrast}"
    return {LIFT: "lift", DELTA: "procedural_delta"}.get(contrast, contrast)


def _at_level_of_claims(estimates: pl.DataFrame, claimed: pl.DataFrame) -> pl.DataFrame:
    """EFFECTS with the smallest detectable effect at the level that each claim's word is found at."""
    key = ["contrast", "student", "run"]
    own = claimed.filter(
        ~pl.col("claim").is_in([BEYOND, NEUTRAL])
    )  # which are of several contrasts, or of few
    joined = estimates.join(own.select(*key, of_claim="mde"), on=key, how="left", maintain_order="left")
    return joined.with_columns(mde=pl.coalesce("of_claim", "mde")).select(estimates.columns)
