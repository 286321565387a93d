"""The contracts of what claims rest on: training-seed variance, the joint model, and the claims themselves.

As in `skillift.contracts.analysis`, which lists them: rows are sorted by the key, a null means "undefined on
these data", and NaN never occurs.
"""

from __future__ import annotations

import polars as pl

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
from skillift.contracts.pipeline import SUITES

# One row per claim of a study. `run` is what the claim rests on: a run, or a recipe with several seeds; of
# `uniform_lift` always the recipe. `against` is the other student (uniform_lift) or recipe (recipe_tie) of a
# pair; it is empty in the row of a whole claim of sameness, where `student` (uniform_lift) or `run`
# (recipe_tie) is empty too. `n_runs` counts the trainings that it rests on, of the side with the fewest: with
# one a claim is about that run. `p_holm` of a whole claim of sameness is the smallest of its pairs', and its
# `p_value` is null; `margin` is null where none is declared. `mde` is at the level that the word is found at,
# that of its family; `mde_low` to `mde_high` is what the estimated variance leaves open. `word_holds`:
# whatever the missing verdicts are.
# `answer_lines_low` to `answer_lines_high` are the shares of responses with an ANSWER line in its arms.
# A row of `beyond_longer_prompt` has the numbers of the lift that decides (`contrast`), and the most
# `n_unscored` of any. Words: `skillift.statistics.claim_labels`; which claims there are, of which metric and
# in which unit: `skillift.statistics.claim_registry`. Of `trajectory_shape`, `mde` is no effect but the
# multiple of the declared pattern that would be found.
WORDS = ("supported", "contradicted", "equivalent", "non-inferior", "not resolvable at this n", "undefined")

CLAIMS = table(
    "claims",
    ("path", "suite", "claim", "student", "run", "against"),
    {
        "path": text(filled=True),
        "suite": text(isin=SUITES),
        "claim": text(filled=True),
        "metric": text(filled=True),
        "student": text(),
        "run": text(),
        "against": text(),
        "contrast": text(filled=True),
        **ESTIMATE,
        "degrees_of_freedom": magnitude(nullable=True),
        "p_value": rate(nullable=True),
        "p_holm": rate(nullable=True),
        "margin": magnitude(nullable=True),
        "p_equivalence": rate(nullable=True),
        "mde": magnitude(nullable=True),
        "mde_low": magnitude(nullable=True),
        "mde_high": magnitude(nullable=True),
        **COUNTS,
        "n_runs": count(),
        "word": text(isin=WORDS),
        "word_holds": column(pl.Boolean),
        "answer_lines_low": rate(nullable=True),
        "answer_lines_high": rate(nullable=True),
    },
    by_protocol=True,
)

# Terms and tests of the joint model on two scales: `logit` (log odds, GEE) and `fraction` (differences of
# pass rates). `student` is empty in the row of a test; `reason` says why a row is undefined, and is empty
# in all others.
JOINT_SCALES = ("logit", "fraction")

JOINT_MODEL = table(
    "joint model",
    ("path", "suite", "recipe", "scale", "student", "term"),
    {
        "path": text(filled=True),
        "suite": text(isin=SUITES),
        "recipe": text(filled=True),
        "scale": text(isin=JOINT_SCALES),
        "student": text(),
        "term": text(filled=True),
        **ESTIMATE,
        "statistic": column(pl.Float64, nullable=True),
        "df_numerator": magnitude(nullable=True),
        "df_denominator": magnitude(nullable=True),
        "p_value": rate(nullable=True),
        **COUNTS,
        "reason": text(),
    },
)

# Variances are in squared fractions. `sampling_variance` is that of the mean over seeds, given the seeds;
# `variance_between_seeds` that of the student's own seeds, `pooled_between_seeds` that of `n_pooled` tiers,
# and `p_pooling` tests that these are alike. `seed_variance`, that of one training around its recipe, is the
# pooled one beyond the noise that sampling adds to it. With one seed, what rests on the seeds is null.
SEED_VARIANCE = table(
    "seed variance",
    ("path", "suite", "student", "recipe", "metric", "contrast"),
    {
        "path": text(filled=True),
        "suite": text(isin=SUITES),
        "student": text(filled=True),
        "recipe": text(filled=True),
        "metric": text(filled=True),
        "contrast": text(filled=True),
        "estimate": difference(nullable=True),
        "sampling_variance": magnitude(nullable=True),
        "variance_between_seeds": magnitude(nullable=True),
        "noise_between_seeds": magnitude(nullable=True),
        "pooled_between_seeds": magnitude(nullable=True),
        "n_pooled": count(nullable=True),
        "p_pooling": rate(nullable=True),
        "seed_variance": magnitude(nullable=True),
        "seed_degrees_of_freedom": magnitude(nullable=True),
        "sampling_degrees_of_freedom": magnitude(nullable=True),
        "standard_error": magnitude(nullable=True),
        "degrees_of_freedom": magnitude(nullable=True),
        **INTERVAL,
        "p_value": rate(nullable=True),
        "mde": magnitude(nullable=True),
        **COUNTS,
        "n_runs": count(),
    },
    by_protocol=True,
)
