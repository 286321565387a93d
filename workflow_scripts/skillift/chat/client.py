"""The one client for models that answer over a chat API: judges, teachers and reference models.

Requests go through litellm's asynchronous API, a bounded number at once. Every request ends in a `ChatAnswer`
with a status; nothing that a provider does to a single request raises. Calls that failed for a transient
reason are made again (`skillift.chat.retries`), within the provider's limits (`skillift.chat.rate_limits`)
and the study's budget (`skillift.chat.budget`). Equal requests within one client are asked once, and answers
are kept in `skillift.chat.answer_cache`. A job gives up where no request can succeed or too many fail
(`skillift.chat.giving_up`). Where a provider offers batches, the requests that are known beforehand may go in
these (`skillift.chat.batches.asking`). Judges of the provider `offline` (`skillift.chat.offline_judges`) go
through the same client, without litellm.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from skillift.chat.access import check_access
from skillift.chat.answer_cache import AnswerCache
from skillift.chat.batches.asking import Batches
from skillift.chat.batches.batch_settings import BatchSettings
from skillift.chat.budget import Budget, booked, count_tokens, without_usage
from skillift.chat.client_options import add_client_options, client_options
from skillift.chat.completions import complete, load_litellm
from skillift.chat.counts import Counts
from skillift.chat.giving_up import FIRST_CALLS, GivingUp, place_of
from skillift.chat.models import ChatAnswer, ChatModel, ChatRequest, Result
from skillift.chat.rate_limits import RateLimits
from skillift.chat.retries import CallFailed, retrying
from skillift.errors import UserError
from skillift.processes.progress import Progress
from skillift.redaction import secrets

__all__ = [
    "ChatAnswer",
    "ChatClient",
    "ChatModel",
    "ChatRequest",
    "add_client_options",
    "load_litellm",
    "open_client",
]


@dataclass
class ChatClient:
    """Asks chat models. A context manager that keeps one event loop for its life.

    Args:
        concurrency: requests under way at once.
        timeout_s: seconds after which a call has failed.
        cache: where answers, what was spent, and the limits' state are kept; None to keep none.
        retries: how often a call that failed for a transient reason is made again.
        backoff_s: the longest pause before the first retry; see `retries.pause`.
        requests_per_minute: for each model; None for no limit.
        tokens_per_minute: for each model, prompts and replies; None for no limit.
        budget_usd: ceiling of what all jobs of the study spend; None for none.
        budgets_usd: ceilings for single models, by name.
        batch: which models are asked in batches, and how.
        max_failed_share: fraction of the requests to a model, over all that this client is given, that may
            fail; None to go on whatever fails.
    """

    concurrency: int = 64
    timeout_s: float = 120.0
    cache: AnswerCache | None = None
    retries: int = 0
    backoff_s: float = 1.0
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    budget_usd: float | None = None
    budgets_usd: Mapping[str, float] = field(default_factory=dict)
    batch: BatchSettings = field(default_factory=BatchSettings)
    max_failed_share: float | None = None
    _asked: dict[str, asyncio.Task] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        state = AnswerCache(":memory:") if self.cache is None else self.cache
        self.counts = Counts()
        self._state = state
        self._limits = RateLimits(state, self.requests_per_minute, self.tokens_per_minute)
        self._budget = Budget(state, self.budget_usd, self.budgets_usd, self.batch.share)
        self._slots = asyncio.Semaphore(self.concurrency)
        self._secrets = secrets()
        self._checked: set[str] = set()
        self._giving_up = GivingUp(self.max_failed_share, lambda key: state.get(key) is not None)
        self._first: dict[str, asyncio.Semaphore] = {}
        self._under_way: set[asyncio.Task] = set()
        self._told: set[str] = set()
        self._runner = asyncio.Runner()
        self._batches = Batches(
            self.batch,
            state,
            self._budget,
            self.counts,
            self._secrets,
            self.timeout_s,
            self.retries,
            self.backoff_s,
            self._check_access,
        )
        self._from_batches: dict[str, ChatAnswer] = {}

    def __enter__(self) -> ChatClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()
        if self.cache is None:
            self._state.close()

    def ask_all(self, requests: Sequence[ChatRequest], label: str = "") -> list[ChatAnswer]:
        """The answers to `requests`, in their order.

        Raises:
            UserError: see `run_all`.
        """
        return self.run_all([self.ask(request) for request in requests], label, requests)

    def run_all(
        self,
        conversations: Sequence[Coroutine[Any, Any, Result]],
        label: str = "",
        requests: Sequence[ChatRequest] = (),
    ) -> list[Result]:
        """Run coroutines that await `ask`, all at once, with lines of progress; their results in order.

        Args:
            conversations: what is run.
            label: says in the lines of progress what is done.
            requests: the requests that are known beforehand; the budget is checked for them all at once, and
                those of models that are asked in batches are.

        Raises:
            UserError: a model cannot be asked, a budget would be passed, the cache of answers cannot be used,
                or more requests failed than may; answers that were paid for are kept.
        """
        self._giving_up.begin(requests)
        try:
            self._budget.check_job(requests, self.cache, self._batches.state.lines())
            self._from_batches |= self._runner.run(self._batches.ask(requests, label))
        except BaseException:
            for conversation in conversations:
                conversation.close()
            raise
        return self._runner.run(self._gather(conversations, label))

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        """The answer to one request. A request asked before is not asked, and not paid, again."""
        key = request.key()
        if key in self._asked:
            return replace(await self._asked[key], cost_usd=0.0)
        self._asked[key] = asyncio.ensure_future(self._answer(key, request))
        return await self._asked[key]

    def end(self, error: UserError) -> UserError:
        """Let no more calls leave, as `error` is about to be raised."""
        return self._giving_up.end(error)

    async def _answer(self, key: str, request: ChatRequest) -> ChatAnswer:
        try:
            return await self._find(key, request)
        except UserError as error:
            raise self.end(error) from None

    async def _find(self, key: str, request: ChatRequest) -> ChatAnswer:
        if key in self._from_batches:
            answer = self._from_batches.pop(key)
            if answer.status == "failed":
                self._giving_up.note_failed(key, request.model, answer.reason)
            return answer
        # an offline judge's answer depends on this library's code, which no key can name
        cache = None if request.model.offline else self.cache
        if cache is not None and (kept := cache.get(key)) is not None:
            self.counts.cached += 1
            return ChatAnswer(**kept)
        if request.model.offline:
            return await self._dispatch(key, request)
        # nobody knows yet whether it answers at all: a dead one is to cost few calls
        async with self._first.setdefault(place_of(request.model), asyncio.Semaphore(FIRST_CALLS)):
            if not self._giving_up.has_answered(request.model):
                return await self._dispatch(key, request)
        return await self._dispatch(key, request)

    async def _dispatch(self, key: str, request: ChatRequest) -> ChatAnswer:
        """Every request that leaves passes here, with all its attempts."""
        try:
            return await retrying(self.retries, self.backoff_s, self._count_retry)(
                self._attempt, key, request
            )
        except CallFailed as failure:
            if failure.answer is not None:  # it was paid for as a failure
                self._state.put(key, asdict(failure.answer))
                self._giving_up.note_answer(request.model)
                return failure.answer
            self._giving_up.note_lasting(failure, request.model)
            self.counts.failed += 1
            of_model = failure.transient and failure.retries is None
            self._giving_up.note_failed(key, request.model, failure.reason, of_model)
            return ChatAnswer("failed", reason=failure.reason)

    async def _attempt(self, key: str, request: ChatRequest) -> ChatAnswer:
        async with self._slots:
            self._giving_up.check()
            self._check_access(request.model)
            limited = self.tokens_per_minute and not request.model.offline
            tokens = sum(count_tokens(request)) if limited else 0
            await self._limits.wait(request.model.model, tokens)
            if request.model.offline:
                answer = await complete(request, self.timeout_s, self._secrets)
            else:
                # a task of its own, so that a job that ends early still gets what it pays for
                call = asyncio.ensure_future(self._call(key, request))
                self._under_way.add(call)
                call.add_done_callback(self._under_way.discard)
                answer = await asyncio.shield(call)
        self._limits.correct(request.model.model, answer.prompt_tokens + answer.completion_tokens - tokens)
        return answer

    async def _call(self, key: str, request: ChatRequest) -> ChatAnswer:
        """One call, which is paid for, and whose answer is kept."""
        covered = self._budget.covers(request.model)
        reserved = self._budget.reserve(request) if covered else 0.0
        try:
            answer = await complete(request, self.timeout_s, self._secrets)
            self._warn_without_usage(request, answer)
            answer = booked(request, answer)
            # kept before the slot is free: at a kill, no more answers are lost than there are slots
            self._keep(key, request, answer)
        except CallFailed as failure:
            self.counts.usd += failure.usd
            self._state.pay(request.model.model, failure.usd)
            raise
        finally:
            if covered:
                self._budget.release(request, reserved)
        self._giving_up.note_answer(request.model)
        return answer

    def _warn_without_usage(self, request: ChatRequest, answer: ChatAnswer) -> None:
        model = request.model
        if model.model not in self._told and without_usage(request, answer):
            self._told.add(model.model)
            print(
                f"warning: {model.where} ({model.model}): replies do not say what they took (no `usage`); "
                "each is counted as the most that it may have cost.",
                file=sys.stderr,
                flush=True,
            )

    def _keep(self, key: str, request: ChatRequest, answer: ChatAnswer) -> None:
        self.counts.usd += answer.cost_usd
        self._state.put(key, asdict(answer), request.model.model, answer.cost_usd)

    def _count_retry(self) -> None:
        self.counts.retried += 1

    def _check_access(self, model: ChatModel) -> None:
        place = place_of(model)
        if place not in self._checked:
            check_access(model)
            self._checked.add(place)

    async def _gather(self, conversations: Sequence[Coroutine], label: str) -> list:
        tasks = [asyncio.ensure_future(conversation) for conversation in conversations]
        cached = self.counts.cached

        def look(progress: Progress) -> None:
            # answers that were kept take no time
            progress.skipped = min(self.counts.cached - cached, progress.done)
            progress.notes = self.counts.notes(progress.done)

        with Progress(label or "asking", len(tasks), "answer") as progress:
            progress.look = look
            for task in tasks:
                task.add_done_callback(lambda _: progress.advance())
            try:
                results = list(await asyncio.gather(*tasks))
                look(progress)  # or the last line would say what the one before it said
                return results
            except BaseException as error:
                for task in tasks:
                    task.cancel()
                if not isinstance(error, UserError):
                    for call in self._under_way:
                        call.cancel()
                # no more calls leave; those under way are paid for, and their answers are kept
                await asyncio.gather(*tasks, *self._under_way, return_exceptions=True)
                raise


def open_client(options: argparse.Namespace) -> ChatClient:
    """A client as `add_client_options` declares it; it closes its cache of answers with itself.

    Raises:
        UserError: the cache cannot be used.
    """
    return _ClientWithCache(**client_options(options), cache=AnswerCache(options.cache))


class _ClientWithCache(ChatClient):
    def __exit__(self, *what: object) -> None:
        super().__exit__(*what)
        self._state.close()
