"""What they can say where there is one of a kind: one lift, one headline, one claim, one episode."""

from __future__ import annotations

from functools import cache

from referee import Sentence, Study
from referee.judges import AT_ZERO, UNDER_B
from referee.missing import holding, lost_on_the_headline_path
from referee.paths import one_undefined, other_word
from referee.predictions import post_hoc
from referee.shared import OF_LIFT, format_moves
from referee.studies import LIFT, LIFTS, WHOLE_UNIFORM, known, undefined
from referee.suites import other_words_there, two_suites
from referee.whole import edited, respecified, without_rows


@cache
def one_lift() -> Study:
    """Only the larger tier has a lift, which is not resolved on any path."""
    study = without_rows(known(), "claims", claim="lift", student="s")
    return edited(study, "claims", {"claim": "lift"}, word="not resolvable at this n")


@cache
def one_lift_resolved() -> Study:
    return edited(one_lift(), "claims", LIFTS, word="supported", estimate=0.21)


@cache
def one_lift_undefined() -> Study:
    return edited(one_lift(), "claims", LIFTS, word="undefined")


@cache
def one_defined_lift() -> Study:
    """Of two lifts one is undefined on all paths, and the other has one word."""
    study = without_rows(known(), "claims", claim="lift", run="dpo-s0")
    return edited(study, "claims", {"claim": "lift", "student": "m"}, word="undefined")


@cache
def one_lift_there() -> Study:
    return without_rows(two_suites(), "claims", claim="lift", student="s", suite="dev")


@cache
def one_headline_keeps() -> Study:
    """Of three headlines that differ from zero one has the same sign under both judges."""
    study = edited(known(), "judge_shift", {"student": ["s", "r"]}, **AT_ZERO)
    study = edited(study, "judge_shift", same_direction=False)
    return edited(study, "judge_shift", {"contrast": "lift:curated-none"}, same_direction=True)


@cache
def one_headline() -> Study:
    """One headline differs from zero, and has the same sign under both judges."""
    return edited(one_headline_keeps(), "judge_shift", {"contrast": "curated-none"}, **AT_ZERO)


@cache
def one_headline_changes() -> Study:
    return edited(one_headline(), "judge_shift", OF_LIFT, same_direction=False)


@cache
def one_delta() -> Study:
    return without_rows(one_headline(), "claims", claim="lift")


@cache
def one_hangs() -> Study:
    return edited(holding(), "claims", WHOLE_UNIFORM, word_holds=False)


@cache
def one_post_hoc() -> Study:
    return edited(known(), "predictions", {"prediction": "adds"}, registration="post hoc")


@cache
def one_lost() -> Study:
    study = edited(known(), "bounds", {"path": "judge:a"}, n_unscored=0, n_episodes=100)
    study = edited(study, "bounds", {"path": "judge:a", "student": "m", "run": "sft-s1"}, n_episodes=0)
    study = edited(study, "bounds", {"path": "judge:a", "student": "s", "run": "sft-s0"}, n_unscored=1)
    return respecified(study, max_unscored_share=0.0)


@cache
def lift_of_zero() -> Study:
    return edited(format_moves(), "claims", LIFT, estimate=0.0004)


@cache
def undefined_lift_of_form() -> Study:
    return edited(format_moves(), "claims", LIFT, estimate=None)


CASES = [
    Sentence(
        "Is the lift resolved at this n? The lift on the path judge:a is not resolved: not resolvable at "
        "this n.",
        "there is one lift, and it is not resolved",
        one_lift,
        (known, one_lift_resolved, one_lift_undefined),
    ),
    Sentence(
        "Is the lift resolved at this n? The lift on the path judge:a is resolved: supported (+21.0 pp).",
        "there is one lift, and it is resolved",
        one_lift_resolved,
        (known, one_lift),
    ),
    Sentence(
        "On the 2 other scoring paths, the lift keeps its word; ",
        "there is one lift, with one word on all paths",
        one_lift,
        (known, one_lift_resolved, one_defined_lift),
    ),
    Sentence(
        "On the 2 other scoring paths, the word of the lift differs; ",
        "there is one lift, and other paths give it another word",
        one_lift_resolved,
        (one_lift, other_word),
    ),
    Sentence(
        "Is the judge to blame? The lift is undefined on judge:a; under",
        "there is one lift, and it has no estimate",
        one_lift_undefined,
        (one_lift, undefined),
    ),
    Sentence(
        "Is the judge to blame? 1 of 2 lifts undefined on judge:a; on the 2 other scoring paths, the one "
        "defined lift keeps its word; ",
        "of two lifts one has no estimate, and the other one word on all paths",
        one_defined_lift,
        (one_lift, one_undefined),
    ),
    Sentence(
        "And on the other suites? The lift on dev is not resolved: not resolvable at this n.",
        "that suite has one lift, and it is not resolved",
        one_lift_there,
        (two_suites, other_words_there),
    ),
    Sentence(
        f"another judge | {UNDER_B}1 of 3 headlines keeps its direction; ",
        "of three headlines that differ from zero one has the same sign under both judges",
        one_headline_keeps,
        (known, one_headline),
    ),
    Sentence(
        f"another judge | {UNDER_B}the headline keeps its direction; ",
        "one headline differs from zero, and has the same sign under both judges",
        one_headline,
        (known, one_headline_keeps, one_headline_changes),
    ),
    Sentence(
        f"another judge | {UNDER_B}the headline changes its direction; ",
        "one headline differs from zero, and not with the same sign under both judges",
        one_headline_changes,
        (known, one_headline),
    ),
    Sentence(
        "at the end: Judge to blame      the headline keeps its direction with judge b",
        "the same where there is no lift",
        one_delta,
        (known, one_headline_changes),
    ),
    Sentence(
        "on the path judge:a, 1 has a word that these could change (1 of uniform lift): at the level",
        "one claim could have another word",
        one_hangs,
        (known, holding),
    ),
    Sentence(
        "no prediction: 1 as stated.",
        "of what was known when it was written there is one statement",
        one_post_hoc,
        (known, post_hoc),
    ),
    Sentence(
        "warning | Warning: on the path judge:a, 1 of 1060 compared episodes has no verdict (most at",
        "one episode of that path has no verdict, and the study allows none",
        one_lost,
        (known, lost_on_the_headline_path),
    ),
    Sentence(
        "format | ",
        "the share of ANSWER lines differs between the arms of a lift that is not zero",
        format_moves,
        (lift_of_zero, undefined_lift_of_form),
    ),
]
