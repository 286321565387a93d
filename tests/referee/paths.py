"""What they can say of other scoring paths, and of mixtures of paths."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.shared import AFTER_SFT, OF_LIFT, alike, no_contrast, strict
from referee.studies import LIFTS, base_alone, known, one_path, undefined
from referee.whole import edited, without_rows


@cache
def other_word() -> Study:
    """One lift has another word on bench, and no row on the second judge's path."""
    study = edited(known(), "claims", {"claim": "lift", "path": "bench", "student": "m"}, word="supported")
    return without_rows(study, "claims", path="judge:b", claim="lift", student="m")


@cache
def supported_here() -> Study:
    return edited(
        known(), "claims", {"claim": "lift", "path": ["judge:a", "bench"], "student": "m"}, word="supported"
    )


@cache
def supported_here_alone() -> Study:
    """... and the second judge's path has no such lift."""
    return without_rows(supported_here(), "claims", path="judge:b", claim="lift", student="m")


@cache
def lifts_unasked() -> Study:
    """No lift is to be compared."""
    return without_rows(known(), "claims", claim="lift")


@cache
def one_undefined() -> Study:
    """One lift is undefined on the headline path, as on the others."""
    return edited(known(), "claims", {"claim": "lift", "student": "m"}, word="undefined")


@cache
def no_lift_elsewhere() -> Study:
    """Other paths have scored only episodes before training."""
    study = without_rows(known(), "claims", path=["bench", "judge:b"], claim="lift")
    return edited(study, "claims", LIFTS, word="supported")


@cache
def mixed_the_other_way() -> Study:
    """Another mixture would lead further away: with the judge before SFT and the extractor after."""
    where = {"student": "m", "run": "sft", "path_before": "judge:a", "path_after": "bench"}
    return edited(known(), "mixed_paths", OF_LIFT | where, estimate=-0.95)


@cache
def mixed_elsewhere() -> Study:
    """Mixed are a procedural delta, and one seed of a recipe, alone."""
    study = edited(
        known(), "mixed_paths", {"contrast": "lift:curated-none", "run": ["sft", "dpo-s0"]}, estimate=0.25
    )
    return edited(study, "mixed_paths", {"matched": False, "contrast": "curated-none"}, estimate=0.99)


def _third_path(suite: str) -> Study:
    """`known`, with a further path that scored one suite alone."""
    study = known()
    rates = study.tables["pass_rates"]
    further = rates.filter(path="judge:b", suite=suite).with_columns(path=pl.lit("judge:c"))
    return study._replace(tables={**study.tables, "pass_rates": pl.concat([rates, further])})


@cache
def third_path() -> Study:
    return _third_path("holdout")


@cache
def third_path_of_dev() -> Study:
    return _third_path("dev")


CASES = [
    Sentence(
        "Is the judge to blame? On the 3 other scoring paths, the word of 3 of 3 lifts differs",
        "a further path scored the suite shown, and has no lift",
        third_path,
        (known, third_path_of_dev),
    ),
    Sentence(
        "at the end: Judge to blame      On the 2 other scoring paths, every lift keeps its word",
        "each lift has one and the same word on all paths",
        known,
        (other_word, one_undefined, strict, one_path),
    ),
    Sentence(
        "at the end: Judge to blame      1 lift with another word on other paths",
        "so many lifts have another word on another path",
        other_word,
        (known, strict),
    ),
    Sentence(
        "at the end: Judge to blame      7 of 8 headlines keep their direction with judge b",
        "so many deltas have the same sign under both judges, and there is no lift",
        lifts_unasked,
        (known,),
    ),
    Sentence(
        "path shift | Largest of 40 shifts from the path bench to judge:a (chosen after the fact): "
        "condition curated at 45 k before SFT, +60.0 pp (95 % interval +50.0 to +70.0 pp; 36 tasks in 12 "
        "skills, 0 episodes unscored; path judge:a). [",
        "no arm's rate differs more between the two paths",
        known,
        (alike, no_contrast),
    ),
    Sentence(
        "bench to judge:b (chosen after the fact): condition curated at 45 k before SFT, \u221270.0 pp (",
        "likewise; the rate is lower",
        known,
        (alike,),
    ),
    Sentence("path shift | Largest of … to judge:a ", "the judge's path has a shift", known, (alike,)),
    Sentence("path shift | ", "a second path is there", known, (one_path,)),
    Sentence(
        "another path | Lift at 115 k after SFT by sft, mean of 2 seeds: not resolvable at this n on "
        "judge:a, but supported on bench. [",
        "that lift has another word on that path",
        other_word,
        (known, one_undefined),
    ),
    Sentence(
        "another path | Lift at 115 k after SFT by sft, mean of 2 seeds: supported on judge:a, but not "
        "resolvable at this n on judge:b. [",
        "it is supported on the headline path",
        supported_here,
        (known, other_word),
    ),
    Sentence(
        "115 k after SFT by sft, mean of 2 seeds: supported on judge:a, but undefined on judge:b. [",
        "it is supported on the headline path, and that path has no such lift",
        supported_here_alone,
        (known, other_word),
    ),
    Sentence(
        "115 k after SFT by sft, mean of 2 seeds: not resolvable at this n on judge:a, but undefined on "
        "judge:b. [",
        "that path has no such lift",
        other_word,
        (known, one_undefined),
    ),
    Sentence(
        "Is the judge to blame? On the 2 other scoring paths, every lift keeps its word; ",
        "each lift has one and the same word on all paths, and is defined",
        known,
        (other_word, one_undefined, undefined, no_lift_elsewhere, one_path),
    ),
    Sentence(
        "Is the judge to blame? On the 2 other scoring paths, the word of 1 of 3 lifts differs; ",
        "so many lifts have another word on another path",
        other_word,
        (known, one_undefined, no_lift_elsewhere),
    ),
    Sentence(
        "Is the judge to blame? On the 2 other scoring paths, the word of 3 of 3 lifts differs; ",
        "other paths have no lift",
        no_lift_elsewhere,
        (known,),
    ),
    Sentence(
        "Is the judge to blame? 1 of 3 lifts undefined on judge:a; on the 2 other scoring paths, each of "
        "the 2 defined lifts keeps its word; ",
        "one lift has no estimate, and the others the same word on all paths",
        one_undefined,
        (known, other_word, undefined),
    ),
    Sentence(
        "3 of 3 lifts undefined on judge:a; under",
        "no lift has an estimate",
        undefined,
        (known, one_undefined),
    ),
    Sentence(
        "Is the judge to blame? Under the judge b",
        "there is no lift whose word could be another's",
        base_alone,
        (known, one_undefined),
    ),
    Sentence(
        "mixed paths | A wrong number, as a warning: with the delta before SFT on the path bench and the "
        f"delta after on judge:a, the lift at {AFTER_SFT} would read +95.0 pp instead of +25.0 pp. [",
        "a mixture of paths would lead that far away, and none further",
        known,
        (alike, mixed_the_other_way, mixed_elsewhere, one_path, no_contrast),
    ),
    Sentence(
        "mixed paths | ",
        "some mixture of paths would lead away",
        known,
        (alike, mixed_elsewhere, one_path, base_alone),
    ),
]
