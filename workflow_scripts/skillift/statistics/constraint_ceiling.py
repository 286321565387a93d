"""The claim of a ceiling: after SFT every tier meets the same share of constraints, and less than a limit.

`constraint_ceiling` is about the metric `constraints` under `curated`, for each recipe with two tiers or
more, where a study declares `analysis.constraint_ceiling`. Its parts are that each tier's share is below
`limit`, and that each two tiers differ by less than `margin`. All are one intersection-union test
(`intersection_union`), each at half of alpha: the estimate is how far the part that decides is on the side
that is claimed, limit - share or margin - |difference|, `supported` where all are above 0. Training-seed
variance is in every part. `mde` is the least distance at which all would be found together with 80 % power:
tiers that are alike, each so far below the limit, and a margin that is so wide (`resolvable_distance`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from skillift.metrics.claim import ALL_OF
from skillift.statistics.claim_families import family
from skillift.statistics.claim_registry import CONSTRAINT_CEILING, RATE
from skillift.statistics.comparisons import Joint, Sides, joint_estimate, tiers_by_recipe
from skillift.statistics.intersection_union import deciding, drawn_together
from skillift.statistics.intervals import POWER, clustered_means
from skillift.statistics.pairing import paired_difference
from skillift.statistics.seed_variance import with_seeds

if TYPE_CHECKING:
    from skillift.settings.analysis import ConstraintCeiling
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun

_NUMBERS = ("estimate", "standard_error", "degrees_of_freedom", "ci_low", "ci_high", "p_value")


def ceiling_claims(
    values: pl.DataFrame, seeds: pl.DataFrame, runs: list[DeclaredRun], settings: Analysed
) -> Iterator[dict]:
    """Rows of the table CLAIMS about the ceiling; none where a study declares none.

    Args:
        values: of the metric `constraints`, as `pairing.task_values` has those of `pass`.
        seeds: the table SEED_VARIANCE made from them.
        runs: the declared runs.
        settings: `constraint_ceiling` is what is declared.
    """
    declared, confidence = settings.constraint_ceiling, settings.confidence
    if not declared:
        return
    for part in values.partition_by("path", "suite", maintain_order=True):
        place = part.select("path", "suite").row(0, named=True)
        fixed = place | {
            "student": "",
            "against": "",
            "contrast": RATE,
            "shape": ALL_OF,
            "p_equivalence": None,
        }
        of_recipes = {
            recipe: sides
            for recipe, sides in tiers_by_recipe(part, seeds, runs, RATE)
            if len(sides.names) > 1
        }
        rows = [
            fixed | {"run": recipe, "margin": declared.margin, **_together(sides, declared, confidence)}
            for recipe, sides in of_recipes.items()
        ]
        for row in family(CONSTRAINT_CEILING, rows, confidence):
            known = row["p_value"] is not None
            joint = joint_estimate(of_recipes[row["run"]], confidence) if known else None
            least = resolvable_distance(joint, confidence, row["n_tests"]) if joint else None
            yield row | {"mde": least, "mde_low": None, "mde_high": None}


def resolvable_distance(joint: Joint, confidence: float, n_tests: int = 1) -> float | None:
    """The least distance of all parts at which tiers that are alike are found to be so, with 80 % power.

    A difference can go to either side, so it takes more than the distance of one share to the limit.

    Args:
        joint: the shares of the tiers.
        confidence: of the study.
        n_tests: in the claim's family: the level is Bonferroni's.

    Returns:
        A fraction; None where a part does not vary.
    """
    from scipy.special import stdtrit

    n_tiers = len(joint.covariance)
    pairs = list(combinations(range(n_tiers), 2))
    weights = np.vstack([np.eye(n_tiers), np.zeros((len(pairs), n_tiers))])
    for row, (one, other) in zip(weights[n_tiers:], pairs, strict=True):
        row[[one, other]] = 1, -1
    drawn = drawn_together(joint.covariance, joint.degrees_of_freedom, weights)
    if drawn is None:
        return None
    around, errors = drawn
    level = 1 - (1 - confidence) / n_tests
    used = around.copy()
    used[:, n_tiers:] = np.abs(around[:, n_tiers:])
    least = (stdtrit(joint.degrees_of_freedom, (1 + level) / 2) * errors + used).max(axis=1)
    return float(np.quantile(least, POWER))


def _together(sides: Sides, declared: ConstraintCeiling, confidence: float) -> dict:
    """The part that decides, with the p-value of all and the fewest tasks and skills of any."""
    parts = [_part(sides, [name], declared.limit, confidence) for name in sides.names]
    parts += [_part(sides, list(pair), declared.margin, confidence) for pair in combinations(sides.names, 2)]
    place, p_value = deciding([(part["estimate"], part["p_value"]) for part in parts])
    return parts[place] | {
        "p_value": p_value,
        "n_tasks": min(part["n_tasks"] for part in parts),
        "n_skills": min(part["n_skills"] for part in parts),
        "n_unscored": int(sides.rows["n_unscored"].sum()),
        "n_runs": min(sides.n_runs.values()),
        "ends": [],
    }


def _part(sides: Sides, names: list[str], most: float, confidence: float) -> dict:
    """How far a tier's share, or the difference of two, is below what it may be."""
    rows = sides.rows.filter(side=names[0])
    if len(names) > 1:
        rows = paired_difference(rows, sides.rows.filter(side=names[1]), cell=[])
    found = clustered_means(rows.with_columns(part=pl.lit(0)), ["part"], confidence)
    known = found.row(0, named=True) if found.height else {"estimate": None, "standard_error": None}
    counts = {name: known.get(name) or 0 for name in ("n_tasks", "n_skills")}
    row = dict.fromkeys(_NUMBERS) | counts | {"uncertainty": None}
    if known["estimate"] is None:
        return row
    row["estimate"] = most - (abs(known["estimate"]) if len(names) > 1 else known["estimate"])
    error, freedom = known["standard_error"], known.get("degrees_of_freedom")
    if error is None or freedom is None:
        return row
    whole = with_seeds(error**2, freedom, sides.of(*names))
    return row | whole.of(row["estimate"], confidence) | {"uncertainty": whole}
