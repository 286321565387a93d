"""Claims about demonstrations: what the teacher hands over, what is made wrong, what is kept."""

from __future__ import annotations

import polars as pl
import pytest
from stub_models import STUB, stub_provider

from skillift.chat import ChatClient, ChatModel
from skillift.contracts import DEMONSTRATIONS
from skillift.demonstrations import (
    Lecture,
    Lesson,
    WorkedSolutionTeacher,
    collect_demonstrations,
    corrupt,
    demonstrate,
    wrong_answers,
)
from skillift.errors import UserError
from skillift.extraction import extract_answer
from skillift.judging import read_template
from skillift.tables import check
from skillift.taskpack import build_pack

PACK = {"difficulty": "tiny", "seed": 0, "skills": 4, "per_skill": {"train": 5, "dev": 1, "holdout": 1}}
SKILLS, TASKS = build_pack(PACK)
TRAIN = TASKS.filter(pl.col("suite") == "train")
SPEC = {
    "teacher": {"kind": "worked_solution", "corrupted_share": 0.25, "attempts": 1, "seed": 0},
    "condition": "curated",
    "judge": {"model": "offline/conclusion"},
    "seed": 0,
}


@pytest.fixture(scope="module")
def templates(repository):
    prompts = repository / "workflow_scripts/prompts"
    return (prompts / "task.jinja").read_text(), read_template(prompts / "judge.jinja")


def _demonstrate(templates, tasks=TASKS, **teacher):
    spec = {**SPEC, "teacher": {**SPEC["teacher"], **teacher}}
    with ChatClient() as client:
        return check(demonstrate(tasks, SKILLS, spec, *templates, client), DEMONSTRATIONS, "demonstrations")


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


def test_a_train_task_without_a_worked_solution_is_named(templates):
    lacking = TRAIN["task_id"][3]
    solution = pl.when(pl.col("task_id") != lacking).then("worked_solution")
    with pytest.raises(UserError, match=rf"1 train task\(s\): {lacking}"):
        _demonstrate(templates, TASKS.with_columns(worked_solution=solution))


def test_holdout_tasks_need_no_worked_solution(templates):
    solution = pl.when(pl.col("suite") == "train").then("worked_solution")
    assert _demonstrate(templates, TASKS.with_columns(worked_solution=solution)).height == TRAIN.height


def test_no_train_tasks_or_an_unknown_teacher_are_errors(templates):
    with pytest.raises(UserError, match="no task of the suite train"):
        _demonstrate(templates, TASKS.filter(pl.col("suite") != "train"))
    with pytest.raises(UserError, match="key 'kind'"):
        _demonstrate(templates, kind="oracle")


def test_a_corrupted_solution_ends_in_the_wrong_answer_in_step_and_line():
    solution = "Step 1: Copy 3 1\nStep 2: Take 1\nANSWER: 1"
    assert corrupt(solution, "1", "3") == "Step 1: Copy 3 1\nStep 2: Take 3\nANSWER: 3"
    assert corrupt("It is 21.", "1", "3") == "It is 21.\nANSWER: 3"
    assert corrupt("It is 1.", "1", r"\1") == "It is \\1."


def test_wrong_answers_are_wrong_and_plausible():
    assert wrong_answers("3 1", ["3, 1", "4 5"]) == ["1 3", "4 5"]
    assert wrong_answers("2, 2", ["2, 2"]) == []


def test_references_that_are_all_alike_cannot_be_corrupted():
    alike = TRAIN.with_columns(reference=pl.lit("7"))
    teacher = WorkedSolutionTeacher(alike, 1.0, 0)
    with pytest.raises(UserError, match="corrupted_share"):
        teacher.answer_all([Lesson(alike["task_id"][0], 0, "prompt")])


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
    assert set(rows["reason"]) == {"unparsed: maybe", "no response: failed: time out"}
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
        ChatModel.from_entry({"model": "offline/nobody"})
