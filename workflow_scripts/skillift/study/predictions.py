"""Predictions as a study declares them: all that a prediction says.

A prediction is one statement about one effect, or about one effect less another on the same scoring path:

    smaller_lift_at_8b:
      text: The lift at 8B is smaller than at 4B.
      effect: {contrast: lift:curated-none, student: 8b, recipe: sft}
      minus: {contrast: lift:curated-none, student: 4b, recipe: sft}
      direction: less

`greater`: the effect exceeds `than` + `margin`; `less`: it is below `than` - `margin`; `equivalent`: it lies
between the two. A statement in several parts ("between 2 and 6 points, and smaller than at 4B") is several
predictions. One that was written when its outcome was known says so with `known: true`, and is post hoc.
"""

from __future__ import annotations

import copy

from skillift.metrics.names import INTERVENED, PASS, RESPONSES, TEXT, VERDICTS
from skillift.metrics.registry import metrics
from skillift.settings.analysis_specs import LedgerSpec
from skillift.settings.publication_specs import DeclaredPrediction, PredictionsSpec
from skillift.study.design import look_spec
from skillift.study.study import Study


def declared(study: Study) -> dict[str, dict]:
    """All that each prediction of a study says, by id, with nothing left to other sections.

    text, path, suite, `metric` where it is not `pass`, effect and minus ({contrast, student, recipe}; recipe
    None before SFT; minus None where
    there is none), direction, than, margin, `known` where it is declared as known, and the confidence of
    the study. Two studies predict the same exactly where these are equal.
    """
    analysis = study.data["analysis"]
    found = {}
    for name, entry in sorted(study.data["predictions"].items()):
        if not entry.get("known"):  # as in registrations that are older than the key
            entry = {key: value for key, value in entry.items() if key != "known"}
        if entry.get("metric") == PASS:
            entry = {key: value for key, value in entry.items() if key != "metric"}
        found[name] = {
            "path": TEXT if _reads_no_verdict(entry) else analysis["headline_path"],
            **copy.deepcopy(entry),
            "effect": _effect(entry["effect"]),
            "minus": _effect(entry["minus"]) if "minus" in entry else None,
            "confidence": analysis["confidence"],
        }
    return found


def reads_responses(study: Study) -> bool:
    """Whether a prediction is about a metric that reads responses, so that its verdict needs the episodes."""
    declared_metrics = {entry.get("metric", PASS) for entry in study.data["predictions"].values()}
    return any(RESPONSES in metrics()[name].reads for name in declared_metrics - {PASS})


def reads_interventions(study: Study) -> bool:
    """Whether a prediction is about a metric that reads answers after interventions."""
    declared_metrics = {entry.get("metric", PASS) for entry in study.data["predictions"].values()}
    return any(INTERVENED in metrics()[name].reads for name in declared_metrics - {PASS})


def _reads_no_verdict(entry: dict) -> bool:
    return "metric" in entry and VERDICTS not in metrics()[entry["metric"]].reads


def predictions_spec(study: Study) -> PredictionsSpec:
    """What the verdicts on predictions depend on: the predictions, and which runs are whose."""
    said = {name: DeclaredPrediction(**entry) for name, entry in declared(study).items()}
    return PredictionsSpec(predictions=said, runs=study.analysis_spec().runs)


def ledger_spec(study: Study) -> LedgerSpec:
    """What the published ledger depends on: the look, and the predictions."""
    said = {name: DeclaredPrediction(**entry) for name, entry in declared(study).items()}
    return LedgerSpec(**look_spec(study).model_dump(), predictions=said)


def _effect(entry: dict) -> dict:
    return {"contrast": entry["contrast"], "student": entry["student"], "recipe": entry.get("recipe")}
