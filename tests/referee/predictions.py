"""What they can say of predictions."""

from __future__ import annotations

from functools import cache

from referee import Sentence, Study
from referee.studies import known
from referee.whole import edited


def _predicted(name: str = "adds", **values: object) -> Study:
    return edited(known(), "predictions", {"prediction": name}, **values)


@cache
def no_predictions() -> Study:
    tables = {name: table for name, table in known().tables.items() if name != "predictions"}
    return known()._replace(tables=tables)


@cache
def late() -> Study:
    return edited(
        _predicted(registration="after results"),
        "predictions",
        {"prediction": "adds_by_dpo"},
        registration="changed after results",
    )


@cache
def unregistered() -> Study:
    return _predicted(registration="not registered")


@cache
def post_hoc() -> Study:
    study = edited(known(), "predictions", registration="post hoc")
    return edited(study, "predictions", {"prediction": "adds_by_dpo"}, verdict="failed")


@cache
def withdrawn() -> Study:
    """Of two predictions that were registered before results existed, one was withdrawn."""
    nothing = {"estimate": None, "ci_low": None, "ci_high": None, "mde": None, "n_tasks": 0, "n_skills": 0}
    return _predicted(registration="withdrawn", verdict=None, **nothing)


@cache
def withdrawn_and_late() -> Study:
    """The one that was registered before results existed was withdrawn; the other came later."""
    return edited(withdrawn(), "predictions", {"prediction": "adds_by_dpo"}, registration="after results")


@cache
def all_withdrawn() -> Study:
    return edited(withdrawn(), "predictions", registration="withdrawn", verdict=None)


@cache
def of_a_difference() -> Study:
    """A prediction of one effect less another, within margins."""
    effect = {"contrast": "gain:curated", "minus_contrast": "lift:curated-placebo", "minus_student": "m"}
    return _predicted(**effect, minus_recipe="sft", direction="equivalent", than=0.1, margin=0.05)


@cache
def below() -> Study:
    effect = {"contrast": "curated-none", "recipe": "", "direction": "less", "than": 0.3, "margin": 0.05}
    return _predicted(**effect)


@cache
def above_a_margin() -> Study:
    return _predicted(than=0.1, margin=0.0234)


@cache
def of_lengths() -> Study:
    """It is about another metric than the pass rate."""
    return _predicted(metric="length", contrast="gain:none", than=5.0)


_FOUND = "Found +50.0 pp (95 % interval +10.0 to +90.0 pp; smallest detectable effect of this test alone …); "
_ADDS = f"adds | Predicted (Training adds to the procedure): lift at 45 k by sft: above 0 pp. {_FOUND}"
_BY_DPO = (
    "adds_by_dpo | Predicted: lift at 45 k by dpo: above 0 pp. Found … path judge:a); one seed, so about "
)
_BY_DPO += "that run; "

CASES = [
    Sentence("open: adds_by_dpo", "the answer rests on every prediction", known, (no_predictions,), "page"),
    Sentence(
        "at the end: Predictions         1 held, 1 undetermined |",
        "so many predictions that were registered before results existed held",
        known,
        (late, unregistered, post_hoc, withdrawn, all_withdrawn),
    ),
    Sentence(
        "at the end: Predictions         1 undetermined; 1 not registered before results",
        "so many were not registered before results existed",
        unregistered,
        (known, withdrawn, late),
    ),
    Sentence(
        "at the end: Predictions         All were withdrawn. |",
        "every prediction was",
        all_withdrawn,
        (known, late),
    ),
    Sentence(
        "at the end: Predictions         2 not registered before results",
        "none was registered before results existed",
        late,
        (known, unregistered, all_withdrawn),
    ),
    Sentence(
        "Did the prediction hold? This study declares no prediction.",
        "the study declares no prediction",
        no_predictions,
        (known, all_withdrawn),
    ),
    Sentence(
        "Did the prediction hold? 2 predictions registered before results existed: 1 held, 1 undetermined.",
        "so many predictions were registered before results existed, and so many of these held",
        known,
        (late, unregistered, post_hoc, withdrawn, all_withdrawn),
    ),
    Sentence(
        "Did the prediction hold? No prediction was registered before results existed. 2 written or "
        "changed after results existed: 1 held, 1 undetermined.",
        "every prediction was written or changed when results existed",
        late,
        (known, unregistered, withdrawn_and_late),
    ),
    Sentence(
        "1 prediction registered before results existed: 1 undetermined. 1 not registered: 1 held.",
        "one prediction is in no ledger",
        unregistered,
        (known, late),
    ),
    Sentence(
        "2 post hoc, known when written, so no predictions: 1 as stated, 1 not as stated.",
        "the authors knew the outcome when they wrote it down",
        post_hoc,
        (known, late, unregistered),
    ),
    Sentence(
        "1 prediction registered before results existed: 1 undetermined. 1 withdrawn after results existed.",
        "one prediction was taken back when results existed",
        withdrawn,
        (known, withdrawn_and_late),
    ),
    Sentence(
        "No prediction that stands was registered before results existed. 1 written or changed after "
        "results existed: 1 undetermined. 1 withdrawn after results existed.",
        "those that were not withdrawn were written when results existed",
        withdrawn_and_late,
        (known, late, withdrawn),
    ),
    Sentence(
        "Did the prediction hold? All were withdrawn.",
        "every prediction was",
        all_withdrawn,
        (known, withdrawn),
    ),
    Sentence(
        f"{_ADDS}before results existed. [held]",
        "it was registered before results existed, and the interval lies on the predicted side",
        known,
        (late, unregistered, post_hoc, withdrawn),
    ),
    Sentence(
        f"{_ADDS}after results existed. [held]",
        "it was written when results existed",
        late,
        (known, unregistered),
    ),
    Sentence(f"{_ADDS}not registered. [held]", "it is in no ledger", unregistered, (known, late)),
    Sentence(
        f"{_BY_DPO}text changed after results existed. [undetermined]",
        "its text was changed when results existed; it is of one training",
        late,
        (known, post_hoc),
    ),
    Sentence(f"{_BY_DPO}before results existed. [undetermined]", "it is of one training", known, (late,)),
    Sentence(
        "adds | Stated (Training adds to the procedure): lift at 45 k by sft: above 0 pp. Found … path "
        "judge:a); as stated; post hoc: known when it was written. []",
        "the outcome was known when it was written, so nothing held",
        post_hoc,
        (known, late),
    ),
    Sentence("; not as stated; post hoc: known", "the data say otherwise", post_hoc, (known,)),
    Sentence(
        "adds | Predicted (Training adds to the procedure): lift at 45 k by sft: above 0 pp; withdrawn "
        "after results existed. []",
        "it was taken back when results existed, and was not looked at",
        withdrawn,
        (known, late),
    ),
    Sentence(
        "gain under curated at 45 k by sft, less lift of curated \u2212 placebo at 115 k by sft: between "
        "+5.0 and +15.0 pp. Found",
        "that is what is predicted",
        of_a_difference,
        (known, below),
    ),
    Sentence(
        "Training adds to the procedure): lift at 45 k by sft: above +12.34 pp. Found",
        "that is what is predicted",
        above_a_margin,
        (known, below),
    ),
    Sentence(
        "Training adds to the procedure): length of the response, gain under none at 45 k by sft: above +5.0 "
        "tokens. Found",
        "that is what is predicted",
        of_lengths,
        (known, above_a_margin),
    ),
    Sentence(
        "procedural delta at 45 k before SFT: below +25.0 pp. Found",
        "that is what is predicted",
        below,
        (known, of_a_difference),
    ),
]
