"""A forecast in words, as the command `try_study.py` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skillift.processes.progress_lines import duration_text
from skillift.trial.forecast import Forecast

_GIB, _MIB_PER_GIB = 2**30, 1024
LONG_TRAINING = 1.5  # it meets batches of more lengths; 1.35 and 1.46 were measured, at 135 M and 270 M
_SHOWN = 4  # rules whose jobs take most of the time


def forecast_text(found: Forecast, results: Path) -> list[str]:
    """What a study would take, one line for each thing, and what the forecast leaves open.

    Args:
        found: the forecast.
        results: the trial's folder of results.
    """
    jobs, time = _shares(found.by_rule), duration_text(60 * max(1, round(found.seconds / 60)))
    lines = [
        f"The trial is done: {results / 'report.html'}. Its numbers mean nothing.",
        "The real run would take about:",
        f"  time    {time} on {_cores(found.cores)} ({jobs})",
    ]
    if found.memory:
        job, mib = found.memory
        size, most = mib / _MIB_PER_GIB, LONG_TRAINING * mib / _MIB_PER_GIB
        longer = f"; up to {most:.1f} GiB in a long training" if job.startswith("train/") else ""
        lines.append(f"  memory  {size:.1f} GiB in the largest job, {job}{longer}")
    lines.append(f"  disk    {max(0.1, found.disk / _GIB):.1f} GiB below results/")
    paid = [cost for cost in found.costs if cost.basis != "offline"]
    if paid:
        usd = sum(cost.usd or 0.0 for cost in paid)
        calls = sum(cost.calls for cost in paid)
        nobody = sorted({cost.model for cost in paid if cost.usd is None})
        beside = f", and what {', '.join(nobody)} cost, whose price nobody declared" if nobody else ""
        lines.append(f"  calls   {calls:,} over APIs, {usd:.2f} USD{beside}")
    else:
        lines.append("  calls   none over APIs, 0 USD")
    if found.unknown:
        lines.append(f"Not counted, as the trial has no such job: {', '.join(found.unknown)}.")
    lines.append("Time is counted as if work did not get faster in larger batches: answering does.")
    return lines


def _shares(by_rule: Mapping[str, float]) -> str:
    total = sum(by_rule.values()) or 1.0
    shown = [f"{rule} {100 * seconds / total:.0f} %" for rule, seconds in list(by_rule.items())[:_SHOWN]]
    return f"of the jobs' time {', '.join(shown)}"


def _cores(number: int) -> str:
    return f"{number} core" if number == 1 else f"{number} cores"
