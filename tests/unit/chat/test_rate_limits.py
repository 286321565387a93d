"""Claims about limits of requests and tokens a minute."""

from __future__ import annotations

import asyncio
import time

import pytest
from stub_models import STUB, stub_provider

from skillift.chat.answer_cache import AnswerCache
from skillift.chat.client import ChatClient, ChatRequest
from skillift.chat.rate_limits import RateLimits


def _departures(n_requests, cache=None, **limits):
    left = []

    def answer(_):
        left.append(time.monotonic())
        return "yes"

    with stub_provider(answer), ChatClient(cache=cache, **limits) as client:
        client.ask_all([ChatRequest(STUB, [{"role": "user", "content": str(n)}]) for n in range(n_requests)])
    return left


@pytest.mark.slow
def test_requests_leave_not_more_often_than_allowed():
    start = time.monotonic()
    left = _departures(6, requests_per_minute=300)
    assert left[-1] - start > 0.99  # five pauses of 0.2 s


def test_a_limit_holds_over_jobs_that_share_the_state(tmp_path):
    async def leave(state):
        await RateLimits(state, requests_per_minute=120).wait("m/x", 0)
        return time.monotonic()

    with AnswerCache(tmp_path / "a.sqlite") as first, AnswerCache(tmp_path / "a.sqlite") as second:
        one = asyncio.run(leave(first))
        assert asyncio.run(leave(second)) - one >= 0.45


@pytest.mark.slow
def test_tokens_are_counted_as_they_came_out():
    async def total(used):
        with AnswerCache(":memory:") as state:
            limits = RateLimits(state, tokens_per_minute=60_000)
            start = time.monotonic()
            await limits.wait("m/x", 1000)
            limits.correct("m/x", used - 1000)
            await limits.wait("m/x", 1000)
            return time.monotonic() - start

    assert asyncio.run(total(1000)) > 0.95
    assert asyncio.run(total(100)) < 0.95


def test_a_request_larger_than_a_minutes_tokens_leaves_all_the_same():
    async def leave():
        with AnswerCache(":memory:") as state:
            start = time.monotonic()
            await asyncio.wait_for(RateLimits(state, tokens_per_minute=10).wait("m/x", 1000), 5)
            return time.monotonic() - start

    assert asyncio.run(leave()) < 5


def test_a_clock_that_was_set_back_stops_nobody():
    with AnswerCache(":memory:") as state:
        assert state.take_turn({"m/x requests": 1.0}, now=1e9) == 0
        assert state.take_turn({"m/x requests": 1.0}, now=1e9) == pytest.approx(1.0)
        assert state.take_turn({"m/x requests": 1.0}, now=1e9 - 86400) == 0
