"""What they can say of floors and ceilings."""

from __future__ import annotations

from functools import cache

from referee import Sentence, Study
from referee.studies import known, undefined
from referee.whole import edited


def passing(study: Study, where: dict, rate: float | None, reach: float = 0.005) -> Study:
    """`study` with pass rates at these places, and intervals that reach so far to either side."""
    low, high = (None, None) if rate is None else (rate - reach, rate + reach)
    return edited(study, "pass_rates", where, pass_rate=rate, ci_low=low, ci_high=high)


@cache
def all_fail() -> Study:
    """Every arm of the headline path is at the floor, and no claim is settled."""
    study = passing(undefined(), {"path": "judge:a"}, 0.01)
    return passing(study, {"path": "judge:a", "condition": "curated", "student": "s"}, 0.99)


@cache
def one_student_fails() -> Study:
    study = passing(known(), {"path": "judge:a"}, 0.5)
    return passing(study, {"path": "judge:a", "student": "m"}, 0.02)


@cache
def one_of_a_pair_fails() -> Study:
    """Nothing is settled, and of two students whose lifts are compared one fails nearly everywhere."""
    study = passing(undefined(), {"path": "judge:a"}, 0.5)
    return passing(study, {"path": "judge:a", "student": "m"}, 0.02)


@cache
def other_student_fails() -> Study:
    return passing(room(), {"path": "judge:a", "student": "s"}, 0.02)


@cache
def before_sft_fails() -> Study:
    return passing(room(), {"path": "judge:a", "run": "base"}, 0.01)


_ONE_ARM = {"path": "judge:a", "student": "s", "run": "base", "condition": "curated"}


@cache
def one_arm_fails() -> Study:
    return passing(room(), _ONE_ARM, 0.04)


@cache
def one_arm_passes() -> Study:
    return passing(room(), _ONE_ARM, 0.96)


@cache
def two_arms_fail() -> Study:
    return passing(one_arm_fails(), _ONE_ARM | {"condition": "none"}, 0.04)


@cache
def before_and_after_fail() -> Study:
    """The arms under `none` of all runs are at the floor."""
    return passing(room(), {"path": "judge:a", "condition": "none"}, 0.01)


@cache
def room() -> Study:
    """All arms have room."""
    return passing(known(), {}, 0.5)


@cache
def some_undefined() -> Study:
    study = passing(known(), {}, 0.5)
    return passing(study, {"path": "bench", "student": "r"}, None)


@cache
def few_fail() -> Study:
    """In less than half of the arms of all claims nearly every task fails."""
    study = passing(room(), {"path": "judge:a", "condition": ["none", "filler"]}, 0.01)
    return passing(study, {"path": "judge:a", "run": "base", "student": "r"}, 0.01)


@cache
def both_ends() -> Study:
    study = passing(undefined(), {"path": "judge:a"}, 0.01)
    return passing(study, {"path": "judge:a", "condition": "curated"}, 0.99)


@cache
def every_arm_fails() -> Study:
    return passing(undefined(), {"path": "judge:a"}, 0.01)


@cache
def settled_at_the_floor() -> Study:
    """Every arm fails nearly everywhere, and a lift is supported all the same."""
    return passing(known(), {"path": "judge:a"}, 0.01)


@cache
def tie_of_one_that_has_room() -> Study:
    """Nothing is settled; nearly every task fails before SFT and after one of two recipes."""
    study = passing(undefined(), {"path": "judge:a"}, 0.5)
    return passing(study, {"path": "judge:a", "run": ["base", "dpo-s0"]}, 0.01)


@cache
def few_more_than_half_fail() -> Study:
    """Nothing is settled; tasks fail in more than half of the arms of one recipe, in fewer of all arms."""
    arms = {"path": "judge:a", "run": "sft-s0", "student": "s", "condition": ["none", "curated", "filler"]}
    study = passing(undefined(), {"path": "judge:a"}, 0.5)
    return passing(passing(study, {"path": "judge:a", "run": "base"}, 0.01), arms, 0.01)


@cache
def one_recipe_has_room() -> Study:
    """Nothing is settled; nearly every task fails before SFT and after one recipe, not after the other."""
    study = passing(undefined(), {"path": "judge:a"}, 0.01)
    return passing(study, {"path": "judge:a", "run": "dpo-s0"}, 0.5)


@cache
def one_recipe_fails() -> Study:
    """Before SFT and after one recipe nearly every task fails at a student, and not after the other."""
    return passing(room(), {"path": "judge:a", "student": "s", "run": ["base", "dpo-s0"]}, 0.01)


@cache
def every_arm_may_fail() -> Study:
    """Every arm fails nearly everywhere, and no interval shows that it would on other tasks."""
    return passing(undefined(), {"path": "judge:a"}, 0.01, 0.1)


@cache
def one_recipe_may_fail() -> Study:
    arms = {"path": "judge:a", "student": "s", "run": ["base", "dpo-s0"]}
    return passing(room(), arms, 0.01, 0.1)


@cache
def one_arm_may_fail() -> Study:
    return passing(room(), _ONE_ARM, 0.04, 0.02)


@cache
def one_arm_may_pass() -> Study:
    return passing(room(), _ONE_ARM, 0.96, 0.02)


@cache
def tiers_alone_unsettled() -> Study:
    """Every arm fails nearly everywhere; lifts and procedural deltas are settled all the same."""
    settled = {"claim": ["lift", "procedural_delta"]}
    return edited(every_arm_fails(), "claims", settled, word="supported")


CASES = [
    Sentence(
        "lift | Perhaps no room to move. Lift at 45 k after SFT by sft, mean of 2 seeds: ",
        "nearly every task fails in the arms of that lift, which their intervals do not show",
        every_arm_may_fail,
        (known, every_arm_fails),
    ),
    Sentence(
        "Is the lift resolved at this n? Perhaps no room to move: 40 of 40 arms below 5 % (intervals to "
        "11.0 %): more tasks of this kind may not help. 0 of 3 lifts",
        "so many arms fail nearly everywhere, and the widest interval reaches so far",
        every_arm_may_fail,
        (known, every_arm_fails),
    ),
    Sentence(
        "Is the lift resolved at this n? Perhaps no room to move in the arms of 3 findings below: more "
        "tasks of this kind may not help. 1 of 3 lifts",
        "likewise of so many findings, and of no student in all arms",
        one_recipe_may_fail,
        (known, room, one_recipe_fails),
    ),
    Sentence(
        "at the end: Lift resolved       perhaps no room to move; 3 undefined",
        "likewise of every arm",
        every_arm_may_fail,
        (known, every_arm_fails),
    ),
    Sentence(
        "Is it uniform across tiers? No room to move: 40 of 40 arms below 5 %: more tasks of this kind would",
        "every arm fails nearly everywhere, which no answer before this one rests on",
        tiers_alone_unsettled,
        (known, every_arm_fails),
    ),
    Sentence(
        "lift | No room to move. Lift at 45 k after SFT by sft, mean of 2 seeds: ",
        "the arms of that lift fail nearly everywhere, and it is not settled",
        every_arm_fails,
        (known, settled_at_the_floor),
    ),
    Sentence(
        "uniform lift | No room to move. ",
        "nearly every task fails in the arms of all students, not of one of them alone",
        every_arm_fails,
        (known, one_student_fails, other_student_fails, one_of_a_pair_fails),
    ),
    Sentence(
        "adds_by_dpo | No room to move. ",
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
        "Is the lift resolved at this n? No room to move in the arms of 3 findings below: more tasks "
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
        "procedural delta | No room to move. Procedural delta of the reference model big: ",
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
        "Room to move: 115 of 120 arms, over all paths, have a pass rate from 5 to 95 %; the rates of 5 "
        "arms are undefined. [",
        "so many have room, of others it is unknown",
        some_undefined,
        (room,),
    ),
    Sentence(
        "no room to move | No room to move on the path judge:a, below 5 %: curated at 45 k before SFT. Such "
        "an arm can move in one direction alone. [",
        "nearly every task fails in that arm, and in no other of the headline path",
        one_arm_fails,
        (room, all_fail, one_arm_passes, two_arms_fail, one_arm_may_fail),
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
            (room, other, unsure),
        )
        for end, extreme, other, unsure in (
            ("below 5 %", one_arm_fails, one_arm_passes, one_arm_may_fail),
            ("above 95 %", one_arm_passes, one_arm_fails, one_arm_may_pass),
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
        "uniform lift | No room to move. Largest difference of the lifts by sft",
        "nearly every task fails before SFT and after that recipe, whatever becomes of others",
        one_recipe_has_room,
        (room, undefined, tie_of_one_that_has_room),
    ),
    Sentence(
        "uniform lift | No room to move. Largest difference of the lifts by sft, of any two tiers: undefined",
        "tasks fail in more than half of the arms before SFT and after that recipe, whatever others are",
        few_more_than_half_fail,
        (room, undefined, tie_of_one_that_has_room),
    ),
    Sentence(
        "recipes tie | No room to move. ",
        "nearly every task fails before SFT and after both recipes",
        every_arm_fails,
        (room, undefined, tie_of_one_that_has_room),
    ),
]
