"""The precision of a planned study: standard errors and detectable effects, from variance components.

A contrast's value of one task is its mean + a part of the skill + a part of the task + a part of each
training seed (in common, and for each task anew) + the noise of sampled responses. With K skills, n tasks
in all, m samples and R seeds, all balanced, the variance of the estimated contrast is

    skill / K + (task + sample_base / m) / n + (seed_task + sample_trained / m) / (n R) + seed / R

Skills and tasks: two-stage sampling, Cochran, "Sampling Techniques" (1977), chapter 10, without finite
population corrections. Samples: Miller, "Adding Error Bars to Evals" (arXiv 2411.00640, 2024), sections 3.1
and 5. Seeds: a random effect crossed with tasks, Searle, Casella and McCulloch, "Variance Components" (1992),
chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

from skillift.statistics.intervals import minimum_detectable_effect

# Contrasts that are planned for, and how many procedural deltas each is made of.
DELTAS_IN = {"procedural_delta": 1, "lift": 2, "lift_difference": 4}

# Share of tasks on which two arms of a model differ: the literature's range (McNemar's discordant pairs).
DISCORDANT_SHARES = (0.10, 0.25)


class Design(NamedTuple):
    """Tasks and skills that are measured, samples of each task, training seeds of each recipe."""

    n_tasks: int
    n_skills: int
    samples: int
    seeds: int


@dataclass(frozen=True)
class Components:
    """Variances of one contrast, in squared fractions.

    A component that the data cannot tell is None. It is then counted with a coarser one, so that what is
    unknown makes no planned error too small: samples with tasks (or with seeds by task), seeds by task with
    tasks, tasks with skills. Only `seed` has none to be counted with: where it is None, standard errors hold
    for the given trainings alone, as those of the table `effects` do.

    Attributes:
        skill: between skills.
        task: between tasks of one skill.
        sample_base: one sample under each condition, before training.
        sample_trained: the same after training.
        seed_task: between trainings, for each task anew.
        seed: between trainings, all tasks alike.
    """

    skill: float
    task: float | None
    sample_base: float | None
    sample_trained: float | None
    seed_task: float | None
    seed: float | None


class Precision(NamedTuple):
    """What a design would give: fractions. `standard_error_given_seeds` leaves `seed` out."""

    standard_error: float
    standard_error_given_seeds: float
    mde: float


def precision(components: Components, design: Design, confidence: float) -> Precision:
    """The precision of a contrast under a design of at least two skills.

    Degrees of freedom are n_skills - 1, as in `effects`. Where seeds differ much, the few that a recipe has
    leave fewer, and a claim about the recipe resolves less than planned.
    """
    known = {field.name: getattr(components, field.name) or 0.0 for field in fields(components)}
    n_tasks, n_skills, samples, seeds = design
    base = known["task"] + known["sample_base"] / samples
    trained = known["seed_task"] + known["sample_trained"] / samples
    given_seeds = known["skill"] / n_skills + base / n_tasks + trained / (n_tasks * seeds)
    standard_error = (given_seeds + known["seed"] / seeds) ** 0.5
    mde = minimum_detectable_effect(standard_error, n_skills, confidence)
    return Precision(standard_error, given_seeds**0.5, mde)


def mde_of_many_tasks(components: Components, n_skills: int, seeds: int, confidence: float) -> float:
    """The detectable effect that remains however many tasks and samples there are: of skills and seeds."""
    variance = components.skill / n_skills + (components.seed or 0.0) / seeds
    return minimum_detectable_effect(variance**0.5, n_skills, confidence)


def assumed_components(
    discordant_share: float, skill_correlation: float = 0.0, sampling_share: float = 0.0
) -> dict[str, Components]:
    """Components of every contrast where nothing was measured yet.

    The difference of two paired verdicts has the variance b + c - (b - c)^2, b and c being the shares of the
    tasks on which one arm alone passes (Agresti, "Categorical Data Analysis", 2013, chapter 11); at most
    the discordant share b + c, which is taken. The deltas in a lift, and in a difference of lifts, are taken
    as independent.

    Args:
        discordant_share: of the tasks, as a fraction.
        skill_correlation: share of a delta's variance that lies between skills.
        sampling_share: share of the rest that is sampling noise; 0 for greedy decoding, and wherever nothing
            is known of it.
    """
    components = {}
    for contrast, n_deltas in DELTAS_IN.items():
        variance = n_deltas * discordant_share
        within = (1 - skill_correlation) * variance
        sampling = sampling_share * within
        of_trained = sampling / 2 if n_deltas > 1 else 0.0
        components[contrast] = Components(
            skill=skill_correlation * variance,
            task=within - sampling,
            sample_base=sampling - of_trained,
            sample_trained=of_trained,
            seed_task=None if n_deltas > 1 else 0.0,
            seed=None if n_deltas > 1 else 0.0,
        )
    return components
