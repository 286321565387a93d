"""Findings on many samples of a task: what they buy against parameters, and how different they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.findings.finding import Finding, Part, by_tier, estimated, numbers_of, on_claims
from skillift.metrics.names import TEXT
from skillift.protocols import PROTOCOL, protocols_in
from skillift.reporting.view import BASE, View
from skillift.statistics.claim_registry import (
    DIVERSITY_BY_TIER,
    DIVERSITY_LOST,
    SAMPLING_BUDGET,
    WHERE_ABLE,
    says,
    unit_of,
)

_CLAIMS = (SAMPLING_BUDGET, WHERE_ABLE, DIVERSITY_BY_TIER, DIVERSITY_LOST)
_FIGURES = dict.fromkeys((SAMPLING_BUDGET, WHERE_ABLE), "sampling_budget")
_BENCH = "bench"  # the path of a protocol that no judge judges


def sampling(claims: pl.DataFrame, view: View) -> Iterator[Part]:
    """What a sampling budget buys, of each protocol that takes several samples.

    Args:
        claims: contract CLAIMS, of every protocol.
        view: how results are shown.

    Yields:
        One part; none where the study asks for no sampling budget.
    """
    found, answers = list[Finding](), list[str]()
    of_suite = claims.filter(suite=view.suite)
    for protocol in protocols_in(of_suite):
        rows = of_suite.filter(pl.col(PROTOCOL) == protocol) if protocol else of_suite
        where = f" under the protocol {protocol}" if protocol else ""
        words = dict[str, list[str]]()
        for claim in _CLAIMS:
            shown = [*by_tier(_on_one_path(rows.filter(claim=claim), view), view).iter_rows(named=True)]
            found += [_finding(row, where, view) for row in shown]
            words[says()[claim]] = [row["word"] for row in shown]
        text = on_claims(words)
        answers += [f"{text}{where}."] if text else []
    if found:
        yield Part("sampling", " ".join(answers), found)


def _on_one_path(rows: pl.DataFrame, view: View) -> pl.DataFrame:
    """The rows of the headline path; of what has none there those of `bench`, or of `text`."""
    paths = set(rows["path"])
    chosen = next((path for path in (view.headline_path, _BENCH) if path in paths), TEXT)
    return rows.filter(path=chosen)


def _finding(row: Mapping, where: str, view: View) -> Finding:
    trained = view.run_in_words.get(row["run"], row["run"])
    after = trained if row["run"] == BASE else f"after SFT by {trained}"
    student = view.label_by_student.get(row["student"], "")
    if row["claim"] in (SAMPLING_BUDGET, WHERE_ABLE):
        k, against = row["contrast"].partition("@")[2], view.label_by_student[row["against"]]
        about = f"The majority of {k} samples of {student} less one sample of {against}, {after}"
        if row["claim"] == WHERE_ABLE:
            about += ", on tasks that the first passes in the other half of its samples"
    elif row["claim"] == DIVERSITY_BY_TIER:
        k = row["metric"].partition("@")[2]
        about = f"Different answers among {k} samples, for ten times as many parameters, {after}"
    else:
        k = row["metric"].partition("@")[2]
        about = f"Change of the different answers among {k} samples of {student}, {after}"
    seeds = "" if row["n_runs"] > 1 or row["run"] == BASE else "; with one seed, so about these runs"
    return Finding(
        "sampling",
        row["claim"].replace("_", " "),
        f"{about}{where}: {estimated(row, view, unit_of(row['claim']))}{seeds}.",
        row["word"],
        row["path"],
        student,
        _FIGURES.get(row["claim"], ""),
        numbers_of(row),
        row["run"],
    )
