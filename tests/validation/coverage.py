"""Do 95 % intervals hold the truth in 95 % of studies, and are studies without an effect flagged in 5 %?"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import polars as pl
from validation.studies import Population, draw, runs_of

from skillift.statistics.contrasts import differences
from skillift.statistics.effects import effects
from skillift.statistics.pairing import task_values

CONFIDENCE = 0.95
CONTRASTS = ("curated-none", "lift:curated-none")
FIRST = 2000
_CHUNK = 250  # studies at once: about 1 GB

PLANTED = Population()
NOTHING = replace(PLANTED, rates=(0.45,) * 4, skill_in_arm=0.0)


class Rate(NamedTuple):
    """Shares of studies; `covered_of_first`: of the first `FIRST` of them alone."""

    path: str
    contrast: str
    truth: float
    mean_estimate: float
    covered: float
    covered_of_first: float
    covered_by_bootstrap: float
    flagged: float
    n_studies: int
    n_undefined: int


def rates(population: Population, n_studies: int, seed: int, bootstrap_samples: int = 1000) -> list[Rate]:
    """Rates over simulated studies, of every path and contrast; an undefined interval covers nothing."""
    rng = np.random.default_rng(seed)
    tables = []
    for start in range(0, n_studies, _CHUNK):
        scores = draw(rng, population, min(_CHUNK, n_studies - start))
        found = differences(task_values(scores), runs_of(scores))
        wanted = (entry for entry in found if entry.contrast in CONTRASTS)
        table = effects(wanted, CONFIDENCE, bootstrap_samples, seed)
        before = pl.col("contrast") == CONTRASTS[0]
        tables.append(table.filter(~before | (pl.col("run") == "base")))
    table = pl.concat(tables)
    return [
        _rate(table.filter(path=path, contrast=contrast), truth)
        for path in population.judges
        for contrast, truth in population.truth(path).items()
    ]


def _rate(table: pl.DataFrame, truth: float) -> Rate:
    def covered(low: str, high: str, studies: pl.DataFrame = table) -> float:
        inside = (pl.col(low) <= truth) & (truth <= pl.col(high))
        return studies.select(inside.fill_null(False)).to_series().mean()

    return Rate(
        path=table["path"][0],
        contrast=table["contrast"][0],
        truth=truth,
        mean_estimate=table["estimate"].mean(),
        covered=covered("ci_low", "ci_high"),
        covered_of_first=covered("ci_low", "ci_high", table.head(FIRST)),
        covered_by_bootstrap=covered("boot_low", "boot_high"),
        flagged=(table["p_value"] < 1 - CONFIDENCE).fill_null(False).mean(),
        n_studies=table.height,
        n_undefined=table["ci_low"].null_count(),
    )
