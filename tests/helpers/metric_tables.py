"""Responses of made-up studies, and the tables of their further metrics, for the tests of these."""

from __future__ import annotations

import numpy as np
import polars as pl
from made_specs import declared_runs, estimated

from skillift.metrics.registry import measures
from skillift.statistics.analysis import of_metric_alone
from skillift.statistics.format_cells import format_cells
from skillift.statistics.metric_values import metric_values
from skillift.statistics.pairing import with_skills
from skillift.statistics.pass_rates import response_schema

ALTERED = (
    *((kind, cut) for kind in ("early", "mistake", "blanked") for cut in (0.0, 0.5)),
    ("forced", 1.0),
    ("other_chain", 1.0),
)
_KEY = ["student", "run", "step", "suite", "condition", "task_id", "sample"]


def made_responses(scores: pl.DataFrame, seed: int = 3) -> pl.DataFrame:
    """A response for each episode: after SFT more are in form and longer, few correct themselves."""
    episodes = scores.select(_KEY).unique().sort(_KEY)
    generator = np.random.default_rng(seed)
    trained = (episodes["run"] != "base").to_numpy()
    draws = generator.random(episodes.height)
    absent = {name: pl.lit(None, dtype=pl.Float64) for name in measures()}
    return (
        episodes.with_columns(**absent)
        .with_columns(
            has_answer_line=pl.Series(draws < np.where(trained, 0.95, 0.6)),
            different_lines=pl.lit(value=False),
            cut_off=pl.Series(draws > np.where(trained, 0.97, 0.8)),
            completion_tokens=pl.Series(generator.poisson(np.where(trained, 40, 30))).cast(pl.Int64),
            backtracking=pl.Series(generator.random(episodes.height) < 0.1).cast(pl.Float64),
        )
        .select(list(response_schema()))
    )


def made_interventions(scores: pl.DataFrame, seed: int = 4) -> pl.DataFrame:
    """Answers after interventions: nine tenths have a chain, and the more of it is kept, the more stay."""
    episodes = scores.filter(condition="curated").select(_KEY).unique().sort(_KEY)
    generator = np.random.default_rng(seed)
    chained = generator.random(episodes.height) < 0.9
    after = (episodes["run"] != "base").to_numpy()
    parts = []
    for kind, cut in ALTERED:
        stays = (
            generator.random(episodes.height)
            < (0.2 + 0.7 * cut if kind != "other_chain" else 0.1) + 0.1 * after
        )
        parts.append(
            episodes.with_columns(
                kind=pl.lit(kind),
                cut=pl.lit(cut),
                status=pl.Series(np.where(chained, "answered", "no_chain")),
                same=pl.Series(stays),
            ).with_columns(same=pl.when(status="answered").then("same"))
        )
    return pl.concat(parts)


def with_metrics(
    tables: dict[str, pl.DataFrame], scores: pl.DataFrame, tasks: pl.DataFrame, spec: dict
) -> dict[str, pl.DataFrame]:
    """Tables of `pass` with the rows of all other metrics, and the cells of form and correctness."""
    known, responses = with_skills(scores, tasks), made_responses(scores)
    settings = spec["analysis"]
    found = [
        of_metric_alone(name, values, responses, declared_runs(spec["runs"]), estimated(settings), tasks)
        for name, values in metric_values(known, tasks, responses, made_interventions(scores))
    ]
    further = {
        "pass_rates": [each.rates for each in found],
        "effects": [each.effects for each in found],
        "seed_variance": [each.seeds for each in found],
        "claims": [each.claims for each in found],
    }
    joined = {name: pl.concat([tables[name], *parts]) for name, parts in further.items()}
    return tables | joined | {"format_cells": format_cells(known, responses, settings["confidence"])}
