"""The contracts of what a training writes of itself: its log, and what it had under the loss."""

from __future__ import annotations

import polars as pl

from skillift.contracts.columns import column, count, table, text

TRAINING_LOG = table(
    "training log",
    ("step",),
    {
        "step": count(),
        "loss": column(pl.Float64, ge=0.0),
        "learning_rate": column(pl.Float64, ge=0.0),
        "tokens": count(),
    },
)

# The log of a run. On preference pairs it has means over the step's pairs, too: beta times the right answer's
# log-ratio to the reference less the wrong one's, and the log-probabilities of whole answers (nats).
OF_PAIRS = ("margin", "chosen_logprob", "rejected_logprob")
# Of scored answers it has means over the step's answers: reward, its standard deviation within a task, the
# share that was cut off at the limit; and the divergence from the reference where that counts (nats a token).
# Their loss may be below 0.
OF_REWARDS = ("reward", "reward_std", "cut_off", "kl")
RUN_LOG = table(
    "training log of a run",
    ("step",),
    {
        **TRAINING_LOG.columns,
        "loss": column(pl.Float64),
        **{name: column(pl.Float64, required=False) for name in (*OF_PAIRS, *OF_REWARDS)},
    },
)

# What each demonstration of a run's corpus has under the loss (`skillift.training.training_data`); ids are
# of tokens.
TRAINED_TOKENS = table(
    "trained tokens",
    ("task_id", "attempt"),
    {
        "task_id": text(filled=True),
        "attempt": count(),
        "prompt_tokens": count(),
        "trained_tokens": count(),
        "end_token": count(),
        "pad_token": count(),
        "trained_text": text(filled=True),
    },
)
