"""The tables behind the episode browser: students, arms and tasks that have episodes, verdicts, replies."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from skillift.contracts.pipeline import EPISODE_KEY, STATUSES
from skillift.errors import UserError, problem
from skillift.protocols import PROTOCOL, protocols_in
from skillift.reporting.view import BASE, recipes_of
from skillift.settings.publication_specs import BrowserSpec
from skillift.statistics.run_frames import run_frame

# what a column of verdicts holds: no such episode, pass, fail, why there is no verdict, or a score that is
# neither a pass nor a fail
VERDICTS = ("", "pass", "fail", *(status for status in STATUSES if status != "scored"), "scored")
KEY = ["student", "run", *EPISODE_KEY]  # of an episode of the study


def protocol_samples(episodes: Sequence[tuple[str, str, pl.DataFrame]]) -> tuple[dict, pl.DataFrame]:
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


def numbered(frame: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """A table whose samples are numbered over all protocols."""
    joined = frame.join(numbers, on=[PROTOCOL, "sample"], how="left", maintain_order="left")
    return joined.with_columns(sample="number").drop(PROTOCOL, "number")


def shown_students(spec: BrowserSpec, answered: pl.DataFrame) -> pl.DataFrame:
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


def shown_arms(spec: BrowserSpec, students: pl.DataFrame, answered: pl.DataFrame) -> pl.DataFrame:
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


def shown_tasks(tasks: pl.DataFrame, answered: pl.DataFrame) -> pl.DataFrame:
    """The tasks that were asked, by suite and id, with their place as `task`."""
    asked = set(answered["task_id"])
    unknown = sorted(asked - set(tasks["task_id"]))
    if unknown:
        fix = "Remake the episodes from these tasks."
        raise UserError(problem("episodes, column task_id", unknown[0], "ids of the tasks table", fix))
    return tasks.filter(pl.col("task_id").is_in(asked)).sort("suite", "task_id").with_row_index("task")


def verdicts_by_path(
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
    wide = answered.select(KEY)
    for path in paths:
        column = coded.filter(path=path).select(*KEY, pl.col("code").alias(path))
        wide = wide.join(column, on=KEY, how="left", maintain_order="left")
    lost = wide.filter(pl.col("sample").is_in(of_main)) if of_main else wide
    lost = lost.filter(pl.any_horizontal(pl.col(path).is_null() for path in paths)).sort(KEY)
    if lost.height or headline not in paths:
        found = f"none of {lost.select(KEY).row(0, named=True)}" if lost.height else f"the paths {paths}"
        expected = f"a score of every episode on every path, {headline} among them"
        raise UserError(problem("scores", found, expected, "Run the rule `score` again."))
    return wide


def replies_by_judge(
    verdicts: Sequence[tuple[str, str, str, pl.DataFrame]], judges: list[str]
) -> pl.DataFrame:
    """One row an episode, one column of raw replies a judge, named `raw:<judge>`."""
    by_judge = {
        judge: pl.concat(
            frame.with_columns(student=pl.lit(student), run=pl.lit(run)).select(
                *KEY, pl.col("raw").alias(f"raw:{judge}")
            )
            for name, student, run, frame in verdicts
            if name == judge
        )
        for judge in judges
    }
    wide = pl.DataFrame(schema={name: pl.Int64 if name in ("step", "sample") else pl.String for name in KEY})
    for frame in by_judge.values():
        wide = wide.join(frame, on=KEY, how="full", coalesce=True)
    return wide
