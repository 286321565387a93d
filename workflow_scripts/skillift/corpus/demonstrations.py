"""A teacher's demonstrations: worked answers to the train tasks, each with the primary judge's verdict.

Made from the tasks and skills tables. A demonstration is asked for under one condition, judged blind by
the same client, template and parsing as episodes, and kept whether it passed or not. What writes it is one
of `skillift.corpus.teachers`.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from skillift.chat.access import check_access
from skillift.chat.models import Asker, ChatModel
from skillift.contracts.pipeline import DEMONSTRATIONS, key_of
from skillift.corpus.teachers import ApiTeacher, Lecture, Lesson, Teacher, WorkedSolutionTeacher
from skillift.errors import UserError, problem
from skillift.judging.verdicts import Candidate, Verdict, judge_candidates
from skillift.settings import chat_models as settings
from skillift.settings.specs import DemonstrationsSpec
from skillift.tasks.prompts import messages_for


def collect_demonstrations(
    tasks: pl.DataFrame,
    prompts: pl.DataFrame,
    teacher: Teacher,
    judge: ChatModel,
    template: str,
    client: Asker,
    attempts: int = 1,
    max_unparsed: int | None = None,
    both: bool = False,
) -> pl.DataFrame:
    """Ask the teacher for a demonstration of each train task until one passes, and keep them all.

    With `both` a task is asked for until one has passed and another has failed. A teacher that can is told
    which of the two is still missing; one without any verdict yet is asked for as if it was the first time.

    Args:
        tasks: keeps the contract TASKS; the suite `train` is demonstrated.
        prompts: `task_id` and `content`, the user message that each task is shown with.
        attempts: how often a task is asked for at most, until it has what is wanted.
        template: the text of the judge template.
        max_unparsed: see `judging.judge_candidates`.
        both: whether a right and a wrong answer of each task are wanted.

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
    missing: dict[str, set[bool]] = {task_id: {True, False} if both else {True} for task_id in materials}
    rows: list[dict] = []
    for attempt in range(attempts):
        lessons = [
            Lesson(task_id, attempt, contents[task_id], _wanted(verdicts, both))
            for task_id, verdicts in missing.items()
        ]
        lectures = teacher.answer_all(lessons)
        candidates = [
            Candidate(
                materials[lesson.task_id]["prompt"], materials[lesson.task_id]["reference"], lecture.response
            )
            for lesson, lecture in zip(lessons, lectures, strict=True)
            if not lecture.problem
        ]
        verdicts = iter(
            judge_candidates(
                candidates, judge, template, client, f"judging, attempt {attempt + 1}", max_unparsed
            )
        )
        new = [
            _row(teacher.name, lesson, lecture, None if lecture.problem else next(verdicts))
            for lesson, lecture in zip(lessons, lectures, strict=True)
        ]
        rows += new
        for row in new:
            missing[row["task_id"]].discard(row["passed"])
        missing = {task_id: verdicts for task_id, verdicts in missing.items() if verdicts}
        if not missing:
            break
    schema = {name: column.dtype.type for name, column in DEMONSTRATIONS.columns.items()}
    return pl.DataFrame(rows, schema=schema).sort(key_of(DEMONSTRATIONS))


def _wanted(missing: set[bool], both: bool) -> bool | None:
    """The one verdict that is still missing of a task of which two are wanted."""
    return next(iter(missing)) if both and len(missing) == 1 else None


def _row(teacher: str, lesson: Lesson, lecture: Lecture, verdict: Verdict | None) -> dict:
    if verdict is None:
        passed, reason = None, f"not judged: {lecture.problem}"
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
    spec: DemonstrationsSpec,
    task_template: str,
    judge_template: str,
    client: Asker,
    teacher_template: str | None = None,
    special: Sequence[str] = (),
    max_unparsed: int | None = None,
) -> pl.DataFrame:
    """Collect demonstrations as a study declares them.

    Args:
        tasks: keeps the contract TASKS.
        skills: keeps the contract SKILLS.
        spec: how they are written and judged.
        task_template: the text of the template of user messages.
        judge_template: the text of the judge template.
        teacher_template: the text of the template that a teacher of the kind `api` is asked with.
        special: special tokens of the students that are trained on them; a demonstration of a teacher of the
            kind `api` that holds one is none.
        max_unparsed: see `judging.judge_candidates`.

    Raises:
        UserError: see `collect_demonstrations`.
    """
    entry = spec.teacher
    train = tasks.filter(pl.col("suite") == "train")
    teacher = _open_teacher(entry, train, client, teacher_template, special)
    prompts = messages_for(train, skills, [spec.condition], spec.seed, task_template)
    judge = ChatModel.from_entry(spec.judge, "judges.<primary_judge>")
    check_access(judge)  # before the teacher is paid
    return collect_demonstrations(
        tasks,
        prompts,
        teacher,
        judge,
        judge_template,
        client,
        entry.asks_at_most,
        max_unparsed,
        both=entry.until == "both",
    )


def _open_teacher(
    entry: settings.WorkedSolutionTeacher | settings.AskedTeacher,
    train: pl.DataFrame,
    client: Asker,
    template: str | None,
    special: Sequence[str],
) -> Teacher:
    if isinstance(entry, settings.WorkedSolutionTeacher):
        return WorkedSolutionTeacher(train, entry.corrupted_share, entry.seed)
    if template is None:
        fix = "Give it to the command (--teacher-template)."
        raise UserError(
            problem("teacher of the kind api", "no template", "the text that it is asked with", fix)
        )
    return ApiTeacher(ChatModel.from_entry(entry, "teacher"), template, client, special)
