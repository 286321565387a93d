"""A ceiling of met constraints: the same at every tier, and below a limit."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from claim_tables import make_runs
from made_specs import estimated
from scipy.stats import t

from skillift.contracts.claims import CLAIMS
from skillift.statistics.analysis import of_metric_alone
from skillift.statistics.pass_rates import no_responses
from skillift.tables import check

N_SKILLS, PER_SKILL = 30, 8
N_TASKS = N_SKILLS * PER_SKILL
TASKS = pl.DataFrame({"task_id": ["none"]})


def shares(mean: float, seed: int) -> np.ndarray:
    """The share of a task's constraints that are met; skills differ."""
    rng = np.random.default_rng(seed)
    of_skills = np.repeat(rng.normal(0, 0.02, N_SKILLS), PER_SKILL)
    return np.clip(mean + of_skills + rng.normal(0, 0.1, N_TASKS), 0, 1)


def values(after: dict[str, float | None]) -> pl.DataFrame:
    """Values of the metric under curated; None: a tier without a value."""
    parts = []
    for place, (student, mean) in enumerate(after.items()):
        for run, step, share in (("base", 0, 0.3), ("sft-s0", 9, mean)):
            value = [None] * N_TASKS if share is None else shares(share, 7 + place + step).tolist()
            parts.append(
                pl.DataFrame(
                    {
                        "path": "text",
                        "suite": "holdout",
                        "student": student,
                        "run": run,
                        "step": pl.Series([step] * N_TASKS, dtype=pl.Int64),
                        "condition": "curated",
                        "task_id": [f"t{n:04d}" for n in range(N_TASKS)],
                        "skill_id": [f"k{n // PER_SKILL:02d}" for n in range(N_TASKS)],
                        "value": pl.Series(value, dtype=pl.Float64),
                        "low": pl.Series(value, dtype=pl.Float64),
                        "high": pl.Series(value, dtype=pl.Float64),
                        "n_unscored": pl.Series([0] * N_TASKS, dtype=pl.Int64),
                        "n_samples": pl.Series([1] * N_TASKS, dtype=pl.Int64),
                    }
                )
            )
    return pl.concat(parts)


def claims(after: dict[str, float | None], limit: float | None = 0.7, margin: float = 0.1) -> pl.DataFrame:
    settings = {"confidence": 0.95, "margins": {}}
    settings |= {"constraint_ceiling": {"limit": limit, "margin": margin}} if limit else {}
    runs = make_runs({(student, "sft"): (0,) for student in after})
    found = of_metric_alone("constraints", values(after), no_responses(), runs, estimated(settings), TASKS)
    return check(found.claims, CLAIMS, "claims")


def claim(*given, **options) -> dict:
    (found,) = claims(*given, **options).iter_rows(named=True)
    return found


def test_a_ceiling_below_the_limit_at_every_tier_is_supported():
    found = claim({"s": 0.55, "m": 0.56, "l": 0.55})
    assert (found["claim"], found["metric"], found["run"]) == ("constraint_ceiling", "constraints", "sft")
    assert (found["word"], found["n_tasks"], found["n_skills"]) == ("supported", N_TASKS, N_SKILLS)
    assert found["margin"] == 0.1 and found["contrast"] == "curated"


def test_the_part_that_decides_is_told_with_its_own_numbers():
    found = claim({"s": 0.55, "m": 0.66}, limit=0.7, margin=0.5)
    skills = shares(0.66, 17).reshape(N_SKILLS, PER_SKILL).mean(axis=1)
    error = skills.std(ddof=1) / N_SKILLS**0.5
    assert found["estimate"] == pytest.approx(0.7 - skills.mean())
    assert found["standard_error"] == pytest.approx(error)
    assert found["p_value"] == pytest.approx(2 * t.sf((0.7 - skills.mean()) / error, N_SKILLS - 1))
    apart = claim({"s": 0.5, "m": 0.58}, limit=0.95, margin=0.1)
    differences = (shares(0.5, 16) - shares(0.58, 17)).reshape(N_SKILLS, PER_SKILL).mean(axis=1)
    assert apart["estimate"] == pytest.approx(0.1 - abs(differences.mean()))
    assert apart["standard_error"] == pytest.approx(differences.std(ddof=1) / N_SKILLS**0.5)


def test_it_states_the_distance_at_which_all_parts_would_be_found():
    found = claim({"s": 0.55, "m": 0.55, "l": 0.55})
    skills = [shares(0.55, seed).reshape(N_SKILLS, PER_SKILL).mean(axis=1) for seed in (16, 17, 18)]
    errors = [
        skills[0].std(ddof=1),
        *((skills[a] - skills[b]).std(ddof=1) for a, b in ((0, 1), (0, 2), (1, 2))),
    ]
    half = t.ppf(0.975, N_SKILLS - 1) / N_SKILLS**0.5
    assert max(errors) * half < found["mde"] < 2.2 * max(errors) * half
    assert (found["mde_low"], found["mde_high"]) == (None, None)
    # a study of that distance has the word in four of five; one of a fifth of it in hardly any
    words = [
        claim({"s": 0.55, "m": 0.55}, limit=0.55 + each * found["mde"], margin=each * found["mde"])["word"]
        for each in (2.0, 0.2)
    ]
    assert words == ["supported", "not resolvable at this n"]


def test_a_tier_above_the_limit_or_tiers_that_differ_contradict_it():
    assert claim({"s": 0.55, "m": 0.9}, margin=0.9)["word"] == "contradicted"
    assert claim({"s": 0.3, "m": 0.6}, limit=0.95, margin=0.1)["word"] == "contradicted"


def test_near_the_limit_it_is_not_resolvable():
    assert claim({"s": 0.55, "m": 0.55}, limit=0.555)["word"] == "not resolvable at this n"


def test_without_a_declared_limit_or_a_second_tier_nothing_is_claimed():
    assert claims({"s": 0.5, "m": 0.5}, limit=None).is_empty()
    assert claims({"s": 0.5}).is_empty()


def test_a_tier_without_values_leaves_it_undefined():
    found = claim({"s": 0.5, "m": None})
    assert (found["word"], found["estimate"]) == ("undefined", None)
