"""The tables that pass between the steps, as pandera schemas over polars frames.

Each constant is the contract of one file under `results/<study>/`: names, types, nullability,
allowed values and a unique key. `skillift.tables` checks a frame on every write and every read.
Column order and row order are part of a contract: rows are sorted by the key, so that equal
content gives equal bytes.
"""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

SUITES = ("train", "dev", "holdout", "transfer", "perturbed", "safety")
CONDITIONS = ("none", "curated", "placebo", "shuffled")
SCORERS = ("answer_line", "judge")
STATUSES = ("scored", "unparsed", "refused", "failed")
FINISH_REASONS = ("stop", "length", "error")
ENGINES = ("vllm", "transformers", "api")

EPISODE_KEY = ("step", "suite", "condition", "task_id", "sample")


def _column(dtype, *, nullable=False, isin=None, ge=None, le=None, filled=False) -> pa.Column:
    checks = []
    if isin is not None:
        checks.append(pa.Check.isin(list(isin)))
    if ge is not None:
        checks.append(pa.Check.ge(ge))
    if le is not None:
        checks.append(pa.Check.le(le))
    if filled:
        checks.append(pa.Check.str_length(min_value=1))
    return pa.Column(dtype, checks=checks, nullable=nullable)


def _text(**options) -> pa.Column:
    return _column(pl.String, **options)


def _count(**options) -> pa.Column:
    return _column(pl.Int64, ge=0, **options)


def _rate(**options) -> pa.Column:
    return _column(pl.Float64, ge=0.0, le=1.0, **options)


def _difference(**options) -> pa.Column:
    return _column(pl.Float64, **options)


def _table(name: str, key: tuple[str, ...], columns: dict[str, pa.Column]) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, name=name, unique=list(key), strict=True, ordered=True)


def key_of(schema: pa.DataFrameSchema) -> list[str]:
    """The columns that identify a row of `schema`'s table, in sort order."""
    return list(schema.unique)


_EPISODE_COLUMNS = {
    "step": _count(),
    "suite": _text(isin=SUITES),
    "condition": _text(isin=CONDITIONS),
    "task_id": _text(filled=True),
    "sample": _count(),
}

SKILLS = _table(
    "skills",
    ("skill_id",),
    {
        "skill_id": _text(filled=True),
        "name": _text(filled=True),
        "domain": _text(filled=True),
        "steps": _column(pl.List(pl.String)),
    },
)

TASKS = _table(
    "tasks",
    ("task_id",),
    {
        "task_id": _text(filled=True),
        "skill_id": _text(filled=True),
        "suite": _text(isin=SUITES),
        "prompt": _text(filled=True),
        "reference": _text(filled=True),
        "scorer": _text(isin=SCORERS),
        "worked_solution": _text(nullable=True),
    },
)

DEMONSTRATIONS = _table(
    "demonstrations",
    ("task_id", "attempt"),
    {
        "task_id": _text(filled=True),
        "attempt": _count(),
        "teacher": _text(filled=True),
        "prompt": _text(filled=True),
        "response": _text(),
        "passed": _column(pl.Boolean, nullable=True),
        "reason": _text(filled=True),
        "cost_usd": _column(pl.Float64, ge=0.0),
    },
)

_MESSAGE = pl.Struct({"role": pl.String, "content": pl.String})

CORPUS = _table(
    "corpus",
    ("task_id", "attempt"),
    {
        "task_id": _text(filled=True),
        "attempt": _count(),
        "messages": _column(pl.List(_MESSAGE)),
    },
)

TRAINING_LOG = _table(
    "training log",
    ("step",),
    {
        "step": _count(),
        "loss": _column(pl.Float64, ge=0.0),
        "learning_rate": _column(pl.Float64, ge=0.0),
        "tokens": _count(),
    },
)

EPISODES = _table(
    "episodes",
    EPISODE_KEY,
    {
        **_EPISODE_COLUMNS,
        "engine": _text(isin=ENGINES),
        "prompt_sha256": _text(filled=True),
        "response": _text(),
        "finish_reason": _text(isin=FINISH_REASONS),
        "prompt_tokens": _count(),
        "completion_tokens": _count(),
    },
)

VERDICTS = _table(
    "verdicts",
    EPISODE_KEY,
    {
        **_EPISODE_COLUMNS,
        "passed": _column(pl.Boolean, nullable=True),
        "status": _text(isin=STATUSES),
        "raw": _text(),
        "prompt_tokens": _count(),
        "completion_tokens": _count(),
        "cost_usd": _column(pl.Float64, ge=0.0),
        "template_sha256": _text(filled=True),
    },
)

SCORES = _table(
    "scores",
    ("path", "student", "run", *EPISODE_KEY),
    {
        "path": _text(filled=True),
        "student": _text(filled=True),
        "run": _text(filled=True),
        **_EPISODE_COLUMNS,
        "passed": _column(pl.Boolean, nullable=True),
        "status": _text(isin=STATUSES),
    },
)

# In the four tables of the analysis, `n_tasks` and `n_skills` count what an estimate rests on, and
# `n_unscored` counts the episodes of the compared arms that have no verdict. A null estimate or
# interval means "undefined on these data"; NaN never occurs.
_ARM_COLUMNS = {
    "path": _text(filled=True),
    "suite": _text(isin=SUITES),
    "student": _text(filled=True),
    "run": _text(filled=True),
    "step": _count(),
}

PASS_RATES = _table(
    "pass rates",
    (*_ARM_COLUMNS, "condition"),
    {
        **_ARM_COLUMNS,
        "condition": _text(isin=CONDITIONS),
        "pass_rate": _rate(nullable=True),
        "ci_low": _rate(nullable=True),
        "ci_high": _rate(nullable=True),
        "answer_line_rate": _rate(nullable=True),
        "mean_completion_tokens": _column(pl.Float64, ge=0.0, nullable=True),
        "n_tasks": _count(),
        "n_skills": _count(),
        "n_unscored": _count(),
    },
)

EFFECTS = _table(
    "effects",
    (*_ARM_COLUMNS, "contrast"),
    {
        **_ARM_COLUMNS,
        "contrast": _text(filled=True),
        "estimate": _difference(nullable=True),
        "standard_error": _column(pl.Float64, ge=0.0, nullable=True),
        "ci_low": _difference(nullable=True),
        "ci_high": _difference(nullable=True),
        "p_value": _rate(nullable=True),
        "mde": _column(pl.Float64, ge=0.0, nullable=True),
        "n_tasks": _count(),
        "n_skills": _count(),
        "n_unscored": _count(),
        "n_runs": _count(),
    },
)

PATH_SHIFT = _table(
    "path shift",
    ("suite", "student", "run", "step", "condition", "path"),
    {
        "suite": _text(isin=SUITES),
        "student": _text(filled=True),
        "run": _text(filled=True),
        "step": _count(),
        "condition": _text(isin=CONDITIONS),
        "path": _text(filled=True),
        "bench_pass_rate": _rate(nullable=True),
        "path_pass_rate": _rate(nullable=True),
        "shift": _difference(nullable=True),
        "standard_error": _column(pl.Float64, ge=0.0, nullable=True),
        "ci_low": _difference(nullable=True),
        "ci_high": _difference(nullable=True),
        "n_tasks": _count(),
        "n_skills": _count(),
        "n_unscored": _count(),
        "no_answer_line": _rate(nullable=True),
        "other_line": _rate(nullable=True),
        "bench_only": _rate(nullable=True),
        "n_answer_line_tasks": _count(),
    },
)

AGREEMENT = _table(
    "judge agreement",
    ("suite", "student", "run", "step", "judge_a", "judge_b"),
    {
        "suite": _text(isin=SUITES),
        "student": _text(filled=True),
        "run": _text(filled=True),
        "step": _count(),
        "judge_a": _text(filled=True),
        "judge_b": _text(filled=True),
        "both_pass": _count(),
        "only_a": _count(),
        "only_b": _count(),
        "both_fail": _count(),
        "n_unscored": _count(),
        "agreement": _rate(nullable=True),
        "kappa": _column(pl.Float64, ge=-1.0, le=1.0, nullable=True),
        "kappa_low": _column(pl.Float64, ge=-1.0, le=1.0, nullable=True),
        "kappa_high": _column(pl.Float64, ge=-1.0, le=1.0, nullable=True),
        "n_tasks": _count(),
        "n_skills": _count(),
    },
)

CONTAMINATION = _table(
    "contamination",
    ("train_task_id", "holdout_task_id"),
    {
        "train_task_id": _text(filled=True),
        "holdout_task_id": _text(filled=True),
        "kind": _text(isin=("same_prompt", "ngram_overlap")),
        "overlap": _rate(),
    },
)
