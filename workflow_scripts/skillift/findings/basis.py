"""Findings on what the numbers rest on: sizes, lost verdicts, ANSWER lines, room to move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.findings.finding import Finding, Part, whose
from skillift.reporting.arms import on_path, place
from skillift.reporting.column_text import UNDEFINED
from skillift.reporting.numbers import how_many, percent
from skillift.reporting.view import View
from skillift.statistics.room import CEILING, FLOOR, NO_ROOM, extremes
from skillift.students.origin import origin

NAMED = 4  # runs with arms at a floor or ceiling are named up to here, and counted beyond
STUDENT = "student"  # claim of the sentence about where a student comes from


def basis(tables: Mapping[str, pl.DataFrame], view: View, students: Mapping[str, dict]) -> Part:
    """Sizes, lost verdicts, ANSWER lines, room to move, and where students come from.

    Args:
        tables: pass_rates, contract PASS_RATES.
        view: how the study wants results shown.
        students: manifests, by label, of the students whose origin readers have to know of.
    """
    every = place(tables["pass_rates"], view, "pass rates")
    rates = on_path(every, view.headline_path, "pass rates")
    lost = int(rates["n_unscored"].sum())
    answer = (
        f"Up to {how_many(max(rates['n_tasks']), 'task')} with a verdict, in "
        f"{how_many(max(rates['n_skills']), 'skill')} of the suite {view.suite}, in each of "
        f"{how_many(rates.height, 'arm')} (student, run, condition); {how_many(lost, 'episode')} unscored "
        f"on the path {view.headline_path}."
    )
    found = [
        *_unscored(rates, view),
        *_answer_lines(rates),
        _room_to_move(every),
        *_without_room(rates, view),
    ]
    found += [
        Finding("basis", STUDENT, f"{label}: {origin(manifest)}.", student=label)
        for label, manifest in students.items()
    ]
    return Part("basis", answer, found)


def _unscored(rates: pl.DataFrame, view: View) -> Iterator[Finding]:
    """The arm that lost the most verdicts."""
    if not rates["n_unscored"].sum():
        return
    row = rates.sort("n_unscored", descending=True, maintain_order=True).row(0, named=True)
    alike = rates.filter(n_unscored=row["n_unscored"]).height - 1
    also = f", as many as {how_many(alike, 'other arm')}" if alike else ""
    sentence = (
        f"No arm lost more verdicts than the condition {row['condition']} "
        f"{whose(row['student'], row['run'], view)}: {row['n_unscored']} unscored{also}. Unscored is in no "
        "rate, and never a fail."
    )
    yield Finding("basis", "unscored", sentence, path=view.headline_path, student=row["label"])


def _answer_lines(rates: pl.DataFrame) -> Iterator[Finding]:
    """One sentence for each trained student: how many responses have an ANSWER line, before and after."""
    known = rates.filter(pl.col("answer_line_rate").is_not_null())
    for (label,), rows in known.group_by("label", maintain_order=True):
        phase = pl.col("recipe").is_null()
        before, after = (rows.filter(part)["answer_line_rate"] for part in (phase, ~phase))
        if len(before) and len(after):
            sentence = (
                f"Responses with an ANSWER line at {label}: {_span(before)} before SFT and {_span(after)} "
                "after, "
                "over conditions and runs."
            )
            yield Finding("basis", "answer lines", sentence, student=label, figure="path_audit")


def _span(rates: pl.Series) -> str:
    known = rates.drop_nulls().to_list()
    low, high = percent(min(known)), percent(max(known))
    return low if low == high else f"{low} to {high}"


def _room_to_move(rates: pl.DataFrame) -> Finding:
    known, low, high = extremes(rates["pass_rate"])
    inside = known - low - high
    none = f"; the rates of {how_many(rates.height - known, 'arm')} are {UNDEFINED}"
    sentence = (
        f"Room to move: {inside} of {rates.height} arms, over all paths, have a pass rate from "
        f"{100 * FLOOR:g} "
        f"to {100 * CEILING:g} %{none if rates.height > known else ''}."
    )
    return Finding("basis", "room to move", sentence, figure="condition_ladder")


def _without_room(rates: pl.DataFrame, view: View) -> Iterator[Finding]:
    """One sentence for the floor and one for the ceiling: which arms are there, as their intervals show."""
    ends = {
        f"below {100 * FLOOR:g} %": pl.col("ci_high") < FLOOR,
        f"above {100 * CEILING:g} %": pl.col("ci_low") > CEILING,
    }
    for end, is_there in ends.items():
        arms = rates.filter(is_there).group_by("student", "run", maintain_order=True).agg("condition")
        named = [
            f"{', '.join(conditions)} {whose(student, run, view)}" for student, run, conditions in arms.rows()
        ]
        if len(named) > NAMED:
            named[NAMED:] = [f"and arms of {how_many(len(named) - NAMED, 'more run')}"]
        if named:
            sentence = (
                f"{NO_ROOM} on the path {view.headline_path}, {end}: {'; '.join(named)}. Such an arm can "
                "move in one direction alone."
            )
            yield Finding(
                "basis", "no room to move", sentence, path=view.headline_path, figure="condition_ladder"
            )
