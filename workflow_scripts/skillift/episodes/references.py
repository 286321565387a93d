"""Episodes of a reference model behind a chat API: the students' tasks, conditions and prompts.

Takes tasks and skills (contracts TASKS, SKILLS) and what a study says of the model; gives the episodes of its
run `base` (contract EPISODES, engine `api`). Requests go through `skillift.chat.client`, and so do the
answers that were kept by an earlier run.
"""

from __future__ import annotations

import hashlib

import polars as pl

from skillift.chat.completions import FILTERED
from skillift.chat.models import Asker, ChatAnswer, ChatModel, ChatRequest
from skillift.contracts.pipeline import EPISODE_KEY
from skillift.episodes.asked import messages_of_suites
from skillift.episodes.run import SCHEMA
from skillift.settings.specs import ReferenceSpec

ENGINE = "api"

_FINISHES = {"answered": "stop", "truncated": "length", "failed": "error"}


def ask_reference(
    tasks: pl.DataFrame,
    skills: pl.DataFrame,
    spec: ReferenceSpec,
    model: ChatModel,
    client: Asker,
    template: str | None = None,
) -> pl.DataFrame:
    """Have a reference model answer the tasks of the suites in `spec`.

    Args:
        tasks: a frame that keeps the contract TASKS.
        skills: a frame that keeps the contract SKILLS.
        spec: what it is asked, and how often.
        model: the model and its sampling settings.
        client: asks it.
        template: the text of the task template; `prompts/task.jinja` by default.

    Returns:
        The episodes, sorted by their key. `prompt_sha256` is of the user message, as a provider's chat
        template is not known. A refusal in words is an answer like another; what was lost, or filtered
        without a word, has the finish reason `error` and is never scored.

    Raises:
        UserError: no task in the suites; see also the client's.
    """
    messages = messages_of_suites(tasks, skills, spec.suites, spec, template)
    asked = [(row, sample) for row in messages.iter_rows(named=True) for sample in range(spec.samples)]
    requests = [
        ChatRequest(model, [{"role": "user", "content": row["content"]}], sample=sample)
        for row, sample in asked
    ]
    answers = client.ask_all(requests, "answering")
    rows = [_row(row, sample, answer) for (row, sample), answer in zip(asked, answers, strict=True)]
    return pl.DataFrame(rows, schema=SCHEMA).sort(EPISODE_KEY)


def _row(message: dict, sample: int, answer: ChatAnswer) -> dict:
    in_words = bool(answer.text.strip()) and not answer.reason.startswith(FILTERED)
    finish = _FINISHES.get(answer.status, "stop" if in_words else "error")
    if answer.status == "answered" and not answer.text.strip():
        finish = "error"  # kept by an earlier version, which took it for an answer
    return {
        "step": 0,
        "suite": message["suite"],
        "condition": message["condition"],
        "task_id": message["task_id"],
        "sample": sample,
        "engine": ENGINE,
        "prompt_sha256": hashlib.sha256(message["content"].encode()).hexdigest(),
        "response": answer.text,
        "finish_reason": finish,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
    }
