"""What they can say of sameness: at every tier, of recipes, of skills that the procedure helps more."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.shared import COUNTED, other_numbers, without_interval
from referee.studies import UNIFORM_PAIR, WHOLE_UNIFORM, known, on_bench, undefined
from referee.whole import edited, without_rows


@cache
def tiers_differ() -> Study:
    study = edited(known(), "claims", WHOLE_UNIFORM, word="contradicted", n_runs=1)
    return edited(study, "claims", UNIFORM_PAIR, word="contradicted", n_runs=1, margin=None)


@cache
def two_tiers_differ_within_the_margin() -> Study:
    return edited(known(), "claims", WHOLE_UNIFORM, word="not resolvable at this n", p_holm=0.01)


@cache
def recipes_have_seeds() -> Study:
    study = edited(known(), "claims", {"claim": "recipe_tie"}, n_runs=2, margin=None, p_equivalence=None)
    return edited(study, "claims", WHOLE_UNIFORM, word="not resolvable at this n")


def _by_dpo_too(**changes: object) -> Study:
    """Neither is known of either recipe."""
    study = recipes_have_seeds()
    claims = study.tables["claims"]
    by_dpo = claims.filter(**WHOLE_UNIFORM).with_columns(run=pl.lit("dpo"))
    by_dpo = by_dpo.with_columns(**{name: pl.lit(value) for name, value in changes.items()})
    both = pl.concat([claims, by_dpo.select(claims.columns).cast(dict(claims.schema))])
    return study._replace(tables={**study.tables, "claims": both})


@cache
def two_recipes() -> Study:
    return _by_dpo_too()


@cache
def one_of_them_has_one_seed() -> Study:
    return _by_dpo_too(n_runs=1)


@cache
def one_tier() -> Study:
    study = without_rows(known(), "claims", claim="uniform_lift")
    return without_rows(study, "asymmetry", estimator=["oldham", "naive"])


@cache
def no_halves() -> Study:
    return without_rows(known(), "asymmetry", estimator="split_half")


@cache
def slopes_at_other_levels() -> Study:
    """Slopes over skills are of the bench path alone; those of the headline path are between students."""
    return without_rows(known(), "asymmetry", path="judge:a", level="cells")


@cache
def slopes_without_intervals() -> Study:
    return edited(known(), "asymmetry", {"path": "judge:a"}, ci_low=None, ci_high=None)


@cache
def slopes_rise() -> Study:
    where = {"path": "judge:a", "recipe": "dpo", "level": "cells", "estimator": "split_half"}
    return edited(known(), "asymmetry", where, slope=0.7, ci_low=0.4, ci_high=1.0)


_APART = "+2.0 pp (95 % interval +0.0 to +4.0 pp; "
_EQUIVALENCE = "p of a difference of 5.0 pp or more = 0.010; smallest detectable difference 6.0 pp; "
_THESE = "a side has one seed, so about these runs"

CASES = [
    Sentence("open: recipes tie", "the answer rests on no pair of tiers", one_tier, (known,), "page"),
    Sentence(
        "Is it uniform across tiers? After SFT by sft: yes, within the declared margin.",
        "the lifts of all tiers are known to differ by less than the margin",
        known,
        (tiers_differ, recipes_have_seeds, undefined, one_tier),
    ),
    Sentence(
        f"After SFT by sft ({_THESE}): no, they differ.",
        "the lifts of tiers are known to differ, of these trainings",
        tiers_differ,
        (known, recipes_have_seeds, undefined),
    ),
    Sentence(
        "After SFT by sft: not resolvable at this n, neither sameness nor a difference is shown.",
        "neither is known",
        recipes_have_seeds,
        (known, tiers_differ, undefined, two_tiers_differ_within_the_margin),
    ),
    Sentence(
        "After SFT by sft: not resolvable at this n, two tiers differ by less than the margin, but not of "
        "all is that known.",
        "of two tiers a difference is known, and that it is smaller than the margin; of others neither",
        two_tiers_differ_within_the_margin,
        (known, recipes_have_seeds, tiers_differ),
    ),
    Sentence(
        "After SFT by sft and dpo: not resolvable at this n, neither sameness nor a difference is shown.",
        "neither is known of either recipe",
        two_recipes,
        (known, recipes_have_seeds, one_of_them_has_one_seed),
    ),
    Sentence(
        f"; by dpo ({_THESE}): not resolvable at this n, neither sameness nor a difference is shown.",
        "neither is known of either recipe, and one has a single training",
        one_of_them_has_one_seed,
        (known, recipes_have_seeds, two_recipes),
    ),
    Sentence(
        "at the end: Same at every tier  No recipe has a lift at two tiers",
        "no recipe has a lift at two tiers",
        one_tier,
        (known, undefined),
    ),
    Sentence(
        "at the end: Same at every tier  equivalent",
        "the lifts of all tiers are known to differ by less than the margin",
        known,
        (tiers_differ, recipes_have_seeds, undefined, one_tier),
    ),
    Sentence(
        "After SFT by sft: undefined on these data.",
        "the data give no difference",
        undefined,
        (known, recipes_have_seeds),
    ),
    Sentence(
        "No recipe has a lift at two tiers, so there is nothing to compare.",
        "no recipe has a lift at two tiers",
        one_tier,
        (known, undefined),
    ),
    Sentence(
        f"uniform lift | Largest difference of the lifts by sft, of any two tiers: {_APART}smallest "
        f"Holm-adjusted p of no difference = 0.300; {_EQUIVALENCE}{COUNTED}. [equivalent] lift",
        "the largest difference of tiers is this, and is known to be smaller than the margin",
        known,
        (other_numbers, tiers_differ, undefined, without_interval),
    ),
    Sentence(
        f"uniform lift | Difference of the lifts by sft, 115 k \u2212 45 k: {_APART}Holm-adjusted p of no "
        f"difference = 0.300; {_EQUIVALENCE}{COUNTED}. [equivalent] lift",
        "the difference of the two tiers is this, and is known to be smaller than the margin",
        known,
        (other_numbers, tiers_differ, undefined, without_interval),
    ),
    Sentence(
        f"115 k \u2212 45 k: {_APART}Holm-adjusted p of no difference = 0.300; no margin of "
        f"equivalence declared; smallest detectable difference 6.0 pp; {COUNTED}; {_THESE}. [contradicted]",
        "the study declares no margin; the difference is of single trainings",
        tiers_differ,
        (known, other_numbers),
    ),
    Sentence(
        "115 k \u2212 45 k: +2.0 pp (interval undefined; smallest detectable difference undefined; "
        f"{COUNTED}. [undefined]",
        "the data give a difference, and no interval",
        without_interval,
        (known,),
    ),
    Sentence(
        "115 k \u2212 45 k: undefined (0 tasks in 0 skills, 9 episodes unscored; path judge:a). [undefined]",
        "the data give no difference",
        undefined,
        (known, without_interval),
    ),
    Sentence(
        "recipes tie | Largest difference of the pass rates under curated at 45 k, of any two recipes: "
        f"+30.0 pp (… pp; 36 tasks in 12 skills, 0 episodes unscored; path judge:a); {_THESE}. "
        "[contradicted] recipe_band",
        "the largest difference of recipes is this, and is known not to be zero, of these trainings",
        known,
        (recipes_have_seeds, undefined, other_numbers),
    ),
    Sentence(
        "recipes tie | Difference of the pass rates under curated at 45 k, dpo \u2212 sft: \u221230.0 pp "
        "(… path judge:a). [contradicted]",
        "the difference of the recipes is this, and each was trained with several seeds",
        recipes_have_seeds,
        (known, undefined, other_numbers),
    ),
    Sentence(
        "asymmetry | Slope of the lift on the baseline procedural delta over skills by sft (negative: SFT "
        "adds more where the procedure helped less): split halves, free of the coupling: \u22120.50 (95 % "
        "interval \u22120.80 to \u22120.20); Oldham: \u22120.40 (95 % interval \u22120.70 to \u22120.10); "
        "naive, coupled by construction: \u22121.10 (95 % interval \u22121.40 to \u22120.80); 2 students, 36 "
        "tasks in 12 skills, 3 episodes unscored; path judge:a. Intervals are given these trainings, and for "
        "each slope alone. [",
        "the slopes over skills are these",
        known,
        (undefined, no_halves, on_bench, one_tier, slopes_at_other_levels),
    ),
    Sentence(
        "split halves, free of the coupling: \u22120.50 (interval undefined); ",
        "the data give a slope, and no interval",
        slopes_without_intervals,
        (known, undefined),
    ),
    Sentence(
        "skills by dpo … free of the coupling: +0.70 (95 % interval +0.40 to +1.00); ",
        "the slope is this, and above zero",
        slopes_rise,
        (known,),
    ),
    Sentence(
        "split halves, free of the coupling: undefined; ",
        "the data give no slope",
        undefined,
        (known, slopes_without_intervals),
    ),
    Sentence(
        "split halves, free of the coupling: \u22120.50 (95 % interval \u22120.80 to \u22120.20); "
        "2 students, 36 tasks",
        "there is no other slope",
        one_tier,
        (known,),
    ),
]
