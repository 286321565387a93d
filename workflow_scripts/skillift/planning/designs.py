"""Planning a study before anything is spent: what each design of a grid would resolve, and what it costs.

The precision of a design is that of `skillift.statistics.power`, for one or several scenarios (sets of
variance components); where there are several, the worst counts. Costs are those of `skillift.planning.costs`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import polars as pl

from skillift.errors import UserError, problem
from skillift.planning.costs import CallCosts, DeviceRates, DeviceWork
from skillift.statistics.power import (
    ONE_CLAIM,
    Components,
    Design,
    Families,
    Precision,
    mde_of_many_tasks,
    precision,
)

Scenarios = Mapping[str, Mapping[str, Components]]
"""Components of each contrast, by the name of the scenario."""

DESIGN_SCHEMA = {
    "scenario": pl.String,
    "contrast": pl.String,
    "n_tasks": pl.Int64,
    "n_skills": pl.Int64,
    "samples": pl.Int64,
    "seeds": pl.Int64,
    "standard_error": pl.Float64,
    "standard_error_given_seeds": pl.Float64,
    "mde": pl.Float64,
    "n_trainings": pl.Int64,
    "n_episodes": pl.Int64,
    "usd": pl.Float64,
    "device_hours": pl.Float64,
}


@dataclass(frozen=True)
class Planned:
    """A design with its precision by scenario and contrast, its work, and its costs (None: unknown)."""

    design: Design
    precision: Mapping[tuple[str, str], Precision]
    n_trainings: int
    n_episodes: int
    usd: float | None
    device_hours: float | None

    def mde(self, contrast: str) -> float:
        """The largest detectable effect of any scenario."""
        return max(found.mde for (_, name), found in self.precision.items() if name == contrast)


@dataclass(frozen=True)
class Recommendation:
    """What to run to resolve an effect.

    Attributes:
        contrast, effect: what is to be resolved (fraction).
        chosen: the cheapest design of the grid that resolves it; None where none does.
        closest: the design with the smallest detectable effect.
        many_tasks: the detectable effect that remains with the grid's most skills and seeds, were tasks and
            samples unlimited.
        skills_needed: skills with which `closest`, otherwise the same (so many tasks a skill too), resolves
            the effect; None where no number of skills does.
    """

    contrast: str
    effect: float
    chosen: Planned | None
    closest: Planned
    many_tasks: float
    skills_needed: int | None

    def as_record(self) -> dict:
        """The recommendation for a JSON file."""
        return {
            "contrast": self.contrast,
            "effect": self.effect,
            "chosen": self.chosen and self._entry(self.chosen),
            "closest": self._entry(self.closest),
            "mde_of_many_tasks": self.many_tasks,
            "skills_needed": self.skills_needed,
        }

    def _entry(self, planned: Planned) -> dict:
        costs = {"usd": planned.usd, "device_hours": planned.device_hours}
        return {**planned.design._asdict(), "mde": planned.mde(self.contrast), **costs}


def grid(
    tasks: Iterable[int], skills: Iterable[int], samples: Iterable[int], seeds: Iterable[int]
) -> list[Design]:
    """Every design of these numbers in which all skills have equally many tasks.

    Raises:
        UserError: there is none.
    """
    axes = [sorted(set(axis)) for axis in (tasks, skills, samples, seeds)]
    designs = [Design(*numbers) for numbers in product(*axes) if numbers[0] % numbers[1] == 0]
    if not designs:
        expected = "a number of tasks that is a multiple of a number of skills"
        raise UserError(problem("--tasks and --skills", axes[:2], expected))
    return designs


def default_axes(own: Design, temperature: float, most_skills: int | None = None) -> dict[str, list[int]]:
    """Numbers to plan for around a study's own: `tasks`, `skills`, `samples` and `seeds`.

    Greedy decoding gives one and the same response again, so it has one sample. A suite of the task pack has
    `most_skills` and no more.
    """
    most = max(most_skills, own.n_skills) if most_skills else 4 * own.n_skills
    skills = [own.n_skills * factor for factor in (1, 2, 4) if own.n_skills * factor <= most]
    return {
        "tasks": [own.n_tasks * factor for factor in (1, 2, 4, 8)],
        "skills": [own.n_skills, *skills],
        "samples": [1] if temperature == 0 else [own.samples, 1, 2, 4],
        "seeds": [own.seeds, 1, 2, 3, 5],
    }


def plan(
    designs: Sequence[Design],
    scenarios: Scenarios,
    confidence: float,
    calls: CallCosts,
    work: DeviceWork,
    rates: DeviceRates,
    families: Families = ONE_CLAIM,
) -> list[Planned]:
    """Precision and costs of every design, in the order given; detectable effects at the level of `families`.

    Raises:
        UserError: a design has fewer than two skills.
    """
    for design in designs:
        if design.n_skills < 2:
            raise UserError(problem("--skills", design.n_skills, "at least 2: errors are clustered by skill"))
    return [
        Planned(
            design=design,
            precision={
                (scenario, contrast): precision(
                    parts, design, families.level(contrast, confidence), families.n_tiers
                )
                for scenario, contrasts in scenarios.items()
                for contrast, parts in contrasts.items()
            },
            n_trainings=work.n_trainings(design),
            n_episodes=work.n_episodes(design),
            usd=calls.usd(design),
            device_hours=work.hours(design, rates),
        )
        for design in designs
    ]


def recommend(
    planned: Sequence[Planned],
    contrast: str,
    effect: float,
    scenarios: Scenarios,
    confidence: float,
    usd_per_hour: float = 0.0,
    families: Families = ONE_CLAIM,
) -> Recommendation:
    """The cheapest design whose detectable effect is at most `effect` in every scenario.

    Cheapest: least USD (device hours at `usd_per_hour` with them), then fewest device hours, trainings and
    episodes. What is unknown is unknown for all designs of a study, and so not compared.

    Raises:
        UserError: no scenario has components of `contrast`.
    """
    known = [name for name, parts in scenarios.items() if contrast in parts]
    if not known:
        have = sorted({name for parts in scenarios.values() for name in parts})
        raise UserError(problem("--contrast", contrast, f"one of {have}, whose components are known"))
    resolving = [entry for entry in planned if entry.mde(contrast) <= effect]
    chosen = min(resolving, key=lambda entry: _price(entry, usd_per_hour), default=None)
    parts = [scenarios[name][contrast] for name in known]
    most = Design(*(max(entry.design[axis] for entry in planned) for axis in range(4)))
    level, n_tiers = families.level(contrast, confidence), families.n_tiers
    floor = max(mde_of_many_tasks(part, most.n_skills, most.seeds, level, n_tiers) for part in parts)
    closest = min(planned, key=lambda entry: (entry.mde(contrast), _price(entry, usd_per_hour)))
    needed = skills_needed(parts, closest.design, effect, level, n_tiers)
    return Recommendation(contrast, effect, chosen, closest, floor, needed)


def skills_needed(
    components: Iterable[Components], design: Design, effect: float, confidence: float, n_tiers: int = 1
) -> int | None:
    """The least number of skills that resolves `effect` with the design's tasks a skill, samples and seeds.

    None where that takes more than a million: training seeds then differ too much.
    """
    parts = list(components)

    def resolves(n_skills: int) -> bool:
        n_tasks = n_skills * design.n_tasks // design.n_skills
        wanted = design._replace(n_tasks=n_tasks, n_skills=n_skills)
        return all(precision(part, wanted, confidence, n_tiers).mde <= effect for part in parts)

    numbers = range(2, 10**6)
    found = bisect_left(numbers, True, key=resolves)
    return numbers[found] if found < len(numbers) else None


def _price(entry: Planned, usd_per_hour: float) -> tuple[float, float, int, int]:
    hours = entry.device_hours or 0.0
    return ((entry.usd or 0.0) + usd_per_hour * hours, hours, entry.n_trainings, entry.n_episodes)


def design_table(planned: Iterable[Planned]) -> pl.DataFrame:
    """One row per scenario, contrast and design: `DESIGN_SCHEMA`, fractions, null for unknown costs."""
    rows = [
        (
            scenario,
            contrast,
            *entry.design,
            *found,
            entry.n_trainings,
            entry.n_episodes,
            entry.usd,
            entry.device_hours,
        )
        for entry in planned
        for (scenario, contrast), found in entry.precision.items()
    ]
    return pl.DataFrame(rows, schema=DESIGN_SCHEMA, orient="row").sort(list(DESIGN_SCHEMA)[:6])
