"""Verdicts of a judge on responses: the prompt, the strict reading of the reply, one repair request.

A judge sees a task's bare prompt, its reference and a response, and nothing that tells the condition, the
student or the run. The response is untrusted text: it stands between marker lines whose code is made from
a hash of the content, so it cannot close them. A verdict is read from the judge's whole reply, one JSON
object, and never searched for in other text. What cannot be read is `unparsed`: unscored is never a fail.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import jinja2
import jinja2.meta
import polars as pl

from skillift.chat.client import ChatAnswer, ChatClient, ChatModel, ChatRequest
from skillift.contracts.pipeline import EPISODE_KEY, VERDICTS
from skillift.errors import UserError, problem
from skillift.judging.extraction import strip_reasoning

REPLY_SCHEMA = {
    "type": "object",
    "properties": {"conclusion": {"type": "string"}, "passed": {"type": "boolean"}},
    "required": ["conclusion", "passed"],
    "additionalProperties": False,
}

_BLOCKS = ("task", "reference", "response")
_REPAIR = (
    "That reply is not one JSON object of the asked form. Reply again with the JSON object alone: "
    '{"conclusion": "...", "passed": true} or {"conclusion": "...", "passed": false}'
)


@dataclass(frozen=True)
class Candidate:
    """A response to be judged: the task's bare prompt, its reference and the response as it was given."""

    prompt: str
    reference: str
    response: str


@dataclass(frozen=True)
class Verdict:
    """`passed` and `conclusion` are None unless `status` is `scored`; `raw` is the reply, or the reason."""

    passed: bool | None
    status: str
    raw: str
    conclusion: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


@lru_cache(maxsize=8)
def compile_template(template: str) -> jinja2.Template:
    """Check and compile the text of a judge template.

    Raises:
        UserError: it is not valid Jinja, lacks one of `task`, `reference`, `response`, or uses another
            variable than these and `fence`.
    """
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    try:
        used = jinja2.meta.find_undeclared_variables(environment.parse(template))
    except jinja2.TemplateSyntaxError as error:
        where = f"judge template, line {error.lineno}"
        raise UserError(
            problem(where, error.message, "a valid Jinja template", "Mend the template.")
        ) from None
    missing = [name for name in _BLOCKS if name not in used]
    if missing:
        mend = f"Write {', '.join('{{ ' + name + ' }}' for name in missing)} where the text is to stand."
        raise UserError(
            problem("judge template", sorted(used), f"the placeholders {', '.join(_BLOCKS)}", mend)
        )
    unknown = sorted(used - {*_BLOCKS, "fence"})
    if unknown:
        expected = f"only the placeholders {', '.join(_BLOCKS)} and fence"
        raise UserError(
            problem("judge template", unknown, expected, "A judge sees nothing else: remove them.")
        )
    return environment.from_string(template)


def read_template(path: Path | str) -> str:
    """The text of a judge template.

    Raises:
        UserError: the file cannot be read, or see `compile_template`; names the file.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        compile_template(text)
    except (OSError, UnicodeDecodeError) as error:
        mend = "Judge templates stand in workflow_scripts/prompts/."
        raise UserError(problem(str(path), str(error), "a readable text file", mend)) from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    return text


def template_digest(template: str) -> str:
    """SHA-256 of a template's text: which prompt a verdict was given under."""
    return hashlib.sha256(template.encode()).hexdigest()


def fence_code(*contents: str) -> str:
    """A code of 16 hexadecimal digits, made from the contents by SHA-256, that occurs in none of them."""
    digest = hashlib.sha256(json.dumps(contents).encode()).hexdigest()
    while any(digest[:16] in content for content in contents):
        digest = hashlib.sha256(digest.encode()).hexdigest()
    return digest[:16]


def render_judge_prompt(candidate: Candidate, template: str) -> str:
    """The prompt that a judge gets; task, reference and response stand between marker lines.

    Raises:
        UserError: see `compile_template`.
    """
    response = strip_reasoning(candidate.response) or ""
    contents = dict(zip(_BLOCKS, (candidate.prompt, candidate.reference, response), strict=True))
    code = fence_code(*contents.values())
    fenced = {
        name: f"<<<{name} {code}>>>\n{text}\n<<<end {name} {code}>>>" for name, text in contents.items()
    }
    return compile_template(template).render(fence=code, **fenced)


def parse_reply(text: str) -> tuple[str, bool] | None:
    """Conclusion and verdict of a judge's whole reply; None where that is not the asked JSON object."""
    try:
        reply = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        return None
    # in this order: a verdict that stands before the conclusion was given before it
    if not isinstance(reply, dict) or list(reply) != ["conclusion", "passed"]:
        return None
    conclusion, passed = reply["conclusion"], reply["passed"]
    if not isinstance(conclusion, str) or not isinstance(passed, bool):
        return None
    return conclusion, passed


def _without_repeats(pairs: list[tuple[str, object]]) -> dict:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)


def judge_candidates(
    candidates: Sequence[Candidate],
    model: ChatModel,
    template: str,
    client: ChatClient,
    label: str = "judging",
) -> list[Verdict]:
    """The verdicts of one judge, in the order of `candidates`.

    Raises:
        UserError: the template is not usable (before any request), or the cache of answers fails.
    """
    compile_template(template)
    prompts = [render_judge_prompt(candidate, template) for candidate in candidates]
    requests = [ChatRequest(model, [{"role": "user", "content": prompt}], REPLY_SCHEMA) for prompt in prompts]
    return client.run_all([_judge(request, client) for request in requests], label, requests)


async def _judge(request: ChatRequest, client: ChatClient) -> Verdict:
    answer = await client.ask(request)
    answers = [answer]
    if answer.status in ("answered", "truncated") and parse_reply(answer.text) is None:
        reply = {"role": "assistant", "content": answer.text or "(no text)"}
        messages = [*request.messages, reply, {"role": "user", "content": _REPAIR}]
        answers.append(await client.ask(replace(request, messages=messages)))
    return _verdict(answers)


def _verdict(answers: list[ChatAnswer]) -> Verdict:
    last = answers[-1]
    spent = {
        "prompt_tokens": sum(answer.prompt_tokens for answer in answers),
        "completion_tokens": sum(answer.completion_tokens for answer in answers),
        "cost_usd": sum(answer.cost_usd for answer in answers),
    }
    if last.status in ("refused", "failed"):
        return Verdict(None, last.status, last.text or last.reason, **spent)
    parsed = parse_reply(last.text)
    if parsed is None:
        return Verdict(None, "unparsed", last.text, **spent)
    conclusion, passed = parsed
    return Verdict(passed, "scored", last.text, conclusion, **spent)


def judge_episodes(
    episodes: pl.DataFrame, tasks: pl.DataFrame, model: ChatModel, template: str, client: ChatClient
) -> pl.DataFrame:
    """Judge every episode, empty responses too; only what the engine lost (`error`) is `failed` unasked.

    Args:
        episodes: keeps the contract EPISODES.
        tasks: keeps the contract TASKS.

    Returns:
        A frame that keeps the contract VERDICTS, one row per episode; `template_sha256` is the
        template's, see `template_digest`. A request that several episodes share is paid once: its cost
        stands in the first of their rows.

    Raises:
        UserError: an episode of an unknown task; see also `judge_candidates`.
    """
    known = {row[0]: row[1:] for row in tasks.select("task_id", "prompt", "reference").iter_rows()}
    episodes = episodes.sort(EPISODE_KEY)
    unknown = sorted(set(episodes["task_id"]) - set(known))
    if unknown:
        mend = "Remake the episodes from these tasks."
        raise UserError(problem("episodes, column task_id", unknown[:3], "ids of the tasks table", mend))
    answered = episodes.filter(pl.col("finish_reason") != "error")
    candidates = [
        Candidate(*known[task_id], response)
        for task_id, response in answered.select("task_id", "response").iter_rows()
    ]
    judged = iter(judge_candidates(candidates, model, template, client))
    verdicts = [
        Verdict(None, "failed", "the engine gave no response") if finish == "error" else next(judged)
        for finish in episodes["finish_reason"]
    ]
    columns = [name for name in VERDICTS.columns if name not in (*EPISODE_KEY, "template_sha256")]
    types = {name: VERDICTS.columns[name].dtype.type for name in columns}
    frame = pl.DataFrame(
        {name: [getattr(verdict, name) for verdict in verdicts] for name in columns}, schema=types
    )
    keyed = pl.concat([episodes.select(EPISODE_KEY), frame], how="horizontal")
    return keyed.with_columns(template_sha256=pl.lit(template_digest(template)))
