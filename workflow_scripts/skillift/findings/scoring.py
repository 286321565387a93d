"""The question whether the scoring is to blame: judges, paths and lost verdicts together."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from skillift.figures.arms import View
from skillift.findings.finding import Finding, Part, how_many
from skillift.findings.judges import agreement, certificates, corrected, judge_shifts, warned
from skillift.findings.paths import bounds, changed_words, mixed, other_paths, path_shifts


def judge(tables: Mapping[str, pl.DataFrame], view: View, spec: dict) -> Part:
    """Certificates, agreement, what other judges, paths and lost verdicts would make of the headlines."""
    lifts = tables["claims"].filter(suite=view.suite, claim="lift")
    warnings = list(warned(tables["certification"], spec, view))
    shifts = list(judge_shifts(tables["judge_shift"], view))
    found = [
        *warnings,
        *certificates(tables["certification"], view, spec),
        *agreement(tables["agreement"], view),
        *shifts,
        *path_shifts(tables["path_shift"], view),
        *other_paths(lifts, view),
        *mixed(tables["mixed_paths"], view),
        *bounds(tables["bounds"], lifts, view),
        *corrected(tables["corrected_effects"], view),
    ]
    return Part("judge", _answer(warnings, shifts, lifts, view), found)


def _answer(warnings: list[Finding], shifts: list[Finding], lifts: pl.DataFrame, view: View) -> str:
    parts = ["the headline judge errs more often than the study allows"] if warnings else []
    others = lifts["path"].n_unique() - 1
    if others > 0:
        where = f"on the {how_many(others, 'other scoring path')}"
        changed = len({lift[:2] for lift in changed_words(lifts, view)})
        total = lifts.filter(path=view.headline_path).height
        differ = f"the word of {changed} of {how_many(total, 'lift')} differs"
        parts.append(f"{where}, {differ if changed else 'every lift keeps its word'}")
    seconds = [each.sentence.split(";")[0].replace("Under", "under", 1) for each in shifts]
    parts += seconds or ["there is no second judge"]
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."
