"""What the findings can say of lifts and procedural deltas: once true, once false."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.shared import (
    COUNTED,
    format_moves,
    format_moves_on_bench,
    format_moves_uncertified,
    no_certificate,
    other_numbers,
    without_interval,
)
from referee.studies import LIFT, LIFTS, base_alone, known, on_bench, one_seed, undefined
from referee.whole import RUNS, edited, respecified, whole


@cache
def settled() -> Study:
    """Of three lifts one is above zero, one below."""
    study = edited(known(), "claims", LIFTS | {"student": "m"}, word="contradicted", estimate=-0.1)
    return edited(study, "claims", LIFTS, n_runs=2)


@cache
def two_above() -> Study:
    return edited(known(), "claims", LIFTS | {"student": "m"}, word="supported", estimate=0.3)


@cache
def format_moves_elsewhere() -> Study:
    """It does so on another path, and for a claim that is no lift."""
    moved = {"answer_lines_low": 0.4, "answer_lines_high": 1.0}
    study = edited(known(), "claims", {"path": "bench"}, **moved)
    study = edited(study, "claims", {"suite": "dev"}, **moved)
    return edited(study, "claims", {"path": "judge:a", "claim": "procedural_delta"}, **moved)


@cache
def s_is_a_reference() -> Study:
    return respecified(known(), references=["s"])


_LIFT = "Lift at 45 k after SFT by sft, mean of 2 seeds: "


@cache
def hardly_detectable() -> Study:
    """So few tasks that the smallest detectable effect is above any difference of two rates."""
    few = {"degrees_of_freedom": 2.0, "mde": 1.6, "mde_low": 0.525, "mde_high": 37.6}
    return edited(known(), "claims", LIFT, **few)


@cache
def variance_known() -> Study:
    """Few degrees of freedom, and a variance so well known that its ends are written alike."""
    return edited(known(), "claims", LIFT, degrees_of_freedom=6.0, mde_low=0.12, mde_high=0.1201)


@cache
def format_moves_at_both() -> Study:
    """SFT changes how many responses have an ANSWER line, at both tiers alike."""
    where = LIFTS | {"run": "sft"}
    return edited(known(), "claims", where, answer_lines_low=0.4, answer_lines_high=1.0)


@cache
def format_moves_apart() -> Study:
    """It does so at both tiers, and otherwise at the larger one."""
    at_m = LIFTS | {"student": "m", "run": "sft"}
    return edited(format_moves_at_both(), "claims", at_m, answer_lines_low=0.2, answer_lines_high=0.9)


@cache
def format_moves_at_all() -> Study:
    """It does so in four lifts: at both tiers by both recipes, and otherwise in one of them."""
    study = edited(known(), "claims", LIFTS, answer_lines_low=0.4, answer_lines_high=1.0)
    claims = study.tables["claims"]
    by_dpo = claims.filter(**LIFTS, suite="holdout", run="dpo-s0").with_columns(
        student=pl.lit("m"), answer_lines_low=0.2, answer_lines_high=0.9
    )
    study = study._replace(tables={**study.tables, "claims": pl.concat([claims, by_dpo])})
    return respecified(study, runs=[*RUNS, {**RUNS[-1], "student": "m"}])


CASES = [
    Sentence(
        "folded: procedural delta: ",
        "the first answer rests on lifts",
        known,
        (base_alone,),
        "page",
    ),
    Sentence(
        f"{_LIFT}+25.0 pp (95 % interval +10.0 to +40.0 pp; Holm-adjusted p = 0.004; smallest detectable "
        f"effect more than 100 pp (its variance is little known: 52.5 to more than 100 pp); {COUNTED}.",
        "no difference of two rates would be found four times in five",
        hardly_detectable,
        (known, other_numbers),
    ),
    Sentence(
        "Is the lift resolved at this n? 2 of 3 lifts resolved on the path judge:a: 1 supported (+25.0 pp), "
        "1 contradicted (\u221210.0 pp), 1 not resolvable at this n.",
        "so many lifts are known to be above or below zero, by that estimate, and so many are not",
        settled,
        (known, undefined, on_bench, two_above),
    ),
    Sentence(
        "2 of 3 lifts resolved on the path judge:a: 2 supported (+25.0 to +30.0 pp), 1 not resolvable",
        "two lifts are known to be above zero, by estimates from the one to the other",
        two_above,
        (known, settled),
    ),
    Sentence(
        "a recipe has one training: what is claimed there is about that run alone",
        "a recipe was trained once",
        known,
        (settled,),
    ),
    Sentence(
        " the share of ANSWER lines changes too",
        "in some lift that share differs between arms",
        format_moves,
        (known, format_moves_elsewhere),
    ),
    Sentence(
        "At 1 student a recipe has one training: what is claimed there is about that run alone.",
        "the recipe was trained once at so many students",
        known,
        (settled, one_seed),
    ),
    Sentence(
        "At 2 students a recipe has one training: what is claimed there is about that run alone.",
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
        f"detectable effect 12.0 pp; {COUNTED}. [supported]",
        "the estimate with its interval, p, detectable effect and counts is this, and is known to be above "
        "zero",
        known,
        (other_numbers, undefined, without_interval, whole),
    ),
    Sentence(
        f"{_LIFT}+7.0 pp (95 % interval \u22122.0 to +16.0 pp; Holm-adjusted p < 0.001; smallest detectable "
        "effect 20.0 pp (its variance is little known: 10.0 to 50.0 pp); 31 tasks",
        "the standard error of the effect rests on few degrees of freedom",
        other_numbers,
        (known,),
    ),
    Sentence(
        f"{_LIFT}+25.0 pp (95 % interval +10.0 to +40.0 pp; Holm-adjusted p = 0.004; smallest detectable "
        f"effect 12.0 pp; {COUNTED}",
        "the standard error rests on few degrees of freedom, which leave nothing open",
        variance_known,
        (hardly_detectable, other_numbers),
    ),
    Sentence(
        f"{_LIFT}undefined (0 tasks in 0 skills, 9 episodes unscored; path judge:a). [undefined]",
        "the data give no estimate",
        undefined,
        (known, without_interval),
    ),
    Sentence(
        f"{_LIFT}+25.0 pp (interval undefined; smallest detectable effect undefined; {COUNTED}. [undefined]",
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
        "with an ANSWER line varies from 40.0 % to 100.0 %. Where the judge misses right answers in prose, "
        "a part of the lift is one of format. In its certification the judge failed 25.0 % of the cases "
        "that must pass. [",
        "the share of ANSWER lines differs between the arms of a lift, and a judge may have missed other "
        "answers",
        format_moves,
        (known, format_moves_elsewhere, format_moves_on_bench, format_moves_uncertified, no_certificate),
    ),
    Sentence(
        "Lift at 45 k after SFT by sft, mean of 2 seeds; at 115 k after SFT by sft, mean of 2 seeds: between "
        "its arms the share of responses with an ANSWER line varies from 40.0 % to 100.0 %.",
        "that share differs between the arms of both lifts, and alike",
        format_moves_at_both,
        (format_moves, known, format_moves_at_all, format_moves_apart),
        "report",
    ),
    Sentence(
        "- Lift at 115 k after SFT by sft, mean of 2 seeds: between its arms the share of responses with an "
        "ANSWER line varies from 20.0 % to 90.0 %.",
        "that share differs between the arms of this lift, and otherwise than of another",
        format_moves_apart,
        (format_moves, known, format_moves_at_both, format_moves_at_all),
        "report",
    ),
    *(
        Sentence(
            f"{mark}Each of 4 lifts, named below: between its arms the share of responses with an "
            "ANSWER line varies, over all of them from 20.0 % to 100.0 %.",
            "that share differs between the arms of so many lifts, and is never lower or higher",
            format_moves_at_all,
            (format_moves_at_both, known),
            where,
        )
        for mark, where in (("- ", "report"), ("", "page"), ("**", "summary"))
    ),
    *(
        Sentence(
            f"{mark}at 115 k after SFT by dpo, seed 0: 20.0 % to 90.0 %{end}",
            "that lift is one of these, with those shares",
            format_moves_at_all,
            (format_moves_at_both, known),
            where,
        )
        for mark, end, where in (("  - ", " |", "report"), ("4 lifts…", "", "page"), ("- ", "", "summary"))
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
