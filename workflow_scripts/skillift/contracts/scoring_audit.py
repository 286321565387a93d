"""The tables that audit the scoring: paths mixed, judges compared, bounds, errors of judges, corrections.

Files under `results/<study>/analysis/`, as pandera schemas over polars frames; what holds for
`skillift.contracts.analysis` holds here. `reason` says why a row is undefined, else it is empty.
"""

from __future__ import annotations

import polars as pl

from skillift.contracts.columns import (
    COUNTS,
    ESTIMATE,
    INTERVAL,
    coefficient,
    column,
    count,
    difference,
    magnitude,
    rate,
    table,
    text,
)
from skillift.contracts.pipeline import CELL, CONDITIONS, EPISODE_KEY, SUITES

ALL_CONDITIONS = "all"
LABELLED_BY = ("answer_lines", "given")
METHODS = ("uncorrected", "rogan_gladen", "prediction_powered")

# The headlines under every pair of paths. `path_before` is the path of what is subtracted: of the delta
# before SFT in a lift, of the condition `none` in a delta; `path_after` the path of what it is subtracted
# from. A row that is not `matched` is a wrong number, kept to show what mixing paths would have claimed.
MIXED_PATHS = table(
    "mixed paths",
    (*CELL, "contrast", "path_before", "path_after"),
    {
        **CELL,
        "contrast": text(filled=True),
        "path_before": text(filled=True),
        "path_after": text(filled=True),
        "matched": column(pl.Boolean),
        **ESTIMATE,
        **COUNTS,
    },
)

# The same episodes under two judges, a before b in the alphabet; the condition `all` is all conditions
# together. `n_unscored` episodes lack a verdict of either judge, `n_unscored_a`, `n_unscored_b` of that one.
AGREEMENT = table(
    "judge agreement",
    (*CELL, "condition", "judge_a", "judge_b"),
    {
        **CELL,
        "condition": text(isin=(*CONDITIONS, ALL_CONDITIONS)),
        "judge_a": text(filled=True),
        "judge_b": text(filled=True),
        "both_pass": count(),
        "only_a": count(),
        "only_b": count(),
        "both_fail": count(),
        "n_unscored": count(),
        "n_unscored_a": count(),
        "n_unscored_b": count(),
        "agreement": rate(nullable=True),
        **{name: coefficient(nullable=True) for name in ("kappa", "kappa_low", "kappa_high")},
        **{name: coefficient(nullable=True) for name in ("ac1", "ac1_low", "ac1_high")},
        "n_tasks": count(),
        "n_skills": count(),
    },
)

# The headlines under two judges over the same episodes; shift = estimate_b - estimate_a.
JUDGE_SHIFT = table(
    "judge shift",
    (*CELL, "contrast", "judge_a", "judge_b"),
    {
        **CELL,
        "contrast": text(filled=True),
        "judge_a": text(filled=True),
        "judge_b": text(filled=True),
        "estimate_a": difference(nullable=True),
        "estimate_b": difference(nullable=True),
        "shift": difference(nullable=True),
        "standard_error": magnitude(nullable=True),
        **INTERVAL,
        "same_direction": column(pl.Boolean, nullable=True),
        **COUNTS,
    },
)

# Worst cases: what an effect would be if every unscored episode had the verdict that lowers it most, or
# raises it most. The interval covers both bounds; both reach at least as far as what was found without them.
BOUNDS = table(
    "bounds",
    ("path", *CELL, "contrast"),
    {
        "path": text(filled=True),
        **CELL,
        "contrast": text(filled=True),
        "estimate": difference(nullable=True),
        "bound_low": difference(nullable=True),
        "bound_high": difference(nullable=True),
        **INTERVAL,
        "n_tasks": count(),
        "n_skills": count(),
        "n_episodes": count(),
        "n_unscored": count(),
    },
)

# A judge's errors on the labelled episodes of one arm. `n_labelled` episodes have a label and a verdict, in
# four cells; `n_unscored` have a label alone; `n_unlabelled` have no label.
JUDGE_ERRORS = table(
    "judge errors",
    ("judge", *CELL, "condition"),
    {
        "judge": text(filled=True),
        **CELL,
        "condition": text(isin=(*CONDITIONS, ALL_CONDITIONS)),
        "true_pass": count(),
        "false_fail": count(),
        "true_fail": count(),
        "false_pass": count(),
        "sensitivity": rate(nullable=True),
        "sensitivity_low": rate(nullable=True),
        "sensitivity_high": rate(nullable=True),
        "specificity": rate(nullable=True),
        "specificity_low": rate(nullable=True),
        "specificity_high": rate(nullable=True),
        "youden": coefficient(nullable=True),
        "n_labelled": count(),
        "n_unlabelled": count(),
        "n_unscored": count(),
        "n_tasks": count(),
        "n_skills": count(),
    },
)

# Effects on the path of one judge, corrected for that judge's errors; `contrast` also names conditions, whose
# estimate is a pass rate. `uncorrected` is the same estimate from the judge's verdicts as they are.
# `labelled_by` says what the labels are: ANSWER lines, or a table that was given. `answer_lines_low` to
# `answer_lines_high` are the shares of responses with an ANSWER line in the arms: labels by these show no
# error on the others.
CORRECTED_EFFECTS = table(
    "corrected effects",
    ("path", *CELL, "contrast", "method"),
    {
        "path": text(filled=True),
        **CELL,
        "contrast": text(filled=True),
        "method": text(isin=METHODS),
        **ESTIMATE,
        "boot_low": difference(nullable=True),
        "boot_high": difference(nullable=True),
        "n_tasks": count(),
        "n_skills": count(),
        "n_labelled": count(),
        "n_unscored": count(),
        "labelled_by": text(isin=LABELLED_BY),
        "answer_lines_low": rate(nullable=True),
        "answer_lines_high": rate(nullable=True),
        "reason": text(),
    },
)

# Labels from elsewhere, such as a person's: whether an episode's response is right.
LABELS = table(
    "labels",
    ("student", "run", *EPISODE_KEY),
    {
        "student": text(filled=True),
        "run": text(filled=True),
        "step": count(),
        "suite": text(isin=SUITES),
        "condition": text(isin=CONDITIONS),
        "task_id": text(filled=True),
        "sample": count(),
        "label": column(pl.Boolean),
    },
)
