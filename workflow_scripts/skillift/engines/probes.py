"""Whether what is served is what was trained: log-probabilities of a few demonstrations, from both sides.

The trainer notes the log-probability of every response token of the first demonstrations, before training
and at each checkpoint that it keeps; the engine gives those of the same tokens from the served folder. They
must be the trainer's, and further from the base model's: an adapter that was not applied, or a merge into
another base, shows here and nowhere else (vLLM has been seen to ignore adapters without a word).

Very early in a training the two are the same model but for rounding: at its first step a schedule with a
warm-up has not moved a weight yet. A step at which the trainer itself is within `FLOOR` tolerances of the
base model is therefore held to the trainer's log-probabilities alone; the last step that is served, which
takes the same way into the engine, must always be told from the base model.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import polars as pl

from skillift.errors import UserError, problem

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedModel

N_PROBES = 8
PROBE_TOKENS = 1024  # of all probes: scoring them is to take seconds, however long the demonstrations are
BASE_STEP = 0

# Mean difference of a token's log-probability (nats) that rounding explains: 24, 11 and 8 bits of mantissa.
TOLERANCE = {"float32": 1e-3, "float16": 0.03, "bfloat16": 0.1}
# in tolerances: what is served is within one of either model, so two that are nearer are not told apart
FLOOR = 2.0

_KEY = ["task_id", "attempt"]
PROBE_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "step": pl.Int64,
    "task_id": pl.String,
    "attempt": pl.Int64,
    "prompt_ids": pl.List(pl.Int64),
    "response_ids": pl.List(pl.Int64),
    "logprobs": pl.List(pl.Float64),
}


class Probe(NamedTuple):
    """One demonstration as token ids: what is given, and what is scored."""

    prompt: list[int]
    response: list[int]


def probes_of(dataset: Dataset) -> list[Probe]:
    """The first rows of a tokenised corpus, as many as `N_PROBES` and `PROBE_TOKENS` allow, at least one.

    Args:
        dataset: `input_ids`, and `labels` (-100 where there is no loss).
    """
    probes: list[Probe] = []
    tokens = 0
    for row in dataset.select(range(min(N_PROBES, len(dataset)))):
        tokens += len(row["input_ids"])
        if probes and tokens > PROBE_TOKENS:
            break
        start = sum(label == -100 for label in row["labels"])
        probes.append(Probe(list(row["input_ids"][:start]), list(row["input_ids"][start:])))
    return probes


def log_probabilities(model: PreTrainedModel, probes: Sequence[Probe]) -> list[list[float]]:
    """Of every response token under `model`, in nats; its mode and the random state stay as they are."""
    import torch

    training, found = model.training, []
    model.eval()
    with torch.no_grad():
        for prompt, response in probes:
            ids = torch.tensor([prompt + response], device=model.device)
            logits = model(input_ids=ids, use_cache=False).logits[0, len(prompt) - 1 : -1].float()
            chosen = logits.log_softmax(-1).gather(1, ids[0, len(prompt) :, None])
            found.append(chosen[:, 0].tolist())
    model.train(training)
    return found


def noted_probes(folder: Path, step: int | str) -> Path:
    """Where training leaves the log-probabilities of the probes at a step, below its folder of weights."""
    return folder / str(step) / "probes.json"


def probe_table(
    keys: pl.DataFrame, probes: Sequence[Probe], noted: dict[int, list[list[float]]]
) -> pl.DataFrame:
    """The table PROBES: log-probabilities of some demonstrations by the trainer, for the serving check.

    Args:
        keys: task_id and attempt of each probe.
        probes: their tokens.
        noted: log-probabilities by step, 0 for the base model.
    """
    tokens = {
        "prompt_ids": [probe.prompt for probe in probes],
        "response_ids": [probe.response for probe in probes],
    }
    frames = [
        keys.select(_KEY).with_columns(
            step=pl.lit(step, pl.Int64),
            **{name: pl.Series(ids) for name, ids in tokens.items()},
            logprobs=pl.Series(values),
        )
        for step, values in noted.items()
    ]
    return pl.concat(frames).select(list(PROBE_SCHEMA)).sort("step", *_KEY)


def served_table(probes: pl.DataFrame, step: int, logprobs: list[list[float]]) -> pl.DataFrame:
    """Rows of the table SERVED at one step: `logprobs` of `probes`, the rows of PROBES at that step."""
    values = pl.Series("logprobs", logprobs, dtype=pl.List(pl.Float64))
    return probes.select(pl.lit(step, pl.Int64).alias("step"), *_KEY, values)


def check_served(
    probes: pl.DataFrame | None, served: pl.DataFrame, precision: str, where: str
) -> pl.DataFrame:
    """Compare the engine's log-probabilities with the trainer's and the base model's, at every served step.

    Args:
        probes: contract PROBES; None for a run that was not trained, which has nothing to compare.
        served: contract SERVED.
        precision: of the served weights; decides the tolerance.
        where: the run, for messages.

    Returns:
        The table SERVED_CHECK: mean absolute differences over tokens, in nats.

    Raises:
        UserError: the served checkpoint is not the trained one, or no further from the base model than from
            the trained one (at early steps, where these can be told apart).
    """
    if probes is None:
        return pl.DataFrame(schema=_CHECK_SCHEMA)
    tolerance, rows = TOLERANCE[precision], []
    last = served["step"].max()
    for step in served["step"].unique().sort():
        trained = probes.filter(step=step)
        mine = served.filter(step=step)
        if not mine.select(_KEY).equals(trained.select(_KEY)):
            raise UserError(
                problem(f"{where}, step {step}", mine["task_id"].to_list(), "the probes of the trainer")
            )
        base = probes.filter(step=BASE_STEP)
        from_trainer, from_base = _distance(mine, trained), _distance(mine, base)
        apart, tokens = _distance(trained, base), trained["logprobs"].list.len().sum()
        rows.append((step, from_trainer, from_base, apart, tolerance, tokens))
        told_apart = step == last or apart > FLOOR * tolerance
        _check(f"{where}, step {step}", from_trainer, from_base, tolerance, told_apart)
    return pl.DataFrame(rows, schema=_CHECK_SCHEMA, orient="row")


_CHECK_SCHEMA = {
    "step": pl.Int64,
    "from_trainer": pl.Float64,
    "from_base": pl.Float64,
    "trainer_from_base": pl.Float64,
    "tolerance": pl.Float64,
    "n_tokens": pl.Int64,
}


def _distance(one: pl.DataFrame, other: pl.DataFrame) -> float:
    difference = one["logprobs"].explode() - other["logprobs"].explode()
    return cast(float, difference.abs().mean())


def _check(where: str, from_trainer: float, from_base: float, tolerance: float, told_apart: bool) -> None:
    found = (
        f"log-probabilities {from_trainer:.4g} nats a token from those of the trainer "
        f"and {from_base:.4g} from those of the base model"
    )
    if told_apart and from_base <= min(from_trainer, tolerance):
        fix = (
            "The engine serves the base model: the trained weights were not merged, or their adapter not "
            "applied (then set `inference: adapters: merged`). "
            "Or training has changed less than rounding does: raise the learning rate or the epochs."
        )
        raise UserError(problem(where, found, "those of the trainer", fix))
    if from_trainer > tolerance:
        fix = "The served folder, its precision or the engine's kernels are others than those of training."
        raise UserError(problem(where, found, f"at most {tolerance:g} from those of the trainer", fix))
