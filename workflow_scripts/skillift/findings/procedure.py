"""Findings on the question whether the lift is the procedure's doing, or that of a longer prompt.

Whether SFT added something beyond a longer prompt is one claim over all controls of the study
(`skillift.statistics.control_claims`), because SFT that harms a control raises the lift over that one alone.
What each control does to the students by itself stands in the answer, with its word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.findings.finding import (
    Finding,
    Part,
    detectable,
    estimated,
    interval,
    listed,
    numbers_of,
    probability,
    tested,
    told,
    whose,
)
from skillift.findings.lift import finding_of, of_claim
from skillift.reporting.arms import place
from skillift.reporting.column_text import UNDEFINED
from skillift.reporting.numbers import how_many, points, span
from skillift.reporting.view import BASE, View
from skillift.statistics import claim_labels
from skillift.statistics.contrast_names import LIFT, contrast_name
from skillift.statistics.control_claims import BEYOND, CONTROLS, NEUTRAL

_FIGURE = "placebo_ladder"
BEYOND_CLAIM = "beyond a longer prompt: lift over none and over every control, together"
_LIFT = LIFT + contrast_name("curated", "none")
# contrasts that no claim of the study covers: what each is called and what it tells
_BESIDE = {
    "placebo-none": ("placebo − none", "what an unrelated procedure does by itself"),
    "filler-none": ("filler − none", "what neutral text of equal length does by itself after {training}"),
    "curated-placebo": ("curated − placebo", "the right procedure against an unrelated one of equal length"),
    "curated-filler": ("curated − filler", "the right procedure against neutral text of equal length"),
    "curated-shuffled": ("curated − shuffled", "the right order of the steps against a wrong one"),
}


def procedure(tables: Mapping[str, pl.DataFrame], view: View) -> Part:
    """The lift over none and over every control, what each control does, and the order of the steps."""
    rows = tables["effects"].filter(path=view.headline_path, suite=view.suite)
    rows = place(rows, view, "effects").filter("headline") if rows.height else rows
    lifts = {(row["student"], row["run"], row["contrast"]): row for row in rows.iter_rows(named=True)}
    asked = set(tables["pass_rates"].filter(suite=view.suite)["condition"])
    controls = [name for name in CONTROLS if name in asked]
    together = list(of_claim(tables, view, BEYOND))
    neutral = list(of_claim(tables, view, NEUTRAL))
    beside = {name: _tested(rows, name, view) for name in _BESIDE}
    found = [_beyond(row, lifts, controls, view) for row in together]
    found += [_neutral(row, view) for row in neutral]
    for contrast, (name, meaning) in _BESIDE.items():
        meaning = meaning.format(training=view.nouns.training)
        found += [finding_of("procedure", row, name, _FIGURE, view, meaning) for row in beside[contrast]]
    answer = [_answer(together, controls, view), *_by_themselves(neutral, beside, controls, view)]
    return Part("procedure", " ".join(answer), found)


def _tested(rows: pl.DataFrame, contrast: str, view: View) -> list[dict]:
    rows = rows.filter(contrast=contrast)
    if contrast == "filler-none":  # before SFT it is a claim of its own
        rows = rows.filter(pl.col("run") != BASE)
    return tested(list(rows.iter_rows(named=True)), view)


def _answer(together: list[dict], controls: list[str], view: View) -> str:
    if not controls:
        return (
            "This study has neither a placebo nor a filler: that a longer prompt alone would help is not "
            "ruled out."
        )
    if not together:
        why = "No run was trained" if view.runs.is_empty() else "An arm is missing"
        return f"{why}, so there is no lift to measure against a longer prompt."
    over = listed(["none", *controls])
    given = told([row["word"] for row in together])
    return f"{how_many(len(together), 'lift')} over {over}, all read together: {given}."


def _by_themselves(
    neutral: list[dict], beside: Mapping[str, list[dict]], controls: list[str], view: View
) -> Iterator[str]:
    """A sentence on what each control does to the students, and one on whether there is a neutral one."""
    for control in controls:
        rows = beside[contrast_name(control, "none")]
        before = neutral if control == "filler" else [row for row in rows if row["run"] == BASE]
        after = [row for row in rows if row["run"] != BASE]
        phases = {view.before: before, f"after {view.nouns.training}": after}
        parts = [f"{_span(given)} {phase} ({_words(given)})" for phase, given in phases.items() if given]
        if parts:
            yield f"The {control} by itself, against none: {', '.join(parts)}."
    if not controls:
        return
    failed = [
        view.label_by_student[row["student"]] for row in neutral if row["word"] != claim_labels.EQUIVALENT
    ]
    if not neutral:
        why = f"no {view.nouns.student} was asked with the filler and with none {view.before}"
        none = f"this {view.nouns.whole} has no filler"
        yield f"There is no neutral control: {why if 'filler' in controls else none}."
    elif failed:
        where = f" at {listed(failed)}" if len(failed) < len(neutral) else ""
        shown = f"that the filler changes nothing {view.before} is not shown"
        yield f"There is no neutral control{where}: {shown}."


def _span(rows: list[dict]) -> str:
    """The least and the largest estimate."""
    known = [row["estimate"] for row in rows if row["estimate"] is not None]
    return span(known) if known else UNDEFINED


def _words(rows: list[dict]) -> str:
    """How often each word was given, and what those that settle something mean: it harms, or it helps."""
    settled = (claim_labels.SUPPORTED, claim_labels.CONTRADICTED)
    meanings = [
        (
            row["word"],
            (": it helps" if row["estimate"] > 0 else ": it harms") if row["word"] in settled else "",
        )
        for row in rows
    ]
    order = (*settled, claim_labels.EQUIVALENT, claim_labels.NOT_RESOLVABLE, claim_labels.UNDEFINED)
    distinct = sorted(set(meanings), key=lambda meaning: (order.index(meaning[0]), meaning[1]))
    return ", ".join(f"{meanings.count(meaning)} {''.join(meaning)}" for meaning in distinct)


def _beyond(row: Mapping, lifts: Mapping[tuple, Mapping], controls: list[str], view: View) -> Finding:
    """Whether SFT added something beyond a longer prompt; the sentence says so only where the word does."""
    at = whose(row["student"], row["run"], view)
    parts = {
        name: lifts.get((row["student"], row["run"], LIFT + contrast_name("curated", name)))
        for name in ("none", *controls)
    }
    over = "; ".join(f"over {name} {_estimate(part, view)}" for name, part in parts.items())
    said = {
        claim_labels.SUPPORTED: f"{view.nouns.training} added something beyond a longer prompt {at}",
        claim_labels.CONTRADICTED: f"No gain beyond a longer prompt {at}: one of these lifts is below zero",
        claim_labels.UNDEFINED: f"Whether there is a gain beyond a longer prompt {at} is {UNDEFINED}",
    }.get(row["word"], f"A gain beyond a longer prompt is not shown {at}")
    decides = row["contrast"].rpartition("-")[2]
    p_value = UNDEFINED if row["p_holm"] is None else probability(row["p_holm"], "Holm-adjusted p of all")
    sentence = (
        f"{said}. Lift {over}. The lift over {decides} decides: {p_value}; smallest detectable effect "
        f"{detectable(row)}; {view.nouns.counts(row)}.{_harmed(row, parts, view.nouns.training)}"
    )
    return Finding(
        "procedure",
        BEYOND_CLAIM,
        sentence,
        row["word"],
        row["path"],
        view.label_by_student[row["student"]],
        _FIGURE,
        numbers_of(row),
        row["run"],
    )


def _estimate(part: Mapping | None, view: View) -> str:
    if part is None or part["estimate"] is None:
        return UNDEFINED
    return f"{points(part['estimate'])} ({interval(part['ci_low'], part['ci_high'], view.level)})"


def _harmed(row: Mapping, parts: Mapping[str, Mapping | None], training: str) -> str:
    """Where only lifts over controls are above zero: SFT may have changed the controls, not the procedure."""
    above = [
        name
        for name, part in parts.items()
        if name != "none" and part and part["ci_low"] is not None and part["ci_low"] > 0
    ]
    if row["word"] == claim_labels.SUPPORTED or row["contrast"] != _LIFT or not above:
        return ""
    return f" What {training} changed may be the {listed(above)}."


def _neutral(row: Mapping, view: View) -> Finding:
    """The claim that a student passes as often under the filler as under none, before SFT."""
    said = {
        claim_labels.EQUIVALENT: "is a neutral control",
        claim_labels.CONTRADICTED: "is no neutral control",
        claim_labels.UNDEFINED: f"may be a neutral control or not: {UNDEFINED}",
    }.get(row["word"], "is not shown to be a neutral control")
    margin = (
        "; no margin of equivalence is declared"
        if row["margin"] is None
        else f"; p of a difference of {points(row['margin'], sign=False)} or more "
        + (
            UNDEFINED
            if row["p_equivalence"] is None
            else probability(row["p_equivalence"]).removeprefix("p ")
        )
    )
    label = view.label_by_student[row["student"]]
    changes = f"filler − none {view.before}"
    sentence = f"The filler {said} at {label}: {changes} {estimated(row, view)}{margin}."
    return Finding(
        "procedure",
        f"{changes}: is the filler neutral?",
        sentence,
        row["word"],
        row["path"],
        label,
        _FIGURE,
        numbers_of(row),
    )
