"""What they can say of verdicts that are missing."""

from __future__ import annotations

from functools import cache

from referee import Sentence, Study
from referee.shared import AFTER_SFT, OF_LIFT, no_contrast, strict
from referee.studies import base_alone, known, on_bench, one_seed, undefined
from referee.whole import edited, respecified


@cache
def none_lost() -> Study:
    """Every episode on the headline path has a verdict; other paths, and deltas, lost some."""
    study = edited(known(), "bounds", {"path": "judge:a"}, n_unscored=0)
    study = edited(study, "bounds", {"path": "judge:a", "contrast": "curated-placebo"}, n_unscored=5)
    study = edited(study, "claims", {"path": "judge:a"}, n_unscored=0)
    study = edited(study, "bounds", {"path": ["bench", "judge:b"]}, n_unscored=3, n_episodes=300)
    return edited(study, "claims", {"path": ["bench", "judge:b"]}, n_unscored=3, word_holds=False)


@cache
def seeds_lost_and_recipe_not() -> Study:
    """Rows of single seeds have lost verdicts, which stand for no lift of their own."""
    study = edited(known(), "bounds", {"path": "judge:a", "run": ["sft", "dpo-s0"]} | OF_LIFT, n_unscored=0)
    return edited(study, "bounds", {"path": "judge:a", "run": "sft-s0"} | OF_LIFT, n_unscored=3)


@cache
def hanging() -> Study:
    """The lift's word could be another's, were the missing verdicts known."""
    return edited(known(), "claims", {"path": "judge:a"}, word_holds=False)


@cache
def holding() -> Study:
    """No word could."""
    study = edited(known(), "claims", {"path": "judge:a"}, word_holds=True)
    return edited(study, "claims", {"path": "bench"}, n_unscored=2, word_holds=False)


@cache
def lost_at_a_single_run() -> Study:
    where = {"path": "judge:a", "student": "s", "run": "dpo-s0"} | OF_LIFT
    study = edited(known(), "bounds", where, n_unscored=2, n_episodes=100, bound_low=-0.3, bound_high=0.1)
    return edited(study, "bounds", where, ci_low=-0.5, ci_high=0.2)


@cache
def lost_at_the_other_tier() -> Study:
    where = {"path": "judge:a", "student": "m", "run": "sft"} | OF_LIFT
    return edited(known(), "bounds", where, n_unscored=2, n_episodes=100)


def _lost(path: str) -> Study:
    study = edited(known(), "bounds", {"path": path}, n_unscored=0, n_episodes=100)
    study = edited(study, "bounds", {"path": path, "student": "m", "run": "sft-s1"}, n_episodes=0)
    return edited(study, "bounds", {"path": path, "student": "s", "run": "sft-s0"}, n_unscored=6)


@cache
def lost_on_the_headline_path() -> Study:
    return _lost("judge:a")


@cache
def lost_on_another_path() -> Study:
    return _lost("judge:b")


@cache
def strict_and_lost() -> Study:
    return respecified(_lost("judge:b"), {"certification": {"max_false_pass": 0.05, "max_false_fail": 0.3}})


@cache
def lost_and_allowed() -> Study:
    return respecified(_lost("judge:a"), max_unscored_share=0.06)


@cache
def lost_without_contrasts() -> Study:
    unasked = {"path": "judge:a", "student": "r"}
    study = edited(no_contrast(), "pass_rates", unasked, n_tasks=0, n_unscored=0, pass_rate=None)
    return edited(study, "pass_rates", {"path": "judge:a", "student": "s", "run": "base"}, n_unscored=4)


CASES = [
    Sentence(
        "at the end: Judge to blame      2 warnings: read them first",
        "so many warnings stand on the page",
        strict_and_lost,
        (known, strict),
    ),
    Sentence(
        "worst case | No episode behind a lift is unscored on the path judge:a. [",
        "every episode behind a lift has a verdict",
        none_lost,
        (known, lost_at_a_single_run, no_contrast, undefined),
    ),
    Sentence(
        f"worst case | With its 4 unscored of 200 episodes counted the worst way, the lift at {AFTER_SFT} "
        "lies between +20.0 pp and +30.0 pp (95 % interval +5.0 to +45.0 pp; … path "
        "judge:a): its word does not hang on them. [",
        "whatever these verdicts would be, the lift is between these, and has the same word",
        known,
        (hanging, none_lost, seeds_lost_and_recipe_not, undefined, on_bench),
    ),
    Sentence(
        "+30.0 pp (95 % interval +5.0 to +45.0 pp; … path judge:a): its word hangs on them. [",
        "they could change its word",
        hanging,
        (known,),
    ),
    Sentence(
        "worst case | With its 2 unscored of 100 episodes counted the worst way, the lift at 45 k after "
        "SFT by dpo, seed 0 lies between \u221230.0 pp and +10.0 pp (95 % interval \u221250.0 to +20.0 pp; "
        "… path judge:a): its word",
        "the same of a lift of one training",
        lost_at_a_single_run,
        (known,),
    ),
    Sentence("worst case | ", "verdicts behind a lift are told of", known, (no_contrast, base_alone)),
    Sentence(
        "worst case | With its … the lift at 45 k after SFT by sft, seed 0 lies between",
        "it is of one training",
        one_seed,
        (known, seeds_lost_and_recipe_not),
    ),
    Sentence(
        "worst case | With its … the lift at 115 k after SFT by sft, mean of 2 seeds lies between",
        "a verdict behind that lift is missing",
        lost_at_the_other_tier,
        (known,),
    ),
    Sentence(
        "missing verdicts | Of 4 claims with missing verdicts on the path judge:a, 2 have a word that "
        "these could change (2 of uniform lift): at the level of its family, with all of them counted one "
        "way or the other. [",
        "so many claims lack verdicts, and so many of these could have another word",
        known,
        (holding, none_lost, undefined, on_bench),
    ),
    Sentence(
        "Of 4 claims with missing verdicts on the path judge:a, 0 have a word that these could change: at "
        "the level",
        "no word could be another",
        holding,
        (known, none_lost),
    ),
    Sentence("missing verdicts | ", "a claim lacks verdicts", known, (none_lost, no_contrast)),
    Sentence(
        "warning | Warning: on the path judge:a, 6 of 1060 compared episodes have no verdict (most at "
        "45 k \u00b7 sft, seed 0: 6.0 %; limit 5 %). Unscored is in no rate and never a fail: numbers of "
        "that path leave it out. [",
        "more episodes than the study allows have no verdict on that path",
        lost_on_the_headline_path,
        (known, lost_on_another_path, lost_and_allowed),
    ),
    Sentence(
        "Is the judge to blame? More verdicts are lost than the study allows on judge:b; on the 2",
        "more episodes than the study allows have no verdict on that path",
        lost_on_another_path,
        (known, lost_on_the_headline_path, lost_and_allowed),
    ),
    Sentence(
        "have no verdict (most at 45 k \u00b7 before SFT: 10.0 %; limit 5 %)",
        "the same where no contrast can be made",
        lost_without_contrasts,
        (known, no_contrast),
    ),
]
