"""What the findings can say of the trajectory over the tiers: once true, once false."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.claim_rows import COUNTS, claim_row, elsewhere, made_table
from referee.room import passing
from referee.studies import base_alone, known
from referee.whole import edited, without_rows
from skillift.contracts.analysis import TIER_SPREADS

_SHAPE = {"claim": "trajectory_shape", "path": "judge:a"}
_DOMINATED = {"claim": "dominated_by_base", "path": "judge:a"}
_CEILING = {"claim": "base_sets_ceiling", "path": "judge:a"}


@cache
def shaped() -> Study:
    """A declared shape that is not resolved before SFT and supported after it."""
    study = known()
    shape = {"claim": "trajectory_shape", "metric": "pass", "contrast": "curated-none", "student": ""}
    rows = [
        claim_row(
            **shape,
            run="base",
            estimate=0.01,
            ci_low=-0.05,
            ci_high=0.07,
            mde=3.5,
            p_holm=0.7,
            word="not resolvable at this n",
        ),
        claim_row(**shape, run="sft", estimate=0.08, ci_low=0.02, ci_high=0.14, mde=0.9),
    ]
    gone = without_rows(study, "claims", claim=["dominated_by_base", "base_sets_ceiling"]).tables["claims"]
    dominated = claim_row(
        claim="dominated_by_base",
        metric="pass",
        contrast="lift:curated-none",
        student="",
        run="sft",
        estimate=-0.0042,
        ci_low=-0.008,
        ci_high=-0.0004,
        mde=0.006,
    )
    ceilings = [
        claim_row(
            claim="base_sets_ceiling",
            metric="pass",
            contrast="curated",
            student=student,
            run="sft",
            estimate=slope,
            ci_low=slope - 0.2,
            ci_high=slope + 0.2,
            mde=0.28,
        )
        for student, slope in (("s", 0.45), ("m", 0.31))
    ]
    spreads = made_table(
        [
            {"path": path, "suite": suite, "recipe": "sft", "of_lifts": lifts, "of_deltas": 0.006}
            | {"n_tasks": 30, "n_skills": 11, "n_unscored": 0, "n_runs": 2}
            for path, suite, lifts in (
                ("judge:a", "holdout", 0.002),
                ("judge:b", "holdout", 0.05),
                ("judge:a", "dev", 0.07),
            )
        ],
        TIER_SPREADS,
    )
    claims = pl.concat([gone, elsewhere(pl.concat([*rows, dominated, *ceilings]))])
    return study._replace(tables={**study.tables, "claims": claims, "tier_spreads": spreads})


@cache
def other_shape() -> Study:
    """The declared shape is contradicted before SFT and undefined after it, where it has no multiple."""
    wrong = {"estimate": -0.2, "ci_low": -0.3, "ci_high": -0.1, "word": "contradicted", "p_holm": 0.001}
    study = edited(shaped(), "claims", _SHAPE | {"run": "base"}, **wrong, mde=None)
    unknown = {"estimate": None, "ci_low": None, "ci_high": None, "p_holm": None, "mde": None}
    study = edited(study, "claims", _SHAPE | {"run": "sft"}, **unknown, word="undefined")
    return edited(study, "claims", _CEILING, estimate=None, ci_low=None, ci_high=None, word="undefined")


@cache
def shape_alone() -> Study:
    return without_rows(shaped(), "claims", claim=["dominated_by_base", "base_sets_ceiling"])


@cache
def not_resolved_after_sft() -> Study:
    return edited(shaped(), "claims", _SHAPE | {"run": "sft"}, word="not resolvable at this n")


@cache
def nobody_passes_before_sft() -> Study:
    """Nearly every task fails before SFT at both tiers, and half pass after it."""
    study = passing(shaped(), {}, 0.5)
    return passing(study, {"run": "base"}, 0.01)


@cache
def nobody_passes_after_sft() -> Study:
    """Nearly every task fails after SFT, and half pass before it."""
    study = passing(shaped(), {}, 0.01)
    return passing(study, {"run": "base"}, 0.5)


@cache
def noise_between_tiers() -> Study:
    """Noise alone explains how the lifts differ between tiers."""
    study = edited(shaped(), "tier_spreads", of_lifts=-0.001)
    return edited(study, "claims", _DOMINATED, estimate=0.0042, ci_low=0.0004, ci_high=0.008)


@cache
def spread_unknown() -> Study:
    return edited(shaped(), "tier_spreads", of_lifts=None, of_deltas=None)


@cache
def without_trajectory() -> Study:
    every = ["trajectory_shape", "dominated_by_base", "base_sets_ceiling"]
    return without_rows(shaped(), "claims", claim=every)


CASES = [
    Sentence(
        "What shapes the trajectory over the tiers? \u201cthe procedural deltas over the tiers have the "
        "declared signs\u201d: 1 supported, 1 not resolvable at this n; \u201ctiers differ less in their "
        "lifts than in their procedural deltas before SFT (mean squares)\u201d: 1 supported; \u201cskills "
        "that pass more often before SFT do so after it (slope over skills, under curated)\u201d: 2 "
        "supported.",
        "so many claims about the trajectory have that word on the headline path",
        shaped,
        (known, other_shape, without_trajectory, base_alone),
    ),
    Sentence("What shapes the trajectory", "a trajectory is claimed of", shaped, (without_trajectory,)),
    Sentence(
        "trajectory shape | Declared signs of the procedural deltas before SFT, and of their differences "
        "between neighbours: the one that decides is +1.0 pp in its declared direction (95 % interval "
        "\u22125.0 to +7.0 "
        "pp; "
        f"Holm-adjusted p = 0.700; {COUNTS}; path judge:a). With 80 % power a pattern 3.5 times as large as "
        "the declared one would be found, or this one with 12.2 times as many tasks and skills. [not "
        "resolvable "
        "at this n] tier_trajectory",
        "the least certain sign is that of an effect of 1 pp, and a pattern 3.5 times as large would be "
        "found",
        shaped,
        (known, other_shape),
    ),
    Sentence(
        "Declared signs of the procedural deltas after SFT by sft, and of their differences between "
        "neighbours: the one that decides is +8.0 pp in its declared direction",
        "after SFT all signs are as declared",
        shaped,
        (known, other_shape),
    ),
    Sentence(
        "the one that decides is \u221220.0 pp in its declared direction (95 % interval \u221230.0 to "
        "\u221210.0 pp; "
        f"Holm-adjusted p = 0.001; {COUNTS}; path judge:a). [contradicted]",
        "a sign is the other one",
        other_shape,
        (shaped,),
    ),
    Sentence(
        "Declared signs of the procedural deltas after SFT by sft, and of their differences between "
        f"neighbours: undefined ({COUNTS}; path judge:a). [undefined]",
        "a delta is undefined",
        other_shape,
        (shaped,),
    ),
    Sentence(
        "dominated by base | Mean square between tiers by sft, lifts less procedural deltas before SFT: "
        "\u221242.0 pp\u00b2 (95 % interval \u221280.0 to \u22124.0 pp\u00b2; Holm-adjusted p = 0.004; "
        "smallest "
        f"detectable effect 60.0 pp\u00b2; {COUNTS}; path judge:a). They are 20.0 pp\u00b2 and 60.0 "
        "pp\u00b2, "
        "the lifts' share of both 25.0 %. [supported] tier_trajectory",
        "tiers differ less in their lifts than in their deltas before SFT, by these mean squares",
        shaped,
        (known, noise_between_tiers),
    ),
    Sentence(
        "They are \u221210.0 pp\u00b2 and 60.0 pp\u00b2, the lifts' share of both undefined.",
        "noise alone explains how the lifts differ, so that they have no share",
        noise_between_tiers,
        (shaped,),
    ),
    Sentence(
        "They are undefined and undefined, the lifts' share of both undefined.",
        "the mean squares are undefined",
        spread_unknown,
        (shaped,),
    ),
    Sentence(
        "base sets ceiling | Slope over skills of the pass rate under curated after SFT on that before it, "
        "at "
        "115 k after SFT by sft, mean of 2 seeds: +0.31 (95 % interval +0.11 to +0.51; Holm-adjusted p = "
        "0.004; "
        f"smallest detectable effect 0.28; {COUNTS}; path judge:a). [supported]",
        "skills that pass more often before SFT do so after it at that tier",
        shaped,
        (known, other_shape),
    ),
    Sentence(
        "have the declared signs\u201d: 1 supported, 1 not resolvable at this n.",
        "of the trajectory nothing else is claimed",
        shape_alone,
        (shaped,),
    ),
    Sentence(
        "trajectory shape | No room to move. Declared signs of the procedural deltas before SFT",
        "nearly every task fails before SFT, and the claim about that is not resolved",
        nobody_passes_before_sft,
        (shaped, nobody_passes_after_sft),
    ),
    Sentence(
        'trajectory,base sets ceiling,115 k,judge:a,supported,0.31,\u2026path judge:a).",""',
        "the slope over skills is that of this tier; no figure shows it",
        shaped,
        (known, other_shape),
        where="report",
    ),
    Sentence(
        "With 80 % power a pattern 0.9 times as large as the declared one would be found",
        "the shape after SFT is not resolved, and one that large would be",
        not_resolved_after_sft,
        (shaped, other_shape),
    ),
]
