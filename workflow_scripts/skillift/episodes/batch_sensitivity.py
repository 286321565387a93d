"""Whether an answer hangs on what else is answered beside it: a few prompts asked twice.

Kernels add numbers in an order that depends on the batch, so the last bits of a log-probability do too, and
greedy decoding turns a near-tie over. A sample of a run's prompts is answered once more in a batch of its
own, and its answers are scored together and one by one. `inference.batch_invariant` makes both the same.

Both look at the first `N_TOKENS` tokens of an answer: a small batch takes as many steps as a large one, so
whole long answers of a few prompts would take as long as those of many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from skillift.engines.interface import Completion, Engine, Sampling

PART = "in another batch"  # what lines of progress call it
N_PROMPTS = 16
N_TOKENS = 64

SCHEMA = {
    "step": pl.Int64,
    "n_prompts": pl.Int64,
    "n_same": pl.Int64,
    "first_difference": pl.Int64,
    "n_tokens": pl.Int64,
    "largest_difference": pl.Float64,
}


def sampled_places(number: int) -> list[int]:
    """Which of `number` requests are asked twice: all up to `N_PROMPTS`, else so many at equal distances."""
    kept = min(number, N_PROMPTS)
    return [place * number // kept for place in range(kept)]


def measure(
    engine: Engine,
    step: int,
    prompts: Sequence[Sequence[int]],
    answers: Sequence[Completion],
    sampling: Sampling,
    seeds: Sequence[int],
) -> pl.DataFrame:
    """Ask a sample of `prompts` again, without the others, and score its answers together and one by one.

    Args:
        engine: the one that gave `answers`.
        step: of the checkpoint, for the table.
        prompts: all requests of the checkpoint, as token ids.
        answers: of each of them, from one call.
        sampling: as in that call.
        seeds: of each request.

    Returns:
        The table BATCH_SENSITIVITY, one row: prompts asked twice, those with the same tokens both times among
        the first `N_TOKENS`, the first place (from 0, over all of them; null where all are the same) at
        which two answers differ, tokens scored both ways and the largest difference of a token's
        log-probability (nats).
    """
    from skillift.engines.probes import Probe

    places = sampled_places(len(prompts))
    before = [answers[place].tokens[:N_TOKENS] for place in places]
    again = engine.generate(
        [prompts[place] for place in reversed(places)],
        replace(sampling, max_tokens=min(sampling.max_tokens, N_TOKENS)),
        [seeds[place] for place in reversed(places)],
    )
    pairs = list(zip(before, (answer.tokens for answer in reversed(again)), strict=True))
    differences = [place for pair in pairs if (place := first_difference(*pair)) is not None]
    probes = [
        Probe(list(prompts[place]), list(tokens))
        for place, tokens in zip(places, before, strict=True)
        if tokens
    ]
    together = engine.log_probabilities(probes) if probes else []
    alone = [engine.log_probabilities([probe])[0] for probe in probes]
    gaps = [
        abs(one - other)
        for row, other_row in zip(together, alone, strict=True)
        for one, other in zip(row, other_row, strict=True)
    ]
    first = min(differences, default=None)
    row = (step, len(places), len(places) - len(differences), first, len(gaps), max(gaps, default=0.0))
    return pl.DataFrame([row], schema=SCHEMA, orient="row")


def first_difference(one: Sequence[int], other: Sequence[int]) -> int | None:
    """The first place at which two answers differ; None where they are the same."""
    if tuple(one) == tuple(other):
        return None
    same = [a == b for a, b in zip(one, other, strict=False)]
    return same.index(False) if False in same else len(same)
