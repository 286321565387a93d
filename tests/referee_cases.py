"""What the findings can say of lifts, of sameness and of what numbers rest on: once true, once false."""

from __future__ import annotations

from functools import cache

from referee import Sentence, Study
from referee_studies import (
    AT_S,
    LIFT,
    LIFTS,
    UNIFORM_PAIR,
    WHOLE_UNIFORM,
    base_alone,
    edited,
    known,
    on_bench,
    one_seed,
    respecified,
    undefined,
    whole,
    without_rows,
)


@cache
def settled() -> Study:
    """Of three lifts one is above zero, one below."""
    study = edited(known(), "claims", LIFTS | {"student": "m"}, word="contradicted")
    return edited(study, "claims", LIFTS, n_runs=2)


@cache
def other_numbers() -> Study:
    """The claims of the headline path have other numbers, and their variance is little known."""
    numbers = {"estimate": 0.07, "ci_low": -0.02, "ci_high": 0.16, "p_value": 0.2, "mde": 0.2}
    counts = {"n_tasks": 31, "n_skills": 10, "n_unscored": 5}
    few = {"degrees_of_freedom": 6.0, "mde_low": 0.1, "mde_high": 0.5, "p_equivalence": 0.2}
    study = edited(known(), "claims", {"path": "judge:a"}, **numbers, **counts, **few)
    study = edited(study, "claims", LIFT, p_holm=0.0004, word="not resolvable at this n")
    return edited(study, "claims", UNIFORM_PAIR, p_holm=0.0004, word="not resolvable at this n")


@cache
def without_interval() -> Study:
    nothing = {"ci_low": None, "ci_high": None, "p_value": None, "p_holm": None, "mde": None}
    study = edited(known(), "claims", {"path": "judge:a"}, **nothing, word="undefined")
    return edited(study, "claims", {"path": "judge:a"}, p_equivalence=None)


@cache
def format_moves() -> Study:
    """SFT changes how many responses have an ANSWER line."""
    study = edited(known(), "claims", LIFT, answer_lines_low=0.4, answer_lines_high=1.0)
    where = {"path": "judge:a", "student": "s", "run": "sft"}
    return edited(study, "corrected_effects", where, answer_lines_low=0.4, answer_lines_high=1.0)


@cache
def format_moves_elsewhere() -> Study:
    """It does so on another path, and for a claim that is no lift."""
    moved = {"answer_lines_low": 0.4, "answer_lines_high": 1.0}
    study = edited(known(), "claims", {"path": "bench"}, **moved)
    study = edited(study, "claims", {"suite": "dev"}, **moved)
    return edited(study, "claims", {"path": "judge:a", "claim": "procedural_delta"}, **moved)


@cache
def format_moves_on_bench() -> Study:
    study = edited(known(), "claims", {"path": "bench", "claim": "lift"}, answer_lines_low=0.4)
    study = edited(study, "claims", {"path": "bench", "claim": "lift"}, answer_lines_high=1.0)
    return respecified(study, {"headline_path": "bench"})


@cache
def format_moves_uncertified() -> Study:
    """... and nobody knows what the judge misses."""
    return edited(format_moves(), "certification", {"judge": "a"}, rate=None)


@cache
def no_certificate() -> Study:
    study = format_moves()
    rates = study.tables["certification"].filter(judge="b")
    return study._replace(tables={**study.tables, "certification": rates})


@cache
def tiers_differ() -> Study:
    study = edited(known(), "claims", WHOLE_UNIFORM, word="contradicted", n_runs=1)
    return edited(study, "claims", UNIFORM_PAIR, word="contradicted", n_runs=1, margin=None, p_holm=None)


@cache
def recipes_have_seeds() -> Study:
    study = edited(known(), "claims", {"claim": "recipe_tie"}, n_runs=2, margin=None, p_equivalence=None)
    return edited(study, "claims", WHOLE_UNIFORM, word="not resolvable at this n")


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


@cache
def s_is_a_reference() -> Study:
    return respecified(known(), references=["s"])


@cache
def lines_unknown() -> Study:
    return edited(known(), "pass_rates", answer_line_rate=None)


@cache
def lines_alike() -> Study:
    return edited(known(), "pass_rates", {"student": "s"}, answer_line_rate=0.7)


@cache
def none_lost() -> Study:
    study = edited(known(), "pass_rates", {"path": "judge:a"}, n_unscored=0, n_tasks=35, n_skills=11)
    return without_rows(study, "pass_rates", condition="shuffled")


@cache
def another_arm_lost_as_many() -> Study:
    return edited(known(), "pass_rates", AT_S | {"run": "base", "condition": "none"}, n_unscored=3)


@cache
def another_arm_lost_more() -> Study:
    return edited(known(), "pass_rates", AT_S | {"run": "base", "condition": "none"}, n_unscored=4)


_LIFT = "Lift at 45 k after SFT by sft, mean of 2 seeds: "
_APART = "+2.0 pp (95 % interval +0.0 to +4.0 pp; "
_EQUIVALENCE = "p of a difference of 5.0 pp or more = 0.010; smallest detectable difference 6.0 pp; "
_ON = "30 tasks in 11 skills, 4 episodes unscored; path judge:a)"
_THESE = "a side has one seed, so about these runs"

OF_LIFTS = [
    Sentence(
        "Is the lift resolved at this n? 2 of 3 lifts resolved on the path judge:a: 1 supported, 1 "
        "contradicted, 1 not "
        "resolvable at this n.",
        "how many lifts are known to be above or below zero, and how many are not known to be either",
        settled,
        (known, undefined, on_bench),
    ),
    Sentence(
        "With one training a claim is about that run, not about its recipe: so at 1 student.",
        "the recipe was trained once at so many students",
        known,
        (settled, one_seed),
    ),
    Sentence(
        "With one training a claim is about that run, not about its recipe: so at 2 students.",
        "the recipe was trained once at so many students",
        one_seed,
        (known,),
    ),
    Sentence(
        "This study has no lift: no run was trained, or its arms are missing.",
        "there is no lift on the headline path",
        base_alone,
        (known, undefined),
    ),
    Sentence(
        "At 1 lift the share of ANSWER lines changes too: see the caveat.",
        "in so many lifts the share of ANSWER lines differs between arms",
        format_moves,
        (known, format_moves_elsewhere, format_moves_on_bench),
    ),
    Sentence(
        f"lift | {_LIFT}+25.0 pp (95 % interval +10.0 to +40.0 pp; Holm-adjusted p = 0.004; smallest "
        f"detectable "
        f"effect 12.0 pp; {_ON}. [supported]",
        "the estimate with its interval, p, detectable effect and counts is this, and is known to be above "
        "zero",
        known,
        (other_numbers, undefined, without_interval, whole),
    ),
    Sentence(
        f"{_LIFT}+7.0 pp (95 % interval \u22122.0 to +16.0 pp; Holm-adjusted p < 0.001; smallest detectable "
        f"effect "
        "20.0 pp (its variance is little known: 10.0 to 50.0 pp); 31 tasks",
        "the standard error of the effect rests on few degrees of freedom",
        other_numbers,
        (known,),
    ),
    Sentence(
        f"{_LIFT}undefined (0 tasks in 0 skills, 9 episodes unscored; path judge:a). [undefined]",
        "the data give no estimate",
        undefined,
        (known, without_interval),
    ),
    Sentence(
        f"{_LIFT}+25.0 pp (interval undefined; smallest detectable effect undefined; {_ON}. [undefined]",
        "the data give an estimate, and no interval",
        without_interval,
        (known, undefined),
    ),
    Sentence(
        "at the end: Lift resolved       1 supported, 2 not resolvable at this n; ",
        "so many lifts are known to be above zero",
        known,
        (settled, undefined, base_alone),
    ),
    Sentence(
        "at the end: Lift resolved       deltas: 3 not resolvable at this n; ",
        "nothing was trained, and so many procedural deltas are known to be above zero",
        base_alone,
        (known,),
    ),
    Sentence(
        "at the end: Lift resolved       3 undefined",
        "the data give no lift",
        undefined,
        (known,),
    ),
    Sentence("Lift at 45 k after SFT by dpo, seed 0: ", "it is of that one training", known, (base_alone,)),
    Sentence("Lift at 45 k after SFT by sft, seed 0: ", "it is of that one training", one_seed, (known,)),
    Sentence(_LIFT, "it is of the mean of so many trainings", known, (one_seed, base_alone)),
    Sentence("Procedural delta at 45 k before SFT: ", "nothing is trained", known, (s_is_a_reference,)),
    Sentence(
        "Procedural delta of the reference model 45 k: ",
        "the student is a reference model",
        s_is_a_reference,
        (known,),
    ),
    Sentence(
        "format | Lift at 45 k after SFT by sft, mean of 2 seeds: between its arms the share of responses "
        "with an "
        "ANSWER line varies from 40.0 % to 100.0 %. Where the judge misses right answers in prose, the lift "
        "is one "
        "of format. In its certification the judge failed 25.0 % of the cases that must pass. [",
        "the share of ANSWER lines differs between the arms of a lift, and a judge may have missed other "
        "answers",
        format_moves,
        (known, format_moves_elsewhere, format_moves_on_bench, format_moves_uncertified, no_certificate),
    ),
    Sentence(
        "Between its arms the share of responses with an ANSWER line varies from 40.0 % to 100.0 %, and",
        "that share differs between the arms of a corrected lift",
        format_moves,
        (known, format_moves_on_bench),
    ),
    Sentence(
        "The extractor reads no prose, so the lift may be one of format.",
        "the extractor has scored, and the share of ANSWER lines differs between the arms of a lift",
        format_moves_on_bench,
        (on_bench, format_moves),
    ),
]

OF_SAMENESS = [
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
        (known, tiers_differ, undefined),
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
        f"uniform lift | Largest difference of the lifts by sft, of any two tiers: {_APART}p of no "
        f"difference = "
        f"0.300; {_EQUIVALENCE}{_ON}. [equivalent] lift",
        "the largest difference of tiers is this, and is known to be smaller than the margin",
        known,
        (other_numbers, tiers_differ, undefined, without_interval),
    ),
    Sentence(
        f"uniform lift | Difference of the lifts by sft, 115 k \u2212 45 k: {_APART}Holm-adjusted p of no "
        f"difference = "
        f"0.300; {_EQUIVALENCE}{_ON}. [equivalent] lift",
        "the difference of the two tiers is this, and is known to be smaller than the margin",
        known,
        (other_numbers, tiers_differ, undefined, without_interval),
    ),
    Sentence(
        f"115 k \u2212 45 k: {_APART}p of no difference = 0.300; no margin of equivalence declared; "
        f"smallest detectable "
        f"difference 6.0 pp; {_ON}; {_THESE}. [contradicted]",
        "the study declares no margin; the difference is of single trainings",
        tiers_differ,
        (known, other_numbers),
    ),
    Sentence(
        f"115 k \u2212 45 k: +2.0 pp (interval undefined; smallest detectable difference undefined; {_ON}. "
        f"[undefined]",
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
        "+30.0 pp "
        f"(… pp; 36 tasks in 12 skills, 0 episodes unscored; path judge:a); {_THESE}. [contradicted]",
        "the largest difference of recipes is this, and is known not to be zero, of these trainings",
        known,
        (recipes_have_seeds, undefined, other_numbers),
    ),
    Sentence(
        "recipes tie | Difference of the pass rates under curated at 45 k, dpo \u2212 sft: \u221230.0 pp (… "
        "path judge:a). "
        "[contradicted]",
        "the difference of the recipes is this, and each was trained with several seeds",
        recipes_have_seeds,
        (known, undefined, other_numbers),
    ),
    Sentence(
        "asymmetry | Slope of the lift on the baseline procedural delta over skills by sft (negative: SFT "
        "adds more where "
        "the procedure helped less): split halves, free of the coupling: \u22120.50 (95 % interval "
        "\u22120.80 to \u22120.20); "
        "Oldham: \u22120.40 (95 % interval \u22120.70 to \u22120.10); naive, coupled by construction: "
        "\u22121.10 (95 % interval "
        "\u22121.40 to \u22120.80); 36 tasks in 12 skills at 2 students, 3 episodes unscored; path judge:a. "
        "Intervals are "
        "given these "
        "trainings, and for each slope alone. [",
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
        "split halves, free of the coupling: \u22120.50 (95 % interval \u22120.80 to \u22120.20); 36 tasks",
        "there is no other slope",
        one_tier,
        (known,),
    ),
]

OF_THE_BASIS = [
    Sentence(
        "What do the numbers rest on? Up to 36 tasks with a verdict, in 12 skills of the suite holdout, in "
        "each of 40 arms "
        "(student, run, condition); 3 episodes unscored on the path judge:a.",
        "so many tasks, skills and arms have been scored, so many episodes not",
        known,
        (none_lost, undefined, on_bench, base_alone, another_arm_lost_more),
    ),
    Sentence("unscored | ", "a verdict was lost", known, (none_lost,)),
    Sentence(
        "unscored | No arm lost more verdicts than the condition curated at 45 k after SFT by sft, seed 0: "
        "3 unscored. "
        "Unscored is in no rate, and never a fail. [",
        "that arm lost the most verdicts, and it alone",
        known,
        (none_lost, another_arm_lost_as_many, another_arm_lost_more, on_bench),
    ),
    Sentence(
        ": 3 unscored, as many as 1 other arm. Unscored is in no rate, and never a fail.",
        "that arm lost the most verdicts, and so did another",
        another_arm_lost_as_many,
        (known, another_arm_lost_more),
    ),
    Sentence(
        "answer lines | Responses with an ANSWER line at 45 k: 50.0 % before SFT and 50.0 % to 100.0 % "
        "after, over "
        "conditions and runs. [",
        "so many responses have an ANSWER line, before and after training",
        known,
        (lines_unknown, lines_alike, base_alone),
    ),
    Sentence(
        "at 45 k: 70.0 % before SFT and 70.0 % after, over",
        "that share is the same throughout",
        lines_alike,
        (known,),
    ),
    Sentence(
        "Responses with an ANSWER line at 115 k: ",
        "at that student it is known before and after training",
        lambda: edited(known(), "pass_rates", {"student": "m"}, answer_line_rate=0.2),
        (known,),
    ),
]

OF_THE_SUMMARY = [
    Sentence(*texts, where="summary")
    for texts in (
        (
            "**skillift study `made up`**, suite holdout, scoring path judge:a. Lift: what SFT added to "
            "curated \u2212 none, "
            "in percentage points with its 95 % interval, paired by task and clustered by skill; p is "
            "adjusted by Holm.",
            "runs were trained",
            known,
            (base_alone, on_bench),
        ),
        (
            "Procedural delta: curated \u2212 none, in percentage points",
            "no run was trained",
            base_alone,
            (known,),
        ),
        (
            "| student | trained by   | before: none \u2192 curated | after: none \u2192 curated | lift ",
            "likewise",
            known,
            (base_alone,),
        ),
        ("| student | none \u2192 curated  ", "no run was trained", base_alone, (known,)),
        (
            "| 45 k    | sft, 2 seeds | 30.0 % \u2192 40.0 %        | 30.0 % \u2192 85.0 %       | +25.0 pp "
            "(+10.0 to +40.0) | 0.004 | "
            "12.0 pp             | 30 (11)        | 4        | supported ",
            "the pass rates and the lift are these",
            known,
            (other_numbers, undefined, one_seed, on_bench),
        ),
        ("| 45 k    | sft, seed 0 ", "the recipe was trained once", one_seed, (known,)),
        (
            "| +7.0 pp (\u22122.0 to +16.0) | < 0.001 | 20.0 pp ",
            "the p-value is below 0.001",
            other_numbers,
            (known,),
        ),
        (
            "| p     | smallest detectable | tasks (skills) |",
            "the table has these numbers",
            known,
            (undefined,),
        ),
        (
            "| undefined \u2192 undefined  | undefined \u2192 undefined | undefined",
            "the data give no estimate",
            undefined,
            (known,),
        ),
        (
            "| undefined           | 30 (11) ",
            "the data give no detectable effect",
            without_interval,
            (known,),
        ),
        (
            "**Lift at 45 k after SFT by sft, mean of 2 seeds: ",
            "the share of ANSWER lines differs between arms",
            format_moves,
            (known,),
        ),
    )
]

CASES = [*OF_LIFTS, *OF_SAMENESS, *OF_THE_BASIS, *OF_THE_SUMMARY]
