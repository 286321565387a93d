"""Limits of a provider, kept on this side: requests and tokens a minute, for each model.

Requests are spaced evenly: at 60 a minute one leaves each second, so no window of any length holds more than
its share. When the next may leave stands in the state file (`skillift.chat.answer_cache`), so the limits hold
over all jobs of a study, and an earlier job's death leaves nothing to wait for but its last request's share.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field

from skillift.chat.answer_cache import AnswerCache


@dataclass
class RateLimits:
    """Waits until a request may leave.

    Args:
        state: where the times are kept.
        requests_per_minute: None for no limit.
        tokens_per_minute: None for no limit; counts prompt and reply.
    """

    state: AnswerCache
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    _turns: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock), repr=False)

    async def wait(self, model: str, tokens: int) -> None:
        """Return when a request of `tokens` tokens to `model` may leave."""
        shares = {}
        if self.requests_per_minute:
            shares[f"{model} requests"] = 60.0 / self.requests_per_minute
        if self.tokens_per_minute:
            shares[f"{model} tokens"] = 60.0 * tokens / self.tokens_per_minute
        if not shares:
            return
        async with self._turns[model]:  # in the order of arrival, and one at a time asks the file
            while (seconds := self.state.take_turn(shares, time.time())) > 0:
                await asyncio.sleep(seconds)

    def correct(self, model: str, tokens: int) -> None:
        """Count `tokens` more (or, negative, fewer) than were expected of a request that has left."""
        if self.tokens_per_minute and tokens:
            self.state.shift_turn(f"{model} tokens", 60.0 * tokens / self.tokens_per_minute)
