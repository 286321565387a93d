"""Claims about many samples of a task: found where they are not so, covered, and found where they are?

8 samples of each task, of which 4 are drawn: the majority of a small student's against one sample of a larger
one, on all tasks and where the small one is able; how many answers differ, by tier and after SFT. Differences
of `pass@k`, `majority@k` and `distinct@k` before and after SFT beside them. What each task's chances are, and
the truth: `validation.answers`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from validation import answers
from validation.claim_checks import N_SKILLS, PER_SKILL, Checked, Found, checked, means
from validation.coverage import CONFIDENCE
from validation.further_claims import SIZES

from skillift.metrics.claim import ABOVE, BELOW
from skillift.metrics.votes import COLUMN
from skillift.statistics.comparisons import Joint, Sides
from skillift.statistics.equivalence_claims import differences_of
from skillift.statistics.heterogeneity import clustered_covariance
from skillift.statistics.metric_values import SAMPLE
from skillift.statistics.pairing import task_values
from skillift.statistics.protocol_tables import OfProtocol
from skillift.statistics.sampling import where_able
from skillift.statistics.transfer import slope_of, weights_of

K = 4
RATE, GAIN = 0.4, 0.15  # of one sample of the small student, before SFT; what SFT gains
VARIETY = 0.5  # see `answers.of_variety`
BUDGETS = (2, 4, 8)
ONE, OTHER = "small", "large"
_CHUNK = 100  # studies at once
_MOST_STATED = 400


class Covered(NamedTuple):
    """How often the interval of a difference by SFT holds the truth, and leaves out 0 where that is it.

    Attributes:
        metric, k: of how many samples.
        truth, mean_estimate: the true difference, and the mean over studies.
        covered: share of studies in which the interval holds it.
        flagged: share of studies without a difference with p < 5 %.
    """

    metric: str
    k: int
    truth: float
    mean_estimate: float
    covered: float
    flagged: float
    n_studies: int


def sampled_claims(n_studies: int, seed: int) -> list[Checked]:
    """The claims about many samples, each with its own draws."""
    claims = {
        "sampling_budget": (_budget, ABOVE),
        "sampling_budget_where_able": (_able, ABOVE),
        "diversity_by_tier": (_by_tier, ABOVE),
        "diversity_lost": (_lost, BELOW),
    }
    return [
        checked(name, study, shape, np.random.default_rng([seed, 10, place]), n_studies)
        for place, (name, (study, shape)) in enumerate(claims.items())
    ]


def sampled_differences(n_studies: int, seed: int) -> list[Covered]:
    """Differences of each metric at each k of which the library has values."""
    rng = np.random.default_rng([seed, 20])
    chances = {"pass": answers.of_rate, "majority": answers.of_rate, "distinct": answers.of_variety}
    after = {"pass": RATE + GAIN, "majority": RATE + GAIN, "distinct": VARIETY - GAIN}
    found = []
    for metric, chances_of in chances.items():
        at = VARIETY if metric == "distinct" else RATE
        alike, moved = (
            [_counts(rng, n_studies, chances_of, place) for place in (at, then)]
            for then in (at, after[metric])
        )
        shared, own, weights = answers.parts()
        for k in BUDGETS:
            truths = [
                float(weights @ answers.expected(metric, k, chances_of(place + shared + own)))
                for place in (at, after[metric])
            ]
            null, planted = (
                means(answers.measured(metric, k, last) - answers.measured(metric, k, first))
                for first, last in (alike, moved)
            )
            truth = truths[1] - truths[0]
            found.append(
                Covered(
                    metric,
                    k,
                    truth,
                    float(planted.estimate.mean()),
                    float(np.mean((planted.low <= truth) & (truth <= planted.high))),
                    float(np.mean(null.p_value < 1 - CONFIDENCE)),
                    n_studies,
                )
            )
    return found


def _counts(rng: np.random.Generator, n_studies: int, chances_of: answers.Chances, at: float) -> np.ndarray:
    (parts,) = answers.drawn_parts(rng, n_studies, N_SKILLS, PER_SKILL, 1)
    return answers.counted(rng, chances_of(at + parts))


def _lost(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
    """After SFT so many fewer of four answers differ."""
    less = answers.moved("distinct", K, answers.of_variety, VARIETY, -effect) if effect else 0.0
    parts = answers.drawn_parts(rng, n_studies, N_SKILLS, PER_SKILL, 2)
    before, after = (
        answers.measured("distinct", K, answers.counted(rng, answers.of_variety(at + own)))
        for at, own in zip((VARIETY, VARIETY + less), parts, strict=True)
    )
    return means(after - before)


def _by_tier(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
    """Three tiers, of which one of ten times the parameters gives that many more answers among four."""
    logs = np.log10(SIZES)
    skills = np.repeat(np.arange(N_SKILLS), PER_SKILL)
    parts = answers.drawn_parts(rng, n_studies, N_SKILLS, PER_SKILL, len(SIZES))
    tiers = []
    for place, own in zip(logs - logs.mean(), parts, strict=True):
        more = answers.moved("distinct", K, answers.of_variety, VARIETY, effect * place) if effect else 0.0
        counts = answers.counted(rng, answers.of_variety(VARIETY + more + own))
        tiers.append(answers.measured("distinct", K, counts).reshape(n_studies, -1))
    weights, rows = weights_of(logs), []
    for number, values in enumerate(np.stack(tiers, axis=2)):
        joint = Joint(values.mean(axis=0), [], clustered_covariance(values, skills), N_SKILLS - 1.0)
        estimate, whole = slope_of(joint, weights)
        known = whole.of(estimate, CONFIDENCE)
        stated = whole.detectable(CONFIDENCE)["mde"] if number < _MOST_STATED else np.nan
        rows.append((estimate, known["ci_low"], known["ci_high"], known["p_value"], stated))
    return Found(*np.array(rows).T)


def _budget(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
    """The majority of four samples of the small student beats one of the large by so much."""
    shared, own, weights = answers.parts()
    large = float(weights @ answers.expected("majority", K, answers.of_rate(RATE + shared + own))) - effect
    parts = answers.drawn_parts(rng, n_studies, N_SKILLS, PER_SKILL, 2)
    (one, k), (other, single) = (
        (answers.counted(rng, answers.of_rate(at + each)), k)
        for at, each, k in zip((RATE, large), parts, (K, 1), strict=True)
    )
    return means(answers.measured("majority", k, one) - answers.measured("pass", single, other))


def _able(rng: np.random.Generator, n_studies: int, effect: float) -> Found:
    """The same of the tasks on which the small student has some success, through the library's own tables.

    A task counts with the chance that a sample of half of them passes.
    """
    shared, own, weights = answers.parts()
    chances = answers.of_rate(RATE + shared + own)
    able = weights * answers.expected("pass", answers.N_SAMPLES // 2, chances)
    able /= able.sum()
    large = float(able @ (answers.expected("majority", K, chances) - shared)) - effect
    found = [
        _able_studies(rng, min(_CHUNK, n_studies - start), large, _MOST_STATED - start)
        for start in range(0, n_studies, _CHUNK)
    ]
    return Found(*np.concatenate(found, axis=1))


def _able_studies(rng: np.random.Generator, n_studies: int, large: float, n_stated: int) -> np.ndarray:
    parts = answers.drawn_parts(rng, n_studies, N_SKILLS, PER_SKILL, 2)
    said = np.stack(
        [
            answers.one_by_one(rng, answers.of_rate(at + own))
            for at, own in zip((RATE, large), parts, strict=True)
        ]
    )
    frame = _samples(said)
    scores, small = frame.drop(COLUMN, "completion_tokens"), pl.col("student").str.starts_with(ONE)
    # the large student's majorities are compared with nothing
    asked = OfProtocol("sampling", scores.filter(small), {"pass": task_values(scores)}, {})
    of_half = where_able(asked, [K], frame.select(*SAMPLE, COLUMN, "completion_tokens")).values
    columns = ["path", "task_id", "skill_id", "value", "low", "high", "n_unscored"]
    rows = pl.concat(
        values.select(*columns, side=pl.col("student").cast(pl.String))
        for values in (
            of_half[f"majority@{K}"],
            of_half["pass"].filter(~small),
        )
    )
    names = [(f"{ONE} {number:04d}", f"{OTHER} {number:04d}") for number in range(n_studies)]
    sides = Sides(
        [each for pair in names for each in pair], rows, {}, {each: 1 for pair in names for each in pair}
    )
    found = []
    for number, row in enumerate(differences_of(sides, names, None, CONFIDENCE)):
        stated = row["uncertainty"].detectable(CONFIDENCE)["mde"] if number < n_stated else np.nan
        found.append((row["estimate"], row["ci_low"], row["ci_high"], row["p_value"], stated))
    return np.array(found).T


def _samples(said: np.ndarray) -> pl.DataFrame:
    """Scores and answers of all samples, from those of shape (students, studies, skills, tasks, samples)."""
    n_students, n_studies, n_skills, per_skill, n_samples = said.shape
    tasks = [(f"t{skill}-{task}", f"s{skill}") for skill in range(n_skills) for task in range(per_skill)]
    students = [f"{name} {number:04d}" for name in (ONE, OTHER)[:n_students] for number in range(n_studies)]
    rows = (
        pl.DataFrame({"student": students})
        .join(
            pl.DataFrame(tasks, schema=["task_id", "skill_id"], orient="row"),
            how="cross",
            maintain_order="left_right",
        )
        .join(pl.DataFrame({"sample": np.arange(n_samples)}), how="cross", maintain_order="left_right")
    )
    answer = said.ravel()
    silent = answer == len(answers.WRONG) + 1
    fixed = {
        "path": "bench",
        "suite": "holdout",
        "run": "base",
        "condition": "curated",
        "scorer": "answer_line",
    }
    return rows.with_columns(
        pl.Series("passed", answer == answers.RIGHT),
        pl.Series(COLUMN, np.where(silent, -1.0, answer.astype(float))),
        pl.lit(0, pl.Int64).alias("step"),
        pl.lit(10, pl.Int64).alias("completion_tokens"),
        **{name: pl.lit(value) for name, value in fixed.items()},
    )
