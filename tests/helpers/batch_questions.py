"""Questions to a loopback server of batches, asked as a job asks them."""

from __future__ import annotations

from stub_models import chat_completion

from skillift.chat.batches.batch_settings import BatchSettings
from skillift.chat.client import ChatClient, ChatModel, ChatRequest

PRICE = (0.0, 1000.0)  # a reply of 3 tokens costs 0.3 cents, half in a batch
MODEL = "hosted_vllm/served"
EXPECTED = [f"reply to question {n}" for n in range(6)]


def echo(body):
    """What the server answers."""
    return 200, chat_completion(f"reply to {body['messages'][0]['content']}")


def requests_to(address, n_requests=6, model=MODEL, schema=None, **entry):
    """So many questions to a model of the server."""
    asked = ChatModel(model, api_base=address, max_tokens=3, price=PRICE, **entry)
    messages = ([{"role": "user", "content": f"question {n}"}] for n in range(n_requests))
    return [ChatRequest(asked, each, schema) for each in messages]


def settings(model=MODEL, **options):
    """Batches of four questions for one model, looked at all the time."""
    return BatchSettings(frozenset([model]), **{"poll_s": 0.02, "most_requests": 4, **options})


def ask(cache, requests, batch=None, **options):
    """The answers, and the client that was asked."""
    with ChatClient(
        cache=cache, batch=batch or settings(), timeout_s=20, backoff_s=0.01, **options
    ) as client:
        return client.ask_all(requests, "asking"), client


def texts(answers):
    """What the answers say."""
    return [answer.text for answer in answers]
