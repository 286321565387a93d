"""The contracts of what is checked of a model that answers.

Whether it is the one that was trained, is asked as the study says, and answers the same in another batch.
"""

from __future__ import annotations

import polars as pl

from skillift.contracts.columns import column, count, rate, table, text
from skillift.contracts.pipeline import EPISODE_KEY, EPISODES

_TOKENS = column(pl.List(pl.Int64))
_LOGPROBS = column(pl.List(pl.Float64))  # of each response token, nats

# Demonstrations that trainer and engine both score (`skillift.engines.probes`); step 0 is the base model.
PROBES = table(
    "probes",
    ("step", "task_id", "attempt"),
    {
        "step": count(),
        "task_id": text(filled=True),
        "attempt": count(),
        "prompt_ids": _TOKENS,
        "response_ids": _TOKENS,
        "logprobs": _LOGPROBS,
    },
)

SERVED = table(
    "served probes",
    ("step", "task_id", "attempt"),
    {"step": count(), "task_id": text(filled=True), "attempt": count(), "logprobs": _LOGPROBS},
)

SERVED_CHECK = table(
    "check of what is served",
    ("step",),
    {
        "step": count(),
        "from_trainer": column(pl.Float64, ge=0.0),
        "from_base": column(pl.Float64, ge=0.0),
        "trainer_from_base": column(pl.Float64, ge=0.0),
        "tolerance": column(pl.Float64, ge=0.0),
        "n_tokens": count(),
    },
)

# What a run is asked, noted before an engine is started (`skillift.episodes.answer_checks`).
PROMPTS = table(
    "prompts",
    ("step", "suite", "condition", "task_id"),
    {
        **{name: EPISODES.columns[name] for name in EPISODE_KEY if name != "sample"},
        "prompt_sha256": text(filled=True),
        "tokens": count(),
        "generation_prompt": text(),
        "other_generation_prompt": text(nullable=True),
    },
)

ANSWER_CHECK = table(
    "check of answers",
    ("step",),
    {
        "step": count(),
        "n_episodes": count(),
        "prompt_tokens": count(),
        "thinking": column(pl.Boolean),
        "generation_prompt": text(),
        "reasoned_rate": rate(),
    },
)

# The same prompts in another batch (`skillift.episodes.batch_sensitivity`).
BATCH_SENSITIVITY = table(
    "batch sensitivity",
    ("step",),
    {
        "step": count(),
        "n_prompts": count(),
        "n_same": count(),
        "first_difference": count(nullable=True),
        "n_tokens": count(),
        "largest_difference": column(pl.Float64, ge=0.0),
    },
)
