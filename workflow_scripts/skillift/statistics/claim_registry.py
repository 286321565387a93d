"""Every claim that a study tests, in one place: of the headlines, of the trajectory, and of each metric.

A claim of a metric stands in that metric's module (`skillift.metrics`). Each claim that is not among the
first six is a family of its own, so the headline tests are what they were without it.
"""

from __future__ import annotations

from skillift.errors import UserError, problem
from skillift.metrics.claim import ABOVE, ALL_OF, BELOW, NON_INFERIOR, SAME, Claim
from skillift.metrics.names import SHARE
from skillift.metrics.registry import metrics

CONSTRAINT_CEILING = "constraint_ceiling"
LIFT, DELTA, RATE = "lift:curated-none", "curated-none", "curated"
POINTS, SQUARED = "pp", "pp\u00b2"
SHAPE, DOMINATED, CEILING = "trajectory_shape", "dominated_by_base", "base_sets_ceiling"
GAIN = "gain:curated"
VARIANT_DELTA, VARIANT_LIFT, BRITTLENESS = "variant:curated", "lift:variant:curated", "brittleness"
SAFETY, SIDE_GAIN, SIDE_COST = "safety", "gain:none", "side_cost"
DATA_QUALITY, REPETITION, DEPTH = "data_quality", "repetition", "dip_and_recovery"
SAMPLING_BUDGET, WHERE_ABLE = "sampling_budget", "sampling_budget_where_able"
DIVERSITY_BY_TIER, DIVERSITY_LOST = "diversity_by_tier", "diversity_lost"
OF_SAMPLES = "samples"  # the sides of claims about many samples of a task, of whichever k a study declares
PREFERENCE, IN_FORM = "preference", "preference_in_form"
REWARD, REWARD_IN_FORM = "reward", "reward_in_form"
PRETRAINING, FINETUNING, IN_FORM_SUFFIX = "pretraining_scale", "finetuning_scale", "_in_form"
UNAIDED = "none"  # pass rates under it tell what a student knows
TRANSFER, RETENTION, BY_TIER = "transfer", "retention", "transfer_by_tier"
FORECAST, BEYOND_BASE = "forecast", "forecast_beyond_base"

_OF_PASSES = (
    Claim("lift", "SFT raises what the procedure is worth (lift above 0)", LIFT),
    Claim("procedural_delta", "the procedure helps (procedural delta above 0)", DELTA),
    Claim("uniform_lift", "the lift is the same at every tier", LIFT, "tiers", SAME, margin="uniform_lift"),
    Claim(
        "recipe_tie",
        "the recipes tie (pass rate under curated after SFT)",
        RATE,
        "recipes",
        SAME,
        margin="recipe_tie",
    ),
    Claim(
        "beyond_longer_prompt",
        "the lift is not a longer prompt's (above 0 over none and over every control)",
        LIFT,
        shape=ALL_OF,
    ),
    Claim(
        "neutral_filler",
        "the filler is neutral (filler − none before SFT)",
        "filler-none",
        "student",
        SAME,
        margin="neutral_filler",
    ),
    Claim(SHAPE, "the procedural deltas over the tiers have the declared signs", DELTA, "study", ALL_OF),
    Claim(
        DOMINATED,
        "tiers differ less in their lifts than in their procedural deltas before SFT (mean squares)",
        LIFT,
        "study",
        BELOW,
    ),
    Claim(
        CEILING,
        "skills that pass more often before SFT do so after it (slope over skills, under curated)",
        RATE,
        shape=ABOVE,
    ),
    Claim(TRANSFER, "SFT helps on skills that no demonstration has", GAIN, suite=TRANSFER),
    Claim(
        RETENTION,
        "it helps there as much as on the skills that were trained",
        GAIN,
        shape=SAME,
        suite=TRANSFER,
        margin=RETENTION,
    ),
    Claim(
        BY_TIER,
        "it helps there the more the larger a student is (slope on log parameters)",
        GAIN,
        "study",
        suite=TRANSFER,
    ),
    Claim(
        BRITTLENESS,
        "after SFT variants fall further behind the tasks that they are made of (under curated)",
        VARIANT_LIFT,
        shape=BELOW,
        suite="perturbed",
        margin=BRITTLENESS,
    ),
    Claim(
        SIDE_COST,
        "SFT costs nothing on the safety suite (pass rate under none no lower, within the margin)",
        SIDE_GAIN,
        shape=NON_INFERIOR,
        suite=SAFETY,
        margin=SIDE_COST,
    ),
    Claim(
        DATA_QUALITY,
        "other demonstrations of the same tasks give the same lift",
        LIFT,
        "recipes",
        SAME,
        margin=DATA_QUALITY,
    ),
    Claim(REPETITION, "few rows seen often give more lift than more rows, at as many steps", LIFT, "recipes"),
    Claim(
        PREFERENCE,
        "training on preference pairs gives more lift than the training that it starts from",
        LIFT,
        "recipes",
    ),
    Claim(
        REWARD, "training on rewards gives more lift than the training that it starts from", LIFT, "recipes"
    ),
    Claim(
        PRETRAINING,
        "with one training, a larger model passes more often than a smaller one (under none)",
        UNAIDED,
        "recipes",
    ),
    Claim(
        FINETUNING,
        "a large model passes more often after its own training than with a small one's (under none)",
        UNAIDED,
        "recipes",
    ),
    Claim(
        DEPTH,
        "early in training students fall below their base model, and rise again by its end (under curated)",
        GAIN,
        shape=ALL_OF,
    ),
    Claim(
        FORECAST,
        "skills on which the base model prefers right answers gain more lift (slope over skills)",
        LIFT,
        suite="holdout",
    ),
    Claim(
        BEYOND_BASE,
        "that tells more of the lift than the base pass rate does (per standard deviation over skills)",
        LIFT,
        suite="holdout",
    ),
    Claim(
        SAMPLING_BUDGET,
        "at no more FLOPs, the majority of several samples of a smaller student beats one of a larger",
        RATE,
        OF_SAMPLES,
        margin="sampling_budget_tie",
    ),
    Claim(
        WHERE_ABLE,
        "so it does on tasks that the smaller student passes in the other half of its samples",
        RATE,
        OF_SAMPLES,
        margin="sampling_budget_tie",
    ),
    Claim(
        DIVERSITY_BY_TIER,
        "larger students give more different answers among their samples (slope on log parameters)",
        RATE,
        OF_SAMPLES,
        metric="distinct@2",
    ),
    Claim(
        DIVERSITY_LOST,
        "after SFT students give fewer different answers among their samples",
        GAIN,
        OF_SAMPLES,
        BELOW,
        metric="distinct@2",
    ),
)


def registry() -> dict[str, Claim]:
    """Every claim by name, in the order of pages.

    Raises:
        UserError: two claims have one name, or a metric claims something of another one.
    """
    found = {claim.name: claim for claim in _OF_PASSES}
    for metric in metrics().values():
        for claim in metric.claims:
            where = f"skillift.metrics.{metric.name}, claims"
            if claim.name in found:
                raise UserError(problem(where, claim.name, "a name that no other claim has"))
            if claim.metric != metric.name:
                raise UserError(problem(where, f"metric={claim.metric!r}", f"metric={metric.name!r}"))
            found[claim.name] = claim
    return found


def says() -> dict[str, str]:
    """What each claim says, by name."""
    return {name: claim.says for name, claim in registry().items()}


def of_metrics() -> list[Claim]:
    """The claims of metrics other than `pass`."""
    return [claim for claim in registry().values() if claim.metric != "pass"]


def unit_of(claim: str) -> str:
    """The unit of a claim's estimate: `pp`, `pp\u00b2`, a metric's own, or empty for a slope."""
    if claim in (CEILING, DOMINATED, FORECAST):
        return SQUARED if claim == DOMINATED else ""
    return unit_of_metric(registry()[claim].metric)


def unit_of_metric(name: str) -> str:
    """`pp` of shares, and else the metric's own unit."""
    metric = metrics().get(name)
    return POINTS if metric is None or metric.unit == SHARE else metric.unit
