"""The design of a study: what must be settled before results exist, for its words to mean what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from skillift.settings.analysis_specs import LookSettings, LookSpec
from skillift.study.emulation import EMULATED
from skillift.study.headline import HOLDOUT

if TYPE_CHECKING:
    import polars as pl

    from skillift.study.study import Study


_DECLARED = (
    "trajectory",
    "constraint_ceiling",
    "compare",
    "depth",
    "forecast",
    "sampling_budgets",
)  # claims that a study has where it declares them


def declared_design(study: Study) -> dict[str, object]:
    """What is registered of a study besides its predictions, by key, such as `margins.uniform_lift`.

    Confidence, headline path and suite, margins, a declared trajectory or ceiling, compared recipes,
    conditions, suites, samples, models, and the training seeds of each recipe by student; `with_sizes` adds
    what only the tasks tell.
    """
    analysis, inference = study.data["analysis"], study.data["inference"]
    found: dict[str, object] = {name: analysis[name] for name in ("confidence", "headline_path")}
    found |= {f"margins.{name}": margin for name, margin in analysis["margins"].items()}
    if study.headline_suite != HOLDOUT:  # a key that came later than registrations
        found["headline_suite"] = study.headline_suite
    found |= {name: analysis[name] for name in _DECLARED if name in analysis}
    found |= {"conditions": study.conditions, "samples": inference["samples"]}
    found |= {"suites": study.suites, "models": sorted(study.evaluated)}
    if study.has_protocols:
        found["protocols"] = study.protocols
    if EMULATED in study.data:
        found[EMULATED] = study.data[EMULATED]
    seeds: dict[str, list] = {}
    for run in (run for run in study.runs if run.recipe):
        seeds.setdefault(f"seeds.{run.recipe}.{run.student}", []).append(run.seed)
    return found | seeds


def with_sizes(design: Mapping, tasks: pl.DataFrame) -> dict[str, object]:
    """A design with the tasks and skills of each of its suites, such as `tasks.holdout`.

    Two studies have the same design exactly where these are equal.

    Args:
        design: of `declared_design`.
        tasks: contract TASKS.
    """
    sizes = {}
    for suite in design["suites"]:
        of_suite = tasks.filter(suite=suite)
        sizes[f"tasks.{suite}"] = of_suite.height
        sizes[f"skills.{suite}"] = of_suite["skill_id"].n_unique()
    return {**design, **sizes}


def look_spec(study: Study) -> LookSpec:
    """Which look an analysis is, besides its verdicts: the settings that words depend on, and the design."""
    analysis = study.data["analysis"]
    read = ("confidence", "headline_path", "margins", *_DECLARED)
    settings = {name: analysis[name] for name in read if name in analysis}
    return LookSpec(settings=LookSettings(**settings), design=declared_design(study))
