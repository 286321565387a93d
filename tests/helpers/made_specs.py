"""Specs as plain data, as tests make and change them, read into the settings that the library takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skillift.ledger.looks import look_level
from skillift.reporting.view import View, view_of
from skillift.settings.analysis_specs import Analysed, FiguresSpec, FindingsSpec, ShownAnalysis
from skillift.settings.base import Settings
from skillift.settings.publication_specs import DeclaredPrediction, DeclaredRun
from skillift.settings.tasks import TaskPack


def viewed(spec: Mapping) -> View:
    """How a spec of analysis and figures wants results shown; `look`: number and alpha, where it has one."""
    analysis = ShownAnalysis(**_of(ShownAnalysis, spec["analysis"], Analysed))
    shown = {key: value for key, value in spec.items() if key not in ("analysis", "look")}
    figures = FiguresSpec(**_of(FiguresSpec, shown, FindingsSpec), analysis=analysis)
    return view_of(figures, look_level(spec["look"]) if "look" in spec else None)


def _of(model: type[Settings], given: Mapping, other: type[Settings]) -> dict:
    """The settings of one model, from those of two; a key with None is left out."""
    unknown = given.keys() - model.model_fields.keys() - other.model_fields.keys()
    assert not unknown, f"neither {model.__name__} nor {other.__name__} has {sorted(unknown)}"
    return {key: value for key, value in given.items() if key in model.model_fields and value is not None}


def analysis_of(spec: Mapping) -> tuple[Analysed, list[DeclaredRun]]:
    """The settings and the runs of a spec of analysis and figures, as the analysis takes them."""
    return estimated(_of(Analysed, spec["analysis"], ShownAnalysis)), declared_runs(spec["runs"])


def declared_runs(runs: Iterable[Mapping | DeclaredRun]) -> list[DeclaredRun]:
    """Runs, as the analysis takes them."""
    return [run if isinstance(run, DeclaredRun) else DeclaredRun(**run) for run in runs]


def estimated(settings: Mapping) -> Analysed:
    """Settings of an analysis; what is not asked of a bootstrap is no matter."""
    return Analysed(**{"bootstrap_samples": 100, "seed": 0, **_of(Analysed, settings, ShownAnalysis)})


def pack_of(**keys: object) -> TaskPack:
    """The settings of a task pack; those that a study has to name are the least where none is given."""
    return TaskPack(**{"difficulty": "tiny", "per_skill": {"train": 1, "holdout": 1}, **keys})


def predicted(declared: Mapping[str, Mapping]) -> dict[str, DeclaredPrediction]:
    """Predictions, as their verdicts take them."""
    return {name: DeclaredPrediction(**entry) for name, entry in declared.items()}
