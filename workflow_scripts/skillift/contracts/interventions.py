"""The contracts of what students answer after interventions on their own chains of thought."""

from __future__ import annotations

from typing import get_args

import polars as pl

from skillift.contracts.columns import column, count, rate, table, text
from skillift.contracts.pipeline import EPISODE_KEY, EPISODES, FINISH_REASONS
from skillift.settings.values import Intervention

INTERVENTIONS = ("forced", *get_args(Intervention), "other_chain")
NOT_ASKED = ("no_answer_line", "no_chain", "not_altered", "not_paraphrased", "no_room")
PARAPHRASED = "paraphrased"
# why a reply of a chat model is no paraphrase that a student is given: `skillift.episodes.paraphrases`
FAILED_CHECKS = ("unparsed", "unchanged", "numbers_changed", "answer_added", "reasoning_added", "too_long")

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

# Of a study in which a chat model paraphrases: one row for each episode with an ANSWER line under such a
# condition, with what the engine needs to go on from its chain. `prompt` is what the engine was asked,
# `chain` what the student wrote before that line (empty where it wrote nothing), `marker` the line up to its
# colon, all three as token ids; `text` is the chain as text, `opened` the block of reasoning that the prompt
# had opened. `answer` is what the line says, `n_behind` counts the tokens behind the colon and one that ends
# the line, `max_model_len` those that the engine had room for.
CHAINS = table(
    "chains",
    EPISODE_KEY,
    {
        **{name: EPISODES.columns[name] for name in EPISODE_KEY},
        "prompt": column(pl.List(pl.Int64)),
        "opened": text(),
        "chain": column(pl.List(pl.Int64)),
        "text": text(),
        "marker": column(pl.List(pl.Int64)),
        "answer": text(),
        "n_behind": count(),
        "max_model_len": count(),
    },
)

# One row for each different chain of a run that a chat model was asked to paraphrase, and what came of it:
# `paraphrase` is null unless it passed the check (`status` is then `paraphrased`, else it says what was
# wrong), `raw` is the reply, or why there is none. One that several rows share is paid for in the first.
PARAPHRASES = table(
    "paraphrases",
    ("chain",),
    {
        "chain": text(filled=True),
        "status": text(isin=(PARAPHRASED, *FAILED_CHECKS, "refused", "failed")),
        "paraphrase": text(filled=True, nullable=True),
        "raw": text(),
        "prompt_tokens": count(),
        "completion_tokens": count(),
        "cost_usd": column(pl.Float64, ge=0.0),
    },
)
