"""A made-up study, analysed for real: tables for the tests of figures and published tables.

Verdicts are drawn at random around rates that grow with the tier, the condition and SFT, so the tables
look like a study's. They are no one's results.
"""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import polars as pl
from made_once import made_once
from made_specs import analysis_of, declared_runs, predicted, viewed
from metric_tables import with_metrics
from score_tables import make_tasks

from skillift.contracts.analysis import MEASURES, SAMPLING_BUDGETS
from skillift.contracts.pipeline import SCORES, key_of
from skillift.contracts.served_checks import BATCH_SENSITIVITY
from skillift.costs.stages import STAGE_COSTS
from skillift.publication.ledger import events
from skillift.settings.publication_specs import DeclaredRun
from skillift.statistics.analysis import analyse
from skillift.statistics.certification import error_rates
from skillift.statistics.forecast import forecast_skills
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.pass_rates import no_responses
from skillift.statistics.predictions import predictions

STUDENTS = {"l": ("338 k", 3), "m": ("115 k", 2), "s": ("45 k", 1)}
HELP = {"none": 0.0, "placebo": -0.02, "shuffled": 0.06, "curated": 0.15}
JUDGES = ("conclusion", "tail")
LIFT = {"contrast": "lift:curated-none", "student": "s", "recipe": "sft"}
RECIPES = (
    "worked_solution_full",
    "answer_only_no_steps",
    "rationale_distilled1",
    "shuffled_steps_train",
    "self_distilled_best1",
    "preference_then_sft1",
    "low_rank_adapter_r64",
)
PREDICTION = {
    "text": "What training adds is positive at the smallest tier.",
    "path": "judge:conclusion",
    "suite": "holdout",
    "effect": LIFT,
    "minus": None,
    "direction": "greater",
    "than": 0.0,
    "margin": 0.0,
    "confidence": 0.95,
}


def _pattern(students: tuple[str, ...]) -> dict:
    """A declared trajectory of two tiers or more, the smallest first."""
    rising = [{"student": name, "delta": 0.05 * place} for place, name in enumerate(students, 1)]
    return {"trajectory": rising} if len(rising) > 1 else {}


def make_spec(students=("s", "m", "l"), recipes=(("sft", (0, 1)), ("answer_only", (0,)))) -> dict:
    """An analysis spec; every recipe but the first is run at the smallest student alone."""
    runs = [(student, "base", None, None) for student in students]
    for place, (recipe, seeds) in enumerate(recipes):
        for student in students if place == 0 else students[:1]:
            runs += [(student, f"{recipe}-s{seed}", recipe, seed) for seed in seeds]
    return {
        "analysis": {
            "headline_path": "judge:conclusion",
            "confidence": 0.95,
            "bootstrap_samples": 200,
            "seed": 0,
            "margins": {"uniform_lift": 0.05, "recipe_tie": 0.02},
            "splits": 20,
            **_pattern(students),
        },
        "students": {
            name: dict(zip(("label", "tier"), STUDENTS[name], strict=True)) for name in sorted(students)
        },
        "references": [],
        "runs": [
            dict(zip(("student", "run", "recipe", "seed"), run, strict=True)) for run in sorted(runs, key=str)
        ],
        "borrowed": _borrowed(students),
    }


def _borrowed(students: tuple[str, ...]) -> list[dict]:
    """As if what the second student has of the first recipe were the first one's training."""
    pairs = zip(students[1:2], students[:1], strict=False)
    of_sft = {"recipe": "sft", "from_recipe": "sft"}
    return [of_sft | {"student": large, "from_student": small} for large, small in pairs]


@made_once
def full_study() -> tuple[dict, dict[str, pl.DataFrame]]:
    """Spec and tables of three students, a recipe with two seeds and a variant at the smallest student."""
    spec = make_spec()
    return spec, make_tables(spec)


@made_once
def smoke_study() -> tuple[dict, dict[str, pl.DataFrame]]:
    """Spec and tables of one student and one run on eight tasks: much of it is undefined."""
    spec = make_spec(("s",), (("sft", (0,)),))
    return spec, make_tables(spec, n_skills=8, per_skill=1)


def seven_recipes() -> tuple[dict, dict[str, pl.DataFrame]]:
    """The made-up study, with the run of its second recipe under seven names."""
    spec, tables = full_study()
    spec = copy.deepcopy(spec)
    spec["runs"] = [run for run in spec["runs"] if run["run"] == "base"] + [
        {"student": "s", "run": f"{recipe}-s0", "recipe": recipe, "seed": 0} for recipe in RECIPES
    ]
    one, base = (pl.col("run") == name for name in ("answer_only-s0", "base"))
    shown = {
        name: pl.concat(
            [
                tables[name].filter(base),
                *(
                    tables[name].filter(one, student="s").with_columns(run=pl.lit(f"{recipe}-s0"))
                    for recipe in RECIPES
                ),
            ]
        )
        for name in ("effects", "pass_rates", "path_shift")
    }
    return spec, {**tables, **shown, "log": make_log(spec)}


MADE_STUDIES = {"three tiers": full_study, "smoke": smoke_study}


class Published(NamedTuple):
    """A published table: its page, its LaTeX, and the rows of its first CSV file."""

    page: str
    latex: str
    rows: pl.DataFrame


def publish_table(name: str, tables: dict[str, pl.DataFrame], spec: dict) -> Published:
    """Publish a table of `skillift.reporting.registry.TABLES`, and read what was written."""
    from skillift.publication.published_tables import publish
    from skillift.reporting.registry import parts_of

    with TemporaryDirectory() as folder:
        page, latex = (Path(folder) / f"table.{kind}" for kind in ("html", "tex"))
        files = [Path(folder) / f"{part}.csv" for part in parts_of(name)]
        publish(name, tables, viewed(spec), page, latex, files)
        rows = pl.read_csv(files[0], infer_schema_length=None)
        return Published(page.read_text(encoding="utf-8"), latex.read_text(encoding="utf-8"), rows)


@cache
def published(name: str, study: str = "three tiers") -> Published:
    """A table of one of the studies as it is; published once for all tests that look at it."""
    spec, tables = MADE_STUDIES[study]()
    return publish_table(name, tables, spec)


def make_tables(
    spec: dict, n_skills: int = 40, per_skill: int = 5, unscored: float = 0.01
) -> dict[str, pl.DataFrame]:
    """The tables of the analysis and the training logs of a study of `spec`, by name."""
    generator = np.random.default_rng(7)
    tasks = make_tasks(n_skills, per_skill, judge_scored=n_skills * per_skill // 6)
    skill_effect = np.repeat(generator.normal(0, 0.15, n_skills), per_skill)
    arms = [(run, condition, 138 if run["recipe"] else 0) for run in spec["runs"] for condition in HELP]
    frames = [_arm(generator, tasks, skill_effect, spec, *arm, unscored=unscored) for arm in arms]
    scores = pl.concat(frame for parts in frames for frame in parts).select(list(SCORES.columns))
    analysis = analyse(scores, tasks, no_responses(), *analysis_of(spec))
    declared = {
        "lift_at_s": PREDICTION,
        "same_as_before": PREDICTION
        | {
            "effect": LIFT | {"contrast": "gain:curated"},
            "minus": LIFT,
            "direction": "equivalent",
            "margin": 0.1,
        },
    }
    tables = with_metrics(analysis._asdict(), scores, tasks, spec)
    return {
        **tables,
        "effects": pl.concat([tables["effects"], _of_variants(tables["effects"])]),
        "certification": make_certification(),
        "predictions": predictions(scores, tasks, predicted(declared), declared_runs(spec["runs"])),
        "ledger": events([], {}),
        "forecast": _foretold(scores, tasks, declared_runs(spec["runs"])),
        "sampling_budgets": _bought(tables["pass_rates"]),
        "log": make_log(spec),
        "parity": make_batch_sensitivity(spec),
        "costs": make_costs(),
    }


def _foretold(scores: pl.DataFrame, tasks: pl.DataFrame, runs: list[DeclaredRun]) -> pl.DataFrame:
    """What a study that foretells lifts would have: some skills without a pair, one without an answer."""
    generator = np.random.default_rng(11)
    names = tasks["skill_id"].unique().sort().to_list()
    before = pl.DataFrame(
        [
            {
                "student": student,
                "skill_id": name,
                "n_pairs": 4 if place else 0,
                "n_ties": place % 2,
                "preferred": float(generator.uniform(0.3, 0.9)) if place else None,
                "passed": float(generator.uniform(0, 0.6)) if place != 1 else None,
            }
            for student in sorted({run.student for run in runs})
            for place, name in enumerate(names)
        ]
    )
    return forecast_skills(task_values(with_skills(scores, tasks)), before, runs)


def _bought(rates: pl.DataFrame) -> pl.DataFrame:
    """What a study of four samples would have: more FLOPs at larger students, more passes of more samples."""
    one = rates.filter(condition="curated", metric="pass")
    sizes = {name: 10.0**place for place, name in enumerate(sorted(one["student"].unique()), start=5)}
    cost = pl.col("student").replace_strict(sizes, return_dtype=pl.Float64)
    return pl.concat(
        one.with_columns(
            *(pl.col(name) ** (1 / k if measure == "pass@k" else 1) for name in ("pass_rate", "ci_high")),
            sampled_by=pl.lit("main"),
            measure=pl.lit(measure),
            samples=pl.lit(k, pl.Int64),
            flops=k * cost,
        ).select(list(SAMPLING_BUDGETS.columns))
        for measure in MEASURES
        for k in (1, 4)
    ).sort(key_of(SAMPLING_BUDGETS))


def _of_variants(effects: pl.DataFrame) -> pl.DataFrame:
    """Rows that a study of variants would have, which its figure is drawn from."""
    turned = {"estimate": "estimate", "ci_low": "ci_high", "ci_high": "ci_low"}
    return effects.filter(contrast="curated-none", metric="pass").with_columns(
        *((-pl.col(other)).alias(name) for name, other in turned.items()),
        suite=pl.lit("perturbed"),
        contrast=pl.lit("variant:curated"),
    )


def make_certification(judges: tuple[str, ...] = JUDGES, per_kind: int = 8) -> pl.DataFrame:
    """Error rates of judges that err on a tenth of all cases, a case in twenty unscored."""
    generator = np.random.default_rng(11)
    kinds = {"forged_verdict": False, "closed_fence": False, "other_form": True, "odd_prose": True}
    rows = [
        {
            "judge": judge,
            "part": "generated" if kind == "odd_prose" else "written",
            "kind": kind,
            "expected": expected,
            "passed": (generator.random() < 0.1) != expected,
        }
        for judge in judges
        for kind, expected in kinds.items()
        for _ in range(per_kind)
    ]
    rows[0]["passed"] = None
    return error_rates(pl.DataFrame(rows), 0.95)


def _arm(generator, tasks, skill_effect, spec, run, condition, step, unscored):
    tier = spec["students"][run["student"]]["tier"]
    trained = {None: 0.0, "sft": 0.12, "answer_only": 0.05}[run["recipe"]]
    helped = HELP[condition] * (1 + (2 if run["recipe"] == "sft" else 0) * tier / 3)
    rate = np.clip(0.08 + 0.05 * tier + trained + helped + skill_effect, 0.02, 0.97)
    judged = generator.random(tasks.height) < rate
    missed = generator.random(tasks.height) < (0.03 if run["recipe"] else 0.5)
    other = judged ^ (generator.random(tasks.height) < 0.04)
    answers = {"bench": judged & ~missed, "judge:conclusion": judged, "judge:tail": other}
    for path, passed in answers.items():
        lost = (generator.random(tasks.height) < unscored) & (path != "bench")
        yield pl.DataFrame(
            {
                "path": path,
                "student": run["student"],
                "run": run["run"],
                "step": pl.Series([step] * tasks.height, dtype=pl.Int64),
                "suite": "holdout",
                "condition": condition,
                "task_id": tasks["task_id"],
                "sample": pl.Series([0] * tasks.height, dtype=pl.Int64),
                "passed": pl.Series(
                    [None if gone else bool(value) for gone, value in zip(lost, passed, strict=True)]
                ),
                "status": ["unparsed" if gone else "scored" for gone in lost],
            },
            schema_overrides={"passed": pl.Boolean},
        )


def make_batch_sensitivity(spec: dict) -> pl.DataFrame:
    """Batch sensitivity of the base and all runs of `spec`; one run has an answer that differs."""
    base = [(student, "base", 0) for student in spec["students"]]
    runs = base + [(run["student"], run["run"], 138) for run in spec["runs"] if run["run"] != "base"]
    rows = [(*run, 16, 16, None, 640, 2.4e-7) for run in runs[:-1]] + [(*runs[-1], 16, 15, 7, 655, 0.0021)]
    schema = {"student": pl.String, "run": pl.String, **dict.fromkeys(BATCH_SENSITIVITY.columns)}
    types = {name: column.dtype.type for name, column in BATCH_SENSITIVITY.columns.items()}
    return pl.DataFrame(rows, schema=schema | types, orient="row")


def make_costs() -> pl.DataFrame:
    """What some stages took; one was too short to be measured, one calls no model."""
    rows = [
        ("analyse", 1, 12.5, 12.5, 11.0, 410.0, None),
        ("build_tasks", 1, None, None, None, None, None),
        ("judge", 20, 99.4, 6.1, 80.2, 373.6, 1.234),
        ("train", 7, 8000.0, 1300.0, 9000.0, 2100.0, None),
    ]
    return pl.DataFrame(rows, schema=list(STAGE_COSTS.columns), orient="row")


def make_log(spec: dict, steps: int = 138) -> pl.DataFrame:
    """Training logs of the runs of `spec`: student, run and the columns of TRAINING_LOG."""
    generator = np.random.default_rng(3)
    parts = [
        pl.DataFrame(
            {
                "student": run["student"],
                "run": run["run"],
                "step": list(range(1, steps + 1)),
                "loss": 2.2 * np.exp(-np.arange(steps) / 30) + 0.2 + 0.04 * generator.random(steps),
                "learning_rate": np.linspace(5e-3, 0, steps),
                "tokens": [1536 * (step + 1) for step in range(steps)],
            }
        )
        for run in spec["runs"]
        if run["recipe"]
    ]
    return pl.concat(parts)
