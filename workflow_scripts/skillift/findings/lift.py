"""Findings on the lift: is it resolved, is it the same at every tier, and is it the procedure's doing?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from skillift.figures.arms import View, place
from skillift.findings.finding import (
    Finding,
    Part,
    estimated,
    how_many,
    label_of,
    numbers_of,
    tested,
    told,
    whose,
)
from skillift.findings.judges import format_caveats
from skillift.statistics import words

_ONE_SEED = "With one training a claim is about that run, not about its recipe: so at"
_OVER_PLACEBO = "lift:curated-placebo"

# contrasts of the study's placebo and shuffled conditions: what each is called and what it tells
_BESIDE = {
    _OVER_PLACEBO: ("lift of curated − placebo", "what SFT added beyond a longer prompt"),
    "curated-placebo": ("curated − placebo", "the right procedure against an unrelated one of equal length"),
    "curated-shuffled": ("curated − shuffled", "the right order of the steps against a wrong one"),
    "placebo-none": ("placebo − none", "what an unrelated procedure does by itself"),
}


def of_claim(tables: Mapping[str, pl.DataFrame], view: View, claim: str) -> Iterator[dict]:
    """The rows of one kind of claim on the headline path and the view's suite: by tier, before SFT first."""
    rows = tables["claims"].filter(path=view.headline_path, suite=view.suite, claim=claim)
    places = dict(view.students.select("student", "position").rows())
    tier = pl.col("student").replace_strict(places, default=-1, return_dtype=pl.Int64)
    return rows.sort(tier, view.run_place(), view.run_place("against"), maintain_order=True).iter_rows(
        named=True
    )


def _read_together(finding: Finding, over_none: str | None) -> Finding:
    """A lift over the placebo, beside that over none: a placebo that SFT harms raises the first alone."""
    if finding.word != words.SUPPORTED or over_none in (words.SUPPORTED, None):
        return finding
    sentence = (
        f"{finding.sentence} Over the placebo alone that would be {words.SUPPORTED}; the lift over none is "
        f"{over_none}, so what SFT changed may be the placebo."
    )
    return replace(finding, sentence=sentence, word=words.NOT_RESOLVABLE)


def resolved(tables: Mapping[str, pl.DataFrame], view: View) -> Part:
    """Each lift, and the procedural deltas that it is the difference of."""
    figures = {"lift": "lift", "procedural_delta": "tier_trajectory"}
    found = [
        _finding("resolved", row, claim.replace("_", " "), figure, view)
        for claim, figure in figures.items()
        for row in of_claim(tables, view, claim)
    ]
    caveats = list(format_caveats(tables["claims"], tables["certification"], view))
    lifts = [finding.word for finding in found if finding.claim == "lift"]
    found += caveats
    if not lifts:
        return Part("resolved", "This study has no lift: no run was trained, or its arms are missing.", found)
    single = {row["student"] for row in of_claim(tables, view, "lift") if row["n_runs"] == 1}
    settled = sum(word in (words.SUPPORTED, words.CONTRADICTED) for word in lifts)
    number = f"{settled} of {how_many(len(lifts), 'lift')} resolved"
    about = f" {_ONE_SEED} {how_many(len(single), 'student')}." if single else ""
    if caveats:
        about += (
            f" At {how_many(len(caveats), 'lift')} the share of ANSWER lines changes too: see the caveat."
        )
    return Part("resolved", f"{number} on the path {view.headline_path}: {told(lifts)}.{about}", found)


def procedure(tables: Mapping[str, pl.DataFrame], view: View) -> Part:
    """The contrasts with a placebo and with shuffled steps, beside the procedural delta and lift."""
    rows = tables["effects"].filter(path=view.headline_path, suite=view.suite)
    rows = place(rows, view, "effects").filter("headline") if rows.height else rows
    over_none = {(row["student"], row["run"]): row["word"] for row in of_claim(tables, view, "lift")}
    found = []
    for contrast, (name, meaning) in _BESIDE.items():
        for row in tested(list(rows.filter(contrast=contrast).iter_rows(named=True)), view):
            finding = _finding("procedure", row, name, "placebo_ladder", view, meaning)
            if contrast == _OVER_PLACEBO:
                finding = _read_together(finding, over_none.get((row["student"], row["run"])))
            found.append(finding)
    lifts = [each.word for each in found if each.claim.startswith("lift")]
    if not rows.filter(contrast="curated-placebo").height:
        answer = (
            "This study has no placebo condition: that a longer prompt alone would help is not ruled out."
        )
    elif not lifts:
        answer = "No run was trained, so there is no lift to measure against a placebo's."
    else:
        answer = f"Measured against a placebo of equal length, {how_many(len(lifts), 'lift')}: {told(lifts)}."
    return Part("procedure", answer, found)


def _finding(question: str, row: Mapping, name: str, figure: str, view: View, meaning: str = "") -> Finding:
    subject = f"{name[0].upper()}{name[1:]} {whose(row['student'], row['run'], view)}"
    return Finding(
        question,
        f"{name}: {meaning}" if meaning else name,
        f"{subject}: {estimated(row, view)}.",
        row["word"],
        row["path"],
        label_of(row["student"], view),
        figure,
        numbers_of(row),
    )
