"""What they can say of floors and ceilings."""

from __future__ import annotations

from functools import cache

from referee import Sentence, Study
from referee.studies import known, undefined
from referee.whole import edited


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
def one_of_a_pair_fails() -> Study:
    """Nothing is settled, and of two students whose lifts are compared one fails nearly everywhere."""
    study = edited(undefined(), "pass_rates", {"path": "judge:a"}, pass_rate=0.5)
    return edited(study, "pass_rates", {"path": "judge:a", "student": "m"}, pass_rate=0.02)


@cache
def other_student_fails() -> Study:
    return edited(room(), "pass_rates", {"path": "judge:a", "student": "s"}, pass_rate=0.02)


@cache
def before_sft_fails() -> Study:
    return edited(room(), "pass_rates", {"path": "judge:a", "run": "base"}, pass_rate=0.01)


_ONE_ARM = {"path": "judge:a", "student": "s", "run": "base", "condition": "curated"}


@cache
def one_arm_fails() -> Study:
    return edited(room(), "pass_rates", _ONE_ARM, pass_rate=0.04)


@cache
def one_arm_passes() -> Study:
    return edited(room(), "pass_rates", _ONE_ARM, pass_rate=0.96)


@cache
def two_arms_fail() -> Study:
    return edited(one_arm_fails(), "pass_rates", _ONE_ARM | {"condition": "none"}, pass_rate=0.04)


@cache
def before_and_after_fail() -> Study:
    """The arms under `none` of all runs are at the floor."""
    return edited(room(), "pass_rates", {"path": "judge:a", "condition": "none"}, pass_rate=0.01)


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
def settled_at_the_floor() -> Study:
    """Every arm fails nearly everywhere, and a lift is supported all the same."""
    return edited(known(), "pass_rates", {"path": "judge:a"}, pass_rate=0.01)


@cache
def tie_of_one_that_has_room() -> Study:
    """Nothing is settled; nearly every task fails before SFT and after one of two recipes."""
    study = edited(undefined(), "pass_rates", {"path": "judge:a"}, pass_rate=0.5)
    return edited(study, "pass_rates", {"path": "judge:a", "run": ["base", "dpo-s0"]}, pass_rate=0.01)


@cache
def one_recipe_has_room() -> Study:
    """Nothing is settled; nearly every task fails before SFT and after one recipe, not after the other."""
    study = edited(undefined(), "pass_rates", {"path": "judge:a"}, pass_rate=0.01)
    return edited(study, "pass_rates", {"path": "judge:a", "run": "dpo-s0"}, pass_rate=0.5)


@cache
def one_recipe_fails() -> Study:
    """Before SFT and after one recipe nearly every task fails at a student, and not after the other."""
    return edited(
        room(), "pass_rates", {"path": "judge:a", "student": "s", "run": ["base", "dpo-s0"]}, pass_rate=0.01
    )


CASES = [
    Sentence(
        "lift | No room to move: … below 5 %. Lift at 45 k after SFT by sft, mean of 2 seeds: ",
        "the arms of that lift fail nearly everywhere, and it is not settled",
        every_arm_fails,
        (known, settled_at_the_floor),
    ),
    Sentence(
        "uniform lift | No room to move: ",
        "nearly every task fails in the arms of all students, not of one of them alone",
        every_arm_fails,
        (known, one_student_fails, other_student_fails, one_of_a_pair_fails),
    ),
    Sentence(
        "adds_by_dpo | No room to move: ",
        "nearly every task fails before and after SFT, and the prediction is undetermined",
        every_arm_fails,
        (known, before_sft_fails),
    ),
    Sentence(
        "at the end: Lift resolved       no room to move (40 of 40 arms below 5 %); 3 undefined",
        "every arm fails nearly everywhere",
        every_arm_fails,
        (known, undefined),
    ),
    Sentence(
        "Is the lift resolved at this n? No room to move in the arms of 3 of 9 findings below: more tasks "
        "of this kind would not help. 1 of 3 lifts",
        "of so many findings the arms fail nearly everywhere, and of no student all",
        one_recipe_fails,
        (known, room, few_fail),
    ),
    Sentence(
        "Is the lift resolved at this n? No room to move: 32 of 40 arms below 5 % and 8 above 95 %: more "
        "tasks of this kind would not help. 0 of 3 lifts",
        "arms fail or pass nearly everywhere, and no lift is settled",
        both_ends,
        (known, room, few_fail, one_student_fails),
    ),
    Sentence(
        "procedural delta | No room to move: 5 of 5 arms below 5 %. Procedural delta of the reference "
        "model big: ",
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
        "no room to move | No room to move on the path judge:a, below 5 %: curated at 45 k before SFT. Such "
        "an arm can move in one direction alone. [",
        "nearly every task fails in that arm, and in no other of the headline path",
        one_arm_fails,
        (room, all_fail, one_arm_passes, two_arms_fail),
    ),
    Sentence(
        "no room to move | No room to move on the path judge:a, above 95 %: curated at 45 k before SFT. Such",
        "nearly every task passes in that arm, and in no other of the headline path",
        one_arm_passes,
        (room, all_fail, one_arm_fails),
    ),
    *(
        Sentence(
            f"no room to move | No room to move on the path judge:a, {end}: ",
            "in some arm of that path nearly every task fails, or passes",
            extreme,
            (room, other),
        )
        for end, extreme, other in (
            ("below 5 %", one_arm_fails, one_arm_passes),
            ("above 95 %", one_arm_passes, one_arm_fails),
        )
    ),
    Sentence(
        "after SFT by dpo, seed 0; and arms of 4 more runs. Such an arm can",
        "so many more runs have such arms",
        before_and_after_fail,
        (room, one_arm_fails),
    ),
    Sentence(
        "Is the lift resolved at this n? No room to move: 15 of 15 arms at 115 k below 5 %: more tasks of "
        "this kind would not help.",
        "more than half of the arms of that student fail nearly everywhere",
        one_student_fails,
        (room,),
    ),
    Sentence(
        "uniform lift | No room to move: 35 of 35 arms below 5 %. Largest difference of the lifts by sft",
        "nearly every task fails before SFT and after that recipe, whatever becomes of others",
        one_recipe_has_room,
        (room, undefined),
    ),
    Sentence(
        "recipes tie | No room to move: ",
        "nearly every task fails before SFT and after both recipes",
        every_arm_fails,
        (room, undefined, tie_of_one_that_has_room),
    ),
]
