"""A teacher's demonstrations: worked answers to the train tasks, each with the primary judge's verdict.

Made from the tasks and skills tables. A demonstration is asked for under one condition, judged blind by
the same client, template and parsing as episodes, and kept whether it passed or not. A teacher is anything
with a name and an `answer_all`; the teacher `worked_solution` hands over the solutions that come with the
tasks and makes a declared share of them wrong, so that the judge has something to reject.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from skillift.chat import ChatClient, ChatModel
from skillift.contracts import DEMONSTRATIONS, key_of
from skillift.errors import UserError, problem
from skillift.extraction import normalise
from skillift.judging import Candidate, Verdict, judge_candidates
from skillift.prompts import messages_for


@dataclass(frozen=True)
class Lesson:
    """What a teacher is asked: a train task under a condition, for the `attempt`-th time (from 0)."""

    task_id: str
    attempt: int
    prompt: str


@dataclass(frozen=True)
class Lecture:
    """What a teacher answered. `problem` says why there is no response, and is empty where there is one."""

    response: str
    cost_usd: float = 0.0
    problem: str = ""


class Teacher(Protocol):
    """What writes demonstrations."""

    name: str

    def answer_all(self, lessons: Sequence[Lesson]) -> list[Lecture]:
        """One lecture for each lesson, in order."""


class WorkedSolutionTeacher:
    """Hands over the tasks' worked solutions; an exact share of each attempt's answers is made wrong.

    Args:
        tasks: the train tasks; keeps the contract TASKS.
        corrupted_share: fraction of the tasks whose answer is made wrong, chosen anew at each attempt.
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
            mend = "Add `worked_solution` to these tasks, or name another teacher in the study."
            raise UserError(problem("tasks, column worked_solution", found, "one for each train task", mend))
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
            if lesson.task_id in corrupted[lesson.attempt]:
                solution = corrupt(solution, task["reference"], self._wrong_answer(task, lesson.attempt))
            lectures.append(Lecture(solution))
        return lectures

    def _wrong_answer(self, task: dict, attempt: int) -> str:
        everywhere = [reference for group in self._references.values() for reference in group]
        of_skill = self._references[task["skill_id"]]
        wrong = wrong_answers(task["reference"], of_skill) or wrong_answers(task["reference"], everywhere)
        if not wrong:
            mend = "Set teacher.corrupted_share to 0."
            raise UserError(problem("train tasks", "one answer for all", "two different references", mend))
        return wrong[_draw(self._seed, attempt, task["task_id"], "wrong") % len(wrong)]

    def _corrupted(self, attempt: int) -> set[str]:
        order = sorted(self._tasks, key=lambda task_id: _draw(self._seed, attempt, task_id, "chosen"))
        return set(order[: self._n_corrupted])


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


def wrong_answers(reference: str, others: Sequence[str]) -> list[str]:
    """Plausible wrong answers: two neighbouring items of `reference` swapped, or one of `others`."""
    separator = ", " if ", " in reference else " "
    items = reference.split(separator)
    swapped = [
        separator.join([*items[:place], items[place + 1], items[place], *items[place + 2 :]])
        for place in range(len(items) - 1)
    ]
    right = normalise(reference)
    return sorted({answer for answer in [*swapped, *others] if normalise(answer) != right})


def collect_demonstrations(
    tasks: pl.DataFrame,
    prompts: pl.DataFrame,
    teacher: Teacher,
    judge: ChatModel,
    template: str,
    client: ChatClient,
    attempts: int = 1,
) -> pl.DataFrame:
    """Ask the teacher for a demonstration of each train task until one passes, and keep them all.

    Args:
        tasks: keeps the contract TASKS; the suite `train` is demonstrated.
        prompts: `task_id` and `content`, the user message that each task is shown with.
        attempts: how often a task is asked for at most.
        template: the text of the judge template.

    Returns:
        A frame that keeps the contract DEMONSTRATIONS; `passed` is null where the verdict is unscored, and
        `reason` says what the judge read or why there is no verdict. `cost_usd` is teacher and judge.

    Raises:
        UserError: see the teacher and `judging.judge_candidates`.
    """
    train = tasks.filter(pl.col("suite") == "train").sort("task_id")
    if train.is_empty():
        raise UserError(problem("tasks", "no task of the suite train", "tasks to demonstrate"))
    materials = {row["task_id"]: row for row in train.iter_rows(named=True)}
    contents = dict(prompts.select("task_id", "content").iter_rows())
    pending, rows = list(materials), []
    for attempt in range(attempts):
        lessons = [Lesson(task_id, attempt, contents[task_id]) for task_id in pending]
        lectures = teacher.answer_all(lessons)
        candidates = [
            Candidate(
                materials[lesson.task_id]["prompt"], materials[lesson.task_id]["reference"], lecture.response
            )
            for lesson, lecture in zip(lessons, lectures, strict=True)
            if not lecture.problem
        ]
        verdicts = iter(
            judge_candidates(candidates, judge, template, client, f"judging, attempt {attempt + 1}")
        )
        new = [
            _row(teacher.name, lesson, lecture, None if lecture.problem else next(verdicts))
            for lesson, lecture in zip(lessons, lectures, strict=True)
        ]
        rows += new
        pending = [row["task_id"] for row in new if row["passed"] is not True]
        if not pending:
            break
    schema = {name: column.dtype.type for name, column in DEMONSTRATIONS.columns.items()}
    return pl.DataFrame(rows, schema=schema).sort(key_of(DEMONSTRATIONS))


def _row(teacher: str, lesson: Lesson, lecture: Lecture, verdict: Verdict | None) -> dict:
    if verdict is None:
        passed, reason = None, f"no response: {lecture.problem}"
    elif verdict.status == "scored":
        passed, reason = verdict.passed, f"the judge read: {verdict.conclusion or 'no conclusion'}"
    else:
        passed, reason = None, f"{verdict.status}: {verdict.raw}"
    return {
        "task_id": lesson.task_id,
        "attempt": lesson.attempt,
        "teacher": teacher,
        "prompt": lesson.prompt,
        "response": lecture.response,
        "passed": passed,
        "reason": reason,
        "cost_usd": lecture.cost_usd + (verdict.cost_usd if verdict else 0.0),
    }


def demonstrate(
    tasks: pl.DataFrame,
    skills: pl.DataFrame,
    spec: dict,
    task_template: str,
    judge_template: str,
    client: ChatClient,
) -> pl.DataFrame:
    """Collect demonstrations as a study declares them.

    Args:
        tasks: keeps the contract TASKS.
        skills: keeps the contract SKILLS.
        spec: `teacher` (`kind`, `corrupted_share`, `attempts`, `seed`), `condition`, `judge` (the primary
            judge's entry) and `seed` (of the prompts).
        task_template: the text of the template of user messages.
        judge_template: the text of the judge template.

    Raises:
        UserError: an unknown kind of teacher; see also `collect_demonstrations`.
    """
    entry = spec["teacher"]
    if entry["kind"] != WorkedSolutionTeacher.name:
        raise UserError(problem("teacher, key 'kind'", entry["kind"], WorkedSolutionTeacher.name))
    train = tasks.filter(pl.col("suite") == "train")
    teacher = WorkedSolutionTeacher(train, entry.get("corrupted_share", 0.0), entry.get("seed", 0))
    prompts = messages_for(train, skills, [spec["condition"]], spec["seed"], task_template)
    judge = ChatModel.from_entry(spec["judge"])
    attempts = entry.get("attempts", 1)
    return collect_demonstrations(tasks, prompts, teacher, judge, judge_template, client, attempts)
