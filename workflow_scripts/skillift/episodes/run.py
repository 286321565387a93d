"""Episodes: a student, at its checkpoints, answers every task under every condition.

Takes tasks and skills (contracts TASKS, SKILLS), the study's `inference` and conditions, and model folders by
step; gives one row per step, suite, condition, task and sample (contract EPISODES). All checkpoints of a run
go through one process, each through an engine of its own with the same settings.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from skillift.engines import RunOptions, Sampling, open_engine
from skillift.episodes.answer_checks import asked_table
from skillift.episodes.probes import PROBE_SCHEMA, Probe, served_table
from skillift.episodes.self_parity import measure
from skillift.episodes.shards import tasks_of_shard
from skillift.errors import UserError, problem
from skillift.students.chat_format import opened_reasoning, prompt_text, refuse_special_tokens, token_ids
from skillift.students.clock import DEFAULT_DATE
from skillift.students.model_folders import ADAPTER, load_tokenizer, max_positions
from skillift.tasks.prompts import messages_for

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

LENGTH_UNIT = 64  # tokens to which a derived max_model_len is rounded up
ADAPTER_WARNING = (
    "warning: `inference: adapters: lora` applies adapters while serving. vLLM has been seen to ignore them "
    "without a word on text-only Qwen3.5 (vllm issue 49354), and greedy decoding with them was not "
    "deterministic on hybrid models (56769); the check of what is served catches the first."
)
_LENGTH_MEND = "Raise `inference: max_model_len` or leave it out, or lower max_tokens; prompts are never cut."

SCHEMA = {
    "step": pl.Int64,
    "suite": pl.String,
    "condition": pl.String,
    "task_id": pl.String,
    "sample": pl.Int64,
    "engine": pl.String,
    "prompt_sha256": pl.String,
    "response": pl.String,
    "finish_reason": pl.String,
    "prompt_tokens": pl.Int64,
    "completion_tokens": pl.Int64,
}


class Answers(NamedTuple):
    """What a run gives.

    Attributes:
        episodes: contract EPISODES.
        served: the probes as the engine scores them; contract SERVED.
        prompts: what was asked, as noted before the engine was started; contract PROMPTS.
        parity: the same prompts in another batch; contract PARITY.
    """

    episodes: pl.DataFrame
    served: pl.DataFrame
    prompts: pl.DataFrame
    parity: pl.DataFrame


def answer(
    tasks: pl.DataFrame,
    skills: pl.DataFrame,
    spec: dict,
    checkpoints: Mapping[int, Path],
    options: RunOptions,
    template: str | None = None,
    probes: pl.DataFrame | None = None,
    base: Path | None = None,
    shard: int = 0,
) -> Answers:
    """Answer the tasks of the suites in `spec` at each checkpoint, and score the trainer's probes.

    Args:
        tasks: a frame that keeps the contract TASKS.
        skills: a frame that keeps the contract SKILLS.
        spec: conditions, prompt_seed, inference (engine, precision, thinking, suites, samples, temperature,
            top_p, max_tokens, batch_invariant, seed; max_model_len, adapters and date may be left out), and
            where several jobs share the tasks, their number as `shards`.
        checkpoints: servable model folders by step; 0 is the base model.
        options: how the engine is run.
        template: the text of the task template; `prompts/task.jinja` by default.
        probes: contract PROBES; None for a run that was not trained.
        base: the base model's folder, which `adapters: lora` applies adapters to.
        shard: which of the shards is answered; the first alone scores the probes.

    Returns:
        Four tables, sorted by their keys. Of an episode, `prompt_sha256` is of the text that the student saw,
        chat template included; `response` is the decoded answer without special tokens. It begins with the
        block of reasoning that the prompt has opened, if it has: without it, a block that is never closed
        would pass for an answer.

    Raises:
        UserError: no task in the suites, a prompt that leaves no room for max_tokens, an unreadable model.
    """
    inference = spec["inference"]
    messages = messages_of_suites(tasks, skills, inference["suites"], spec, template)
    own = tasks_of_shard(messages["task_id"], shard, spec.get("shards", 1))
    if probes is None or shard > 0:
        probes = pl.DataFrame(schema=PROBE_SCHEMA)
    found = [
        _answer_at(
            step,
            _served(folder, base, inference),
            messages,
            own,
            inference,
            options,
            probes.filter(step=step),
            base,
        )
        for step, folder in sorted(checkpoints.items())
    ]
    episodes, *others = (pl.concat(parts) for parts in zip(*found, strict=True))
    return Answers(episodes.sort("step", "suite", "condition", "task_id", "sample"), *others)


def messages_of_suites(
    tasks: pl.DataFrame, skills: pl.DataFrame, suites: list[str], spec: dict, template: str | None = None
) -> pl.DataFrame:
    """What is asked: every task of the suites under every condition of `spec` (conditions, prompt_seed).

    Returns:
        A frame of `suite`, `condition`, `task_id` and `content` (the user message), in the order of these.

    Raises:
        UserError: no task in the suites; see also `prompts.messages_for`.
    """
    asked = tasks.filter(pl.col("suite").is_in(suites))
    if asked.is_empty():
        where = f"tasks: suites {', '.join(suites)}"
        raise UserError(problem(where, "no tasks", "at least one", "Mend `inference: suites`."))
    messages = messages_for(asked, skills, spec["conditions"], spec["prompt_seed"], template)
    messages = messages.join(asked.select("task_id", "suite"), on="task_id")
    return messages.sort("suite", "condition", "task_id")


def _served(folder: Path, base: Path | None, inference: dict) -> tuple[Path, Path | None]:
    """The folder of weights that is served, and the adapter that is applied to it, if one is."""
    adapter = folder / ADAPTER
    if inference.get("adapters", "merged") == "merged" or not adapter.is_dir():
        return folder, None
    if base is None:
        raise UserError(problem(f"{folder}", "no base model", "one to apply the adapter to"))
    print(ADAPTER_WARNING, file=sys.stderr)
    return base, adapter


def _answer_at(
    step: int,
    served: tuple[Path, Path | None],
    messages: pl.DataFrame,
    own: list[str],
    inference: dict,
    options: RunOptions,
    probes: pl.DataFrame,
    base: Path | None,
) -> Answers:
    folder, adapter = served
    tokenizer = load_tokenizer(folder)
    if inference.get("max_model_len") is not None:  # else derived from the longest prompt of all shards
        messages = messages.filter(pl.col("task_id").is_in(own))
    texts = rendered_prompts(tokenizer, messages, inference)
    if base is not None and base != folder:
        _check_template(base, tokenizer, messages, texts, inference, step)
    prompts = token_ids(tokenizer, texts)
    tokens = [Probe(*row) for row in probes.select("prompt_ids", "response_ids").iter_rows()]
    longest = max(len(probe.prompt) + len(probe.response) + 1 for probe in tokens) if tokens else 0
    length = model_length(messages, prompts, inference, folder, longest)
    mine = messages["task_id"].is_in(own).arg_true().to_list()
    messages, texts, prompts = (
        messages[mine],
        [texts[place] for place in mine],
        [prompts[place] for place in mine],
    )
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    asked = asked_table(
        step, messages, texts, hashes, prompts, tokenizer, inference["thinking"], _date(inference)
    )
    samples = range(inference["samples"])
    requests = [(place, sample) for place in range(len(prompts)) for sample in samples]
    sampling = Sampling(inference["max_tokens"], inference["temperature"], inference["top_p"])
    seeds = [sample_seed(inference["seed"], hashes[place], sample) for place, sample in requests]
    sent = [prompts[place] for place, _ in requests]
    settings = {**inference, "max_model_len": length}
    with open_engine(inference["engine"], folder, settings, options, adapter) as engine:
        answers = engine.generate(sent, sampling, seeds)
        scores = engine.log_probabilities(tokens) if tokens else []
        parity = measure(engine, step, sent, answers, sampling, seeds)
    keys = messages.select("suite", "condition", "task_id").rows()
    rows = [
        (
            step,
            *keys[place],
            sample,
            inference["engine"],
            hashes[place],
            opened_reasoning(texts[place]) + completion.text,
            completion.finish_reason,
            completion.prompt_tokens,
            completion.completion_tokens,
        )
        for (place, sample), completion in zip(requests, answers, strict=True)
    ]
    episodes = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return Answers(episodes, served_table(probes, step, scores), asked, parity)


def rendered_prompts(
    tokenizer: PreTrainedTokenizerBase, messages: pl.DataFrame, inference: dict
) -> list[str]:
    """The texts that a student sees of `messages` (task_id, condition, content), in their order.

    Raises:
        UserError: a message holds a special token of the student, or its chat template cannot be rendered.
    """
    texts = []
    for task_id, condition, content in messages.select("task_id", "condition", "content").iter_rows():
        refuse_special_tokens(tokenizer, content, f"task {task_id} under the condition {condition}")
        texts.append(prompt_text(tokenizer, content, inference["thinking"], _date(inference)))
    return texts


def _check_template(
    base: Path,
    tokenizer: PreTrainedTokenizerBase,
    messages: pl.DataFrame,
    texts: list[str],
    inference: dict,
    step: int,
) -> None:
    """See, before an engine starts, that a checkpoint is asked what its base model is."""
    of_base = load_tokenizer(base)
    if of_base.chat_template == tokenizer.chat_template and (
        of_base.special_tokens_map == tokenizer.special_tokens_map
    ):
        return
    for place, expected in enumerate(rendered_prompts(of_base, messages, inference)):
        if texts[place] != expected:
            task_id, condition = messages.select("task_id", "condition").row(place)
            where = f"step {step}, task {task_id} under the condition {condition}: prompt"
            fix = "The checkpoint has another chat template than the base model: train the run again."
            raise UserError(problem(where, texts[place], f"that of the base model, {expected!r}", fix))


def _date(inference: dict) -> str:
    return inference.get("date", DEFAULT_DATE)


def sample_seed(seed: int, prompt_sha256: str, sample: int) -> int:
    """The seed of one answer: the same wherever it stands in a batch, another for each prompt and sample."""
    digest = hashlib.sha256(f"{seed}/{prompt_sha256}/{sample}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def model_length(
    messages: pl.DataFrame, prompts: list[list[int]], inference: dict, folder: Path, longest_probe: int = 0
) -> int:
    """The tokens that an engine has to hold of one prompt with its answer.

    Args:
        messages: what is asked, for messages.
        prompts: the same as token ids.
        inference: the study's; its max_model_len, where it has one, must be enough.
        folder: the model's, whose positions must be enough.
        longest_probe: tokens of the longest demonstration that is scored.

    Returns:
        `max_model_len`; where that is null, what the longest prompt needs, rounded up to `LENGTH_UNIT` (to no
        more than the model's positions).

    Raises:
        UserError: names the task with the longest prompt, or the model's positions, and what is needed.
    """
    place = max(range(len(prompts)), key=lambda place: len(prompts[place]))
    prompt, given = len(prompts[place]), inference.get("max_model_len")
    needed = max(prompt + inference["max_tokens"], longest_probe)
    positions = max_positions(folder)
    room = min(length for length in (given, positions, math.inf) if length is not None)
    if needed > room:
        task_id, condition = messages.select("task_id", "condition").row(place)
        limit = f"max_model_len {given}" if room == given else f"max_position_embeddings {room} of {folder}"
        place_found = f"task {task_id} under the condition {condition}", f"a prompt of {prompt} tokens"
        if prompt + inference["max_tokens"] <= room:
            place_found = "a demonstration that is scored", f"{longest_probe} tokens with its prompt"
        expected = f"at most {limit}, with max_tokens {inference['max_tokens']} for an answer"
        raise UserError(problem(*place_found, expected, _LENGTH_MEND))
    return given or min(math.ceil(needed / LENGTH_UNIT) * LENGTH_UNIT, positions or needed + LENGTH_UNIT)


def checkpoint_folders(
    steps: list[int | str], model: Path, checkpoints: Path | None, manifest: dict | None
) -> dict[int, Path]:
    """The model folders that a run's `checkpoints` name, by step.

    Args:
        steps: 0 for the base model, optimiser steps, or `final`.
        model: the base model's folder.
        checkpoints: the folder of `step-<n>` folders; None for the base run.
        manifest: the run's manifest; None for the base run.

    Raises:
        UserError: a step that the run has no checkpoint of.
    """
    folders = {}
    for step in steps:
        if step == 0:
            folders[0] = model
            continue
        kept = sorted(map(int, manifest["steps"])) if manifest else []
        number = manifest["final_step"] if step == "final" and manifest else step
        if checkpoints is None or number not in kept:
            where = f"{checkpoints or 'the base run'}: checkpoint {step}"
            raise UserError(
                problem(where, "no such checkpoint", f"one of {kept or [0]}", "Train the run again.")
            )
        folders[number] = checkpoints / f"step-{number}"
    return folders
