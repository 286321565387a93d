"""Comparisons of logs for tests: the command in this process, what it wrote, and its numbers by hand."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from pathlib import Path

import numpy as np
import polars as pl
from compare_logs import main
from scipy.stats import t as student_t

LOGS = Path(__file__).resolve().parent / "logs"


def compare(out: Path, before, after, *options: str) -> Path:
    arguments = ["--before", *map(str, before), "--after", *map(str, after), "--out", str(out), *options]
    main(arguments)
    return out


def effects_of(out: Path) -> dict[str, dict]:
    table = pl.read_parquet(out / "analysis/effects.parquet")
    return {row["contrast"]: row for row in table.filter(pl.col("run") != "base").to_dicts()}


def text_of(page: Path) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")).split())


def interval_of(differences: Mapping[tuple[Hashable, ...], float]) -> tuple[float, float, float]:
    """Mean and t interval over skills of equal size: by the spread of their means."""
    skills: dict[str, list[float]] = {}
    for (skill, *_), value in differences.items():
        skills.setdefault(skill, []).append(value)
    assert len(set(map(len, skills.values()))) == 1
    means = np.array([np.mean(values) for values in skills.values()])
    half = student_t.ppf(0.975, len(means) - 1) * means.std(ddof=1) / np.sqrt(len(means))
    return means.mean(), means.mean() - half, means.mean() + half
