"""What the findings can say of judges, paths and lost verdicts: once true, once false."""

from __future__ import annotations

from functools import cache

import polars as pl
from referee import Sentence, Study
from referee_cases import (
    format_moves,
    format_moves_on_bench,
    format_moves_uncertified,
    no_certificate,
)
from referee_studies import (
    LIFTS,
    base_alone,
    edited,
    known,
    on_bench,
    one_path,
    one_seed,
    respecified,
    undefined,
    without_rows,
)

_LIFT = {"contrast": "lift:curated-none"}
_ALL_KINDS = {"judge": "a", "kind": "all"}


@cache
def strict() -> Study:
    """The study allows the headline judge fewer false passes than it makes."""
    return respecified(known(), {"certification": {"max_false_pass": 0.05, "max_false_fail": 0.3}})


@cache
def strict_on_bench() -> Study:
    return respecified(strict(), {"headline_path": "bench"})


@cache
def strict_with_the_other_judge() -> Study:
    """The headline judge keeps the limits; the other one does not."""
    return edited(known(), "certification", {"judge": "b", "kind": "all"}, rate=0.9)


@cache
def unlimited() -> Study:
    study = respecified(known(), {"certification": {}})
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


@cache
def alike() -> Study:
    """Judges and paths give the same numbers throughout."""
    study = edited(known(), "judge_shift", shift=0.0002, same_direction=True)
    study = edited(study, "judge_shift", {"student": "m", "run": "base"}, shift=None, same_direction=None)
    study = edited(study, "mixed_paths", estimate=0.25)
    one = {"both_pass": 8, "both_fail": 0, "only_a": 0, "only_b": 0, "n_unscored_a": 2}
    study = edited(study, "agreement", **one, kappa=1.0, kappa_low=1.0, kappa_high=1.0)
    study = edited(study, "agreement", {"student": "r"}, kappa=None)
    study = edited(study, "path_shift", {"path": "judge:a"}, shift=None)
    return edited(study, "path_shift", {"path": "judge:b"}, shift=0.0)


@cache
def uncertified() -> Study:
    """The second judge has scored, and was never certified; no headline can be compared."""
    study = no_two_verdicts()
    rates = study.tables["certification"].filter(judge="a")
    return study._replace(tables={**study.tables, "certification": rates})


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
    return edited(known(), "mixed_paths", _LIFT | where, estimate=-0.95)


@cache
def mixed_elsewhere() -> Study:
    """Mixed are a procedural delta, and one seed of a recipe, alone."""
    study = edited(
        known(), "mixed_paths", {"contrast": "lift:curated-none", "run": ["sft", "dpo-s0"]}, estimate=0.25
    )
    return edited(study, "mixed_paths", {"matched": False, "contrast": "curated-none"}, estimate=0.99)


@cache
def no_contrast() -> Study:
    """Only one condition was asked: no delta, no lift, no mixture, no bounds."""
    study = known()
    gone = ("claims", "effects", "mixed_paths", "bounds", "corrected_effects", "judge_shift", "asymmetry")
    kept = {name: study.tables[name].clear() for name in gone}
    one = {
        name: study.tables[name].filter(pl.col("condition").is_in(["none", "all"]))
        for name in ("agreement", "path_shift", "pass_rates")
    }
    return study._replace(tables={**study.tables, **kept, **one})


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
    study = edited(known(), "bounds", {"path": "judge:a", "run": ["sft", "dpo-s0"]} | _LIFT, n_unscored=0)
    return edited(study, "bounds", {"path": "judge:a", "run": "sft-s0"} | _LIFT, n_unscored=3)


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
    where = {"path": "judge:a", "student": "s", "run": "dpo-s0"} | _LIFT
    study = edited(known(), "bounds", where, n_unscored=2, n_episodes=100, bound_low=-0.3, bound_high=0.1)
    return edited(study, "bounds", where, ci_low=-0.5, ci_high=0.2)


@cache
def lost_at_the_other_tier() -> Study:
    where = {"path": "judge:a", "student": "m", "run": "sft"} | _LIFT
    return edited(known(), "bounds", where, n_unscored=2, n_episodes=100)


@cache
def strict_and_primary_elsewhere() -> Study:
    """The primary judge is another than that of the headline path."""
    return respecified(strict(), primary_judge="b")


@cache
def no_labels() -> Study:
    nothing = {"estimate": None, "ci_low": None, "ci_high": None, "n_labelled": 3}
    methods = {"path": "judge:a", "method": ["rogan_gladen", "prediction_powered"]}
    study = edited(known(), "corrected_effects", methods, **nothing)
    study = edited(study, "corrected_effects", methods | {"run": "sft"}, reason="too few labels")
    plain = {"path": "judge:a", "method": "uncorrected"}
    return edited(study, "corrected_effects", plain, reason="no reason to tell")


@cache
def no_reason() -> Study:
    return edited(no_labels(), "corrected_effects", reason="")


@cache
def one_method() -> Study:
    """Only one correction has an estimate; nothing was judged."""
    where = {"path": "judge:a", "method": "rogan_gladen"}
    study = edited(known(), "corrected_effects", where, estimate=None, reason="an arm without a pass")
    where = {"path": "judge:a", "method": "uncorrected"}
    return edited(study, "corrected_effects", where, estimate=None)


@cache
def one_method_without_reason() -> Study:
    return edited(one_method(), "corrected_effects", reason="")


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


@cache
def labels_given() -> Study:
    """Labels are of random episodes, and the share of ANSWER lines changes."""
    return edited(format_moves(), "corrected_effects", labelled_by="given")


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
    return respecified(_lost("judge:b"), {"certification": {"max_false_pass": 0.05}})


@cache
def lost_and_allowed() -> Study:
    return respecified(_lost("judge:a"), max_unscored_share=0.06)


@cache
def lost_without_contrasts() -> Study:
    unasked = {"path": "judge:a", "student": "r"}
    study = edited(no_contrast(), "pass_rates", unasked, n_tasks=0, n_unscored=0, pass_rate=None)
    return edited(study, "pass_rates", {"path": "judge:a", "student": "s", "run": "base"}, n_unscored=4)


_UNDER_B = "Under the judge b instead of a, "
_DRESS = "false passes 10.0 % of 20 hostile cases"
_FAILS = "false fails 25.0 % of 20 benign cases"
_ENDS = "95 % interval 2.0 to 50.0 %; 1 unscored"
_AT = "45 k after SFT by sft, mean of 2 seeds"

OF_JUDGES = [
    Sentence(
        "warning | Warning: judge a errs too often: ",
        "it is the judge of the headline path, whatever the primary judge is",
        strict_and_primary_elsewhere,
        (known,),
    ),
    Sentence("warning | ", "something is to be warned of", strict, (known, unlimited)),
    Sentence(
        f"warning | Warning: judge a errs too often: {_DRESS} (limit 5 %). Every verdict rests on that "
        f"judge on the path "
        "judge:a. [",
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
        f"{_FAILS} ({_ENDS}), "
        f"within the limit of 30 %. Of these, generated phrasings alone: {_FAILS}. [",
        "the judge erred on so many cases, no more than the study allows",
        known,
        (strict, unlimited, certified_on_nothing, no_certificate),
    ),
    Sentence(
        f"Certification of the judge a: {_DRESS} ({_ENDS}), above the limit of 5 %; {_FAILS} ({_ENDS}), "
        f"within the",
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
        "agreement | Judges a and b, same verdict: 70.0 % of 80 episodes that both scored; 0 unscored by a, "
        "8 by b; Cohen's "
        "kappa 0.20 (of the reference model big; 95 % interval undefined) to 0.80 (at 115 k before SFT; 95 "
        "% interval "
        "0.70 to 0.90). [",
        "so many episodes have the same verdict by both judges, and kappa reaches from this run to that",
        known,
        (alike, no_two_verdicts, one_path),
    ),
    Sentence(
        "same verdict: 100.0 % of 64 episodes that both scored; 16 unscored by a, 8 by b; Cohen's kappa "
        "1.00 (at 45 k before "
        "SFT; 95 % interval 1.00 to 1.00) to 1.00 (at",
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
        f"another judge | {_UNDER_B}7 of 8 headlines keep their direction; the lift at 115 k after SFT by "
        f"sft, mean of 2 seeds "
        "moves furthest, from +20.0 pp to \u221240.0 pp (shift \u221260.0 pp, 95 % interval \u221270.0 to "
        "\u221250.0 pp; 36 tasks in 12 skills, 0 episodes unscored; paths judge:a and judge:b; chosen "
        "after the fact). [",
        "so many deltas and lifts have the same sign under both judges, and that lift differs most",
        known,
        (alike, no_two_verdicts, one_path),
    ),
    Sentence(
        f"{_UNDER_B}8 of 8 headlines keep their direction; none moves by 0.1 pp or more. [",
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
    Sentence(
        "corrected lift | No lift can be corrected for the judge's own errors: too few labels. [",
        "no correction has an estimate, for these reasons",
        no_labels,
        (known, one_method, no_reason, on_bench),
    ),
    Sentence(
        "No lift can be corrected for the judge's own errors: no labelled episodes.",
        "no correction has an estimate, and no reason is known",
        no_reason,
        (known, no_labels),
    ),
    Sentence(
        f"corrected lift | Lift at {_AT}, corrected for the judge's own errors on 90 labelled episodes: "
        f"Rogan-Gladen +21.0 pp "
        "(95 % interval +11.0 to +31.0 pp); prediction-powered +19.0 pp (95 % interval +9.0 to +29.0 pp); "
        "as judged +25.0 pp (…). [",
        "this is the lift, corrected for the judge's errors; labels show all there are",
        known,
        (no_labels, one_method, format_moves, labels_given, on_bench),
    ),
    Sentence(
        "Rogan-Gladen undefined (an arm without a pass); prediction-powered +19.0 pp (95 % interval +9.0 to "
        "+29.0 pp); as "
        "judged undefined (…). [",
        "the first correction has no estimate, and nothing is known as judged",
        one_method,
        (known,),
    ),
    Sentence(
        f"Lift at {_AT}, corrected for the judge's own errors on ANSWER lines on 90 labelled episodes: "
        f"Rogan-Gladen … as judged "
        "+25.0 pp (…). Between its arms the share of responses with an ANSWER line varies from 40.0 % to "
        "100.0 "
        "%, and a response "
        "without one has no label: this correction cannot see errors on prose. In its certification the "
        "judge failed 25.0 % of "
        "the cases that must pass. Labels of random episodes (--labels) would show them. [",
        "the share of ANSWER lines changes, and only they are labelled",
        format_moves,
        (known, labels_given, format_moves_uncertified, format_moves_on_bench),
    ),
    Sentence(
        "corrected for the judge's own errors on 90 labelled episodes: prediction-powered +19.0 pp (95 % "
        "interval +9.0 to "
        "+29.0 pp); Rogan-Gladen +21.0 pp (95 % interval +11.0 to +31.0 pp); as judged +25.0 pp (…). [",
        "labels are of random episodes",
        labels_given,
        (known, format_moves),
    ),
    Sentence(
        "Rogan-Gladen undefined; prediction-powered +19.0 pp",
        "the first correction has no estimate, for no known reason",
        one_method_without_reason,
        (known, one_method),
    ),
    Sentence(
        "corrected lift | Lift at 45 k after SFT by sft, seed 0, corrected for",
        "it is of one training",
        one_seed,
        (known,),
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

OF_PATHS = [
    Sentence(
        "at the end: Judge to blame      2 warnings: read them first",
        "so many warnings stand on the page",
        strict_and_lost,
        (known, strict),
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
        "condition curated at 45 k "
        "before SFT, +60.0 pp (95 % interval +50.0 to +70.0 pp; 36 tasks in 12 skills, 0 episodes unscored; "
        "path judge:a). [",
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
        "judge:a, but supported "
        "on bench. [",
        "that lift has another word on that path",
        other_word,
        (known, one_undefined),
    ),
    Sentence(
        "another path | Lift at 115 k after SFT by sft, mean of 2 seeds: supported on judge:a, but not "
        "resolvable at "
        "this n on judge:b. [",
        "it is supported on the headline path",
        supported_here,
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
        "Is the judge to blame? 1 lift of 3 undefined on judge:a; on the 2 other scoring paths, each of the "
        "2 defined lifts "
        "keeps its word; ",
        "one lift has no estimate, and the others the same word on all paths",
        one_undefined,
        (known, other_word, undefined),
    ),
    Sentence(
        "3 lifts of 3 undefined on judge:a; under",
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
        f"mixed paths | A wrong number, as a warning: with the delta before SFT on the path bench and the "
        f"delta after on judge:a, "
        f"the lift at {_AT} would read +95.0 pp instead of +25.0 pp. [",
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
    Sentence(
        "worst case | No episode behind a lift is unscored on the path judge:a. [",
        "every episode behind a lift has a verdict",
        none_lost,
        (known, lost_at_a_single_run, no_contrast, undefined),
    ),
    Sentence(
        f"worst case | With its 4 unscored of 200 episodes counted the worst way, the lift at {_AT} lies "
        f"between +20.0 pp and "
        "+30.0 pp (95 % interval +5.0 to +45.0 pp, given these trainings; … path judge:a): its word does "
        "not hang on them. [",
        "whatever these verdicts would be, the lift is between these, and has the same word",
        known,
        (hanging, none_lost, seeds_lost_and_recipe_not, undefined, on_bench),
    ),
    Sentence(
        "+30.0 pp (95 % interval +5.0 to +45.0 pp, given these trainings; … path judge:a): its word hangs "
        "on them. [",
        "they could change its word",
        hanging,
        (known,),
    ),
    Sentence(
        "worst case | With its 2 unscored of 100 episodes counted the worst way, the lift at 45 k after SFT "
        "by dpo, seed 0 lies "
        "between \u221230.0 pp and +10.0 pp (95 % interval \u221250.0 to +20.0 pp; … path judge:a): its word",
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
        "missing verdicts | Of 4 claims with missing verdicts on the path judge:a, 2 have a word that these "
        "could change (2 of "
        "uniform lift): at the level of its family, with all of them counted one way or the other. [",
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
        "warning | Warning: on the path judge:a, 6 of 1060 compared episodes have no verdict (most at s, "
        "sft-s0: 6.0 %; limit "
        "5 %). Unscored is in no rate and never a fail: numbers of that path leave it out. [",
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
        "have no verdict (most at s, base: 10.0 %; limit 5 %)",
        "the same where no contrast can be made",
        lost_without_contrasts,
        (known, no_contrast),
    ),
]

CASES = [*OF_JUDGES, *OF_PATHS]
