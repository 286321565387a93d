"""Two sources of doubt about a recipe, kept apart: the tasks that were sampled, and the training seed.

An interval from one training speaks of that checkpoint on new tasks. A claim about a recipe is also about
trainings that were not run; how far these differ is seen only where a recipe was trained with several seeds.

The design is crossed: every seed answers the same tasks. With k seeds, S2 the variance of their estimates, V
the variance of their mean given the seeds, clustered by skill, and W what sampling adds to S2,

    standard_error^2 = (V - W/k) + S2/k, at least V

is the method of moments (Searle, Casella and McCulloch, "Variance components", 1992, chapter 4): the skills
tell the first part, the seeds the second. W is k/(k-1) times the mean of the seeds' own variances less V.
Intervals and tests are those of `uncertainty`, with the degrees of freedom of V and of S2.

Two or three seeds leave S2 one or two degrees of freedom. So it is pooled over the tiers at which the recipe
has several seeds: the seed variance S2 - W is taken as the same at every tier, and each tier's own W is added
to it. A tier whose S2 is far above the others' (Cochran's test, Annals of Eugenics 11, 1941, at the study's
level) ends that: each tier then has its own. The test is weak where tiers and seeds are few.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from skillift.contracts.claims import SEED_VARIANCE
from skillift.contracts.pipeline import key_of
from skillift.statistics.contrasts import BASE
from skillift.statistics.pooling import Pooled, pool
from skillift.statistics.recipes import last_checkpoints
from skillift.statistics.uncertainty import Part, Uncertainty

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DeclaredRun

_PLACE = ["path", "suite", "metric", "contrast"]
_REPLACED = ("standard_error", "degrees_of_freedom", "ci_low", "ci_high", "p_value", "mde")


class SeedComponents(NamedTuple):
    """What is known of the trainings behind one recipe's estimate at one student, in squared fractions.

    Attributes:
        between: variance between the seeds' estimates, S2, pooled over tiers where that holds.
        noise: the part of it that sampling alone gives, W.
        n_runs: number of seeds, at least 2.
        degrees_of_freedom: of `between`.
        pool: equal for components whose `between` is one and the same pooled estimate.
    """

    between: float
    noise: float
    n_runs: int
    degrees_of_freedom: float
    pool: Hashable = None

    @property
    def seed_variance(self) -> float:
        """The variance of one training around its recipe, beyond sampling; 0 where sampling explains all."""
        return max(self.between - self.noise, 0.0)


def with_seeds(sampling: float, degrees_of_freedom: float, parts: Sequence[SeedComponents]) -> Uncertainty:
    """The uncertainty of an estimate with both sources of doubt.

    Args:
        sampling: the variance given the seeds, clustered by skill.
        degrees_of_freedom: of it.
        parts: of the recipes in the estimate that have several seeds: one for a mean, up to two for a
            difference. Without any, the estimate is about those runs alone. An interval is never narrower
            than that: seeds that happen to agree make no recipe better known than its runs.
    """
    of_skills = sampling - sum(part.noise / part.n_runs for part in parts)
    pools: dict[Hashable, list[SeedComponents]] = {}
    for number, part in enumerate(parts):
        pools.setdefault(number if part.pool is None else part.pool, []).append(part)
    of_seeds = [
        Part(sum(part.between / part.n_runs for part in members), members[0].degrees_of_freedom)
        for members in pools.values()
    ]
    given_the_seeds = [Part(sampling, degrees_of_freedom)]
    if not of_seeds:
        return Uncertainty(given_the_seeds)
    return Uncertainty([Part(of_skills, degrees_of_freedom), *of_seeds], given_the_seeds)


def seed_variance(effects: pl.DataFrame, runs: list[DeclaredRun], confidence: float) -> pl.DataFrame:
    """The table SEED_VARIANCE: one row per path, suite, student, recipe, metric and contrast.

    With one seed all but the estimate and sampling_variance is null: nothing is known of other trainings.
    seed_variance is that of one training around its recipe, max(S2 - W, 0), with the pooled S2.

    Args:
        effects: the table EFFECTS, given the seeds.
        runs: the declared runs.
        confidence: of the intervals, as a fraction.
    """
    trained = effects.filter(pl.col("run") != BASE)
    members = _last_of_runs(trained, runs, _PLACE)
    single = members.filter(pl.len().over(*_PLACE, "student", "recipe") == 1).iter_rows(named=True)
    found = [*((row, None) for row in single), *_recipes(trained, members, _PLACE)]
    rows = [_table_row(row, trainings, confidence) for row, trainings in found]
    schema = {name: column.dtype.type for name, column in SEED_VARIANCE.columns.items()}
    return pl.DataFrame(rows, schema=schema).sort(key_of(SEED_VARIANCE))


def about_recipes(
    table: pl.DataFrame, runs: list[DeclaredRun], by: list[str], confidence: float, estimate: str = "estimate"
) -> pl.DataFrame:
    """`table` with the uncertainty of its recipes' rows: training-seed variance included.

    Args:
        table: `by`, student, run, step, `estimate`, standard_error, degrees_of_freedom (given the seeds) and
            any of ci_low, ci_high, p_value, mde; rows of single runs, and of recipes with several.
        runs: the declared runs.
        by: what else tells rows apart.
        confidence: of the intervals, as a fraction.
        estimate: the column of the estimate.
    """
    named = table.rename({estimate: "estimate"}) if estimate != "estimate" else table
    trained = named.filter(pl.col("run") != BASE)
    members = _last_of_runs(trained, runs, by)
    key = [*by, "student", "run", "step"]
    replaced = [name for name in _REPLACED if name in table.columns]
    rows = [
        {name: row[name] for name in key} | _combined(row, trainings, confidence)
        for row, trainings in _recipes(trained, members, by)
    ]
    if not rows:
        return table
    schema = {name: table.schema[name] for name in [*key, *replaced]}
    return table.update(pl.DataFrame(rows, schema=schema), on=key, include_nulls=True)


def components_by_student(
    table: pl.DataFrame, runs: list[DeclaredRun], recipe: str, pool_name: Hashable
) -> dict[str, SeedComponents]:
    """What the seeds of one recipe tell at each student where it has several; undefined ones are left out.

    Args:
        table: student, run, step, estimate, standard_error and degrees_of_freedom (given the seeds): a row
            for each run, and for each mean over a student's runs, whose run is `recipe`.
        runs: the declared runs.
        recipe: its id.
        pool_name: of components that share a pooled estimate.
    """
    members = _last_of_runs(table, runs, [])
    found = {}
    for row, trainings in _recipes(table, members, []):
        if trainings is not None and row["run"] == recipe:
            place = pool_name if trainings.pooled.n_tiers > 1 else (pool_name, row["student"])
            found[row["student"]] = trainings.components._replace(pool=place)
    return found


def seed_components(row: dict) -> SeedComponents | None:
    """The components of a row of SEED_VARIANCE; None where they are undefined, as with one seed."""
    if row["seed_variance"] is None:
        return None
    place = tuple(row[name] for name in (*_PLACE, "recipe"))
    return SeedComponents(
        row["pooled_between_seeds"],
        row["noise_between_seeds"],
        row["n_runs"],
        row["seed_degrees_of_freedom"],
        place if row["n_pooled"] > 1 else (*place, row["student"]),
    )


def uncertainty_of(row: dict) -> Uncertainty | None:
    """The uncertainty of a recipe's row of SEED_VARIANCE; None where it is undefined, as with one seed."""
    trainings = seed_components(row)
    if row["standard_error"] is None or trainings is None:
        return None
    return with_seeds(row["sampling_variance"], row["sampling_degrees_of_freedom"], [trainings])


def _last_of_runs(rows: pl.DataFrame, runs: list[DeclaredRun], by: list[str]) -> pl.DataFrame:
    """The rows of single runs at their last step, with the column `recipe` (`recipes.last_checkpoints`)."""
    several = _several(runs)
    single = rows.join(several, left_on=["student", "run"], right_on=["student", "recipe"], how="anti")
    return last_checkpoints(single, runs, by)


def _several(runs: list[DeclaredRun]) -> pl.DataFrame:
    """student, recipe: of the recipes with several runs at a student; the row of their mean has that name."""
    pairs = [(run.student, run.recipe) for run in runs if run.recipe]
    several = {pair for pair in pairs if pairs.count(pair) > 1} - {(run.student, run.run) for run in runs}
    return pl.DataFrame(sorted(several), schema={"student": pl.String, "recipe": pl.String}, orient="row")


class _Trainings(NamedTuple):
    """What the seeds of a row tell: its own `between`, and the components after pooling."""

    own: float
    components: SeedComponents
    pooled: Pooled


def _recipes(
    trained: pl.DataFrame, members: pl.DataFrame, by: list[str]
) -> Iterator[tuple[dict, _Trainings | None]]:
    """Each recipe's row of `trained`, with what its seeds tell; None where they leave it undefined."""
    of_runs = members.group_by(*by, "student", "recipe").agg(
        n_seeds=pl.len(),
        between=pl.when(pl.col("estimate").is_not_null().all()).then(pl.col("estimate").var()),
        of_one_run=(pl.col("standard_error").fill_null(0.0) ** 2).mean(),
    )
    rows = trained.join(
        of_runs.filter(pl.col("n_seeds") > 1),
        left_on=[*by, "student", "run"],
        right_on=[*by, "student", "recipe"],
    ).sort(*by, "run", "student")
    for _, group in rows.group_by(*by, "run", maintain_order=True):
        defined = group.filter(pl.col("between").is_not_null() & pl.col("standard_error").is_not_null())
        for row in group.join(defined, on="student", how="anti", maintain_order="left").iter_rows(named=True):
            yield row, None
        yield from _pooled_over_tiers(list(defined.iter_rows(named=True)))


def _pooled_over_tiers(rows: list[dict]) -> Iterator[tuple[dict, _Trainings]]:
    noise = [
        max((row["of_one_run"] - row["standard_error"] ** 2) * row["n_seeds"] / (row["n_seeds"] - 1), 0.0)
        for row in rows
    ]
    if not rows:
        return
    found = pool([row["between"] for row in rows], noise, [row["n_seeds"] for row in rows])
    for row, *parts in zip(rows, noise, found.between, found.degrees_of_freedom, strict=True):
        own_noise, between, freedom = parts
        components = SeedComponents(between, own_noise, row["n_seeds"], freedom)
        yield row, _Trainings(row["between"], components, found)


def _combined(row: dict, trainings: _Trainings | None, confidence: float) -> dict:
    """The uncertainty of a recipe's row; null where its seeds leave it undefined."""
    if trainings is None:
        return dict.fromkeys(_REPLACED)
    whole = with_seeds(row["standard_error"] ** 2, row["degrees_of_freedom"], [trainings.components])
    return whole.of(row["estimate"], confidence) if whole.readings else dict.fromkeys(_REPLACED)


def _table_row(row: dict, trainings: _Trainings | None, confidence: float) -> dict:
    """A row of SEED_VARIANCE from one of EFFECTS, given the seeds."""
    error = row["standard_error"]
    found = row | {"recipe": row.get("recipe") or row["run"], "sampling_variance": error and error**2}
    found["sampling_degrees_of_freedom"] = row["degrees_of_freedom"]
    found |= _combined(row, trainings, confidence)
    if trainings is None:
        return found
    parts = trainings.components
    return found | {
        "variance_between_seeds": trainings.own,
        "noise_between_seeds": parts.noise,
        "pooled_between_seeds": parts.between,
        "n_pooled": trainings.pooled.n_tiers,
        "p_pooling": trainings.pooled.p_value,
        "seed_variance": parts.seed_variance,
        "seed_degrees_of_freedom": parts.degrees_of_freedom,
    }
