"""What is left of a finished study that `make compare` reads: made of random answers, and analysed."""

from __future__ import annotations

import numpy as np
import polars as pl
from claim_tables import make_runs
from made_specs import analysis_of, viewed

from skillift.reporting.view import View
from skillift.statistics.across_studies import Finished
from skillift.statistics.analysis import analyse
from skillift.statistics.pass_rates import no_responses

RUNS = make_runs({("s", "sft"): (0,)})
SPEC = {"analysis": {"confidence": 0.95, "bootstrap_samples": 50, "seed": 0, "splits": 2}, "runs": RUNS}


def study(seed: int, gain: float, tasks: str = "t", wording: str = "") -> Finished:
    """40 tasks in 8 skills, passed at 0.3 before and at 0.3 + gain after."""
    draw = np.random.default_rng(seed)
    ids = [f"{tasks}{number:02}" for number in range(40)]
    known = pl.DataFrame(
        {
            "task_id": ids,
            "skill_id": [f"skill {number // 5}" for number in range(40)],
            "suite": "holdout",
            "prompt": [f"{wording}{name}?" for name in ids],
            "reference": "1",
            "scorer": "judge",
            "answer_type": "text",
            "worked_solution": pl.Series([None] * 40, dtype=pl.String),
        }
    )
    arms = [
        pl.DataFrame({"task_id": ids, "run": run, "condition": condition, "passed": draw.random(40) < rate})
        for run, rate in (("base", 0.3), ("sft-s0", 0.3 + gain))
        for condition in ("none", "curated")
    ]
    scores = pl.concat(arms).select(
        path=pl.lit("bench"),
        student=pl.lit("s"),
        run="run",
        step=pl.lit(0, dtype=pl.Int64),
        suite=pl.lit("holdout"),
        condition="condition",
        task_id="task_id",
        sample=pl.lit(0, dtype=pl.Int64),
        passed="passed",
        status=pl.lit("scored"),
    )
    effects = analyse(scores, known, no_responses(), *analysis_of(SPEC)).effects
    return Finished("bench", "holdout", known, scores, effects, RUNS)


def view(label: str = "SmolLM2-135M") -> View:
    """How such a study shows its student."""
    analysis = {**SPEC["analysis"], "headline_path": "bench"}
    students = {"s": {"label": label, "tier": 1}}
    return viewed({"analysis": analysis, "students": students, "references": [], "runs": RUNS})
