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

from skillift.contracts.pipeline import EPISODE_KEY, STATUSES, SUITES
from skillift.errors import UserError, problem
from skillift.protocols import PROTOCOL, protocols_in
from skillift.reporting.arms import LADDER
from skillift.reporting.view import BASE, recipes_of
from skillift.settings.publication_specs import BrowserSpec
from skillift.statistics.run_frames import run_frame
from skillift.tasks.prompts import messages_for

# what a column of verdicts holds: no such episode, pass, fail, why there is no verdict, or a score that is
# neither a pass nor a fail
VERDICTS = ("", "pass", "fail", *(status for status in STATUSES if status != "scored"), "scored")
END = "\0"  # of a text; within one it is shown by its symbol
NOTHING = -1  # in a column of texts or tokens: there is no such episode

_KEY = ["student", "run", *EPISODE_KEY]
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
        asked, numbers = _asked(episodes)
        episodes = [(name, run, _numbered(frame, numbers)) for name, run, frame in episodes]
        verdicts = [(judge, name, run, _numbered(frame, numbers)) for judge, name, run, frame in verdicts]
        scores = _numbered(scores, numbers)
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
    if answered.select(_KEY).is_duplicated().any():
        raise UserError(problem("--episodes", "an episode twice", "each student/run once"))
    students = _students(spec, answered)
    arms = _arms(spec, students, answered)
    shown = _shown_tasks(tasks, answered)
    of_main = [place for place, each in enumerate(asked.get("asked", [])) if each["protocol"] == 0]
    paths = _scored_on(scores, answered, spec.headline_path, of_main)
    judges = sorted({judge for judge, *_ in verdicts})
    conditions = [name for name in LADDER if name in set(answered["condition"])]
    whole = answered.join(paths, on=_KEY, how="left", maintain_order="left")
    whole = whole.join(_replies(verdicts, judges), on=_KEY, how="left", maintain_order="left")
    whole = whole.join(arms.select("student", "run", "step", "arm"), on=["student", "run", "step"])
    whole = whole.join(shown.select("task_id", "task"), on="task_id")
    if score_texts is not None:
        texts_of = score_texts.select(*_KEY, "score")
        whole = whole.join(texts_of, on=_KEY, how="left", maintain_order="left")
    texts = _Texts()
    if messages is None:
        messages = messages_for(shown, skills, conditions, spec.prompt_seed, template, spec.filler_text)
    described = _tasks(shown, skills, conditions, messages, texts)
    names = [name for name in paths.columns if name not in _KEY]
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


def _asked(episodes: Sequence[tuple[str, str, pl.DataFrame]]) -> tuple[dict, pl.DataFrame]:
    """`protocols` and `asked` of the data, and the number of each protocol's sample.

    Samples of all protocols are numbered in one row, `main` first: so a cell is paired with its own protocol.
    """
    found = pl.concat([frame.select(PROTOCOL, "sample") for *_, frame in episodes]).unique()
    protocols = protocols_in(found)
    place = pl.col(PROTOCOL).replace_strict(dict(zip(protocols, range(len(protocols)), strict=True)))
    numbers = (
        found.with_columns(protocol_place=place).sort("protocol_place", "sample").with_row_index("number")
    )
    rows = numbers.select(protocol="protocol_place", sample="sample").to_dicts()
    return {"protocols": protocols, "asked": rows}, numbers.select(
        PROTOCOL, "sample", pl.col("number").cast(pl.Int64)
    )


def _numbered(frame: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """A table whose samples are numbered over all protocols."""
    joined = frame.join(numbers, on=[PROTOCOL, "sample"], how="left", maintain_order="left")
    return joined.with_columns(sample="number").drop(PROTOCOL, "number")


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


def _students(spec: BrowserSpec, answered: pl.DataFrame) -> pl.DataFrame:
    """student, label, reference, place: by tier, reference models last; only those with episodes."""
    unknown = sorted(set(answered["student"]) - set(spec.students))
    if unknown:
        known = ", ".join(sorted(spec.students))
        raise UserError(
            problem("--episodes", f"the student {unknown[0]}", f"students of the study ({known})")
        )
    rows = [
        (name in spec.references, entry.tier, name, entry.label)
        for name, entry in spec.students.items()
        if name in set(answered["student"])
    ]
    return pl.DataFrame(
        sorted(rows), schema=["reference", "tier", "student", "label"], orient="row"
    ).with_row_index("place")


def _arms(spec: BrowserSpec, students: pl.DataFrame, answered: pl.DataFrame) -> pl.DataFrame:
    """student, run, step, place, name, trained, arm: by student, `base` first, then recipe, seed and step.

    Recipes stand in the order of `recipes_of`.
    """
    declared = run_frame(spec.runs).with_columns(
        trained=pl.col("run") != BASE,
        name=pl.format("{}, seed {}", "recipe", "seed").fill_null("before SFT"),
    )
    found = answered.select("student", "run", "step").unique()
    unknown = found.join(declared, on=["student", "run"], how="anti").sort("student", "run")
    if unknown.height:
        run = "the run {}/{}".format(*unknown.row(0))
        raise UserError(problem("--episodes", run, "runs that the study declares"))
    placed = found.join(declared, on=["student", "run"])
    placed = placed.join(students.select("student", "place"), on="student")
    places = {recipe: place for place, recipe in enumerate(recipes_of(declared.filter("trained")))}
    recipe = pl.col("recipe").replace_strict(places, default=None, return_dtype=pl.Int64)
    return placed.sort("place", "trained", recipe, "seed", "step").with_row_index("arm")


def _shown_tasks(tasks: pl.DataFrame, answered: pl.DataFrame) -> pl.DataFrame:
    """The tasks that were asked, by suite and id, with their place as `task`."""
    asked = set(answered["task_id"])
    unknown = sorted(asked - set(tasks["task_id"]))
    if unknown:
        fix = "Remake the episodes from these tasks."
        raise UserError(problem("episodes, column task_id", unknown[0], "ids of the tasks table", fix))
    return tasks.filter(pl.col("task_id").is_in(asked)).sort("suite", "task_id").with_row_index("task")


def _scored_on(
    scores: pl.DataFrame, answered: pl.DataFrame, headline: str, of_main: Sequence[int] = ()
) -> pl.DataFrame:
    """One row an episode, one column of places in VERDICTS a path: the headline path first, then by name.

    Where a study declares protocols, `of_main` are the samples of `main`: these have a score on every path.
    """
    word = pl.when("passed").then(pl.lit("pass")).when(~pl.col("passed")).then(pl.lit("fail"))
    places = {name: place for place, name in enumerate(VERDICTS)}
    coded = scores.with_columns(
        code=word.otherwise(pl.col("status")).replace_strict(places, return_dtype=pl.Int64)
    )
    paths = sorted(set(scores["path"]), key=lambda path: (path != headline, path))
    wide = answered.select(_KEY)
    for path in paths:
        column = coded.filter(path=path).select(*_KEY, pl.col("code").alias(path))
        wide = wide.join(column, on=_KEY, how="left", maintain_order="left")
    lost = wide.filter(pl.col("sample").is_in(of_main)) if of_main else wide
    lost = lost.filter(pl.any_horizontal(pl.col(path).is_null() for path in paths)).sort(_KEY)
    if lost.height or headline not in paths:
        found = f"none of {lost.select(_KEY).row(0, named=True)}" if lost.height else f"the paths {paths}"
        expected = f"a score of every episode on every path, {headline} among them"
        raise UserError(problem("scores", found, expected, "Run the rule `score` again."))
    return wide


def _replies(verdicts: Sequence[tuple[str, str, str, pl.DataFrame]], judges: list[str]) -> pl.DataFrame:
    """One row an episode, one column of raw replies a judge, named `raw:<judge>`."""
    by_judge = {
        judge: pl.concat(
            frame.with_columns(student=pl.lit(student), run=pl.lit(run)).select(
                *_KEY, pl.col("raw").alias(f"raw:{judge}")
            )
            for name, student, run, frame in verdicts
            if name == judge
        )
        for judge in judges
    }
    wide = pl.DataFrame(schema={name: pl.Int64 if name in ("step", "sample") else pl.String for name in _KEY})
    for frame in by_judge.values():
        wide = wide.join(frame, on=_KEY, how="full", coalesce=True)
    return wide


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
