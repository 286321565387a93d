"""What a study file says of a comparison of logs: settings of the analysis, margins, and predictions.

A study's predictions name its students, recipes, paths, suites and metrics. Logs are of one student and one
recipe, on the path `logs`, of one score: what is predicted of another path, suite or metric is not judged,
and the page says so; what is predicted of an arm that the logs do not have is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from skillift.errors import UserError, problem
from skillift.evaluation_logs.log_tables import PATH, STUDENT, SUITE
from skillift.metrics.names import PASS
from skillift.settings.analysis import Analysis
from skillift.settings.analysis_specs import Estimation
from skillift.settings.publication_specs import DeclaredPrediction
from skillift.statistics.contrast_names import changes_of, contrasts_of
from skillift.study.predictions import declared
from skillift.study.study import Study, read_study


class Settings(NamedTuple):
    """What a comparison takes from a study file.

    Attributes:
        study: its name; empty without one.
        analysis: how effects are estimated.
        predictions: that can be judged, of the logs' arms.
        left_out: names of the others, with the reason.
    """

    study: str
    analysis: Estimation
    predictions: dict[str, DeclaredPrediction]
    left_out: tuple[tuple[str, str], ...] = ()


class Logs(NamedTuple):
    """What logs are of.

    Attributes:
        conditions: of their arms.
        metric: `pass`, or the score's name.
        recipe: what the training is called.
        student: what the study calls the model; None where it was not said.
    """

    conditions: Collection[str]
    metric: str
    recipe: str
    student: str | None = None


def settings_of(path: str | None, logs: Logs, chosen: Collection[str] | None = None) -> Settings:
    """The settings of a study file, or the defaults where there is none.

    Args:
        path: the study file; None for the defaults.
        logs: what is compared.
        chosen: names of the predictions to judge; None for all.

    Raises:
        UserError: the study is wrong, has no such prediction, or predicts something of an arm that the logs
            do not have; all of these at once.
    """
    if path is None:
        return Settings("", _estimation(Analysis().model_dump()), {})
    study = _read(path)
    every, suite = declared(study), study.data["analysis"]["headline_suite"]
    unknown = sorted(set(chosen or ()) - set(every))
    if unknown:
        names = ", ".join(every) or "none"
        raise UserError(problem("--predictions", unknown[0], f"predictions of {path} ({names})"))
    student = logs.student or (study.students[0] if len(study.students) == 1 else None)
    found, left_out, wrong = {}, [], []
    for name, entry in every.items():
        if chosen is not None and name not in chosen:
            left_out.append((name, "it was not chosen"))
        elif reason := _elsewhere(entry, logs, study.data["predictions"][name], suite):
            left_out.append((name, reason))
        else:
            wrong += _missing_arms(path, name, entry, logs, student)
            found[name] = _of_logs(entry)
    if wrong:
        fix = "Give the logs of these arms; or name the predictions to judge: --predictions NAME ..."
        raise UserError("\n".join([*wrong, fix]))
    return Settings(study.name, _estimation(study.data["analysis"]), found, tuple(left_out))


def _estimation(analysis: Mapping) -> Estimation:
    """What a comparison takes of a study's section `analysis`, which has all defaults filled in."""
    taken = ("confidence", "bootstrap_samples", "seed", "splits", "margins")
    return Estimation(**{name: analysis[name] for name in taken})


def _read(path: str) -> Study:
    """A study whose analysis and predictions are sound; its models and tasks need not be on this machine."""
    study, problems, unsound = read_study(path)
    own = re.compile(rf"{re.escape(path)}(:\d+)?: (analysis|predictions)\b")
    wrong = problems if unsound else [line for line in problems if own.match(line)]
    if wrong:
        raise UserError("\n".join(wrong))
    return study


def _elsewhere(entry: Mapping, logs: Logs, declared_entry: Mapping, suite: str) -> str:
    """Why a prediction is about something else than the score of the logs; empty where it is not."""
    metric = entry.get("metric", PASS)
    if metric != logs.metric:
        return f"it is about the metric {metric}, and the logs have {logs.metric}"
    if declared_entry.get("path", PATH) != PATH:
        return f"it is about the scoring path {declared_entry['path']}, and logs have their own scorer"
    if entry["suite"] != suite:
        return f"it is about the suite {entry['suite']}, and logs stand for {suite}, that of the headlines"
    return ""


def _missing_arms(path: str, name: str, entry: Mapping, logs: Logs, student: str | None) -> list[str]:
    """A line for each effect of a prediction that the logs have no arms for."""
    found = []
    contrasts = [*contrasts_of(logs.conditions), *changes_of(logs.conditions)]
    for key in ("effect", "minus"):
        effect = entry[key]
        if effect is None:
            continue
        where = f"{path}, predictions.{name}.{key}"
        if effect["student"] != student:
            said = f"the student that the logs are of ({student or 'say which with --student'})"
            found.append(problem(f"{where}.student", effect["student"], said))
        if effect["recipe"] not in (None, logs.recipe):
            said = f"the training that the logs are of, {logs.recipe} (--recipe names it)"
            found.append(problem(f"{where}.recipe", effect["recipe"], said))
        if effect["contrast"] not in contrasts:
            said = f"one of the contrasts that the logs have ({', '.join(contrasts)})"
            found.append(problem(f"{where}.contrast", effect["contrast"], said))
    return found


def _of_logs(entry: Mapping) -> DeclaredPrediction:
    """A prediction with the names that the arms of logs have."""
    effects = {key: entry[key] and entry[key] | {"student": STUDENT} for key in ("effect", "minus")}
    return DeclaredPrediction(**{**entry, **effects, "path": PATH, "suite": SUITE})
