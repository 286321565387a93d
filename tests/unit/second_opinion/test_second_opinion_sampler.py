"""The sampler on studies with a known truth, in the environment that `make test-nightly` makes for it.

Without that environment these tests fail: they are never passed over.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from validation.coverage import PLANTED
from validation.studies import right_responses

from second_opinion.second_opinion import PYTHON
from skillift.second_opinion.comparison import not_converged
from skillift.second_opinion.sampling import posteriors
from skillift.statistics.intervals import clustered_mean

pytestmark = pytest.mark.nightly

SMALL = replace(PLANTED, n_skills=20)
SHORT = {"warmup": 300, "draws": 300, "target_accept": 0.9}  # enough for studies of this size
WEIGHTS = {("base", "procedural_delta"): (-1, 1, 0, 0), ("sft-s0", "lift"): (1, -1, -1, 1)}
TRUTH = {("base", "procedural_delta"): 0.06, ("sft-s0", "lift"): 0.07}


@pytest.fixture(autouse=True)
def short_chains(monkeypatch):
    monkeypatch.setattr("skillift.second_opinion.sampling.SETTINGS", SHORT)


def studies(population, n_studies: int, seed: int) -> tuple[np.ndarray, dict[str, dict]]:
    """Passes of shape (studies, arms, tasks), and the same as the sampler takes them: a study is a path."""
    right = right_responses(np.random.default_rng(seed), population, n_studies).astype(int)
    skills = np.repeat(np.arange(population.n_skills), population.per_skill).tolist()
    student = {"student": "s", "groups": ["base", "sft-s0"], "several": [False] * 2, "group_of_run": [0, 1]}
    return right, {
        f"study-{place:03d}": {
            "skills": skills,
            "students": [
                student
                | {
                    "passes": passed.reshape(2, 2, -1).tolist(),
                    "scored": np.ones_like(passed).reshape(2, 2, -1).tolist(),
                }
            ],
        }
        for place, passed in enumerate(right)
    }


def effects_of(posterior: dict) -> dict[tuple, dict]:
    assert {not_converged(each, posterior) for each in posterior["effects"]} == {""}
    return {(each["run"], each["claim"]): each for each in posterior["effects"]}


def clustered(passed: np.ndarray, weights: tuple, population):
    skills = np.repeat(np.arange(population.n_skills), population.per_skill)
    return clustered_mean(np.array(weights, dtype=float) @ passed, skills, 0.95)


def test_intervals_of_small_studies_cover_the_truth():
    n_studies = 8
    _, paths = studies(SMALL, n_studies, seed=1)
    found = [effects_of(posterior) for posterior in posteriors(paths, Path(PYTHON), 0, 0.95).values()]
    for name, truth in TRUTH.items():
        covered = [each[name]["low"] <= truth <= each[name]["high"] for each in found]
        assert np.sum(covered) >= 6, name  # at 95 %, less is less likely than 1 in 100
        means = [each[name]["mean"] for each in found]
        assert np.mean(means) == pytest.approx(truth, abs=3 * np.std(means, ddof=1) / n_studies**0.5)


def test_in_a_balanced_study_of_two_hundred_tasks_it_agrees_with_the_t_interval():
    (passed,), paths = studies(PLANTED, 1, seed=2)
    found = effects_of(next(iter(posteriors(paths, Path(PYTHON), 0, 0.95).values())))
    for name, weights in WEIGHTS.items():
        t, own = clustered(passed, weights, PLANTED), found[name]
        assert own["mean"] == pytest.approx(t.estimate, abs=0.25 * t.standard_error)
        assert (own["high"] - own["low"]) / (t.ci_high - t.ci_low) == pytest.approx(1, abs=0.2)


def test_trainings_that_differ_widen_the_interval_of_their_recipe():
    """Two trainings 40 pp apart under the procedure: the mean of such trainings is hardly known."""
    passed = right_responses(np.random.default_rng(3), SMALL, 1).astype(int)[0].reshape(2, 2, -1)
    rng = np.random.default_rng(4)
    second = passed[1].copy()
    second[1] = second[1] * (rng.random(second.shape[1]) < 0.3)
    skills = np.repeat(np.arange(20), 5).tolist()

    def width(*after: np.ndarray) -> float:
        runs = np.stack([passed[0], *after])
        student = {"student": "s", "groups": ["base", "sft"], "several": [False, True]}
        student |= {"group_of_run": [0, 1, 1], "passes": runs.tolist(), "scored": np.ones_like(runs).tolist()}
        data = {"bench": {"skills": skills, "students": [student]}}
        effects = posteriors(data, Path(PYTHON), 0, 0.95)["bench"]["effects"]
        (lift,) = (each for each in effects if each["claim"] == "lift")
        return lift["high"] - lift["low"]

    assert width(passed[1], second) > 1.3 * width(passed[1], passed[1])
