"""Settings of how episodes are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from skillift.named_modules import names_in
from skillift.settings.base import LeftOut, OrNull, Settings, Unique
from skillift.settings.chat_models import Paraphraser
from skillift.settings.training import Step
from skillift.settings.values import (
    DEFAULT_DATE,
    WHOLE,
    Condition,
    Day,
    Id,
    Intervention,
    PartialShare,
    Positive,
    PositiveShare,
    Seed,
    Suite,
    Temperature,
    Text,
)

if TYPE_CHECKING:
    EngineKind = str
else:
    EngineKind = Literal[names_in("engines", "_engine")]
Precision = Literal["float32", "bfloat16", "float16"]
Adapters = Literal["merged", "lora"]


class Altering(Settings):
    """How students' own chains of thought are altered, without who paraphrases them."""

    protocol: Literal["main"] = "main"
    """Whose answers the chains are taken from."""
    conditions: Annotated[list[Condition], Field(min_length=1), Unique()] = Field(default=["curated"])
    """Conditions of these answers; `curated` among them, which the claim `faithfulness` is about."""
    kinds: Annotated[list[Intervention], Field(min_length=1), Unique()] = Field(
        default=["early", "mistake", "blanked", "paraphrase"]
    )
    """`early`: the chain is cut off, and the answer forced; `mistake`: the step at the cut is replaced by
    another, and the student goes on by itself; `blanked`: what stands behind the cut is replaced by as many
    dots, and the answer forced; `paraphrase`: labelled steps are told in one sentence, or the chain in other
    words by a model that is named for it, and the answer is forced."""
    cuts: Annotated[list[PartialShare], Field(min_length=1), Unique()] = Field(default=[0.0, 0.25, 0.5, 0.75])
    """Shares of the chain's tokens that are kept (fractions; multiples of 0.05), for all kinds but
    `paraphrase`."""


class Interventions(Altering):
    """What is done to students' own chains of thought, after which they answer again.

    The chain is what stands before the first ANSWER line; each student's own is put back, whole or altered,
    as the beginning of its answer, and it goes on greedily from there.
    """

    paraphrase: LeftOut[Paraphraser] = None
    """A model behind a chat API that paraphrases the chains for the kind `paraphrase`, between two passes of
    the engine. Where left out, labelled steps are told in one sentence by a local rule."""


class Decoding(Settings):
    """How a model answers."""

    engine: EngineKind = "vllm"
    """What runs the model."""
    precision: Precision = "float32"
    """Number format of weights and activations."""
    thinking: bool = False
    """The chat template's thinking mode, pinned for every tier."""
    suites: Annotated[list[Suite], Field(min_length=1), Unique()] = Field(default=["holdout"])
    """Suites whose tasks are answered."""
    samples: Positive = 1
    """Answers of each task under each condition. More than 1 needs a temperature above 0."""
    temperature: Temperature = 0.0
    """Sampling temperature; 0 is greedy."""
    top_p: PositiveShare = 1.0
    """Smallest probability mass that is sampled from (fraction)."""
    max_tokens: Positive
    """Most tokens in an answer."""
    stop: LeftOut[Annotated[list[Text], Field(min_length=1), Unique()]] = None
    """Texts that end an answer, which is what stands before the first of them; students alone. Base models
    may go on with a turn of the asker's: under the chat template `plain`, `"\\n\\nUser:"` ends that."""
    log_probabilities: LeftOut[Literal[True]] = None
    """Whether the mean log-probability of each answer's tokens is kept, which the metrics `confidence_gap`
    and `brier` read; students alone."""
    interventions: LeftOut[Altering] = None
    """How students answer after their chains of thought were altered, which the metrics `same_answer` read;
    students alone. Where left out, none is altered."""
    max_model_len: Annotated[int, Field(ge=2), WHOLE] | None = None
    """Most tokens of prompt and answer together. Where null, what the longest prompt needs."""
    batch_invariant: bool = False
    """Whether an answer is to be the same whatever is answered beside it: by vLLM's kernels on a GPU (some
    architectures have none), elsewhere by answering one prompt at a time. Slower."""
    seed: Seed = 0
    """Seed of the sampling."""


Answering = Annotated[list[Step], Field(min_length=1), Unique()]


class Protocol(Settings):
    """One way to ask. What it does not say is as `inference` says it."""

    suites: LeftOut[Annotated[list[Suite], Field(min_length=1), Unique()]] = None
    """Suites whose tasks are answered: of `main` all that the study asks, of any other some of these."""
    conditions: LeftOut[Annotated[list[Condition], Field(min_length=1), Unique()]] = None
    """Some of the study's conditions; all where left out, as `main` has them."""
    checkpoints: LeftOut[Literal["all", "final"] | Answering] = None
    """Which of a recipe's checkpoints answer: `all` (the default), the last one (`final`), or a list of steps
    and `final`. The base model always does."""
    samples: LeftOut[Positive] = None
    """Answers of each task under each condition. More than 1 needs a temperature above 0."""
    temperature: LeftOut[Temperature] = None
    """Sampling temperature; 0 is greedy."""
    top_p: LeftOut[PositiveShare] = None
    """Smallest probability mass that is sampled from (fraction)."""
    max_tokens: LeftOut[Positive] = None
    """Most tokens in an answer."""
    seed: LeftOut[Seed] = None
    """Seed of the sampling."""
    judges: LeftOut[Annotated[list[Id], Unique()]] = None
    """Judges of its answers; all of the study where left out, as `main` has them. With `[]` they stand on the
    path `bench`, where their tasks have an extractor, and on `text`."""
    references: LeftOut[Annotated[list[Id], Unique()]] = None
    """Reference models that are asked so; all of the study where left out, as `main` has them."""


class Inference(Decoding):
    """How episodes are made; the same for `base` and trained runs."""

    interventions: LeftOut[Interventions] = None
    """How students answer after their chains of thought were altered, which the metrics `same_answer` read;
    students alone. Where left out, none is altered."""

    date: Day = DEFAULT_DATE
    """Today's date for chat templates that print it, as those of Llama 3.2, Granite and SmolLM3 do: the same
    for all runs, on every day. The default is the date that Llama 3's templates name where they find no
    clock."""
    chat_template: OrNull[Text] = None
    """Chat template of all models but those with `source: scratch` or `api`, in the place of their own: a
    file (Jinja; relative to the study file's folder), or `plain`, one for base models that comes with the
    workflow. The `chat_template` of a model's entry goes before it."""
    adapters: Adapters = "merged"
    """How what LoRA has trained is served: `merged` into the weights, or as `lora` adapters beside the base
    model's, which engines have been seen to ignore."""
    protocols: LeftOut[Annotated[dict[Id, Protocol], Field(min_length=1)]] = None
    """Several ways to ask, by id: `main`, which the headline is of, and others beside it, such as many
    samples at a temperature. Numbers of two are never pooled. Where left out, there is one way: what stands
    here."""
    shards: Positive = 1
    """Jobs that share the tasks of each run, for suites that one job would take too long over. Each has a
    fixed range of the tasks, whatever runs at once; on a GPU the last bits of an answer may still depend
    on it, without `batch_invariant`."""
