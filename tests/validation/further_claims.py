"""Further claims: how often found where they are not so, covered, and found where they are.

Every claim is simulated at its null (how often has it a word of an effect, and how often the word that is
claimed?) and at the smallest effect that it states as detectable, the median over studies (how often is it
`supported`?); at both, how often does the interval hold the truth? 40 skills of 5 tasks (for slopes 20),
one tier or three. The shape's nulls are those at which most is found: all signs but one are certain, and
that one's delta is 0; its effect is the published pattern at the multiple that is stated. The ceiling's nulls
are a tier just at the limit, and two tiers that differ by just the margin, where all else is certain; at its
effect tiers are alike, so far below the limit, and the margin is so wide, as it states.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit
from validation.coverage import CONFIDENCE
from validation.forecasts import beyond_base, forecast

from skillift.metrics.claim import ABOVE, BELOW, SAME
from skillift.metrics.claim import NON_INFERIOR as OF_NON_INFERIORITY
from skillift.settings.analysis import TierDelta
from skillift.statistics.claim_labels import CONTRADICTED, NON_INFERIOR, SUPPORTED, word
from skillift.statistics.comparisons import Joint
from skillift.statistics.constraint_ceiling import resolvable_distance
from skillift.statistics.equivalence import non_inferiority
from skillift.statistics.heterogeneity import clustered_covariance
from skillift.statistics.intersection_union import deciding
from skillift.statistics.intervals import clustered_estimates, least_variance
from skillift.statistics.slopes import Sums, split_slope
from skillift.statistics.task_halves import split_tasks, sums_by_skill
from skillift.statistics.tier_spread import detecting, spread
from skillift.statistics.trajectory import parts_of, resolvable_multiple
from skillift.statistics.transfer import slope_of, weights_of, welch
from skillift.statistics.uncertainty import Part, students_t

N_SKILLS, PER_SKILL = 40, 5
N_NEW = 20  # skills of the suite transfer, the most that the pack has
SIZES = (46_000, 116_000, 341_000)  # parameters of three tiers
PATTERN = {"0.8b": -0.075, "2b": 0.060, "4b": -0.010, "haiku": 0.030}  # of arXiv 2605.11907, before SFT
SPLITS = 20
COST = 0.05  # the margin of `side_cost`
CHECKS = 4  # constraints of a task
_FEWEST_STATED, _MOST_STATED = 60, 400

_PAIRS = tuple(combinations(range(3), 2))
_TASKS_OF_SLOPES = 20  # with five, no true slope below 1 can be found


class Checked(NamedTuple):
    """How often a claim says what it should.

    Attributes:
        claim: its name, and where it is looked at in several ways, which.
        supported, resolved: shares of studies at its null with the word that is claimed, and with any word of
            an effect.
        covered, covered_effect: shares of intervals that hold the truth at the null, and at the stated
            effect; None where there is no single interval.
        stated: the smallest detectable effect, in the claim's unit.
        power: share of studies at that effect in which the claim is supported; one of sameness contradicted.
    """

    claim: str
    supported: float
    resolved: float
    covered: float | None
    covered_effect: float | None
    stated: float
    power: float
    n_studies: int


class _Found(NamedTuple):
    """Of each study: estimate, limits of the interval, p-value, stated detectable effect."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray
    stated: np.ndarray


def further_claims(n_studies: int, seed: int) -> list[Checked]:
    """Every further claim, each with its own draws."""
    rng = np.random.default_rng(seed)
    of_transfer = np.random.default_rng([seed, 1])  # apart, so that those before keep their draws
    return [
        _checked("format_before_correctness", _form, ABOVE, rng, n_studies),
        _checked("longer_answers", _length, ABOVE, rng, n_studies),
        *_shapes(rng, n_studies),
        _checked("dominated_by_base", _dominated, BELOW, rng, n_studies),
        _checked("base_sets_ceiling", _ceiling, ABOVE, rng, n_studies),
        _checked("transfer", _transfer, ABOVE, of_transfer, n_studies),
        _checked("retention", _retention, SAME, of_transfer, n_studies),
        _checked("transfer_by_tier", _by_tier, ABOVE, of_transfer, n_studies),
        _non_inferior(np.random.default_rng([seed, 3]), n_studies),
        _checked("brittleness", _brittle, BELOW, np.random.default_rng([seed, 2]), n_studies),
        *_ceilings(np.random.default_rng([seed, 4]), n_studies),
        _checked("forecast", _forecast, ABOVE, np.random.default_rng([seed, 5]), n_studies),
        _checked("forecast_beyond_base", _beyond_base, ABOVE, np.random.default_rng([seed, 6]), n_studies),
    ]


def _checked(
    claim: str,
    study: Callable[[np.random.Generator, int, float], _Found],
    shape: str,
    rng: np.random.Generator,
    n_studies: int,
) -> Checked:
    """`study` draws studies with a true effect of the given size, in the direction that is claimed.

    Of a claim of sameness the effect is a difference, which it should be `contradicted` by.
    """
    sign = -1 if shape == BELOW else 1
    found = CONTRADICTED if shape == SAME else SUPPORTED
    null = study(rng, n_studies, 0.0)
    stated = float(np.nanmedian(null.stated))
    # errors may grow with the effect: what studies of such an effect state
    stated = float(np.nanmedian(study(rng, _n_stated(n_studies), stated).stated))
    effect = study(rng, n_studies, stated)
    words = [_word(row, shape) for row in zip(*null[:4], strict=True)]
    at_effect = [_word(row, shape) for row in zip(*effect[:4], strict=True)]
    return Checked(
        claim,
        words.count(SUPPORTED) / n_studies,
        (words.count(SUPPORTED) + words.count(CONTRADICTED)) / n_studies,
        float(np.mean((null.low <= 0) & (null.high >= 0))),
        float(np.mean((effect.low <= sign * stated) & (effect.high >= sign * stated))),
        stated,
        at_effect.count(found) / n_studies,
        n_studies,
    )


def _non_inferior(rng: np.random.Generator, n_studies: int) -> Checked:
    """`side_cost` where SFT costs just the margin; where it costs nothing, at the margin that is stated."""
    null, effect = _lost(rng, n_studies, COST), _lost(rng, n_studies, 0.0)
    stated = float(np.nanmedian(effect.stated))
    words, at_stated = (
        [_word_within(row, margin) for row in zip(*found[:4], strict=True)]
        for found, margin in ((null, COST), (effect, stated))
    )
    falsely = words.count(NON_INFERIOR) / n_studies
    return Checked(
        "side_cost",
        falsely,
        falsely,
        float(np.mean((null.low <= -COST) & (null.high >= -COST))),
        float(np.mean((effect.low <= 0) & (effect.high >= 0))),
        stated,
        at_stated.count(NON_INFERIOR) / n_studies,
        n_studies,
    )


def _lost(rng: np.random.Generator, n_studies: int, loss: float) -> _Found:
    """Tasks that are declined or answered as they should be in 70 %, and less often after SFT by the loss."""
    shape = (n_studies, N_SKILLS, PER_SKILL)
    ease, own = (rng.uniform(-0.1, 0.1, (n_studies, N_SKILLS, 1)) for _ in range(2))
    before, after = (rng.random(shape) < rate for rate in (0.7 + ease, 0.7 + ease + own - loss))
    return _means(after.astype(float) - before)


def _word_within(row: tuple, margin: float) -> str:
    estimate, low, high, p_value = map(float, row)
    freedom = N_SKILLS - 1.0
    error = (high - low) / 2 / stdtrit(freedom, (1 + CONFIDENCE) / 2)
    within = non_inferiority(estimate, students_t(error, freedom), margin)
    known = {"claim": "", "shape": OF_NON_INFERIORITY, "p_holm": None, "p_equivalence": within}
    return word(known | {"estimate": estimate, "ci_low": low, "p_value": p_value}, CONFIDENCE)


def _n_stated(n_studies: int) -> int:
    """Studies that the stated effect is the median of."""
    return max(_FEWEST_STATED, n_studies // 5)


def _word(row: tuple, shape: str) -> str:
    estimate, low, _, p_value = map(float, row)
    known = {"claim": "", "shape": shape, "p_holm": None, "p_equivalence": None}
    return word(known | {"estimate": estimate, "ci_low": low, "p_value": p_value}, CONFIDENCE)


def _means(values: np.ndarray) -> _Found:
    """The clustered means of values of shape (studies, skills, tasks)."""
    sums, counts = values.sum(axis=2), np.full(values.shape[:2], float(values.shape[2]))
    least = least_variance(values.reshape(len(values), -1))
    found = clustered_estimates(sums, counts, CONFIDENCE, least)
    errors, freedom = (found[name].to_numpy() for name in ("standard_error", "degrees_of_freedom"))
    stated = [
        students_t(error, own).detectable(CONFIDENCE)["mde"]
        for error, own in zip(errors[:200], freedom[:200], strict=True)
    ]
    columns = (found[name].to_numpy() for name in ("estimate", "ci_low", "ci_high", "p_value"))
    return _Found(*columns, np.array(stated))


def _uniform(rng: np.random.Generator, n_studies: int, width: float, per_skill: int = 1) -> np.ndarray:
    return rng.uniform(-width, width, (n_studies, N_SKILLS, per_skill))


def _form(rng: np.random.Generator, n_studies: int, effect: float) -> _Found:
    """Gains in form and in passes of 20 pp each, that in form larger by the effect; skills move both."""
    ease = _uniform(rng, n_studies, 0.1)
    lead = []
    for gain in (0.0, 0.2):
        more = effect if gain else 0.0
        rates = [
            base + gain + extra + ease + _uniform(rng, n_studies, 0.1)
            for base, extra in ((0.45, more), (0.3, 0.0))
        ]
        form, right = (rng.random((n_studies, N_SKILLS, PER_SKILL)) < rate for rate in rates)
        lead.append(form.astype(float) - right)
    return _means(lead[1] - lead[0])


def _length(rng: np.random.Generator, n_studies: int, effect: float) -> _Found:
    """Responses of 30 tokens in the mean before SFT, longer after it by the effect; skills differ."""
    before = 30 + 20 * _uniform(rng, n_studies, 0.5)
    after = before + 10 * _uniform(rng, n_studies, 0.5) + effect
    shape = (n_studies, N_SKILLS, PER_SKILL)
    return _means(rng.poisson(after, shape).astype(float) - rng.poisson(before, shape))


def _gains(rng: np.random.Generator, n_studies: int, n_skills: int, gain: np.ndarray | float) -> np.ndarray:
    """Gains of tasks, shape (studies, skills, tasks); skills differ in ease and in what they gain."""
    ease, own = (rng.uniform(-0.1, 0.1, (n_studies, n_skills, 1)) for _ in range(2))
    before, after = (
        rng.random((n_studies, n_skills, PER_SKILL)) < rate for rate in (0.3 + ease, 0.3 + ease + own + gain)
    )
    return after.astype(float) - before


def _transfer(rng: np.random.Generator, n_studies: int, effect: float) -> _Found:
    """New skills, on which SFT gains the effect."""
    return _means(_gains(rng, n_studies, N_NEW, effect))


def _retention(rng: np.random.Generator, n_studies: int, effect: float) -> _Found:
    """SFT gains 20 pp on 40 trained skills, and that and the effect on new ones."""
    found = [
        _means(_gains(rng, n_studies, n_skills, gain))
        for n_skills, gain in ((N_NEW, 0.2 + effect), (N_SKILLS, 0.2))
    ]
    half = [(each.high - each.low) / 2 for each in found]
    rows = []
    for number in range(n_studies):
        freedoms = N_NEW - 1.0, N_SKILLS - 1.0
        errors = [
            width[number] / stdtrit(freedom, (1 + CONFIDENCE) / 2)
            for width, freedom in zip(half, freedoms, strict=True)
        ]
        whole = welch(*(Part(error**2, freedom) for error, freedom in zip(errors, freedoms, strict=True)))
        estimate = float(found[0].estimate[number] - found[1].estimate[number])
        known = whole.of(estimate, CONFIDENCE)
        stated = whole.detectable(CONFIDENCE)["mde"] if number < _MOST_STATED else np.nan
        rows.append((estimate, known["ci_low"], known["ci_high"], known["p_value"], stated))
    return _Found(*np.array(rows).T)


def _brittle(rng: np.random.Generator, n_studies: int, effect: float) -> _Found:
    """Tasks with two variants each, one in five left out; SFT gains 20 pp on tasks, less on variants.

    The effect is how much less. Skills differ in ease, and in what they gain on variants.
    """
    shape = (n_studies, N_SKILLS, PER_SKILL)
    ease, own = (rng.uniform(-0.1, 0.1, (n_studies, N_SKILLS, 1)) for _ in range(2))
    asked = rng.random((2, *shape)) < 0.8  # a task without a variant has no value
    asked[0] |= ~asked.any(axis=0)
    apart = []
    for gain, less in ((0.0, 0.0), (0.2, effect)):
        of_tasks = rng.random(shape) < 0.45 + gain + ease
        rate = 0.4 + gain - less + ease + (own if gain else 0.0)
        variants = (rng.random((2, *shape)) < rate) & asked
        apart.append(variants.sum(axis=0) / asked.sum(axis=0) - of_tasks)
    return _means(apart[1] - apart[0])


def _by_tier(rng: np.random.Generator, n_studies: int, effect: float) -> _Found:
    """Three tiers that gain 20 pp in the mean on new skills, and the effect for ten times the size."""
    logs = np.log10(SIZES)
    skills = np.repeat(np.arange(N_NEW), PER_SKILL)
    weights = weights_of(logs)
    tiers = [_gains(rng, n_studies, N_NEW, 0.2 + effect * x) for x in logs - logs.mean()]
    rows = []
    for number, values in enumerate(np.stack([tier.reshape(n_studies, -1) for tier in tiers], axis=2)):
        joint = Joint(values.mean(axis=0), [], clustered_covariance(values, skills), N_NEW - 1.0)
        estimate, whole = slope_of(joint, weights)
        known = whole.of(estimate, CONFIDENCE)
        stated = whole.detectable(CONFIDENCE)["mde"] if number < _MOST_STATED else np.nan
        rows.append((estimate, known["ci_low"], known["ci_high"], known["p_value"], stated))
    return _Found(*np.array(rows).T)


def _forecast(rng: np.random.Generator, n_studies: int, effect: float) -> _Found:
    return _Found(*forecast(rng, n_studies, effect))


def _beyond_base(rng: np.random.Generator, n_studies: int, effect: float) -> _Found:
    return _Found(*beyond_base(rng, n_studies, effect))


def _shapes(rng: np.random.Generator, n_studies: int) -> list[Checked]:
    """The published pattern, before SFT over four tiers and after it over three."""
    found = []
    for name, tiers in (("four tiers", list(PATTERN)), ("three tiers", list(PATTERN)[:3])):
        declared = np.array([PATTERN[tier] for tier in tiers])
        one_null = np.where(np.abs(declared) == np.abs(declared).min(), 0.0, 20 * declared)
        null = [
            _shape(rng, one_null, tiers, stated=number < _n_stated(n_studies)) for number in range(n_studies)
        ]
        stated = float(np.median([multiple for _, multiple in null if multiple is not None]))
        effect = [_shape(rng, stated * declared, tiers, stated=False)[0] for _ in range(n_studies)]
        words = [each for each, _ in null]
        found.append(
            Checked(
                f"trajectory_shape, {name}",
                words.count(SUPPORTED) / n_studies,
                (words.count(SUPPORTED) + words.count(CONTRADICTED)) / n_studies,
                None,
                None,
                stated,
                effect.count(SUPPORTED) / n_studies,
                n_studies,
            )
        )
    return found


def _shape(
    rng: np.random.Generator, deltas: np.ndarray, tiers: list[str], stated: bool = True
) -> tuple[str, float | None]:
    """The word of one study, and the multiple that it states."""
    skills = deltas + rng.normal(0, 0.05, (N_SKILLS, 1)) + rng.normal(0, 0.22, (N_SKILLS, len(deltas)))
    covariance = np.cov(skills.T) / N_SKILLS
    means, freedom = skills.mean(axis=0), N_SKILLS - 1.0
    parts = parts_of([TierDelta(student=tier, delta=PATTERN[tier]) for tier in tiers], tiers)
    tests = []
    for part in parts:
        weights = np.zeros(len(tiers))
        weights[tiers.index(part.student)] = np.sign(part.declared)
        if part.neighbour:
            weights[tiers.index(part.neighbour)] = -np.sign(part.declared)
        estimate, error = float(weights @ means), float(weights @ covariance @ weights) ** 0.5
        tests.append((estimate, students_t(error, freedom).p_value(estimate)))
    place, p_value = deciding(tests)
    known = _word((tests[place][0], 0.0, 0.0, p_value), "all_of")
    joint = Joint(means, [], covariance, freedom)
    return known, resolvable_multiple(joint, tiers, parts, CONFIDENCE) if stated else None


def _ceilings(rng: np.random.Generator, n_studies: int) -> list[Checked]:
    """Three tiers that meet the same share of constraints, below a limit, and its two nulls."""
    alike = (0.5, 0.5, 0.5)
    stated = [_tiers(rng, alike, 0.0, 0.0, stated=True).stated for _ in range(_n_stated(n_studies))]
    distance = float(np.median(stated))
    effect = [_tiers(rng, alike, 0.5 + distance, distance) for _ in range(n_studies)]
    found = []
    for name, rates, limit, margin in (
        ("at the limit", (0.3, 0.4, 0.5), 0.5, 0.6),
        ("at the margin", (0.4, 0.5, 0.55), 0.95, 0.15),
    ):
        null = [_tiers(rng, rates, limit, margin) for _ in range(n_studies)]
        words = [each.word for each in null]
        found.append(
            Checked(
                f"constraint_ceiling, {name}",
                words.count(SUPPORTED) / n_studies,
                (words.count(SUPPORTED) + words.count(CONTRADICTED)) / n_studies,
                float(np.mean([each.covered for each in null])),
                float(np.mean([each.covered for each in effect])),
                distance,
                [each.word for each in effect].count(SUPPORTED) / n_studies,
                n_studies,
            )
        )
    return found


class _Ceiling(NamedTuple):
    """One study: its word, the share of its parts' intervals that cover, and the distance that it states."""

    word: str
    covered: float
    stated: float


def _tiers(
    rng: np.random.Generator, rates: tuple[float, ...], limit: float, margin: float, stated: bool = False
) -> _Ceiling:
    """Tasks with `CHECKS` constraints, met at the tiers' rates; skills differ, in part alike at all tiers."""
    shape = (N_SKILLS, PER_SKILL, len(rates))
    ease = rng.uniform(-0.1, 0.1, (N_SKILLS, 1, 1)) + rng.uniform(-0.1, 0.1, (N_SKILLS, 1, len(rates)))
    shares = rng.binomial(CHECKS, np.broadcast_to(np.array(rates) + ease, shape)) / CHECKS
    values, freedom = shares.reshape(-1, len(rates)), N_SKILLS - 1.0
    covariance = clustered_covariance(values, np.repeat(np.arange(N_SKILLS), PER_SKILL))
    means = values.mean(axis=0)
    joint = Joint(means, [], covariance, freedom)
    parts = [(np.eye(len(rates))[place], limit) for place in range(len(rates))]
    parts += [(np.eye(len(rates))[one] - np.eye(len(rates))[other], margin) for one, other in _PAIRS]
    tests, covered = [], []
    for weights, most in parts:
        share, truth = float(weights @ means), float(weights @ np.array(rates))
        known = students_t(float(weights @ covariance @ weights) ** 0.5, freedom)
        estimate = most - (share if weights.sum() else abs(share))
        tests.append((estimate, known.p_value(estimate)))
        covered.append(abs(share - truth) <= known.half_width(CONFIDENCE))
    place, p_value = deciding(tests)
    word_of_all = _word((tests[place][0], 0.0, 0.0, p_value), "all_of")
    distance = resolvable_distance(joint, CONFIDENCE) if stated else np.nan
    return _Ceiling(word_of_all, float(np.mean(covered)), float(distance))


def _dominated(rng: np.random.Generator, n_studies: int, effect: float) -> _Found:
    """Lifts and deltas with mean squares of 100 pp\u00b2 and more; those of deltas larger by the effect.

    At the null both are equal. At the effect lifts are alike at every tier, as the stated effect has it.
    """
    pattern = np.array([-1.0, 0.8, 0.2])
    pattern /= pattern.std(ddof=1)
    deltas = pattern * (effect**0.5 if effect else 0.1)
    lifts = np.zeros(3) if effect else pattern[::-1] * 0.1
    rows = []
    for _ in range(n_studies):
        shared = rng.normal(0, 0.1, (2, N_SKILLS, 1))
        before, after = (rng.normal(0, 0.25, (N_SKILLS, 3)) + each for each in shared)
        values = np.hstack([lifts + after - before, deltas + before])
        means, covariance = values.mean(axis=0), np.cov(values.T) / N_SKILLS
        found = spread(means[:3], means[3:], covariance)
        freedom = N_SKILLS - 1.0
        known = students_t(found.standard_error, freedom).of(found.estimate, CONFIDENCE)
        p_value = students_t(found.under_equality, freedom).p_value(found.estimate)
        stated = np.nan
        if len(rows) < _n_stated(n_studies):
            stated = detecting(means, covariance, 3, freedom, CONFIDENCE).detectable(CONFIDENCE)["mde"]
        rows.append((found.estimate, known["ci_low"], known["ci_high"], p_value, stated))
    return _Found(*np.array(rows).T)


def _ceiling(rng: np.random.Generator, n_studies: int, effect: float) -> _Found:
    """Skills of 20 tasks with base pass rates of 0.25 to 0.75; after SFT these move with it by the effect.

    A slope is shrunk by the reliability of a base rate in half of a skill's tasks; the truth is the slope
    that is expected of such data, from the population's variances. Tasks are easy or hard in both alike.
    """
    skills = np.repeat(np.arange(N_SKILLS), _TASKS_OF_SLOPES)
    rows = []
    reliability = _reliability()
    for number in range(n_studies):
        base, own = rng.uniform(0.25, 0.75, N_SKILLS), rng.uniform(-0.1, 0.1, N_SKILLS)
        ease = rng.uniform(-0.15, 0.15, len(skills))
        later = 0.5 + effect / reliability * (base - 0.5) + own
        before, after = (
            (rng.random(len(skills)) < np.clip(rate[skills] + ease, 0, 1)).astype(float)[np.newaxis]
            for rate in (base, later)
        )
        first = split_tasks(skills, SPLITS, number)
        halves = np.vstack([first, ~first])
        x, y = (Sums(*sums_by_skill(each, skills, halves)) for each in (before, after))
        found = split_slope(x, y, between_students=False, confidence=CONFIDENCE)
        freedom = N_SKILLS - 1.0
        error = (found.ci_high - found.slope) / stdtrit(freedom, (1 + CONFIDENCE) / 2)
        p_value = students_t(error, freedom).p_value(found.slope)
        stated = (
            students_t(error, freedom).detectable(CONFIDENCE)["mde"]
            if number < _n_stated(n_studies)
            else np.nan
        )
        rows.append((found.slope, found.ci_low, found.ci_high, p_value, stated))
    return _Found(*np.array(rows).T)


def _reliability() -> float:
    """Of a skill's base rate in half of its tasks: its variance over that with noise."""
    between = 0.5**2 / 12
    within = 0.25 - between  # of one task: rates average one half
    noise = within / (_TASKS_OF_SLOPES / 2)
    return between / (between + noise)
