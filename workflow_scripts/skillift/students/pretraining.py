"""Trains a student from scratch on the text of `pretraining_text`, in a fixed number of steps.

The model is an ordinary Qwen3ForCausalLM of a few layers, so every engine and trainer that reads Qwen3 reads
it. Steps and seeds are fixed, never seconds: the same settings give the same bytes on one machine, however
busy it is. The loss is taken on the answers alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from skillift.contracts.training import TRAINING_LOG
from skillift.errors import UserError, problem
from skillift.libraries import prepare_libraries, quiet_progress
from skillift.processes.progress import Progress, phase
from skillift.settings.models import Architecture, Pretraining
from skillift.settings.student_specs import PretrainSpec
from skillift.settings.tasks import PackSettings
from skillift.students.pretraining_text import Exchange, exchanges

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase, Qwen3ForCausalLM

HEAD_SIZE = 32
BATCH_TOKENS = 1024
LOG_EVERY = 50
WARMUP_STEPS = 60
DECAY_SHARE = 0.35
BETAS = (0.9, 0.98)
WEIGHT_DECAY = 0.05
LARGEST_GRADIENT_NORM = 1.0
INITIALIZER_RANGE = 0.05
ROPE_THETA = 10_000.0

_POOL = 4096  # exchanges that are sorted by length together, so that batches hold little padding
_IGNORED = -100


@dataclass(frozen=True)
class Batch:
    """Token ids and the ids to predict next, both [rows, places]; `_IGNORED` where no loss is taken."""

    inputs: torch.Tensor
    targets: torch.Tensor
    tokens: int


def pretrain(
    spec: PretrainSpec, tokenizer_folder: Path | str, out_folder: Path | str, threads: int = 1
) -> pl.DataFrame:
    """Train a student and save it with its tokenizer, ready to be served.

    Args:
        spec: the student's shape, how it is trained, and the pack whose dev and holdout lists are kept out.
        tokenizer_folder: what `tokenizers.build_tokenizer` wrote.
        out_folder: model folder to write.
        threads: threads of torch; results are repeatable for one number of threads.

    Returns:
        The table of contract TRAINING_LOG: mean loss since the row before (nats per answer token), the
        learning rate and the tokens read so far, every 50 steps and at the last.

    Raises:
        UserError: `kv_heads` does not divide `heads`.
    """
    architecture, settings = spec.architecture, spec.pretraining
    if architecture.heads % architecture.kv_heads:
        raise UserError(
            problem("students: architecture.kv_heads", architecture.kv_heads, "a divisor of `heads`")
        )
    prepare_libraries()
    with phase("importing transformers"):
        from transformers import AutoTokenizer

        quiet_progress()
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    pack = spec.pack or PackSettings(difficulty="tiny")
    with _repeatable(settings.seed, threads):
        model = new_student(architecture, tokenizer)
        log = _train(model, batches(tokenizer, pack, settings.seed), settings)
    model.save_pretrained(out_folder)
    tokenizer.save_pretrained(out_folder)
    return log


def new_student(architecture: Architecture, tokenizer: PreTrainedTokenizerBase) -> Qwen3ForCausalLM:
    """A student with random weights from torch's current seed: float32, tied embeddings, heads of 32."""
    from transformers import GenerationConfig, Qwen3Config, Qwen3ForCausalLM

    special = {
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=architecture.hidden_size,
        intermediate_size=architecture.intermediate_size,
        num_hidden_layers=architecture.layers,
        num_attention_heads=architecture.heads,
        num_key_value_heads=architecture.kv_heads,
        head_dim=HEAD_SIZE,
        max_position_embeddings=tokenizer.model_max_length,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
        initializer_range=INITIALIZER_RANGE,
        tie_word_embeddings=True,
        dtype="float32",
        **special,
    )
    model = Qwen3ForCausalLM(config)
    model.generation_config = GenerationConfig(do_sample=False, **special)
    return model


def batches(tokenizer: PreTrainedTokenizerBase, pack: PackSettings, seed: int) -> Iterator[Batch]:
    """An endless stream of batches of about `BATCH_TOKENS` tokens, rows of similar length together."""
    rng = random.Random(f"batches|{seed}")
    stream = exchanges(pack, seed)
    while True:
        rows = sorted(_tokenise(tokenizer, list(islice(stream, _POOL))), key=lambda row: len(row[0]))
        groups: list[list[tuple[list[int], int]]] = [[]]
        for row in rows:
            if groups[-1] and len(row[0]) * (len(groups[-1]) + 1) > BATCH_TOKENS:
                groups.append([])
            groups[-1].append(row)
        rng.shuffle(groups)
        yield from map(_collate, groups)


def _tokenise(tokenizer: PreTrainedTokenizerBase, pool: list[Exchange]) -> list[tuple[list[int], int]]:
    """Ids of each exchange under the chat template, and how many of them belong to the prompt."""
    asked = [[{"role": "user", "content": exchange.prompt}] for exchange in pool]
    answered = [
        [*messages, {"role": "assistant", "content": exchange.answer}]
        for messages, exchange in zip(asked, pool, strict=True)
    ]
    prompts = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=False)
    wholes = tokenizer.apply_chat_template(answered, return_dict=False)
    return [(whole, len(prompt)) for whole, prompt in zip(wholes, prompts, strict=True)]


def _collate(group: list[tuple[list[int], int]]) -> Batch:
    """Pad on the right: under causal attention no token sees the padding, so no mask is needed."""
    import torch

    places = len(group[-1][0]) - 1
    inputs = torch.zeros(len(group), places, dtype=torch.long)
    targets = torch.full((len(group), places), _IGNORED)
    for row, (ids, prompt_length) in enumerate(group):
        inputs[row, : len(ids) - 1] = torch.tensor(ids[:-1])
        targets[row, prompt_length - 1 : len(ids) - 1] = torch.tensor(ids[prompt_length:])
    return Batch(inputs, targets, tokens=sum(len(ids) for ids, _ in group))


def _train(model: Qwen3ForCausalLM, stream: Iterator[Batch], settings: Pretraining) -> pl.DataFrame:
    import torch
    from torch.nn.utils import clip_grad_norm_

    steps, peak = settings.steps, settings.learning_rate
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=peak, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True
    )
    model.train()
    rows, losses, tokens = [], [], 0
    with Progress("pretraining", steps, "step") as progress:
        for step, batch in enumerate(islice(stream, steps), start=1):
            rate = optimizer.param_groups[0]["lr"] = learning_rate(step, steps, peak)
            loss = answer_loss(model, batch)
            loss.backward()
            clip_grad_norm_(model.parameters(), LARGEST_GRADIENT_NORM)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
            tokens += batch.tokens
            progress.amounts["token"] = tokens
            progress.notes = (f"loss {losses[-1]:.3f}",)
            progress.advance()
            if step % LOG_EVERY == 0 or step == steps:
                mean = sum(losses) / len(losses)
                rows.append({"step": step, "loss": mean, "learning_rate": rate, "tokens": tokens})
                losses.clear()
    model.eval()
    schema = dict(zip(TRAINING_LOG.columns, (pl.Int64, pl.Float64, pl.Float64, pl.Int64), strict=True))
    return pl.DataFrame(rows, schema=schema)


def answer_loss(model: Qwen3ForCausalLM, batch: Batch) -> torch.Tensor:
    """Mean cross-entropy over answer tokens; only their places go through the output layer."""
    from torch.nn.functional import cross_entropy

    hidden = model.model(input_ids=batch.inputs, use_cache=False).last_hidden_state
    answered = batch.targets != _IGNORED
    return cross_entropy(model.lm_head(hidden[answered]), batch.targets[answered])


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Linear warm-up, constant, then linear to near 0 over the last `DECAY_SHARE` of the steps (from 1)."""
    warmup = min(WARMUP_STEPS, max(1, steps // 10))
    decay = max(1, round(DECAY_SHARE * steps))
    return peak * min(1.0, step / warmup, (steps - step + 1) / decay)


@contextmanager
def _repeatable(seed: int, threads: int) -> Iterator[None]:
    """Fix torch's seed, threads and algorithms inside, and put threads and algorithms back after."""
    import torch

    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
