"""Money: what a job would cost before its first call, and what may still be spent before each call.

Ceilings hold for a study over all its jobs: what was paid stands in the state file
(`skillift.chat.answer_cache`), committed together with each answer, and so does what outstanding batches may
cost. Prices are the study file's (`price`), else litellm's local map.

An estimate is an upper bound as far as the providers' tokenizers allow: prompts are counted with litellm's
own tokenizer (cl100k) and a margin for others, and every reply as if it used up `max_tokens`. Kept answers
cost nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from skillift.chat.answer_cache import AnswerCache
from skillift.chat.completions import declared_price, load_litellm
from skillift.chat.models import ChatAnswer, ChatModel, ChatRequest
from skillift.errors import UserError, problem

_TOKENIZER_MARGIN = 1.3
_TOKENS_OF_A_MESSAGE = 8  # what a chat template adds around one
_REPLY_WITHOUT_A_LIMIT = 4096


class OverBudgetError(UserError):
    """A job, or the next call of one, would pass a ceiling."""


@dataclass(frozen=True)
class Estimate:
    """What requests would cost at most: USD, number of calls, and their tokens."""

    usd: float = 0.0
    n_requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


def count_tokens(request: ChatRequest) -> tuple[int, int]:
    """Tokens of a request's prompt and, at most, of its reply."""
    encode = load_litellm().encoding.encode
    counted = sum(
        _TOKENS_OF_A_MESSAGE + len(encode(str(message["content"]), disallowed_special=()))
        for message in request.messages
    )
    return round(counted * _TOKENIZER_MARGIN), request.model.max_tokens or _REPLY_WITHOUT_A_LIMIT


def cost_of(request: ChatRequest) -> Estimate:
    """What one request costs at most.

    Raises:
        UserError: nobody knows the model's price.
    """
    price = price_of(request.model)
    prompt, reply = (0, 0) if request.model.offline else count_tokens(request)
    return Estimate((prompt * price[0] + reply * price[1]) / 1e6, 1, prompt, reply)


def without_usage(request: ChatRequest, answer: ChatAnswer) -> bool:
    """Whether a reply does not say which tokens it took."""
    lacking = not answer.prompt_tokens or (bool(answer.text) and not answer.completion_tokens)
    return not request.model.offline and lacking


def booked(request: ChatRequest, answer: ChatAnswer, share: float = 1.0) -> ChatAnswer:
    """An answer with what it is taken to have cost: where it does not say, its estimate, an upper bound.

    Args:
        request: what was asked.
        answer: what came.
        share: of its price, that the request costs.
    """
    if not without_usage(request, answer) or declared_price(request.model) is None:
        return answer
    return replace(answer, cost_usd=max(answer.cost_usd, cost_of(request).usd * share))


def full_price(_: ChatModel) -> float:
    """The share of the price that a direct call costs."""
    return 1.0


def estimate(
    requests: Iterable[ChatRequest],
    kept: AnswerCache | None = None,
    share: Callable[[ChatModel], float] = full_price,
) -> dict[str, Estimate]:
    """What `requests` cost at most, by model; equal ones count once, those with a kept answer not at all.

    Args:
        requests: what would be asked.
        kept: answers that were paid for.
        share: of its price, that a model's requests cost.

    Raises:
        UserError: nobody knows a model's price.
    """
    totals: dict[str, Estimate] = {}
    different = {request.key(): request for request in requests}
    for key, request in different.items():
        if kept is None or kept.get(key) is None:
            before, cost = totals.get(request.model.model, Estimate()), cost_of(request)
            totals[request.model.model] = Estimate(
                before.usd + cost.usd * share(request.model),
                before.n_requests + 1,
                before.prompt_tokens + cost.prompt_tokens,
                before.completion_tokens + cost.completion_tokens,
            )
    return totals


def price_of(model: ChatModel) -> tuple[float, float]:
    """(input, output) in USD per million tokens.

    Raises:
        UserError: neither the study nor litellm's price map knows it.
    """
    price = declared_price(model)
    if price is None:
        fix = (
            "Write `price: {input_per_million: ..., output_per_million: ...}` (USD) beside "
            f"`model: {model.model}` in the study file; 0 for a model of your own."
        )
        where = f"{model.where}, key 'price'"
        raise UserError(problem(where, None, "a price, since config.yaml sets a budget", fix))
    return price


@dataclass
class Budget:
    """Ceilings in USD over all jobs of a study.

    Args:
        ledger: where what was spent is kept.
        study_usd: for all models together; None for no ceiling.
        models_usd: for single models, by their full names.
        share: of its price, that a model's requests cost where they are asked as the job means to.
    """

    ledger: AnswerCache
    study_usd: float | None = None
    models_usd: Mapping[str, float] = field(default_factory=dict)
    share: Callable[[ChatModel], float] = full_price
    _under_way: dict[str, float] = field(default_factory=lambda: defaultdict(float), repr=False)

    def covers(self, model: ChatModel) -> bool:
        """Whether a ceiling holds for the model."""
        return not model.offline and (self.study_usd is not None or model.model in self.models_usd)

    def check_job(
        self,
        requests: Iterable[ChatRequest],
        kept: AnswerCache | None = None,
        outstanding: Collection[str] = (),
    ) -> None:
        """Stop a job that would pass a ceiling, before its first call.

        Args:
            requests: what will be asked.
            kept: answers that were paid for.
            outstanding: keys of requests in batches, whose cost is reserved.

        Raises:
            OverBudgetError: says what it would cost and what is left.
            UserError: nobody knows a model's price.
        """
        covered = [request for request in requests if self.covers(request.model)]
        new = (request for request in covered if not outstanding or request.key() not in outstanding)
        costs = estimate(new, kept, self.share)
        job = {name: cost.usd for name, cost in costs.items()}
        number = sum(cost.n_requests for cost in costs.values())
        self._check(job, f"this job would cost up to {sum(job.values()):.2f} USD for {number} requests")

    def cost_of_batch(self, requests: Collection[ChatRequest]) -> float:
        """What a batch of one model's requests costs at most; 0 where no ceiling holds.

        Raises:
            OverBudgetError: it might pass a ceiling.
            UserError: nobody knows the model's price.
        """
        covered = [request for request in requests if self.covers(request.model)]
        usd = sum(cost_of(request).usd * self.share(request.model) for request in covered)
        for model in {request.model.model for request in covered}:
            self._check({model: usd}, f"a batch of {len(covered)} requests would cost up to {usd:.2f} USD")
        return usd

    def reserve(self, request: ChatRequest) -> float:
        """Set the cost of a call aside before it is made; returns what `release` is to be given.

        Raises:
            OverBudgetError: it might pass a ceiling.
        """
        usd, model = cost_of(request).usd, request.model.model
        self._check({model: usd}, f"the next request would cost up to {usd:.4f} USD")
        self._under_way[model] += usd
        return usd

    def release(self, request: ChatRequest, usd: float) -> None:
        """The call has ended; what it really cost stands in the ledger."""
        self._under_way[request.model.model] -= usd

    def _check(self, more: Mapping[str, float], what: str) -> None:
        spent, reserved = self.ledger.spent(), self.ledger.reserved()
        ceilings: list[tuple[str | None, float, str]] = [
            (name, usd, f"api.budgets_usd.{name}") for name, usd in self.models_usd.items()
        ]
        if self.study_usd is not None:
            ceilings.append((None, self.study_usd, "api.budget_usd"))
        for name, ceiling, key in ceilings:
            paid, in_batches, called, new = (
                sum(usd for model, usd in table.items() if name in (None, model))
                for table in (spent, reserved, self._under_way, more)
            )
            under_way = in_batches + called
            if new > 0 and paid + under_way + new > ceiling * (1 + 1e-9):
                raise OverBudgetError(
                    f"config.yaml: {key}: the ceiling is {ceiling:.2f} USD, {paid:.2f} USD are spent, "
                    f"{under_way:.2f} USD are under way, and {what}. Raise the ceiling, or ask for less "
                    "(fewer tasks, a smaller max_tokens, a cheaper model). Answers that were paid for are "
                    "kept."
                )
