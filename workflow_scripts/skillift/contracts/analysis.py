"""The tables of the analysis, as pandera schemas over polars frames: files under `results/<study>/analysis/`.

`ANALYSIS_TABLES` has the contract of each by its name in `skillift.reporting.registry`. As in
`skillift.contracts.pipeline`, rows are sorted by the key and every table is checked on write and on read.
"""

from __future__ import annotations

import polars as pl

from skillift.contracts.claims import CLAIMS, JOINT_MODEL, SEED_VARIANCE
from skillift.contracts.columns import (
    COUNTS,
    ESTIMATE,
    INTERVAL,
    column,
    count,
    difference,
    magnitude,
    rate,
    table,
    text,
)
from skillift.contracts.pipeline import CASE_PARTS, CELL, CONDITIONS, SUITES
from skillift.contracts.scoring_audit import (
    AGREEMENT,
    BOUNDS,
    CORRECTED_EFFECTS,
    JUDGE_ERRORS,
    JUDGE_SHIFT,
    MIXED_PATHS,
)

# In the tables of the analysis, `n_tasks` and `n_skills` count what an estimate rests on, and
# `n_unscored` counts the episodes of the compared arms that have no verdict. A null estimate or
# interval means "undefined on these data"; NaN never occurs.
_ARM_COLUMNS = {"path": text(filled=True), **CELL}

# `pass_rate` is the mean over tasks of what `metric` names (`skillift.metrics`), in that metric's unit: of
# `pass` a fraction. The path of metrics that read no verdict is `text`.
PASS_RATES = table(
    "pass rates",
    (*_ARM_COLUMNS, "metric", "condition"),
    {
        **_ARM_COLUMNS,
        "metric": text(filled=True),
        "condition": text(isin=CONDITIONS),
        "pass_rate": difference(nullable=True),
        **INTERVAL,
        "answer_line_rate": rate(nullable=True),
        "mean_completion_tokens": magnitude(nullable=True),
        **COUNTS,
    },
    by_protocol=True,
)

# Of metrics other than `pass`, the cross-checks and the normalised gain are null.
EFFECTS = table(
    "effects",
    (*_ARM_COLUMNS, "metric", "contrast"),
    {
        **_ARM_COLUMNS,
        "metric": text(filled=True),
        "contrast": text(filled=True),
        **ESTIMATE,
        "degrees_of_freedom": magnitude(nullable=True),
        "p_value": rate(nullable=True),
        "boot_low": difference(nullable=True),
        "boot_high": difference(nullable=True),
        "mcnemar_p": rate(nullable=True),
        "normalised_gain": difference(nullable=True),
        "normalised_low": difference(nullable=True),
        "normalised_high": difference(nullable=True),
        "mde": magnitude(nullable=True),
        **COUNTS,
        "n_runs": count(),
    },
    by_protocol=True,
)

# Four shares that add up to 1, of the tasks with an extractor; on the path `bench` none is right out of form.
# There, the gain from before training is the sum of both parts; null in all other rows.
FORMAT_CELLS = table(
    "format and correctness",
    (*_ARM_COLUMNS, "condition"),
    {
        **_ARM_COLUMNS,
        "condition": text(isin=CONDITIONS),
        "right_in_form": rate(nullable=True),
        "wrong_in_form": rate(nullable=True),
        "right_out_of_form": rate(nullable=True),
        "wrong_out_of_form": rate(nullable=True),
        **COUNTS,
        "gain": difference(nullable=True),
        "more_lines": difference(nullable=True),
        "more_lines_low": difference(nullable=True),
        "more_lines_high": difference(nullable=True),
        "better_lines": difference(nullable=True),
        "better_lines_low": difference(nullable=True),
        "better_lines_high": difference(nullable=True),
    },
)

# Mean squares between the tiers of a recipe, in squared fractions, without what noise adds; below 0 where
# noise alone explains how tiers differ.
TIER_SPREADS = table(
    "spread of the tiers",
    ("path", "suite", "recipe"),
    {
        "path": text(filled=True),
        "suite": text(isin=SUITES),
        "recipe": text(filled=True),
        "of_lifts": difference(nullable=True),
        "of_deltas": difference(nullable=True),
        **COUNTS,
        "n_runs": count(),
    },
)

# Variants by the change that they are made by, empty of own tasks; `n_left_out` of those of the task pack,
# whose answer was that of the task they are made of.
VARIANTS = table(
    "variants",
    ("suite", "change"),
    {
        "suite": text(isin=SUITES),
        "change": text(),
        "n_parents": count(),
        "n_variants": count(),
        "n_left_out": count(nullable=True),
    },
)

SKILL_EFFECTS = table(
    "effects by skill",
    (*_ARM_COLUMNS, "contrast", "skill_id"),
    {
        **_ARM_COLUMNS,
        "contrast": text(filled=True),
        "skill_id": text(filled=True),
        "estimate": difference(nullable=True),
        **INTERVAL,
        "n_tasks": count(),
        "n_unscored": count(),
    },
)

PATH_SHIFT = table(
    "path shift",
    (*CELL, "condition", "path"),
    {
        **CELL,
        "condition": text(isin=CONDITIONS),
        "path": text(filled=True),
        "bench_pass_rate": rate(nullable=True),
        "path_pass_rate": rate(nullable=True),
        "shift": difference(nullable=True),
        "standard_error": magnitude(nullable=True),
        **INTERVAL,
        **COUNTS,
        "no_answer_line": rate(nullable=True),
        "other_line": rate(nullable=True),
        "bench_only": rate(nullable=True),
        "n_answer_line_tasks": count(),
        "n_different_lines": count(nullable=True),
    },
)

# The rates of one judge on one kind of case of one part of the suite; the kind `all` are all kinds together,
# the part `all` (of that kind alone) both parts together.
CERTIFICATION_RATES = table(
    "certification rates",
    ("judge", "error", "part", "kind"),
    {
        "judge": text(filled=True),
        "error": text(isin=("false_pass", "false_fail")),
        "part": text(isin=("all", *CASE_PARTS)),
        "kind": text(filled=True),
        "n_cases": count(),
        "n_unscored": count(),
        "n_wrong": count(),
        "rate": rate(nullable=True),
        "ci_low": rate(nullable=True),
        "ci_high": rate(nullable=True),
    },
)

# Slopes of the lift on the baseline procedural delta (fraction per fraction). `student` is filled at the
# level `skills` alone; `n_splits` is null where the tasks are not split. Levels and estimators are
# those of `skillift.statistics.asymmetry`.
ASYMMETRY_LEVELS = ("students", "skills", "cells")
SLOPE_ESTIMATORS = ("naive", "split_half", "disattenuated", "oldham")

ASYMMETRY = table(
    "asymmetry",
    ("path", "suite", "recipe", "level", "student", "estimator"),
    {
        "path": text(filled=True),
        "suite": text(isin=SUITES),
        "recipe": text(filled=True),
        "level": text(isin=ASYMMETRY_LEVELS),
        "student": text(),
        "estimator": text(isin=SLOPE_ESTIMATORS),
        "slope": difference(nullable=True),
        **INTERVAL,
        "reliability": column(pl.Float64, nullable=True),
        "n_students": count(),
        **COUNTS,
        "n_splits": count(nullable=True),
    },
)

# Means over the runs of a recipe at the steps that all of them have, of studies with `analysis.depth`;
# `recipe` is empty at step 0, the base model. `cut_off`: share of answers that the limit of tokens ended.
COURSES = table(
    "courses",
    ("path", "suite", "student", "recipe", "condition", "step"),
    {
        "path": text(filled=True),
        "suite": text(isin=SUITES),
        "student": text(filled=True),
        "recipe": text(),
        "condition": text(isin=CONDITIONS),
        "step": count(),
        "pass_rate": rate(nullable=True),
        "in_form": rate(nullable=True),
        "cut_off": rate(nullable=True),
        **COUNTS,
        "n_runs": count(),
    },
)

# What each skill's lift could be foretold by, for each run and each mean over a recipe's runs; of studies
# with `analysis.forecast`. `n_tasks` are those behind the lift, `n_unpaired` those that no pair is made of.
FORECAST = table(
    "forecast",
    ("path", "suite", "student", "run", "skill_id"),
    {
        "path": text(filled=True),
        "suite": text(isin=SUITES),
        "student": text(filled=True),
        "recipe": text(filled=True),
        "run": text(filled=True),
        "skill_id": text(filled=True),
        "discrimination": rate(nullable=True),
        "base_pass": rate(nullable=True),
        "lift": difference(nullable=True),
        "n_tasks": count(),
        "n_pairs": count(),
        "n_ties": count(),
        "n_unpaired": count(),
        "n_unscored": count(),
        "n_runs": count(),
    },
)

MEASURES = ("pass@k", "majority@k")

# What so many samples of a task buy under `curated`, of studies with `analysis.sampling_budgets`;
# `sampled_by`: the protocol that takes them, `main` where the study declares none. With one sample both
# measures are the pass rate. `flops` of a task: 2 x parameters x tokens of its answers.
SAMPLING_BUDGETS = table(
    "sampling budgets",
    ("sampled_by", "path", "suite", "student", "run", "step", "measure", "samples"),
    {
        "sampled_by": text(filled=True),
        "path": text(filled=True),
        "suite": text(isin=SUITES),
        "student": text(filled=True),
        "run": text(filled=True),
        "step": count(),
        "measure": text(isin=MEASURES),
        "samples": count(),
        "pass_rate": rate(nullable=True),
        **INTERVAL,
        "flops": magnitude(nullable=True),
        **COUNTS,
    },
)

ANALYSIS_TABLES = {
    "pass_rates": PASS_RATES,
    "effects": EFFECTS,
    "skill_effects": SKILL_EFFECTS,
    "seed_variance": SEED_VARIANCE,
    "joint_model": JOINT_MODEL,
    "claims": CLAIMS,
    "path_shift": PATH_SHIFT,
    "mixed_paths": MIXED_PATHS,
    "agreement": AGREEMENT,
    "judge_shift": JUDGE_SHIFT,
    "bounds": BOUNDS,
    "judge_errors": JUDGE_ERRORS,
    "corrected_effects": CORRECTED_EFFECTS,
    "asymmetry": ASYMMETRY,
    "format_cells": FORMAT_CELLS,
    "tier_spreads": TIER_SPREADS,
    "variants": VARIANTS,
    "courses": COURSES,
    "forecast": FORECAST,
    "sampling_budgets": SAMPLING_BUDGETS,
}
