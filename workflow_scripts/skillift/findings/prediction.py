"""Findings on the study's predictions: what was predicted, what was found, and when it was written down."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from skillift.figures.arms import View
from skillift.findings.finding import Finding, Part, estimated, how_many, numbers_of, told
from skillift.publication.predictions import REGISTERED, statement


def prediction(table: pl.DataFrame | None, view: View) -> Part:
    """Each declared prediction with its verdict, and when it was written down.

    `table`: contract PREDICTIONS, None where the study declares none.
    """
    if table is None or table.is_empty():
        return Part("prediction", "This study declares no prediction.", [])
    found = [_prediction(row, view) for row in table.iter_rows(named=True)]
    verdicts = [finding.word for finding in found if finding.word]
    answer = (
        f"{how_many(len(verdicts), 'prediction')}: {told(verdicts)}." if verdicts else "All were withdrawn."
    )
    late = table.filter(pl.col("registration") != "before results").height
    if late:
        answer += (
            f" Of {how_many(table.height, 'prediction')}, {late} were not registered before results existed."
        )
    return Part("prediction", answer, found)


def _prediction(row: Mapping, view: View) -> Finding:
    labels = dict(view.students.select("student", "label").iter_rows())
    text = f" ({row['text'].rstrip('.')})" if row["text"] else ""
    about = "; one seed, so about that run" if row["n_runs"] == 1 else ""
    sentence = (
        f"Predicted{text}: {statement(row, labels)}. Found {estimated(row, view)}{about}; "
        f"{REGISTERED[row['registration']]}."
    )
    verdict = row["verdict"] or ""
    return Finding("prediction", row["prediction"], sentence, verdict, row["path"], numbers=numbers_of(row))
