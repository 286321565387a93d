"""The published pages of the claims and of what stands behind them: joint model, seed variance, asymmetry."""

from __future__ import annotations

import polars as pl

from skillift.errors import UserError, problem
from skillift.protocols import MAIN, PROTOCOL
from skillift.publication.pages import COUNTS, contrast_in_words, headline_first, subtitle
from skillift.publication.table_page import Column, Page
from skillift.reporting.column_text import (
    DASH,
    NOT_ASKED,
    UNDEFINED,
    decimal,
    percent,
    percent_span,
    points,
    probability,
    with_interval,
)
from skillift.reporting.units import in_units
from skillift.reporting.view import View
from skillift.statistics.claim_registry import DEPTH, SHAPE, says

ESTIMATORS = {
    "naive": "naive: coupled, for comparison",
    "split_half": "disjoint halves of the tasks",
    "disattenuated": "disjoint halves, corrected for attenuation",
    "oldham": "Oldham",
}
_LEVELS = {
    "students": "between students",
    "cells": "between skills, all students",
    "skills": "between skills",
}
_STUDENT = Column("label", "student", align="left")


def claims(frame: pl.DataFrame, view: View) -> Page:
    """Every claim with its word, by path, the headline path first."""
    in_words = says()
    labels = dict(view.students.select("student", "label").rows())
    against = view.trained("against").replace(labels)
    budget = pl.col("contrast").str.extract(r"@(\d+)$")  # of claims on samples against parameters
    rows = _labelled(frame, view, "claims").with_columns(
        about=pl.concat_str(
            view.trained().replace({"": "all recipes"}).str.replace_all(" ", "\u00a0"),
            pl.when(budget.is_null()).then(pl.lit("")).otherwise(pl.lit(", ") + budget + pl.lit(" samples")),
            pl.when(against="").then(pl.lit("")).otherwise(pl.lit(" against ") + against),
        ),
        estimate=in_units("claim", "estimate", "ci_low", "ci_high"),
        word=pl.col("word").str.replace_all(" ", "\u00a0"),  # on one line
        margin=percent("margin").fill_null(NOT_ASKED),
        p_equivalence=_or_why("p_equivalence", pl.col("margin").is_null()),
        p_holm=_or_why("p_holm", pl.col("estimate").is_not_null()),
        mde=pl.when(pl.col("claim").is_in([SHAPE, DEPTH]))
        .then((decimal("mde") + " times the pattern").fill_null(UNDEFINED))
        .otherwise(in_units("claim", "mde", sign=False)),
        lines=percent_span("answer_lines_low", "answer_lines_high"),
        holds=pl.when(n_unscored=0)
        .then(pl.lit(NOT_ASKED))
        .when("word_holds")
        .then(pl.lit("holds"))
        .otherwise(pl.lit("hangs on them")),
        group=pl.col("path")
        + _protocol(frame)
        + " · "
        + pl.col("claim").replace_strict(in_words, default=pl.col("claim")),
    )
    order = {claim: place for place, claim in enumerate(in_words)}
    rows = rows.sort(
        pl.col("claim").replace_strict(order, default=len(order)),
        "position",
        view.run_place(),
        view.run_place("against"),
        maintain_order=True,
    )
    return Page(
        title="Claims",
        subtitle=subtitle(view),
        rows=headline_first(rows, view),
        groups="group",
        columns=[
            _STUDENT,
            Column("about", "of", align="left"),
            Column("word", "word", align="left"),
            Column("estimate", f"estimate, pp [{view.level} interval]"),
            Column("p_holm", "p, Holm"),
            Column("margin", "declared margin, pp"),
            Column("p_equivalence", "p, equivalence"),
            Column("mde", "smallest detectable, pp"),
            *COUNTS,
            Column("lines", "ANSWER lines, %"),
            Column("holds", "word, were the unscored known"),
            Column("n_runs", "seeds"),
        ],
        notes=[
            "The word is found by a written rule: supported or contradicted where the p-value is below "
            f"{round(1 - view.confidence, 6):g} (Holm's over the family, where there is one), equivalent "
            "where two one-sided tests show the difference to be smaller than the margin, non-inferior where "
            "the interval lies above a loss of the margin, else not "
            "resolvable at this n, which says nothing about absence.",
            "A row against nothing is the whole claim: its estimate is the largest difference of a pair. "
            "Of a claim over none and every control together the numbers are those of the lift that decides.",
            "ANSWER lines: the share of responses that have one, from arm to arm of the claim. Where it "
            "changes, "
            "an effect may be one of format: the extractor reads no prose, and judges miss some of it.",
            "With one seed a claim is about that run, and a difference of tiers or recipes about those "
            "runs: others "
            "might not differ. The smallest detectable effect is that of the word, at the level of its "
            "family; of a trajectory's shape, and of a dip and recovery, it is the multiple of the declared "
            "pattern.",
            "Where another unit stands beside a number it is in that one: pp² are squared percentage points. "
            + DASH,
        ],
    )


def _or_why(column: str, unasked: pl.Expr) -> pl.Expr:
    """A p-value; a dash where none is asked for, as for want of a margin or a family, else undefined."""
    missing = pl.when(unasked).then(pl.lit(NOT_ASKED)).otherwise(pl.lit(UNDEFINED))
    return probability(column).fill_null(missing)


def _protocol(frame: pl.DataFrame) -> pl.Expr:
    """The protocol that a claim is about, where that is not `main`."""
    if PROTOCOL not in frame.columns:
        return pl.lit("")
    name = pl.col(PROTOCOL)
    return pl.when(name == MAIN).then(pl.lit("")).otherwise(pl.lit(" · protocol ") + name)


def joint_model(frame: pl.DataFrame, view: View) -> Page:
    """Terms and tests of the joint model, by path, recipe and scale."""
    rows = _labelled(frame, view, "joint model")
    logit = pl.col("scale") == "logit"
    rows = rows.with_columns(
        term=pl.col("term").map_elements(contrast_in_words, return_dtype=pl.String),
        estimate=pl.when(pl.col("student") == "")
        .then(pl.lit(NOT_ASKED))
        .when(logit)
        .then(with_interval(decimal, "estimate", "ci_low", "ci_high"))
        .otherwise(with_interval(points, "estimate", "ci_low", "ci_high")),
        statistic=decimal("statistic").fill_null(UNDEFINED),
        df=(decimal("df_numerator") + pl.lit("; ") + decimal("df_denominator")).fill_null(NOT_ASKED),
        reason=pl.col("reason").replace("", NOT_ASKED),
        p=probability("p_value").fill_null(UNDEFINED),
        group=pl.col("path")
        + " · "
        + pl.col("recipe")
        + pl.when(logit).then(pl.lit(" · log odds (GEE)")).otherwise(pl.lit(" · pp")),
    ).sort(view.run_place("recipe"), "scale", "position", "term", maintain_order=True)
    return Page(
        title="Joint model",
        subtitle=subtitle(view),
        rows=headline_first(rows, view),
        groups="group",
        columns=[
            _STUDENT,
            Column("term", "term", align="left"),
            Column("estimate", f"estimate [{view.level} interval]"),
            Column("statistic", "statistic"),
            Column("df", "degrees of freedom"),
            Column("p", "p"),
            *COUNTS,
            Column("reason", "why undefined", align="left"),
        ],
        notes=[
            "Binomial GEE with tasks of a skill exchangeable. The term tier x condition x phase asks "
            "whether the lift is the same at every tier, in log odds and in differences of pass rates; the "
            "two can differ, because equal differences are unequal odds. " + DASH
        ],
    )


def seed_variance(frame: pl.DataFrame, view: View) -> Page:
    """Training-seed and sampling variance apart, as standard deviations."""
    rows = _labelled(frame, view, "seed variance").with_columns(
        name=pl.col("contrast").map_elements(contrast_in_words, return_dtype=pl.String),
        estimate=with_interval(points, "estimate", "ci_low", "ci_high"),
        sampling=percent_of_root("sampling_variance"),
        between=percent_of_root("seed_variance"),
        alike=probability("p_pooling").fill_null(NOT_ASKED),
        tiers=pl.col("n_pooled").cast(pl.String).fill_null(NOT_ASKED),
        error=percent("standard_error").fill_null(UNDEFINED),
        group=pl.col("path") + " · " + pl.col("recipe"),
    )
    rows = rows.sort(view.run_place("recipe"), "position", "contrast", maintain_order=True)
    return Page(
        title="Training seeds and sampling",
        subtitle=subtitle(view),
        rows=headline_first(rows, view),
        groups="group",
        columns=[
            _STUDENT,
            Column("name", "contrast", align="left"),
            Column("estimate", f"mean over seeds, pp [{view.level} interval]"),
            Column("sampling", "of sampling", "standard deviation, pp"),
            Column("between", "of one training", "standard deviation, pp"),
            Column("error", "standard error of both, pp"),
            Column("n_runs", "seeds"),
            Column("tiers", "tiers pooled"),
            Column("alike", "p, tiers alike"),
            *COUNTS,
        ],
        notes=[
            "Of sampling: of the mean over the seeds, given the seeds, clustered by skill. Of one "
            "training: how far a run with another seed would stand from its recipe's mean. Undefined with "
            "one seed. It is taken as the same at every tier, and pooled over them, unless a test shows one "
            "tier's to be larger. " + DASH
        ],
    )


def asymmetry(frame: pl.DataFrame, view: View) -> Page:
    """The slope of the lift on the baseline delta by every estimator and level."""
    rows = _labelled(frame, view, "asymmetry")
    order = {name: place for place, name in enumerate(ESTIMATORS)}
    levels = {name: place for place, name in enumerate(_LEVELS)}
    rows = rows.sort(
        view.run_place("recipe"),
        pl.col("level").replace_strict(levels, return_dtype=pl.Int64),
        "position",
        pl.col("estimator").replace_strict(order, return_dtype=pl.Int64),
        maintain_order=True,
    ).with_columns(
        name=pl.col("estimator").replace_strict(ESTIMATORS),
        at=pl.col("level").replace_strict(_LEVELS),
        shown=with_interval(decimal, "slope", "ci_low", "ci_high"),
        reliability=decimal("reliability").fill_null(NOT_ASKED),
        splits=pl.col("n_splits").cast(pl.String).fill_null(NOT_ASKED),
        group=pl.col("path") + " · " + pl.col("recipe"),
    )
    return Page(
        title="Regime asymmetry",
        subtitle=subtitle(view),
        rows=headline_first(rows, view),
        groups="group",
        columns=[
            Column("at", "level", align="left"),
            _STUDENT,
            Column("name", "estimator", align="left"),
            Column("shown", f"slope [{view.level} interval]"),
            Column("reliability", "reliability of the baseline delta"),
            Column("splits", "splits"),
            Column("n_students", "students"),
            *COUNTS,
        ],
        notes=[
            "Slope of the lift on the baseline procedural delta, pp per pp. The naive slope is negative "
            "without any asymmetry, because lift and baseline share their noise; disjoint halves are free "
            "of that. Oldham's slope answers the question only where both deltas are equally noisy. " + DASH
        ],
    )


def percent_of_root(column: str) -> pl.Expr:
    """A variance in squared fractions as a standard deviation in percentage points."""
    root = pl.col(column).sqrt()
    return root.map_elements(lambda value: f"{100 * value:.1f}", return_dtype=pl.String).fill_null(UNDEFINED)


def _labelled(frame: pl.DataFrame, view: View, source: str) -> pl.DataFrame:
    """Rows of the view's suite with label and position; a row about several students stands first.

    Raises:
        UserError: there are none.
    """
    rows = frame.filter(suite=view.suite)
    if rows.is_empty():
        raise UserError(problem(f"{source} table", f"no rows of the suite {view.suite}", "at least one"))
    positions = dict(view.students.select("student", "position").rows())
    return rows.with_columns(
        label=_name("student", view).replace({"": "all"}),
        position=pl.col("student").replace_strict(positions, default=-1, return_dtype=pl.Int64),
    )


def _name(column: str, view: View) -> pl.Expr:
    """The label of a student; other texts as they are."""
    return pl.col(column).replace(dict(view.students.select("student", "label").rows()))
