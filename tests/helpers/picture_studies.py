"""Made-up studies that are hard to draw: long names, nothing passed, one tier, seven recipes.

They ask all that a study can ask: several samples, interventions, a forecast, early steps, pairs of recipes,
emulated runs; those whose name ends in `_suites` every suite, too. They are no one's results. `pictures.py`
draws all their figures and pages; what was answered is in `picture_answers.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import polars as pl
from analysis_tables import RECIPES, make_batch_sensitivity, make_certification, make_costs, make_log
from made_specs import analysis_of, declared_runs, predicted, viewed
from metric_tables import made_interventions
from picture_answers import (
    CONDITIONS,
    FIRST_SUITES,
    given_answers,
    made_discrimination,
    made_scores,
    made_tasks,
)

from skillift.ledger.entries import Look, Record
from skillift.publication.ledger import events
from skillift.reporting.registry import Extent
from skillift.statistics.analysis import analyse
from skillift.statistics.predictions import predictions

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
        samples: of each task.
    """

    students: tuple[str, ...]
    recipes: Mapping[str, tuple[int, ...]]
    judges: tuple[str, ...] = ("conclusion", "tail")
    suites: tuple[str, ...] = FIRST_SUITES[:1]
    references: int = 0
    all: bool = False
    rate: float = 1.0
    unscored: float = 0.01
    early: tuple[int, ...] = (8, 16, 32)
    samples: int = 4

    @property
    def trained(self) -> int:
        """How many of the students are trained."""
        return len(self.students) - self.references


TIERS = ("45 k", "115 k", "338 k")
# twenty characters and more, as models on the hub have them
LONG = Drawn(
    ("SmolLM2-135M-Instruct", "Qwen2.5-0.5B-Instruct", "Llama-3.2-1B-Instruct", "Qwen2.5-72B-Instruct-"),
    {"worked_solution_full": (0, 1), "answer_only_no_steps": (0,)},
    judges=("conclusion_of_answer", "claude_haiku_4_5_low"),
    references=1,
)
HARD: dict[str, Drawn] = {
    "names": LONG,
    "zero": Drawn(TIERS, {"sft": (0, 1), "answer_only": (0,)}, rate=0.0),
    "one_tier": Drawn(TIERS[:1], {"sft": (0,)}),
    "recipes": Drawn(LONG.students[:2], dict.fromkeys(RECIPES, (0,)), all=True),
}
STUDIES: dict[str, Drawn] = {
    **HARD,
    **{f"{name}_suites": each._replace(suites=FIRST_SUITES, samples=1) for name, each in HARD.items()},
    "unscored": Drawn(TIERS, {"sft": (0, 1)}, unscored=0.3),
}
# what is declared of them
_MARGINS = {
    "uniform_lift": 0.05,
    "recipe_tie": 0.02,
    "neutral_filler": 0.05,
    "sampling_budget_tie": 0.05,
    "data_quality": 0.1,
    "retention": 0.1,
    "brittleness": 0.1,
    "side_cost": 0.2,
}
_OF_SUITES = {"transfer": "retention", "perturbed": "brittleness", "safety": "side_cost"}
_PAIRS = ("data_quality", "repetition", "preference", "reward")
EMULATED = "training_of_a_smaller"


def spec_of(name: str, drawn: Drawn) -> dict:
    """The spec of a study's figures and findings, as `Study.findings_spec` has it, and of its analysis."""
    ids = [f"s{place}" for place in range(len(drawn.students))]
    trained = ids[: drawn.trained]
    runs = [(student, "base", None, None) for student in ids]
    for place, (recipe, seeds) in enumerate(drawn.recipes.items()):
        for student in trained if drawn.all or place == 0 else trained[:1]:
            runs += [(student, f"{recipe}-s{seed}", recipe, seed) for seed in seeds]
    first, seeds = next(iter(drawn.recipes.items()))
    borrowed = [
        {"recipe": EMULATED, "student": large, "from_student": small, "from_recipe": first}
        for small, large in pairwise(trained)
    ]
    runs += [(each["student"], f"{EMULATED}-s{seed}", EMULATED, seed) for each in borrowed for seed in seeds]
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
            "depth": {"early": list(drawn.early), "dip": 0.05, "recovery": 0.05},
            "forecast": {"suite": "dev"},
            **({"sampling_budgets": [2, 4]} if drawn.samples > 1 else {}),
            "parameters": {student: 45_000 * 4**place for place, student in enumerate(ids)},
            "emulated": borrowed,
            **({"suites": sorted(drawn.suites)} if len(drawn.suites) > 1 else {}),
            **_declared_of_students(trained),
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
        "borrowed": borrowed,
        **({"emulated": [EMULATED]} if borrowed else {}),
    }


def _margins(drawn: Drawn) -> list[str]:
    of_suites = [margin for suite, margin in _OF_SUITES.items() if suite in drawn.suites]
    return [margin for margin in _MARGINS if margin in of_suites or margin not in _OF_SUITES.values()]


def _declared_of_students(trained: list[str]) -> dict:
    pattern = [{"student": student, "delta": 0.05 * place} for place, student in enumerate(trained, 1)]
    return {"trajectory": pattern} if len(pattern) > 1 else {}


def _declared_of_recipes(drawn: Drawn) -> dict:
    """Each pair of recipes that is compared."""
    if len(drawn.recipes) < 2:
        return {}
    one, other, *_ = drawn.recipes
    return {"compare": [{"claim": claim, "recipe": one, "against": other} for claim in _PAIRS]}


def extent_of(name: str) -> Extent:
    """How much a study of `STUDIES` has of what figures and tables need."""
    drawn = STUDIES[name]
    return Extent(
        judges=len(drawn.judges),
        trained=drawn.trained,
        recipes=len(drawn.recipes),
        controls=2,
        delta=1,
        predictions=3,
        transfer=int("transfer" in drawn.suites),
        variants=int("perturbed" in drawn.suites),
        depth=1,
        forecast=1,
        interventions=1,
        emulated=drawn.trained - 1,
        budgets=int(drawn.samples > 1),
    )


def made(name: str) -> tuple[dict, Tables]:
    """Spec and tables of a study of `STUDIES`, by the name of each table."""
    drawn = STUDIES[name]
    spec = spec_of(name, drawn)
    tasks = pl.concat((made_tasks(suite) for suite in drawn.suites), how="diagonal")
    scores = made_scores(drawn, spec, tasks)
    analysis = analyse(
        scores,
        tasks,
        given_answers(scores, spec["analysis"]["headline_path"]),
        *analysis_of(spec),
        discrimination=made_discrimination(spec, drawn.rate),
        intervened=made_interventions(scores.filter(pl.col("step").is_in(drawn.early).not_())),
    )
    declared = _declared(spec, drawn)
    history = _history(declared, spec)
    records = [entry for entry in history if isinstance(entry, Record)]
    trained = {**spec, "runs": [run for run in spec["runs"] if run["recipe"] != EMULATED]}
    return spec, {
        **analysis._asdict(),
        "scores": scores,
        "tasks": tasks,
        "certification": make_certification(drawn.judges),
        "predictions": predictions(scores, tasks, predicted(declared), declared_runs(spec["runs"]), records),
        "ledger": events(history, viewed(spec).label_by_student),
        "log": make_log(trained),
        "parity": make_batch_sensitivity(trained),
        "costs": make_costs(),
    }


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
