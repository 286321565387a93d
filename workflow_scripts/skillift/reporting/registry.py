"""What a study publishes: the tables of its analysis, the figures and tables made from them.

Names only: the workflow reads it on every dry run. What they are made from are names of
`skillift.publication.inputs`; a figure is drawn by the module of its name in `skillift.figures`, a table
laid out by `skillift.publication.tables`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

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

# In the order of the argument, in which the report and the findings page number them: what SFT adds, whether
# everywhere, whether the judge is to blame, whether it is the procedure's doing, what the numbers rest on.
FIGURES: dict[str, tuple[str, ...]] = {
    "lift": ("effects", "certification"),
    "tier_trajectory": ("effects", "certification"),
    "recipe_band": ("pass_rates", "claims"),
    "asymmetry": ("asymmetry",),
    "skill_forest": ("skill_effects", "effects"),
    "transfer": ("effects",),
    "variants": ("effects",),
    "lift_by_path": ("effects",),
    "certification": ("certification",),
    "judge_agreement": ("agreement",),
    "path_audit": ("path_shift",),
    "corrected_lift": ("corrected_effects", "bounds"),
    "placebo_ladder": ("effects",),
    "metrics": ("effects",),
    "condition_ladder": ("pass_rates",),
    "loss_curves": ("log",),
    "costs": ("costs",),
}
TABLES: dict[str, tuple[str, ...]] = {
    "claims": ("claims",),
    "effects": ("effects",),
    "variance": ("joint_model", "seed_variance"),
    "asymmetry_slopes": ("asymmetry",),
    "pass_rates": ("pass_rates",),
    "format_cells": ("format_cells",),
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
BESIDE_FINDINGS = {
    **dict.fromkeys(("lift", "tier_trajectory"), "resolved"),
    **dict.fromkeys(("recipe_band", "asymmetry", "skill_forest"), "uniform"),
    **dict.fromkeys(
        ("lift_by_path", "certification", "judge_agreement", "path_audit", "corrected_lift"), "judge"
    ),
    "transfer": "transfer",
    "variants": "variants",
    "placebo_ladder": "procedure",
    "metrics": "form",
    "condition_ladder": "basis",
}
# figures of every metric; all others are of `pass` alone
EVERY_METRIC = ("metrics",)
# figures that hold several suites against each other; of the others there is one for each suite
ACROSS_SUITES = ("transfer", "variants")
# tables that some studies have and others lack: what is made from further ones does without them
OPTIONAL = ("predictions",)

# published tables of several parts, one for each of their source tables
PARTS = {name: TABLES[name] for name in ("variance", "agreement", "corrections")}


def looked_at(names: Iterable[str]) -> bool:
    """Whether what is made from tables of these names is at the level of a look."""
    return not {*ANALYSIS, *OPTIONAL, "ledger"}.isdisjoint(names)


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


# what a study needs at least to have a figure or table; it has all others
_NEEDS: dict[str, dict[str, int]] = {
    "tier_trajectory": {"delta": 1},
    "lift": {"trained": 1, "delta": 1},
    "lift_by_path": {"trained": 1, "delta": 1},
    "skill_forest": {"trained": 1, "delta": 1},
    "transfer": {"trained": 1, "delta": 1, "transfer": 1},
    "variants": {"delta": 1, "variants": 1},
    "placebo_ladder": {"controls": 1},
    "recipe_band": {"recipes": 2, "delta": 1},
    "asymmetry": {"trained": 1, "delta": 1},
    "metrics": {"trained": 1, "delta": 1},
    "asymmetry_slopes": {"trained": 1, "delta": 1},
    "claims": {"delta": 1},
    "variance": {"trained": 1, "delta": 1},
    "path_audit": {"judges": 1},
    "path_shift": {"judges": 1},
    "mixed_paths": {"judges": 1, "delta": 1},
    "judge_agreement": {"judges": 2},
    "agreement": {"judges": 2, "delta": 1},
    "judge_errors": {"judges": 1},
    "corrected_lift": {"judges": 1, "trained": 1, "delta": 1},
    "corrections": {"judges": 1, "delta": 1},
    "loss_curves": {"trained": 1},
    "predictions": {"predictions": 1},
}


def extent(study: Study) -> Extent:
    """The extent of a study."""
    recipes = [
        {run.recipe for run in study.trained_runs if run.student == student} for student in study.students
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
    )


def figures_for(has: Extent) -> list[str]:
    """The figures that a study of some extent has."""
    return [name for name in FIGURES if _enough(name, has)]


def tables_for(has: Extent) -> list[str]:
    """The tables that a study of some extent has."""
    return [name for name in TABLES if _enough(name, has)]


def _enough(name: str, has: Extent) -> bool:
    return all(getattr(has, thing) >= least for thing, least in _NEEDS.get(name, {}).items())
