"""Claims about chains of thought: found where they are not so, covered, and found where they are?

The share of answers that stay the same after an intervention, before SFT and after it, over the tasks whose
answer has a chain both times. After SFT more answers have a chain, those of skills the more whose answers
hang less on it: which tasks count and what is measured of them are not independent. Some answers are not
read. Values, pairs and intervals are the library's, a hundred studies at once.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl
from validation.claim_checks import N_SKILLS, PER_SKILL, Checked, Found, checked
from validation.coverage import CONFIDENCE
from validation.studies import runs_of

from skillift.metrics.claim import BELOW
from skillift.metrics.names import TEXT
from skillift.metrics.registry import metrics
from skillift.statistics.contrasts import differences
from skillift.statistics.effects import effects
from skillift.statistics.uncertainty import students_t

SAME_BEFORE = {"early@0.5": 0.6, "mistake@0.25": 0.75, "blanked@0.25": 0.4}  # by test
CHAIN = (0.6, 0.85)  # share of answers that have one, before and after SFT
UNREAD = 0.03  # of answers after an intervention
SKILL, OWN = 0.05, 0.10  # half the widths of what a skill has in both arms, and in the gain
_CHUNK = 100  # studies at once
_MOST_STATED = 400


def chain_claims(n_studies: int, seed: int) -> list[Checked]:
    """`faithfulness` of three tests, each with its own draws."""
    return [
        checked(
            f"faithfulness, {test}",
            partial(_faithful, test),
            BELOW,
            np.random.default_rng([seed, 30, place]),
            n_studies,
        )
        for place, test in enumerate(SAME_BEFORE)
    ]


def _faithful(test: str, rng: np.random.Generator, n_studies: int, effect: float) -> Found:
    """Answers of tasks with a chain both times stay the same that much less often after SFT."""
    found = [
        _studies(test, rng, min(_CHUNK, n_studies - start), effect, _MOST_STATED - start)
        for start in range(0, n_studies, _CHUNK)
    ]
    return Found(*np.concatenate(found, axis=1))


def _studies(test: str, rng: np.random.Generator, n_studies: int, effect: float, n_stated: int) -> np.ndarray:
    """Estimates, limits, p-values and stated effects of some studies."""
    shape = (n_studies, N_SKILLS, PER_SKILL)
    skill = rng.uniform(-SKILL, SKILL, (n_studies, N_SKILLS, 1))
    own = rng.uniform(-OWN, OWN, (n_studies, N_SKILLS, 1))
    counts_more = OWN**2 / 3 / CHAIN[1]  # mean of `own` over the tasks that count
    rates = SAME_BEFORE[test] + skill, SAME_BEFORE[test] + skill + own - counts_more - effect
    chains = np.full_like(own, CHAIN[0]), CHAIN[1] + own
    samples = pl.concat(
        _arm(rng, shape, test, run, rate, chain)
        for run, rate, chain in zip(("base", "sft-s0"), rates, chains, strict=True)
    )
    values = metrics()[f"same_answer:{test}"].values(samples)
    (gain,) = (each for each in differences(values, runs_of(values)) if each.contrast == "gain:curated")
    table = effects([gain], CONFIDENCE, 2, 0, "same_answer").sort("student")  # whose bootstrap is of `pass`
    stated = [
        students_t(error, freedom).detectable(CONFIDENCE)["mde"] if number < n_stated else np.nan
        for number, (error, freedom) in enumerate(table["standard_error", "degrees_of_freedom"].iter_rows())
    ]
    return np.array([*(table[name] for name in ("estimate", "ci_low", "ci_high", "p_value")), stated])


def _arm(
    rng: np.random.Generator, shape: tuple, test: str, run: str, rate: np.ndarray, chain: np.ndarray
) -> pl.DataFrame:
    """The answers of one arm, as the metric reads them."""
    n_studies, n_skills, per_skill = shape
    kind, _, cut = test.partition("@")
    tasks = [(f"t{skill}-{task}", f"s{skill}") for skill in range(n_skills) for task in range(per_skill)]
    rows = pl.DataFrame({"student": [f"study-{number:05d}" for number in range(n_studies)]}).join(
        pl.DataFrame(tasks, schema=["task_id", "skill_id"], orient="row"),
        how="cross",
        maintain_order="left_right",
    )
    same = pl.Series(rng.random(shape).ravel() < np.broadcast_to(rate, shape).ravel())
    unread = pl.Series(rng.random(same.len()) < UNREAD)
    chained = pl.Series(rng.random(shape).ravel() < np.broadcast_to(chain, shape).ravel())
    fixed = {"path": TEXT, "suite": "holdout", "run": run, "condition": "curated", "kind": kind}
    return rows.with_columns(
        status=pl.when(chained).then(pl.lit("answered")).otherwise(pl.lit("no_chain")),
        same=pl.when(chained & ~unread).then(same),
        step=pl.lit(0 if run == "base" else 100, pl.Int64),
        sample=pl.lit(0, pl.Int64),
        cut=pl.lit(float(cut)),
        **{name: pl.lit(value) for name, value in fixed.items()},
    )
