"""What a run is asked: the messages of its tasks, the texts that its student sees of them, their room.

Everything here is known before an engine starts, and needs none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from skillift.errors import UserError, problem
from skillift.settings.specs import AnsweringSpec, Asked
from skillift.students.chat_format import prompt_text, refuse_special_tokens
from skillift.students.model_folders import load_tokenizer, max_positions
from skillift.tasks.prompts import messages_for

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

LENGTH_UNIT = 64  # tokens to which a derived max_model_len is rounded up
_LENGTH_FIX = "Raise `inference: max_model_len` or leave it out, or lower max_tokens; prompts are never cut."


def messages_of_suites(
    tasks: pl.DataFrame,
    skills: pl.DataFrame,
    suites: Sequence[str],
    spec: Asked,
    template: str | None = None,
) -> pl.DataFrame:
    """What is asked: every task of the suites under every condition of `spec`.

    Returns:
        A frame of `suite`, `condition`, `task_id` and `content` (the user message), in the order of these.

    Raises:
        UserError: no task in the suites; see also `prompts.messages_for`.
    """
    asked = tasks.filter(pl.col("suite").is_in(suites))
    if asked.is_empty():
        where = f"tasks: suites {', '.join(suites)}"
        raise UserError(problem(where, "no tasks", "at least one", "Correct `inference: suites`."))
    messages = messages_for(asked, skills, spec.conditions, spec.prompt_seed, template, spec.filler_text)
    messages = messages.join(asked.select("task_id", "suite"), on="task_id")
    return messages.sort("suite", "condition", "task_id")


def rendered_prompts(
    tokenizer: PreTrainedTokenizerBase, messages: pl.DataFrame, inference: AnsweringSpec
) -> list[str]:
    """The texts that a student sees of `messages` (task_id, condition, content), in their order.

    Raises:
        UserError: a message holds a special token of the student, or its chat template cannot be rendered.
    """
    texts = []
    for task_id, condition, content in messages.select("task_id", "condition", "content").iter_rows():
        refuse_special_tokens(tokenizer, content, f"task {task_id} under the condition {condition}")
        texts.append(prompt_text(tokenizer, content, inference.thinking, inference.today))
    return texts


def check_template(
    base: Path,
    tokenizer: PreTrainedTokenizerBase,
    messages: pl.DataFrame,
    texts: list[str],
    inference: AnsweringSpec,
    step: int,
) -> None:
    """See, before an engine starts, that a checkpoint is asked what its base model is.

    Raises:
        UserError: it is asked something else; names the task and shows both prompts.
    """
    of_base = load_tokenizer(base)
    if of_base.chat_template == tokenizer.chat_template and (
        of_base.special_tokens_map == tokenizer.special_tokens_map
    ):
        return
    for place, expected in enumerate(rendered_prompts(of_base, messages, inference)):
        if texts[place] != expected:
            task_id, condition = messages.select("task_id", "condition").row(place)
            where = f"step {step}, task {task_id} under the condition {condition}: prompt"
            fix = "The two have different chat templates: train the run again, or emulate within a family."
            raise UserError(problem(where, texts[place], f"that of {base}, {expected!r}", fix))


def model_length(
    messages: pl.DataFrame,
    prompts: list[list[int]],
    inference: AnsweringSpec,
    folder: Path,
    longest_probe: int = 0,
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
    prompt, given = len(prompts[place]), inference.max_model_len
    needed = max(prompt + inference.max_tokens, longest_probe)
    positions = max_positions(folder)
    room = min(length for length in (given, positions, math.inf) if length is not None)
    if needed > room:
        task_id, condition = messages.select("task_id", "condition").row(place)
        limit = f"max_model_len {given}" if room == given else f"max_position_embeddings {room} of {folder}"
        place_found = f"task {task_id} under the condition {condition}", f"a prompt of {prompt} tokens"
        if prompt + inference.max_tokens <= room:
            place_found = "a demonstration that is scored", f"{longest_probe} tokens with its prompt"
        expected = f"at most {limit}, with max_tokens {inference.max_tokens} for an answer"
        raise UserError(problem(*place_found, expected, _LENGTH_FIX))
    return given or min(math.ceil(needed / LENGTH_UNIT) * LENGTH_UNIT, positions or needed + LENGTH_UNIT)
