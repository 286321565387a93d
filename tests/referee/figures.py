"""What the lines around figures can say: once true, once false."""

from __future__ import annotations

from functools import cache

import polars as pl
from analysis_tables import make_log

from referee import Sentence, Study
from referee.shared import no_filler, without_conditions
from referee.studies import known, one_path, one_seed
from referee.whole import N_SKILLS, PER_SKILL, edited, respecified

# names of axes, marks and rows, questions, definitions of what is drawn, and conditions of marks: no claims
NAMES = {
    *("gain under curated (pp), n =", "Does what SFT adds carry over to skills that it has not seen?"),
    *("variant \u2212 its task (pp), n =", "Does what SFT adds break on a changed task?"),
    "pass rate under curated of variants minus that of the tasks that they are made of, paired by task",
    "gain: pass rate after SFT minus before, paired by task; new skills have no demonstration",
    "datum.headline && isValid(datum.value)",
    *("naive (coupled)", "disjoint halves", "halves, corrected", "slope of the lift on the baseline delta"),
    "(pp per pp), n =",
    *("isValid(datum.value) && datum.value >=", "isValid(datum.value) && datum.headline"),
    *(
        "isValid(datum.value) && !datum.headline",
        "isValid(datum.value) && !datum.mean",
        "isValid(datum.value) && datum.value",
        "datum.headline && isValid(datum.band)",
    ),
    "; below zero: a larger lift where the baseline delta is lower",
    "grey: shares the noise of both deltas, negative even without asymmetry",
    *("pass rate (%), n =", "as judged", "worst case", "lift (pp), n =", "lift (pp)", "a run"),
    *("Cohen's kappa", "Gwet's AC1", "raw agreement", "agreement (1 = always the same verdict)"),
    *("lift [interval], pp", "· smallest detectable", "delta before SFT", "delta after SFT"),
    *("right answers (%)", "in form (%)", "pre-trained: the model of", "fine-tuned: the training of"),
    "Is it the scale of pre-training, or of fine-tuning?",
    *("optimiser step", "training loss (nats per token, log scale)", "shift (pp)"),
    *("difference (pp), n =", "rows of the contrast filler-none or placebo-none"),
    *("pass rate under curated (%), n =", ", from the smallest to the largest"),
    *("procedural delta (pp), n =", "Arial, Helvetica, Liberation Sans, sans-serif"),
    *(
        "published, before SFT",
        "published, after SFT",
        "pp [none published]",
        "published: ○ before, □ after SFT",
    ),
    "published values (arXiv 2605.11907)",
    *("lift = procedural delta after", "minus before, paired by"),
    "procedural delta = pass rate with the procedure minus without, paired by",
    "shift = pass rate on the judge's path minus on the bench path, same episodes:",
    "above zero, the judge passes more than the extractor",
    "worst case: unscored episodes imputed both ways; its bar covers both bounds",
    "all conditions; numbers: kappa [interval] · episodes with the same verdict",
    "each difference is taken within one path",
    # costs and logs are no estimates: test_costs, test_figures
    *("time of all jobs (s)", "time · jobs ·", "most memory of a job · spent"),
    "ran; jobs run side by side, so the study took less than their sum",
    "measured once, on the machine of this run: counts and times, no estimates",
    *("one line a run, n =", "; loss on the demonstrations' completions"),
    "training loss (log scale)",
    *("work hardest where the procedure helps least?", "What did the study take?"),
    "How often does each judge err where the verdict is known?",
    *("How often does each", "pass under each condition?"),
    *("Is the judge to blame for the lift?", "Do the judges agree?", "How did the training loss fall?"),
    *("raise what the procedure is worth?", "Does a finding depend on the scoring path?"),
    *("Which condition does the scoring path favour?", "Is it the procedure, or just a longer prompt?"),
    *("Do the recipes end in the same place?", "Is the lift that of many", ", or of a few?"),
    "What is a procedure worth, before and after",
    *("Does the chain of thought carry the answer?", "chain kept (%)", "same answer (%)"),
    *("cut short", "with a mistake", ": with the chain altered, against the chain as it was"),
    *("Does a training first lose, and then gain?", "step (log scale)", "training loss"),
    "gain under curated (pp)",
    *("What do samples buy, and what parameters?", "FLOPs of a task's samples (log scale)"),
    *("Could the lift have been foretold?", "prefers right answers (%)", "base pass rate (%)"),
    "isValid(datum.value) && isValid(datum.x)",
    "pp at",
    *("What else does SFT change in a response?", "for what reads no verdict"),
    "gain under none: after SFT minus before, paired by task; n =",
}
_BASE = "path judge:a · holdout suite · "
_LIFTS = {"path": "judge:a", "contrast": "lift:curated-none"}


@cache
def certain() -> Study:
    """Every interval is narrow."""
    ends = {"estimate": 0.1, "ci_low": 0.05, "ci_high": 0.15}
    study = edited(known(), "skill_effects", {}, **ends)
    return edited(study, "asymmetry", {}, slope=0.1, ci_low=0.05, ci_high=0.15)


@cache
def steep() -> Study:
    """Slopes are beyond the axis."""
    return edited(certain(), "asymmetry", {}, slope=5.0, ci_high=6.0)


@cache
def hardly_powered() -> Study:
    """The smallest detectable lifts are larger than any difference of two rates, and than none."""
    return edited(known(), "effects", _LIFTS, mde=1.3)


@cache
def others_judge_well() -> Study:
    return edited(strict(), "certification", {"judge": "b"}, rate=0.01)


@cache
def lift_without_interval() -> Study:
    return edited(known(), "effects", _LIFTS, ci_low=None, ci_high=None, mde=None)


@cache
def no_lift() -> Study:
    return edited(known(), "effects", _LIFTS, estimate=None, ci_low=None, ci_high=None, mde=None)


@cache
def three_skills() -> Study:
    """Lifts rest on fewer tasks, and some episodes have no verdict."""
    return edited(known(), "effects", _LIFTS, n_tasks=9, n_skills=3, n_unscored=2)


@cache
def no_margin() -> Study:
    return edited(known(), "claims", {"claim": "recipe_tie"}, margin=None)


@cache
def no_limits() -> Study:
    return respecified(known(), {"certification": None})


@cache
def strict() -> Study:
    return respecified(known(), {"certification": {"max_false_pass": 0.05, "max_false_fail": 0.3}})


@cache
def nothing_certified() -> Study:
    nothing = {"rate": None, "ci_low": None, "ci_high": None}
    return edited(known(), "certification", {"judge": "a"}, **nothing)


@cache
def labelled() -> Study:
    return edited(known(), "corrected_effects", labelled_by="given")


@cache
def too_few_labels() -> Study:
    nothing = {"estimate": None, "ci_low": None, "ci_high": None, "reason": "too few labels"}
    return edited(known(), "corrected_effects", {"method": "rogan_gladen"}, **nothing)


@cache
def lines_differ() -> Study:
    return edited(known(), "path_shift", {}, n_different_lines=2)


@cache
def form_measured() -> Study:
    """Gains in form beside those in passes."""
    effects = known().tables["effects"]
    gains = effects.filter(contrast="gain:none", metric="pass", path="judge:a")
    gains = gains.with_columns(metric=pl.lit("format"), path=pl.lit("text"))
    return known()._replace(tables={**known().tables, "effects": pl.concat([effects, gains])})


@cache
def gains_little_known() -> Study:
    """Intervals of gains that go beyond all that a gain can be, as two seeds can leave them."""
    far = {"ci_low": -3.0, "ci_high": 3.0}
    study = edited(form_measured(), "effects", {"contrast": "gain:curated", "metric": "pass"}, **far)
    return edited(study, "effects", {"contrast": "gain:none", "metric": "format"}, **far)


@cache
def little_known() -> Study:
    """Few skills: an interval goes beyond all deltas that there can be."""
    return edited(known(), "effects", {"contrast": "curated-none"}, ci_low=-4.0, ci_high=4.2)


@cache
def published() -> Study:
    return respecified(known(), figures={"published_values": True})


@cache
def no_shuffled() -> Study:
    return without_conditions(known(), "shuffled")


@cache
def a_skill_lost_verdicts() -> Study:
    return edited(known(), "skill_effects", {}, n_unscored=1)


@cache
def fewer_cases() -> Study:
    return edited(known(), "certification", {}, n_cases=7)


@cache
def more_certain() -> Study:
    return respecified(known(), {"confidence": 0.99})


@cache
def logged() -> Study:
    study = known()
    return study._replace(tables={**study.tables, "log": make_log(study.spec)})


@cache
def logged_of_pairs() -> Study:
    """One recipe was trained on preference pairs, whose log has margins."""
    log = logged().tables["log"].with_columns(margin=pl.when(run="dpo-s0").then(0.5))
    return logged()._replace(tables={**logged().tables, "log": log})


@cache
def logged_of_rewards() -> Study:
    """One recipe was trained on rewards, whose log has them."""
    log = logged().tables["log"].with_columns(reward=pl.when(run="dpo-s0").then(0.5))
    return logged()._replace(tables={**logged().tables, "log": log})


_SEEDS = "large marks: a recipe's mean over its seeds; small dots: single seeds"
_COUNTS = f"{N_SKILLS * PER_SKILL} tasks in {N_SKILLS} skills · unscored: 0 per estimate"

CASES = [
    Sentence(
        "in nats per token; of dpo, on preference pairs, in nats per pair",
        "that recipe alone was trained on preference pairs",
        logged_of_pairs,
        (logged,),
        "figure loss_curves",
    ),
    Sentence(
        "not drawn: dpo, on rewards, whose loss says nothing",
        "that recipe alone was trained on rewards",
        logged_of_rewards,
        (logged, logged_of_pairs),
        "figure loss_curves",
    ),
    *(
        Sentence(
            f"{_BASE}{_COUNTS} 95 % intervals, clustered by skill",
            "this is what the estimates drawn rest on, and the level of their intervals",
            known,
            (three_skills, more_certain, *without),
            f"figure {name}",
        )
        for name, without in (("lift", (lift_without_interval,)), ("skill_forest", ()))
    ),
    *(
        Sentence(_SEEDS, "a recipe was trained with several seeds", known, (one_seed,), f"figure {name}")
        for name in ("lift", "tier_trajectory", "placebo_ladder")
    ),
    Sentence(
        "grey band: smaller than what this study detects with 80 % power",
        "the smallest detectable effect is known",
        known,
        (no_lift, lift_without_interval),
        "figure lift",
    ),
    Sentence(
        "grey arrows: bands that go on beyond 100 pp",
        "a smallest detectable effect is larger",
        hardly_powered,
        (known, no_lift),
        "figure lift",
    ),
    Sentence(
        "without an interval: 45 k · sft; 45 k · dpo; 115 k · sft",
        "these lifts have no interval",
        lift_without_interval,
        (known, no_lift),
        "figure lift",
    ),
    Sentence(
        "undefined, not drawn: 45 k · sft; 45 k · dpo; 115 k · sft",
        "these lifts have no estimate",
        no_lift,
        (known, lift_without_interval),
        "figure lift",
    ),
    Sentence(
        "judge a errs too often: ",
        "the headline judge erred on more cases than the study allows",
        strict,
        (known, no_limits),
        "figure lift",
    ),
    Sentence(
        "arrows: bars that go on beyond the axis", "a bar is cut", known, (certain,), "figure skill_forest"
    ),
    Sentence(
        "recipe sft; of one skill: Student's t intervals over its tasks skills from the highest mean lift "
        "down; unscored in one skill: 0",
        "it is of that recipe, and every task of a skill has a verdict",
        known,
        (a_skill_lost_verdicts,),
        "figure skill_forest",
    ),
    Sentence(
        "95 % intervals, clustered by skill (all skills)",
        "the mean's interval is at that level",
        known,
        (more_certain,),
        "figure skill_forest",
    ),
    Sentence(
        "arrows: bars that go on beyond a slope of 2", "a bar is cut", known, (certain,), "figure asymmetry"
    ),
    Sentence(
        "hollow arrows: estimates beyond a slope of 2",
        "an estimate is not drawn where it is",
        steep,
        (known, certain),
        "figure asymmetry",
    ),
    Sentence(
        "grey band: differences of less than 2.0 pp, which the study declares to be none",
        "the study declares that margin",
        known,
        (no_margin,),
        "figure recipe_band",
    ),
    Sentence(
        "no band: the study declares no margin", "it declares none", no_margin, (known,), "figure recipe_band"
    ),
    Sentence(
        "first recipe minus the second, paired by task, mean over seeds",
        "a recipe was trained with several seeds",
        known,
        (one_seed,),
        "figure recipe_band",
    ),
    Sentence(
        "95 % intervals (differences clustered by skill)",
        "intervals are at that level",
        known,
        (more_certain,),
        "figure recipe_band",
    ),
    Sentence(
        "path judge:a (headline, in colour) and all others",
        "there is another path",
        known,
        (one_path,),
        "figure lift_by_path",
    ),
    Sentence(
        "95 % intervals, bootstrap over skills",
        "intervals are at that level",
        known,
        (more_certain,),
        "figure judge_agreement",
    ),
    Sentence(
        "8 cases a kind · unscored: 0 to 1 a kind · 95 % intervals (Wilson)",
        "so many cases were judged",
        known,
        (fewer_cases,),
        "figure certification",
    ),
    Sentence(
        "dashed line: the study's limit for the rate over all cases",
        "the study names a limit",
        known,
        (no_limits,),
        "figure certification",
    ),
    Sentence(
        "Not within the study's limits on other paths",
        "some judge other than the headline's erred on more cases than the study allows",
        strict,
        (no_limits, others_judge_well),
        "figure certification",
    ),
    Sentence(
        "Not within the study's limits on other paths: b",
        "another judge than the headline's erred on more cases than the study allows",
        strict,
        (no_limits, others_judge_well),
        "figure certification",
    ),
    Sentence(
        "undefined, not drawn: … of … rates, of a (no case scored)",
        "no case of that judge has a verdict",
        nothing_certified,
        (known,),
        "figure certification",
    ),
    Sentence(
        "corrected: by the judge's errors on episodes with an exact label",
        "labels are ANSWER lines",
        known,
        (labelled,),
        "figure corrected_lift",
    ),
    Sentence(
        "corrected: by the judge's errors on the labels that were given",
        "labels were given",
        labelled,
        (known,),
        "figure corrected_lift",
    ),
    Sentence(
        "why: too few labels",
        "so a lift has no correction",
        too_few_labels,
        (known,),
        "figure corrected_lift",
    ),
    Sentence(
        "episodes with several different ANSWER lines (2 an arm): the last one counts",
        "so many episodes have",
        lines_differ,
        (known,),
        "figure path_audit",
    ),
    Sentence(
        "filler: neutral text of equal length; placebo: another skill's procedure of equal length; ",
        "both were asked, and steps in a wrong order",
        known,
        (no_filler,),
        "figure placebo_ladder",
    ),
    Sentence(
        "shuffled: wrong order of steps", "it was asked", known, (no_shuffled,), "figure placebo_ladder"
    ),
    Sentence(
        "arrows: bars that go on beyond 100 pp",
        "a bar is cut",
        little_known,
        (known,),
        "figure tier_trajectory",
    ),
    Sentence(
        "arrows: bars that go on beyond 100 pp",
        "a bar is cut",
        gains_little_known,
        (known,),
        "figure transfer",
    ),
    Sentence(
        "arrows: bars that go on beyond what a gain can be (response in form)",
        "a bar of that metric is cut",
        gains_little_known,
        (form_measured,),
        "figure metrics",
    ),
    Sentence(
        "hollow: as published in … tasks, without intervals; other tasks and trainings, not this study's "
        "data",
        "the study asks for the published values",
        published,
        (known,),
        "figure tier_trajectory",
    ),
]
