"""The study of the referee that is analysed, and what edits its tables.

`whole` has two tiers and a reference model, a recipe with two seeds at both, one with a single seed at the
first, five conditions, three paths, a second suite that must not be seen, and predictions.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from analysis_tables import make_certification, make_log
from made_once import made_once
from made_specs import analysis_of, declared_runs, predicted
from score_tables import make_scores, make_tasks

from referee import Study
from skillift.statistics.analysis import analyse
from skillift.statistics.pass_rates import no_responses
from skillift.statistics.predictions import predictions

N_SKILLS, PER_SKILL = 12, 3
STEP = 138
RUNS = [
    {"student": student, "run": run, "recipe": recipe, "seed": seed}
    for student, run, recipe, seed in (
        *((student, "base", None, None) for student in ("s", "m", "r")),
        *((student, f"sft-s{seed}", "sft", seed) for student in ("s", "m") for seed in (0, 1)),
        ("s", "dpo-s0", "dpo", 0),
    )
]
SPEC = {
    "name": "made up",
    "analysis": {
        "headline_path": "judge:a",
        "confidence": 0.95,
        "bootstrap_samples": 50,
        "seed": 0,
        "splits": 5,
        "margins": {"uniform_lift": 0.05, "recipe_tie": 0.02, "neutral_filler": 0.04},
        "certification": {"max_false_pass": 0.2, "max_false_fail": 0.3},
    },
    "max_unscored_share": 0.05,
    "primary_judge": "a",
    "students": {
        "s": {"label": "45 k", "tier": 1},
        "m": {"label": "115 k", "tier": 2},
        "r": {"label": "big", "tier": 9},
    },
    "references": ["r"],
    "runs": RUNS,
}
# pass rates under none and curated
RATES = {None: (0.3, 0.4), "sft": (0.3, 0.95), "dpo": (0.35, 0.45)}
SHARE = {
    "none": 0.0,
    "filler": 0.0,
    "placebo": 0.1,
    "shuffled": 0.5,
    "curated": 1.0,
}  # of the procedure's worth
PREDICTED = {
    "text": "Training adds to the procedure.",
    "path": "judge:a",
    "suite": "holdout",
    "effect": {"contrast": "lift:curated-none", "student": "s", "recipe": "sft"},
    "minus": None,
    "direction": "greater",
    "than": 0.0,
    "margin": 0.0,
    "confidence": 0.95,
}


@made_once
def whole() -> Study:
    scores, tasks = make_scores(_arms()), make_tasks(N_SKILLS, PER_SKILL, judge_scored=6)
    tables = analyse(scores, tasks, no_responses(), *analysis_of(SPEC))._asdict()
    declared = predicted({"adds": PREDICTED, "adds_by_dpo": _by_dpo()})
    found = predictions(scores, tasks, declared, declared_runs(RUNS))
    found = found.with_columns(registration=pl.lit("before results"), estimate=0.5, ci_low=0.1, ci_high=0.9)
    seen = {name: _with_another_suite(table) for name, table in tables.items()}
    further = {"certification": make_certification(("a", "b")), "predictions": found, "log": make_log(SPEC)}
    return Study(seen | further, SPEC)


def _by_dpo() -> dict:
    return PREDICTED | {"text": "", "effect": PREDICTED["effect"] | {"recipe": "dpo"}}


def _arms() -> dict:
    generator = np.random.default_rng(5)
    n_tasks = N_SKILLS * PER_SKILL
    ease = np.repeat(generator.normal(0, 0.05, N_SKILLS), PER_SKILL)
    arms = {}
    for run in RUNS:
        none, curated = RATES[run["recipe"]]
        for condition, share in SHARE.items():
            rate = none + share * (curated - none) + {"s": 0.0, "m": 0.1, "r": 0.3}[run["student"]] + ease
            judged = generator.random(n_tasks) < np.clip(rate, 0, 1)
            place = (run["student"], run["run"], STEP if run["recipe"] else 0, condition)
            missed = generator.random(n_tasks) < (0.2 if condition == "curated" else 0.05)
            other = judged ^ (generator.random(n_tasks) < 0.08)
            for path, passed in (("bench", judged & ~missed), ("judge:a", judged), ("judge:b", other)):
                arms[(path, *place)] = passed.tolist()
    return arms


def _with_another_suite(table: pl.DataFrame) -> pl.DataFrame:
    """`table` with rows of the suite `dev` that say other things: more, less, and the other word."""
    others = [
        (-0.5 * pl.col(name) - 0.11).alias(name) if kind == pl.Float64 else (pl.col(name) + 7).alias(name)
        for name, kind in table.schema.items()
        if kind in (pl.Float64, pl.Int64) and name not in ("step", "n_runs")
    ]
    others += [pl.lit("contradicted").alias("word")] if "word" in table.columns else []
    return pl.concat([table, table.with_columns(*others, suite=pl.lit("dev"))])


def edited(study: Study, table: str, where: dict | None = None, **values: object) -> Study:
    """`study` with values of a table replaced where columns have the given ones, in the suite shown."""
    frame = study.tables[table]
    here = _rows(where or {}, frame)
    new = {
        name: pl.when(here).then(pl.lit(value, dtype=frame.schema[name])).otherwise(name)
        for name, value in values.items()
    }
    return study._replace(tables={**study.tables, table: frame.with_columns(**new)})


def without_rows(study: Study, table: str, **where: object) -> Study:
    """`study` without the rows of a table where columns have the given values."""
    frame = study.tables[table]
    return study._replace(tables={**study.tables, table: frame.filter(~_rows(where, frame))})


def _rows(where: dict, frame: pl.DataFrame) -> pl.Expr:
    shown = {"suite": "holdout"} if "suite" in frame.columns else {}
    tests = [
        pl.col(name).is_in(value if isinstance(value, list) else [value])
        for name, value in (shown | where).items()
    ]
    return pl.all_horizontal(tests) if tests else pl.lit(True)


def respecified(study: Study, analysis: dict | None = None, **parts: object) -> Study:
    """`study` with parts of its spec replaced, or settings of its analysis."""
    settings = {**study.spec["analysis"], **(analysis or {})}
    return study._replace(spec={**study.spec, **parts, "analysis": settings})
