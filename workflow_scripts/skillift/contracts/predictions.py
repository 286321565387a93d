"""The table of predictions: `analysis/predictions.parquet`, one row for each prediction.

What a prediction says and the rule of its verdict stand in `skillift.statistics.predictions`, when it was
registered in `skillift.ledger.registration`.
"""

from __future__ import annotations

import polars as pl

from skillift.contracts.columns import column, count, difference, table, text
from skillift.contracts.pipeline import SUITES
from skillift.ledger.registration import AFTER, BEFORE, CHANGED, NOT_REGISTERED, POST_HOC, WITHDRAWN

DIRECTIONS = ("greater", "less", "equivalent")
VERDICTS = ("held", "failed", "undetermined")
REGISTRATIONS = (BEFORE, AFTER, CHANGED, WITHDRAWN, NOT_REGISTERED, POST_HOC)

# Numbers are in the unit of `metric`, fractions for `pass`. `recipe` is empty for an effect before SFT, the
# `minus_` columns where no second effect is taken off. `ci_low` and `ci_high` are at the confidence of the
# look; `equivalence_low` and `equivalence_high`, of the two one-sided tests, are filled for the direction
# `equivalent` alone. A prediction that was taken out of the study after results existed has a row without
# verdict: `withdrawn`. `n_runs` counts the trainings of the recipe that has the fewest (0 before SFT): with
# one the verdict is about that run.
PREDICTIONS = table(
    "predictions",
    ("prediction",),
    {
        "prediction": text(filled=True),
        "text": text(),
        "path": text(filled=True),
        "suite": text(isin=SUITES),
        "metric": text(filled=True),
        "contrast": text(filled=True),
        "student": text(filled=True),
        "recipe": text(),
        "minus_contrast": text(),
        "minus_student": text(),
        "minus_recipe": text(),
        "direction": text(isin=DIRECTIONS),
        "than": difference(),
        "margin": column(pl.Float64, ge=0.0),
        "estimate": difference(nullable=True),
        "standard_error": column(pl.Float64, ge=0.0, nullable=True),
        "ci_low": difference(nullable=True),
        "ci_high": difference(nullable=True),
        "equivalence_low": difference(nullable=True),
        "equivalence_high": difference(nullable=True),
        "mde": column(pl.Float64, ge=0.0, nullable=True),
        "n_tasks": count(),
        "n_skills": count(),
        "n_unscored": count(),
        "n_runs": count(),
        "verdict": text(isin=VERDICTS, nullable=True),
        "registration": text(isin=REGISTRATIONS),
        "registered_at": text(),
    },
)
