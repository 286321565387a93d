"""Claims about teachers: how a worked solution is made wrong, what a teacher behind an API is asked with."""

from __future__ import annotations

import polars as pl
import pytest
from made_specs import pack_of
from study_files import REPOSITORY

from skillift.chat.models import ChatAnswer, ChatModel
from skillift.corpus.teachers import (
    ApiTeacher,
    Lesson,
    WorkedSolutionTeacher,
    compile_teacher_template,
    corrupt,
    wrong_answers,
)
from skillift.errors import UserError
from skillift.taskpack import build_pack

PACK = pack_of(skills=4, per_skill={"train": 5, "dev": 1, "holdout": 1})
TRAIN = build_pack(PACK)[1].filter(pl.col("suite") == "train")


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


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("Work it.", "the placeholder prompt alone"),
        ("{{ prompt }} {{ reference }}", r"\['prompt', 'reference'\]"),
        ("{{ prompt }", "line 1"),
    ],
)
def test_a_teachers_template_shows_the_prompt_and_nothing_else(template, message):
    with pytest.raises(UserError, match=message):
        compile_teacher_template(template)


@pytest.mark.parametrize(
    ("reference", "others", "answer_type", "wrong"),
    [
        ("½", ["1/2", "0.5", "3"], "number", ["3"]),
        ("5 MW", ["5 mW", "5.0 MW"], None, ["5 mW", "MW 5"]),
        ("C", ["(C)", "c", "D"], "choice", ["D"]),
        ("10²", ["102", "10^2"], "text", ["102"]),
    ],
)
def test_a_wrong_answer_says_something_else_by_the_comparison(reference, others, answer_type, wrong):
    assert wrong_answers(reference, others, answer_type) == wrong


@pytest.mark.parametrize("name", ["teacher.jinja", "teacher-document.jinja"])
def test_the_templates_of_the_repository_end_with_the_task(name):
    template = (REPOSITORY / "workflow_scripts" / "assets" / "prompts" / name).read_text(encoding="utf-8")
    assert (
        compile_teacher_template(template).render(prompt="Read it.\n\nSum?").endswith("\n\nRead it.\n\nSum?")
    )


def test_what_a_teacher_writes_has_line_feeds_alone():
    class Client:  # a server that writes as Windows does
        def ask_all(self, requests, what):
            return [ChatAnswer("answered", "Step 1: 3\r\nANSWER: 3\r\n") for _ in requests]

    teacher = ApiTeacher(ChatModel("openai/any"), "{{ prompt }}", Client())
    assert teacher.answer_all([Lesson("t", 0, "Sum?")])[0].response == "Step 1: 3\nANSWER: 3"
