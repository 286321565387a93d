"""Claims about reference models: asked what the students are asked, and nothing lost becomes a fail."""

from __future__ import annotations

import hashlib

import polars as pl
import pytest
from made_specs import pack_of
from stub_models import STUB, chat_completion, chat_server, stub_provider

from skillift.chat.client import ChatAnswer, ChatClient, ChatModel
from skillift.contracts.pipeline import EPISODES
from skillift.episodes.references import ask_reference
from skillift.errors import UserError
from skillift.settings.chat_models import AskedModel
from skillift.settings.specs import ReferenceSpec
from skillift.tables import check
from skillift.taskpack import build_pack
from skillift.tasks.prompts import messages_for

PACK = pack_of(skills=4, per_skill={"train": 1, "dev": 1, "holdout": 2})
SKILLS, TASKS = build_pack(PACK)
HOLDOUT = TASKS.filter(pl.col("suite") == "holdout")
SPEC = {"conditions": ["none", "curated", "placebo"], "prompt_seed": 3, "suites": ["holdout"], "samples": 1}


def asked(**spec) -> ReferenceSpec:
    return ReferenceSpec(name="big", reference={"model": STUB.model}, **{**SPEC, **spec})


def _ask(answer, **spec):
    with stub_provider(answer) as arrived, ChatClient() as client:
        frame = ask_reference(TASKS, SKILLS, asked(**spec), STUB, client)
    return check(frame, EPISODES, "episodes"), [messages[0]["content"] for messages in arrived]


def test_every_task_is_asked_under_every_condition_in_the_students_words():
    episodes, asked = _ask(lambda _: "ANSWER: 1")
    rendered = messages_for(HOLDOUT, SKILLS, SPEC["conditions"], SPEC["prompt_seed"])
    assert sorted(asked) == sorted(rendered["content"])
    hashes = {
        (row["condition"], row["task_id"]): hashlib.sha256(row["content"].encode()).hexdigest()
        for row in rendered.iter_rows(named=True)
    }
    found = episodes.select("condition", "task_id", "prompt_sha256").iter_rows()
    assert {(condition, task_id): sha for condition, task_id, sha in found} == hashes
    assert episodes.select("step", "engine", "suite").unique().rows() == [(0, "api", "holdout")]
    assert episodes.select("prompt_tokens", "completion_tokens").unique().rows() == [(7, 3)]


def test_samples_are_asked_each():
    episodes, asked = _ask(lambda _: "ANSWER: 1", samples=2)
    assert len(asked) == episodes.height == 2 * 3 * HOLDOUT.height
    assert set(episodes["sample"]) == {0, 1}


@pytest.mark.parametrize(
    ("reply", "finish_reason", "response"),
    [
        (("ANSWER: 1", "stop"), "stop", "ANSWER: 1"),
        (("Step 1: cop", "length"), "length", "Step 1: cop"),
        (("ANSWER: 7, since the", "content_filter"), "error", ""),
        (("", "content_filter"), "error", ""),
        (("ANSWER: 7, since the", "error"), "error", ""),
        (("", "stop"), "error", ""),
    ],
)
def test_how_an_answer_ended_is_kept(reply, finish_reason, response):
    episodes, _ = _ask(lambda _: reply)
    assert episodes.select("finish_reason", "response").unique().rows() == [(finish_reason, response)]


def test_a_refusal_in_words_is_an_answer():
    reply = chat_completion("I will not.")
    reply["choices"][0]["message"]["refusal"] = "against the rules"
    with chat_server(lambda _: (200, reply)) as (address, _), ChatClient() as client:
        model = ChatModel.from_entry(AskedModel(model="hosted_vllm/big", api_base=address))
        episodes = ask_reference(TASKS, SKILLS, asked(), model, client)
    assert set(episodes["finish_reason"]) == {"stop"}


def test_half_an_answer_that_an_earlier_version_kept_is_not_scored():
    old = ChatAnswer("refused", text="ANSWER: 7, since the", reason="filtered by the provider")
    with ChatClient() as client:
        client.ask_all = lambda requests, _: [old] * len(requests)
        episodes = ask_reference(TASKS, SKILLS, asked(), STUB, client)
    assert set(episodes["finish_reason"]) == {"error"}


def test_a_lost_answer_is_an_error_and_not_an_empty_response():
    def respond(body):
        if body["messages"][0]["content"] == HOLDOUT["prompt"][0]:
            return 400, {"error": {"message": "no such thing"}}
        return 200, chat_completion("ANSWER: 1")

    with chat_server(respond) as (address, _), ChatClient() as client:
        model = ChatModel.from_entry(AskedModel(model="hosted_vllm/big", api_base=address))
        episodes = ask_reference(TASKS, SKILLS, asked(), model, client)
    lost = episodes.filter(pl.col("finish_reason") == "error")
    assert lost.select("condition", "task_id").rows() == [("none", HOLDOUT["task_id"][0])]


def test_suites_without_tasks_are_named():
    with pytest.raises(UserError, match=r"suites transfer: found 'no tasks'"):
        _ask(lambda _: "", suites=["transfer"])
