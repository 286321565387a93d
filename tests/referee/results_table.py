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
            "curated \u2212 none, in percentage points with its 95 % interval, paired by task and "
            "clustered by skill; p is adjusted by Holm.",
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
        ("| suite …| student | trained by", "another suite was asked, too", two_suites, (known,)),
        ("| student | none \u2192 curated  ", "no run was trained", base_alone, (known,)),
        (
            "| 45 k    | sft, 2 seeds | 30.0 % \u2192 40.0 %        | 30.0 % \u2192 85.0 %       | +25.0 "
            "pp (+10.0 to +40.0) | 0.004 | 12.0 pp             | 30 (11)        | 4        | supported ",
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
