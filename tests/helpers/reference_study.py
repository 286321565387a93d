"""Verdicts that reproduce the reference study's published differences (arXiv 2605.11907), task by task.

Its task files and verdicts are not public: these are made up, so that pass counts give its table to the last
digit, 10 to 25 % of the pairs of a delta are discordant, and skills differ. Nothing else about them is
evidence of anything. 200 tasks of 40 skills, the judge's path, one training seed.

| | 0.8B | 2B | 4B | reference model |
|---|---|---|---|---|
| procedural delta before SFT | -0.075 | +0.060 | -0.010 | +0.030 |
| procedural delta after SFT | -0.005 | +0.100 | +0.065 | |
| lift | +0.070 | +0.040 | +0.075 | |
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
from score_tables import make_scores, make_tasks

PATH = "judge:primary"
RUN, STEP = "sft-s0", 138
STUDENTS = ("qwen-0.8b", "qwen-2b", "qwen-4b")
REFERENCE = "haiku"

DELTA_BEFORE = {"qwen-0.8b": -0.075, "qwen-2b": 0.060, "qwen-4b": -0.010, "haiku": 0.030}
DELTA_AFTER = {"qwen-0.8b": -0.005, "qwen-2b": 0.100, "qwen-4b": 0.065}
LIFT = {"qwen-0.8b": 0.070, "qwen-2b": 0.040, "qwen-4b": 0.075}

# Of 200 tasks: those passed at first (none, before SFT); then tasks gained and lost from one arm to the next:
# to curated before SFT, from none before to none after SFT, and from there to curated after SFT.
PASSED = {"qwen-0.8b": 60, "qwen-2b": 90, "qwen-4b": 124, "haiku": 150}
FLIPS = {
    "qwen-0.8b": {"delta_before": (14, 29), "gain": (34, 14), "delta_after": (18, 19)},
    "qwen-2b": {"delta_before": (24, 12), "gain": (32, 16), "delta_after": (28, 8)},
    "qwen-4b": {"delta_before": (23, 25), "gain": (20, 18), "delta_after": (28, 15)},
    "haiku": {"delta_before": (14, 8)},
}

N_SKILLS, PER_SKILL = 40, 5


def make_spec() -> dict:
    """The analysis spec of this study."""
    models = (*STUDENTS, REFERENCE)
    labels = dict(zip(models, ("0.8B", "2B", "4B", "Haiku 4.5"), strict=True))
    bases = [{"student": name, "run": "base", "recipe": None, "seed": None} for name in models]
    trained = [{"student": name, "run": RUN, "recipe": "sft", "seed": 0} for name in STUDENTS]
    return {
        "analysis": {
            "headline_path": PATH,
            "confidence": 0.95,
            "bootstrap_samples": 2000,
            "seed": 0,
            "margins": {"uniform_lift": 0.05, "recipe_tie": 0.02},
        },
        "students": {name: {"label": labels[name], "tier": tier} for tier, name in enumerate(models, 1)},
        "references": [REFERENCE],
        "runs": sorted(bases + trained, key=lambda run: (run["student"], run["run"])),
    }


@cache
def reference_study() -> tuple[pl.DataFrame, pl.DataFrame, dict]:
    """Scores (contract SCORES), tasks (contract TASKS) and the analysis spec."""
    return make_scores(_arms()), make_tasks(N_SKILLS, PER_SKILL), make_spec()


def _arms() -> dict[tuple, list[bool]]:
    """(path, student, run, step, condition) -> verdicts of the tasks in their order."""
    generator = np.random.default_rng(2605)
    arms = {}
    for name, flips in FLIPS.items():
        skill_effect = np.repeat(generator.normal(0, 0.5, N_SKILLS), PER_SKILL)
        ease = skill_effect + generator.normal(0, 1.0, N_SKILLS * PER_SKILL)
        none = np.isin(np.arange(len(ease)), np.argsort(ease)[-PASSED[name] :])
        arms[(PATH, name, "base", 0, "none")] = none
        arms[(PATH, name, "base", 0, "curated")] = _flipped(generator, none, *flips["delta_before"])
        if name != REFERENCE:
            after = _flipped(generator, none, *flips["gain"])
            arms[(PATH, name, RUN, STEP, "none")] = after
            arms[(PATH, name, RUN, STEP, "curated")] = _flipped(generator, after, *flips["delta_after"])
    return {arm: verdicts.tolist() for arm, verdicts in arms.items()}


def _flipped(generator: np.random.Generator, verdicts: np.ndarray, gained: int, lost: int) -> np.ndarray:
    """`verdicts` with so many fails turned into passes and so many passes into fails, more in some skills."""
    helped = np.exp(np.repeat(generator.normal(0, 0.3, N_SKILLS), PER_SKILL))
    flipped = verdicts.copy()
    flipped[_drawn(generator, ~verdicts * helped, gained)] = True
    flipped[_drawn(generator, verdicts / helped, lost)] = False
    return flipped


def _drawn(generator: np.random.Generator, weights: np.ndarray, number: int) -> np.ndarray:
    """So many different places, drawn by their weights."""
    return generator.choice(len(weights), number, replace=False, p=weights / weights.sum())
