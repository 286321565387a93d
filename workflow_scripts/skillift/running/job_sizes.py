"""What the jobs that load a student need of a machine, by the student's shape: memory and time.

For a batch system, which ends a job that passes them (a job that was ended is done again with twice as much),
and for one machine, where no two jobs are started that do not fit it together. A training holds to what is
worked out here as far as its own measurement allows (`skillift.training.device_memory`). Nothing here changes
a result.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

MB = 10**6

TRAINER_MB = 800  # the training libraries; 560 to 750 were measured on a CPU
ENGINE_MB = 1200  # vLLM and what it loads; up to 960 were measured
IMPORT_MB = 500  # taking in a model folder, which loads no model; up to 210 were measured
CONVERTER_MB = 500  # the libraries of a conversion; 450 follow from two that were measured
CONVERSION_MB = 4000  # of a GGUF file whose size nobody knows yet
CUDA_MB = 3000  # what CUDA's libraries take more, beside a GPU
WORKING_BYTES = 4 * 2**30  # for the activations of the rows that a training works on at once
SPARE = 1.15
# Floats that a block keeps of each token for the backward pass, by the sizes of the student: norms,
# projections, their adapters' inputs, attention, and the three products of the feed-forward layer.
PER_HIDDEN, PER_INTERMEDIATE = 28, 9.5
HALF = 0.65  # of float32's activations in bfloat16: norms and adapters stay in float32
HEAD_BYTES = 600 * MB  # tiles of the head (`cpu_trainer`), or scores that are kept, with their copies

LETTERS_PER_TOKEN = 1.8  # at least: texts with many numbers, of which tokenizers take each digit apart
SMALL_VOCABULARY = 5000
TEMPLATE_TOKENS = 40  # of a chat template, with a default system message

BASE_MINUTES = 60
MINUTES_PER_BILLION = 30
# A CPU's floating point operations in a second, of each thread: 6 for each parameter and token of a training.
# Three times that were measured with AVX-512 (SmolLM2-135M, float32, 75 tokens/s on one thread).
CPU_FLOPS = 20e9
LARGEST_DOUBLING = 4


@dataclass(frozen=True)
class Shape:
    """What a student's size follows from.

    Attributes:
        parameters: all of them.
        vocabulary: tokens.
        hidden: width of a block.
        intermediate: width of its feed-forward layer.
        layers: blocks.
    """

    parameters: int
    vocabulary: int = 0
    hidden: int = 0
    intermediate: int = 0
    layers: int = 0

    @classmethod
    def of(cls, config: Mapping, parameters: int) -> Shape:
        """The shape that a model's configuration (`config.json`) tells; what it does not tell is guessed."""
        text = config.get("text_config") or config

        def number(*names: str) -> int:
            found = next((text[name] for name in names if text.get(name)), 0)
            return int(max(found) if isinstance(found, list) else found)

        hidden = number("hidden_size", "n_embd", "d_model")
        layers = number("num_hidden_layers", "n_layer", "num_layers")
        inner = number("intermediate_size", "n_inner", "ffn_dim") or 4 * hidden
        return cls(parameters, number("vocab_size"), hidden, inner, layers)

    @classmethod
    def read(cls, model: Path | str, parameters: int) -> Shape:
        """The shape of a model folder.

        Raises:
            OSError: it has no `config.json` yet.
        """
        return cls.of(json.loads(Path(model, "config.json").read_text(encoding="utf-8")), parameters)

    def trained(self, trainable: str | Mapping) -> int:
        """About how many parameters a recipe's `trainable` trains."""
        if isinstance(trainable, str):  # the word `full`
            return self.parameters
        if "lora" in trainable:  # on all linear layers of a block: four of the attention, three besides
            sides = 8 * self.hidden + 3 * (self.hidden + self.intermediate)
            return int(trainable["lora"]["rank"]) * sides * self.layers
        blocks = max(0, self.parameters - self.vocabulary * self.hidden)
        return math.ceil(blocks * min(1, trainable["last_n_layers"] / max(1, self.layers)))

    def token_bytes(self, precision: str, checkpointing: bool = False) -> int:
        """About what a training keeps of each token of the rows it works on (bytes)."""
        block = PER_HIDDEN * self.hidden + PER_INTERMEDIATE * self.intermediate
        floats = self.hidden * self.layers + block if checkpointing else block * self.layers
        return max(1, round(4 * floats * (HALF if precision == "bfloat16" else 1)))


def rows_at_once(share: int, row_bytes: float, budget: float = WORKING_BYTES) -> int:
    """Rows of equal parts of a share of a batch that a budget holds; at least one.

    Args:
        share: rows of each optimiser step that a device has to work on.
        row_bytes: of the longest row.
        budget: for all rows at once (bytes).
    """
    most = min(share, max(1, int(budget / row_bytes)))
    return math.ceil(share / math.ceil(share / most))


class CorpusSize(NamedTuple):
    """How large a corpus is, about, for a vocabulary: rows, tokens of its longest row, and of all rows.

    A row of preference pairs is both sequences.
    """

    rows: int
    longest: int
    tokens: int

    def answered(self, generations: int, max_tokens: int) -> CorpusSize:
        """The same where each row is so many answers to its task, each of so many tokens at most."""
        longest, tokens = self.longest + max_tokens, self.tokens + self.rows * max_tokens
        return CorpusSize(self.rows, generations * longest, generations * tokens)


@dataclass(frozen=True)
class TrainingJob:
    """What the memory and time of a training follow from.

    Attributes:
        shape: the student's.
        trainable: the recipe's key.
        precision: the study's.
        batch_size: the recipe's.
        corpus: its size.
        epochs: the recipe's; None where it has `max_steps`.
        steps: the recipe's `max_steps`; None where it has `epochs`.
        processes: that share each batch.
        device_batch_size: rows at once; None: as many as the working memory holds.
        checkpointing: whether activations are computed twice.
        reference: whether a reference scores each row, too.
    """

    shape: Shape
    trainable: str | Mapping
    precision: str
    batch_size: int
    corpus: CorpusSize
    epochs: int | None = 1
    steps: int | None = None
    processes: int = 1
    device_batch_size: int | None = None
    checkpointing: bool = False
    reference: bool = False

    @property
    def memory_mb(self) -> int:
        """Memory of the training on a CPU, all processes together (MB)."""
        share = math.ceil(min(self.batch_size, self.corpus.rows or self.batch_size) / self.processes)
        row = self.corpus.longest * self.shape.token_bytes(self.precision, self.checkpointing)
        at_once = min(share, self.device_batch_size or rows_at_once(share, row))
        trained = self.shape.trained(self.trainable)
        lora = isinstance(self.trainable, Mapping) and "lora" in self.trainable
        weights = self.shape.parameters * (2 if lora and self.precision == "bfloat16" else 4)
        if self.reference and not lora:  # a second copy; without their adapters trained weights are the first
            weights += 4 * self.shape.parameters
        state = trained * (12 + (4 if self.processes > 1 else 0))  # gradients, two moments; buckets
        head = min(HEAD_BYTES, 16 * at_once * self.corpus.longest * self.shape.vocabulary)
        working = weights + state + at_once * row + head
        merging = 12 * self.shape.parameters  # the base in float32, its file, and what is written
        each = TRAINER_MB + SPARE * max(working, merging) / MB
        return round(self.processes * each)

    def minutes(self, threads: int = 1) -> int:
        """Time of the training (minutes), with room: on a CPU from what it computes, else by the size."""
        rows = max(1, self.corpus.rows)
        passes = self.steps * self.batch_size / rows if self.steps else self.epochs or 1
        tokens = self.corpus.tokens * passes
        each = 8 if self.reference else 6  # operations: forward and backward, and forward again
        computed = each * self.shape.parameters * tokens / (CPU_FLOPS * max(1, threads)) / 60
        return math.ceil(max(model_minutes(self.shape.parameters), 2 * computed))


def corpus_size(corpus: Path | str, vocabulary: int) -> CorpusSize:
    """The size of a corpus file (contract CORPUS), by its letters: no tokenizer is loaded.

    Raises:
        OSError: it is not there yet.
    """
    return _corpus_size(str(corpus), Path(corpus).stat().st_mtime_ns, vocabulary)


@cache
def _corpus_size(corpus: str, changed: int, vocabulary: int) -> CorpusSize:
    import polars as pl

    frame = pl.read_parquet(corpus)
    texts = pl.col("messages").list.eval(pl.element().struct.field("content").str.len_chars())
    letters_of = texts.list.sum()
    template = TEMPLATE_TOKENS
    if "rejected" in frame.columns:
        letters_of += texts.list.first() + pl.col("rejected").str.len_chars()
        template *= 2
    lengths = frame.select(letters=letters_of)["letters"]
    letters = LETTERS_PER_TOKEN if vocabulary > SMALL_VOCABULARY else 1
    most = cast(int | None, lengths.max()) or 0
    longest = template + math.ceil(most / letters)
    tokens = template * len(lengths) + math.ceil(int(lengths.sum()) / letters)
    return CorpusSize(len(lengths), longest, tokens)


def serving_mb(parameters: int, kv_cache_gib: float, precision: str = "float32", engines: int = 1) -> int:
    """Memory of engines on a CPU (MB), each with its key-value cache.

    Weights are cast while they are read: beside them stands what the file holds.
    """
    weights = parameters * (4 if precision == "float32" else 2)
    each = ENGINE_MB + SPARE * (kv_cache_gib * 2**30 + weights + 4 * parameters) / MB
    return round(engines * each)


def conversion_mb(parameters: int, largest: int) -> int:
    """Memory of dequantising a GGUF file to a model folder (MB).

    The model in float32, and three copies of its largest tensor, mostly the embeddings: while it is
    dequantised, put into the model, and written.

    Args:
        parameters: all weights.
        largest: those of the largest tensor.
    """
    return round(CONVERTER_MB + SPARE * 4 * (parameters + 3 * largest) / MB)


def beside_a_gpu_mb(parameters: int) -> int:
    """Memory of the machine for a job with its student on a GPU (MB): libraries, weights on their way."""
    return TRAINER_MB + CUDA_MB + 16 * parameters // MB


def model_minutes(parameters: int) -> int:
    """Time of a job that trains a student on a GPU or has it answer (minutes)."""
    return BASE_MINUTES + parameters * MINUTES_PER_BILLION // 10**9


def scaled_for_retry(amount: int, attempt: int) -> int:
    """Twice as much at each further attempt, up to 16 times."""
    return amount * 2 ** min(attempt - 1, LARGEST_DOUBLING)


def local_gpus(devices: Path = Path("/dev")) -> int:
    """1 where this machine has an NVIDIA device, else 0: accelerators of a job that loads a student."""
    return int(any(devices.glob("nvidia[0-9]*")))
