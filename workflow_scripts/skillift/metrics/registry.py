"""Which metrics there are: every module of this package that has the constant `METRIC`, or `METRICS`.

They are found in the folder and loaded by name, so a rule's code digest names `modules()` as further roots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from skillift.named_modules import names_in

if TYPE_CHECKING:
    import polars as pl

    from skillift.metrics.metric import Metric

# modules of this package that are no metrics
_OTHERS = ("claim", "metric", "names", "registry")
# of a comparison of logs: the metric that its score is (`skillift.evaluation_logs.measure`)
_BESIDE: ContextVar[tuple[Metric, ...]] = ContextVar("metrics beside those of modules", default=())


def modules() -> list[str]:
    """Dotted names of the metrics' modules, sorted."""
    return [f"skillift.metrics.{name}" for name in names_in("metrics", but=_OTHERS)]


def measures() -> dict[str, Callable[[pl.DataFrame], pl.Series]]:
    """What is measured on the texts of responses, by the column that it goes into."""
    return {each.column or each.name: each.measure for each in metrics().values() if each.measure}


def metrics() -> dict[str, Metric]:
    """Every metric but `pass`, by name: those of modules, and those that `also` adds."""
    return metrics_of_modules() | {metric.name: metric for metric in _BESIDE.get()}


def label_of(metric: str) -> str:
    """What readers call a metric; its name where no module has it."""
    found = metrics().get(metric)
    return found.label if found else metric.replace("_", " ")


@contextmanager
def also(*added: Metric) -> Iterator[None]:
    """Within this context there are further metrics; one of a module's name stands in its place."""
    before = _BESIDE.set((*_BESIDE.get(), *added))
    try:
        yield
    finally:
        _BESIDE.reset(before)


@cache
def metrics_of_modules() -> dict[str, Metric]:
    """The metrics of the package's modules, by name."""
    found = map(import_module, modules())
    return {
        metric.name: metric
        for module in found
        for metric in getattr(module, "METRICS", None) or [module.METRIC]
    }
