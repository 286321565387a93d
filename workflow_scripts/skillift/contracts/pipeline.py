"""The tables that pass between the steps, as pandera schemas over polars frames.

Each constant is the contract of one file under `results/<study>/`: names, types, nullability,
allowed values and a unique key. `skillift.tables` checks a frame on every write and every read.
Column order and row order are part of a contract: rows are sorted by the key, so that equal
content gives equal bytes.
"""

from __future__ import annotations

from typing import get_args

import polars as pl

from skillift.answers import ANSWER_TYPES
from skillift.contracts import pa
from skillift.contracts.columns import column, count, rate, table, text
from skillift.named_modules import names_in
from skillift.protocols import keyed
from skillift.scorers.refusal import EXPECTED
from skillift.scorers.registry import names
from skillift.settings.values import VARIANTS, Suite

SUITES = ("train", *get_args(Suite))
NEW_SKILLS = ("transfer",)  # suites of skills that no demonstration has
OF_THEIR_OWN = (*NEW_SKILLS, VARIANTS)  # suites that have procedures which no other is shown
CONDITIONS = ("none", "curated", "placebo", "shuffled", "filler")
EXTRACTED = ("answer_line", "json", "pattern", "constraints")  # scorers that look for an answer in a form
SCORERS = (*names(), "judge")
STATUSES = ("scored", "unparsed", "refused", "failed")
CASE_PARTS = ("written", "generated")  # of the cases that judges are certified by
FINISH_REASONS = ("stop", "length", "error")
ENGINES = (*names_in("engines", "_engine"), "api")

EPISODE_KEY = ("step", "suite", "condition", "task_id", "sample")


def key_of(schema: pa.DataFrameSchema, frame: pl.DataFrame | None = None) -> list[str]:
    """The columns that identify a row of `schema`'s table, in sort order; of `frame`, its protocol first."""
    return [*schema.unique] if frame is None else keyed(frame, schema.unique)


def required_columns(schema: pa.DataFrameSchema) -> list[str]:
    """The columns that every table of `schema` has, in order."""
    return [name for name, column in schema.columns.items() if column.required]


_EPISODE_COLUMNS = {
    "step": count(),
    "suite": text(isin=SUITES),
    "condition": text(isin=CONDITIONS),
    "task_id": text(filled=True),
    "sample": count(),
}

# One student at one checkpoint on one suite.
CELL = {
    "suite": text(isin=SUITES),
    "student": text(filled=True),
    "run": text(filled=True),
    "step": count(),
}

# `steps`: the lines of the procedure, as they stand before a task; of one that is a text its paragraphs, each
# with the empty line after it (`skillift.tasks.skill_documents`). `suite`: the one suite whose tasks have a
# skill, of those with skills of their own (`OF_THEIR_OWN`); null for all others, and there where a table has
# any.
SKILLS = table(
    "skills",
    ("skill_id",),
    {
        "skill_id": text(filled=True),
        "name": text(filled=True),
        "domain": text(filled=True),
        "steps": column(pl.List(pl.String)),
        "suite": text(isin=SUITES, nullable=True, required=False),
    },
)

TASKS = table(
    "tasks",
    ("task_id",),
    {
        "task_id": text(filled=True),
        "skill_id": text(filled=True),
        "suite": text(isin=SUITES),
        "prompt": text(filled=True),
        "reference": text(filled=True),
        "scorer": text(isin=SCORERS),
        "answer_type": text(isin=ANSWER_TYPES),
        "worked_solution": text(nullable=True),
        # further fields of own tasks, a JSON object by task; there where a study has any
        "metadata": text(nullable=True, required=False),
        # of a variant: the task that it is made of, and how, where that is known; there where a study has any
        "parent": text(nullable=True, required=False),
        "change": text(nullable=True, required=False),
        # of a task with the scorer pattern: the regular expression that finds an answer; there where a study
        # has any
        "pattern": text(nullable=True, required=False),
        # what the steps of an answer have to meet (scorer constraints), beside what the task is scored by;
        # there where a study asks for it
        "checks": text(nullable=True, required=False),
        # of a task with the scorer refusal: what a right response does; there where a study has any
        "expected": text(isin=EXPECTED, nullable=True, required=False),
    },
)

DEMONSTRATIONS = table(
    "demonstrations",
    ("task_id", "attempt"),
    {
        "task_id": text(filled=True),
        "attempt": count(),
        "teacher": text(filled=True),
        "prompt": text(filled=True),
        "response": text(),
        "passed": column(pl.Boolean, nullable=True),
        "reason": text(filled=True),
        "cost_usd": column(pl.Float64, ge=0.0),
    },
)

_MESSAGE = pl.Struct({"role": pl.String, "content": pl.String})

CORPUS = table(
    "corpus",
    ("task_id", "attempt"),
    {
        "task_id": text(filled=True),
        "attempt": count(),
        "messages": column(pl.List(_MESSAGE)),
        # of preference pairs: a wrong answer to the same user message; the assistant's is the right one
        "rejected": text(filled=True, required=False),
    },
)

EPISODES = table(
    "episodes",
    EPISODE_KEY,
    {
        **_EPISODE_COLUMNS,
        "engine": text(isin=ENGINES),
        "prompt_sha256": text(filled=True),
        "response": text(),
        "finish_reason": text(isin=FINISH_REASONS),
        "prompt_tokens": count(),
        "completion_tokens": count(),
        # of the answer's tokens, in nats; null for an empty answer; there where a study asks for it
        "mean_log_probability": column(pl.Float64, nullable=True, required=False, le=0.0),
    },
    by_protocol=True,
)

# What a base model prefers on one suite (`skillift.episodes.discrimination`). `preferred`: share of the pairs
# whose right answer has the higher log-probability, ties half; `margin`: by how much (nats), mean over pairs.
# `passed`: share of the samples that the task's own scorer passes; null where a judge scores it.
DISCRIMINATION = table(
    "discrimination",
    ("task_id",),
    {
        "task_id": text(filled=True),
        "skill_id": text(filled=True),
        "n_pairs": count(),
        "n_ties": count(),
        "preferred": rate(nullable=True),
        "margin": column(pl.Float64, nullable=True),
        "passed": rate(nullable=True),
    },
)

VERDICTS = table(
    "verdicts",
    EPISODE_KEY,
    {
        **_EPISODE_COLUMNS,
        "passed": column(pl.Boolean, nullable=True),
        "status": text(isin=STATUSES),
        "raw": text(),
        "prompt_tokens": count(),
        "completion_tokens": count(),
        "cost_usd": column(pl.Float64, ge=0.0),
        "template_sha256": text(filled=True),
    },
    by_protocol=True,
)

SCORES = table(
    "scores",
    ("path", "student", "run", *EPISODE_KEY),
    {
        "path": text(filled=True),
        "student": text(filled=True),
        "run": text(filled=True),
        **_EPISODE_COLUMNS,
        "passed": column(pl.Boolean, nullable=True),
        "status": text(isin=STATUSES),
    },
    by_protocol=True,
)

# Of a comparison of logs (`compare_logs.py`) whose scores are not 0 and 1 alone: the scores as the logs have
# them, null where there is none.
LOGGED_SCORES = table(
    "logged scores",
    ("path", "student", "run", *EPISODE_KEY),
    {
        "path": text(filled=True),
        "student": text(filled=True),
        "run": text(filled=True),
        **_EPISODE_COLUMNS,
        "metric": text(filled=True),
        "value": column(pl.Float64, nullable=True),
        "status": text(isin=STATUSES),
    },
)

CERTIFICATION = table(
    "certification",
    ("judge", "case_id"),
    {
        "judge": text(filled=True),
        "case_id": text(filled=True),
        "part": text(isin=CASE_PARTS),
        "kind": text(filled=True),
        "reference": text(filled=True),
        "response": text(),
        "expected": column(pl.Boolean),
        "passed": column(pl.Boolean, nullable=True),
        "status": text(isin=STATUSES),
        "raw": text(),
        "prompt_tokens": count(),
        "completion_tokens": count(),
        "cost_usd": column(pl.Float64, ge=0.0),
        "template_sha256": text(filled=True),
    },
)

CONTAMINATION = table(
    "contamination",
    ("train_task_id", "task_id"),
    {
        "train_task_id": text(filled=True),
        "suite": text(isin=SUITES),
        "task_id": text(filled=True),
        "kind": text(isin=("same_prompt", "ngram_overlap")),
        "overlap": rate(),
    },
)
