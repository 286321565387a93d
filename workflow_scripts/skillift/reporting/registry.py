"""What a study publishes: the tables of its analysis, the figures and tables made from them.

Names only: the workflow reads it on every dry run. What they are made from are names of
`skillift.publication.inputs`; a figure is drawn by the module of its name in `skillift.figures`, which says
there what it needs (`FIGURE`), a table laid out by `skillift.publication.published_tables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from skillift.reporting.declarations import declared_figures

if TYPE_CHECKING:
    from skillift.study.study import Study

# tables of `analysis/` that the command `analyse` writes; contracts in `skillift.contracts.analysis`
ANALYSIS = (
    "pass_rates",
    "effects",
    "skill_effects",
    "seed_variance",
    "joint_model",
    "claims",
    "path_shift",
    "mixed_paths",
    "agreement",
    "judge_shift",
    "bounds",
    "judge_errors",
    "corrected_effects",
    "asymmetry",
    "format_cells",
    "tier_spreads",
    "variants",
)
# and those that it writes where the study has that key in `analysis`
FORECAST = "forecast"
SAMPLING_BUDGETS = "sampling_budgets"
WHERE_DECLARED = {"courses": "depth", FORECAST: FORECAST, SAMPLING_BUDGETS: SAMPLING_BUDGETS}

DECLARED = declared_figures()
# in the order of the argument, in which the report and the findings page number them
FIGURES: dict[str, tuple[str, ...]] = {name: figure.tables for name, figure in DECLARED.items()}
TABLES: dict[str, tuple[str, ...]] = {
    "claims": ("claims",),
    "effects": ("effects",),
    "variance": ("joint_model", "seed_variance"),
    "asymmetry_slopes": ("asymmetry",),
    "pass_rates": ("pass_rates",),
    "format_cells": ("format_cells",),
    "courses": ("courses",),
    "path_shift": ("path_shift",),
    "mixed_paths": ("mixed_paths",),
    "agreement": ("agreement", "judge_shift"),
    "judge_errors": ("judge_errors",),
    "corrections": ("corrected_effects", "bounds"),
    "certification_rates": ("certification",),
    "stage_costs": ("costs",),
    "self_parity": ("parity",),
    "predictions": ("predictions",),
    "ledger": ("ledger",),
}
# what the findings are made from
FINDINGS = (
    "claims",
    "effects",
    "pass_rates",
    "agreement",
    "judge_shift",
    "path_shift",
    "mixed_paths",
    "bounds",
    "corrected_effects",
    "asymmetry",
    "format_cells",
    "tier_spreads",
    "variants",
    "certification",
    "predictions",
    "ledger",
)
# the question (`skillift.findings.QUESTIONS`) under which each of these figures stands on the findings page
BESIDE_FINDINGS = {name: figure.question for name, figure in DECLARED.items() if figure.question}
# figures of every metric; all others are of `pass` alone
EVERY_METRIC = tuple(name for name, figure in DECLARED.items() if figure.every_metric)
# figures that hold several suites against each other; of the others there is one for each suite
ACROSS_SUITES = tuple(name for name, figure in DECLARED.items() if figure.across_suites)
# tables that some studies have and others lack: what is made from further ones does without them
OPTIONAL = ("predictions",)

# published tables of several parts, one for each of their source tables
PARTS = {name: TABLES[name] for name in ("variance", "agreement", "corrections")}


def looked_at(names: Iterable[str]) -> bool:
    """Whether what is made from tables of these names is at the level of a look."""
    return not {*ANALYSIS, *WHERE_DECLARED, *OPTIONAL, "ledger"}.isdisjoint(names)


def parts_of(table: str) -> tuple[str, ...]:
    """The parts of a published table, which name its CSV files; its own name where it has one part."""
    return PARTS.get(table, (table,))


class Extent(NamedTuple):
    """How much of each thing a study has, where what it publishes hangs on it."""

    judges: int
    trained: int  # runs
    recipes: int  # most of them at one student
    controls: int  # placebo and filler, as far as they are among the conditions
    delta: int  # 1 where both conditions of the procedural delta are
    predictions: int
    transfer: int = 0  # 1 where the suite of new skills is asked
    variants: int = 0  # 1 where the suite of variants is asked
    depth: int = 0  # 1 where early steps of trainings are declared
    forecast: int = 0  # 1 where a forecast is declared
    interventions: int = 0  # 1 where chains of thought are altered
    emulated: int = 0  # runs
    budgets: int = 0  # 1 where it is asked what samples buy


# what a study needs at least to have a table; it has all others
_NEEDS: dict[str, dict[str, int]] = {
    "asymmetry_slopes": {"trained": 1, "delta": 1},
    "claims": {"delta": 1},
    "variance": {"trained": 1, "delta": 1},
    "path_shift": {"judges": 1},
    "mixed_paths": {"judges": 1, "delta": 1},
    "agreement": {"judges": 2, "delta": 1},
    "judge_errors": {"judges": 1},
    "corrections": {"judges": 1, "delta": 1},
    "predictions": {"predictions": 1},
    "courses": {"trained": 1, "depth": 1},
}


def extent(study: Study) -> Extent:
    """How many judges, trained runs, recipes and the like a study has: what it publishes hangs on that."""
    recipes = [
        {run.recipe for run in study.runs if run.recipe and run.student == student}
        for student in study.students
    ]
    return Extent(
        judges=len(study.judges),
        trained=len(study.trained_runs),
        recipes=max(map(len, recipes), default=0),
        controls=len({"placebo", "filler"} & set(study.conditions)),
        delta=int({"none", "curated"} <= set(study.conditions)),
        predictions=len(study.data["predictions"]),
        transfer=int("transfer" in study.suites),
        variants=int("perturbed" in study.suites),
        depth=int("depth" in study.data["analysis"]),
        forecast=int(FORECAST in study.data["analysis"]),
        interventions=int("interventions" in study.data["inference"]),
        emulated=len(study.emulated_runs),
        budgets=int(SAMPLING_BUDGETS in study.data["analysis"]),
    )


def figures_for(has: Extent) -> list[str]:
    """The figures that a study of some extent has."""
    return [name for name, figure in DECLARED.items() if _enough(figure.needs, has)]


def tables_for(has: Extent) -> list[str]:
    """The tables that a study of some extent has."""
    return [name for name in TABLES if _enough(_NEEDS.get(name, {}), has)]


def _enough(needs: Mapping[str, int], has: Extent) -> bool:
    return all(getattr(has, thing) >= least for thing, least in needs.items())
