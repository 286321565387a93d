"""Verdicts on predictions: did an effect come out as it was predicted?

The written rule, on the interval of the effect (or of the difference of two) at the confidence of the look:

| direction | held | failed |
|---|---|---|
| `greater` | the interval lies above `than` + `margin` | it lies below |
| `less` | the interval lies below `than` - `margin` | it lies above |
| `equivalent` | the shorter interval of the two one-sided tests lies within `than` +- `margin` | \
the interval lies outside |

Everything else is `undetermined`: the interval holds values of both kinds, or is undefined on these data.
Two one-sided tests at 1 - confidence are the interval at 2 x confidence - 1, such as 90 % for 95 %
(Schuirmann, "A comparison of the two one-sided tests procedure", 1987). There is no correction for the
number of predictions: "all of these held" needs none (Berger, "Multiparameter hypothesis testing and
acceptance sampling", Technometrics 24, 1982), "one of these held" does.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from skillift.contracts.predictions import PREDICTIONS, VERDICTS
from skillift.ledger.entries import Record
from skillift.ledger.registration import Registration, registration_of, withdrawn
from skillift.metrics.names import PASS
from skillift.settings.publication_specs import ComparedEffect, DeclaredPrediction, DeclaredRun
from skillift.statistics.intervals import ESTIMATE_SCHEMA, Estimate, clustered_mean
from skillift.statistics.metric_values import metric_values
from skillift.statistics.pairing import paired_difference, task_values, with_skills
from skillift.statistics.pass_rates import no_responses
from skillift.statistics.seed_variance import SeedComponents, components_by_student, with_seeds
from skillift.statistics.task_effects import runs_of, task_effect
from skillift.statistics.variants import with_variants

HELD, FAILED, UNDETERMINED = VERDICTS
_EFFECT = ("contrast", "student", "recipe")
_NOTHING = Estimate(None, None, None, None, None, None, None, n_tasks=0, n_skills=0)


def predictions(
    scores: pl.DataFrame,
    tasks: pl.DataFrame,
    declared: Mapping[str, DeclaredPrediction],
    runs: list[DeclaredRun],
    history: list[Record] | None = None,
    response_frame: pl.DataFrame | None = None,
    intervened: pl.DataFrame | None = None,
    confidence: float | None = None,
) -> pl.DataFrame:
    """The table PREDICTIONS: each prediction with its estimate, its verdict, and when it was registered.

    An effect is the mean over tasks of `task_effects.task_effect`; of two, the second is taken off the first
    task by task, over the tasks that have both. Errors are clustered by skill (`intervals.clustered_mean`);
    where a recipe has several seeds they hold its training-seed variance (`seed_variance`), pooled over its
    students. Of two effects by one recipe at one student, that is the variance of their difference.

    Args:
        scores: contract SCORES, or the frame of `pairing.with_skills`.
        tasks: contract TASKS.
        declared: the predictions, by id.
        runs: the declared runs.
        history: of the registrations; every prediction is "not registered" where it is left out.
        response_frame: the frames of `pass_rates.responses`; a prediction about a metric that reads responses
            is undetermined without them.
        intervened: the frame of `interventions.interventions_of`, for metrics that read these.
        confidence: of the look that judges them, where it is not what they were registered with.

    Raises:
        UserError: a scored task is unknown.
    """
    whole = scores if "skill_id" in scores.columns else with_skills(scores, tasks)
    values = _values(declared, whole, tasks, response_frame, intervened)
    rows = []
    for name, prediction in declared.items():
        known = registration_of(name, prediction.model_dump(), history or [])
        n_runs = _fewest_runs(prediction, runs)
        level = prediction.confidence if confidence is None else confidence
        found = _estimated(prediction, values[_metric(prediction)], runs, level)
        rows.append(_row(name, prediction, *found, n_runs, known))
    for name, (entry, registration) in withdrawn(declared, history or []).items():
        row = _row(name, DeclaredPrediction(**entry), _NOTHING, _NOTHING, 0, 0, registration)
        rows.append(row | {"verdict": None})
    schema = {name: column.dtype.type for name, column in PREDICTIONS.columns.items()}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("prediction")


def _metric(prediction: DeclaredPrediction) -> str:
    return prediction.metric or PASS


def _values(
    declared: Mapping[str, DeclaredPrediction],
    scores: pl.DataFrame,
    tasks: pl.DataFrame,
    response_frame: pl.DataFrame | None,
    intervened: pl.DataFrame | None,
) -> dict[str, pl.DataFrame]:
    """Task values of each metric that is predicted of; no rows of one that the data do not allow."""
    of_pass = task_values(scores)
    asked = {_metric(prediction) for prediction in declared.values()}
    values = {name: of_pass.clear() for name in asked} | {PASS: of_pass}
    if asked - {PASS}:
        responses = no_responses() if response_frame is None else response_frame
        known = metric_values(scores, tasks, responses, intervened)
        values |= {name: found for name, found in known if name in asked}
    return {name: with_variants(found, tasks) for name, found in values.items()}


def verdict(
    prediction: DeclaredPrediction,
    interval: tuple[float | None, float | None],
    inner: tuple[float | None, float | None],
) -> str:
    """The verdict by the rule at the head of this module.

    Args:
        prediction: what was predicted.
        interval: at the confidence of the look; None twice where undefined.
        inner: that of the two one-sided tests.
    """
    low, high = interval
    if low is None or high is None:
        return UNDETERMINED
    direction, than, margin = prediction.direction, prediction.than, prediction.margin
    if direction == "equivalent":
        inner_low, inner_high = inner
        outside = low > than + margin or high < than - margin
        inside = (
            inner_low is not None
            and inner_high is not None
            and than - margin < inner_low
            and inner_high < than + margin
        )
        return HELD if inside else FAILED if outside else UNDETERMINED
    sign = 1 if direction == "greater" else -1
    nearest, furthest = sorted((sign * (low - than), sign * (high - than)))
    return HELD if nearest > margin else FAILED if furthest < margin else UNDETERMINED


def _estimated(
    prediction: DeclaredPrediction, values: pl.DataFrame, runs: list[DeclaredRun], confidence: float
) -> tuple[Estimate, Estimate, int]:
    """The estimate with both of its intervals, and the episodes without a verdict."""
    arms = values.filter(path=prediction.path, suite=prediction.suite)
    effect = _task_effect(prediction.effect, arms, runs)
    if prediction.minus:
        effect = paired_difference(effect, _task_effect(prediction.minus, arms, runs), cell=[])
    known = effect.drop_nulls("value").sort("task_id")
    numbers = known["value"].to_numpy(), known["skill_id"].rank("dense").to_numpy()
    outer, inner = (clustered_mean(*numbers, level) for level in (confidence, 2 * confidence - 1))
    estimate = outer.estimate
    if estimate is not None and outer.standard_error is not None and outer.degrees_of_freedom is not None:
        trainings = _trainings(prediction, arms, runs, confidence)
        whole = with_seeds(outer.standard_error**2, outer.degrees_of_freedom, trainings)
        if trainings and whole.readings:
            outer, inner = (
                Estimate(estimate, n_tasks=each.n_tasks, n_skills=each.n_skills, **whole.of(estimate, level))
                for each, level in ((outer, confidence), (inner, 2 * confidence - 1))
            )
    return outer, inner, int(effect["n_unscored"].sum())


def _fewest_runs(prediction: DeclaredPrediction, runs: list[DeclaredRun]) -> int:
    """Trainings of the recipe that has the fewest in a prediction; 0 where none is trained."""
    effects = [effect for effect in (prediction.effect, prediction.minus) if effect and effect.recipe]
    return min((len(runs_of(runs, effect.student, effect.recipe)) for effect in effects), default=0)


def _trainings(
    prediction: DeclaredPrediction, arms: pl.DataFrame, runs: list[DeclaredRun], confidence: float
) -> list[SeedComponents]:
    """What is known of the trainings behind a prediction: one recipe's, or those of both of its effects."""
    effect, minus = prediction.effect, prediction.minus
    if minus and (effect.student, effect.recipe) == (minus.student, minus.recipe):
        parts = [[effect, minus]]
    else:
        parts = [[part] for part in (effect, minus) if part]
    found = []
    for effects in parts:
        student, recipe = effects[0].student, effects[0].recipe
        if recipe is not None:
            contrasts = [part.contrast for part in effects]
            known = _of_recipe(contrasts, recipe, arms, runs, confidence)
            found += [known[student]] if student in known else []
    return found


def _of_recipe(
    contrasts: list[str], recipe: str, arms: pl.DataFrame, runs: list[DeclaredRun], confidence: float
) -> dict[str, SeedComponents]:
    """By student: what the seeds of a recipe tell of one contrast, or of the first less the second."""
    rows = []
    for student in sorted({run.student for run in runs if run.recipe == recipe}):
        members = runs_of(runs, student, recipe)
        for name, own in [(run, [run]) for run in members] + [(recipe, members)] * (len(members) > 1):
            each = [task_effect(arms, contrast, student, own) for contrast in contrasts]
            values = each[0] if len(each) == 1 else paired_difference(each[0], each[1], cell=[])
            known = values.drop_nulls("value").sort("task_id")
            skills = known["skill_id"].rank("dense").to_numpy()
            found = clustered_mean(known["value"].to_numpy(), skills, confidence)
            rows.append({"student": student, "run": name, "step": 0, **found._asdict()})
    schema = {"student": pl.String, "run": pl.String, "step": pl.Int64, **ESTIMATE_SCHEMA}
    table = pl.DataFrame(rows, schema=schema)
    return components_by_student(table, runs, recipe, (recipe, *contrasts))


def _task_effect(effect: ComparedEffect, arms: pl.DataFrame, runs: list[DeclaredRun]) -> pl.DataFrame:
    of_runs = runs_of(runs, effect.student, effect.recipe)
    return task_effect(arms, effect.contrast, effect.student, of_runs)


def _row(
    name: str,
    prediction: DeclaredPrediction,
    outer: Estimate,
    inner: Estimate,
    n_unscored: int,
    n_runs: int,
    registration: Registration,
) -> dict:
    both_sides = prediction.direction == "equivalent"
    shared = ("text", "path", "suite", "direction", "than", "margin")
    measured = ("estimate", "standard_error", "ci_low", "ci_high", "mde", "n_tasks", "n_skills")
    return {
        "prediction": name,
        "metric": _metric(prediction),
        **{key: getattr(prediction, key) for key in shared},
        **{key: getattr(prediction.effect, key) or "" for key in _EFFECT},
        **{f"minus_{key}": getattr(prediction.minus, key, "") or "" for key in _EFFECT},
        **{key: getattr(outer, key) for key in measured},
        "equivalence_low": inner.ci_low if both_sides else None,
        "equivalence_high": inner.ci_high if both_sides else None,
        "n_unscored": n_unscored,
        "n_runs": n_runs,
        "verdict": verdict(prediction, (outer.ci_low, outer.ci_high), (inner.ci_low, inner.ci_high)),
        "registration": registration.word,
        "registered_at": registration.time,
    }
