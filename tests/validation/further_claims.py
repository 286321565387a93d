"""Further claims: how often found where they are not so, covered, and found where they are.

Every claim is simulated at its null (how often has it a word of an effect, and how often the word that is
claimed?) and at the smallest effect that it states as detectable, the median over studies (how often is it
`supported`?); at both, how often does the interval hold the truth? 40 skills of 5 tasks (for slopes 20),
one tier or three; those that several tiers decide together are in `tier_claims`.
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit
from validation.claim_checks import N_SKILLS, PER_SKILL, Checked, Found, checked, means, n_stated
from validation.coverage import CONFIDENCE
from validation.forecasts import beyond_base, forecast
from validation.tier_claims import ceilings, dominated, shapes

from skillift.metrics.claim import ABOVE, BELOW, SAME
from skillift.metrics.claim import NON_INFERIOR as OF_NON_INFERIORITY
from skillift.statistics.claim_labels import NON_INFERIOR, word
from skillift.statistics.comparisons import Joint
from skillift.statistics.equivalence import non_inferiority
from skillift.statistics.heterogeneity import clustered_covariance
from skillift.statistics.slopes import Sums, split_slope
from skillift.statistics.task_halves import split_tasks, sums_by_skill
from skillift.statistics.transfer import slope_of, weights_of, welch
from skillift.statistics.uncertainty import Part, students_t

N_NEW = 20  # skills of the suite transfer, the most that the pack has
SIZES = (46_000, 116_000, 341_000)  # parameters of three tiers
SPLITS = 20
COST = 0.05  # the margin of `side_cost`
_MOST_STATED = 400
_TASKS_OF_SLOPES = 20  # with five, no true slope below 1 can be found


def further_claims(n_studies: int, seed: int) -> list[Checked]:
    """Every further claim, each with its own draws."""
    rng = np.random.default_rng(seed)
    of_transfer = np.random.default_rng([seed, 1])  # apart, so that those before keep their draws
    return [
        checked("format_before_correctness", _form, ABOVE, rng, n_studies),
        checked("longer_answers", _length, ABOVE, rng, n_studies),
        *shapes(rng, n_studies),
        checked("dominated_by_base", dominated, BELOW, rng, n_studies),
        checked("base_sets_ceiling", _ceiling, ABOVE, rng, n_studies),
        checked("transfer", _transfer, ABOVE, of_transfer, n_studies),
        checked("retention", _retention, SAME, of_transfer, n_studies),
        checked("transfer_by_tier", _by_tier, ABOVE, of_transfer, n_studies),
        _non_inferior(np.random.default_rng([seed, 3]), n_studies),
        checked("brittleness", _brittle, BELOW, np.random.default_rng([seed, 2]), n_studies),
        *ceilings(np.random.default_rng([seed, 4]), n_studies),
        checked("forecast", _forecast, ABOVE, np.random.default_rng([seed, 5]), n_studies),
        checked("forecast_beyond_base", _beyond_base, ABOVE, np.random.default_rng([seed, 6]), n_studies),
    ]


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


def _lost(rng: np.random.Generator, n_studies: int, loss: float) -> Found:
    """Tasks that are declined or answered as they should be in 70 %, and less often after SFT by the loss."""
    shape = (n_studies, N_SKILLS, PER_SKILL)
    ease, own = (rng.uniform(-0.1, 0.1, (n_studies, N_SKILLS, 1)) for _ in range(2))
    before, after = (rng.random(shape) < rate for rate in (0.7 + ease, 0.7 + ease + own - loss))
    return means(after.astype(float) - before)


def _word_within(row: tuple, margin: float) -> str:
    estimate, low, high, p_value = map(float, row)
    freedom = N_SKILLS - 1.0
    error = (high - low) / 2 / stdtrit(freedom, (1 + CONFIDENCE) / 2)
    within = non_inferiority(estimate, students_t(error, freedom), margin)
    known = {"claim": "", "shape": OF_NON_INFERIORITY, "p_holm": None, "p_equivalence": within}
    return word(known | {"estimate": estimate, "ci_low": low, "p_value": p_value}, CONFIDENCE)


def _uniform(rng: np.random.Generator, n_studies: int, width: float, per_skill: int = 1) -> np.ndarray:
    return rng.uniform(-width, width, (n_studies, N_SKILLS, per_skill))


def _form(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
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
    return means(lead[1] - lead[0])


def _length(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
    """Responses of 30 tokens in the mean before SFT, longer after it by the effect; skills differ."""
    before = 30 + 20 * _uniform(rng, n_studies, 0.5)
    after = before + 10 * _uniform(rng, n_studies, 0.5) + effect
    shape = (n_studies, N_SKILLS, PER_SKILL)
    return means(rng.poisson(after, shape).astype(float) - rng.poisson(before, shape))


def _gains(rng: np.random.Generator, n_studies: int, n_skills: int, gain: np.ndarray | float) -> np.ndarray:
    """Gains of tasks, shape (studies, skills, tasks); skills differ in ease and in what they gain."""
    ease, own = (rng.uniform(-0.1, 0.1, (n_studies, n_skills, 1)) for _ in range(2))
    before, after = (
        rng.random((n_studies, n_skills, PER_SKILL)) < rate for rate in (0.3 + ease, 0.3 + ease + own + gain)
    )
    return after.astype(float) - before


def _transfer(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
    """New skills, on which SFT gains the effect."""
    return means(_gains(rng, n_studies, N_NEW, effect))


def _retention(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
    """SFT gains 20 pp on 40 trained skills, and that and the effect on new ones."""
    found = [
        means(_gains(rng, n_studies, n_skills, gain))
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
    return Found(*np.array(rows).T)


def _brittle(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
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
    return means(apart[1] - apart[0])


def _by_tier(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
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
    return Found(*np.array(rows).T)


def _forecast(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
    return Found(*forecast(rng, n_studies, effect))


def _beyond_base(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
    return Found(*beyond_base(rng, n_studies, effect))


def _ceiling(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
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
            if number < n_stated(n_studies)
            else np.nan
        )
        rows.append((found.slope, found.ci_low, found.ci_high, p_value, stated))
    return Found(*np.array(rows).T)


def _reliability() -> float:
    """Of a skill's base rate in half of its tasks: its variance over that with noise."""
    between = 0.5**2 / 12
    within = 0.25 - between  # of one task: rates average one half
    noise = within / (_TASKS_OF_SLOPES / 2)
    return between / (between + noise)
