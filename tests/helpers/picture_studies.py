"""Made-up studies that are hard to draw: long names, nothing passed, one tier, seven recipes, every suite.

They are no one's results. `pictures.py` draws all their figures and pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl
from analysis_tables import RECIPES, make_batch_sensitivity, make_certification, make_costs, make_log
from made_specs import analysis_of, predicted
from metric_tables import made_responses
from score_tables import make_tasks

from skillift.contracts.pipeline import SCORES
from skillift.ledger.entries import Look, Record
from skillift.publication.ledger import events
from skillift.statistics.analysis import analyse
from skillift.statistics.predictions import predictions

CONDITIONS = {"none": 0.0, "filler": 0.02, "placebo": -0.03, "shuffled": 0.06, "curated": 0.15}
STEP = 138
N_SKILLS, PER_SKILL = 12, 3
Tables = dict[str, pl.DataFrame]


class Drawn(NamedTuple):
    """What a study to be drawn consists of.

    Attributes:
        students: labels, the smallest tier first; the last `references` of them are never trained.
        recipes: seeds of each recipe; all but the first are run at the smallest student alone, unless `all`.
        judges: names, the primary one first.
        suites: the headline's first.
        rate: whether anything passes at all.
        unscored: the share of episodes without a verdict.
        early: steps before the last at which trainings are looked at, on the headline's suite.
    """

    students: tuple[str, ...]
    recipes: Mapping[str, tuple[int, ...]]
    judges: tuple[str, ...] = ("conclusion", "tail")
    suites: tuple[str, ...] = ("holdout",)
    references: int = 0
    all: bool = False
    rate: float = 1.0
    unscored: float = 0.01
    early: tuple[int, ...] = ()


# twenty characters and more, as models on the hub have them
LONG = Drawn(
    ("SmolLM2-135M-Instruct", "Qwen2.5-0.5B-Instruct", "Llama-3.2-1B-Instruct", "Qwen2.5-72B-Instruct-"),
    {"worked_solution_full": (0, 1), "answer_only_no_steps": (0,)},
    judges=("conclusion_of_answer", "claude_haiku_4_5_low"),
    references=1,
)
TIERS = ("45 k", "115 k", "338 k")
STUDIES: dict[str, Drawn] = {
    "names": LONG,
    "zero": Drawn(TIERS, {"sft": (0, 1), "answer_only": (0,)}, rate=0.0),
    "one_tier": Drawn(TIERS[:1], {"sft": (0,)}),
    "recipes": Drawn(LONG.students[:2], dict.fromkeys(RECIPES, (0,)), all=True),
    "suites": Drawn(
        LONG.students[:3], {"worked_solution_full": (0, 1)}, suites=("holdout", "dev", "transfer")
    ),
    "unscored": Drawn(TIERS, {"sft": (0, 1)}, unscored=0.3),
    "axes": Drawn(
        LONG.students[:3],
        LONG.recipes,
        suites=("holdout", "perturbed", "safety", "transfer"),
        all=True,
        early=(8, 16, 32),
    ),
}
# what is declared of them
_MARGINS = {
    "uniform_lift": 0.05,
    "recipe_tie": 0.02,
    "neutral_filler": 0.05,
    "retention": 0.1,
    "brittleness": 0.1,
    "side_cost": 0.2,
    "data_quality": 0.1,
}


def spec_of(name: str, drawn: Drawn) -> dict:
    """The spec of a study's figures and findings, as `Study.figures_spec` has it."""
    ids = [f"s{place}" for place in range(len(drawn.students))]
    trained = ids[: len(ids) - drawn.references]
    runs = [(student, "base", None, None) for student in ids]
    for place, (recipe, seeds) in enumerate(drawn.recipes.items()):
        for student in trained if drawn.all or place == 0 else trained[:1]:
            runs += [(student, f"{recipe}-s{seed}", recipe, seed) for seed in seeds]
    pattern = [{"student": student, "delta": 0.05 * place} for place, student in enumerate(trained, 1)]
    return {
        "name": f"a_study_named_{name}",
        "analysis": {
            "headline_path": f"judge:{drawn.judges[0]}",
            "confidence": 0.95,
            "bootstrap_samples": 50,
            "seed": 0,
            "splits": 5,
            "margins": {name: _MARGINS[name] for name in _margins(drawn)},
            "certification": {"max_false_pass": 0.05, "max_false_fail": 0.1},
            **({"suites": sorted(drawn.suites)} if len(drawn.suites) > 1 else {}),
            **({"trajectory": pattern} if len(pattern) > 1 else {}),
            **_declared_of_recipes(drawn),
        },
        "primary_judge": drawn.judges[0],
        "max_unscored_share": 0.05,
        "students": {
            key: {"label": label, "tier": tier}
            for tier, (key, label) in enumerate(zip(ids, drawn.students, strict=True), 1)
        },
        "references": ids[len(trained) :],
        "runs": [
            dict(zip(("student", "run", "recipe", "seed"), run, strict=True)) for run in sorted(runs, key=str)
        ],
        "figures": {"published_values": True},
    }


def _margins(drawn: Drawn) -> list[str]:
    asked = {"transfer": "retention", "perturbed": "brittleness", "safety": "side_cost"}
    of_suites = [margin for suite, margin in asked.items() if suite in drawn.suites]
    return ["uniform_lift", "recipe_tie", "neutral_filler", *of_suites] + ["data_quality"] * bool(drawn.early)


def _declared_of_recipes(drawn: Drawn) -> dict:
    """Early steps, and each pair of recipes that is compared."""
    if not drawn.early:
        return {}
    one, other, *_ = drawn.recipes
    pairs = [{"claim": claim, "recipe": one, "against": other} for claim in ("data_quality", "repetition")]
    return {"depth": {"early": list(drawn.early), "dip": 0.05, "recovery": 0.05}, "compare": pairs}


def made(name: str) -> tuple[dict, Tables]:
    """Spec and tables of a study of `STUDIES`, by the name of each table."""
    drawn = STUDIES[name]
    spec = spec_of(name, drawn)
    tasks = pl.concat((_tasks(suite) for suite in drawn.suites), how="diagonal")
    scores = pl.concat(_scores(drawn, spec, tasks)).select(list(SCORES.columns))
    analysis = analyse(scores, tasks, made_responses(scores), *analysis_of(spec))
    declared = _declared(spec, drawn)
    history = _history(declared, spec)
    records = [entry for entry in history if isinstance(entry, Record)]
    return spec, {
        **analysis._asdict(),
        "certification": make_certification(drawn.judges),
        "predictions": predictions(scores, tasks, predicted(declared), spec["runs"], records),
        "ledger": events(history),
        "log": make_log(spec),
        "parity": make_batch_sensitivity(spec),
        "costs": make_costs(),
    }


def _tasks(suite: str) -> pl.DataFrame:
    made = make_tasks(N_SKILLS, PER_SKILL, judge_scored=N_SKILLS * PER_SKILL // 6, suite=suite)
    skills = "new" if suite == "transfer" else "taught"
    parents = {"parent": pl.format("holdout-{}", "task_id"), "change": pl.lit("step_removed")}
    return made.with_columns(
        task_id=pl.format("{}-{}", pl.lit(suite), "task_id"),
        skill_id=pl.format("{}-{}", pl.lit(skills), "skill_id"),
        **(parents if suite == "perturbed" else {}),
    )


def _scores(drawn: Drawn, spec: dict, tasks: pl.DataFrame) -> list[pl.DataFrame]:
    generator = np.random.default_rng(7)
    paths = ("bench", *(f"judge:{judge}" for judge in drawn.judges))
    ease = np.repeat(generator.normal(0, 0.12, N_SKILLS), PER_SKILL)
    parts = []
    for run in spec["runs"]:
        gained = 0.0 if run["recipe"] is None else 0.12 / (1 + list(drawn.recipes).index(run["recipe"]))
        steps = [0] if run["recipe"] is None else [*drawn.early, STEP]
        for step, suite in [(step, suite) for step in steps for suite in drawn.suites]:
            if step in drawn.early and suite != drawn.suites[0]:
                continue
            trained = gained * (step / STEP - 1.5 * (step in drawn.early))
            asked = tasks.filter(suite=suite)
            for condition, helped in CONDITIONS.items():
                tier = spec["students"][run["student"]]["tier"]
                changed = -0.05 - gained if suite in ("perturbed", "safety") else 0.0
                rate = 0.1 + 0.08 * tier + trained + helped * (1 + 8 * trained) + ease + changed
                judged = generator.random(asked.height) < drawn.rate * np.clip(rate, 0, 1)
                for path in paths:
                    parts.append(_arm(generator, drawn, asked, run, step, condition, path, judged))
    return parts


def _arm(
    generator: np.random.Generator,
    drawn: Drawn,
    asked: pl.DataFrame,
    run: Mapping,
    step: int,
    condition: str,
    path: str,
    judged: np.ndarray,
) -> pl.DataFrame:
    odd = generator.random(asked.height) < (0.0 if path == f"judge:{drawn.judges[0]}" else 0.08)
    passed = judged & ~odd if path == "bench" else judged ^ (odd & (drawn.rate > 0))
    lost = (generator.random(asked.height) < drawn.unscored) & (path != "bench")
    return asked.select("task_id", "suite").with_columns(
        path=pl.lit(path),
        student=pl.lit(run["student"]),
        run=pl.lit(run["run"]),
        step=pl.lit(step, pl.Int64),
        condition=pl.lit(condition),
        sample=pl.lit(0, pl.Int64),
        passed=pl.when(pl.Series(~lost)).then(pl.Series(passed)),
        status=pl.when(pl.Series(lost)).then(pl.lit("unparsed")).otherwise(pl.lit("scored")),
    )


def _declared(spec: dict, drawn: Drawn) -> dict:
    recipe = next(iter(drawn.recipes))
    lift = {"contrast": "lift:curated-none", "student": "s0", "recipe": recipe}
    common = {
        "path": spec["analysis"]["headline_path"],
        "suite": drawn.suites[0],
        "effect": lift,
        "minus": None,
        "direction": "greater",
        "than": 0.0,
        "margin": 0.0,
        "confidence": 0.95,
    }
    return {
        "training_adds_at_the_smallest": common
        | {"text": "What training adds to the procedure is positive at the smallest tier."},
        "less_than_thirty_points": common
        | {"text": "It is less than thirty points.", "direction": "less", "than": 0.3, "known": True},
        "same_as_before": common
        | {
            "text": "",
            "effect": lift | {"contrast": "gain:curated"},
            "minus": lift,
            "direction": "equivalent",
            "margin": 0.1,
        },
    }


def _history(declared: dict, spec: dict) -> list[Record | Look]:
    """A ledger: a design and predictions, a prediction and a margin changed later, and two looks."""
    margins = {f"margins.{key}": value for key, value in spec["analysis"]["margins"].items()}
    design = {
        "confidence": 0.95,
        "headline_path": spec["analysis"]["headline_path"],
        **margins,
        "conditions": list(CONDITIONS),
        "models": list(spec["students"]),
        "trajectory": spec["analysis"].get("trajectory"),
    }
    first = declared | {"same_as_before": declared["same_as_before"] | {"margin": 0.05}}
    day = "2026-11-{:02}T12:00:00Z".format
    return [
        Record(day(1), False, first, "", "", design),
        Look(day(2), 1, 0.025, {}, "", 80, 20, "", ""),
        Record(day(3), True, declared, "", "", design | {"margins.uniform_lift": 0.08}),
        Look(day(4), 2, 0.05 / 6, {}, "", 80, 20, "", ""),
    ]
