"""The findings of a study as plain sentences, for the report's first page.

They stand under the questions that a referee would ask (`finding.QUESTIONS`), all on the headline path, the
headline suite (but for the part on the others) and the last checkpoint of each run, from the tables of the
analysis. A claim keeps the word that the table CLAIMS gives it; other contrasts get theirs by the same rule
(`statistics.claim_labels`). Fractions of the tables become percentage points (pp) here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from skillift.findings.basis import basis
from skillift.findings.chain import chain
from skillift.findings.cost import cost
from skillift.findings.finding import QUESTIONS, Finding, Part
from skillift.findings.forecast import forecast
from skillift.findings.form import form
from skillift.findings.lift import resolved
from skillift.findings.looks import looks
from skillift.findings.prediction import prediction
from skillift.findings.procedure import procedure
from skillift.findings.recipes import recipes
from skillift.findings.room import room_first
from skillift.findings.sampling import sampling
from skillift.findings.scale import scale
from skillift.findings.scoring import judge
from skillift.findings.suites import others
from skillift.findings.trajectory import trajectory
from skillift.findings.transfer import transfer
from skillift.findings.uniformity import uniform
from skillift.findings.variants import variants
from skillift.metrics.metric import of_metric
from skillift.protocols import of_protocol
from skillift.reporting.view import View

__all__ = ["QUESTIONS", "Finding", "Part", "findings"]


def findings(
    tables: Mapping[str, pl.DataFrame], view: View, students: Mapping[str, dict] | None = None
) -> list[Part]:
    """All findings, a part for each of `QUESTIONS` that the study's data ask, in their order.

    Args:
        tables: those of `skillift.reporting.registry.FINDINGS` by name; `predictions` and `ledger` may be
            missing.
        view: how the study wants results shown.
        students: manifests, by id, of the students whose origin readers have to know of.

    Raises:
        UserError: a table has no rows of the study's suite or headline path, or does not fit the view.
    """
    claimed = tables["claims"]
    every = {name: of_protocol(table) for name, table in tables.items()}
    tables = {name: of_metric(table) for name, table in tables.items()}
    labelled = {view.spec.students[name].label: manifest for name, manifest in (students or {}).items()}
    parts = [
        resolved(tables, view),
        uniform(tables, view),
        judge(tables, view),
        procedure(tables, view),
        *form(every, view),
        *chain(every, view),
        *trajectory(tables, view),
        *recipes(every, view),
        *scale(every, view),
        *forecast(tables, view),
        *sampling(claimed, view),
        prediction(every.get("predictions"), view),
        _with(basis(tables, view, labelled), looks(tables.get("ledger"), view)),
    ]
    first = room_first(parts, tables["pass_rates"], view)
    more = [*others(tables, view), *transfer(tables, view), *variants(tables, view), *cost(every, view)]
    return sorted([*first, *more], key=lambda part: [*QUESTIONS].index(part.question))


def _with(part: Part, further: Iterable[Finding]) -> Part:
    return replace(part, findings=[*part.findings, *further])
