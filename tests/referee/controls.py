"""What they can say of each control by itself, of a neutral one, and of the order of the steps."""

from __future__ import annotations

from functools import cache

from referee import Sentence, Study
from referee.shared import AT_AFTER_SFT, controls_without_procedure, no_controls, no_filler, no_lifts
from referee.studies import BEYOND, NEUTRAL, base_alone, known
from referee.whole import edited, without_rows


@cache
def placebo_not_known_to_act() -> Study:
    where = {"path": "judge:a", "contrast": "placebo-none", "run": "base"}
    study = edited(known(), "effects", where, p_value=0.9)
    where = {"path": "judge:a", "contrast": "filler-none", "run": ["sft", "dpo-s0"]}
    return edited(study, "effects", where, p_value=4e-4)


@cache
def none_unasked() -> Study:
    """Controls were asked, and tasks alone were not."""
    study = without_rows(known(), "claims", claim="neutral_filler")
    return without_rows(study, "effects", contrast=["placebo-none", "filler-none"])


@cache
def base_unasked() -> Study:
    """There is a filler, and nothing was asked before training."""
    study = without_rows(known(), "claims", claim="neutral_filler")
    return without_rows(study, "effects", run="base")


@cache
def placebo_acts_otherwise() -> Study:
    """The placebo helps, the filler changes something before SFT at one student, and nothing is known
    after."""
    where = {"path": "judge:a", "contrast": "placebo-none", "run": "base"}
    study = edited(known(), "effects", where, estimate=0.2)
    trained = {"path": "judge:a", "contrast": ["placebo-none", "filler-none"], "run": ["sft", "dpo-s0"]}
    nothing = {"estimate": None, "ci_low": None, "p_value": None, "standard_error": None, "mde": None}
    study = edited(study, "effects", trained, **nothing)
    return edited(study, "claims", NEUTRAL | {"student": "s"}, word="contradicted", p_holm=0.001)


@cache
def placebo_does_both() -> Study:
    where = {"path": "judge:a", "contrast": "placebo-none", "run": "base", "student": "m"}
    study = edited(known(), "effects", where, estimate=0.2)
    return edited(study, "claims", NEUTRAL, word="not resolvable at this n", p_equivalence=None)


@cache
def placebo_does_both_and_no_lift() -> Study:
    nothing = {"estimate": None, "ci_low": None, "ci_high": None, "p_holm": None, "mde": None}
    return edited(placebo_does_both(), "claims", BEYOND, **nothing, word="undefined")


@cache
def filler_undefined() -> Study:
    nothing = {"estimate": None, "ci_low": None, "ci_high": None, "p_holm": None, "mde": None}
    return edited(known(), "claims", NEUTRAL, **nothing, p_equivalence=None, margin=None, word="undefined")


_IS_NEUTRAL = "filler − none before SFT: is the filler neutral? | "

CASES = [
    Sentence(
        "at the end: Procedure itself    1 supported, 2 not resolvable; placebo harms, filler helps",
        "and this is what the controls do by themselves",
        known,
        (placebo_acts_otherwise, placebo_does_both, no_filler),
    ),
    Sentence(
        "at the end: Procedure itself    1 supported, 2 not resolvable at this n; filler helps |",
        "of the placebo nothing is known",
        placebo_not_known_to_act,
        (known,),
    ),
    Sentence(
        "Filler − none at 45 k after SFT by sft, mean of 2 seeds: +10.0 pp (95 % interval +0.0 to +20.0 "
        "pp; Holm-adjusted p < 0.001; ",
        "over the trainings it is that certain",
        known,
        (placebo_not_known_to_act,),
    ),
    Sentence(
        "The placebo by itself, against none: +0.0 pp after SFT (3 not resolvable at this n).",
        "it was compared with none after SFT alone",
        base_unasked,
        (known,),
    ),
    Sentence(" by itself, against none: ", "a control can be compared with none", known, (none_unasked,)),
    Sentence(
        "at the end: Procedure itself    3 undefined; placebo helps and harms, filler helps",
        "no lift is known, and the placebo harms some and helps others",
        placebo_does_both_and_no_lift,
        (known, no_lifts),
    ),
    Sentence(
        "The placebo by itself, against none: \u221220.0 pp before SFT (3 contradicted: it harms), +0.0 pp "
        "after SFT (3 not resolvable at this n). The filler by itself, against none: +1.0 pp before SFT (3 "
        "equivalent), +10.0 pp after SFT (3 supported: it helps).",
        "this is what each control does to pass rates, and that is known to be below or above zero, or not",
        known,
        (no_filler, no_controls, placebo_acts_otherwise, placebo_does_both),
    ),
    Sentence(
        "The placebo by itself, against none: \u221220.0 to +20.0 pp before SFT (1 supported: it helps, 2 "
        "contradicted: it harms)",
        "it harms some students and helps others",
        placebo_does_both,
        (known,),
    ),
    Sentence(
        "The placebo by itself, against none: +20.0 pp before SFT (3 supported: it helps), undefined after "
        "SFT (3 undefined).",
        "it helps, and the data give nothing after SFT",
        placebo_acts_otherwise,
        (known,),
    ),
    Sentence(
        "There is no neutral control: this study has no filler.",
        "the filler was not asked",
        no_filler,
        (known, no_controls, placebo_acts_otherwise, base_unasked),
    ),
    Sentence(
        "There is no neutral control: no student was asked with the filler and with none before SFT.",
        "there is a filler, and nothing to compare it with",
        base_unasked,
        (known, no_filler),
    ),
    Sentence(
        "There is no neutral control at 45 k: that the filler changes nothing before SFT is not shown.",
        "the filler is not known to change nothing at that student",
        placebo_acts_otherwise,
        (known, no_filler, placebo_does_both),
    ),
    Sentence(
        "There is no neutral control: that the filler changes nothing before SFT is not shown.",
        "nor at any",
        placebo_does_both,
        (known, no_filler, placebo_acts_otherwise),
    ),
    Sentence(
        f"{_IS_NEUTRAL}The filler is a neutral control at 45 k: filler \u2212 none before SFT +1.0 pp (95 % "
        "interval \u22121.0 to +3.0 pp; Holm-adjusted p = 0.500; smallest detectable effect 5.0 pp; 30 "
        "tasks in 11 skills, 0 episodes unscored; path judge:a); p of a difference of 4.0 pp or more = "
        "0.010. [equivalent]",
        "the filler is known to change pass rates by less than the margin",
        known,
        (placebo_acts_otherwise, placebo_does_both, filler_undefined, no_filler),
    ),
    Sentence(
        "The filler is no neutral control at 45 k: ",
        "it is known to change them",
        placebo_acts_otherwise,
        (known, placebo_does_both, filler_undefined),
    ),
    Sentence(
        "The filler is not shown to be a neutral control at 45 k: … or more undefined. [not",
        "neither is known",
        placebo_does_both,
        (known, placebo_acts_otherwise, filler_undefined),
    ),
    Sentence(
        "The filler may be a neutral control or not: undefined at 45 k: filler \u2212 none before SFT "
        "undefined (30 tasks in 11 skills, 0 episodes unscored; path judge:a); no margin of equivalence is "
        "declared. [undefined]",
        "the data give no difference, and the study declares no margin",
        filler_undefined,
        (known, placebo_does_both),
    ),
    *(
        Sentence(
            f"{name}: {meaning} | {name[0].upper()}{name[1:]} {at}: {numbers} pp (95 % interval ",
            meaning,
            known,
            (false, base_alone) if "after" in at else (false,),
        )
        for name, meaning, at, numbers, false in (
            (
                "placebo \u2212 none",
                "what an unrelated procedure does by itself",
                "at 45 k before SFT",
                "\u221220.0",
                placebo_acts_otherwise,
            ),
            (
                "filler \u2212 none",
                "what neutral text of equal length does by itself after SFT",
                AT_AFTER_SFT,
                "+10.0",
                no_filler,
            ),
            (
                "curated \u2212 placebo",
                "the right procedure against an unrelated one of equal length",
                AT_AFTER_SFT,
                "+30.0",
                no_controls,
            ),
            (
                "curated \u2212 filler",
                "the right procedure against neutral text of equal length",
                AT_AFTER_SFT,
                "+31.0",
                no_filler,
            ),
            (
                "curated \u2212 shuffled",
                "the right order of the steps against a wrong one",
                AT_AFTER_SFT,
                "+15.0",
                controls_without_procedure,
            ),
        )
    ),
    Sentence(
        "Filler \u2212 none at 45 k after SFT",
        "it is of a training",
        known,
        (no_filler, base_alone),
    ),
]
