"""Verdicts of a judge on responses: the prompt, one repair request, a verdict for each.

A judge sees a task's bare prompt, its reference and a response, and nothing that tells the condition, the
student or the run. The response is untrusted text: it stands between marker lines whose code is made from
a hash of the content, so it cannot close them. A reply that cannot be read (`skillift.judging.replies`) is
`unparsed`: unscored is never a fail. A judge whose replies cannot be read one after another is asked no more.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import jinja2
import jinja2.meta
import polars as pl

from skillift.answers.reasoning import strip_reasoning
from skillift.chat.models import Asker, ChatAnswer, ChatModel, ChatRequest, Spent
from skillift.contracts.pipeline import EPISODE_KEY, VERDICTS
from skillift.errors import UserError, problem
from skillift.judging.replies import REPLY_SCHEMA, parse_reply
from skillift.protocols import PROTOCOL, keyed

NO_RESPONSE = "the engine gave no response"  # `raw` of an episode that was not asked about
_FIRST_REPLIES = 4  # that a judge is asked for at once until one could be read
_SHOWN = 600  # characters of a reply that a message holds
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
            problem(where, error.message, "a valid Jinja template", "Correct the template.")
        ) from None
    missing = [name for name in _BLOCKS if name not in used]
    if missing:
        fix = f"Write {', '.join('{{ ' + name + ' }}' for name in missing)} where the text is to stand."
        raise UserError(
            problem("judge template", sorted(used), f"the placeholders {', '.join(_BLOCKS)}", fix)
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
        fix = "Judge templates stand in workflow_scripts/assets/prompts/."
        raise UserError(problem(str(path), str(error), "a readable text file", fix)) from None
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


def judge_candidates(
    candidates: Sequence[Candidate],
    model: ChatModel,
    template: str,
    client: Asker,
    label: str = "judging",
    max_unparsed: int | None = None,
) -> list[Verdict]:
    """The verdicts of one judge, in the order of `candidates`.

    Args:
        candidates: what is judged.
        model: the judge.
        template: the text of its template.
        client: asks it.
        label: says in the lines of progress what is done.
        max_unparsed: number of replies in a row that cannot be read after which the job ends; None for any.

    Raises:
        UserError: the template is not usable (before any request), the client's own, or too many replies in a
            row cannot be read: shows one.
    """
    compile_template(template)
    prompts = [render_judge_prompt(candidate, template) for candidate in candidates]
    requests = [ChatRequest(model, [{"role": "user", "content": prompt}], REPLY_SCHEMA) for prompt in prompts]
    judging = _Judging(model, client, max_unparsed)
    return client.run_all([judging.judge(request) for request in requests], label, requests)


@dataclass
class _Judging:
    """One judge's replies of one job, read as they come.

    Until one could be read, few are asked for at once: a judge that cannot keep the form is to cost little.
    """

    model: ChatModel
    client: Asker
    max_unparsed: int | None
    _readable: bool = False
    _in_a_row: int = 0
    _first: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_FIRST_REPLIES))

    async def judge(self, request: ChatRequest) -> Verdict:
        """The verdict on one request."""
        async with self._first:
            if not self._readable:
                return await self._judge(request)
        return await self._judge(request)

    async def _judge(self, request: ChatRequest) -> Verdict:
        """One repair is asked for, unless the reply has no text to repair."""
        answers = [await self.client.ask(request)]
        text = answers[0].text
        if answers[0].status in ("answered", "truncated"):
            if parse_reply(text) is None and strip_reasoning(text):
                reply = {"role": "assistant", "content": text}
                messages = [*request.messages, reply, {"role": "user", "content": _REPAIR}]
                answers.append(await self.client.ask(replace(request, messages=messages)))
            self._count(answers[-1])
        return _verdict(answers, self.model)

    def _count(self, last: ChatAnswer) -> None:
        """Count what could not be read after its repair.

        Raises:
            UserError: too many in a row.
        """
        if last.status in ("refused", "failed"):
            return
        if parse_reply(last.text) is not None:
            self._readable, self._in_a_row = True, 0
            return
        self._in_a_row += 1
        if self.max_unparsed is None or self._in_a_row < self.max_unparsed:
            return
        shown = last.text if len(last.text) <= _SHOWN else f"{last.text[:_SHOWN]} ..."
        fix = (
            f"Set {self.model.where}.response_format (json_schema, json_object or none) to what its server "
            "takes, or name another judge."
        )
        if last.status == "truncated":
            fix = _more_tokens(self.model)
        raise self.client.end(
            UserError(
                f"{self.model.where} ({self.model.model}): {self._in_a_row} replies in a row cannot be read "
                f"as a verdict (judging.max_unparsed_in_a_row). One of them: {shown!r}. {fix} Replies are "
                "kept: the same command reads them again, and asks nothing that was answered."
            )
        )


def _more_tokens(model: ChatModel) -> str:
    return f"It was cut off: raise max_tokens of {model.where} (now {model.max_tokens})."


def _verdict(answers: list[ChatAnswer], model: ChatModel) -> Verdict:
    last = answers[-1]
    spent: Spent = {
        "prompt_tokens": sum(answer.prompt_tokens for answer in answers),
        "completion_tokens": sum(answer.completion_tokens for answer in answers),
        "cost_usd": sum(answer.cost_usd for answer in answers),
    }
    if last.status in ("refused", "failed"):
        return Verdict(None, last.status, last.text or last.reason, **spent)
    parsed = parse_reply(last.text)
    if parsed is None:
        cut = f"{_more_tokens(model)} The reply: " if last.status == "truncated" else ""
        return Verdict(None, "unparsed", f"{cut}{last.text}", **spent)
    conclusion, passed = parsed
    return Verdict(passed, "scored", last.text, conclusion, **spent)


def judge_episodes(
    episodes: pl.DataFrame,
    tasks: pl.DataFrame,
    model: ChatModel,
    template: str,
    client: Asker,
    max_unparsed: int | None = None,
    protocols: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Judge every episode, empty responses too; only what the engine lost (`error`) is `failed` unasked.

    Args:
        episodes: keeps the contract EPISODES.
        tasks: keeps the contract TASKS.
        protocols: those whose episodes this judge judges; None for all.

    Returns:
        A frame that keeps the contract VERDICTS, one row per episode that is judged; `template_sha256` is the
        template's, see `template_digest`. A request that several episodes share is paid once: its cost
        stands in the first of their rows.

    Raises:
        UserError: an episode of an unknown task; see also `judge_candidates`.
    """
    known = {row[0]: row[1:] for row in tasks.select("task_id", "prompt", "reference").iter_rows()}
    if protocols is not None:
        episodes = episodes.filter(pl.col(PROTOCOL).is_in(protocols))
    key = keyed(episodes, EPISODE_KEY)
    episodes = episodes.sort(key)
    unknown = sorted(set(episodes["task_id"]) - set(known))
    if unknown:
        fix = "Remake the episodes from these tasks."
        raise UserError(problem("episodes, column task_id", unknown[:3], "ids of the tasks table", fix))
    answered = episodes.filter(pl.col("finish_reason") != "error")
    candidates = [
        Candidate(prompt=known[task_id][0], reference=known[task_id][1], response=response)
        for task_id, response in answered.select("task_id", "response").iter_rows()
    ]
    judged = iter(judge_candidates(candidates, model, template, client, max_unparsed=max_unparsed))
    verdicts = [
        Verdict(None, "failed", NO_RESPONSE) if finish == "error" else next(judged)
        for finish in episodes["finish_reason"]
    ]
    columns = [name for name in VERDICTS.columns if name not in (*EPISODE_KEY, "template_sha256")]
    types = {name: VERDICTS.columns[name].dtype.type for name in columns}
    frame = pl.DataFrame(
        {name: [getattr(verdict, name) for verdict in verdicts] for name in columns}, schema=types
    )
    judged_rows = pl.concat([episodes.select(key), frame], how="horizontal")
    return judged_rows.with_columns(template_sha256=pl.lit(template_digest(template)))


def failed(verdicts: pl.DataFrame) -> list[str]:
    """The reasons of the questions that failed; what was never asked is not among them.

    Args:
        verdicts: has the columns `status` and `raw` of the contract VERDICTS.
    """
    return verdicts.filter(pl.col("status") == "failed", pl.col("raw") != NO_RESPONSE)["raw"].to_list()
