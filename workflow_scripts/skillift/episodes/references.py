"""Episodes of a reference model behind a chat API: the students' tasks, conditions and prompts.

Takes tasks and skills (contracts TASKS, SKILLS) and what a study says of the model; gives the episodes of its
run `base` (contract EPISODES, engine `api`). Requests go through `skillift.chat.client`, and so do the
answers that were kept by an earlier run.
"""

from __future__ import annotations

import hashlib
from contextlib import nullcontext

import polars as pl

from skillift.chat.completions import FILTERED
from skillift.chat.models import Asker, ChatAnswer, ChatModel, ChatRequest
from skillift.contracts.pipeline import EPISODE_KEY
from skillift.episodes.answering import SCHEMA
from skillift.episodes.asked import messages_of_suites
from skillift.processes.progress import part
from skillift.protocols import keyed, with_protocol
from skillift.settings.chat_models import AskedModel
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
    parts = []
    names = [protocol.name for protocol in spec.protocols or []]
    for place, (suites, conditions, samples, reference) in enumerate(ways_to_ask(spec)):
        messages = messages_of_suites(tasks, skills, suites, spec, template)
        messages = messages.filter(pl.col("condition").is_in(conditions))
        asked = [(row, sample) for row in messages.iter_rows(named=True) for sample in range(samples)]
        sampled = ChatModel.from_entry(reference, model.where) if names else model
        requests = [
            ChatRequest(sampled, [{"role": "user", "content": row["content"]}], sample=sample)
            for row, sample in asked
        ]
        with part(f"protocol {names[place]}") if names else nullcontext():
            answers = client.ask_all(requests, "answering")
        rows = [_row(row, sample, answer) for (row, sample), answer in zip(asked, answers, strict=True)]
        found = pl.DataFrame(rows, schema=SCHEMA)
        parts.append(with_protocol(found, names[place]) if names else found)
    episodes = pl.concat(parts)
    return episodes.sort(keyed(episodes, EPISODE_KEY))


def ways_to_ask(spec: ReferenceSpec) -> list[tuple[list, list, int, AskedModel]]:
    """Suites, conditions, samples, and model of each way in which a reference model is asked."""
    if spec.protocols is None:
        return [(spec.suites, spec.conditions, spec.samples, spec.reference)]
    return [(each.suites, each.conditions, each.samples, each.reference) for each in spec.protocols]


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
