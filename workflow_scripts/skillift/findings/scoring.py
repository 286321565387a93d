"""The question whether the scoring is to blame: judges, paths and lost verdicts together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.findings.finding import Finding, Part
from skillift.findings.judges import agreement, certificates, corrected, judge_shifts, warned
from skillift.findings.paths import bounds, changed_words, hanging_words, mixed, other_paths, path_shifts
from skillift.publication.unscored import unscored_warnings
from skillift.reporting.certificates import errs_too_often
from skillift.reporting.numbers import how_many
from skillift.reporting.view import View
from skillift.statistics import claim_labels
from skillift.statistics.path_audit import BENCH


def judge(tables: Mapping[str, pl.DataFrame], view: View) -> Part:
    """Certificates, agreement, what other judges, paths and lost verdicts would make of the headlines."""
    lifts = tables["claims"].filter(suite=view.suite, claim="lift")
    paths = tables["pass_rates"].filter(suite=view.suite)["path"].unique().sort().to_list()
    warnings = list(warned(tables["certification"], view))
    lost = list(_lost(tables, view))
    shifts = list(judge_shifts(tables["judge_shift"], view))
    found = [
        *warnings,
        *lost,
        *certificates(tables["certification"], view),
        *agreement(tables["agreement"], view),
        *shifts,
        *path_shifts(tables["path_shift"], view),
        *other_paths(lifts, paths, view),
        *mixed(tables["mixed_paths"], view),
        *bounds(tables["bounds"], lifts, view),
        *hanging_words(tables["claims"], view),
        *corrected(tables["corrected_effects"], tables["certification"], view),
    ]
    parts = [_errs(tables["certification"], view)] if warnings else []
    if lost:
        on = ", ".join(finding.path for finding in lost)
        parts.append(f"more verdicts are lost than the study allows on {on}")
    parts += _of_paths(lifts, paths, view)
    seconds = [each.sentence.split(";")[0].replace("Under", "under", 1) for each in shifts]
    judges = {f"judge:{name}" for name in tables["certification"]["judge"]} | set(paths) - {BENCH}
    none = "no headline can be compared under a second judge"
    if len(judges) < 2:
        none = "there is no second judge"
    text = "; ".join(parts + (seconds or [none]))
    return Part("judge", f"{text[0].upper()}{text[1:]}.", found)


def _errs(certification: pl.DataFrame, view: View) -> str:
    """That the judge behind the headline path errs too often, or may."""
    which = (
        "the judge of the tasks without an extractor" if view.headline_path == BENCH else "the headline judge"
    )
    if errs_too_often(certification, view):
        return f"{which} errs more often than the study allows"
    return f"{which} is not known to keep the study's limits"


def _lost(tables: Mapping[str, pl.DataFrame], view: View) -> Iterator[Finding]:
    """A warning for each path that has lost more verdicts than the study allows."""
    rates, of_lifts = (tables[name].filter(suite=view.suite) for name in ("pass_rates", "bounds"))
    for path, line in unscored_warnings(of_lifts, rates, view).items():
        sentence = f"{line}. Unscored is in no rate and never a fail: numbers of that path leave it out."
        yield Finding("judge", "warning", sentence, path=path, figure="corrected_lift")


def _of_paths(lifts: pl.DataFrame, paths: list[str], view: View) -> list[str]:
    """What becomes of the lifts' words on the other paths; what is undefined keeps no word."""
    others = len(set(paths) - {view.headline_path})
    defined = lifts.filter(pl.col("word") != claim_labels.UNDEFINED)
    total = lifts.filter(path=view.headline_path).height
    known = defined.filter(path=view.headline_path).height
    parts = []
    if known < total:
        which = f"{total - known} of {total} lifts" if total > 1 else "the lift is"
        parts.append(f"{which} undefined on {view.headline_path}")
    if others > 0 and known:
        where = f"on the {how_many(others, 'other scoring path')}"
        changed = len({lift[:2] for lift in changed_words(lifts, paths, view)})
        differ = f"the word of {f'{changed} of {total} lifts' if total > 1 else 'the lift'} differs"
        every = "every lift" if total > 1 else "the lift"
        if known < total:
            every = f"each of the {known} defined lifts" if known > 1 else "the one defined lift"
        parts.append(f"{where}, {differ if changed else f'{every} keeps its word'}")
    return parts
