"""The tables that have rows of every metric: those of one metric alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from skillift.metrics.names import PASS
from skillift.protocols import MAIN
from skillift.statistics.claims import at_level_of_claims, claims_of_metric, claims_table
from skillift.statistics.contrasts import differences
from skillift.statistics.effects import effects
from skillift.statistics.pass_rates import pass_rates
from skillift.statistics.seed_variance import about_recipes, seed_variance
from skillift.statistics.variants import variant_differences

if TYPE_CHECKING:
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun


class OfMetric(NamedTuple):
    """The tables that have rows of every metric, with those of one."""

    rates: pl.DataFrame
    effects: pl.DataFrame
    seeds: pl.DataFrame
    claims: pl.DataFrame


def of_metric_alone(
    name: str,
    values: pl.DataFrame,
    response_frame: pl.DataFrame,
    runs: list[DeclaredRun],
    settings: Analysed,
    tasks: pl.DataFrame,
    protocol: str = MAIN,
) -> OfMetric:
    """The tables of one metric, of the protocol `main` but `pass`, which has more tables.

    Args:
        name: the metric.
        values: of `metric_values`, or of `pairing.task_values`.
        response_frame: the frames of `pass_rates.responses`, of that protocol.
        runs: the declared runs.
        settings: as in `claims`.
        tasks: contract TASKS.
        protocol: whose values they are; the claims of metrics are of `main`.
    """
    confidence = settings.confidence
    found = [*differences(values, runs), *variant_differences(values, tasks, runs)]
    samples, seed = (settings.bootstrap_samples, settings.seed) if name == PASS else (0, 0)
    # the bootstrap is of `pass` alone
    given_seeds = effects(found, confidence, samples, seed, name)
    seeds = seed_variance(given_seeds, runs, confidence)
    estimates = about_recipes(given_seeds, runs, ["path", "suite", "contrast"], confidence)
    claimed = claims_table([], name, confidence)
    if protocol == MAIN:
        claimed = claims_of_metric(name, values, found, estimates, seeds, runs, settings)
    return OfMetric(
        pass_rates(values, response_frame, confidence, name),
        at_level_of_claims(estimates, claimed),
        seeds,
        claimed,
    )
