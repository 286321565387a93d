"""A study of one student and one reference model, analysed, and its findings: for tests of the findings."""

from __future__ import annotations

import json

import polars as pl
from analysis_tables import make_certification
from made_specs import analysis_of, viewed
from score_tables import make_scores, make_tasks, passes

from skillift.findings import findings
from skillift.statistics.analysis import analyse
from skillift.statistics.pass_rates import no_responses

SPEC = {
    "analysis": {
        "headline_path": "judge:a",
        "confidence": 0.95,
        "bootstrap_samples": 200,
        "seed": 0,
        "splits": 5,
    },
    "students": {"s": {"label": "45 k", "tier": 1}, "r": {"label": "big", "tier": 9}},
    "references": ["r"],
    "runs": [
        {"student": "s", "run": "base", "recipe": None, "seed": None},
        {"student": "r", "run": "base", "recipe": None, "seed": None},
        *({"student": "s", "run": f"sft-s{seed}", "recipe": "sft", "seed": seed} for seed in (0, 1)),
    ],
}
# passes before (none, curated), of two seeds after
COUNTS = {"base": (40, 46), "sft-s0": (50, 140), "sft-s1": (56, 150)}


HEADLINE = ("judge:a",)  # the path that most findings are about; the more paths, the longer an analysis


# of this process: an analysis takes seconds
_ANALYSED: dict[str, dict[str, pl.DataFrame]] = {}


def tables_of(
    paths=("bench", "judge:a", "judge:b"), unscored=None, seen=None, runs=COUNTS, conditions=None
) -> dict[str, pl.DataFrame]:
    """Tables of one student and one reference model, 200 tasks in 40 skills."""
    responses = no_responses() if seen is None else seen
    key = json.dumps([paths, unscored, responses.to_dicts(), runs, conditions])
    if key not in _ANALYSED:
        _ANALYSED[key] = _analysed(paths, unscored, responses, runs, conditions)
    return dict(_ANALYSED[key])


def _analysed(paths, unscored, responses, runs, conditions) -> dict[str, pl.DataFrame]:
    arms = {}
    for place, path in enumerate(paths):
        for run, counts in runs.items():
            step = 0 if run == "base" else 138
            for condition, count in zip(("none", "curated"), counts, strict=True):
                verdicts = passes(count + 6 * place, start=count)
                arms[(path, "s", run, step, condition)] = [None] * 200 if unscored == path else verdicts
        arms[(path, "r", "base", 0, "none")] = passes(140)
        arms[(path, "r", "base", 0, "curated")] = passes(146, start=3)
    if conditions:
        arms = {key: verdicts for key, verdicts in arms.items() if key[-1] in conditions}
    analysis = analyse(make_scores(arms), make_tasks(), responses, *analysis_of(SPEC))
    judges = tuple(path.removeprefix("judge:") for path in paths if path != "bench") or ("a",)
    return {**analysis._asdict(), "certification": make_certification(judges)}


def every(tables, claim=None, spec=SPEC) -> list:
    found = [each for part in findings(tables, viewed(spec)) for each in part.findings]
    return [each for each in found if claim in (None, each.claim)]


def answers(tables, spec=SPEC) -> dict[str, str]:
    return {part.question: part.answer for part in findings(tables, viewed(spec))}
