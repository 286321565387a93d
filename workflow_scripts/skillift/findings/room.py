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
from skillift.statistics.room import NO_ROOM, PERHAPS, Rate, advised, no_room

UNIFORM = "uniform lift"
_RATE = dict(zip(("pass_rate", "ci_low", "ci_high"), Rate._fields, strict=True))
_UNRESOLVED = (claim_labels.NOT_RESOLVABLE, claim_labels.UNDEFINED, UNDETERMINED)


def room_first(parts: Iterable[Part], rates: pl.DataFrame, view: View) -> list[Part]:
    """The same parts; what is not resolved between arms without room to move begins by saying that.

    The first answer that rests on such findings of a student says how many arms these are; no later one
    repeats it.

    Args:
        parts: see `findings`.
        rates: contract PASS_RATES.
        view: how results are shown.
    """
    every = place(rates, view, "pass rates").rename(_RATE)
    told = set[str]()
    return [_of_part(part, every, view, told) for part in parts]


def _of_part(part: Part, rates: pl.DataFrame, view: View, told: set[str]) -> Part:
    """One part; `told`: the students whose arms an answer has counted, to which it adds its own."""

    @cache  # many findings rest on the same arms
    def room(path: str, student: str, run: str) -> str:
        said = no_room(_rates_of(path, student, run, rates).select(Rate._fields).iter_rows())
        return said.partition(":")[0]

    found, without, how_sure = [], dict[str, None](), list[str]()
    for finding in part.findings:
        said = room(*_arms_of(finding, view)) if finding.word in _UNRESOLVED else ""
        if said:
            finding = replace(finding, sentence=f"{said}. {finding.sentence}")
            how_sure.append(said)
            without |= dict.fromkeys([finding.student] if finding.student else view.labels)
        found.append(finding)
    if told.issuperset(without):
        return replace(part, findings=found)
    told.update(without)
    arms = rates.filter(pl.col("label").is_in(list(without)), path=view.headline_path)
    whose = (
        "" if len(without) == len(view.labels) else f"at {', '.join(sorted(without, key=view.labels.index))}"
    )
    surest = NO_ROOM if NO_ROOM in how_sure else PERHAPS
    some = f"{surest} in the arms of {how_many(how_sure.count(surest), 'finding')} below"
    said = no_room(arms.select(Rate._fields).iter_rows(), whose) or some
    return replace(part, answer=f"{advised(said)}. {part.answer}", findings=found)


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
