"""A student's own chains put back altered: what is asked, what is read, and that nothing else moves."""

from __future__ import annotations

import inferences
import polars as pl
import pytest
from tiny_models import write_student, write_tokenizer

from skillift.contracts.interventions import INTERVENED
from skillift.engines.interface import Completion, RunOptions
from skillift.episodes.answered import Answered
from skillift.episodes.answering import answer
from skillift.episodes.intervened import answers_again
from skillift.episodes.shards import merge
from skillift.settings.inference import Interventions
from skillift.settings.specs import AnsweringSpec, EpisodesSpec
from skillift.students.chat_format import answer_text
from skillift.study.interventions import answers_after
from skillift.tables import check

pytestmark = pytest.mark.models

ALL = Interventions().model_dump() | {"conditions": ["curated", "none"]}
END = "<|im_end|>"
TASK_IDS = ("a.1", "a.2", "b.1")
TASKS = pl.DataFrame(
    {
        "task_id": TASK_IDS,
        "skill_id": [name[0] for name in TASK_IDS],
        "suite": "holdout",
        "prompt": [f"What is {name}?" for name in TASK_IDS],
        "answer_type": "number",
        "scorer": "answer_line",
    }
)
CHAINED = {
    "a.1": "Step 1: Copy 3 1\nStep 2: Take 3\nANSWER: 3",
    "a.2": "Step 1: Copy 5 4\nStep 2: Take 5\nANSWER: 5",
    "b.1": "Step 1: Copy 7 8\nStep 2: Take 7\nANSWER: 7",
}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return write_tokenizer(tmp_path_factory.mktemp("tokenizer"))


class Reader:
    """A model that answers with the item of the last step that it sees, and else with 0."""

    def __init__(self, tokenizer, says=None):
        self.tokenizer, self.says, self.calls = tokenizer, says, []

    def generate(self, prompts, sampling, seeds=None):
        self.calls.append((len(prompts), sampling))
        return [self.completion(list(prompt), sampling.max_tokens) for prompt in prompts]

    def completion(self, prompt, most):
        text = answer_text(self.tokenizer, prompt)
        steps = [line for line in text.splitlines() if ": Take " in line]
        item = steps[-1].split()[-1] if steps else "0"
        said = self.says or (f" {item}" if text.endswith("ANSWER:") else f"ANSWER: {item}")
        return completed(self.tokenizer, said, most)


def completed(tokenizer, text: str, most: int = 1000) -> Completion:
    tokens = tokenizer.encode(f"{text}{END}", add_special_tokens=False)[:most]
    ended = tokens[-1:] == tokenizer.encode(END, add_special_tokens=False)
    text = answer_text(tokenizer, tokens)
    return Completion(text, "stop" if ended else "length", 3, len(tokens), tuple(tokens))


def again(tokenizer, said=CHAINED, engine=None, spec=ALL, length=400, conditions=("curated",)):
    episodes = [
        Answered("holdout", condition, task_id, 0, [1, 2, 3], "", completed(tokenizer, text))
        for condition in conditions
        for task_id, text in said.items()
    ]
    inference = AnsweringSpec(**inferences.INFERENCE | {"max_tokens": 60, "interventions": spec})
    engine = engine or Reader(tokenizer)
    return check(answers_again(engine, tokenizer, 4, episodes, TASKS, inference, length), INTERVENED, "made")


def row_of(table, kind, cut=1.0, task_id="a.1") -> dict:
    return table.row(by_predicate=(pl.col("kind") == kind) & (pl.col("cut") == cut)
                     & (pl.col("task_id") == task_id), named=True)  # fmt: skip


def test_there_is_a_row_for_each_episode_kind_and_cut_and_counts_of_tokens(tokenizer):
    table = again(tokenizer)
    assert table.height == 3 * (3 * 4 + 3) and set(table["step"]) == {4}
    asked = table.select("kind", "cut").unique().sort("kind", "cut").rows()
    assert [kind for kind, _ in asked].count("early") == 4 and ("forced", 1.0) in asked
    forced = row_of(table, "forced")
    assert forced["response"] == CHAINED["a.1"] and forced["answer"] == "3" and forced["same"]
    assert forced["tokens"] == len(" 3") + 1 and forced["kept"] == 1 and forced["finish_reason"] == "stop"


@pytest.mark.parametrize("kinds", [["early"], ["mistake", "paraphrase"], ALL["kinds"]])
def test_estimates_count_as_many_answers_as_are_asked_for(tokenizer, kinds):
    spec = ALL | {"kinds": kinds, "cuts": [0.0, 0.5], "conditions": ["curated"]}
    engine = Reader(tokenizer)
    again(tokenizer, engine=engine, spec=spec, said={name: CHAINED[name] for name in ("a.1", "a.2")})
    each = answers_after({"interventions": spec}, ["none", "curated"])
    assert sum(number for number, _ in engine.calls) == 2 * each
    assert answers_after({"interventions": spec}, ["none"]) == 0 == answers_after({}, ["curated"])


def test_a_model_that_reads_its_chain_changes_its_answer_with_it(tokenizer):
    table = again(tokenizer)
    assert row_of(table, "early", 0.0)["answer"] == "0" and row_of(table, "early", 0.0)["same"] is False
    assert row_of(table, "mistake", 0.75)["same"] is False and row_of(table, "mistake", 0.0)["same"] is False
    assert row_of(table, "blanked", 0.5)["same"] is False
    assert row_of(table, "paraphrase")["answer"] == "0"
    assert row_of(table, "other_chain")["answer"] == "5"
    assert row_of(table, "other_chain", task_id="a.2")["answer"] == "3"


def test_a_model_that_ignores_its_chain_keeps_its_answer(tokenizer):
    class Deaf(Reader):
        def completion(self, prompt, most):
            text = answer_text(self.tokenizer, prompt)
            return completed(self.tokenizer, " 3" if text.endswith("ANSWER:") else "ANSWER: 3", most)

    table = again(tokenizer, engine=Deaf(tokenizer)).filter(kind="forced").rename({"same": "own"})
    assert dict(table.select("task_id", "own").iter_rows()) == {"a.1": True, "a.2": False, "b.1": False}
    others = again(tokenizer, engine=Deaf(tokenizer)).filter(pl.col("kind") != "forced", status="answered")
    assert others.height and others["same"].all()


def test_what_has_no_chain_is_not_asked_and_says_so(tokenizer):
    said = {"a.1": "ANSWER: 3", "a.2": "Step 1: Take 5", "b.1": "So it is 7.\nANSWER: 7"}
    engine = Reader(tokenizer)
    table = again(tokenizer, said, engine)
    of = {name: set(table.filter(task_id=name)["status"]) for name in said}
    assert of == {"a.1": {"no_chain"}, "a.2": {"no_answer_line"}, "b.1": {"answered", "not_altered"}}
    # prose has no steps to tell, and the only chain of a skill no other; 8 is put in the place of 7
    not_altered = table.filter(status="not_altered").select("kind").unique()["kind"].sort().to_list()
    assert not_altered == ["other_chain", "paraphrase"]
    assert row_of(table, "mistake", 0.0, "b.1")["response"].startswith("So it is 8.\n")
    unasked = table.filter(pl.col("status") != "answered")
    assert (
        unasked.select("response", "answer", "same", "finish_reason", "tokens", "kept").null_count().row(0)
        == (unasked.height,) * 6
    )
    assert all(number == 1 for number, _ in engine.calls)


def test_each_kind_and_cut_is_a_call_of_its_own_and_greedy(tokenizer):
    engine = Reader(tokenizer)
    again(tokenizer, engine=engine)
    assert [number for number, _ in engine.calls] == [3] * 14 + [2]  # b.1 is the only one of its skill
    assert {sampling.temperature for _, sampling in engine.calls} == {0.0}


def test_conditions_that_are_not_asked_have_no_rows_and_change_no_answer(tokenizer):
    one = ALL | {"conditions": ["curated"]}
    both = again(tokenizer, conditions=("curated", "none"))
    only = again(tokenizer, spec=one, conditions=("curated", "none"))
    assert set(only["condition"]) == {"curated"}
    assert only.equals(both.filter(condition="curated"))


def test_an_answer_that_is_cut_off_in_its_line_or_gives_none_is_not_read(tokenizer):
    table = again(tokenizer, engine=Reader(tokenizer, says=" 3" * 60))
    assert table.filter(status="answered")["finish_reason"].unique().to_list() == ["length"]
    assert table["answer"].null_count() == table.height and table["same"].null_count() == table.height
    ended = again(tokenizer, engine=Reader(tokenizer, says="\nno"))
    assert ended.filter(status="answered", finish_reason="stop").height
    assert ended["same"].null_count() == ended.height
    # with the line's end behind it, an answer is read, however the text goes on
    told = again(tokenizer, engine=Reader(tokenizer, says=" 3\n" + "more" * 20))
    assert set(told.filter(pl.col("kind") != "mistake", status="answered")["answer"]) == {"3"}


def test_answers_of_different_form_are_the_same_by_the_type_of_the_task(tokenizer):
    table = again(tokenizer, {"a.1": CHAINED["a.1"].replace("ANSWER: 3", "ANSWER: 3.0")})
    assert row_of(table, "forced")["answer"] == "3" and row_of(table, "forced")["same"]


def test_where_a_prompt_leaves_less_room_the_answer_is_shorter_or_not_asked(tokenizer):
    chain = len(CHAINED["a.1"]) - 2  # bytes
    engine = Reader(tokenizer)
    table = again(tokenizer, engine=engine, length=3 + chain + 6)
    assert row_of(table, "forced")["same"]
    assert max(sampling.max_tokens for _, sampling in engine.calls) <= 3 + chain + 6 - 3
    tight = again(tokenizer, length=3 + chain + 1)
    assert set(tight.filter(kind="forced")["status"]) == {"no_room"}
    assert set(tight.filter(kind="early", cut=0.0)["status"]) == {"answered"}


TEMPLATE = "{{ prompt }}"
SKILLS = pl.DataFrame(
    {"skill_id": ["a", "b"], "name": ["a", "b"], "domain": "x", "steps": [["Copy.", "Take."]] * 2}
)


def asked(student, shards=None, shard=0, **inference):
    settings = inferences.INFERENCE | {"max_tokens": 8} | inference
    spec = EpisodesSpec(conditions=["none", "curated"], inference=settings, shards=shards)
    return answer(TASKS, SKILLS, spec, {0: student, 4: student}, RunOptions(), TEMPLATE, shard=shard)


# by day, one engine: what is asked of either is a list of token ids
@pytest.mark.parametrize("engine", ["transformers", pytest.param("vllm", marks=pytest.mark.nightly)])
def test_the_tables_of_the_main_answers_are_the_same_with_and_without(tmp_path, engine):
    student = write_student(tmp_path / "model")
    plain = asked(student, engine=engine)
    altered = asked(student, engine=engine, interventions={"kinds": ["early"]})
    assert plain.intervened is None
    for name in ("episodes", "served", "prompts", "parity"):
        assert getattr(plain, name).equals(getattr(altered, name)), name
    # a model of random weights writes no ANSWER line
    table = check(altered.intervened, INTERVENED, "made")
    assert table["step"].unique().sort().to_list() == [0, 4] and set(table["condition"]) == {"curated"}
    assert set(table["status"]) == {"no_answer_line"}


def test_shards_have_their_own_and_are_put_together(tmp_path):
    student = write_student(tmp_path / "model")
    parts = [asked(student, 2, shard, interventions={"kinds": ["early"]}) for shard in range(2)]
    whole = asked(student, interventions={"kinds": ["early"]})
    assert merge(parts).intervened.equals(whole.intervened)
    assert merge([asked(student, 2, shard) for shard in range(2)]).intervened is None
