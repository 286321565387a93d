"""What they can say of judges: their certification, their agreement, a lift under another of them."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.shared import alike, no_certificate, strict
from referee.studies import known, on_bench, one_path
from referee.whole import edited, respecified, without_rows

_ALL_KINDS = {"judge": "a", "kind": "all"}


@cache
def strict_on_bench() -> Study:
    return respecified(strict(), {"headline_path": "bench"})


@cache
def strict_with_the_other_judge() -> Study:
    """The headline judge keeps the limits; the other one does not."""
    return edited(known(), "certification", {"judge": "b", "kind": "all"}, rate=0.9)


@cache
def unlimited() -> Study:
    study = respecified(known(), {"certification": None})
    rates = study.tables["certification"].filter(pl.col("part") != "generated")
    return study._replace(tables={**study.tables, "certification": rates})


@cache
def certified_on_nothing() -> Study:
    """No case of the headline judge's certification has a verdict."""
    return edited(known(), "certification", _ALL_KINDS, rate=None, ci_low=None, ci_high=None, n_unscored=21)


@cache
def no_two_verdicts() -> Study:
    """There is no episode that both judges scored, and no headline that both have."""
    nothing = dict.fromkeys(("kappa", "kappa_low", "kappa_high"))
    counts = {"both_pass": 0, "both_fail": 0, "only_a": 0, "only_b": 0}
    study = edited(known(), "agreement", **nothing, **counts)
    return edited(study, "judge_shift", shift=None, same_direction=None)


AT_ZERO = {"estimate_a": 0.0, "estimate_b": 0.0, "shift": 0.0, "same_direction": True}


@cache
def nothing_differs() -> Study:
    """Under either judge as many pass with as without the procedure, before and after."""
    return edited(known(), "judge_shift", **AT_ZERO)


@cache
def nothing_differs_at_s() -> Study:
    return edited(known(), "judge_shift", {"student": "s"}, **AT_ZERO)


@cache
def nothing_differs_untrained() -> Study:
    """... and no lift is to be compared."""
    return without_rows(nothing_differs(), "claims", claim="lift")


@cache
def uncertified() -> Study:
    """The second judge has scored, and was never certified; no headline can be compared."""
    study = no_two_verdicts()
    rates = study.tables["certification"].filter(judge="a")
    return study._replace(tables={**study.tables, "certification": rates})


@cache
def strict_and_primary_elsewhere() -> Study:
    """The primary judge is another than that of the headline path."""
    return respecified(strict(), primary_judge="b")


@cache
def headline_of_b() -> Study:
    """The second judge's is the headline path."""
    return respecified(known(), {"headline_path": "judge:b"})


@cache
def scored_on_another_suite() -> Study:
    """Judges, paths and corrections are of the suite that is not shown."""
    study = known()
    names = (
        "agreement",
        "judge_shift",
        "path_shift",
        "corrected_effects",
        "mixed_paths",
        "bounds",
        "effects",
    )
    others = {name: study.tables[name].filter(pl.col("suite") == "dev") for name in names}
    return study._replace(tables={**study.tables, **others})


UNDER_B = "Under the judge b instead of a, "
_DRESS = "false passes 10.0 % of 20 hostile cases"
_FAILS = "false fails 25.0 % of 20 benign cases"
_ENDS = "95 % interval 2.0 to 50.0 %; 1 unscored"

CASES = [
    Sentence(
        "warning | Warning: judge a errs too often: ",
        "it is the judge of the headline path, whatever the primary judge is",
        strict_and_primary_elsewhere,
        (known,),
    ),
    Sentence("warning | ", "something is to be warned of", strict, (known, unlimited)),
    Sentence("at the top: ", "something is to be warned of", strict, (known, unlimited), "page"),
    Sentence(
        f"warning | Warning: judge a errs too often: {_DRESS} (limit 5 %). Every verdict rests on that "
        "judge on the path judge:a. [",
        "the headline judge erred on more cases than the study allows",
        strict,
        (known, strict_with_the_other_judge, unlimited, certified_on_nothing, strict_on_bench),
    ),
    Sentence(
        "(limit 5 %). Tasks without an extractor rest on that judge on the path bench.",
        "so did the judge of the tasks that have no extractor",
        strict_on_bench,
        (on_bench, strict),
    ),
    Sentence(
        "Is the judge to blame? The headline judge errs more often than the study allows; on the 2",
        "the headline judge erred on more cases than the study allows",
        strict,
        (known, strict_with_the_other_judge, unlimited, certified_on_nothing, strict_on_bench),
    ),
    Sentence(
        "Is the judge to blame? The judge of the tasks without an extractor errs more often than the study "
        "allows; on the 2",
        "so did the judge of the tasks that have no extractor",
        strict_on_bench,
        (on_bench, strict),
    ),
    Sentence(
        "Is the judge to blame? The headline judge is not known to keep the study's limits; on the 2",
        "nobody knows how often the headline judge errs",
        certified_on_nothing,
        (known, strict, unlimited),
    ),
    Sentence(
        "Warning: judge a is not known to keep the limits: false passes unknown (none of 21 cases scored) "
        "(limit 20 %)",
        "nobody knows how often the headline judge errs",
        certified_on_nothing,
        (known, strict),
    ),
    Sentence(
        "at the end: Judge to blame      1 warning: read it first",
        "a warning stands on the page",
        strict,
        (known,),
    ),
    Sentence(
        f"certification | Certification of the judge a: {_DRESS} ({_ENDS}), within the limit of 20 %; "
        f"{_FAILS} ({_ENDS}), within the limit of 30 %. Of these, generated phrasings alone: {_FAILS}. [",
        "the judge erred on so many cases, no more than the study allows",
        known,
        (strict, unlimited, certified_on_nothing, no_certificate),
    ),
    Sentence(
        f"Certification of the judge a: {_DRESS} ({_ENDS}), above the limit of 5 %; {_FAILS} ({_ENDS}), "
        "within the",
        "it erred on more hostile cases than that",
        strict,
        (known, unlimited, certified_on_nothing),
    ),
    Sentence(
        "judge a: false passes unknown (none of 21 cases scored), not known to keep the limit of 20 %; "
        "false fails",
        "no case has a verdict",
        certified_on_nothing,
        (known, strict),
    ),
    Sentence(
        f"Certification of the judge a: {_DRESS} ({_ENDS}); {_FAILS} ({_ENDS}). [",
        "the study names no limits, and no case is generated",
        unlimited,
        (known, strict),
    ),
    Sentence(
        "agreement | Judges a and b, same verdict: 70.0 % of 80 episodes that both scored; 0 unscored by "
        "a, 8 by b; Cohen's kappa 0.20 (of the reference model big; 95 % interval undefined) to 0.80 (at "
        "115 k before SFT; 95 % interval 0.70 to 0.90). [",
        "so many episodes have the same verdict by both judges, and kappa reaches from this run to that",
        known,
        (alike, no_two_verdicts, one_path),
    ),
    Sentence(
        "same verdict: 100.0 % of 64 episodes that both scored; 16 unscored by a, 8 by b; Cohen's kappa "
        "1.00 (at 45 k before SFT; 95 % interval 1.00 to 1.00) to 1.00 (at",
        "all have, where kappa is known",
        alike,
        (known, no_two_verdicts),
    ),
    Sentence(
        "same verdict: undefined (0 episodes) that both scored; 0 unscored by a, 8 by b; Cohen's kappa "
        "undefined.",
        "no episode was scored by both",
        no_two_verdicts,
        (known, alike),
    ),
    Sentence(
        f"another judge | {UNDER_B}7 of 8 headlines keep their direction; the lift at 115 k after SFT by "
        "sft, mean of 2 seeds moves furthest, from +20.0 pp to \u221240.0 pp (shift \u221260.0 pp, 95 % "
        "interval \u221270.0 to \u221250.0 pp; 36 tasks in 12 skills, 0 episodes unscored; paths judge:a "
        "and judge:b; chosen after the fact). [",
        "so many deltas and lifts have the same sign under both judges, and that lift differs most",
        known,
        (alike, no_two_verdicts, one_path),
    ),
    Sentence(
        f"another judge | {UNDER_B}no headline has a direction; none moves by 0.1 pp or more. [",
        "no judge says more or less of any",
        nothing_differs,
        (known, alike, nothing_differs_at_s),
    ),
    Sentence(
        f"another judge | {UNDER_B}2 of 3 headlines keep their direction; ",
        "so many differ from zero under a judge, and so many of these have the same sign under both",
        nothing_differs_at_s,
        (known, nothing_differs),
    ),
    Sentence(
        "at the end: Judge to blame      no headline has a direction with judge b",
        "no judge says more or less of any, and there is no lift",
        nothing_differs_untrained,
        (known, nothing_differs),
    ),
    Sentence(
        "Under the judge a instead of b, 7 of 8 headlines keep their direction; the lift at 115 k after SFT "
        "by sft, mean of 2 seeds moves furthest, from \u221240.0 pp to +20.0 pp (shift +60.0 pp, 95 % "
        "interval +50.0 to +70.0 pp; 36 tasks in 12 skills, 0 episodes unscored; paths judge:b and judge:a; "
        "chosen after the fact). [",
        "it differs so from what it is under the headline judge, which is b",
        headline_of_b,
        (known, alike),
    ),
    Sentence(
        f"{UNDER_B}8 of 8 headlines keep their direction; none moves by 0.1 pp or more. [",
        "no delta or lift differs between the judges",
        alike,
        (known, no_two_verdicts),
    ),
    Sentence(
        "keeps its word; under the judge b instead of a, 7 of 8 headlines keep their direction.",
        "so many deltas and lifts have the same sign under both judges",
        known,
        (alike, no_two_verdicts),
    ),
    Sentence(
        "keeps its word; no headline can be compared under a second judge.",
        "a second judge was asked, and no delta or lift is known under both",
        uncertified,
        (known, one_path),
    ),
    Sentence(
        "Is the judge to blame? There is no second judge.",
        "no second judge was asked",
        one_path,
        (known, uncertified, no_two_verdicts),
    ),
    *(
        Sentence(
            f"{claim} | ",
            "judges or paths are compared on the suite shown",
            known,
            (scored_on_another_suite,),
        )
        for claim in (
            "agreement",
            "another judge",
            "corrected lift",
            "path shift",
            "mixed paths",
            "worst case",
            "curated − shuffled: the right order of the steps against a wrong one",
        )
    ),
]
