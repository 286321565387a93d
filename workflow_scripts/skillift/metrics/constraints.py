"""What of a task's constraints its answers meet: all of them together, and those of each kind.

Of tasks with the scorer `constraints` (`skillift.scorers.constraints` says which kinds there are), and of
those of the task pack whose steps are checked (`tasks.pack.step_checks`): these pass by their answers. An
answer that cannot be read meets nothing; how many can is the metric `format`. No verdict of a judge is read,
so these stand on the path `text`; `pass` on the path `bench` is that all are met.
"""

from __future__ import annotations

from functools import lru_cache, partial

import polars as pl

from skillift.metrics.claim import ALL_OF, Claim
from skillift.metrics.metric import Metric, mean_of_samples
from skillift.metrics.names import RESPONSES
from skillift.scorers.constraints import KINDS, checks_of, met

ALL = "constraints"
_KEPT = 1 << 16
_CEILING = Claim(
    "constraint_ceiling",
    "after SFT every tier meets the same share of constraints, and less than the declared limit",
    "curated",
    "study",
    ALL_OF,
    metric=ALL,
)


@lru_cache(maxsize=_KEPT)
def _met(response: str, checks: str) -> tuple[tuple[str, bool], ...]:
    """Kind of each check, and whether a response meets it."""
    kinds = [check["kind"] for check in checks_of(checks)]
    return tuple(zip(kinds, met(response, checks), strict=True))


def measure(kind: str, episodes: pl.DataFrame) -> pl.Series:
    """The share of a task's checks of one kind, or of all, that each response meets; null where it has none.

    Args:
        kind: one of `KINDS`, or `ALL`.
        episodes: contract EPISODES with `checks`: the reference of a task with the scorer, or the checks of
            its steps; null for others.
    """
    if episodes["checks"].null_count() == episodes.height:
        return pl.Series(kind, [None] * episodes.height, dtype=pl.Float64)
    found: list[float | None] = []
    for response, checks in episodes.select("response", "checks").iter_rows():
        of_kind = [is_met for name, is_met in _met(response, checks) if kind in (ALL, name)] if checks else []
        found.append(sum(of_kind) / len(of_kind) if of_kind else None)
    return pl.Series(kind, found, dtype=pl.Float64)


def _values(column: str, samples: pl.DataFrame) -> pl.DataFrame:
    """The mean over a task's samples; tasks without such a check have no row."""
    return mean_of_samples(samples.drop_nulls(column), pl.col(column))


def _metric(kind: str) -> Metric:
    name = ALL if kind == ALL else f"{ALL}:{kind}"
    return Metric(
        name=name,
        label="constraints met" if kind == ALL else f"constraints met, {kind.replace('_', ' ')}",
        reads=(RESPONSES,),
        values=partial(_values, name),
        measure=partial(measure, kind),
        claims=(_CEILING,) if kind == ALL else (),
    )


METRICS = tuple(map(_metric, (ALL, *KINDS)))
