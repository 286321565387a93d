"""Floors and ceilings before power: what is not resolved for want of room says so before anything else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import polars as pl

from skillift.findings.finding import Finding, Part
from skillift.reporting.arms import place
from skillift.reporting.numbers import how_many
from skillift.reporting.view import BASE, View
from skillift.statistics import claim_labels
from skillift.statistics.predictions import UNDETERMINED
from skillift.statistics.room import MORE_OF_THE_SAME, NO_ROOM, no_room

UNIFORM = "uniform lift"
_UNRESOLVED = (claim_labels.NOT_RESOLVABLE, claim_labels.UNDEFINED, UNDETERMINED)


def room_first(parts: Iterable[Part], rates: pl.DataFrame, view: View) -> list[Part]:
    """The same parts; what is not resolved between arms without room to move begins by saying that.

    So do the answers that rest on such findings.

    Args:
        parts: see `findings`.
        rates: contract PASS_RATES.
        view: how results are shown.
    """
    every = place(rates, view, "pass rates")
    return [_of_part(part, every, view) for part in parts]


def _of_part(part: Part, rates: pl.DataFrame, view: View) -> Part:
    @cache  # many findings rest on the same arms
    def room(path: str, student: str, run: str) -> str:
        return no_room(_rates_of(path, student, run, rates)["pass_rate"])

    found, without = [], dict[str, None]()
    for finding in part.findings:
        said = room(*_arms_of(finding, view)) if finding.word in _UNRESOLVED else ""
        if said:
            finding = replace(finding, sentence=f"{said}. {finding.sentence}")
            without |= dict.fromkeys([finding.student] if finding.student else view.labels)
        found.append(finding)
    if not without:
        return replace(part, findings=found)
    arms = rates.filter(pl.col("label").is_in(list(without)), path=view.headline_path)
    whose = (
        "" if len(without) == len(view.labels) else f"at {', '.join(sorted(without, key=view.labels.index))}"
    )
    number = sum(finding.sentence.startswith(NO_ROOM) for finding in found)
    some = f"{NO_ROOM} in the arms of {number} of {how_many(len(found), 'finding')} below"
    said = no_room(arms["pass_rate"], whose) or some
    return replace(part, answer=f"{said}: {MORE_OF_THE_SAME}. {part.answer}", findings=found)


def _arms_of(finding: Finding, view: View) -> tuple[str, str, str]:
    """Which arms a finding rests on: path, student and run, empty where they are those of all."""
    student = "" if finding.claim == UNIFORM else finding.student  # its sides are two students
    return finding.path or view.headline_path, student, finding.run


def _rates_of(path: str, student: str, run: str, rates: pl.DataFrame) -> pl.DataFrame:
    """The rates of these arms; those before SFT belong to every run."""
    arms = rates.filter(path=path)
    if student:
        arms = arms.filter(label=student)
    if run:
        arms = arms.filter(pl.col("run").is_in([BASE, run]) | (pl.col("recipe") == run))
    return arms
