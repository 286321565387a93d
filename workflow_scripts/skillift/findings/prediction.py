"""Findings on the study's predictions: what was predicted, what was found, and when it was written down."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from skillift.findings.finding import Finding, Part, estimated, numbers_of, told
from skillift.ledger.registration import AFTER, BEFORE, CHANGED, NOT_REGISTERED, POST_HOC
from skillift.publication.predictions import AS_STATED, REGISTERED, statement
from skillift.reporting.numbers import how_many
from skillift.reporting.view import View
from skillift.statistics.claim_registry import unit_of_metric

# statements that are no predictions in the strict sense, and how they are told apart
_LATE = {
    "written or changed after results existed": (AFTER, CHANGED),
    "not registered": (NOT_REGISTERED,),
}


def prediction(table: pl.DataFrame | None, view: View) -> Part:
    """Each declared prediction with its verdict, and when it was written down.

    `table`: contract PREDICTIONS, None where the study declares none.
    """
    if table is None or table.is_empty():
        return Part("prediction", "This study declares no prediction.", [])
    found = [_prediction(row, view) for row in table.iter_rows(named=True)]
    return Part("prediction", _answer(table), found)


def _answer(table: pl.DataFrame) -> str:
    """What held of what was registered before results existed, and apart from it of what was not."""
    judged = table.filter(pl.col("verdict").is_not_null())
    strict = judged.filter(registration=BEFORE)["verdict"].to_list()
    if judged.is_empty():
        return "All were withdrawn."
    if strict:
        parts = [f"{how_many(len(strict), 'prediction')} registered before results existed: {told(strict)}."]
    else:
        which = "" if judged.height == table.height else " that stands"
        parts = [f"No prediction{which} was registered before results existed."]
    for words, kinds in _LATE.items():
        if verdicts := judged.filter(pl.col("registration").is_in(kinds))["verdict"].to_list():
            parts.append(f"{len(verdicts)} {words}: {told(verdicts)}.")
    if known := judged.filter(registration=POST_HOC)["verdict"].to_list():
        agrees = ", ".join(f"{known.count(word)} {said}" for word, said in AS_STATED.items() if word in known)
        what = "no prediction" if len(known) == 1 else "no predictions"
        parts.append(f"{len(known)} post hoc, known when written, so {what}: {agrees}.")
    gone = table.height - judged.height
    return " ".join([*parts, *([f"{gone} withdrawn after results existed."] if gone else [])])


def _prediction(row: Mapping, view: View) -> Finding:
    labels = dict(view.students.select("student", "label").iter_rows())
    text = f" ({row['text'].rstrip('.')})" if row["text"] else ""
    about = "; one seed, so about that run" if row["n_runs"] == 1 else ""
    post_hoc = row["registration"] == POST_HOC
    said = f"{AS_STATED[row['verdict']]}; " if post_hoc else ""
    if row["verdict"] is None:
        gone = f"Predicted{text}: {statement(row, labels)}; {REGISTERED[row['registration']]}."
        return Finding("prediction", row["prediction"], gone, path=row["path"])
    unit = unit_of_metric(row["metric"])
    found = estimated(row, view, unit, " of this test alone")  # not at the level of a family of claims
    sentence = (
        f"{'Stated' if post_hoc else 'Predicted'}{text}: {statement(row, labels)}. "
        f"Found {found}{about}; {said}{REGISTERED[row['registration']]}."
    )
    verdict = "" if post_hoc else row["verdict"]
    return Finding("prediction", row["prediction"], sentence, verdict, row["path"], numbers=numbers_of(row))
