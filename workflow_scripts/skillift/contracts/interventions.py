"""The contract of what students answer after interventions on their own chains of thought."""

from __future__ import annotations

from typing import get_args

import polars as pl

from skillift.contracts.columns import column, count, rate, table, text
from skillift.contracts.pipeline import EPISODE_KEY, EPISODES, FINISH_REASONS
from skillift.settings.values import Intervention

INTERVENTIONS = ("forced", *get_args(Intervention), "other_chain")
NOT_ASKED = ("no_answer_line", "no_chain", "not_altered", "no_room")

# One row for each episode of a run under a condition of `inference.interventions`, each kind and each cut,
# the share of the chain's tokens that is kept (1 for what is of the whole chain). `same`: whether `answer`
# says what that of the unaltered chain says, of `forced` what the episode's own ANSWER line says; null where
# one of the two is missing. `status` says why nothing was asked; then what was answered is null. `kept` is
# the share of the chain's tokens that stands there as it was, `tokens` counts those of the answer behind it.
INTERVENED = table(
    "interventions",
    (*EPISODE_KEY, "kind", "cut"),
    {
        **{name: EPISODES.columns[name] for name in EPISODE_KEY},
        "kind": text(isin=INTERVENTIONS),
        "cut": rate(),
        "status": text(isin=("answered", *NOT_ASKED)),
        "response": text(nullable=True),
        "answer": text(nullable=True),
        "same": column(pl.Boolean, nullable=True),
        "finish_reason": text(isin=FINISH_REASONS, nullable=True),
        "tokens": count(nullable=True),
        "kept": rate(nullable=True),
    },
)
