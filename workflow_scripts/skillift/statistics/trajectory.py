"""Claims about the trajectory over the tiers: its shape, what dominates it, and what sets its ceiling.

| claim | what is claimed | rows |
|---|---|---|
| `trajectory_shape` | the deltas, and their differences between neighbours, have the declared signs | \
before SFT over all tiers, and after SFT over the trained ones, one per recipe |
| `dominated_by_base` | see `tier_spread` | one per recipe |
| `base_sets_ceiling` | see `ceiling` | one per student and recipe |

A study declares its pattern (`analysis.trajectory`) as the delta of each tier from the smallest on. What is
claimed are the signs: of each delta, and of each difference between neighbours, where these are not 0. All
are one intersection-union test. The numbers serve to say what would be found: `mde` is the multiple of the
declared pattern that the claim would be supported at with 80 % power, all parts together, with the
covariance of the deltas as it is estimated. Power grows with the square root of the number of tasks: at a
multiple of m, about m^2 times as many tasks of as many more skills resolve the pattern itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from skillift.errors import UserError, problem
from skillift.statistics.ceiling import ceiling
from skillift.statistics.claim_families import family
from skillift.statistics.claim_labels import End, holm
from skillift.statistics.claim_registry import CEILING, DELTA, DOMINATED, LIFT, SHAPE
from skillift.statistics.comparisons import Joint, Sides, joint_estimate, lifts_by_recipe
from skillift.statistics.contrasts import BASE, Differences
from skillift.statistics.intersection_union import deciding, drawn_together
from skillift.statistics.intervals import POWER, clustered_means
from skillift.statistics.pairing import paired_difference
from skillift.statistics.seed_variance import with_seeds
from skillift.statistics.tier_spread import tier_spread

if TYPE_CHECKING:
    from skillift.settings.analysis import TierDelta
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun

_ENDS = ("low", "high")


class Part(NamedTuple):
    """One sign that is claimed: of a tier's delta, or of what it has more than its smaller neighbour.

    Attributes:
        student: the tier.
        neighbour: the smaller tier; empty of a delta.
        declared: the effect as the pattern has it, not 0.
    """

    student: str
    neighbour: str
    declared: float


def parts_of(pattern: Sequence[TierDelta], tiers: list[str]) -> list[Part]:
    """The signs that a pattern claims of some of its tiers.

    Args:
        pattern: of each tier, the smallest first.
        tiers: those that have a delta; others of the pattern are left out, as reference models after SFT.
    """
    known = [(entry.student, entry.delta) for entry in pattern if entry.student in tiers]
    parts = [Part(student, "", delta) for student, delta in known]
    parts += [Part(larger, smaller, more - less) for (smaller, less), (larger, more) in pairwise(known)]
    return [part for part in parts if part.declared]


def trajectory_claims(
    values: pl.DataFrame,
    found: list[Differences],
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    settings: Analysed,
) -> Iterator[dict]:
    """Rows of the table CLAIMS about the trajectory, on every path and suite.

    Args:
        values: the frame of `pairing.task_values`.
        found: of `contrasts.differences`.
        seeds: the table SEED_VARIANCE made from it.
        runs: the declared runs.
        settings: `trajectory` is the pattern, where one is declared.
    """
    pattern, confidence = settings.trajectory or [], settings.confidence
    places: dict[tuple, dict[str, Differences]] = {}
    for item in found:
        if item.cells.height:
            places.setdefault(item.cells.select("path", "suite").row(0), {})[item.contrast] = item
    for place, items in places.items():
        fixed = dict(zip(("path", "suite"), place, strict=True))
        if DELTA in items and pattern:
            yield from _shapes(fixed, items[DELTA], pattern, seeds, runs, confidence)
        if DELTA in items and LIFT in items:
            rows = tier_spread(items[DELTA], items[LIFT], seeds, runs, confidence)
            yield from _own_family(DOMINATED, "below", [fixed | row for row in rows], confidence)
        arms = values.filter(**fixed)
        rows = ceiling(arms, runs, settings)
        yield from _own_family(CEILING, "above", [fixed | row for row in rows], confidence)


def _own_family(claim: str, shape: str, rows: list[dict], confidence: float) -> Iterator[dict]:
    """Claims of one kind; with verdicts missing, what these could make of the word is not known."""
    fixed = {"against": "", "margin": None, "p_equivalence": None, "shape": shape}
    ends = [End(None, None)] * len(_ENDS)
    rows = [fixed | row | {"ends": ends if row["n_unscored"] else []} for row in rows]
    yield from family(claim, rows, confidence)


def _shapes(
    fixed: dict,
    item: Differences,
    pattern: Sequence[TierDelta],
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    confidence: float,
) -> list[dict]:
    """The rows of `trajectory_shape`: before SFT, and after it by each recipe with two tiers or more."""
    sides = {BASE: _before(item), **dict(lifts_by_recipe(item, seeds, runs))}
    unknown = sorted({entry.student for entry in pattern} - set(sides[BASE].names))
    if unknown:
        where = "--spec, key analysis.trajectory"
        raise UserError(problem(where, unknown, f"students with a base model ({sides[BASE].names})"))
    tests = {}
    for run, of_run in sides.items():
        parts = parts_of(pattern, of_run.names)
        if len({part.student for part in parts}) > 1:
            tests[run] = (of_run, parts)
    rows = [
        fixed
        | {"claim": SHAPE, "shape": "all_of", "student": "", "run": run, "against": "", "contrast": DELTA}
        | _together(of_run, parts, confidence)
        for run, (of_run, parts) in tests.items()
    ]
    adjusted = holm([row["p_value"] for row in rows])
    n_tests = sum(p_holm is not None for p_holm in adjusted)
    for row, p_holm, (of_run, parts) in zip(rows, adjusted, tests.values(), strict=True):
        row |= {"p_holm": p_holm, "n_tests": n_tests, "margin": None, "p_equivalence": None}
        row |= dict.fromkeys(("mde", "mde_low", "mde_high"))
        if p_holm is not None:
            joint = joint_estimate(of_run, confidence)
            row["mde"] = joint and resolvable_multiple(joint, of_run.names, parts, confidence, n_tests)
    return rows


def _before(item: Differences) -> Sides:
    """The deltas before SFT, side by side for all tiers."""
    cells = item.cells.filter(run=BASE)
    rows = item.tasks.join(cells.select("cell", side="student"), on="cell")
    names = sorted(cells["student"])
    columns = ["path", "side", "task_id", "skill_id", "value", "low", "high", "n_unscored"]
    return Sides(names, rows.select(columns), {}, dict.fromkeys(names, 1))


def _together(sides: Sides, parts: list[Part], confidence: float) -> dict:
    """The part that decides, in its declared direction, with the p-value and missing verdicts of all."""
    frames = [_oriented(sides, part).with_columns(part=pl.lit(place)) for place, part in enumerate(parts)]
    tasks = pl.concat(frames)
    known = _estimates(tasks, "value", sides, parts, confidence)
    place, p_value = deciding([(row["estimate"], row["p_value"]) for row in known])
    n_unscored = max(tasks.group_by("part").agg(pl.col("n_unscored").sum())["n_unscored"])
    ends = []
    if n_unscored:
        for end in _ENDS:
            at_end = _estimates(tasks, end, sides, parts, confidence)
            least, p_at_end = deciding([(row["estimate"], row["p_value"]) for row in at_end])
            ends.append(End(at_end[least]["estimate"], p_at_end))
    return known[place] | {
        "p_value": p_value,
        "n_tasks": min(row["n_tasks"] for row in known),
        "n_skills": min(row["n_skills"] for row in known),
        "n_unscored": n_unscored,
        "n_runs": min(sides.n_runs.values()),
        "ends": ends,
    }


def _oriented(sides: Sides, part: Part) -> pl.DataFrame:
    """Task values of one part, so that what is declared is above 0."""
    rows = sides.rows.filter(side=part.student)
    if part.neighbour:
        rows = paired_difference(rows, sides.rows.filter(side=part.neighbour), cell=[])
    rows = rows.select("task_id", "skill_id", "value", *_ENDS, "n_unscored")
    if part.declared < 0:
        rows = rows.with_columns(-pl.col("value"), low=-pl.col("high"), high=-pl.col("low"))
    return rows


def _estimates(
    tasks: pl.DataFrame, column: str, sides: Sides, parts: list[Part], confidence: float
) -> list[dict]:
    """Estimate and uncertainty of each part, training-seed variance included."""
    means = clustered_means(tasks.with_columns(value=column), ["part"], confidence)
    found = []
    for row in means.iter_rows(named=True):
        part = parts[row.pop("part")]
        if row["standard_error"] is not None:
            names = [name for name in (part.student, part.neighbour) if name]
            whole = with_seeds(row["standard_error"] ** 2, row["degrees_of_freedom"], sides.of(*names))
            row |= whole.of(row["estimate"], confidence)
        found.append(row)
    return found


def resolvable_multiple(
    joint: Joint, names: list[str], parts: list[Part], confidence: float, n_tests: int = 1
) -> float | None:
    """The multiple of the declared pattern at which all of its signs are found together with 80 % power.

    Estimates are drawn around a multiple of the pattern with the covariance of the deltas, and their standard
    errors with its degrees of freedom. Each draw has a least multiple at which every part is found; the
    answer is their 80th percentile. The draws are always the same.

    Args:
        joint: the deltas of `names`.
        names: the tiers, in the order of `joint`.
        parts: of the pattern.
        confidence: of the study.
        n_tests: in the claim's family: the level is Bonferroni's.

    Returns:
        None where a part does not vary.
    """
    from scipy.special import stdtrit

    places = {name: place for place, name in enumerate(names)}
    signs = np.zeros((len(parts), len(names)))
    for row, part in zip(signs, parts, strict=True):
        row[places[part.student]] = np.sign(part.declared)
        if part.neighbour:
            row[places[part.neighbour]] = -np.sign(part.declared)
    drawn = drawn_together(joint.covariance, joint.degrees_of_freedom, signs)
    if drawn is None:
        return None
    around, errors = drawn
    level = 1 - (1 - confidence) / n_tests
    critical = stdtrit(joint.degrees_of_freedom, (1 + level) / 2)
    declared = np.abs([part.declared for part in parts])
    least = ((critical * errors - around) / declared).max(axis=1)
    return float(max(np.quantile(least, POWER), 0.0))
