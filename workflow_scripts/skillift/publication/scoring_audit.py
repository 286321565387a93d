"""The published pages of the scoring audit: mixed paths, shifts between judges, their errors, corrections."""

from __future__ import annotations

import polars as pl

from skillift.contracts.scoring_audit import ALL_CONDITIONS
from skillift.publication.pages import ARM, COUNTS, contrast_in_words, shown, subtitle
from skillift.publication.table_page import Column, Page
from skillift.reporting.arms import by_condition
from skillift.reporting.column_text import (
    DASH,
    NOT_ASKED,
    UNDEFINED,
    percent,
    percent_span,
    points,
    with_interval,
)
from skillift.reporting.view import View
from skillift.statistics.judge_shift import ZERO

METHODS = {
    "uncorrected": "as judged",
    "prediction_powered": "prediction-powered",
    "rogan_gladen": "Rogan-Gladen",
}
HEADLINES = ("lift:curated-none", "curated-none")


def mixed_paths(frame: pl.DataFrame, view: View) -> Page:
    """What mixing scoring paths would have claimed; matched paths beside it."""
    rows = shown(frame, view, "mixed paths").filter("headline")
    rows = rows.with_columns(
        estimate=with_interval(points, "estimate", "ci_low", "ci_high"),
        kind=pl.when("matched").then(pl.lit("one path")).otherwise(pl.lit("WRONG: paths mixed")),
        group=_contrast(),
    ).sort(
        _rank(),
        "position",
        view.run_place(),
        ~pl.col("matched"),
        "path_before",
        "path_after",
        maintain_order=True,
    )
    return Page(
        title="What mixing scoring paths would have claimed",
        subtitle=subtitle(view),
        rows=rows,
        groups="group",
        columns=[
            *ARM,
            Column("path_before", "what is subtracted, on", align="left"),
            Column("path_after", "from, on", align="left"),
            Column("kind", "", align="left"),
            Column("estimate", f"pp [{view.level} interval]"),
            *COUNTS,
        ],
        notes=[
            "Rows marked WRONG subtract a number on one path from a number on another: the difference "
            "holds the shift between the paths, and no claim rests on it. They show how large that error "
            "would have been. The library raises when paths meet in a subtraction; this page alone makes "
            "the exception."
        ],
    )


def judge_shift(frame: pl.DataFrame, view: View) -> Page:
    """The headlines under two judges over the same episodes."""
    rows = shown(frame, view, "judge shift").filter("headline")
    zero = pl.sum_horizontal(pl.col(name).abs() < ZERO for name in ("estimate_a", "estimate_b"))
    same = (
        pl.when(zero > 0)
        .then(pl.when(zero > 1).then(pl.lit("both are 0")).otherwise(pl.lit("one is 0")))
        .when("same_direction")
        .then(pl.lit("yes"))
        .otherwise(pl.lit("NO"))
    )
    rows = rows.with_columns(
        a=points("estimate_a").fill_null(UNDEFINED),
        b=points("estimate_b").fill_null(UNDEFINED),
        shift=with_interval(points, "shift", "ci_low", "ci_high"),
        same=pl.when(pl.col("same_direction").is_null()).then(pl.lit(UNDEFINED)).otherwise(same),
        group=pl.col("judge_a") + " (a) and " + pl.col("judge_b") + " (b) · " + _contrast(),
    ).sort("judge_a", "judge_b", _rank(), "position", view.run_place(), maintain_order=True)
    return Page(
        title="Headlines under two judges",
        subtitle=subtitle(view),
        rows=rows,
        groups="group",
        columns=[
            *ARM,
            Column("a", "judge a, pp"),
            Column("b", "judge b, pp"),
            Column("shift", f"shift (b − a), pp [{view.level} interval]"),
            Column("same", "same direction"),
            *COUNTS,
        ],
        notes=["Over the episodes that both judges scored, each difference within one judge's path."],
    )


def judge_errors(frame: pl.DataFrame, view: View) -> Page:
    """Sensitivity and specificity of every judge on episodes whose right verdict is known, by condition."""
    rows = by_condition(shown(frame, view, "judge errors"), ALL_CONDITIONS).with_columns(
        sensitivity=with_interval(percent, "sensitivity", "sensitivity_low", "sensitivity_high"),
        specificity=with_interval(percent, "specificity", "specificity_low", "specificity_high"),
        group=pl.lit("judge ") + pl.col("judge"),
    )
    counts = {
        "true_pass": "passed, right",
        "false_pass": "passed, wrong",
        "true_fail": "failed, right",
        "false_fail": "failed, wrong",
    }
    return Page(
        title="Errors of the judges on labelled episodes",
        subtitle=subtitle(view),
        rows=rows.sort("judge", "position", view.run_place(), "condition_place", maintain_order=True),
        groups="group",
        columns=[
            *ARM,
            Column("condition", "condition", align="left"),
            *(Column(name, label, "episodes") for name, label in counts.items()),
            Column("sensitivity", f"sensitivity, % [{view.level} interval]"),
            Column("specificity", f"specificity, % [{view.level} interval]"),
            Column("n_labelled", "labelled"),
            Column("n_unlabelled", "without a label"),
            *COUNTS,
        ],
        notes=[
            "Labels: the exact reference, where a task has an extractor and the response an ANSWER line. "
            "Sensitivity: share of right responses that the judge passes; specificity: share of wrong ones "
            "that it fails. Where they differ between conditions, the judge biases the procedural delta."
        ],
    )


def corrected_effects(frame: pl.DataFrame, view: View) -> Page:
    """The headlines on each judge's path as judged and corrected for that judge's errors."""
    rows = _headlines(frame, view, "corrected effects").with_columns(
        estimate=with_interval(points, "estimate", "ci_low", "ci_high"),
        lines=percent_span("answer_lines_low", "answer_lines_high"),
        labels=pl.col("labelled_by").replace({"answer_lines": "ANSWER lines"}),
        boot=pl.concat_str(points("boot_low"), pl.lit(" to "), points("boot_high")).fill_null(UNDEFINED),
        name=pl.col("method").replace_strict(METHODS),
        reason=pl.col("reason").replace("", NOT_ASKED),
    )
    order = {method: place for place, method in enumerate(METHODS)}
    place = pl.col("method").replace_strict(order, return_dtype=pl.Int64)
    return Page(
        title="Effects corrected for the judges' errors",
        subtitle=subtitle(view),
        rows=rows.sort("place", _rank(), "position", view.run_place(), place, maintain_order=True),
        groups="group",
        columns=[
            *ARM,
            Column("name", "method", align="left"),
            Column("estimate", f"pp [{view.level} interval]"),
            Column("boot", "bootstrap interval"),
            Column("n_labelled", "labelled episodes"),
            Column("labels", "labels", align="left"),
            Column("lines", "ANSWER lines, %"),
            *COUNTS,
            Column("reason", "why undefined", align="left"),
        ],
        notes=[
            "Rogan-Gladen divides by the judge's discrimination in each condition; prediction-powered adds "
            "the mean error on the labelled episodes. Labels by ANSWER lines exist where a response has one. "
            "Where the share of these changes between the arms, such a correction cannot see errors on "
            "prose, "
            "and may take an effect of format for one of skill. The first holds if the judge errs as often "
            "elsewhere, given what is right; the second only if such responses are right as often as the "
            "others, too. Labels that were given are taken to be of random episodes. " + DASH
        ],
    )


def bounds(frame: pl.DataFrame, view: View) -> Page:
    """The headlines if every unscored episode had the verdict that lowers, or raises, them most."""
    rows = _headlines(frame, view, "bounds").with_columns(
        estimate=points("estimate").fill_null(UNDEFINED),
        bounds=pl.concat_str(points("bound_low"), pl.lit(" to "), points("bound_high")).fill_null(UNDEFINED),
        interval=pl.concat_str(points("ci_low"), pl.lit(" to "), points("ci_high")).fill_null(UNDEFINED),
    )
    return Page(
        title="Worst case of the unscored episodes",
        subtitle=subtitle(view),
        rows=rows.sort("place", _rank(), "position", view.run_place(), maintain_order=True),
        groups="group",
        columns=[
            *ARM,
            Column("estimate", "as scored, pp"),
            Column("bounds", "bounds, pp"),
            Column("interval", f"{view.level} interval of both bounds, pp"),
            Column("n_episodes", "episodes"),
            *COUNTS,
        ],
        notes=[
            "Unscored episodes imputed as pass or as fail in each arm, whichever moves the effect most; "
            "bounds and interval reach at least as far as what was found without them."
        ],
    )


def _headlines(frame: pl.DataFrame, view: View, source: str) -> pl.DataFrame:
    """Rows of the headline arms and contrasts, with `group` and the `place` of the path."""
    rows = shown(frame, view, source).filter("headline", pl.col("contrast").is_in(HEADLINES))
    return rows.with_columns(
        group=pl.col("path") + " · " + _contrast(),
        place=(pl.col("path") != view.headline_path).cast(pl.Int64),
    )


def _contrast() -> pl.Expr:
    return pl.col("contrast").map_elements(contrast_in_words, return_dtype=pl.String)


def _rank() -> pl.Expr:
    order = {name: place for place, name in enumerate(HEADLINES)}
    return pl.col("contrast").replace_strict(order, default=len(order), return_dtype=pl.Int64)
