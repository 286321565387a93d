"""The one layer of retries: which failed calls are made again, and when.

Calls that failed for a transient reason are made again after an exponentially growing, random pause, or after
the time that the provider asks for by `Retry-After`. The retries of litellm and of the SDKs below it are off
(`skillift.chat.completions`), or they would multiply with these.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

import tenacity

from skillift.chat.failures import LONGEST_WAIT_S, account_problem
from skillift.chat.models import ChatAnswer

_TRANSIENT = {408, 409, 429}  # the 4xx that another attempt can fix
_LONGEST_PAUSE_S = 60.0


class CallFailed(Exception):  # noqa: N818 (it is no bug)
    """A call that brought no usable answer.

    Attributes:
        reason: what happened, without secrets, on one line.
        code: the HTTP status, or None where there was none.
        retry_after: seconds that the provider asks to wait, or None.
        usd: what the provider charges all the same.
        account: the fix where the key or the account can be asked nothing more; else empty.
        setting: key of a setting that the model does not take, and the fix; else two empty texts.
        retries: how often it is worth another attempt at most; None for as often as any.
        answer: what stands for it once no attempt is left; None where it has `failed`.
    """

    def __init__(
        self,
        reason: str,
        code: int | None = None,
        retry_after: float | None = None,
        usd: float = 0.0,
        *,
        text: str = "",
        setting: tuple[str, str] = ("", ""),
        retries: int | None = None,
        answer: ChatAnswer | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason, self.code, self.retry_after, self.usd = reason, code, retry_after, usd
        self.account = account_problem(code, text or reason, retry_after)
        self.setting, self.retries, self.answer = setting, retries, answer

    @property
    def transient(self) -> bool:
        """Whether another attempt may succeed: everything but a 4xx other than 408, 409 and 429.

        A reply that cannot be read carries the status 200 or none; it counts as transient. A 429 that says
        that money or a day's quota is used up does not.
        """
        return not self.permanent and (self.retry_after or 0.0) <= LONGEST_WAIT_S

    @property
    def permanent(self) -> bool:
        """Whether the provider has refused the call for good, so that it had no effect."""
        refused = self.code is not None and 400 <= self.code < 500
        return refused and (self.code not in _TRANSIENT or bool(self.account))


def retry_after(headers: Mapping[str, str] | None, now: float | None = None) -> float | None:
    """Seconds that a reply's `Retry-After` asks for (a number or a date); None without a readable one."""
    value = {str(name).lower(): str(text) for name, text in (headers or {}).items()}.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - (time.time() if now is None else now)
        except (TypeError, ValueError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def pause(attempt: int, asked: float | None, backoff_s: float) -> float:
    """Seconds before the next attempt.

    Args:
        attempt: number of attempts made, from 1.
        asked: what the provider asks for; a little is added, so that not all come back at once.
        backoff_s: the longest pause after the first attempt; it doubles from one to the next, up to 60 s.
    """
    if asked is not None:
        return asked + random.uniform(0, min(backoff_s, 0.1 * asked + 0.1))
    return random.uniform(0, min(_LONGEST_PAUSE_S, backoff_s * 2.0 ** (attempt - 1)))


def retrying(retries: int, backoff_s: float, on_retry: Callable[[], None]) -> tenacity.AsyncRetrying:
    """Runs a coroutine function up to `retries` times more while it raises a transient `CallFailed`.

    The last `CallFailed` is raised. `on_retry` is called before each pause.
    """

    def wait(state: tenacity.RetryCallState) -> float:
        failure = state.outcome.exception()
        return pause(state.attempt_number, failure.retry_after, backoff_s)

    def over(state: tenacity.RetryCallState) -> bool:
        most = state.outcome.exception().retries
        return state.attempt_number > (retries if most is None else min(most, retries))

    return tenacity.AsyncRetrying(
        stop=over,
        wait=wait,
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, CallFailed) and error.transient),
        before_sleep=lambda _: on_retry(),
        reraise=True,
    )
