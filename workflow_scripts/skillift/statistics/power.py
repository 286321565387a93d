"""The precision of a planned study: standard errors and detectable effects, from variance components.

A contrast's value of one task is its mean + a part of the skill + a part of the task + a part of each
training seed (in common, and for each task) + the noise of sampled responses. With K skills, n tasks
in all, m samples and R seeds, all balanced, the variance of the estimated contrast is

    skill / K + (task + sample_base / m) / n + (seed_task + sample_trained / m) / (n R) + seed / R

Skills and tasks: two-stage sampling, Cochran, "Sampling Techniques" (1977), chapter 10, without finite
population corrections. Samples: Miller, "Adding Error Bars to Evals" (arXiv 2411.00640, 2024), sections 3.1
and 5. Seeds: a random effect crossed with tasks, Searle, Casella and McCulloch, "Variance Components" (1992),
chapter 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from skillift.statistics.uncertainty import Part, Uncertainty

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
        seed_task: between trainings, for each task by itself.
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


@dataclass(frozen=True)
class Families:
    """How many claims a study tests together, which sets the level of each, and how many tiers it has.

    Attributes:
        n_tests: by contrast, those of its family of Holm's correction; 1 where it is not named.
        n_tiers: students that are trained by one recipe, over which the seed variance is pooled.
    """

    n_tests: Mapping[str, int] = field(default_factory=dict)
    n_tiers: int = 1

    def level(self, contrast: str, confidence: float) -> float:
        """The confidence at which one claim of the family is tested, Bonferroni's."""
        return 1 - (1 - confidence) / self.n_tests.get(contrast, 1)


ONE_CLAIM = Families()


def precision(components: Components, design: Design, confidence: float, n_tiers: int = 1) -> Precision:
    """The precision of a contrast under a design of at least two skills.

    Degrees of freedom are n_skills - 1 for what the skills tell, as in `effects`; with several seeds and a
    known seed variance, what these tell has seeds - 1 for each tier that it is pooled over (`seed_variance`).
    With one seed the seed variance is in the error, but a claim is about that run.

    Args:
        components: variances of the contrast.
        design: of the study.
        confidence: of the test, as a fraction; of one in a family see `Families.level`.
        n_tiers: students with the same recipe.
    """
    known = {field.name: getattr(components, field.name) or 0.0 for field in fields(components)}
    n_tasks, n_skills, samples, seeds = design
    of_skills = known["skill"] / n_skills + (known["task"] + known["sample_base"] / samples) / n_tasks
    trained = (known["seed_task"] + known["sample_trained"] / samples) / n_tasks
    given_seeds = of_skills + trained / seeds
    standard_error = (given_seeds + known["seed"] / seeds) ** 0.5
    apart = seeds > 1 and components.seed is not None
    of_seeds = known["seed"] + trained
    mde = _detectable(of_skills, of_seeds, standard_error, design, n_tiers, confidence, apart)
    return Precision(standard_error, given_seeds**0.5, mde)


def _detectable(
    of_skills: float,
    of_seeds: float,
    standard_error: float,
    design: Design,
    n_tiers: int,
    confidence: float,
    apart: bool,
) -> float:
    """The detectable effect; `apart`: what skills and seeds tell have degrees of freedom of their own."""
    whole = [Part(standard_error**2, design.n_skills - 1)]
    if not whole[0].variance > 0:
        return 0.0
    if not apart:
        return Uncertainty(whole).minimum_detectable_effect(confidence)
    seeds = Part(of_seeds / design.seeds, n_tiers * (design.seeds - 1))
    return Uncertainty([Part(of_skills, design.n_skills - 1), seeds]).minimum_detectable_effect(confidence)


def mde_of_many_tasks(
    components: Components, n_skills: int, seeds: int, confidence: float, n_tiers: int = 1
) -> float:
    """The detectable effect that remains however many tasks and samples there are: of skills and seeds."""
    only = Components(components.skill, 0.0, 0.0, 0.0, 0.0, components.seed)
    return precision(only, Design(n_skills, n_skills, 1, seeds), confidence, n_tiers).mde


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
