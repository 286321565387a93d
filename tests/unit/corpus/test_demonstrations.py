"""Claims about demonstrations: what the teacher hands over, what is made wrong, what is kept."""

from __future__ import annotations

import polars as pl
import pytest
from made_specs import pack_of
from stub_models import STUB, chat_completion, chat_server, stub_provider

from skillift.chat.answer_cache import AnswerCache
from skillift.chat.client import ChatClient, ChatModel
from skillift.contracts.pipeline import DEMONSTRATIONS
from skillift.corpus.corpora import select_corpus
from skillift.corpus.demonstrations import collect_demonstrations, demonstrate
from skillift.corpus.teachers import Lecture, WorkedSolutionTeacher
from skillift.errors import UserError
from skillift.judging.verdicts import read_template
from skillift.scorers.answer_line import extract_answer
from skillift.settings.chat_models import AskedModel
from skillift.settings.specs import CorpusSpec, DemonstrationsSpec
from skillift.tables import check
from skillift.taskpack import build_pack

PACK = pack_of(skills=4, per_skill={"train": 5, "dev": 1, "holdout": 1})
SKILLS, TASKS = build_pack(PACK)
TRAIN = TASKS.filter(pl.col("suite") == "train")
SPEC = {
    "teacher": {"kind": "worked_solution", "corrupted_share": 0.25, "attempts": 1, "seed": 0},
    "condition": "curated",
    "judge": {"model": "offline/conclusion"},
    "seed": 0,
}


API_TEACHER = {"kind": "api", "model": "hosted_vllm/teacher", "max_tokens": 200, "attempts": 3}


@pytest.fixture(scope="module")
def teacher_template(repository):
    return (repository / "workflow_scripts/assets/prompts/teacher.jinja").read_text()


@pytest.fixture(scope="module")
def templates(repository):
    prompts = repository / "workflow_scripts/assets/prompts"
    return (prompts / "task.jinja").read_text(), read_template(prompts / "judge.jinja")


def _demonstrate(templates, tasks=TASKS, **teacher):
    spec = DemonstrationsSpec(**{**SPEC, "teacher": {**SPEC["teacher"], **teacher}})
    with ChatClient() as client:
        return check(
            demonstrate(tasks, SKILLS, spec, *templates, client),
            DEMONSTRATIONS,
            "demonstrations",
        )


def test_every_train_task_is_demonstrated_under_the_condition_and_kept(templates):
    rows = _demonstrate(templates)
    assert rows["task_id"].to_list() == sorted(TRAIN["task_id"])
    assert all("Step 1: Copy the" in prompt for prompt in rows["prompt"])
    assert set(rows["teacher"]) == {"worked_solution"}


def test_the_judge_rejects_exactly_the_corrupted_share(templates):
    rows = _demonstrate(templates)
    assert rows["passed"].value_counts(sort=True).rows() == [(True, 15), (False, 5)]
    untouched = dict(TRAIN.select("task_id", "worked_solution").iter_rows())
    changed = {
        task_id
        for task_id, response in rows.select("task_id", "response").iter_rows()
        if response != untouched[task_id]
    }
    assert changed == set(rows.filter(~pl.col("passed"))["task_id"])


def test_the_reason_says_what_the_judge_read(templates):
    row = _demonstrate(templates).filter(~pl.col("passed")).row(0, named=True)
    assert row["reason"] == f"the judge read: {extract_answer(row['response'])}"


def test_the_same_seed_corrupts_the_same_tasks_in_the_same_way_and_another_does_not(templates):
    first, again, other = (_demonstrate(templates, seed=seed) for seed in (0, 0, 1))
    assert first.equals(again)
    assert not first["passed"].equals(other["passed"])


def test_without_corruption_everything_passes(templates):
    assert _demonstrate(templates, corrupted_share=0.0)["passed"].all()


def test_a_failed_task_is_asked_for_again_until_it_passes(templates):
    rows = _demonstrate(templates, attempts=6)
    assert rows.filter(pl.col("attempt") == 0).height == TRAIN.height
    again = set(rows.filter(pl.col("attempt") == 1)["task_id"])
    assert again == set(rows.filter(~pl.col("passed") & (pl.col("attempt") == 0))["task_id"])
    assert rows.filter("passed")["task_id"].n_unique() == rows.filter("passed").height


def test_until_both_every_task_has_a_right_and_a_wrong_answer_and_no_more(templates):
    rows = _demonstrate(templates, until="both")
    assert rows.height == 2 * TRAIN.height
    kept = rows.group_by("task_id").agg("passed", "attempt").sort("task_id")
    assert all(sorted(verdicts) == [False, True] for verdicts in kept["passed"].to_list())
    first = rows.filter(attempt=0)
    assert first.equals(_demonstrate(templates))  # the first attempt is that of a study without it


def test_a_task_that_needs_both_and_whose_references_are_all_the_same_stops_the_teacher(templates):
    alike = TASKS.with_columns(reference=pl.lit("7"), worked_solution=pl.lit("ANSWER: 7"))
    with pytest.raises(UserError, match=r"one answer for all.*until: both"):
        _demonstrate(templates, alike, until="both", corrupted_share=0.0)


def test_a_train_task_without_a_worked_solution_is_named(templates):
    lacking = TRAIN["task_id"][3]
    solution = pl.when(pl.col("task_id") != lacking).then("worked_solution")
    with pytest.raises(UserError, match=rf"1 train task\(s\): {lacking}"):
        _demonstrate(templates, TASKS.with_columns(worked_solution=solution))


def test_holdout_tasks_need_no_worked_solution(templates):
    solution = pl.when(pl.col("suite") == "train").then("worked_solution")
    assert _demonstrate(templates, TASKS.with_columns(worked_solution=solution)).height == TRAIN.height


def test_no_train_tasks_are_an_error(templates):
    with pytest.raises(UserError, match="no task of the suite train"):
        _demonstrate(templates, TASKS.filter(pl.col("suite") != "train"))


class _UnluckyTeacher:
    """Answers one task and loses the others: what a teacher over an API may do."""

    name = "unlucky"

    def answer_all(self, lessons):
        _, *lost = lessons
        return [Lecture("ANSWER: x", 0.5), *[Lecture("", 0.1, "failed: time out") for _ in lost]]


def test_a_lost_response_or_verdict_is_unscored_with_its_reason_and_another_teacher_fits(templates):
    prompts = pl.DataFrame({"task_id": TRAIN["task_id"], "content": TRAIN["prompt"]})
    with stub_provider(lambda _: "maybe") as arrived, ChatClient() as client:
        rows = collect_demonstrations(TASKS, prompts, _UnluckyTeacher(), STUB, templates[1], client)
    check(rows, DEMONSTRATIONS, "demonstrations")
    assert rows["passed"].null_count() == TRAIN.height
    assert set(rows["reason"]) == {"unparsed: maybe", "not judged: failed: time out"}
    assert len(arrived) == 2  # the one response: a request and a repair
    assert rows["cost_usd"].max() == pytest.approx(0.5 + 2 * 0.25)


def test_the_judge_sees_the_bare_prompt(templates):
    prompts = pl.DataFrame({"task_id": TRAIN["task_id"], "content": ["with steps"] * TRAIN.height})
    teacher = WorkedSolutionTeacher(TRAIN, 0.0, 0)
    with stub_provider(lambda _: '{"conclusion": "", "passed": true}') as arrived, ChatClient() as client:
        collect_demonstrations(TASKS, prompts, teacher, STUB, templates[1], client)
    assert not any("with steps" in messages[0]["content"] for messages in arrived)


def test_the_judge_is_checked_before_any_call():
    with pytest.raises(UserError, match="key 'model'"):
        ChatModel.from_entry(AskedModel(model="offline/nobody"))


def _taught(templates, teacher_template, reply, special=(), **teacher):
    """Demonstrations of a teacher over HTTP, and the bodies of the requests that it got.

    `reply(task, n)` is what it answers to a task's n-th request: text and finish reason.
    """
    prompts = {row["prompt"]: row for row in TRAIN.iter_rows(named=True)}
    times = dict.fromkeys(prompts, 0)

    def respond(body):
        prompt = body["messages"][0]["content"].rstrip("\n").rpartition("\n")[2]
        times[prompt] += 1
        return 200, chat_completion(*reply(prompts[prompt], times[prompt]))

    with chat_server(respond) as (address, arrived), ChatClient() as client:
        entry = {**API_TEACHER, "api_base": address, **teacher}
        spec = DemonstrationsSpec(**{**SPEC, "teacher": entry})
        rows = demonstrate(TASKS, SKILLS, spec, *templates, client, teacher_template, special)
    return check(rows, DEMONSTRATIONS, "demonstrations"), arrived


@pytest.mark.slow
def test_a_teacher_behind_an_api_is_asked_again_until_a_task_passes(templates, teacher_template):
    first = TRAIN["task_id"].min()

    def reply(task, n):
        right = n == 2 or task["task_id"] != first
        return f"Step 1: Think\nANSWER: {task['reference'] if right else 'wrong'}", "stop"

    price = {"input_per_million": 1.0, "output_per_million": 2.0}
    rows, arrived = _taught(templates, teacher_template, reply, price=price)
    assert len(arrived) == rows.height == TRAIN.height + 1
    again = rows.filter(pl.col("task_id") == first)
    assert again.select("attempt", "passed").rows() == [(0, False), (1, True)]
    assert again["reason"][0] == "the judge read: wrong"
    assert rows.filter("passed")["task_id"].to_list() == sorted(TRAIN["task_id"])
    assert set(rows["teacher"]) == {"hosted_vllm/teacher"}
    assert rows["cost_usd"].to_list() == [pytest.approx(13e-6)] * rows.height


@pytest.mark.slow
def test_until_both_a_teacher_behind_an_api_is_asked_as_often_again_for_the_other_kind(
    templates, teacher_template
):
    first, second = sorted(TRAIN["task_id"])[:2]

    def reply(task, n):
        right = task["task_id"] == second or (n == 3 if task["task_id"] == first else n == 1)
        return f"Step 1: Think\nANSWER: {task['reference'] if right else 'wrong'}", "stop"

    rows, _ = _taught(templates, teacher_template, reply, attempts=2, until="both")
    kept = dict(rows.group_by("task_id").agg("passed").iter_rows())
    assert kept.pop(first) == [False, False, True]
    assert kept.pop(second) == [True] * 4  # twice the attempts, and it never erred
    assert set(map(tuple, kept.values())) == {(True, False)}
    spec = CorpusSpec(rows=3, condition="curated", like="worked", wrong_share=1.0)
    like = select_corpus(rows, TASKS, CorpusSpec(rows=TRAIN.height, condition="curated"))
    with pytest.raises(UserError, match=rf"no demonstration that failed of 1 task\(s\) \({second}\)"):
        select_corpus(rows, TASKS, spec, like=like)


def test_what_a_teacher_is_asked_holds_the_procedure_and_is_not_what_is_trained_on(
    templates, teacher_template
):
    rows, arrived = _taught(
        templates, teacher_template, lambda task, _: (f"ANSWER: {task['reference']}", "stop")
    )
    asked = arrived[0]["messages"][0]["content"]
    assert "worked answer" in asked
    assert "Step 1: Copy the" in asked
    assert arrived[0]["max_tokens"] == 200
    assert not any("worked answer" in prompt for prompt in rows["prompt"])


def test_an_answer_cut_off_or_filtered_or_empty_is_kept_and_never_passes(templates, teacher_template):
    finishes = {"cut": "length", "filtered": "content_filter"}
    names = dict(zip(sorted(TRAIN["task_id"]), ("cut", "filtered", "empty"), strict=False))

    def reply(task, _):
        name = names.get(task["task_id"], "good")
        text = "" if name == "empty" else f"<think>{name}</think>ANSWER: {task['reference']}"
        return text, finishes.get(name, "stop")

    rows, _ = _taught(templates, teacher_template, reply, attempts=1)
    kept = {names.get(row["task_id"], "good"): row for row in rows.iter_rows(named=True)}
    assert kept["cut"]["reason"] == "not judged: truncated: out of tokens (max_tokens 200)"
    assert kept["filtered"]["reason"].startswith("not judged: refused: ")
    assert kept["empty"]["reason"].startswith("not judged: failed: the reply is empty")
    assert [kept[name]["passed"] for name in ("cut", "filtered", "empty", "good")] == [None, None, None, True]
    assert kept["good"]["response"].startswith("ANSWER: ")  # a thinking model's reasoning is not trained on


def test_an_answer_that_holds_a_special_token_of_a_student_is_kept_and_trained_on_by_nobody(
    templates, teacher_template
):
    names = dict(zip(sorted(TRAIN["task_id"]), ("leaked", "good"), strict=False))

    def reply(task, n):
        leaked = names.get(task["task_id"]) == "leaked" and n == 1
        return f"ANSWER: {task['reference']}{'<|im_end|>' * leaked}", "stop"

    special = ["<|im_end|>", "<|im_start|>"]
    rows, _ = _taught(templates, teacher_template, reply, special, attempts=1)
    kept = {names.get(row["task_id"], "other"): row for row in rows.iter_rows(named=True)}
    assert kept["leaked"]["passed"] is None and kept["leaked"]["response"].endswith("<|im_end|>")
    assert kept["leaked"]["reason"].startswith("not judged: special token: it holds <|im_end|>")
    assert kept["good"]["passed"] is True
    corpus = {"rows": rows.height - 1, "condition": "curated", "verified": False}
    trained = select_corpus(rows, TASKS, CorpusSpec(**corpus))["task_id"].to_list()
    assert len(trained) == rows.height - 1 and kept["leaked"]["task_id"] not in trained
    again, _ = _taught(templates, teacher_template, reply, special, attempts=2)
    assert again.filter("passed").height == TRAIN.height


@pytest.mark.slow
def test_a_second_collection_asks_the_teacher_nothing(templates, teacher_template, tmp_path):
    wrong = chat_completion("ANSWER: never right")
    with AnswerCache(tmp_path / "answers.sqlite") as cache:
        with chat_server(lambda _: (200, wrong)) as (address, arrived), ChatClient(cache=cache) as client:
            spec = DemonstrationsSpec(**{**SPEC, "teacher": {**API_TEACHER, "api_base": address}})
            first = demonstrate(TASKS, SKILLS, spec, *templates, client, teacher_template)
        asked = len(arrived)
        with ChatClient(cache=cache) as client:  # the server is gone
            second = demonstrate(TASKS, SKILLS, spec, *templates, client, teacher_template)
    assert asked == 3 * TRAIN.height  # every attempt is a request of its own
    assert second.equals(first)


def test_a_judge_that_cannot_be_asked_is_found_before_the_teacher_is_paid(
    templates, teacher_template, monkeypatch
):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with (
        chat_server(lambda _: (200, chat_completion("ANSWER: 1"))) as (address, arrived),
        ChatClient() as client,
    ):
        teacher = {**API_TEACHER, "api_base": address}
        judge = {"model": "anthropic/claude-haiku-4-5"}
        spec = DemonstrationsSpec(**{**SPEC, "teacher": teacher, "judge": judge})
        with pytest.raises(UserError, match=r"judges\.<primary_judge>.*ANTHROPIC_API_KEY"):
            demonstrate(TASKS, SKILLS, spec, *templates, client, teacher_template)
    assert arrived == []


def test_a_teacher_behind_an_api_needs_its_template(templates):
    with ChatClient() as client, pytest.raises(UserError, match="--teacher-template"):
        demonstrate(TASKS, SKILLS, DemonstrationsSpec(**{**SPEC, "teacher": API_TEACHER}), *templates, client)
