"""When a job gives up: no other question can be answered, or more have failed than the study allows.

From then on no call leaves. Calls that are under way are paid for, so they are waited for and kept
(`skillift.chat.client`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from skillift.chat.failures import allowed, too_many_failed
from skillift.chat.models import ChatModel, ChatRequest
from skillift.chat.retries import CallFailed
from skillift.errors import UserError

FIRST_CALLS = 4  # that a model gets at once until it has answered; where all fail, the job gives up

_HOPELESS = {  # no request to a model that has not answered yet can succeed
    403: "The provider forbids the call: check what the key may do, and whether you are offered the model.",
    404: "The provider does not know the model, or `api_base` has a wrong path: check both.",
}
_KEPT = "Answers that were paid for are kept; the same command goes on."


@dataclass
class GivingUp:
    """What a client has seen of its models.

    Args:
        max_failed_share: fraction of the requests to a model, over all that the client is given, that may
            fail; None to go on whatever fails.
        kept: whether the answer to a request, by key, is kept.
    """

    max_failed_share: float | None = None
    kept: Callable[[str], bool] = lambda _: False
    error: UserError | None = None
    _failed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # keys of requests
    _requests: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _answered: set[str] = field(default_factory=set)

    def begin(self, requests: Iterable[ChatRequest]) -> None:
        """Further requests are given to the client."""
        self.error = None
        for request in requests:
            self._requests[place_of(request.model)].add(request.key())

    def end(self, error: UserError) -> UserError:
        """Let no more calls leave; returns `error`, to be raised."""
        self.error = self.error or error
        return error

    def check(self) -> None:
        """Raise the error that ended the job, if there is one."""
        if self.error is not None:
            raise self.error

    def note_answer(self, model: ChatModel) -> None:
        """The model has answered."""
        self._answered.add(place_of(model))

    def has_answered(self, model: ChatModel) -> bool:
        """Whether the model has answered any request."""
        return place_of(model) in self._answered

    def note_lasting(self, failure: CallFailed, model: ChatModel) -> None:
        """See whether a failure that no retry helps leaves any hope for other requests.

        Raises:
            UserError: it leaves none; names the study's key and the fix.
        """
        key, fix = "model", failure.account
        if not fix and not self.has_answered(model):
            hopeless = "" if failure.code is None else _HOPELESS.get(failure.code, "")
            key, fix = failure.setting if failure.setting[0] else ("model", hopeless)
        if fix:
            where = f"{model.where}, key '{key}' ({model.model})"
            raise self.end(UserError(f"{where}: {failure.reason}. {fix} {_KEPT}"))

    def note_failed(self, key: str, model: ChatModel, reason: str, of_model: bool = False) -> None:
        """Count a request that has failed.

        Args:
            key: the request's.
            model: the model that was asked.
            reason: why it failed.
            of_model: whether that is for something that would pass if the model were well, so that it says
                nothing of the request.

        Raises:
            UserError: more have than may, or every first one has; shows one of the reasons.
        """
        place, share = place_of(model), self.max_failed_share
        self._failed[place].add(key)
        if share is None or share >= 1:
            return
        n_failed = len(self._failed[place])
        number = max(len(self._requests[place]), n_failed)
        none_answered = n_failed >= FIRST_CALLS and place not in self._answered
        # a few questions that fail for good must not end a job whose others are answered
        none_answered &= of_model or not any(map(self.kept, self._requests[place]))
        if none_answered or n_failed > allowed(share, number):
            where = f"{model.where} ({model.model})"
            raise self.end(too_many_failed(where, n_failed, number, share, reason))


def place_of(model: ChatModel) -> str:
    """A model at an address."""
    return f"{model.model} {model.api_base}"
