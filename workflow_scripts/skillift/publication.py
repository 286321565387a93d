"""What a study publishes: the tables of its analysis, the figures and tables made from them.

Names only: the workflow reads it on every dry run. What they are made from are names of
`skillift.result_inputs`; a figure is drawn by the module of its name in `skillift.figures`, a table
laid out by `skillift.result_tables`.
"""

from __future__ import annotations

# tables of `analysis/` that the command `analyse` writes; contracts in `skillift.analysis_contracts`
ANALYSIS = ("pass_rates", "effects", "skill_effects", "path_shift", "agreement", "asymmetry")

FIGURES: dict[str, tuple[str, ...]] = {
    "tier_trajectory": ("effects", "certification"),
    "lift": ("effects", "certification"),
    "lift_by_path": ("effects",),
    "condition_ladder": ("pass_rates",),
    "path_audit": ("path_shift",),
    "judge_agreement": ("agreement",),
    "certification": ("certification",),
    "loss_curves": ("log",),
}
TABLES: dict[str, tuple[str, ...]] = {
    "findings": ("effects", "pass_rates", "agreement", "path_shift", "certification"),
    "effects": ("effects",),
    "pass_rates": ("pass_rates",),
    "path_shift": ("path_shift",),
    "agreement": ("agreement",),
    "certification_rates": ("certification",),
}

# how many judges, and how many trained runs, a study needs to have them at all
_JUDGES = {"judge_agreement": 2, "path_audit": 1, "agreement": 2, "path_shift": 1}
_TRAINED = {"lift": 1, "lift_by_path": 1, "loss_curves": 1}


def figures_for(n_judges: int, n_trained: int) -> list[str]:
    """The figures that a study with so many judges and trained runs has."""
    return [
        name for name in FIGURES if n_judges >= _JUDGES.get(name, 0) and n_trained >= _TRAINED.get(name, 0)
    ]


def tables_for(n_judges: int) -> list[str]:
    """The tables that a study with so many judges has."""
    return [name for name in TABLES if n_judges >= _JUDGES.get(name, 0)]
