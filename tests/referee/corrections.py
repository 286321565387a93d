"""What they can say of lifts that are corrected for the judge's errors."""

from __future__ import annotations

from functools import cache

from referee import Sentence, Study
from referee.shared import AFTER_SFT, format_moves, format_moves_on_bench, format_moves_uncertified
from referee.studies import known, on_bench, one_seed
from referee.whole import edited


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
def labels_given() -> Study:
    """Labels are of random episodes, and the share of ANSWER lines changes."""
    return edited(format_moves(), "corrected_effects", labelled_by="given")


CASES = [
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
        f"corrected lift | Lift at {AFTER_SFT}, corrected for the judge's own errors on 90 labelled "
        "episodes: Rogan-Gladen +21.0 pp (95 % interval +11.0 to +31.0 pp); prediction-powered +19.0 pp "
        "(95 % interval +9.0 to +29.0 pp); as judged +25.0 pp (…). [",
        "this is the lift, corrected for the judge's errors; labels show all there are",
        known,
        (no_labels, one_method, format_moves, labels_given, on_bench),
    ),
    Sentence(
        "Rogan-Gladen undefined (an arm without a pass); prediction-powered +19.0 pp (95 % interval +9.0 "
        "to +29.0 pp); as judged undefined (…). [",
        "the first correction has no estimate, and nothing is known as judged",
        one_method,
        (known,),
    ),
    Sentence(
        f"Lift at {AFTER_SFT}, corrected for the judge's own errors on ANSWER lines on 90 labelled "
        "episodes: Rogan-Gladen … as judged +25.0 pp (…). Between its arms the share of responses with an "
        "ANSWER line varies from 40.0 % to 100.0 %, and a response without one has no label: this "
        "correction cannot see errors on prose. In its certification the judge failed 25.0 % of the cases "
        "that must pass. Labels of random episodes (--labels) would show them. [",
        "the share of ANSWER lines changes, and only they are labelled",
        format_moves,
        (known, labels_given, format_moves_uncertified, format_moves_on_bench),
    ),
    Sentence(
        "corrected for the judge's own errors on 90 labelled episodes: prediction-powered +19.0 pp (95 % "
        "interval +9.0 to +29.0 pp); Rogan-Gladen +21.0 pp (95 % interval +11.0 to +31.0 pp); as judged "
        "+25.0 pp (…). [",
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
]
