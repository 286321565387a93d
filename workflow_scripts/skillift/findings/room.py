"""Floors and ceilings before power: what is not resolved for want of room says so before anything else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from skillift.findings.finding import Finding, Part, how_many
from skillift.reporting.arms import BASE, View, place
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
    found, without = [], dict[str, None]()
    for finding in part.findings:
        said = no_room(_arms(finding, rates, view)["pass_rate"]) if finding.word in _UNRESOLVED else ""
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


def _arms(finding: Finding, rates: pl.DataFrame, view: View) -> pl.DataFrame:
    """The arms that a finding rests on: of its student and runs, or of all students where it names none."""
    arms = rates.filter(path=finding.path or view.headline_path)
    if finding.student and finding.claim != UNIFORM:  # whose sides are two students
        arms = arms.filter(label=finding.student)
    if finding.run:
        arms = arms.filter(pl.col("run").is_in([BASE, finding.run]) | (pl.col("recipe") == finding.run))
    return arms
