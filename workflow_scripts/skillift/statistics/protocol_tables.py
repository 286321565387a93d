"""The tables of the protocols beside `main`: pass rates and effects of every metric that their samples allow.

Each protocol is analysed by itself, on its own episodes, and its rows carry its name. What audits paths and
judges, and the claims of the headline, are of `main` alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from skillift.metrics.names import PASS
from skillift.protocols import MAIN, PROTOCOL, of_protocol, protocols_in
from skillift.statistics.metric_tables import OfMetric, of_metric_alone
from skillift.statistics.metric_values import metric_values
from skillift.statistics.pairing import task_values, with_skills

if TYPE_CHECKING:
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun

BENCH, JUDGE = "bench", "judge"


class OfProtocol(NamedTuple):
    """What one protocol beside `main` gives.

    Attributes:
        name: the protocol.
        scores: the frame of `pairing.with_skills`.
        values: by metric, task values as `metric_values` and `pairing.task_values` give them.
        tables: by metric.
    """

    name: str
    scores: pl.DataFrame
    values: dict[str, pl.DataFrame]
    tables: dict[str, OfMetric]


def other_protocols(
    scores: pl.DataFrame,
    tasks: pl.DataFrame,
    response_frame: pl.DataFrame,
    runs: list[DeclaredRun],
    settings: Analysed,
) -> Iterator[OfProtocol]:
    """The protocols of a study but `main`, each by itself; nothing of a study that declares none.

    Args:
        scores: contract SCORES, of all protocols.
        tasks: contract TASKS.
        response_frame: the frames of `pass_rates.responses` of all runs and protocols, or without rows.
        runs: the declared runs.
        settings: as in `claims`.
    """
    # where no judge judges a protocol and no task has an extractor, it has responses alone
    asked = {*protocols_in(scores), *protocols_in(response_frame)} - {MAIN, None}
    for name in sorted(map(str, asked)):
        told = PROTOCOL in response_frame.columns
        responses = of_protocol(response_frame, name) if told else response_frame.clear()
        yield of_one(name, of_protocol(scores, name), tasks, responses, runs, settings)


def of_one(
    name: str,
    scores: pl.DataFrame,
    tasks: pl.DataFrame,
    responses: pl.DataFrame,
    runs: list[DeclaredRun],
    settings: Analysed,
) -> OfProtocol:
    """One protocol by itself; `scores` and `responses` are its own, the rest is as in `other_protocols`."""
    parts = [
        with_skills(part, _scored(part, tasks)) for part in scores.partition_by("path", maintain_order=True)
    ]
    known = pl.concat(parts) if parts else with_skills(scores, tasks)
    values = {PASS: task_values(known)} if known.height else {}
    values |= dict(metric_values(known, tasks, responses))
    tables = {
        metric: of_metric_alone(metric, of_metric, responses, runs, settings, tasks, name)
        for metric, of_metric in values.items()
    }
    return OfProtocol(name, known, values, tables)


def _scored(scores: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    """The tasks that a path scores: on `bench` none that a judge would score and no judge was asked about.

    So what was never to be judged does not count as lost.
    """
    if set(scores["path"]) != {BENCH}:
        return tasks
    by_judge = tasks.filter(scorer=JUDGE)
    if by_judge.join(scores, on="task_id", how="semi").height:
        return tasks
    return tasks.filter(pl.col("scorer") != JUDGE)
