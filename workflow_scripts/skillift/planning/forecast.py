"""The lift that a finished study's slope foresees of students whose base model was asked before training."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import numpy as np
import polars as pl

from skillift.contracts.analysis import FORECAST
from skillift.contracts.pipeline import DISCRIMINATION
from skillift.reporting.numbers import percent, points
from skillift.running.manifests import manifest_path, read_manifest
from skillift.statistics.forecast import of_heads
from skillift.statistics.slopes import jackknife_error
from skillift.study.study import Study
from skillift.tables import read_table

FEWEST_SKILLS = 4  # of a line and an error
_ZERO = 1e-10


def foreseen(study: Study, results: Path, earlier: Path | None, path: str, confidence: float) -> list[str]:
    """What lift is foreseen of each student, one note each, or why none is; nothing without a forecast.

    Args:
        study: the planned one.
        results: its own folder of results, where what a base model prefers may stand already.
        earlier: the results of a finished study.
        path: whose scores of that study the lift rests on.
        confidence: of the interval.

    Raises:
        UserError: a table is not what its contract says.
    """
    if not study.foretold:
        return []
    if earlier is None:
        return ["No lift is foreseen: no finished study is named (--from) whose slope it would follow."]
    file = earlier / "analysis/forecast.parquet"
    if not file.exists():
        return [f"No lift is foreseen: {earlier} has no {file.name} (analysis.forecast in its study file)."]
    own = study.data["analysis"]["forecast"].get("answers")
    if {own} != _forms(earlier, own):
        return [f"No lift is foreseen: {earlier} asked its base models about answers of another form."]
    known = of_heads(read_table(file, FORECAST)).filter(path=path).drop_nulls(["discrimination", "lift"])
    return [_of_student(name, study, results, known, earlier, confidence) for name in study.foretold]


def _forms(results: Path, otherwise: str | None) -> set[str | None]:
    """Forms of the answers that base models told apart (`analysis.forecast.answers`), by the manifests."""
    tables = sorted(results.glob("discrimination/*.parquet"))
    made = [path for table in tables if (path := manifest_path(results, str(table))).exists()]
    specs = [json.loads(ast.literal_eval(read_manifest(path).params["spec"])) for path in made]
    return {spec.get("answers") for spec in specs} or {otherwise}


def _of_student(
    student: str, study: Study, results: Path, known: pl.DataFrame, earlier: Path, confidence: float
) -> str:
    subject = f"No lift of {study.model(student)['label']} is foreseen"
    file = results / f"discrimination/{student}.parquet"
    if not file.exists():
        return f"{subject}: what its base model prefers is not known yet (snakemake {file} asks it)."
    preferred = read_table(file, DISCRIMINATION).drop_nulls("preferred")
    if known["skill_id"].n_unique() < FEWEST_SKILLS or preferred.is_empty():
        return f"{subject}: too few skills with a pair and a lift, here or in {earlier}."
    by_skill = preferred.group_by("skill_id").agg(pl.col("preferred").mean())["preferred"]
    at = float(np.mean(by_skill.to_numpy()))
    found = lift_at(at, known, len(by_skill), confidence)
    if found is None:
        return f"{subject}: the skills of {earlier} do not differ in what was preferred."
    there = known["discrimination"].to_numpy()
    least, most = float(there.min()), float(there.max())
    if not least <= at <= most:
        return (
            f"{subject}: its base model prefers right answers in {percent(at)}, outside of what skills of "
            f"{earlier} had ({percent(least)} to {percent(most)})."
        )
    estimate, low, high = (points(value) for value in found)
    n_students = known["student"].n_unique()
    return (
        f"Foreseen lift of {study.model(student)['label']}, whose base model prefers right answers in "
        f"{percent(at)}: {estimate} ({100 * confidence:.4g} % interval {low.removesuffix(' pp')} to {high}), "
        f"by the slope over the skills of {earlier}. How students differ beyond that is not in the interval: "
        f"that study has {n_students}."
    )


def lift_at(
    at: float, known: pl.DataFrame, n_skills: int, confidence: float
) -> tuple[float, float, float] | None:
    """The mean lift of so many skills that is foreseen at a discrimination, and its interval (fractions).

    The line's own error leaves out one skill at a time, with all students' values of it; how far single
    skills lie from the line is added for the mean of `n_skills` new ones.

    Args:
        at: the discrimination, mean over the skills.
        known: skill_id, discrimination and lift of a finished study.
        n_skills: of the planned study.
        confidence: of the interval.

    Returns:
        None where the skills do not differ in their discrimination.
    """
    from scipy.special import stdtrit

    skills = known["skill_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    x, y = (known[name].to_numpy() for name in ("discrimination", "lift"))
    replicates = []
    for without in range(-1, int(skills.max()) + 1):
        kept = skills != without
        apart = x[kept] - x[kept].mean()
        squares = float((apart**2).sum())
        if squares <= _ZERO:
            return None
        slope = float((apart * y[kept]).sum()) / squares
        replicates.append(float(y[kept].mean()) + slope * (at - float(x[kept].mean())))
        if without < 0:
            left = y - y.mean() - slope * apart
    freedom = len(replicates) - 3.0  # two less than there are skills
    spread = float((left**2).sum()) / max(len(left) - 2, 1)
    error = (jackknife_error(np.array(replicates)) ** 2 + spread / n_skills) ** 0.5
    half = float(stdtrit(freedom, (1 + confidence) / 2)) * error
    return replicates[0], replicates[0] - half, replicates[0] + half
