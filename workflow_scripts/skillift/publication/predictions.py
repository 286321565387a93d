"""The published page of the predictions, and what a prediction says in words.

From the table PREDICTIONS. Fractions become percentage points (pp) here.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from skillift.ledger.registration import AFTER, BEFORE, CHANGED, NOT_REGISTERED, POST_HOC, WITHDRAWN
from skillift.metrics.names import PASS
from skillift.metrics.registry import label_of
from skillift.publication.pages import contrast_in_words
from skillift.publication.table_page import Column, Page
from skillift.reporting.column_text import NOT_ASKED
from skillift.reporting.units import in_units
from skillift.reporting.view import View
from skillift.statistics.claim_registry import POINTS, unit_of_metric
from skillift.statistics.predictions import FAILED, HELD, UNDETERMINED

# how the column `registration` reads
REGISTERED = {
    BEFORE: "before results existed",
    AFTER: "after results existed",
    CHANGED: "text changed after results existed",
    WITHDRAWN: "withdrawn after results existed",
    NOT_REGISTERED: "not registered",
    POST_HOC: "post hoc: known when it was written",
}
# verdicts on what was known when it was written: it held nothing, it only says what the data say
AS_STATED = {HELD: "as stated", FAILED: "not as stated", UNDETERMINED: UNDETERMINED}
_NAMES = {"curated-none": "procedural delta", "lift:curated-none": "lift"}


def predictions(frame: pl.DataFrame, view: View) -> Page:
    """One row for each prediction: text, statement, estimate with its interval, verdict, registration."""
    labels = dict(view.students.select("student", "label").iter_rows())
    rows = frame.sort(pl.col("verdict").is_null(), "prediction").with_columns(
        shown=in_units("metric", "estimate", "ci_low", "ci_high"),
        mde=in_units("metric", "mde", sign=False),
        verdict=pl.when(pl.col("registration") == POST_HOC)
        .then(pl.lit("post hoc, ") + pl.col("verdict").replace(AS_STATED))
        .otherwise(pl.col("verdict"))
        .fill_null(WITHDRAWN),
        registered=pl.col("registration").replace_strict(REGISTERED),
        at=pl.col("registered_at")
        .str.replace("T", " ")
        .str.strip_suffix("Z")
        .fill_null(NOT_ASKED)
        .replace("", NOT_ASKED),
        name="prediction",
        statement=pl.struct(pl.all()).map_elements(
            lambda row: statement(row, labels), return_dtype=pl.String
        ),
    )
    return Page(
        title="Predictions",
        subtitle=f"as the study file declares them; headline path {view.headline_path}",
        rows=rows,
        groups="path",
        columns=[
            Column("name", "prediction", align="left"),
            Column("text", "in words", align="left", share=0.2),
            Column("statement", "statement", align="left", share=0.25),
            Column("shown", f"estimate, pp [{view.level} interval]"),
            Column("verdict", "verdict", align="left"),
            Column("mde", "smallest detectable, pp"),
            Column("n_tasks", "tasks"),
            Column("n_skills", "skills"),
            Column("n_unscored", "unscored"),
            Column("registered", "registered", align="left"),
            Column("at", "at (UTC)", align="left"),
        ],
        notes=[
            "Held: the interval lies on the predicted side. Failed: it lies on the other side. Undetermined: "
            'neither, or undefined on these data. A statement "between" is held where two one-sided tests '
            "show it, at the same level. No correction for the number of predictions: the smallest "
            "detectable effect is of this test alone, that of a claim at the level of its family. With "
            "several seeds the interval holds the variance between trainings; with one seed a verdict is "
            "about that run.",
            "Registered: when this text was first noted, and whether the study had answers by then. A text "
            "that was written or changed afterwards is no prediction in the strict sense. Post hoc: its "
            "author knew the outcome, or an estimate of it; it only says what the data say.",
        ],
    )


def statement(row: Mapping, labels: Mapping[str, str]) -> str:
    """What a prediction says, such as `lift at 8B by sft, less lift at 4B by sft: below 0 pp`.

    Args:
        row: of the table PREDICTIONS.
        labels: names of students by id; an id without one stands for itself.
    """
    effect = effect_in_words(row["contrast"], row["student"], row["recipe"], labels)
    if row["minus_contrast"]:
        minus = effect_in_words(row["minus_contrast"], row["minus_student"], row["minus_recipe"], labels)
        effect += f", less {minus}"
    than, margin, metric = row["than"], row["margin"], row.get("metric", PASS)
    unit = unit_of_metric(metric)
    if metric != PASS:
        effect = f"{label_of(metric)}, {effect}"
    if row["direction"] == "equivalent":
        least, most = (number_in_words(end, unit) for end in (than - margin, than + margin))
        return f"{effect}: between {least} and {most} {unit}"
    above = row["direction"] == "greater"
    limit = than + margin if above else than - margin
    return f"{effect}: {'above' if above else 'below'} {number_in_words(limit, unit)} {unit}"


def effect_in_words(contrast: str, student: str, recipe: str | None, labels: Mapping[str, str]) -> str:
    """An effect at a student, such as `lift at 8B by sft`."""
    when = f"by {recipe}" if recipe else "before SFT"
    return f"{_NAMES.get(contrast, contrast_in_words(contrast))} at {labels.get(student, student)} {when}"


def number_in_words(value: float, unit: str) -> str:
    """A difference in its unit, without the unit's name: `+7.5`."""
    rounded = round(100 * value if unit == POINTS else value, 2)
    if not rounded:
        return "0"
    text = f"{rounded:+.2f}"
    return (text[:-1] if text.endswith("0") else text).replace("-", "\u2212")
