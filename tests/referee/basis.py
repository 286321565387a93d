"""What they can say of what the numbers rest on."""

from __future__ import annotations

from functools import cache

from referee import Sentence, Study
from referee.studies import AT_S, base_alone, known, on_bench, undefined
from referee.whole import edited, without_rows


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


CASES = [
    Sentence(
        "What do the numbers rest on? Up to 36 tasks with a verdict, in 12 skills of the suite holdout, in "
        "each of 40 arms (student, run, condition); 3 episodes unscored on the path judge:a.",
        "so many tasks, skills and arms have been scored, so many episodes not",
        known,
        (none_lost, undefined, on_bench, base_alone, another_arm_lost_more),
    ),
    Sentence("unscored | ", "a verdict was lost", known, (none_lost,)),
    Sentence(
        "unscored | No arm lost more verdicts than the condition curated at 45 k after SFT by sft, seed 0: "
        "3 unscored. Unscored is in no rate, and never a fail. [",
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
        "after, over conditions and runs. [",
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
