"""Findings on the judges: their certificates, how far they agree, what others would say, errors corrected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.figures.arms import View, place
from skillift.findings.finding import (
    Finding,
    decimal,
    how_many,
    interval,
    largest,
    numbers_of,
    percent,
    points,
    whose,
)
from skillift.publication.certificates import certificate, warnings
from skillift.publication.text import UNDEFINED
from skillift.statistics.contrasts import LIFT, contrast_name

DELTA = contrast_name("curated", "none")
_HEADLINES = {LIFT + DELTA: "lift", DELTA: "procedural delta"}
# the first leads: responses with an ANSWER line are right more often than others, which it alone allows for
_METHODS = {"rogan_gladen": "Rogan-Gladen", "prediction_powered": "prediction-powered"}


def warned(certification: pl.DataFrame, spec: dict, view: View) -> Iterator[Finding]:
    """A warning where the judge behind the headline path errs more often than the study allows."""
    path = view.headline_path
    rests = "Tasks without an extractor rest" if path == "bench" else "Every verdict rests"
    for line in warnings(certification, spec):
        sentence = f"{line}. {rests} on that judge on the path {path}."
        yield Finding("judge", "warning", sentence, path=path, figure="certification")


def certificates(certification: pl.DataFrame, view: View, spec: dict) -> Iterator[Finding]:
    """How often each judge erred on cases whose right verdict is known."""
    for name in certification["judge"].unique().sort():
        text = certificate(certification, name, spec, view.level)
        yield Finding("judge", "certification", text, path=f"judge:{name}", figure="certification")


def agreement(table: pl.DataFrame, view: View) -> Iterator[Finding]:
    """One sentence for each pair of judges: all runs together, kappa from the worst to the best, coverage."""
    rows = table.filter(condition="all", suite=view.suite)
    if rows.is_empty():
        return
    rows = place(rows, view, "judge agreement")
    for (judge_a, judge_b), pair in rows.group_by("judge_a", "judge_b", maintain_order=True):
        same = pair["both_pass"].sum() + pair["both_fail"].sum()
        scored = same + pair["only_a"].sum() + pair["only_b"].sum()
        share = f"{percent(same / scored)} of {scored} episodes" if scored else f"{UNDEFINED} (0 episodes)"
        known = pair.filter(pl.col("kappa").is_not_null()).sort("kappa", maintain_order=True)
        kappas = f"Cohen's kappa {UNDEFINED}"
        if known.height:
            ends = [_kappa(known.row(end, named=True), view) for end in (0, -1)]
            kappas = f"Cohen's kappa {' to '.join(dict.fromkeys(ends))}"
        lost = (
            f"{pair['n_unscored_a'].sum()} unscored by {judge_a}, {pair['n_unscored_b'].sum()} by {judge_b}"
        )
        sentence = (
            f"Judges {judge_a} and {judge_b}, same verdict: {share} that both scored; {lost}; {kappas}."
        )
        yield Finding("judge", "agreement", sentence, figure="judge_agreement")


def _kappa(row: Mapping, view: View) -> str:
    value, low, high = (
        None if row[name] is None else decimal(row[name]) for name in ("kappa", "kappa_low", "kappa_high")
    )
    limits = f"{low} to {high}" if low and high else UNDEFINED
    return f"{value} ({whose(row['student'], row['run'], view)}; {view.level} interval {limits})"


def judge_shifts(table: pl.DataFrame, view: View) -> Iterator[Finding]:
    """One sentence for each pair of judges: how many headlines keep their sign, which one moves furthest."""
    rows = table.filter(suite=view.suite)
    if rows.is_empty():
        return
    rows = place(rows, view, "judge shift").filter("headline")
    for (judge_a, judge_b), pair in rows.group_by("judge_a", "judge_b", maintain_order=True):
        row = largest(pair, "shift")
        if row is None:
            continue
        known = pair["same_direction"].drop_nulls()
        sentence = (
            f"Under the judge {judge_b} instead of {judge_a}, {known.sum()} of "
            f"{how_many(len(known), 'headline')} "
            f"keep their direction; the {_HEADLINES[row['contrast']]} "
            f"{whose(row['student'], row['run'], view)} moves furthest, from {points(row['estimate_a'])} to "
            f"{points(row['estimate_b'])} (shift {points(row['shift'])}, "
            f"{interval(row['ci_low'], row['ci_high'], view.level)}; chosen after the fact)."
        )
        yield Finding("judge", "another judge", sentence, student=row["label"], figure="lift_by_path")


def corrected(table: pl.DataFrame, view: View) -> Iterator[Finding]:
    """Each lift corrected for the headline judge's own errors; one sentence for all where none can be."""
    path = view.headline_path
    rows = table.filter(suite=view.suite, path=path, contrast=LIFT + DELTA)
    if rows.is_empty():
        return
    rows = place(rows, view, "corrected effects").filter("headline")
    methods = rows.filter(pl.col("method").is_in(list(_METHODS)))
    if methods["estimate"].is_null().all():
        reasons = "; ".join(dict.fromkeys(filter(None, methods["reason"]))) or "no labelled episodes"
        sentence = f"No lift can be corrected for the judge's own errors: {reasons}."
        yield Finding("judge", "corrected lift", sentence, path=path)
        return
    for _, group in rows.group_by("student", "run", maintain_order=True):
        yield _corrected({row["method"]: row for row in group.iter_rows(named=True)}, view)


def _corrected(by_method: Mapping[str, Mapping], view: View) -> Finding:
    plain = by_method["uncorrected"]
    told = [f"{name} {_correction(by_method[key], view)}" for key, name in _METHODS.items()]
    before = UNDEFINED if plain["estimate"] is None else points(plain["estimate"])
    labelled = how_many(max(row["n_labelled"] for row in by_method.values()), "labelled episode")
    sentence = (
        f"Lift {whose(plain['student'], plain['run'], view)}, corrected for the judge's own errors on "
        f"{labelled}: "
        f"{'; '.join(told)}; as judged {before}."
    )
    numbers = numbers_of(by_method["rogan_gladen"])
    return Finding(
        "judge", "corrected lift", sentence, "", plain["path"], plain["label"], "corrected_lift", numbers
    )


def _correction(row: Mapping, view: View) -> str:
    if row["estimate"] is None:
        return f"{UNDEFINED} ({row['reason']})" if row["reason"] else UNDEFINED
    return f"{points(row['estimate'])} ({interval(row['ci_low'], row['ci_high'], view.level)})"
