"""The user message of a task under a condition.

One message holds everything: the procedure that the condition puts before the task, then the
task's prompt, joined by the template `workflow_scripts/assets/prompts/task.jinja`. Pre-training,
demonstrations, corpora and episodes all render through `render_user_message`, so a student
meets one form of prompt everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import jinja2
import polars as pl

from skillift.errors import UserError, problem
from skillift.tasks.conditions import steps_under
from skillift.tasks.skill_pools import pools_of

TEMPLATE_PATH = Path(__file__).resolve().parents[2] / "assets" / "prompts" / "task.jinja"


@lru_cache(maxsize=8)
def _compiled(template: str) -> jinja2.Template:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template)


@lru_cache(maxsize=1)
def _default_template() -> str:
    return TEMPLATE_PATH.read_text(encoding="utf-8")


def read_task_template(path: Path) -> str:
    """The text of a template of user messages; `render_user_message` says what is no such template.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(problem(str(path), error.strerror, "a readable Jinja template")) from None


def render_user_message(prompt: str, steps: Sequence[str] | None = None, template: str | None = None) -> str:
    """What a student is asked: a task, with or without a procedure before it, as one message.

    Args:
        prompt: the task's prompt.
        steps: the lines of the procedure that stands before the prompt; None for no procedure.
        template: the text of a Jinja template over `steps` and `prompt`; `prompts/task.jinja` by default.

    Raises:
        UserError: the template is not valid Jinja, or uses a variable other than `steps` and `prompt`.
    """
    text = _default_template() if template is None else template
    try:
        return _compiled(text).render(prompt=prompt, steps=list(steps or []))
    except jinja2.TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f"task template, line {line}" if line else "task template"
        raise UserError(
            problem(where, str(error), "a Jinja template over `steps` and `prompt`", "Correct task.jinja.")
        ) from None


def messages_for(
    tasks: pl.DataFrame,
    skills: pl.DataFrame,
    conditions: Sequence[str],
    seed: int,
    template: str | None = None,
    filler: str | Mapping[str, str] = "plain",
) -> pl.DataFrame:
    """Render every task under every condition.

    `filler` is what the condition of that name shows, see `skillift.tasks.filler.filler_text`.

    Returns:
        A frame of `task_id`, `condition` and `content` (the user message), sorted by the first two.

    Raises:
        UserError: see `condition_steps` and `render_user_message`.
    """
    pools = pools_of(skills)
    used = sorted(set(tasks["skill_id"]))
    steps = {
        (skill, name): steps_under(pools.of(skill), skill, name, seed, filler)
        for skill in used
        for name in conditions
    }
    rows = [
        (task_id, condition, render_user_message(prompt, steps[skill_id, condition], template))
        for task_id, skill_id, prompt in tasks.select("task_id", "skill_id", "prompt").iter_rows()
        for condition in conditions
    ]
    schema = {"task_id": pl.String, "condition": pl.String, "content": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("task_id", "condition")
