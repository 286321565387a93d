"""What the certification of the judges says to a reader: warnings on headline numbers, and sentences.

From the table of error rates. The study declares how often a judge may err (`analysis.certification`);
where the judge behind the headline path errs more often than that, every headline figure says so.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from skillift.reporting.numbers import how_many
from skillift.reporting.view import View
from skillift.statistics.certification import ALL_KINDS, ALL_PARTS

WORDS = {"false_pass": "false passes", "false_fail": "false fails"}
CASES = {"false_pass": "hostile", "false_fail": "benign"}


def headline_judge(view: View) -> str:
    """The judge behind the headline path; on `bench` the primary one, which scores what has no extractor."""
    path = view.headline_path
    return path.removeprefix("judge:") if path.startswith("judge:") else view.spec.primary_judge or ""


def limit(view: View, error: str) -> float | None:
    """The largest rate of an error, `false_pass` or `false_fail`, that the study accepts; None for any."""
    limits = view.spec.analysis.certification
    if limits is None:
        return None
    return limits.max_false_pass if error == "false_pass" else limits.max_false_fail


def warnings(rates: pl.DataFrame, view: View) -> list[str]:
    """Lines that warn of the headline judge: one at most, none where it keeps the study's limits.

    Args:
        rates: contract CERTIFICATION_RATES.
        view: how the study wants results shown.
    """
    judge = headline_judge(view)
    above = [
        f"{WORDS[row['error']]} {_found(row)} (limit {100 * most:g} %)"
        for row in totals(rates, judge)
        if exceeds(row, view) and (most := limit(view, row["error"])) is not None
    ]
    if not above:
        return []
    errs = "errs too often" if errs_too_often(rates, view) else "is not known to keep the limits"
    return [f"Warning: judge {judge} {errs}: {'; '.join(above)}"]


def others_above(rates: pl.DataFrame, view: View) -> list[str]:
    """A line that names the judges of other paths that are not known to keep the study's limits, if any."""
    others = sorted(set(rates["judge"]) - {headline_judge(view)})
    above = [judge for judge in others if any(exceeds(row, view) for row in totals(rates, judge))]
    return [f"Not within the study's limits on other paths: {', '.join(above)}"] if above else []


def errs_too_often(rates: pl.DataFrame, view: View) -> bool:
    """Whether a known rate of the headline judge is above the study's limit."""
    rows = totals(rates, headline_judge(view))
    return any(row["rate"] is not None and exceeds(row, view) for row in rows)


def totals(rates: pl.DataFrame, judge: str) -> list[dict]:
    """The judge's rows over all kinds of both parts, false passes first."""
    rows = rates.filter(judge=judge, part=ALL_PARTS).sort("error", descending=True)
    return rows.to_dicts()


def exceeds(row: Mapping, view: View) -> bool:
    """Whether a rate is above the study's limit; a rate that is unknown is not known to keep it."""
    most = limit(view, row["error"])
    return most is not None and (row["rate"] is None or row["rate"] > most)


def _found(row: Mapping) -> str:
    if row["rate"] is None:
        return f"unknown (none of {row['n_cases']} cases scored)"
    scored = how_many(row["n_cases"] - row["n_unscored"], f"{CASES[row['error']]} case")
    return f"{100 * row['rate']:.1f} % of {scored}"


def certificate(rates: pl.DataFrame, judge: str, view: View) -> str:
    """A judge's certificate in one sentence; its intervals are at the level that the study declares."""
    parts = []
    for row in totals(rates, judge):
        text = f"{WORDS[row['error']]} {_found(row)}"
        if row["rate"] is not None:
            ends = f"{100 * row['ci_low']:.1f} to {100 * row['ci_high']:.1f} %"
            text += f" ({view.declared_level} interval {ends}; {row['n_unscored']} unscored)"
        most = limit(view, row["error"])
        if most is not None:
            kept = (
                "within"
                if not exceeds(row, view)
                else "above"
                if row["rate"] is not None
                else "not known to keep"
            )
            text += f", {kept} the limit of {100 * most:g} %"
        parts.append(text)
    return f"Certification of the judge {judge}: {'; '.join(parts)}.{_generated(rates, judge)}"


def _generated(rates: pl.DataFrame, judge: str) -> str:
    """The rates on the generated part alone, which no judge was made for; empty where there is none."""
    rows = rates.filter(judge=judge, kind=ALL_KINDS, part="generated").sort("error", descending=True)
    told = [f"{WORDS[row['error']]} {_found(row)}" for row in rows.iter_rows(named=True)]
    return f" Of these, generated phrasings alone: {'; '.join(told)}." if told else ""
