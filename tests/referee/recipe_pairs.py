"""What the findings can say of recipes: dips of a training, the quality of its data, few rows seen often."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.claim_rows import COUNTS, claim_row, elsewhere
from referee.studies import known
from referee.suites import two_suites
from referee.whole import edited, respecified, without_rows

_PAIR = {"student": "s", "against": "sft", "contrast": "lift:curated-none"}
_TESTED = {"margin": 0.05, "p_equivalence": 0.4}


def _with(*rows: pl.DataFrame) -> Study:
    tables = known().tables
    return known()._replace(
        tables={**tables, "claims": pl.concat([tables["claims"], elsewhere(pl.concat(rows))])}
    )


def _quality(**values: object) -> pl.DataFrame:
    return claim_row(claim="data_quality", run="noisy", **_PAIR, **_TESTED, **values)


def _often(**values: object) -> pl.DataFrame:
    return claim_row(claim="repetition", run="few", **_PAIR, margin=None, p_equivalence=None, **values)


@cache
def wrong_answers_harm() -> Study:
    """Wrong answers cost lift, and few rows seen often give more of it; both recipes have two seeds."""
    lower = {"estimate": -0.12, "ci_low": -0.2, "ci_high": -0.04, "mde": 0.11, "word": "contradicted"}
    more = {"estimate": 0.09, "ci_low": 0.02, "ci_high": 0.16, "mde": 0.1, "word": "supported"}
    return _with(_quality(**lower, n_runs=2), _often(**more, n_runs=2))


@cache
def data_alike() -> Study:
    """The lifts are the same within the margin; a side has one seed."""
    return _with(_quality(estimate=0.01, ci_low=-0.01, ci_high=0.03, mde=0.03, word="equivalent", n_runs=1))


@cache
def repeated_less() -> Study:
    """Few rows seen often give less."""
    less = {"estimate": -0.09, "ci_low": -0.16, "ci_high": -0.02, "mde": 0.1, "word": "contradicted"}
    return _with(_often(**less, n_runs=1))


_PREFERRED = {"run": "dpo", "margin": None, "p_equivalence": None}
_OF_FORM = {"claim": "preference_in_form", "metric": "format", "path": "text", "mde": 0.05}


def _preferred(**values: object) -> pl.DataFrame:
    return claim_row(**(_PAIR | _PREFERRED | {"claim": "preference", "n_runs": 2} | values))


@cache
def preferences_help() -> Study:
    """Training on preference pairs gives more lift, and more of it in form."""
    more = {"estimate": 0.06, "ci_low": 0.01, "ci_high": 0.11, "mde": 0.07, "word": "supported"}
    form = _preferred(**_OF_FORM, estimate=0.04, ci_low=0.01, ci_high=0.07, word="supported")
    return _with(_preferred(**more), form)


@cache
def preferences_harm() -> Study:
    """It gives less lift, and less of it in form."""
    less = {"estimate": -0.06, "ci_low": -0.11, "ci_high": -0.01, "mde": 0.07, "word": "contradicted"}
    form = _preferred(**_OF_FORM, estimate=-0.04, ci_low=-0.07, ci_high=-0.01, word="contradicted")
    return _with(_preferred(**less), form)


@cache
def preferences_form_unknown() -> Study:
    """It gives more lift; nothing is said of form."""
    more = {"estimate": 0.06, "ci_low": 0.01, "ci_high": 0.11, "mde": 0.07, "word": "supported"}
    return _with(_preferred(**more))


@cache
def rewards_help() -> Study:
    """Training on rewards gives more lift, and more of it in form."""
    of_rewards = {"claim": "reward", "run": "grpo"}
    more = {"estimate": 0.05, "ci_low": 0.01, "ci_high": 0.09, "mde": 0.06, "word": "supported"}
    form = _OF_FORM | {"claim": "reward_in_form", "run": "grpo"}
    in_form = _preferred(**form, estimate=0.03, ci_low=0.01, ci_high=0.05, word="supported")
    return _with(_preferred(**(of_rewards | more)), in_form)


@cache
def rewards_harm() -> Study:
    """It gives less lift; nothing is said of form."""
    less = {"estimate": -0.05, "ci_low": -0.09, "ci_high": -0.01, "mde": 0.06, "word": "contradicted"}
    return _with(_preferred(claim="reward", run="grpo", **less))


def _depth(**values: object) -> pl.DataFrame:
    course = {"student": "s", "run": "sft", "contrast": "dip:curated", "margin": None, "p_equivalence": None}
    return claim_row(claim="dip_and_recovery", **(course | values))


@cache
def dips_first() -> Study:
    """The rate falls early and rises again."""
    return _with(_depth(estimate=0.07, ci_low=0.02, ci_high=0.12, mde=0.8, word="supported"))


@cache
def dips_too_little() -> Study:
    """Neither is resolved; twice the declared dip and recovery would be."""
    little = {"estimate": 0.01, "ci_low": -0.05, "ci_high": 0.07, "p_value": 0.7, "p_holm": 0.7, "mde": 2.0}
    return _with(_depth(**little, word="not resolvable at this n"))


@cache
def never_recovers() -> Study:
    """The rate is lower at the end than early on."""
    lower = {"estimate": -0.2, "ci_low": -0.3, "ci_high": -0.1, "mde": 1.1, "word": "contradicted"}
    return _with(_depth(**lower, contrast="recovery:curated"))


@cache
def course_undefined() -> Study:
    nothing = dict.fromkeys(("estimate", "ci_low", "ci_high", "p_value", "p_holm", "mde"))
    return _with(_depth(**nothing, word="undefined"))


@cache
def early_steps_declared() -> Study:
    return respecified(known(), {"depth": {"early": [8, 16], "dip": 0.05, "recovery": 0.05}})


def _with_an_early_step(study: Study, suites: tuple[str, ...] = ("holdout",)) -> Study:
    """`study` in which trainings were asked after step 16, too, on these suites."""
    effects = study.tables["effects"]
    course = effects.filter(pl.col("run") != "base", pl.col("suite").is_in(suites), contrast="gain:curated")
    early = course.with_columns(step=pl.lit(16, dtype=effects.schema["step"]))
    return study._replace(tables={**study.tables, "effects": pl.concat([effects, early])})


@cache
def an_early_step() -> Study:
    return _with_an_early_step(known())


@cache
def an_early_step_on_one_of_two_suites() -> Study:
    return _with_an_early_step(two_suites())


@cache
def an_early_step_on_both_suites() -> Study:
    return _with_an_early_step(two_suites(), ("holdout", "dev"))


@cache
def other_path() -> Study:
    return respecified(known(), {"headline_path": "judge:b"})


@cache
def fewer_tasks() -> Study:
    return edited(known(), "effects", n_tasks=35)


@cache
def one_seed() -> Study:
    return without_rows(known(), "effects", run="sft-s1")


@cache
def gain_undefined() -> Study:
    where = {"student": "s", "run": "sft-s1", "contrast": "gain:curated"}
    return edited(known(), "effects", where, estimate=None, ci_low=None, ci_high=None)


_COURSE = "Dip and recovery of the pass rate under curated, at 45 k after SFT by sft, mean of 2 seeds: "

CASES = [
    Sentence(
        "path judge:a · holdout suite · … tasks in … skills · unscored: … intervals, clustered by skill",
        "the gains are those of that path",
        known,
        (other_path,),
        "figure depth",
    ),
    Sentence(
        "gain under curated: at a step minus before SFT, paired by task; n = 36 tasks",
        "so many tasks have a verdict at each step and before SFT",
        known,
        (fewer_tasks,),
        "figure depth",
    ),
    Sentence(
        "bold line: the mean of several trainings, at the steps that all have",
        "a recipe has several seeds",
        known,
        (one_seed,),
        "figure depth",
    ),
    Sentence(
        "undefined, not drawn: 45 k · sft, seed 1, step 138",
        "the gain of that training has no value at that step",
        gain_undefined,
        (known,),
        "figure depth",
    ),
    Sentence(
        "asked after the last step alone, which tells nothing of the course",
        "no training was asked at two steps",
        known,
        (an_early_step,),
        "figure depth",
    ),
    Sentence(
        "not drawn, as asked after the last step alone: dev",
        "trainings were asked at several steps on another suite alone",
        an_early_step_on_one_of_two_suites,
        (an_early_step, an_early_step_on_both_suites),
        "figure depth",
    ),
    Sentence(
        "shaded: the steps that were declared as early",
        "early steps are declared",
        early_steps_declared,
        (known,),
        "figure depth",
    ),
    Sentence(
        "How deep, on which data, by which objective? \u201cearly in training students fall below their "
        "base model, and rise again by its end (under curated)\u201d: 1 supported.",
        "so many trainings dip and recover on the headline path",
        dips_first,
        (known, dips_too_little, wrong_answers_harm),
    ),
    Sentence(
        f"dip and recovery | {_COURSE}the dip decides, +7.0 pp in its claimed direction (95 % interval +2.0 "
        f"to +12.0 pp; Holm-adjusted p = 0.004; {COUNTS}; path judge:a). [supported] depth",
        "the less certain part is the dip, by so much, and both are found",
        dips_first,
        (known, dips_too_little, never_recovers),
    ),
    Sentence(
        f"{_COURSE}the recovery decides, −20.0 pp in its claimed direction (95 % interval −30.0 to −10.0 pp; "
        f"Holm-adjusted p = 0.004; {COUNTS}; path judge:a). [contradicted] depth",
        "the rate falls further by so much",
        never_recovers,
        (dips_first, dips_too_little),
    ),
    Sentence(
        "With 80 % power a dip and a recovery 2.0 times as large as the declared ones would be found, or "
        "these with 4.0 times as many tasks and skills. [not resolvable at this n] depth",
        "it is not resolved, and twice the declared pattern would be found",
        dips_too_little,
        (dips_first, never_recovers, course_undefined),
    ),
    Sentence(
        f"{_COURSE}undefined ({COUNTS}; path judge:a). [undefined] depth",
        "the course is undefined",
        course_undefined,
        (dips_first, dips_too_little),
    ),
    Sentence(
        "How deep, on which data, by which objective? \u201cother demonstrations of the same tasks give "
        "the same lift\u201d: 1 contradicted; \u201cfew rows seen often give more lift than more rows, at as "
        "many steps\u201d: 1 supported.",
        "so many pairs of recipes have that word on the headline path",
        wrong_answers_harm,
        (known, data_alike, repeated_less),
    ),
    Sentence(
        "How deep, on which data, by which objective?", "recipes are compared", wrong_answers_harm, (known,)
    ),
    Sentence(
        "data quality | Lift by noisy less that by sft, trained on other demonstrations of the same tasks, "
        "at 45 k: −12.0 pp (95 % interval −20.0 to −4.0 pp; Holm-adjusted p of no difference = 0.004; p of a "
        "difference of 5.0 pp or more = 0.400; smallest detectable difference 11.0 pp; "
        f"{COUNTS}; path judge:a). [contradicted] lift",
        "the lift on that data is lower by so much, and known to be another",
        wrong_answers_harm,
        (known, data_alike),
    ),
    Sentence(
        f"{COUNTS}; path judge:a); a side has one seed, so about these runs. [equivalent] lift",
        "the lifts are the same within the margin, of these runs",
        data_alike,
        (known, wrong_answers_harm),
    ),
    Sentence(
        "repetition | Lift by few less that by sft, trained for as many steps on more rows, at 45 k: "
        "+9.0 pp (95 % interval +2.0 to +16.0 pp; Holm-adjusted p = 0.004; smallest detectable effect "
        f"10.0 pp; {COUNTS}; path judge:a). [supported] lift",
        "few rows seen often give more lift, by so much",
        wrong_answers_harm,
        (known, repeated_less),
    ),
    Sentence(
        "by which objective? \u201ctraining on preference pairs gives more lift than the training that "
        "it starts from\u201d: 1 supported; \u201cit gives responses in form more lift, too\u201d: 1 "
        "supported.",
        "both are known of one pair",
        preferences_help,
        (known, preferences_harm, preferences_form_unknown),
    ),
    Sentence(
        "preference | Lift by dpo less that by sft, which it starts from, at 45 k: +6.0 pp (95 % interval "
        f"+1.0 to +11.0 pp; Holm-adjusted p = 0.004; smallest detectable effect 7.0 pp; {COUNTS}; path "
        "judge:a). [supported] lift",
        "the lift is larger by so much after training on preference pairs",
        preferences_help,
        (known, preferences_harm),
    ),
    Sentence(
        "preference in form | Lift of responses in form by dpo less that by sft, which it starts from, at "
        f"45 k: −4.0 pp (95 % interval −7.0 to −1.0 pp; Holm-adjusted p = 0.004; smallest detectable effect "
        f"5.0 pp; {COUNTS}; path text). [contradicted] metrics",
        "the share of responses in form has a smaller lift by so much, whatever judges say",
        preferences_harm,
        (known, preferences_help, preferences_form_unknown),
    ),
    Sentence(
        "by which objective? \u201ctraining on rewards gives more lift than the training that it starts "
        "from\u201d: 1 supported; \u201crewards give responses in form more lift, too\u201d: 1 supported.",
        "both are known of one pair",
        rewards_help,
        (known, rewards_harm, preferences_help),
    ),
    Sentence(
        "reward | Lift by grpo less that by sft, which it starts from, at 45 k: −5.0 pp (95 % interval "
        f"−9.0 to −1.0 pp; Holm-adjusted p = 0.004; smallest detectable effect 6.0 pp; {COUNTS}; path "
        "judge:a). [contradicted] lift",
        "the lift is smaller by so much after training on rewards",
        rewards_harm,
        (known, rewards_help),
    ),
    Sentence(
        "reward in form | Lift of responses in form by grpo less that by sft, which it starts from, at "
        f"45 k: +3.0 pp (95 % interval +1.0 to +5.0 pp; Holm-adjusted p = 0.004; smallest detectable effect "
        f"5.0 pp; {COUNTS}; path text). [supported] metrics",
        "the share of responses in form has a larger lift by so much, whatever judges say",
        rewards_help,
        (known, rewards_harm),
    ),
    Sentence(
        "\u201cfew rows seen often give more lift than more rows, at as many steps\u201d: 1 contradicted.",
        "no quality of data is compared",
        repeated_less,
        (wrong_answers_harm, data_alike),
    ),
    Sentence(
        "recipes,data quality,45 k,judge:a,contradicted,-0.12,-0.2,-0.04,",
        "that pair's difference is this",
        wrong_answers_harm,
        (known, data_alike),
        "report",
    ),
]
