"""Comparisons of logs for tests: the command in this process, what it wrote, and its numbers by hand."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from scipy.optimize import brentq
from scipy.stats import chi2, nct
from scipy.stats import t as student_t

from evaluation_logs.compare_logs import main

LOGS = Path(__file__).resolve().parents[1] / "logs"


def compare(out: Path, before, after, *options: str) -> Path:
    arguments = ["--before", *map(str, before), "--after", *map(str, after), "--out", str(out), *options]
    main(arguments)
    return out


def effects_of(out: Path) -> dict[str, dict]:
    table = pl.read_parquet(out / "analysis/effects.parquet")
    return {row["contrast"]: row for row in table.filter(pl.col("run") != "base").to_dicts()}


def text_of(page: Path) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")).split())


def numbers_of(differences: Mapping[tuple[Hashable, ...], float], n_tests: int = 1) -> dict[str, float]:
    """Every number of a change, from the spread of the means of skills of equal size.

    Args:
        differences: by skill and item.
        n_tests: of its family, which the smallest detectable effect is at the level of.
    """
    skills: dict[str, list[float]] = {}
    for (skill, *_), value in differences.items():
        skills.setdefault(skill, []).append(value)
    assert len(set(map(len, skills.values()))) == 1
    means = np.array([np.mean(values) for values in skills.values()])
    estimate, error, freedom = means.mean(), means.std(ddof=1) / np.sqrt(len(means)), len(means) - 1
    half = student_t.ppf(0.975, freedom) * error
    least = student_t.ppf(1 - 0.025 / n_tests, freedom)
    shift = brentq(lambda shift: nct.sf(least, freedom, shift) - 0.8, 0.0, 100.0)
    shift *= np.sqrt(freedom / chi2.ppf(0.5, freedom))  # a variance is more often estimated too small
    return {
        "estimate": estimate,
        "standard_error": error,
        "degrees_of_freedom": freedom,
        "ci_low": estimate - half,
        "ci_high": estimate + half,
        "p_value": 2 * student_t.sf(abs(estimate) / error, freedom),
        "mde": shift * error,
    }


def interval_of(differences: Mapping[tuple[Hashable, ...], float]) -> tuple[float, float, float]:
    """Mean and interval alone."""
    found = numbers_of(differences)
    return found["estimate"], found["ci_low"], found["ci_high"]


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values: step down from the smallest."""
    order, found, largest = np.argsort(p_values), [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        found[place] = largest
    return found
