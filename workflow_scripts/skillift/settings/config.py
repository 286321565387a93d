"""config.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from skillift.settings.base import Settings
from skillift.settings.values import (
    WHOLE,
    Account,
    Amount,
    ApiModelKey,
    Count,
    Positive,
    PositiveNumber,
    PositiveShare,
    Share,
    Text,
)


class EngineConfig(Settings):
    """Limits of the inference engine."""

    max_num_seqs: Positive = 128
    """Sequences that vLLM answers at once."""
    kv_cache_gib: Positive = 1
    """Memory for vLLM's key-value cache on CPU (GiB)."""
    gpu_memory_utilization: PositiveShare = 0.9
    """Share of a GPU's memory that vLLM takes (fraction)."""
    tensor_parallel: Positive = 1
    """GPUs that share the weights of one engine; vLLM alone."""
    data_parallel: Positive = 1
    """Engines that share the prompts of a run, each in a process of its own; with `tensor_parallel` so many
    GPUs each; `set-resources` in the profile asks a cluster for them."""
    prefix_caching: bool = True
    """Whether vLLM keeps what prompts with a common beginning have in common."""


class TrainingConfig(Settings):
    """How students are fine-tuned.

    The rows of an optimiser step are the recipe's `batch_size`, whatever stands here.
    """

    processes: Literal["auto"] | Positive = 1
    """Processes that share each batch, each with a GPU where there are any, else with a share of the threads.
    `auto` is one for each GPU."""
    device_batch_size: Positive | None = None
    """Rows that a device works on at once; gradients are accumulated over the rest of the batch. Where null,
    a GPU takes its share of the batch, halved for as long as its memory does not hold it; without a GPU as
    many rows are taken as fit 4 GiB, or less where the machine or the job's control group has less
    (measured on the longest row)."""
    gradient_checkpointing: Literal["auto"] | bool = "auto"
    """Whether activations are computed twice instead of being kept, which takes less memory and more time;
    `auto` on a GPU alone."""
    fsdp: bool = False
    """Whether the processes share out the weights and the optimiser's state, too (fully sharded data
    parallel), for students that do not fit one GPU."""
    state_interval_s: Amount = 120.0
    """Time between two saves of the state that an interrupted training goes on from (seconds)."""
    tracker: Literal["none", "trackio", "wandb", "mlflow"] = "none"
    """Where the loss curve is sent besides the training log. The package of that name has to be installed."""


class HubConfig(Settings):
    """The Hugging Face hub, for `snakemake push`."""

    owner: Account | None = None
    """Account or organisation that owns what is pushed; null where nothing is."""


class ApiConfig(Settings):
    """Requests to judges, teachers and reference models."""

    concurrency: Positive = 64
    """Requests under way at once, in each job."""
    timeout_s: PositiveNumber = 120.0
    """Longest wait for one reply (seconds)."""
    retries: Count = 8
    """How often a call that failed for a transient reason (408, 409, 429, 5xx, time-out, dropped connection,
    unreadable reply) is made again."""
    backoff_s: PositiveNumber = 1.0
    """Longest pause before the first retry (seconds). It doubles from one to the next, up to 60;
    `Retry-After` goes first."""
    requests_per_minute: PositiveNumber | None = None
    """Requests that may leave in a minute, for each model, over all jobs of the study. No limit where
    null."""
    tokens_per_minute: PositiveNumber | None = None
    """Tokens of prompts and replies in a minute, for each model, over all jobs of the study. No limit where
    null."""
    budget_usd: Amount | None = None
    """Ceiling of what all jobs of the study spend together (USD). A job that might pass it does not start.
    None where null."""
    budgets_usd: dict[ApiModelKey, Amount] = Field(default_factory=dict)
    """Ceilings for single models (USD), by their names in the study file."""
    batch: bool | list[Text] = False
    """Models that are asked in batches, at a share of the price and within a day: false, true (every model
    whose provider offers batches at its own address), or a list of names."""
    batch_poll_s: PositiveNumber = 60.0
    """Time between two looks at a batch (seconds)."""
    batch_wait_h: Amount = 26.0
    """Time after which a batch is cancelled, and what it left open asked directly (hours). Providers promise
    24."""
    batch_requests: Annotated[int, Field(ge=1, le=50000), WHOLE] = 10000
    """Requests of one batch at most; a job with more submits several."""
    batch_discount: Share = 0.5
    """Share of the price that a batch saves (fraction)."""


class Config(Settings):
    """How a study is run. Nothing here changes a result."""

    model_config = ConfigDict(title="config.yaml")

    study: Text
    """Study file to run. Another one by `--config study=studies/other.yaml`."""
    results: Text = "results"
    """Folder of the results; a study's are in `<results>/<study name>/`."""
    state: Text = ".skillift"
    """Folder of resumable state: trainer checkpoints, answers of judges."""
    keep_checkpoints: bool = True
    """Whether the checkpoints of a training stay once all jobs of this run have asked them; each is a whole
    model. Where they do not, nothing runs again without them, but what is to be asked of them later, such as
    one more suite, trains them again."""
    engine: EngineConfig = Field(default_factory=EngineConfig)
    """Limits of the inference engine."""
    training: TrainingConfig = Field(default_factory=TrainingConfig)
    """How students are fine-tuned. The rows of an optimiser step are the recipe's `batch_size`, whatever
    stands here."""
    hub: HubConfig = Field(default_factory=HubConfig)
    """The Hugging Face hub, for `snakemake push`."""
    api: ApiConfig = Field(default_factory=ApiConfig)
    """Requests to judges, teachers and reference models."""
