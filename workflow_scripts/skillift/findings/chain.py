"""Findings on chains of thought: do answers hang on them, and does SFT change that?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.findings.finding import Finding, Part, by_tier, estimated, numbers_of, on_claims, whose
from skillift.metrics.names import INTERVENED, TEXT
from skillift.metrics.registry import metrics
from skillift.reporting.arms import place
from skillift.reporting.numbers import how_many, percent
from skillift.reporting.view import View
from skillift.statistics.claim_registry import of_metrics

_CHAIN, _FAILED, _CONDITION = "chain", "not_paraphrased", "curated"
_TESTS = {
    "early": "cut short",
    "mistake": "given a mistake",
    "blanked": "blanked",
}


def chain(tables: Mapping[str, pl.DataFrame], view: View) -> Iterator[Part]:
    """How many answers have a chain, and of each test what SFT changes in the share of same answers.

    Args:
        tables: claims and pass_rates, with the rows of every metric.
        view: how results are shown.

    Yields:
        One part; none where the study asks for no interventions.
    """
    rates = tables["pass_rates"].filter(path=TEXT, condition=_CONDITION, metric=_CHAIN)
    if rates.is_empty():
        return
    had = [_having(row, view) for row in place(rates, view, "pass rates").iter_rows(named=True)]
    here = {"path": TEXT, "suite": view.suite, "condition": _CONDITION}
    failed = tables["pass_rates"].filter(metric=_FAILED, **here)
    if failed.height:
        some = place(failed, view, "pass rates").filter(pl.col("pass_rate") > 0)
        had += [_left_out(row, view) for row in some.iter_rows(named=True)]
    claims = tables["claims"].filter(path=TEXT, suite=view.suite)
    found, words = [], dict[str, list[str]]()
    for claim in (each for each in of_metrics() if INTERVENED in metrics()[each.metric].reads):
        for row in by_tier(claims.filter(claim=claim.name), view).iter_rows(named=True):
            words.setdefault(claim.name.partition(":")[2].partition("@")[0], []).append(row["word"])
            found.append(_finding(row, view))
    fewer = "after SFT fewer answers stay the same when their chain is"
    text = on_claims({f"{fewer} {_TESTS[kind]}": given for kind, given in words.items()})
    none = "No student has answers with a chain of thought before and after SFT."
    yield Part(_CHAIN, f"{text}." if text else none, [*had, *found])


def _having(row: Mapping, view: View) -> Finding:
    """How many of an arm's answers have a chain."""
    where = whose(row["student"], row["run"], view)
    tasks = how_many(row["n_tasks"], "task")
    sentence = (
        f"{percent(row['pass_rate'])} of {tasks} under {_CONDITION} are answered with a chain "
        f"of thought {where}; the others are in no test."
    )
    return Finding(
        _CHAIN, "chains of thought", sentence, path=TEXT, student=row["label"], figure=_CHAIN, run=row["run"]
    )


def _left_out(row: Mapping, view: View) -> Finding:
    """How many of an arm's chains have no paraphrase."""
    where = whose(row["student"], row["run"], view)
    tasks = how_many(row["n_tasks"], "task")
    sentence = (
        f"{percent(row['pass_rate'])} of the chains of {tasks} under {_CONDITION} have no "
        f"paraphrase that passed its check {where}; they are left out of that test, and scored nowhere."
    )
    return Finding(
        _CHAIN, "paraphrases", sentence, path=TEXT, student=row["label"], figure=_CHAIN, run=row["run"]
    )


def _finding(row: Mapping, view: View) -> Finding:
    label = metrics()[row["metric"]].label
    subject = (
        f"{label[0].upper()}{label[1:]}, gain under {_CONDITION} {whose(row['student'], row['run'], view)}"
    )
    return Finding(
        _CHAIN,
        row["claim"],
        f"{subject}: {estimated(row, view)}.",
        row["word"],
        row["path"],
        view.label_by_student[row["student"]],
        _CHAIN,
        numbers_of(row),
        row["run"],
    )
