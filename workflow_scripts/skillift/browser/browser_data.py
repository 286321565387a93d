"""What the episode browser shows, as one value that JSON can hold: texts once, everything else as columns.

From the tables of tasks, skills, episodes, verdicts and scores of a study. A *cell* is one task at one
checkpoint (`arm`) in one sample; each of its columns holds one number a cell, for one condition. Texts are
dictionary-coded: a column holds places in `texts`, where every text stands once. All texts are one, each
ended by `END`: a browser reads and searches one long text much faster than many.
`workflow_scripts/assets/browser/` reads the data; that page pairs a cell of a trained run with
the cell of its student's `base`.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from skillift.browser.browser_tables import (
    KEY,
    VERDICTS,
    numbered,
    protocol_samples,
    replies_by_judge,
    shown_arms,
    shown_students,
    shown_tasks,
    verdicts_by_path,
)
from skillift.contracts.pipeline import SUITES
from skillift.errors import UserError, problem
from skillift.protocols import PROTOCOL
from skillift.reporting.arms import LADDER
from skillift.settings.publication_specs import BrowserSpec
from skillift.tasks.prompts import messages_for

END = "\0"  # of a text; within one it is shown by its symbol
NOTHING = -1  # in a column of texts or tokens: there is no such episode

_CELL = ["arm", "task", "sample"]


def browser_data(
    tasks: pl.DataFrame,
    skills: pl.DataFrame,
    episodes: Sequence[tuple[str, str, pl.DataFrame]],
    verdicts: Sequence[tuple[str, str, str, pl.DataFrame]],
    scores: pl.DataFrame,
    template: str,
    spec: BrowserSpec,
    messages: pl.DataFrame | None = None,
    score_texts: pl.DataFrame | None = None,
) -> dict:
    """All episodes of a study with their prompts, verdicts on every path and the judges' raw replies.

    Args:
        tasks: contract TASKS.
        skills: contract SKILLS.
        episodes: (student, run, frame that keeps the contract EPISODES).
        verdicts: (judge, student, run, frame that keeps the contract VERDICTS).
        scores: contract SCORES.
        template: text of the template that prompts were rendered from, see `skillift.tasks.prompts`.
        spec: what it shows besides the tables; not the judges, who are those of `verdicts`.
        messages: task_id, condition, content: what was asked, where it was not rendered from the template.
        score_texts: the key of SCORES on the headline path, and `score`: the score as text, where scores are
            numbers (`scored` without a pass or a fail).

    Returns:
        `name`, `path` (the headline's), `paths`, `judges`, `conditions`, `suites`, `verdicts` (the words of
        `VERDICTS`), `texts`; `students` (id, label, reference), `arms` (student's place, run, name, step,
        trained), `skills` (id, name), `tasks` (id, skill, suite, prompt, reference, scorer, and `around`: by
        condition what stands before and after the prompt in the message); `cells` (arm, task, sample, and
        by condition response, tokens, finish, verdict by path, raw by judge, and score where there are
        `score_texts`). Of a study with protocols also `protocols`, and `asked`: the protocol's place and the
        sample that each number of a cell's `sample` stands for. Sorted, so that equal tables give equal data.

    Raises:
        UserError: there is no episode, an episode has no task or no score on a path, or a student or run is
            unknown to the spec.
    """
    asked: dict = {}
    if any(PROTOCOL in frame.columns for *_, frame in episodes):
        asked, numbers = protocol_samples(episodes)
        episodes = [(name, run, numbered(frame, numbers)) for name, run, frame in episodes]
        verdicts = [(judge, name, run, numbered(frame, numbers)) for judge, name, run, frame in verdicts]
        scores = numbered(scores, numbers)
    kept = pl.lit(value=True)
    for suite in spec.withheld or []:
        kept &= pl.col("suite") != suite
    tasks, scores = tasks.filter(kept), scores.filter(kept)
    episodes = [(name, run, frame.filter(kept)) for name, run, frame in episodes]
    verdicts = [(judge, name, run, frame.filter(kept)) for judge, name, run, frame in verdicts]
    parts = [frame.with_columns(student=pl.lit(name), run=pl.lit(run)) for name, run, frame in episodes]
    answered = pl.concat(parts) if parts else pl.DataFrame()
    if answered.is_empty():
        raise UserError(problem("--episodes", "no episode", "at least one", "Run the study's models first."))
    if answered.select(KEY).is_duplicated().any():
        raise UserError(problem("--episodes", "an episode twice", "each student/run once"))
    students = shown_students(spec, answered)
    arms = shown_arms(spec, students, answered)
    shown = shown_tasks(tasks, answered)
    of_main = [place for place, each in enumerate(asked.get("asked", [])) if each["protocol"] == 0]
    paths = verdicts_by_path(scores, answered, spec.headline_path, of_main)
    judges = sorted({judge for judge, *_ in verdicts})
    conditions = [name for name in LADDER if name in set(answered["condition"])]
    whole = answered.join(paths, on=KEY, how="left", maintain_order="left")
    whole = whole.join(replies_by_judge(verdicts, judges), on=KEY, how="left", maintain_order="left")
    whole = whole.join(arms.select("student", "run", "step", "arm"), on=["student", "run", "step"])
    whole = whole.join(shown.select("task_id", "task"), on="task_id")
    if score_texts is not None:
        texts_of = score_texts.select(*KEY, "score")
        whole = whole.join(texts_of, on=KEY, how="left", maintain_order="left")
    texts = _Texts()
    if messages is None:
        messages = messages_for(shown, skills, conditions, spec.prompt_seed, template, spec.filler_text)
    described = _tasks(shown, skills, conditions, messages, texts)
    names = [name for name in paths.columns if name not in KEY]
    cells = _cells(whole.sort("task", "condition", "arm", "sample"), conditions, names, judges, texts)
    return {
        "name": spec.name,
        "path": spec.headline_path,
        "paths": names,
        "judges": judges,
        "conditions": conditions,
        "suites": [suite for suite in SUITES if suite in set(shown["suite"])],
        "verdicts": list(VERDICTS),
        "students": students.select("student", "label", "reference").rename({"student": "id"}).to_dicts(),
        "arms": arms.select("place", "run", "name", "step", "trained").to_dicts(),
        **described,
        "cells": cells,
        "texts": texts.all,
        **asked,
    }


class _Texts:
    """Texts in order of their first use, each once."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    @property
    def all(self) -> str:
        return "".join(text.replace(END, "\u2400") + END for text in self.places)

    def place(self, text: str | None) -> int:
        return NOTHING if text is None else self.places.setdefault(text, len(self.places))

    def column(self, values: pl.Series) -> list[int]:
        return [self.place(value) for value in values]


def _tasks(
    shown: pl.DataFrame,
    skills: pl.DataFrame,
    conditions: list[str],
    messages: pl.DataFrame,
    texts: _Texts,
) -> dict:
    """`skills` and `tasks`; a message is `before`, the prompt and `after`."""
    used = skills.filter(pl.col("skill_id").is_in(set(shown["skill_id"]))).sort("skill_id")
    places = {skill: place for place, skill in enumerate(used["skill_id"])}
    around: dict[str, dict[str, list[int]]] = {name: {"before": [], "after": []} for name in conditions}
    for condition in conditions:
        rendered = shown.select("task_id", "prompt").join(
            messages.filter(condition=condition), on="task_id", maintain_order="left"
        )
        for prompt, content in rendered.select("prompt", "content").iter_rows():
            before, found, after = content.partition(prompt)
            around[condition]["before"].append(texts.place(before))
            around[condition]["after"].append(texts.place(after if found else None))
    return {
        "skills": used.select(pl.col("skill_id").alias("id"), "name").to_dicts(),
        "tasks": {
            "id": shown["task_id"].to_list(),
            "skill": [places[skill] for skill in shown["skill_id"]],
            "suite": shown["suite"].to_list(),
            "scorer": shown["scorer"].to_list(),
            "prompt": texts.column(shown["prompt"]),
            "reference": texts.column(shown["reference"]),
            "around": around,
        },
    }


def _cells(
    whole: pl.DataFrame, conditions: list[str], paths: list[str], judges: list[str], texts: _Texts
) -> dict:
    """The columns of the cells, by arm, task and sample; texts are entered in the order of `whole`."""
    coded = whole.with_columns(
        response=pl.Series(texts.column(whole["response"])),
        **{f"raw:{judge}": pl.Series(texts.column(whole[f"raw:{judge}"])) for judge in judges},
    )
    cells = coded.select(_CELL).unique().sort(_CELL)
    columns: dict[str, list | dict] = {name: cells[name].to_list() for name in _CELL}
    for condition in conditions:
        rows = cells.join(coded.filter(condition=condition), on=_CELL, how="left", maintain_order="left")
        columns[condition] = {
            "response": rows["response"].fill_null(NOTHING).to_list(),
            "tokens": rows["completion_tokens"].fill_null(NOTHING).to_list(),
            "finish": rows["finish_reason"].fill_null("").to_list(),
            "verdict": {path: rows[path].fill_null(0).to_list() for path in paths},
            "raw": {judge: rows[f"raw:{judge}"].fill_null(NOTHING).to_list() for judge in judges},
            **({"score": rows["score"].to_list()} if "score" in rows.columns else {}),
        }
    return columns
