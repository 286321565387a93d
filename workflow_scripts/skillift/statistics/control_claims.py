"""Claims about the controls: is there a neutral one, and is the lift more than what a longer prompt lifts?

| claim | what is claimed | rows |
|---|---|---|
| `beyond_longer_prompt` | the lift is above 0 over none and each control | one per student and recipe |
| `neutral_filler` | before SFT, filler - none is 0 | one per student |

SFT that only makes a placebo harmful raises the lift over that placebo alone: so all lifts of a student and
recipe are one test (`intersection_union`). Over students and recipes these tests are one family. What is
supported here is supported as a `lift`, too.

A filler that changes what students do is no neutral control. That it does not is a claim of sameness: two
one-sided tests with a margin that the study declares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from skillift.statistics.claim_families import family, heads
from skillift.statistics.claim_labels import End
from skillift.statistics.contrast_names import LIFT, contrast_name
from skillift.statistics.contrasts import BASE, Differences
from skillift.statistics.intersection_union import deciding

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

CONTROLS = ("placebo", "filler")
BEYOND, NEUTRAL = "beyond_longer_prompt", "neutral_filler"


def control_claims(
    found: list[Differences],
    effects: pl.DataFrame,
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    margin: float | None,
    confidence: float,
) -> Iterator[dict]:
    """Rows of the table CLAIMS about the controls that a study has, on every path and suite.

    Args:
        found: of `contrasts.differences`.
        effects: the table EFFECTS made from it, training-seed variance included.
        seeds: the table SEED_VARIANCE made from it.
        runs: the declared runs.
        margin: the largest filler - none that counts as none, as a fraction; None where none is declared.
        confidence: of the intervals.
    """
    places: dict[tuple, dict[str, Differences]] = {}
    for item in found:
        if item.cells.height:
            place = item.cells.select("path", "suite").row(0)
            places.setdefault(place, {})[item.contrast] = item
    heads_of = partial(heads, effects=effects, seeds=seeds, runs=runs, confidence=confidence)
    for items in places.values():
        yield from family(BEYOND, _read_together(items, heads_of), confidence)
        if neutral := items.get(contrast_name("filler", "none")):
            rows = [row for row in heads_of(neutral, margin=margin) if row["run"] == BASE]
            yield from family(NEUTRAL, rows, confidence)


def _read_together(
    items: Mapping[str, Differences], heads_of: Callable[[Differences], list[dict]]
) -> list[dict]:
    """Of each student and recipe the lift that decides; none where the study has no control or no lift."""
    names = [LIFT + contrast_name("curated", control) for control in ("none", *CONTROLS)]
    lifts = [heads_of(items[name]) for name in names if name in items]
    if len(lifts) < 2:
        return []
    return [_together(list(parts)) for parts in zip(*lifts, strict=True)]


def _together(parts: list[dict]) -> dict:
    """The part that decides, with the p-value and the missing verdicts of all."""
    place, p_value = deciding([(part["estimate"], part["p_value"]) for part in parts])
    ends = []
    if any(part["ends"] for part in parts):
        for end in (0, 1):
            each = [_end(part, end) for part in parts]
            least, p_at_end = deciding(each)
            ends.append(End(each[least][0], p_at_end))
    n_unscored = max(part["n_unscored"] for part in parts)
    return parts[place] | {"p_value": p_value, "n_unscored": n_unscored, "ends": ends}


def _end(part: dict, end: int) -> tuple[float | None, float | None]:
    if not part["ends"]:
        return part["estimate"], part["p_value"]
    return part["ends"][end].estimate, part["ends"][end].p_value
