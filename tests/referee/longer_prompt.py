"""What they can say of a gain beyond a longer prompt: lifts over none and over every control, together."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.shared import (
    AT_AFTER_SFT,
    BEYOND_AT_S,
    controls_without_procedure,
    no_controls,
    no_filler,
    no_lifts,
)
from referee.studies import base_alone, known
from referee.whole import edited, without_rows


@cache
def filler_on_another_suite() -> Study:
    """The filler was asked on the suite that is not shown alone."""
    study, gone = known(), no_filler()
    tables = {
        name: pl.concat(
            [table.filter(pl.col("suite") == "holdout"), study.tables[name].filter(pl.col("suite") == "dev")]
        )
        for name, table in gone.tables.items()
        if name in ("pass_rates", "effects", "claims")
    }
    return gone._replace(tables={**gone.tables, **tables})


@cache
def trained_runs_unasked() -> Study:
    """Controls were asked before training alone."""
    study = without_rows(known(), "claims", claim="beyond_longer_prompt")
    controls = [
        each for each in study.tables["effects"]["contrast"].unique() if "placebo" in each or "filler" in each
    ]
    return without_rows(study, "effects", contrast=controls, run=["sft", "sft-s0", "sft-s1", "dpo-s0"])


@cache
def only_the_placebo_changed() -> Study:
    """SFT raises the lift over the controls; over none it is not known to."""
    study = edited(
        known(),
        "claims",
        BEYOND_AT_S,
        word="not resolvable at this n",
        contrast="lift:curated-none",
        p_holm=0.6,
    )
    where = {"path": "judge:a", "student": "s", "run": "sft", "contrast": "lift:curated-none"}
    return edited(study, "effects", where, estimate=0.01, ci_low=-0.14, ci_high=0.16)


@cache
def over_none_alone() -> Study:
    """Of the lift over none and over controls none is known to be above zero."""
    where = {"path": "judge:a", "student": "s", "run": "sft"}
    controls = ["lift:curated-placebo", "lift:curated-filler"]
    return edited(only_the_placebo_changed(), "effects", where | {"contrast": controls}, ci_low=-0.1)


@cache
def below_zero() -> Study:
    return edited(
        known(), "claims", BEYOND_AT_S, word="contradicted", contrast="lift:curated-placebo", p_holm=0.0004
    )


_OVER = (
    "Lift over none +25.0 pp (95 % interval +10.0 to +40.0 pp); over placebo +20.0 pp (95 % interval +5.0 "
    "to +35.0 pp); over filler +22.0 pp (95 % interval +7.0 to +37.0 pp). "
)
_TOGETHER = "beyond a longer prompt: lift over none and over every control, together | "
_COUNTS = "30 tasks in 11 skills, 4 episodes unscored; path judge:a"

CASES = [
    Sentence(
        "at the end: Procedure itself    1 supported, 2 not resolvable",
        "so many lifts are above zero over none and over every control",
        known,
        (no_controls, base_alone, below_zero),
    ),
    Sentence(
        "at the end: Procedure itself    No run was trained",
        "no run was trained",
        base_alone,
        (known, no_controls),
    ),
    Sentence(
        "3 lifts over none and placebo, all read together: ",
        "the placebo is the one control on the suite shown",
        filler_on_another_suite,
        (known,),
    ),
    Sentence(
        "Is it the procedure, or just a longer prompt? 3 lifts over none, placebo and filler, all read "
        "together: 1 supported, 2 not resolvable at this n. The",
        "so many lifts are above zero over none and over every control",
        known,
        (no_filler, below_zero, base_alone, only_the_placebo_changed),
    ),
    Sentence(
        "3 lifts over none and placebo, all read together: ",
        "the placebo is the one control",
        no_filler,
        (known, no_controls),
    ),
    Sentence(
        "This study has neither a placebo nor a filler: that a longer prompt alone would help is not ruled "
        "out.",
        "neither condition was asked",
        no_controls,
        (known, no_filler, base_alone, controls_without_procedure),
    ),
    Sentence(
        "No run was trained, so there is no lift to measure against a longer prompt.",
        "no run was trained",
        base_alone,
        (known, no_controls, trained_runs_unasked),
    ),
    Sentence(
        "An arm is missing, so there is no lift to measure against a longer prompt.",
        "runs were trained, and not asked with a control",
        trained_runs_unasked,
        (known, base_alone),
    ),
    Sentence(
        f"{_TOGETHER}SFT added something beyond a longer prompt {AT_AFTER_SFT}. {_OVER}The lift over "
        f"placebo decides: Holm-adjusted p of all = 0.030; smallest detectable effect 12.0 pp; {_COUNTS}. "
        "[supported]",
        "the lifts over none and over every control are these, and known to be above zero",
        known,
        (only_the_placebo_changed, below_zero, no_lifts, no_filler, base_alone),
    ),
    Sentence(
        f"{_TOGETHER}A gain beyond a longer prompt is not shown {AT_AFTER_SFT}. Lift over none +1.0 pp … "
        "The lift over none decides: Holm-adjusted p of all = 0.600; smallest detectable effect 12.0 pp; "
        f"{_COUNTS}. What SFT changed may be the placebo and filler. [not resolvable at this n]",
        "the lift over none is not known to be above zero, that over the controls alone is",
        only_the_placebo_changed,
        (known, below_zero, no_lifts),
    ),
    Sentence(
        "11 skills, 4 episodes unscored; path judge:a. What SFT changed may be the ",
        "likewise",
        only_the_placebo_changed,
        (known, below_zero, no_lifts, over_none_alone),
    ),
    Sentence(
        f"No gain beyond a longer prompt {AT_AFTER_SFT}: one of these lifts is below zero. Lift over none",
        "one lift is known to be below zero",
        below_zero,
        (known, only_the_placebo_changed, no_lifts),
    ),
    Sentence(
        f"Whether there is a gain beyond a longer prompt {AT_AFTER_SFT} is undefined. Lift over none "
        "undefined; over placebo undefined; over filler undefined. The lift over placebo decides: "
        "undefined; smallest detectable effect undefined;",
        "the data give no lift",
        no_lifts,
        (known, below_zero),
    ),
]
