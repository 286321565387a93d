"""Episodes: a student, at its checkpoints, answers every task under every condition.

Takes tasks and skills (contracts TASKS, SKILLS), the study's `inference` and conditions, and model folders by
step; gives one row per step, suite, condition, task and sample (contract EPISODES). All checkpoints of a run
go through one process, each through an engine of its own with the same settings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from skillift.chat_format import opened_reasoning, prompt_text, token_ids
from skillift.engines import RunOptions, Sampling, open_engine
from skillift.errors import UserError, problem
from skillift.model_folders import load_tokenizer
from skillift.probes import PROBE_SCHEMA, Probe, served_table
from skillift.prompts import messages_for

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


def answer(
    tasks: pl.DataFrame,
    skills: pl.DataFrame,
    spec: dict,
    checkpoints: Mapping[int, Path],
    options: RunOptions,
    template: str | None = None,
    probes: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Answer the tasks of the suites in `spec` at each checkpoint, and score the trainer's probes.

    Args:
        tasks: a frame that keeps the contract TASKS.
        skills: a frame that keeps the contract SKILLS.
        spec: conditions, prompt_seed, inference (engine, precision, thinking, suites, samples, temperature,
            top_p, max_tokens, max_model_len, seed).
        checkpoints: servable model folders by step; 0 is the base model.
        options: how the engine is run.
        template: the text of the task template; `prompts/task.jinja` by default.
        probes: contract PROBES; None for a run that was not trained.

    Returns:
        The episodes and the scores of the probes (contract SERVED), both sorted by their keys. Of an episode,
        `prompt_sha256` is of the text that the student saw, chat template included; `response` is the decoded
        answer without special tokens. It begins with the block of reasoning that the prompt has opened, if it
        has: without it, a block that is never closed would pass for an answer.

    Raises:
        UserError: no task in the suites, a prompt that leaves no room for max_tokens, an unreadable model.
    """
    inference = spec["inference"]
    messages = messages_of_suites(tasks, skills, inference["suites"], spec, template)
    probes = pl.DataFrame(schema=PROBE_SCHEMA) if probes is None else probes
    frames = [
        _answer_at(step, folder, messages, inference, options, probes.filter(step=step))
        for step, folder in sorted(checkpoints.items())
    ]
    episodes, served = (pl.concat(parts) for parts in zip(*frames, strict=True))
    return episodes.sort("step", "suite", "condition", "task_id", "sample"), served


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


def _answer_at(
    step: int,
    folder: Path,
    messages: pl.DataFrame,
    inference: dict,
    options: RunOptions,
    probes: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    tokenizer = load_tokenizer(folder)
    texts = [prompt_text(tokenizer, content, inference["thinking"]) for content in messages["content"]]
    prompts = token_ids(tokenizer, texts)
    _check_lengths(messages, prompts, inference)
    samples = range(inference["samples"])
    requests = [(place, sample) for place in range(len(prompts)) for sample in samples]
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    sampling = Sampling(inference["max_tokens"], inference["temperature"], inference["top_p"])
    with open_engine(inference["engine"], folder, inference, options) as engine:
        answers = engine.generate(
            [prompts[place] for place, _ in requests],
            sampling,
            [sample_seed(inference["seed"], hashes[place], sample) for place, sample in requests],
        )
        tokens = [Probe(*row) for row in probes.select("prompt_ids", "response_ids").iter_rows()]
        scores = engine.log_probabilities(tokens) if tokens else []
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
    return pl.DataFrame(rows, schema=SCHEMA, orient="row"), served_table(probes, step, scores)


def sample_seed(seed: int, prompt_sha256: str, sample: int) -> int:
    """The seed of one answer: the same wherever it stands in a batch, another for each prompt and sample."""
    digest = hashlib.sha256(f"{seed}/{prompt_sha256}/{sample}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def _check_lengths(messages: pl.DataFrame, prompts: list[list[int]], inference: dict) -> None:
    room = inference["max_model_len"] - inference["max_tokens"]
    for (task_id, condition), prompt in zip(
        messages.select("task_id", "condition").rows(), prompts, strict=True
    ):
        if len(prompt) > room:
            raise UserError(
                problem(
                    f"task {task_id} under the condition {condition}",
                    f"a prompt of {len(prompt)} tokens",
                    f"at most {room} (max_model_len {inference['max_model_len']} less max_tokens "
                    f"{inference['max_tokens']})",
                    "Raise `inference: max_model_len`; prompts are never cut.",
                )
            )


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
