"""Tasks, scores and episodes of the arms of logs, by the contracts of any study, and how they are shown.

The model is one student, whose run `base` is before; every item is a task of the suite `holdout`; the scoring
path is `logs`. Scores are passes where they are 0 and 1 alone, else a metric (`measure`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import shorten
from typing import NamedTuple

import polars as pl

from skillift.contracts.pipeline import EPISODES, LOGGED_SCORES, SCORES, SKILLS, TASKS
from skillift.errors import UserError, problem
from skillift.evaluation_logs.log_arms import Arms, not_told
from skillift.evaluation_logs.measure import Measure, measure_of
from skillift.metrics.names import PASS
from skillift.reporting.nouns import Nouns
from skillift.reporting.view import BASE, View, view_of
from skillift.settings.analysis_specs import Estimation, FiguresSpec, ShownAnalysis, ShownFigures
from skillift.settings.publication_specs import BrowserSpec, DeclaredRun, Labelled
from skillift.tables import check

PATH, SUITE, STUDENT = "logs", "holdout", "model"
MOST_UNSCORED = 0.05  # share of missing scores of an arm above which a warning stands
ALONE = "item"  # what a cluster of one item is called, where there are no groups


class Tables(NamedTuple):
    """What logs give: contracts TASKS, SKILLS, SCORES, and EPISODES by run.

    Attributes:
        scores: contract SCORES with a further column `value`: the score as a fraction of its range. Of a
            metric, `passed` is null throughout.
        logged: contract LOGGED_SCORES: a metric's scores as the logs have them; without rows for passes.
        messages: task_id, condition, content: what was asked, as the first log of a condition has it.
        reasons: reason, n: why scores are missing, the most frequent first.
        measure: what the scores are.
        epochs: the fewest and the most of an item in an arm.
    """

    tasks: pl.DataFrame
    skills: pl.DataFrame
    scores: pl.DataFrame
    logged: pl.DataFrame
    episodes: dict[str, pl.DataFrame]
    messages: pl.DataFrame
    reasons: pl.DataFrame
    measure: Measure
    epochs: tuple[int, int] = (1, 1)


def tables(
    arms: Arms, threshold: float | None = None, ranges: Mapping[str, tuple[float, float]] | None = None
) -> Tables:
    """Tasks, scores and whatever else the analysis reads, made from the logs of all arms.

    Args:
        arms: what was read.
        threshold: a score of at least that passes, or of at most that where less is better;
            None: scores are taken as they are.
        ranges: of scores, by their names; see `measure.measure_of`.

    Raises:
        UserError: a score lies outside of its range, or an item is in two groups.
    """
    rows = pl.concat(
        arm.rows.with_columns(run=pl.lit(arm.run), condition=pl.lit(arm.condition)) for arm in arms.arms
    )
    evaluations = [each for arm in arms.arms for each in arm.evaluations]
    scorer = str(evaluations[0].scorer.get("metric"))
    lower = any(each.lower_is_better for each in evaluations)
    if threshold is not None:
        passes = pl.col("value") <= threshold if lower else pl.col("value") >= threshold
        rows = rows.with_columns(value=passes.cast(pl.Float64))
        measure = Measure(f"{scorer} of at {'most' if lower else 'least'} {threshold:g}")
    else:
        harness = [each.bounds for each in evaluations if each.bounds]
        measure = measure_of(rows, scorer, ranges or {}, harness, lower)
    tasks = _tasks(rows)
    skills = (
        tasks.select("skill_id")
        .unique()
        .sort("skill_id")
        .select(
            "skill_id",
            name=pl.col("skill_id"),
            domain=pl.lit("logs"),
            steps=pl.lit([], dtype=pl.List(pl.String)),
        )
    )
    key = {
        "step": pl.lit(0, dtype=pl.Int64),
        "suite": pl.lit(SUITE),
        "condition": pl.col("condition"),
        "task_id": pl.col("item"),
        "sample": pl.col("epoch"),
    }
    of_passes = measure.metric == PASS
    place = {"path": pl.lit(PATH), "student": pl.lit(STUDENT), "run": pl.col("run"), **key}
    status = pl.when(pl.col("value").is_null()).then(pl.lit("failed")).otherwise(pl.lit("scored"))
    order = ["condition", "task_id", "sample"]
    passed = pl.col("value") == 1 if of_passes else pl.lit(None, dtype=pl.Boolean)
    scores = rows.select(**place, passed=passed, status=status)
    value = (pl.col("value") - measure.low) / measure.span
    logged = rows.select(**place, metric=pl.lit(measure.metric), value="value", status=status)
    episodes = rows.select(
        "run",
        **key,
        engine=pl.lit("api"),
        prompt_sha256=pl.when(pl.col("prompt_key") == "").then(pl.lit("unknown")).otherwise("prompt_key"),
        response=pl.col("response"),
        finish_reason=pl.when(pl.col("value").is_null()).then(pl.lit("error")).otherwise(pl.lit("stop")),
        prompt_tokens=pl.lit(0, dtype=pl.Int64),
        completion_tokens=pl.col("tokens").fill_null(0),
    )
    return Tables(
        check(tasks, TASKS, "tasks of the logs"),
        check(skills, SKILLS, "groups of the logs"),
        check(scores, SCORES, "scores of the logs")
        .with_columns(rows.select(value=value))
        .sort("run", *order),
        check(logged.clear() if of_passes else logged.sort("run", *order), LOGGED_SCORES, "scores"),
        {
            str(run): check(part.drop("run").sort(order), EPISODES, f"answers of {run}")
            for (run,), part in episodes.group_by("run", maintain_order=True)
        },
        rows.select(task_id="item", condition="condition", content="prompt").unique(
            ["task_id", "condition"], keep="first", maintain_order=True
        ),
        rows.filter(pl.col("value").is_null())
        .group_by("reason")
        .agg(n=pl.len())
        .sort("n", "reason", descending=[True, False]),
        measure,
        _epochs(arms),
    )


def _epochs(arms: Arms) -> tuple[int, int]:
    counts = pl.concat(arm.rows.group_by("item").agg(n=pl.len()) for arm in arms.arms)
    least, most = counts.select(least=pl.col("n").min(), most=pl.col("n").max()).row(0)
    return int(least), int(most)


def _tasks(rows: pl.DataFrame) -> pl.DataFrame:
    """One task for each item, as the arm without a procedure has it, where there is one."""
    ordered = rows.with_columns(place=pl.col("condition") != "none").sort(
        "place", "run", "epoch", maintain_order=True
    )
    one = ordered.unique("item", keep="first", maintain_order=True).sort("item")
    groups = rows.select("item", "cluster").unique()
    twice = groups.filter(pl.col("item").is_duplicated()).sort("item", "cluster")
    if twice.height:
        names = twice.filter(item=twice["item"][0])["cluster"].to_list()
        raise UserError(problem(f"item {twice['item'][0]}, groups", names, "one group in all arms"))
    return one.select(
        task_id="item",
        skill_id=pl.coalesce("cluster", pl.format("{} {}", pl.lit(ALONE), "item")),
        suite=pl.lit(SUITE),
        prompt=pl.when(pl.col("prompt") == "").then(pl.lit("(not in the log)")).otherwise("prompt"),
        reference=pl.when(pl.col("target") == "").then(pl.lit("(not in the log)")).otherwise("target"),
        scorer=pl.lit("judge"),
        answer_type=pl.lit("text"),
        worked_solution=pl.lit(None, dtype=pl.String),
    )


class Asked(NamedTuple):
    """How a comparison is analysed and what its pages call things.

    Attributes:
        name: what the pages call the comparison.
        recipe: what they call the training.
        label: what they call the model.
        analysis: how effects are estimated.
        study: the name of the study whose settings these are; empty where there is none.
        left_out: its predictions that logs cannot be held against, each with the reason.
    """

    name: str
    recipe: str
    label: str
    analysis: Estimation
    study: str = ""
    left_out: tuple[tuple[str, str], ...] = ()


class About(NamedTuple):
    """What the pages of a comparison tell of its logs.

    Attributes:
        measure: what the scores are.
        conditions: of the arms, sorted.
        grouped: what items are grouped by, in words; empty where each stands for itself.
        most_unscored: share of missing scores of an arm above which a warning stands (fraction).
        epochs: the fewest and the most of an item in an arm.
        accepted: a sentence for each difference between arms that was let pass.
        other_tasks: tasks of the logs that are of no condition, by name.
        not_told: what no log says.
        reasons: why scores are missing, each with how many.
        study: as in `Asked`.
        left_out: likewise.
    """

    measure: Measure
    conditions: Sequence[str]
    grouped: str
    most_unscored: float
    epochs: tuple[int, int] = (1, 1)
    accepted: Sequence[str] = ()
    other_tasks: Sequence[str] = ()
    not_told: Sequence[str] = ()
    reasons: Sequence[tuple[str, int]] = ()
    study: str = ""
    left_out: Sequence[tuple[str, str]] = ()


class Comparison(NamedTuple):
    """How a comparison is analysed and shown.

    Attributes:
        analysis: how effects are estimated.
        view: how figures and pages show them, as those of a study.
        browser: what the episode browser shows; its name is that of the comparison.
        about: what the pages tell of the logs.
    """

    analysis: Estimation
    view: View
    browser: BrowserSpec
    about: About

    @property
    def name(self) -> str:
        """What the pages call it."""
        return self.browser.name


def comparison_of(arms: Arms, made: Tables, asked: Asked) -> Comparison:
    """How the arms of logs are analysed and shown, as a study would have it."""
    runs = sorted({arm.run for arm in arms.arms}, key=lambda run: (run != BASE, run))
    # no check: what the command's options call a model and its training may be any text
    declared = [
        DeclaredRun.model_construct(
            student=STUDENT,
            run=run,
            recipe=None if run == BASE else asked.recipe,
            seed=None if run == BASE else int(run.rpartition("-s")[2]),
        )
        for run in runs
    ]
    students = {STUDENT: Labelled.model_construct(label=asked.label, tier=1)}
    estimated = asked.analysis.model_dump()
    shown = FiguresSpec(
        analysis=ShownAnalysis(headline_path=PATH, **estimated),
        max_unscored_share=MOST_UNSCORED,
        students=students,
        references=[],
        runs=declared,
        figures=ShownFigures(published_values=False),
    )
    browser = BrowserSpec.model_construct(
        name=asked.name,
        headline_path=PATH,
        judges=[],
        students=students,
        references=[],
        runs=declared,
        prompt_seed=0,
    )
    about = About(
        measure=made.measure,
        conditions=sorted({arm.condition for arm in arms.arms}),
        grouped=arms.clustered,
        most_unscored=MOST_UNSCORED,
        epochs=made.epochs,
        accepted=arms.accepted,
        other_tasks=arms.left_out,
        not_told=not_told(arms.arms),
        reasons=[(shorten(reason, 80), number) for reason, number in made.reasons.rows()],
        study=asked.study,
        left_out=asked.left_out,
    )
    view = replace(view_of(shown), nouns=nouns_of(about))
    return Comparison(asked.analysis, view, browser, about)


def nouns_of(about: About) -> Nouns:
    """What the figures of a comparison call things: what its page calls them."""
    group = "group" if about.grouped else ""
    return Nouns("item", group, "model", "training", "comparison", "training", f"score {about.measure.score}")
