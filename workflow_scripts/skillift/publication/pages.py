"""What stands on the page of each published table: its rows as text, columns, groups and notes.

From the tables of the analysis: the study's suite and the last checkpoint of each run, the headline path
first, rates in per cent and differences in percentage points. What is undefined reads so.
"""

from __future__ import annotations

import polars as pl

from skillift.contracts.scoring_audit import ALL_CONDITIONS
from skillift.publication.table_page import Column, Page
from skillift.reporting.arms import by_condition, place
from skillift.reporting.column_text import (
    NOT_ASKED,
    UNDEFINED,
    decimal,
    detectable,
    interval,
    percent,
    points,
    probability,
    tenths,
    with_interval,
)
from skillift.reporting.view import BASE, View
from skillift.statistics.contrast_names import LIFT, VARIANT
from skillift.statistics.path_audit import BENCH

CONTRASTS = {
    "curated-none": "procedural delta (curated − none)",
    "lift:curated-none": "lift of the procedural delta",
    "placebo-none": "placebo − none",
    "curated-placebo": "curated − placebo",
    "filler-none": "filler − none",
    "curated-filler": "curated − filler",
    "curated-shuffled": "curated − shuffled",
}

ARM = [Column("label", "student", align="left"), Column("run_name", "run", align="left")]
COUNTS = [Column("n_tasks", "tasks"), Column("n_skills", "skills"), Column("n_unscored", "unscored")]


def headline_first(frame: pl.DataFrame, view: View) -> pl.DataFrame:
    """Rows by path, the headline path on top, otherwise in their order; a table without paths as it is."""
    if "path" not in frame.columns:
        return frame
    return frame.sort(pl.col("path") != view.headline_path, "path", maintain_order=True)


def _arms(frame: pl.DataFrame, view: View, title: str) -> pl.DataFrame:
    """Rows of arms: the headline path first, then by path, tier, run and condition."""
    rows = by_condition(shown(frame, view, title), ALL_CONDITIONS)
    return headline_first(rows.sort("position", view.run_place(), "condition_place"), view)


def pass_rates(frame: pl.DataFrame, view: View) -> Page:
    """Pass rate of every arm with its interval; beside it, what the arm's responses looked like."""
    rows = _arms(frame, view, "pass rates")
    return Page(
        title="Pass rates",
        subtitle=subtitle(view),
        rows=rows.with_columns(
            rate=with_interval(percent, "pass_rate", "ci_low", "ci_high"),
            line=percent("answer_line_rate").fill_null(UNDEFINED),
            length=tenths("mean_completion_tokens").fill_null(UNDEFINED),
        ),
        groups="path",
        columns=[
            *ARM,
            Column("condition", "condition", align="left"),
            Column("rate", f"pass rate, % [{view.level} interval]"),
            Column("line", "with ANSWER line, %", "responses"),
            Column("length", "mean length, tokens", "responses"),
            *COUNTS,
        ],
        notes=[
            "Intervals are clustered by skill (Wilson's, for the tasks that those are worth). Tasks and "
            "skills: those with a verdict; unscored: episodes without one, in no "
            "rate. ANSWER lines and lengths are over all responses of the arm, whatever the path."
        ],
    )


def effects(frame: pl.DataFrame, view: View) -> Page:
    """Every contrast with its interval, the smallest effect that was detectable, and what it rests on."""
    rows = shown(frame, view, "effects").with_columns(
        name=pl.col("contrast").map_elements(contrast_in_words, return_dtype=pl.String),
        estimate=with_interval(points, "estimate", "ci_low", "ci_high"),
        mde=detectable("mde").fill_null(UNDEFINED),
        p=probability("p_value").fill_null(UNDEFINED),
        bootstrap=interval(points, "boot_low", "boot_high").fill_null(UNDEFINED),
        mcnemar=_of_two_arms(probability("mcnemar_p")),
        normalised=_of_two_arms(
            with_interval(decimal, "normalised_gain", "normalised_low", "normalised_high")
        ),
    )
    order = {name: i for i, name in enumerate(CONTRASTS)}
    rank = pl.col("contrast").replace_strict(order, default=len(order), return_dtype=pl.Int64)
    rows = headline_first(rows.sort(rank, "contrast", maintain_order=True), view)
    return Page(
        title="Effects",
        subtitle=subtitle(view),
        rows=rows.with_columns(group=pl.col("path") + " · " + pl.col("name")),
        groups="group",
        columns=[
            *ARM,
            Column("estimate", f"estimate, pp [{view.level} interval]"),
            Column("mde", "smallest detectable, pp"),
            Column("p", "p"),
            Column("bootstrap", "bootstrap interval, pp", "cross-checks"),
            Column("mcnemar", "p, McNemar", "cross-checks"),
            Column("normalised", "normalised gain"),
            *COUNTS,
        ],
        notes=[
            "Differences paired by task, within one scoring path; standard errors clustered by skill. "
            "Smallest detectable: the true effect found with 80 % power. A recipe's mean is taken over its "
            "seeds within task; variance between seeds is in its interval, and not in the bootstrap's.",
            "Lift: a contrast after SFT minus the same before. Gain: pass rate after SFT minus before, under "
            "one condition. p-values are not corrected for their number; the smallest detectable effect of a "
            "claim is that of its family.",
            "Bootstrap: percentile interval over skills. McNemar: exact, as if tasks were independent, for "
            "arms with one sample of one run. Normalised gain: difference / (1 − pass rate of the one "
            "subtracted), a ratio of means over tasks, with its bootstrap interval; a lift has neither.",
        ],
    )


def _of_two_arms(text: pl.Expr) -> pl.Expr:
    """A text that only contrasts of two arms of the same tasks have: the others never had it to lack."""
    return (
        pl.when(pl.col("contrast").str.contains(f"^(?:{LIFT}|{VARIANT})"))
        .then(pl.lit(NOT_ASKED))
        .otherwise(text.fill_null(UNDEFINED))
    )


def path_shift(frame: pl.DataFrame, view: View) -> Page:
    """The shift from the bench path to each judge's path, and what the extractor did where they differ."""
    parts = ["no_answer_line", "other_line", "bench_only"]
    rates = ["bench_pass_rate", "path_pass_rate", *parts]
    rows = _arms(frame, view, "path shift").with_columns(
        shift=with_interval(points, "shift", "ci_low", "ci_high"),
        **{name: percent(name).fill_null(UNDEFINED) for name in rates},
        n_different_lines=pl.col("n_different_lines").cast(pl.String).fill_null(UNDEFINED),
    )
    spanner = "of the tasks with an extractor, %"
    return Page(
        title="Shift between scoring paths",
        subtitle=subtitle(view),
        rows=rows,
        groups="path",
        columns=[
            *ARM,
            Column("condition", "condition", align="left"),
            Column("bench_pass_rate", "bench, %"),
            Column("path_pass_rate", "this path, %"),
            Column("shift", f"shift, pp [{view.level} interval]"),
            Column("no_answer_line", "pass without ANSWER line", spanner),
            Column("other_line", "pass, line read otherwise", spanner),
            Column("bench_only", "pass on bench alone", spanner),
            Column("n_different_lines", "episodes with different ANSWER lines"),
            *COUNTS,
        ],
        notes=[
            "Shift: pass rate on this path minus pass rate on the bench path, over the same episodes. On "
            "tasks with an extractor it is the first two parts minus the third. Different ANSWER lines: "
            "several in one response that do not say the same; the last one counts."
        ],
    )


def format_cells(frame: pl.DataFrame, view: View) -> Page:
    """Form and correctness of every arm, and what of the gain on `bench` is more lines or better ones."""
    rows = _arms(frame, view, "format and correctness")
    shares = ("right_in_form", "wrong_in_form", "right_out_of_form", "wrong_out_of_form")
    divided = (pl.col("path") == BENCH) & (pl.col("run") != BASE)
    parts = ("more_lines", "better_lines")
    rows = rows.with_columns(
        *(percent(name).fill_null(UNDEFINED).alias(name) for name in shares),
        *(
            pl.when(divided)
            .then(with_interval(points, name, f"{name}_low", f"{name}_high"))
            .otherwise(pl.lit(NOT_ASKED))
            .alias(name)
            for name in parts
        ),
        gain=pl.when(divided).then(points("gain").fill_null(UNDEFINED)).otherwise(pl.lit(NOT_ASKED)),
    )
    return Page(
        title="Format and correctness",
        subtitle=subtitle(view),
        rows=rows,
        groups="path",
        columns=[
            *ARM,
            Column("condition", "condition", align="left"),
            Column("right_in_form", "right", "in form, %"),
            Column("wrong_in_form", "wrong", "in form, %"),
            Column("right_out_of_form", "right", "out of form, %"),
            Column("wrong_out_of_form", "wrong", "out of form, %"),
            Column("gain", "gain, pp"),
            Column("more_lines", f"by more lines, pp [{view.level} interval]"),
            Column("better_lines", f"by better lines, pp [{view.level} interval]"),
            *COUNTS,
        ],
        notes=[
            "Of the tasks with an extractor. In form: the response has an ANSWER line that the extractor "
            "reads. Right: it passes on the path. On bench nothing is right out of form: the gain in its "
            "pass rate since before SFT is what more lines of mean quality, and better lines at their mean "
            "number, add (Kitagawa 1955). Intervals are for the run itself."
        ],
    )


def courses(frame: pl.DataFrame, view: View) -> Page:
    """Pass rates of each recipe at every step, and what share of answers was in form, or cut off."""
    students = view.students.select("student", "label", "position")
    order = {name: place for place, name in enumerate(["", *view.recipes])}
    place_of = pl.col("recipe").replace_strict(order, default=len(order), return_dtype=pl.Int64)
    rows = frame.filter(suite=view.suite).join(students, on="student", how="left", maintain_order="left")
    rows = by_condition(rows).sort("position", place_of, "condition_place", "step")
    several = pl.col("recipe") + ", mean of " + pl.col("n_runs").cast(pl.String) + " seeds"
    name = pl.when(pl.col("n_runs") > 1).then(several).otherwise(pl.col("recipe"))
    shares = {each: percent(each).fill_null(UNDEFINED) for each in ("pass_rate", "in_form", "cut_off")}
    rows = rows.with_columns(
        run_name=pl.when(recipe="").then(pl.lit("before SFT")).otherwise(name).str.replace_all(" ", "\u00a0"),
        **shares,
    )
    return Page(
        title="Courses of the trainings",
        subtitle=f"{view.suite} suite, every step that all seeds have; headline path {view.headline_path}",
        rows=headline_first(rows, view),
        groups="path",
        columns=[
            *ARM,
            Column("condition", "condition", align="left"),
            Column("step", "step"),
            Column("pass_rate", "pass rate, %"),
            Column("in_form", "in form, %", "responses"),
            Column("cut_off", "cut off, %", "responses"),
            *COUNTS,
        ],
        notes=[
            "Means over the seeds of a recipe. Cut off: the limit of tokens ended the answer; such an answer "
            "mostly fails, so a rate that falls while this share grows may be one of length. Tasks and "
            "skills: the fewest of any seed; unscored: episodes of all of them."
        ],
    )


def agreement(frame: pl.DataFrame, view: View) -> Page:
    """Each pair of judges on each run and condition: confusion counts, agreement, kappa, AC1, coverage."""
    rows = _arms(frame, view, "judge agreement").with_columns(
        pair=pl.col("judge_a") + " (a) and " + pl.col("judge_b") + " (b)",
        agreement=percent("agreement").fill_null(UNDEFINED),
        kappa=with_interval(decimal, "kappa", "kappa_low", "kappa_high"),
        ac1=with_interval(decimal, "ac1", "ac1_low", "ac1_high"),
    )
    counts = {"both_pass": "both pass", "only_a": "only a", "only_b": "only b", "both_fail": "both fail"}
    return Page(
        title="Agreement of the judges",
        subtitle=subtitle(view),
        rows=rows.sort("pair", maintain_order=True),
        groups="pair",
        columns=[
            *ARM,
            Column("condition", "condition", align="left"),
            *(Column(name, label, "episodes") for name, label in counts.items()),
            Column("agreement", "same verdict, %"),
            Column("kappa", f"Cohen's kappa [{view.level} interval]"),
            Column("ac1", f"Gwet's AC1 [{view.level} interval]"),
            Column("n_unscored_a", "unscored by a"),
            Column("n_unscored_b", "unscored by b"),
            *COUNTS,
        ],
        notes=[
            "Condition all: all conditions together. Intervals from a bootstrap over skills. Unscored: by "
            "either judge."
        ],
    )


def contrast_in_words(contrast: str) -> str:
    """The name of a contrast for readers: `lift:placebo-none` -> lift of placebo − none."""
    if contrast in CONTRASTS:
        return CONTRASTS[contrast]
    *_, condition = contrast.partition(VARIANT)
    if condition:
        variants = f"variant − its task under {condition}"
        return f"lift of {variants}" if contrast.startswith(LIFT) else variants
    kind, _, subject = contrast.rpartition(":")
    subject = subject.replace("-", " − ")
    return {"lift": f"lift of {subject}", "gain": f"gain under {subject}"}.get(kind, subject)


def shown(frame: pl.DataFrame, view: View, source: str) -> pl.DataFrame:
    """The rows of `place` with run_name, the headline path first."""
    trainings = view.runs.group_by("student", "recipe").agg(of_recipe=pl.len())
    rows = place(frame, view, source).join(
        trainings, on=["student", "recipe"], how="left", maintain_order="left"
    )
    several = pl.col("recipe") + ", mean of " + pl.col("of_recipe").cast(pl.String) + " seeds"
    whole = pl.col("recipe").is_not_null() & pl.col("seed").is_null()
    name = pl.when(whole).then(several).otherwise(view.trained()).str.replace_all(" ", "\u00a0")
    return headline_first(rows.with_columns(run_name=name).drop("of_recipe"), view)


def subtitle(view: View) -> str:
    """Which suite, checkpoints and path a page's tables show."""
    return f"{view.suite} suite, last checkpoint of each run; headline path {view.headline_path}"
