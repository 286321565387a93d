"""Two sources of doubt about a recipe, kept apart: the tasks that were sampled, and the training seed.

An interval from one training speaks of that checkpoint on new tasks. A claim about a recipe is also about
trainings that were not run; how far these differ is seen only where a recipe was trained with several seeds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from skillift.contracts.claims import SEED_VARIANCE
from skillift.contracts.pipeline import key_of
from skillift.statistics.contrasts import Differences
from skillift.statistics.intervals import clustered_means, minimum_detectable_effect
from skillift.statistics.pairing import paired_difference
from skillift.statistics.recipes import RecipeCells, recipe_cells


class SeedComponents(NamedTuple):
    """What the seeds of one recipe at one student tell, in squared fractions.

    Attributes:
        between: variance observed between the seeds' estimates.
        noise: the part of it that sampling alone would give.
        n_runs: number of seeds, at least 2.
        n_skills: number of skills, at least 2.
    """

    between: float
    noise: float
    n_runs: int
    n_skills: int

    @property
    def seed_variance(self) -> float:
        """The variance of one training around its recipe, beyond sampling; 0 where sampling explains all."""
        return max(self.between - self.noise, 0.0)


def combined(sampling: float, n_skills: int, parts: list[SeedComponents]) -> tuple[float, float]:
    """The variance of an estimate with both sources of doubt, and its degrees of freedom.

    Args:
        sampling: the variance given the seeds, clustered by skill.
        n_skills: the skills that it rests on.
        parts: of the recipes in the estimate that have several seeds: one for a mean, up to two for a
            difference. Without any, the estimate is about those runs alone.

    Returns:
        The variance, and Satterthwaite's degrees of freedom: at least 1, at most n_skills - 1.
    """
    total = sampling + sum(part.seed_variance / part.n_runs for part in parts)
    doubt = sampling**2 / (n_skills - 1)
    for part in parts:
        runs, skills = part.n_runs - 1, part.n_skills - 1
        doubt += (part.between / part.n_runs) ** 2 / runs + (part.noise / part.n_runs) ** 2 / (runs * skills)
    most = n_skills - 1.0
    return total, min(max(total**2 / doubt, 1.0), most) if doubt else most


def seed_variance(
    found: Iterable[Differences], effects: pl.DataFrame, runs: list[dict], confidence: float
) -> pl.DataFrame:
    """The table SEED_VARIANCE: one row per path, suite, student, recipe and contrast.

    The design is crossed: every seed answers the same tasks. With S2 the variance between the seeds'
    estimates and W what sampling adds to it, both from the paired differences of all pairs of seeds (half
    the mean square of the differences, half the mean of their squared standard errors clustered by skill),
    the method of moments gives

        seed_variance = max(S2 - W, 0)
        standard_error^2 = sampling_variance + seed_variance / n_runs

    (Searle, Casella and McCulloch, "Variance components", 1992, chapter 4; it equals two-way clustering by
    skill and seed, Cameron, Gelbach and Miller, J. Business & Economic Statistics 29, 2011, where that is
    not below one-way clustering). Intervals use t with Satterthwaite's degrees of freedom (Biometrics
    Bulletin 2, 1946): variance^2 / (sampling^2 / (G-1) + (S2/k)^2 / (k-1) + (W/k)^2 / ((G-1)(k-1))), for G
    skills and k seeds. Two seeds that differ by more than sampling leave few degrees of freedom, and so
    wide intervals: that is what two seeds know.

    With one seed all but the estimate and sampling_variance is null: nothing is known of other trainings.

    Args:
        found: of `contrasts.differences`.
        effects: the table EFFECTS made from it.
        runs: `{student, run, recipe, seed}`.
        confidence: of the intervals, as a fraction.
    """
    rows = [row for differences in found for row in _rows(differences, effects, runs, confidence)]
    schema = {name: column.dtype.type for name, column in SEED_VARIANCE.columns.items()}
    return pl.DataFrame(rows, schema=schema).sort(key_of(SEED_VARIANCE))


def _rows(differences: Differences, effects: pl.DataFrame, runs: list[dict], confidence: float) -> list[dict]:
    """SEED_VARIANCE of one contrast on one path and suite."""
    contrast, cells, tasks = differences
    by_recipe = recipe_cells(cells, runs)
    place = {"path": cells["path"][0], "suite": cells["suite"][0], "contrast": contrast} if len(cells) else {}
    estimates = (
        by_recipe.heads.drop("n_runs")
        .join(effects.filter(**place), on=["student", "run", "step"])
        .join(_between_seeds(tasks, by_recipe, confidence), on=["student", "recipe"], how="left")
    )
    return [{**row, **_combined(row, confidence)} for row in estimates.iter_rows(named=True)]


def seed_components(row: dict) -> SeedComponents | None:
    """The components of a row of SEED_VARIANCE; None where they are undefined, as with one seed."""
    if row["seed_variance"] is None:
        return None
    names = ("variance_between_seeds", "noise_between_seeds", "n_runs", "n_skills")
    return SeedComponents(*(row[name] for name in names))


def uncertainty(
    estimate: float, standard_error: float, degrees_of_freedom: float, confidence: float
) -> dict[str, float]:
    """ci_low, ci_high, p_value (two-sided, of no effect) and mde of an estimate, by Student's t."""
    from scipy.stats import t

    half = t.ppf((1 + confidence) / 2, degrees_of_freedom) * standard_error
    return {
        "ci_low": float(estimate - half),
        "ci_high": float(estimate + half),
        "p_value": float(2 * t.sf(abs(estimate) / standard_error, degrees_of_freedom)),
        "mde": minimum_detectable_effect(standard_error, degrees_of_freedom + 1, confidence),
    }


def _combined(row: dict, confidence: float) -> dict:
    """What a row of SEED_VARIANCE says beyond the estimate given its seeds."""
    undefined = dict.fromkeys(("standard_error", "ci_low", "ci_high", "p_value", "mde"))
    if row["standard_error"] is None:
        return undefined
    sampling = row["standard_error"] ** 2
    found = {**undefined, "sampling_variance": sampling}
    if row["between"] is None:
        return found
    seeds = SeedComponents(row["between"], row["noise"], row["n_runs"], row["n_skills"])
    variance, degrees_of_freedom = combined(sampling, row["n_skills"], [seeds])
    return found | {
        "variance_between_seeds": seeds.between,
        "noise_between_seeds": seeds.noise,
        "seed_variance": seeds.seed_variance,
        "standard_error": variance**0.5,
        "degrees_of_freedom": degrees_of_freedom,
        **uncertainty(row["estimate"], variance**0.5, degrees_of_freedom, confidence),
    }


def _between_seeds(tasks: pl.DataFrame, by_recipe: RecipeCells, confidence: float) -> pl.DataFrame:
    """student, recipe, between, noise: of the recipes with several seeds.

    Pairs of seeds that answer alike in all skills have no standard error; their noise is 0, as observed.
    """
    members = by_recipe.members
    pairs = members.join(members, on=["student", "recipe"], suffix="_other")
    pairs = pairs.filter(pl.col("cell") < pl.col("cell_other")).with_row_index("pair")
    one = tasks.join(pairs.select("pair", "cell"), on="cell")
    other = tasks.join(pairs.select("pair", cell="cell_other"), on="cell")
    apart = clustered_means(paired_difference(one, other, cell=["pair"]), ["pair"], confidence)
    noise = pl.when(pl.col("n_skills") >= 2).then(pl.col("standard_error").fill_null(0.0) ** 2)
    known = noise.is_not_null().all()
    return (
        pairs.join(apart, on="pair", how="left")
        .group_by("student", "recipe")
        .agg(
            between=pl.when(known).then((pl.col("estimate") ** 2).mean() / 2),
            noise=pl.when(known).then(noise.mean() / 2),
        )
    )
