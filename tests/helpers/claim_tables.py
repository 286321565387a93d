"""Studies of known verdicts, analysed up to their claims: for the tests of claims and what they rest on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from made_specs import estimated
from score_tables import make_scores, make_tasks

from skillift.contracts.claims import CLAIMS, JOINT_MODEL, SEED_VARIANCE
from skillift.settings.publication_specs import DeclaredRun
from skillift.statistics.claims import claims
from skillift.statistics.contrasts import differences
from skillift.statistics.effects import effects
from skillift.statistics.joint_model import joint_model
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.seed_variance import about_recipes, seed_variance
from skillift.tables import check

PATH = "judge:primary"
STEP = 138
MARGINS = {"uniform_lift": 0.05, "recipe_tie": 0.02}
ARMS = (("base", "none"), ("base", "curated"), ("after", "none"), ("after", "curated"))


class Claimed(NamedTuple):
    """The tables that claims rest on, each checked against its contract."""

    effects: pl.DataFrame
    given_seeds: pl.DataFrame
    seeds: pl.DataFrame
    joint: pl.DataFrame
    claims: pl.DataFrame


def claimed(
    arms, runs, tasks=None, margins=MARGINS, n_samples: int = 1, confidence: float = 0.95, **more
) -> Claimed:
    """Analyse arms as `score_tables.make_scores` takes them, or scores as they are; `more`: settings."""
    scores = arms if isinstance(arms, pl.DataFrame) else make_scores(arms, n_samples=n_samples)
    values = task_values(with_skills(scores, make_tasks() if tasks is None else tasks))
    found = list(differences(values, runs))
    given_seeds = effects(found, confidence, 100, 0)
    seeds = check(seed_variance(given_seeds, runs, confidence), SEED_VARIANCE, "seed variance")
    estimates = about_recipes(given_seeds, runs, ["path", "suite", "contrast"], confidence)
    joint = check(joint_model(values, found, seeds, runs, confidence), JOINT_MODEL, "joint model")
    settings = {"confidence": confidence, "margins": margins, "splits": 2, **more}
    table = check(claims(values, found, estimates, seeds, runs, estimated(settings)), CLAIMS, "claims")
    for frame in (seeds, joint, table):
        assert not any(column.is_nan().any() for column in frame.select(pl.selectors.float()))
    return Claimed(estimates, given_seeds, seeds, joint, table)


def make_runs(seeds: dict[tuple[str, str], tuple[int, ...]]) -> list[DeclaredRun]:
    """Runs by (student, recipe) and its seeds, with the base of each student."""
    students = dict.fromkeys(student for student, _ in seeds)
    return [DeclaredRun(student=name, run="base", recipe=None, seed=None) for name in students] + [
        DeclaredRun(student=student, run=f"{recipe}-s{seed}", recipe=recipe, seed=seed)
        for (student, recipe), numbers in seeds.items()
        for seed in numbers
    ]


def draw_study(
    generator: np.random.Generator,
    rates: dict[str, tuple[float, float, float, float]],
    seeds=(0,),
    recipe: str = "sft",
    seed_spread: float = 0.0,
    skill_spread: float = 0.1,
    n_skills: int = 40,
    per_skill: int = 5,
) -> dict:
    """Arms of students by their pass rates (none and curated before, none and curated after SFT).

    Rates vary between skills, alike in all arms and, by half as much, apart in each. `seed_spread` is the
    standard deviation of a training's rate under curated.
    """
    ease = np.repeat(generator.normal(0, skill_spread, n_skills), per_skill)
    arms = {}
    for student, four in rates.items():
        for (phase, condition), rate in zip(ARMS, four, strict=True):
            for seed in seeds if phase == "after" else (0,):
                own = np.repeat(generator.normal(0, skill_spread / 2, n_skills), per_skill)
                luck = (
                    generator.normal(0, seed_spread) if phase == "after" and condition == "curated" else 0.0
                )
                passed = generator.random(n_skills * per_skill) < np.clip(rate + ease + own + luck, 0, 1)
                run, step = ("base", 0) if phase == "base" else (f"{recipe}-s{seed}", STEP)
                arms[(PATH, student, run, step, condition)] = passed.tolist()
    return arms
