"""What the table of results (`make summary`) can say."""

from __future__ import annotations

from referee import Sentence
from referee.room import every_arm_fails, every_arm_may_fail
from referee.shared import format_moves, no_controls, other_numbers, without_interval
from referee.studies import base_alone, known, on_bench, one_seed, undefined
from referee.suites import headline_of_dev, two_suites

CASES = [
    Sentence(*texts, where="summary")
    for texts in (
        (
            "**skillift study `made up`**, suite holdout, scoring path judge:a. Lift: what SFT added to "
            "curated \u2212 none, in percentage points (pp) with its 95 % interval, paired by task and "
            "clustered by skill; p is adjusted by Holm; MDE is the smallest effect that would be found with "
            "80 % power. Pass rates, none \u2192 curated, are in per cent.",
            "runs were trained",
            known,
            (base_alone, on_bench),
        ),
        (
            "**skillift study `made up`**, suites holdout (headline), dev, scoring path judge:a. Lift: ",
            "these suites were asked, the holdout for the headline",
            two_suites,
            (known, headline_of_dev),
        ),
        (
            "**No room to move: 40 of 40 arms below 5 %: more tasks of this kind would not help.**",
            "nearly every task fails in every arm",
            every_arm_fails,
            (known, base_alone),
        ),
        (
            "**Perhaps no room to move: 40 of 40 arms below 5 % (intervals to 11.0 %): more tasks of this "
            "kind may not help.**",
            "nearly every task fails in every arm, which intervals do not show",
            every_arm_may_fail,
            (known, every_arm_fails),
        ),
        (
            "3 lifts over none, placebo and filler, all read together: ",
            "so many lifts were compared with these controls",
            known,
            (base_alone, no_controls),
        ),
        (
            "This study has neither a placebo nor a filler: that a longer prompt alone would help is not",
            "there is no control",
            no_controls,
            (known,),
        ),
        (
            "Procedural delta: curated \u2212 none, in percentage points (pp)",
            "no run was trained",
            base_alone,
            (known,),
        ),
        (
            "| student | by | before SFT | after SFT | lift, pp | word | p | MDE, pp |",
            "likewise",
            known,
            (base_alone,),
        ),
        ("| suite | student | by |", "another suite was asked, too", two_suites, (known,)),
        (
            "| student | none \u2192 curated | procedural delta, pp |",
            "no run was trained",
            base_alone,
            (known,),
        ),
        (
            "| 45 k | sft, 2 seeds | 30.0\u00a0\u2192 40.0 | 30.0\u00a0\u2192 85.0 | "
            "+25.0 (+10.0\u00a0to\u00a0+40.0) | supported | 0.004 | 12.0 | 30 (11) | 4 |",
            "the pass rates and the lift are these",
            known,
            (other_numbers, undefined, one_seed, on_bench),
        ),
        ("| 45 k | sft, seed 0 |", "the recipe was trained once", one_seed, (known,)),
        (
            "| not resolvable |",
            "a lift is not resolved",
            known,
            (undefined,),
        ),
        (
            "| +7.0 (\u22122.0\u00a0to\u00a0+16.0) | not resolvable | <\u00a00.001 | 20.0 |",
            "the p-value is below 0.001",
            other_numbers,
            (known,),
        ),
        (
            "| p | MDE, pp | tasks (skills) | unscored |",
            "lifts rest on tasks and skills of different number",
            known,
            (undefined,),
        ),
        (
            "are in per cent. \u2013: undefined.",
            "the data leave a number undefined",
            without_interval,
            (known,),
        ),
        (
            "suite holdout, 36 tasks in 12 skills, scoring path judge:a. ",
            "every number rests on so many",
            base_alone,
            (known, undefined),
        ),
        (
            "| undefined\u00a0\u2192 undefined | undefined\u00a0\u2192 undefined | undefined | undefined | "
            "\u2013 |",
            "the data give no estimate",
            undefined,
            (known,),
        ),
        (
            "| \u2013 | 30 (11) |",
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
