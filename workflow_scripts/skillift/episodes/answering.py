"""Episodes: a student, at its checkpoints, answers every task under every condition.

Takes tasks and skills (contracts TASKS, SKILLS), the study's `inference` and conditions, and model folders by
step; gives one row per step, suite, condition, task and sample (contract EPISODES), and per protocol where a
study declares any. All checkpoints of a run go through one process, each through an engine of its own with
the same settings. Each suite of each protocol is a call of its own, before which the engine forgets the
prompts of the last: its answers do not depend on what else is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from importlib import import_module
from itertools import groupby
from pathlib import Path

import polars as pl

from skillift.contracts.pipeline import EPISODE_KEY
from skillift.engines.interface import Completion, Composition, Engine, RunOptions, Sampling, Serving
from skillift.engines.opening import open_engine
from skillift.engines.probes import PROBE_SCHEMA, Probe, served_table
from skillift.episodes.answer_checks import asked_table
from skillift.episodes.answered import Answered, Answers
from skillift.episodes.asked import (
    check_template,
    messages_of_suites,
    model_length,
    rendered_prompts,
)
from skillift.episodes.batch_sensitivity import PART, measure
from skillift.episodes.served_models import served_weights
from skillift.episodes.shards import tasks_of_shard
from skillift.episodes.ways import Way, ways_to_ask
from skillift.errors import UserError, problem
from skillift.processes.progress import part, phase
from skillift.protocols import MAIN, keyed, with_protocol
from skillift.settings.specs import AnsweringSpec, EpisodesSpec
from skillift.students.chat_format import opened_reasoning, token_ids
from skillift.students.model_folders import load_tokenizer
from skillift.yaml_sources.source import Words

MEAN = "mean_log_probability"
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
    spec: EpisodesSpec,
    checkpoints: Mapping[int, Path],
    options: RunOptions,
    template: str | None = None,
    probes: pl.DataFrame | None = None,
    base: Path | None = None,
    shard: int = 0,
    composition: Composition | None = None,
) -> Answers:
    """Answer the tasks of the suites in `spec` at each checkpoint, and score the trainer's probes.

    Args:
        tasks: a frame that keeps the contract TASKS.
        skills: a frame that keeps the contract SKILLS.
        spec: what is asked, and how it is answered.
        checkpoints: servable model folders by step; 0 is the base model.
        options: how the engine is run.
        template: the text of the task template; `prompts/task.jinja` by default.
        probes: contract PROBES; None for a run that was not trained.
        base: the base model's folder, which `adapters: lora` applies adapters to.
        shard: which of the shards is answered; the first alone scores the probes.
        composition: of an emulated run, what the scores of its model are composed with.

    Returns:
        Four tables, sorted by their keys. Of an episode, `prompt_sha256` is of the text that the student saw,
        chat template included; `response` is the decoded answer without special tokens. It begins with the
        block of reasoning that the prompt has opened, if it has: without it, a block that is never closed
        would pass for an answer.

    Raises:
        UserError: no task in the suites, a prompt that leaves no room for max_tokens, an unreadable model.
    """
    inference, ways = spec.inference, ways_to_ask(spec)
    messages = messages_of_suites(tasks, skills, inference.suites, spec, template)
    own = tasks_of_shard(messages["task_id"], shard, spec.shards or 1)
    if probes is None or shard > 0:
        probes = pl.DataFrame(schema=PROBE_SCHEMA)
    found = []
    last = max(checkpoints)
    for number, (step, folder) in enumerate(sorted(checkpoints.items()), start=1):
        with part(f"checkpoint {number} of {len(checkpoints)}") if len(checkpoints) > 1 else nullcontext():
            served, own_probes = served_weights(folder, base, inference), probes.filter(step=step)
            here = [way for way in ways if way.answers_at(step, last)]
            place = (step, served, messages, own, inference, here, options, own_probes, base)
            found.append(_answer_at(*place, composition, tasks))
    answers = Answers.together(found)
    return answers._replace(episodes=answers.episodes.sort(keyed(answers.episodes, EPISODE_KEY)))


def _answer_at(
    step: int,
    served: tuple[Path, Path | None],
    messages: pl.DataFrame,
    own: list[str],
    inference: AnsweringSpec,
    ways: Sequence[Way],
    options: RunOptions,
    probes: pl.DataFrame,
    base: Path | None,
    composition: Composition | None,
    tasks: pl.DataFrame,
) -> Answers:
    folder, adapter = served
    tokenizer = load_tokenizer(folder)
    inference = inference.model_copy(update={"max_tokens": max(way.sampling.max_tokens for way in ways)})
    messages = messages.filter(pl.any_horizontal(way.messages() for way in ways))
    if inference.max_model_len is not None:  # else derived from the longest prompt of all shards
        messages = messages.filter(pl.col("task_id").is_in(own))
    texts = rendered_prompts(tokenizer, messages, inference)
    if base is not None and base != folder:
        check_template(base, tokenizer, messages, texts, inference, step)
    if composition is not None:  # all three see one prompt
        check_template(composition.base, tokenizer, messages, texts, inference, step)
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
        step, messages, texts, hashes, prompts, tokenizer, inference.thinking, inference.today
    )
    suites = messages["suite"].to_list()
    keys = messages.select("suite", "condition", "task_id").rows()
    found: list[pl.DataFrame] = []
    ways_asked: list[tuple[list, list, Sampling, list]] = []
    answered: list[Answered] = []  # of `main`, whose chains of thought are altered
    serving = Serving.of(inference, length)
    with open_engine(inference.engine, folder, serving, options, adapter, composition) as engine:
        for way in ways:
            places = messages.select(way.messages()).to_series().arg_true()
            requests = [(place, sample) for place in places for sample in range(way.samples)]
            if not requests:  # of a shard whose tasks are of other suites
                continue
            seeds = [sample_seed(way.seed, hashes[place], sample) for place, sample in requests]
            sent = [prompts[place] for place, _ in requests]
            with part(f"protocol {way.name}") if len(ways) > 1 else nullcontext():
                of_suites = [suites[place] for place, _ in requests]
                answers = _suite_by_suite(engine, of_suites, sent, way.sampling, seeds)
            ways_asked.append((sent, answers, way.sampling, seeds))
            rows = [
                (step, *keys[place], sample, hashes[place], opened_reasoning(texts[place]), completion)
                for (place, sample), completion in zip(requests, answers, strict=True)
            ]
            episodes = _episodes(rows, inference.engine, way.sampling.log_probabilities)
            found.append(episodes if way.name is None else with_protocol(episodes, way.name))
            if inference.interventions and way.name in (None, MAIN):
                answered = [
                    Answered(suite, condition, task_id, sample, prompts[place], opened, completion)
                    for (place, _), row in zip(requests, rows, strict=True)
                    for _, suite, condition, task_id, sample, _, opened, completion in [row]
                ]
        with phase("scoring the trainer's probes"):
            scores = engine.log_probabilities(tokens) if tokens else []
        with part(PART), phase("scoring answers"):
            parity = measure(engine, step, *ways_asked[0])
        intervened = chains = None
        # last, and in calls of their own: what stands above does not depend on it
        if inference.interventions:
            most = max((way.sampling.max_tokens for way in ways if way.name in (None, MAIN)), default=0)
            asked_again = (answered, tasks, inference.model_copy(update={"max_tokens": most}), length)
            with part("interventions"):  # by name: what it reads answers by is none of other studies' code
                module = import_module("skillift.episodes.intervened")
                intervened = module.answers_again(engine, tokenizer, step, *asked_again)
            if inference.interventions.second_pass:
                stored = import_module("skillift.episodes.stored_chains")
                chains = stored.chains_table(tokenizer, step, answered, inference.interventions, length)
    return Answers(pl.concat(found), served_table(probes, step, scores), asked, parity, intervened, chains)


def _episodes(found: Sequence[tuple], engine: str, scored: bool) -> pl.DataFrame:
    """The table EPISODES of one way to ask at one step.

    Args:
        found: step, suite, condition, task_id, sample, digest of the prompt, the reasoning that this opens,
            and the completion, of each answer.
        engine: its name.
        scored: whether log-probabilities are kept.
    """
    rows = [
        (
            *key,
            engine,
            digest,
            opened + completion.text,
            completion.finish_reason,
            completion.prompt_tokens,
            completion.completion_tokens,
        )
        for *key, digest, opened, completion in found
    ]
    episodes = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    if not scored:
        return episodes
    return episodes.with_columns(kept_log_probabilities([row[-1] for row in found], engine))


def _suite_by_suite(
    engine: Engine,
    suites: Sequence[str],
    prompts: Sequence[Sequence[int]],
    sampling: Sampling,
    seeds: Sequence[int],
) -> list[Completion]:
    """The answers to `prompts`, which stand suite by suite: each suite in a call of its own.

    In bfloat16 a near-tie between two tokens hangs on what else is in the batch: so that another suite, asked
    beside the holdout, would change the answers to the holdout.
    """
    answers: list[Completion] = []
    parts = [(suite, len(list(places))) for suite, places in groupby(suites)]
    for suite, number in parts:
        mine = slice(len(answers), len(answers) + number)
        with part(f"suite {suite}") if len(parts) > 1 else nullcontext():
            answers += engine.generate(prompts[mine], sampling, seeds[mine])
    return answers


def kept_log_probabilities(answers: Sequence[Completion], engine: str) -> pl.Series:
    """The column `mean_log_probability`: null for an empty answer.

    Raises:
        UserError: an answer has a text and none, so the engine does not keep them.
    """
    means = [completion.mean_log_probability for completion in answers]
    if any(mean is None and answer.text for mean, answer in zip(means, answers, strict=True)):
        found, expected = f"answers of the engine {engine} without them", "an engine that keeps them"
        fix = "Take the key out, or another engine: vllm and transformers keep them."
        raise UserError(problem("inference.log_probabilities", Words(found), expected, fix))
    return pl.Series(MEAN, means, dtype=pl.Float64)


def sample_seed(seed: int, prompt_sha256: str, sample: int) -> int:
    """The seed of one answer: the same wherever it stands in a batch, another for each prompt and sample."""
    digest = hashlib.sha256(f"{seed}/{prompt_sha256}/{sample}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


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
