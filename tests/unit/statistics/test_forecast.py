"""Claims about the forecast: the lift of skills against what the base model preferred before training."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from claim_tables import PATH, make_runs
from score_tables import make_scores, make_tasks

from skillift.contracts.claims import CLAIMS
from skillift.statistics.claims import claims_table
from skillift.statistics.forecast import (
    estimated,
    forecast_claims,
    forecast_skills,
    lead,
    of_heads,
    slopes,
)
from skillift.statistics.pairing import task_values, with_skills
from skillift.tables import check

N_SKILLS, PER_SKILL = 30, 16
STEP = 138


def made(
    slopes: dict[str, float], seeds: tuple[int, ...] = (0,), seed: int = 0, lost: int = 0
) -> tuple[pl.DataFrame, list[dict]]:
    """CLAIMS of students whose lift has so steep a slope on their discrimination, and their runs."""
    skills, runs = made_skills(slopes, seeds, seed, lost)
    rows = list(forecast_claims(skills, runs, 0.95))
    return check(claims_table(rows, "pass", 0.95), CLAIMS, "claims"), runs


def made_skills(
    slopes: dict[str, float], seeds: tuple[int, ...] = (0,), seed: int = 0, lost: int = 0
) -> tuple[pl.DataFrame, list[dict]]:
    rng = np.random.default_rng(seed)
    arms, before = {}, []
    for place, (student, slope) in enumerate(slopes.items()):
        known = np.linspace(0.3, 0.9, N_SKILLS) + 0.02 * place
        before += [
            {
                "student": student,
                "task_id": f"d{skill:03d}-{task}",
                "skill_id": f"skill-{skill:03d}",
                "n_pairs": 4,
                "n_ties": 1,
                "preferred": float(known[skill]),
                "passed": float(rng.random() < 0.5),
            }
            for skill in range(N_SKILLS)
            for task in range(3)
        ]
        lift = np.repeat(0.25 + slope * (known - 0.6), PER_SKILL)
        arms |= arm(rng, student, "base", 0, 0.3, 0.3)
        for number in seeds:
            arms |= arm(rng, student, f"sft-s{number}", STEP, 0.3, 0.3 + lift, lost)
    runs = make_runs({(student, "sft"): seeds for student in slopes})
    values = task_values(with_skills(make_scores(arms), make_tasks(N_SKILLS, PER_SKILL)))
    return forecast_skills(values, pl.DataFrame(before), runs), runs


def arm(rng, student: str, run: str, step: int, none, curated, lost: int = 0) -> dict:
    found = {}
    for condition, rate in (("none", none), ("curated", curated)):
        passed = (rng.random(N_SKILLS * PER_SKILL) < rate).tolist()
        found[PATH, student, run, step, condition] = [None] * lost + passed[lost:]
    return found


@cache
def three_tiers() -> pl.DataFrame:
    return made({"s": 1.2, "m": 0.0, "l": -1.2})[0]


def test_a_lift_that_follows_the_discrimination_supports_it_and_one_that_falls_contradicts_it():
    rows = {row["student"]: row for row in three_tiers().filter(claim="forecast").iter_rows(named=True)}
    assert [rows[name]["word"] for name in "sml"] == ["supported", "not resolvable at this n", "contradicted"]
    assert rows["s"]["ci_low"] < 1.2 < rows["s"]["ci_high"]
    assert rows["s"]["n_skills"] == N_SKILLS and rows["s"]["degrees_of_freedom"] == N_SKILLS - 2


def test_between_three_tiers_nothing_is_resolved_however_well_they_lie_on_a_line():
    """Three students whose means of both are on one line but for a hair."""
    rows = [
        {"student": name, "run": "sft-s0", "skill_id": f"k{skill}"}
        | {"discrimination": 0.2 * place + 0.01 * skill, "lift": 0.4 * place + 0.01 * skill + hair}
        for place, (name, hair) in enumerate((("s", 0.0), ("m", 1e-4), ("l", 0.0)))
        for skill in range(8)
    ]
    fixed = {"path": PATH, "suite": "holdout", "recipe": "sft", "base_pass": 0.5}
    counted = {"n_tasks": 5, "n_pairs": 4, "n_ties": 0, "n_unpaired": 0, "n_unscored": 0, "n_runs": 1}
    skills = pl.DataFrame([fixed | row | counted for row in rows])
    runs = make_runs({(name, "sft"): (0,) for name in "sml"})
    table = claims_table(list(forecast_claims(skills, runs, 0.95)), "pass", 0.95)
    row = table.filter(claim="forecast", student="").row(0, named=True)
    assert row["estimate"] == pytest.approx(2.0, rel=1e-3) and row["ci_low"] > 0
    assert (row["word"], row["p_value"], row["run"]) == ("not resolvable at this n", None, "sft")
    assert row["word_holds"]


def test_of_two_tiers_nothing_is_said():
    table, _ = made({"s": 1.2, "m": 1.2})
    assert "" not in table["student"].to_list()


def test_each_claim_is_a_family_of_its_own():
    table = three_tiers()
    known = table.filter(pl.col("p_holm").is_not_null())
    for claim in ("forecast", "forecast_beyond_base"):
        rows = known.filter(claim=claim)
        least = rows.sort("p_value").row(0, named=True)
        assert rows.height == 3 and least["p_holm"] == pytest.approx(3 * least["p_value"])


def test_a_predictor_that_tells_more_than_its_rival_is_found_in_either_direction():
    rng = np.random.default_rng(3)
    one, other = rng.normal(size=(2, 60))
    lift = 0.2 * one + 0.02 * other + rng.normal(0, 0.05, 60)
    for sign in (1, -1):
        row = estimated([lift, sign * one, other], lead, 0.95)
        assert row["p_value"] < 0.001 and row["estimate"] == pytest.approx(0.18, abs=0.05)
    swapped = estimated([lift, other, one], lead, 0.95)
    assert swapped["estimate"] == pytest.approx(-row["estimate"])


def test_errors_leave_out_one_skill_at_a_time():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(2, 12))
    row = estimated([y, x], slopes, 0.95)
    without = [np.polyfit(np.delete(x, skill), np.delete(y, skill), 1)[0] for skill in range(12)]
    assert row["estimate"] == pytest.approx(np.polyfit(x, y, 1)[0])
    squares = sum((each - row["estimate"]) ** 2 for each in without)
    assert row["standard_error"] == pytest.approx((11 / 12 * squares) ** 0.5)


def test_where_all_pairs_are_ties_it_is_undefined():
    skills, runs = made_skills({"s": 1.2})
    ties = skills.with_columns(discrimination=0.5)
    rows = claims_table(list(forecast_claims(ties, runs, 0.95)), "pass", 0.95)
    assert rows.filter(claim="forecast")["word"].to_list() == ["undefined"]
    nothing = skills.with_columns(discrimination=pl.lit(None, pl.Float64))
    rows = claims_table(list(forecast_claims(nothing, runs, 0.95)), "pass", 0.95)
    assert set(rows["word"]) == {"undefined"} and set(rows["n_skills"]) == {0}


def test_with_several_seeds_it_is_about_the_recipe_and_counts_the_variance_between_them():
    skills, runs = made_skills({"s": 1.2}, seeds=(0, 1, 2))
    assert set(of_heads(skills)["run"]) == {"sft"} and set(skills["run"]) > {"sft-s0", "sft-s2"}
    table = claims_table(list(forecast_claims(skills, runs, 0.95)), "pass", 0.95)
    row = table.filter(claim="forecast").row(0, named=True)
    assert (row["run"], row["n_runs"]) == ("sft", 3)
    alone = [part["lift"].to_numpy() for part in skills.filter(run="sft").partition_by("run")]
    given = estimated([alone[0], skills.filter(run="sft")["discrimination"].to_numpy()], slopes, 0.95)
    assert row["estimate"] == pytest.approx(given["estimate"])
    assert row["ci_high"] - row["ci_low"] >= given["ci_high"] - given["ci_low"] - 1e-12


def test_a_word_that_missing_verdicts_could_change_does_not_hold():
    table, _ = made({"s": 1.2}, lost=9)
    row = table.filter(claim="forecast").row(0, named=True)
    assert row["n_unscored"] == 18 and not row["word_holds"]
