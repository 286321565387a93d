"""Where a plan's numbers come from: variances and device rates of an earlier study, or stated defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from skillift.contracts.pipeline import NEW_SKILLS, SCORES, TASKS
from skillift.errors import UserError, problem
from skillift.planning.costs import DeviceRates, measured_rates, training_precisions
from skillift.protocols import of_protocol
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.pass_rates import no_responses, pass_rates
from skillift.statistics.power import (
    DELTAS_IN,
    DISCORDANT_SHARES,
    Components,
    Design,
    Families,
    assumed_components,
)
from skillift.statistics.room import advised, no_room
from skillift.statistics.variance_components import Measured, measured_components, pooled
from skillift.study.study import Study
from skillift.tables import read_table
from skillift.taskpack.skills import FULL_PACK, MOST_NEW
from skillift.tasks.suites import files_of_suites, read_suites


@dataclass(frozen=True)
class Evidence:
    """What a plan rests on.

    Attributes:
        scenarios: components of each contrast, by the name of the scenario.
        rates: of the device, as measured; empty where nothing was.
        measured: the components of every place of the earlier study; empty without one.
        notes: what all that rests on, one sentence or two each.
        room: that the arms of the earlier study have no room to move; empty where they have, or without one.
    """

    scenarios: dict[str, dict[str, Components]]
    rates: DeviceRates
    measured: list[Measured]
    notes: list[str]
    room: str = ""


def own_design(study: Study, tasks: pl.DataFrame, suite: str) -> Design:
    """The design that a study declares; `tasks`: contract TASKS.

    Raises:
        UserError: the suite has no tasks, or is not answered.
    """
    measured = tasks.filter(suite=suite)
    answered = study.data["inference"]["suites"]
    if measured.is_empty() or suite not in answered:
        raise UserError(problem("--suite", suite, f"an answered suite with tasks, of {answered}"))
    trained = [(run.student, run.recipe) for run in study.trained_runs]
    seeds = max((trained.count(pair) for pair in trained), default=1)
    return Design(measured.height, measured["skill_id"].n_unique(), study.data["inference"]["samples"], seeds)


def own_families(study: Study) -> Families:
    """How many lifts, deltas and differences of lifts a study tests together, and on how many tiers."""
    trained = {(run.student, run.recipe) for run in study.trained_runs}
    students = {recipe: sum(own == recipe for _, own in trained) for _, recipe in trained}
    most = max(students.values(), default=1)
    n_tests = {
        "procedural_delta": len(study.evaluated) + len(trained),
        "lift": max(len(trained), 1),
        "lift_difference": max(most * (most - 1) // 2, 1),
    }
    return Families(n_tests, most)


def family_note(families: Families) -> str:
    """What level the detectable effects are at."""
    names = {"procedural_delta": "procedural deltas", "lift": "lifts", "lift_difference": "pairs of lifts"}
    sizes = ", ".join(f"{families.n_tests.get(contrast, 1)} {name}" for contrast, name in names.items())
    return (
        "Detectable effects are those of a claim's word, which is corrected for the number of claims that "
        f"are tested together: {sizes}. With one seed a claim is about that run."
    )


def most_skills(study: Study, suite: str) -> int | None:
    """The most skills that a suite of the task pack can have; None of own tasks."""
    if not study.is_of_pack(suite):
        return None
    return MOST_NEW if suite in NEW_SKILLS else FULL_PACK


def suite_notes(suite: str) -> list[str]:
    """What the claims of a suite of new skills are about, which have columns of other names."""
    if suite not in NEW_SKILLS:
        return []
    return [
        f"On the suite {suite} more is claimed than lifts. transfer is a gain, one difference of two arms: "
        "its error is that of a procedural delta. retention is a gain less that on the trained skills: its "
        "error is that of both, as of a lift. transfer_by_tier rests on the gains of all tiers."
    ]


def look_note(look: int, alpha: float) -> str:
    """Which look at the study's results a plan is for."""
    before = "" if look == 1 else f", after {look - 1} before"
    return f"Words are planned for at {alpha:.3g}, the level of look {look} at the study's results{before}."


def from_defaults(
    shares: Sequence[float], skill_correlation: float = 0.0, sampling_share: float = 0.0
) -> Evidence:
    """One scenario for each share of discordant pairs: see `power.assumed_components`."""
    scenarios = {
        f"{100 * share:g} % discordant": assumed_components(share, skill_correlation, sampling_share)
        for share in sorted(set(shares))
    }
    notes = [
        f"Nothing was measured yet (--from): assumed are {_percents(shares)} discordant pairs of two arms "
        f"(literature: {_percents(DISCORDANT_SHARES)}). Deltas in a lift, and lifts in a difference, are "
        "taken as independent.",
        f"Of the variance, {100 * skill_correlation:.0f} % lies between skills, and "
        f"{100 * sampling_share:.0f} % of the rest is sampling noise (--skill-correlation, "
        "--sampling-share).",
        "Variance between training seeds is unknown: errors hold for the given trainings, and more seeds are "
        "taken to gain nothing.",
    ]
    return Evidence(scenarios, DeviceRates(), [], notes)


def from_results(results: Path, path: str, suite: str, precision: str, confidence: float) -> Evidence:
    """The scenario `measured`, and the rates of the device, from a study's folder of results.

    Hours count only where those results were made in the planned `precision`; `confidence`: of the intervals
    of pass rates.

    Raises:
        UserError: a table or benchmark file is missing or wrong, or leaves the components undefined.
    """
    scores = read_table(results / "scores.parquet", SCORES)
    tasks = read_suites(files_of_suites(results, "tasks"), TASKS)
    of_main = of_protocol(scores)
    measured = measured_components(with_skills(of_main, tasks), path, suite)
    notes = [f"Components are means of those of {results}, path {path}, suite {suite}: {_places(measured)}."]
    notes += _limits(measured)
    scenarios, rates = {"measured": measured_scenario(measured)}, measured_rates(results, scores)
    if others := sorted(training_precisions(results) - {precision}):
        rates = DeviceRates()
        notes.append(
            f"Hours are not taken from {results}: it was trained in {', '.join(others)}, the study is in "
            f"{precision}. Declare them (--training-hours, --episodes-per-hour)."
        )
    room = room_of(of_main, tasks, path, suite, confidence)
    return Evidence(scenarios, rates, measured, notes, room)


def room_of(scores: pl.DataFrame, tasks: pl.DataFrame, path: str, suite: str, confidence: float) -> str:
    """That an earlier study's arms have no room to move, in words; empty where they have.

    Args:
        scores: contract SCORES.
        tasks: contract TASKS.
        path: of its scores.
        suite: of its tasks.
        confidence: of the intervals of pass rates, as a fraction.
    """
    asked = tasks.filter(suite=suite).select("task_id")
    arms = scores.filter(path=path).join(asked, on="task_id", how="semi")
    arms = arms.filter(pl.col("step") == pl.col("step").max().over("student", "run"))
    rates = pass_rates(task_values(with_skills(arms, tasks)), no_responses(), confidence)
    ends = rates.select("pass_rate", "ci_low", "ci_high").iter_rows()
    said = no_room(ends, "of the earlier study")
    return f"{advised(said)}; ask easier or harder tasks first." if said else ""


def measured_scenario(measured: Sequence[Measured]) -> dict[str, Components]:
    """Components of each contrast, pooled over a study's students and recipes.

    A study with a single lift has no difference of two: its components are then twice those of the lift,
    which is to take two lifts as independent.
    """
    components = {
        contrast: pooled([found.components for found in measured if found.contrast == contrast])
        for contrast in DELTAS_IN
        if any(found.contrast == contrast for found in measured)
    }
    if "lift_difference" not in components:
        lift = {name: value and 2 * value for name, value in asdict(components["lift"]).items()}
        components["lift_difference"] = Components(**lift)
    return components


def _places(measured: Sequence[Measured]) -> str:
    by_contrast: dict[str, list[str]] = {}
    for found in measured:
        by_contrast.setdefault(found.contrast, []).append(found.where)
    return "; ".join(f"{name.replace('_', ' ')} of {', '.join(by_contrast[name])}" for name in by_contrast)


def _limits(measured: Sequence[Measured]) -> list[str]:
    """What the earlier study could not tell."""
    lifts = [found.components for found in measured if found.contrast == "lift"]
    n_skills = min(found.n_skills for found in measured)
    share = (2 * (n_skills - 1)) ** -0.5  # relative error of a standard deviation, Gaussian values
    notes = [f"From {n_skills} skills, a standard error is itself known to about {100 * share:.0f} %."]
    if all(components.sample_trained is None for components in lifts):
        notes.append(
            "That study has one sample of each task: sampling noise is counted with the tasks, as if more "
            "samples gained nothing."
        )
    if all(components.seed is None for components in lifts):
        notes.append(
            "That study has one seed of each recipe: errors hold for the given trainings, and more seeds are "
            "taken to gain nothing."
        )
    else:
        n_seeds = max(found.n_seeds for found in measured)
        notes.append(
            f"Variance between training seeds rests on {n_seeds} of a recipe: little is known of it."
        )
    if all(components.task is None for components in lifts):
        notes.append("That study has one task of each skill: tasks are counted with skills.")
    if not any(found.contrast == "lift_difference" for found in measured):
        notes.append("That study has one lift; two are taken as independent.")
    return notes


def _percents(shares: Sequence[float]) -> str:
    low, high = f"{100 * min(shares):g}", f"{100 * max(shares):g}"
    return f"{low} %" if low == high else f"{low} to {high} %"
