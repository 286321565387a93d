"""Teachers: what writes demonstrations, worked answers to the train tasks.

A teacher is anything with a name and an `answer_all`. `worked_solution` hands over the solutions that come
with the tasks and makes a declared share of them wrong, so that the judge has something to reject. `api` is
a model behind a chat API, asked through the template `workflow_scripts/assets/prompts/teacher.jinja`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import jinja2
import jinja2.meta
import polars as pl

from skillift.answers.comparison import says_the_same, type_of
from skillift.answers.reasoning import strip_reasoning
from skillift.chat.models import Asker, ChatAnswer, ChatModel, ChatRequest
from skillift.errors import UserError, problem
from skillift.students.chat_files import SPECIAL_TOKEN, first_special
from skillift.tasks.file_text import with_newlines


@dataclass(frozen=True)
class Lesson:
    """What a teacher is asked: a train task under a condition, for the `attempt`-th time (from 0).

    `right` is the verdict that is still missing of the task, for teachers who can choose; None where either
    does, or nothing is known yet.
    """

    task_id: str
    attempt: int
    prompt: str
    right: bool | None = None


@dataclass(frozen=True)
class Lecture:
    """What a teacher answered. `problem` says why it is no demonstration, and is empty where it is one."""

    response: str
    cost_usd: float = 0.0
    problem: str = ""


class Teacher(Protocol):
    """What writes demonstrations."""

    name: str

    def answer_all(self, lessons: Sequence[Lesson]) -> list[Lecture]:
        """One lecture for each lesson, in order."""


_FEW = 3  # references that are compared first: one of them nearly always differs, and says it at once


class WorkedSolutionTeacher:
    """Hands over the tasks' worked solutions; an exact share of each attempt's answers is made wrong.

    Args:
        tasks: the train tasks; keeps the contract TASKS.
        corrupted_share: fraction of the tasks whose answer is made wrong, chosen again at each attempt. A
            lesson that says which verdict is missing is answered with that.
        seed: makes the choice and the wrong answers.

    Raises:
        UserError: a task without a worked solution, or without any other answer to put in its place.
    """

    name = "worked_solution"

    def __init__(self, tasks: pl.DataFrame, corrupted_share: float, seed: int) -> None:
        lacking = tasks.filter(pl.col("worked_solution").fill_null("").str.strip_chars() == "")["task_id"]
        if len(lacking):
            found = (
                f"no worked solution for {len(lacking)} train task(s): {', '.join(lacking.sort().head(3))}"
            )
            fix = "Add `worked_solution` to these tasks, or name another teacher in the study."
            raise UserError(problem("tasks, column worked_solution", found, "one for each train task", fix))
        self._tasks = {row["task_id"]: row for row in tasks.iter_rows(named=True)}
        self._references = dict(tasks.group_by("skill_id").agg("reference").iter_rows())
        self._n_corrupted = round(corrupted_share * len(self._tasks))
        self._seed = seed

    def answer_all(self, lessons: Sequence[Lesson]) -> list[Lecture]:
        """One worked solution for each lesson, right or made wrong."""
        corrupted = {attempt: self._corrupted(attempt) for attempt in {lesson.attempt for lesson in lessons}}
        lectures = []
        for lesson in lessons:
            task = self._tasks[lesson.task_id]
            solution = task["worked_solution"]
            wrong = lesson.task_id in corrupted[lesson.attempt] if lesson.right is None else not lesson.right
            if wrong:
                solution = corrupt(solution, task["reference"], self._wrong_answer(task, lesson.attempt))
            lectures.append(Lecture(solution))
        return lectures

    def _wrong_answer(self, task: dict, attempt: int) -> str:
        everywhere = [reference for group in self._references.values() for reference in group]
        of_skill = self._references[task["skill_id"]]
        right = task["reference"], task["answer_type"]
        wrong = next(
            (
                found
                for others in (of_skill, everywhere)
                if (found := wrong_answers(right[0], others, right[1]))
            ),
            [],
        )
        if not wrong:
            fix = "Set teacher.corrupted_share to 0, and take `until: both` out of it."
            raise UserError(problem("train tasks", "one answer for all", "two different references", fix))
        return wrong[_draw(self._seed, attempt, task["task_id"], "wrong") % len(wrong)]

    def _corrupted(self, attempt: int) -> set[str]:
        order = sorted(self._tasks, key=lambda task_id: _draw(self._seed, attempt, task_id, "chosen"))
        return set(order[: self._n_corrupted])


class ApiTeacher:
    """A model behind a chat API; each attempt at a task is a sample of its own.

    Args:
        model: the model and its sampling settings.
        template: the text of a Jinja template over `prompt`, the user message that the task is shown with.
        client: asks it.
        special: special tokens of the students that are trained on its demonstrations, which none may hold.

    Raises:
        UserError: see `compile_teacher_template`; the client's own.
    """

    def __init__(self, model: ChatModel, template: str, client: Asker, special: Sequence[str] = ()) -> None:
        self.name = model.model
        self._model, self._client, self._special = model, client, special
        self._template = compile_teacher_template(template)

    def answer_all(self, lessons: Sequence[Lesson]) -> list[Lecture]:
        """One lecture for each lesson; an answer that is no demonstration says why."""
        requests = [
            ChatRequest(
                self._model,
                [{"role": "user", "content": self._template.render(prompt=lesson.prompt)}],
                sample=lesson.attempt,
            )
            for lesson in lessons
        ]
        attempt = max((lesson.attempt for lesson in lessons), default=0) + 1
        answers = self._client.ask_all(requests, f"teaching, attempt {attempt}")
        return [_lecture(answer, self._model.max_tokens, self._special) for answer in answers]


def _lecture(answer: ChatAnswer, max_tokens: int | None, special: Sequence[str]) -> Lecture:
    # what is trained on is the answer, without a thinking model's reasoning before it
    response = with_newlines(strip_reasoning(answer.text) or "").strip()
    if answer.status == "truncated":
        reason = f"truncated: out of tokens (max_tokens {max_tokens})"
    elif answer.status != "answered":
        reason = f"{answer.status}: {answer.reason}"
    elif token := first_special(response, special):
        reason = f"{SPECIAL_TOKEN}: it holds {token}, which would end a student's turn or begin another"
    else:
        reason = "" if response else "empty: the teacher wrote no answer"
    return Lecture(response, answer.cost_usd, reason)


def compile_teacher_template(template: str) -> jinja2.Template:
    """Check and compile the text of a teacher's template.

    Raises:
        UserError: it is not valid Jinja, lacks `prompt`, or uses another variable.
    """
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    try:
        used = jinja2.meta.find_undeclared_variables(environment.parse(template))
    except jinja2.TemplateSyntaxError as error:
        where = f"teacher template, line {error.lineno}"
        fix = "Correct the template."
        raise UserError(problem(where, error.message, "a valid Jinja template", fix)) from None
    if used != {"prompt"}:
        fix = "Write {{ prompt }} where the task is to stand, and no other placeholder."
        raise UserError(problem("teacher template", sorted(used), "the placeholder prompt alone", fix))
    return environment.from_string(template)


def _draw(*parts: object) -> int:
    """A number that orders and chooses: the same in every process, unlike `hash()`."""
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest())


def corrupt(solution: str, reference: str, wrong: str) -> str:
    """`solution` with the answer `wrong` in place of `reference`, on the last two lines that end in it.

    These are the ANSWER line and the step that it was taken from; a solution whose last line does not end
    in the reference gets an ANSWER line of its own.
    """
    lines = solution.rstrip().split("\n")
    ending = re.compile(rf"(?<!\w){re.escape(reference)}(?=[\s.!*_`]*$)")
    changed = [number for number, line in enumerate(lines) if ending.search(line)][-2:]
    for number in changed:
        lines[number] = ending.sub(lambda _: wrong, lines[number])
    if len(lines) - 1 not in changed:
        lines.append(f"ANSWER: {wrong}")
    return "\n".join(lines)


def without_wrong_answer(tasks: pl.DataFrame) -> list[str]:
    """The ids, sorted, of the train tasks whose answer cannot be made wrong: all others have the same."""
    references = sorted(set(tasks["reference"]))
    rows = tasks.sort("task_id").select("task_id", "reference", "answer_type").iter_rows()
    return [
        task_id
        for task_id, reference, kind in rows
        if all(says_the_same(other, reference, kind) for other in references[:_FEW])
        and not wrong_answers(reference, references, kind)
    ]


def wrong_answers(reference: str, others: Sequence[str], answer_type: str | None = None) -> list[str]:
    """Plausible wrong answers: two neighbouring items of `reference` swapped, or one of `others`.

    None says the same as the reference, by the task's answer type (that of the reference where it is None).
    """
    separator = ", " if ", " in reference else " "
    items = reference.split(separator)
    swapped = [
        separator.join([*items[:place], items[place + 1], items[place], *items[place + 2 :]])
        for place in range(len(items) - 1)
    ]
    kind = answer_type or type_of(reference)
    return sorted({answer for answer in [*swapped, *others] if not says_the_same(answer, reference, kind)})
