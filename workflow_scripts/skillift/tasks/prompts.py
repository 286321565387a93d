"""The user message of a task under a condition.

One message holds everything: the procedure that the condition puts before the task, then the
task's prompt, joined by the template `workflow_scripts/prompts/task.jinja`. Pre-training,
demonstrations, corpora and episodes all render through `render_user_message`, so a student
meets one form of prompt everywhere. Procedures come from the skills table; the choices that
`placebo` and `shuffled` need are made by a SHA-256 of the seed and the skill's id, so they are
the same in every process and do not move when skills are added elsewhere in the table.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import permutations
from pathlib import Path

import jinja2
import polars as pl

from skillift.errors import UserError, problem

TEMPLATE_PATH = Path(__file__).resolve().parents[2] / "prompts" / "task.jinja"

MAX_PERMUTED_STEPS = 8  # 8! = 40,320 orders are looked at; a longer procedure is reversed instead

_TOKEN = re.compile(r"\w+|[^\w\s]")
_LABEL = re.compile(r"((?:step\s+)?\d+\s*[:.)]\s*)(.*)", re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=8)
def _compiled(template: str) -> jinja2.Template:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template)


@lru_cache(maxsize=1)
def _default_template() -> str:
    return TEMPLATE_PATH.read_text(encoding="utf-8")


def render_user_message(prompt: str, steps: Sequence[str] | None = None, template: str | None = None) -> str:
    """Render the one user message of a task.

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
            problem(where, str(error), "a Jinja template over `steps` and `prompt`", "Mend task.jinja.")
        ) from None


def token_length(steps: Sequence[str]) -> int:
    """The length of a procedure in words and punctuation marks, a count that no tokenizer can move."""
    return sum(len(_TOKEN.findall(step)) for step in steps)


def condition_steps(skills: pl.DataFrame, skill_id: str, condition: str, seed: int) -> list[str] | None:
    """The steps that stand before a task of `skill_id` under `condition`; None where there are none.

    `none` has no steps and `curated` the skill's own. `placebo` has another skill's procedure: the
    nearest in `token_length`, among those the one that shares the fewest steps with the own procedure,
    among those one chosen by a hash of the seed and the two ids. `shuffled` has the own steps in a wrong
    order: labels such as "Step 3:" stay in order while the texts behind them move, so that as few texts as
    possible keep their place and the steps between the first and the last do not follow each other in
    the right order (a mere rotation would keep it).

    Args:
        skills: a frame that keeps the contract SKILLS.
        skill_id: a skill of that frame.
        condition: one of `skillift.contracts.pipeline.CONDITIONS`.
        seed: the study's `prompt_seed`.

    Raises:
        UserError: an unknown skill or condition, no other procedure to serve as a placebo, or a procedure
            whose steps are all alike, so that there is no wrong order.
    """
    return _steps(_procedures(skills), skill_id, condition, seed)


def messages_for(
    tasks: pl.DataFrame,
    skills: pl.DataFrame,
    conditions: Sequence[str],
    seed: int,
    template: str | None = None,
) -> pl.DataFrame:
    """Render every task under every condition.

    Returns:
        A frame of `task_id`, `condition` and `content` (the user message), sorted by the first two.

    Raises:
        UserError: see `condition_steps` and `render_user_message`.
    """
    procedures = _procedures(skills)
    used = sorted(set(tasks["skill_id"]))
    steps = {(skill, name): _steps(procedures, skill, name, seed) for skill in used for name in conditions}
    rows = [
        (task_id, condition, render_user_message(prompt, steps[skill_id, condition], template))
        for task_id, skill_id, prompt in tasks.select("task_id", "skill_id", "prompt").iter_rows()
        for condition in conditions
    ]
    schema = {"task_id": pl.String, "condition": pl.String, "content": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("task_id", "condition")


def _procedures(skills: pl.DataFrame) -> dict[str, list[str]]:
    return dict(skills.select("skill_id", "steps").iter_rows())


def _steps(procedures: Mapping[str, list[str]], skill_id: str, condition: str, seed: int) -> list[str] | None:
    if skill_id not in procedures:
        raise UserError(
            problem("skills table", skill_id, f"one of {len(procedures)} known skill ids", "Add the skill.")
        )
    own = procedures[skill_id]
    if condition == "none":
        return None
    if condition == "curated":
        return list(own)
    if condition == "placebo":
        return list(procedures[_placebo_skill(procedures, skill_id, seed)])
    if condition == "shuffled":
        return _shuffle(own, skill_id, seed)
    raise UserError(problem("condition", condition, "one of none, curated, placebo, shuffled"))


def _draw(*parts: object) -> str:
    """A hash that orders candidates: the same in every process, unlike `hash()`."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def _split(step: str) -> tuple[str, str]:
    """A step's label ("Step 3: ", or nothing) and its text."""
    found = _LABEL.fullmatch(step)
    return (found[1], found[2]) if found else ("", step)


def _texts(steps: Sequence[str]) -> list[str]:
    return [_split(step)[1] for step in steps]


def _placebo_skill(procedures: Mapping[str, list[str]], skill_id: str, seed: int) -> str:
    own = procedures[skill_id]
    own_texts, own_length = set(_texts(own)), token_length(own)
    others = [name for name, steps in procedures.items() if _texts(steps) != _texts(own)]
    if not others:
        raise UserError(
            problem(
                f"condition placebo, skill {skill_id}",
                f"{len(procedures)} skill(s), none with another procedure",
                "a second procedure to put in the place of the right one",
                "Add a skill, or take placebo out of the study's conditions.",
            )
        )

    def order(name: str) -> tuple[int, int, str]:
        steps = procedures[name]
        distance = abs(token_length(steps) - own_length)
        return distance, len(own_texts & set(_texts(steps))), _draw("placebo", seed, skill_id, name)

    return min(others, key=order)


def _shuffle(steps: Sequence[str], skill_id: str, seed: int) -> list[str]:
    pairs = [_split(step) for step in steps]
    labelled = all(label for label, _ in pairs)
    labels = [label if labelled else "" for label, _ in pairs]
    texts = [text for _, text in pairs] if labelled else list(steps)
    return [label + text for label, text in zip(labels, _wrong_order(texts, skill_id, seed), strict=True)]


def _wrong_order(texts: list[str], skill_id: str, seed: int) -> list[str]:
    if len(set(texts)) < 2:
        raise UserError(
            problem(
                f"condition shuffled, skill {skill_id}",
                texts,
                "at least two different steps",
                "Reword the steps, or take shuffled out of the study's conditions.",
            )
        )
    if len(texts) > MAX_PERMUTED_STEPS:
        return texts[::-1] if texts[::-1] != texts else texts[1:] + texts[:1]
    inner = texts[1:-1]

    def order(places: tuple[int, ...]) -> tuple[int, bool, str]:
        moved = [texts[place] for place in places]
        kept = sum(old == new for old, new in zip(texts, moved, strict=True))
        inner_in_order = [texts[place] for place in places if 0 < place < len(texts) - 1] == inner
        return kept, inner_in_order, _draw("shuffled", seed, skill_id, places)

    return [texts[place] for place in min(permutations(range(len(texts))), key=order)]
