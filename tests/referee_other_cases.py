"""What the findings can say of controls, predictions, looks and room to move: once true, once false."""

from __future__ import annotations

from functools import cache

import polars as pl
from referee import Sentence, Study
from referee_studies import (
    BEYOND,
    NEUTRAL,
    base_alone,
    edited,
    known,
    on_bench,
    respecified,
    undefined,
    without_rows,
)

from skillift.publication.ledger import EVENTS

_AT_S = BEYOND | {"student": "s", "run": "sft"}


def _without_conditions(study: Study, *gone: str) -> Study:
    """`study` in which these conditions were never asked."""
    tables = {}
    for name, table in study.tables.items():
        for column in ("condition", "contrast"):
            if column in table.columns:
                table = table.filter(~pl.col(column).str.contains("|".join(gone)))
        tables[name] = table
    return study._replace(tables=tables)


@cache
def no_filler() -> Study:
    return _without_conditions(known(), "filler")


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
def no_controls() -> Study:
    study = _without_conditions(known(), "filler", "placebo")
    return without_rows(study, "claims", claim="beyond_longer_prompt")


@cache
def controls_without_procedure() -> Study:
    """Controls were asked, and the procedure was not."""
    return without_rows(_without_conditions(known(), "curated"), "claims", claim="beyond_longer_prompt")


@cache
def trained_runs_unasked() -> Study:
    """Controls were asked before training alone."""
    study = without_rows(known(), "claims", claim="beyond_longer_prompt")
    controls = [
        each for each in study.tables["effects"]["contrast"].unique() if "placebo" in each or "filler" in each
    ]
    return without_rows(study, "effects", contrast=controls, run=["sft", "sft-s0", "sft-s1", "dpo-s0"])


@cache
def base_unasked() -> Study:
    """There is a filler, and nothing was asked before training."""
    study = without_rows(known(), "claims", claim="neutral_filler")
    return without_rows(study, "effects", run="base")


@cache
def only_the_placebo_changed() -> Study:
    """SFT raises the lift over the controls; over none it is not known to."""
    study = edited(
        known(), "claims", _AT_S, word="not resolvable at this n", contrast="lift:curated-none", p_holm=0.6
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
        known(), "claims", _AT_S, word="contradicted", contrast="lift:curated-placebo", p_holm=0.0004
    )


@cache
def no_lifts() -> Study:
    nothing = {"estimate": None, "ci_low": None, "ci_high": None, "p_holm": None, "mde": None}
    study = edited(known(), "claims", _AT_S, **nothing, word="undefined")
    return edited(
        study, "effects", {"path": "judge:a", "student": "s", "run": "sft"}, estimate=None, ci_low=None
    )


@cache
def placebo_acts_otherwise() -> Study:
    """The placebo helps, the filler changes something before SFT at one student, and nothing is known "
    "after."""
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


_S = "at 45 k after SFT by sft, mean of 2 seeds"
_OVER = (
    "Lift over none +25.0 pp (95 % interval +10.0 to +40.0 pp); over placebo +20.0 pp (95 % interval +5.0 "
    "to +35.0 pp); "
    "over filler +22.0 pp (95 % interval +7.0 to +37.0 pp). "
)
_TOGETHER = "beyond a longer prompt: lift over none and over every control, together | "
_IS_NEUTRAL = "filler − none before SFT: is the filler neutral? | "
_COUNTS = "30 tasks in 11 skills, 4 episodes unscored; path judge:a"

OF_CONTROLS = [
    Sentence(
        "at the end: Procedure itself    1 supported, 2 not resolvable",
        "so many lifts are above zero over none and over every control",
        known,
        (no_controls, base_alone, below_zero),
    ),
    Sentence(
        "at the end: Procedure itself    1 supported, 2 not resolvable; placebo harms, filler helps",
        "and this is what the controls do by themselves",
        known,
        (placebo_acts_otherwise, placebo_does_both, no_filler),
    ),
    Sentence(
        "at the end: Procedure itself    No run was trained",
        "no run was trained",
        base_alone,
        (known, no_controls),
    ),
    Sentence(
        "at the end: Procedure itself    1 supported, 2 not resolvable at this n; filler helps |",
        "of the placebo nothing is known",
        placebo_not_known_to_act,
        (known,),
    ),
    Sentence(
        "Filler − none at 45 k after SFT by sft, mean of 2 seeds: +10.0 pp (95 % interval +0.0 to +20.0 pp; "
        "Holm-adjusted p < "
        "0.001; ",
        "over the trainings it is that certain",
        known,
        (placebo_not_known_to_act,),
    ),
    Sentence(
        "3 lifts over none and placebo, all read together: ",
        "the placebo is the one control on the suite shown",
        filler_on_another_suite,
        (known,),
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
        "Is it the procedure, or just a longer prompt? 3 lifts over none, placebo and filler, all read "
        "together: 1 supported, "
        "2 not resolvable at this n. The",
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
        "The placebo by itself, against none: \u221220.0 pp before SFT (3 contradicted: it harms), +0.0 pp "
        "after SFT (3 not "
        "resolvable at this n). The filler by itself, against none: +1.0 pp before SFT (3 equivalent), "
        "+10.0 pp after SFT (3 "
        "supported: it helps).",
        "this is what each control does to pass rates, and that is known to be below or above zero, or not",
        known,
        (no_filler, no_controls, placebo_acts_otherwise, placebo_does_both),
    ),
    Sentence(
        "The placebo by itself, against none: \u221220.0 to +20.0 pp before SFT (1 supported: it "
        "helps, 2 contradicted: it harms)",
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
        "An arm is missing, so there is no lift to measure against a longer prompt.",
        "runs were trained, and not asked with a control",
        trained_runs_unasked,
        (known, base_alone),
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
        f"{_TOGETHER}SFT added something beyond a longer prompt {_S}. {_OVER}The lift over placebo decides: "
        f"Holm-adjusted p of "
        f"all = 0.030; smallest detectable effect 12.0 pp; {_COUNTS}. [supported]",
        "the lifts over none and over every control are these, and known to be above zero",
        known,
        (only_the_placebo_changed, below_zero, no_lifts, no_filler, base_alone),
    ),
    Sentence(
        f"{_TOGETHER}A gain beyond a longer prompt is not shown {_S}. Lift over none +1.0 pp … The lift "
        f"over none decides: "
        f"Holm-adjusted p of all = 0.600; smallest detectable effect 12.0 pp; {_COUNTS}. What SFT changed "
        f"may be the placebo and "
        "filler. [not resolvable at this n]",
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
        f"No gain beyond a longer prompt {_S}: one of these lifts is below zero. Lift over none",
        "one lift is known to be below zero",
        below_zero,
        (known, only_the_placebo_changed, no_lifts),
    ),
    Sentence(
        f"Whether there is a gain beyond a longer prompt {_S} is undefined. Lift over none undefined; over "
        f"placebo undefined; "
        "over filler undefined. The lift over placebo decides: undefined; smallest detectable effect "
        "undefined;",
        "the data give no lift",
        no_lifts,
        (known, below_zero),
    ),
    Sentence(
        f"{_IS_NEUTRAL}The filler is a neutral control at 45 k: filler \u2212 none before SFT +1.0 pp (95 % "
        f"interval \u22121.0 to "
        "+3.0 pp; Holm-adjusted p = 0.500; smallest detectable effect 5.0 pp; 30 tasks in 11 skills, 0 "
        "episodes unscored; path "
        "judge:a); p of a difference of 4.0 pp or more = 0.010. [equivalent]",
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
        "undefined (30 tasks in 11 "
        "skills, 0 episodes unscored; path judge:a); no margin of equivalence is declared. [undefined]",
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
                _S,
                "+10.0",
                no_filler,
            ),
            (
                "curated \u2212 placebo",
                "the right procedure against an unrelated one of equal length",
                _S,
                "+30.0",
                no_controls,
            ),
            (
                "curated \u2212 filler",
                "the right procedure against neutral text of equal length",
                _S,
                "+31.0",
                no_filler,
            ),
            (
                "curated \u2212 shuffled",
                "the right order of the steps against a wrong one",
                _S,
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


def _predicted(name: str = "adds", **values: object) -> Study:
    return edited(known(), "predictions", {"prediction": name}, **values)


@cache
def no_predictions() -> Study:
    tables = {name: table for name, table in known().tables.items() if name != "predictions"}
    return known()._replace(tables=tables)


@cache
def late() -> Study:
    return edited(
        _predicted(registration="after results"),
        "predictions",
        {"prediction": "adds_by_dpo"},
        registration="changed after results",
    )


@cache
def unregistered() -> Study:
    return _predicted(registration="not registered")


@cache
def post_hoc() -> Study:
    study = edited(known(), "predictions", registration="post hoc")
    return edited(study, "predictions", {"prediction": "adds_by_dpo"}, verdict="failed")


@cache
def withdrawn() -> Study:
    """Of two predictions that were registered before results existed, one was withdrawn."""
    nothing = {"estimate": None, "ci_low": None, "ci_high": None, "mde": None, "n_tasks": 0, "n_skills": 0}
    return _predicted(registration="withdrawn", verdict=None, **nothing)


@cache
def withdrawn_and_late() -> Study:
    """The one that was registered before results existed was withdrawn; the other came later."""
    return edited(withdrawn(), "predictions", {"prediction": "adds_by_dpo"}, registration="after results")


@cache
def all_withdrawn() -> Study:
    return edited(withdrawn(), "predictions", registration="withdrawn", verdict=None)


@cache
def of_a_difference() -> Study:
    """A prediction of one effect less another, within margins."""
    effect = {"contrast": "gain:curated", "minus_contrast": "lift:curated-placebo", "minus_student": "m"}
    return _predicted(**effect, minus_recipe="sft", direction="equivalent", than=0.1, margin=0.05)


@cache
def below() -> Study:
    effect = {"contrast": "curated-none", "recipe": "", "direction": "less", "than": 0.3, "margin": 0.05}
    return _predicted(**effect)


_FOUND = "Found +50.0 pp (95 % interval +10.0 to +90.0 pp; …); "
_ADDS = f"adds | Predicted (Training adds to the procedure): lift at 45 k by sft: above 0 pp. {_FOUND}"
_BY_DPO = (
    "adds_by_dpo | Predicted: lift at 45 k by dpo: above 0 pp. Found … path judge:a); one seed, so about "
)
_BY_DPO += "that run; "

OF_PREDICTIONS = [
    Sentence(
        "at the end: Predictions         1 held, 1 undetermined |",
        "so many predictions that were registered before results existed held",
        known,
        (late, unregistered, post_hoc, withdrawn, all_withdrawn),
    ),
    Sentence(
        "at the end: Predictions         1 undetermined; 1 not registered before results",
        "so many were not registered before results existed",
        unregistered,
        (known, withdrawn, late),
    ),
    Sentence(
        "at the end: Predictions         All were withdrawn. |",
        "every prediction was",
        all_withdrawn,
        (known, late),
    ),
    Sentence(
        "at the end: Predictions         2 not registered before results",
        "none was registered before results existed",
        late,
        (known, unregistered, all_withdrawn),
    ),
    Sentence(
        "Did the prediction hold? This study declares no prediction.",
        "the study declares no prediction",
        no_predictions,
        (known, all_withdrawn),
    ),
    Sentence(
        "Did the prediction hold? 2 predictions registered before results existed: 1 held, 1 undetermined.",
        "so many predictions were registered before results existed, and so many of these held",
        known,
        (late, unregistered, post_hoc, withdrawn, all_withdrawn),
    ),
    Sentence(
        "Did the prediction hold? No prediction was registered before results existed. 2 written or changed "
        "after results "
        "existed: 1 held, 1 undetermined.",
        "every prediction was written or changed when results existed",
        late,
        (known, unregistered, withdrawn_and_late),
    ),
    Sentence(
        "1 prediction registered before results existed: 1 undetermined. 1 not registered: 1 held.",
        "one prediction is in no ledger",
        unregistered,
        (known, late),
    ),
    Sentence(
        "2 post hoc, known when written, so no predictions: 1 as stated, 1 not as stated.",
        "the authors knew the outcome when they wrote it down",
        post_hoc,
        (known, late, unregistered),
    ),
    Sentence(
        "1 prediction registered before results existed: 1 undetermined. 1 withdrawn after results existed.",
        "one prediction was taken back when results existed",
        withdrawn,
        (known, withdrawn_and_late),
    ),
    Sentence(
        "No prediction that stands was registered before results existed. 1 written or changed after "
        "results existed: 1 "
        "undetermined. 1 withdrawn after results existed.",
        "those that were not withdrawn were written when results existed",
        withdrawn_and_late,
        (known, late, withdrawn),
    ),
    Sentence(
        "Did the prediction hold? All were withdrawn.",
        "every prediction was",
        all_withdrawn,
        (known, withdrawn),
    ),
    Sentence(
        f"{_ADDS}before results existed. [held]",
        "it was registered before results existed, and the interval lies on the predicted side",
        known,
        (late, unregistered, post_hoc, withdrawn),
    ),
    Sentence(
        f"{_ADDS}after results existed. [held]",
        "it was written when results existed",
        late,
        (known, unregistered),
    ),
    Sentence(f"{_ADDS}not registered. [held]", "it is in no ledger", unregistered, (known, late)),
    Sentence(
        f"{_BY_DPO}text changed after results existed. [undetermined]",
        "its text was changed when results existed; it is of one training",
        late,
        (known, post_hoc),
    ),
    Sentence(f"{_BY_DPO}before results existed. [undetermined]", "it is of one training", known, (late,)),
    Sentence(
        "adds | Stated (Training adds to the procedure): lift at 45 k by sft: above 0 pp. Found … path "
        "judge:a); as stated; post "
        "hoc: known when it was written. []",
        "the outcome was known when it was written, so nothing held",
        post_hoc,
        (known, late),
    ),
    Sentence("; not as stated; post hoc: known", "the data say otherwise", post_hoc, (known,)),
    Sentence(
        "adds | Predicted (Training adds to the procedure): lift at 45 k by sft: above 0 pp; withdrawn "
        "after results existed. []",
        "it was taken back when results existed, and was not looked at",
        withdrawn,
        (known, late),
    ),
    Sentence(
        "gain under curated at 45 k by sft, less lift of curated \u2212 placebo at 115 k by sft: between "
        "+5.0 "
        "and +15.0 pp. Found",
        "that is what is predicted",
        of_a_difference,
        (known, below),
    ),
    Sentence(
        "procedural delta at 45 k before SFT: below +25.0 pp. Found",
        "that is what is predicted",
        below,
        (known, of_a_difference),
    ),
]


def _events(*rows: dict) -> pl.DataFrame:
    empty = {"time": "2026-11-01T10:00:00Z", "results": False, "key": "", "before": "", "after": ""}
    return pl.DataFrame([dict.fromkeys(EVENTS) | empty | row for row in rows], schema=EVENTS)


_REGISTERED = {"event": "registered", "key": "confidence", "after": "0.95"}
_LOOK = {"event": "look", "results": True, "alpha": 0.025, "n_tasks": 36, "n_skills": 12}


def _looked(number: int, *rows: dict) -> Study:
    study = known()
    alpha = round(0.05 / (number * (number + 1)), 10)
    look = {"look": number, "alpha": alpha, "declared": 0.95}
    looked = respecified(study, {"confidence": 1 - alpha}, look=look)
    return looked._replace(tables={**study.tables, "ledger": _events(*rows)})


@cache
def first_look() -> Study:
    return _looked(1, _REGISTERED, _LOOK | {"look": 1})


@cache
def second_look() -> Study:
    """The second of three; the margin was changed between them, when results existed."""
    changed = {
        "event": "changed",
        "results": True,
        "key": "margins.recipe_tie",
        "before": "0.02",
        "after": "0.1",
    }
    more = {"event": "changed", "results": True, "key": "samples", "before": "", "after": "4"}
    early = {"event": "changed", "key": "headline_path", "before": "bench", "after": "judge:a"}
    predicted = {"event": "changed", "results": True, "key": "predictions.adds", "before": "a", "after": "b"}
    looks = [_LOOK | {"look": number} for number in (1, 2, 3)]
    return _looked(2, {**_REGISTERED, "results": True}, early, *looks, changed, more, predicted)


@cache
def unregistered_design() -> Study:
    return _looked(1, _LOOK | {"look": 1}, {"event": "registered", "key": "predictions.adds", "after": "b"})


OF_LOOKS = [
    Sentence(
        "holdout suite, last checkpoint of each run, scored by the path judge:a where nothing else is said; "
        "95 % intervals; "
        "differences in percentage points (pp)",
        "the page is of this path, and nobody has counted the looks",
        known,
        (on_bench, first_look),
        "page",
    ),
    Sentence(
        "said; 97.5 % intervals (look 1 (none before), alpha 0.025); differences",
        "this is the first look",
        first_look,
        (known, second_look),
        "page",
    ),
    Sentence(
        "The same tasks with and without a skill's procedure in the prompt, before and after supervised "
        "fine-tuning (SFT): what "
        "did SFT add to what the procedure is worth? That is the lift. Students: 45 k, 115 k, big.",
        "runs were trained",
        known,
        (base_alone,),
        "page",
    ),
    Sentence(
        "The same tasks with and without a skill's procedure in the prompt: what is the procedure worth? No "
        "student was trained. "
        "Students: 45 k, 115 k, big.",
        "no run was trained",
        base_alone,
        (known,),
        "page",
    ),
    Sentence(
        "looks | This analysis is not counted in a ledger of looks: its words are at 0.05, and are right "
        "for a first and only "
        "look. [",
        "nobody has counted the looks",
        known,
        (first_look, second_look),
    ),
    Sentence(
        "looks | Look 1 at the results of this study (none came before): words, intervals and smallest "
        "detectable effects are at "
        "alpha 0.025 = 0.05 / (1 \u00d7 2). All looks together, however many, share 0.05. The ledger began "
        "on 2026-11-01, before "
        "results existed. [",
        "this is the first look",
        first_look,
        (known, second_look, unregistered_design),
    ),
    Sentence(
        "Look 2 at the results of this study (1 look came before, 1 look came later): words, intervals and "
        "smallest detectable "
        "effects are at alpha 0.00833 = 0.05 / (2 \u00d7 3). All looks together, however many, share 0.05. "
        "The ledger began on "
        "2026-11-01, when results existed already: earlier looks are unknown. [",
        "so many looks came before and after; the design was registered when results existed",
        second_look,
        (known, first_look),
    ),
    Sentence(
        "share 0.05. No design was registered. [",
        "no design was registered",
        unregistered_design,
        (first_look, known),
    ),
    Sentence(
        "warning | margins.recipe_tie 0.02 \u2192 0.1, changed on 2026-11-01 after results existed. [",
        "a setting that words depend on was changed when results existed",
        second_look,
        (known, first_look),
    ),
    Sentence(
        "design | samples none \u2192 4, changed on 2026-11-01 after results existed. [",
        "a setting that no word depends on was",
        second_look,
        (known, first_look),
    ),
    Sentence(
        "(97.5 % interval ", "intervals are at the level of the first look", first_look, (known, second_look)
    ),
]


@cache
def all_fail() -> Study:
    """Every arm of the headline path is at the floor, and no claim is settled."""
    study = edited(undefined(), "pass_rates", {"path": "judge:a"}, pass_rate=0.01)
    return edited(
        study, "pass_rates", {"path": "judge:a", "condition": "curated", "student": "s"}, pass_rate=0.99
    )


@cache
def one_student_fails() -> Study:
    study = edited(known(), "pass_rates", {"path": "judge:a"}, pass_rate=0.5)
    return edited(study, "pass_rates", {"path": "judge:a", "student": "m"}, pass_rate=0.02)


@cache
def room() -> Study:
    """All arms have room."""
    return edited(known(), "pass_rates", pass_rate=0.5)


@cache
def some_undefined() -> Study:
    study = edited(known(), "pass_rates", pass_rate=0.5)
    return edited(study, "pass_rates", {"path": "bench", "student": "r"}, pass_rate=None)


@cache
def few_fail() -> Study:
    """In less than half of the arms of all claims nearly every task fails."""
    study = edited(room(), "pass_rates", {"path": "judge:a", "condition": ["none", "filler"]}, pass_rate=0.01)
    return edited(study, "pass_rates", {"path": "judge:a", "run": "base", "student": "r"}, pass_rate=0.01)


@cache
def both_ends() -> Study:
    study = edited(undefined(), "pass_rates", {"path": "judge:a"}, pass_rate=0.01)
    return edited(study, "pass_rates", {"path": "judge:a", "condition": "curated"}, pass_rate=0.99)


@cache
def every_arm_fails() -> Study:
    return edited(undefined(), "pass_rates", {"path": "judge:a"}, pass_rate=0.01)


@cache
def one_recipe_fails() -> Study:
    """Before SFT and after one recipe nearly every task fails at a student, and not after the other."""
    return edited(
        room(), "pass_rates", {"path": "judge:a", "student": "s", "run": ["base", "dpo-s0"]}, pass_rate=0.01
    )


OF_ROOM = [
    Sentence(
        "at the end: Lift resolved       no room to move (40 of 40 arms below 5 %); 3 undefined",
        "every arm fails nearly everywhere",
        every_arm_fails,
        (known, undefined),
    ),
    Sentence(
        "Is the lift resolved at this n? No room to move in the arms of 3 of 9 findings below: more tasks "
        "of this kind would "
        "not help. 1 of 3 lifts",
        "of so many findings the arms fail nearly everywhere, and of no student all",
        one_recipe_fails,
        (known, room, few_fail),
    ),
    Sentence(
        "Is the lift resolved at this n? No room to move: 32 of 40 arms below 5 % and 8 above 95 %: more "
        "tasks of "
        "this kind would not help. 0 of 3 lifts",
        "arms fail or pass nearly everywhere, and no lift is settled",
        both_ends,
        (known, room, few_fail, one_student_fails),
    ),
    Sentence(
        "procedural delta | No room to move: 5 of 5 arms below 5 %. Procedural delta of the reference model "
        "big: ",
        "the arms of that student fail nearly everywhere, and its delta is not settled",
        few_fail,
        (known, room, one_student_fails),
    ),
    Sentence(
        "Is the lift resolved at this n? No room to move: 5 of 5 arms at big below 5 %: more",
        "likewise",
        few_fail,
        (known, room),
    ),
    Sentence(
        "at the end: Lift resolved       no room to move; 1 supported, 2 not resolvable",
        "likewise",
        one_student_fails,
        (known, room),
    ),
    Sentence(
        "room to move | Room to move: 120 of 120 arms, over all paths, have a pass rate from 5 to 95 %. [",
        "so many arms have room",
        room,
        (all_fail, one_student_fails, some_undefined),
    ),
    Sentence(
        "Room to move: 115 of 120 arms, over all paths, have a pass rate from 5 to 95 %; 5 have undefined "
        "rates. [",
        "so many have room, of others it is unknown",
        some_undefined,
        (room,),
    ),
    Sentence(
        "Is the lift resolved at this n? No room to move: 15 of 15 arms at 115 k below 5 %: more tasks of "
        "this kind would not help.",
        "more than half of the arms of that student fail nearly everywhere",
        one_student_fails,
        (room,),
    ),
]

CASES = [*OF_CONTROLS, *OF_PREDICTIONS, *OF_LOOKS, *OF_ROOM]
