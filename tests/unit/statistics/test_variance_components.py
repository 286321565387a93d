"""Variance components: against restricted maximum likelihood, simulation, and the errors of the analysis."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from claim_tables import make_runs
from score_tables import make_scores, make_tasks

from skillift.errors import UserError
from skillift.settings.publication_specs import DeclaredRun
from skillift.statistics.contrasts import differences
from skillift.statistics.effects import effects
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.power import Components, Design, precision
from skillift.statistics.seed_variance import seed_variance
from skillift.statistics.variance_components import (
    crossed_components,
    measured_components,
    nested_components,
    pooled,
)

PATH = "judge:a"


def nested_values(seed: int = 0, n_skills: int = 40, per_skill: int = 5, of_skill: float = 0.5):
    rng = np.random.default_rng(seed)
    skills = np.repeat(np.arange(n_skills), per_skill)
    return rng.normal(0, of_skill, n_skills)[skills] + rng.normal(0, 1, n_skills * per_skill), skills


def test_nested_components_are_those_of_restricted_maximum_likelihood():
    from statsmodels.regression.mixed_linear_model import MixedLM

    values, skills = nested_values()
    fit = MixedLM(values, np.ones_like(values), groups=skills).fit(reml=True)
    skill, task = nested_components(values, skills)
    assert skill == pytest.approx(float(fit.cov_re[0, 0]), rel=1e-3)
    assert task == pytest.approx(fit.scale, rel=1e-3)


def test_unequal_skills_give_unbiased_components():
    found = []
    for seed in range(400):
        values, skills = nested_values(seed)
        kept = np.random.default_rng(seed + 1000).random(len(values)) < np.linspace(0.3, 1, len(values))
        found.append(nested_components(values[kept], skills[kept]))
    skill, task = np.mean(found, axis=0)
    assert skill == pytest.approx(0.25, rel=0.06)
    assert task == pytest.approx(1.0, rel=0.03)


def test_where_skills_vary_less_than_chance_tasks_have_all_the_variance():
    values, skills = np.array([1.0, -1.0] * 20), np.repeat(np.arange(20), 2)
    assert nested_components(values, skills) == (0.0, pytest.approx(np.var(values, ddof=1)))


def test_with_one_task_a_skill_tasks_are_not_told_from_skills():
    values = np.random.default_rng(0).normal(size=30)
    assert nested_components(values, np.arange(30)) == (pytest.approx(np.var(values, ddof=1)), None)


@pytest.mark.nightly
def test_crossed_components_are_those_of_the_simulation():
    rng, found = np.random.default_rng(2), []
    skills = np.repeat(np.arange(20), 5)
    for _ in range(800):
        by_skill = rng.normal(0, 0.5, (3, 20))[:, skills]
        seeds = rng.normal(0, 0.5, (3, 1)) + by_skill + rng.normal(0, 1, (3, 100))
        found.append(crossed_components(rng.normal(0, 2, 100) + seeds, skills))
    seed, interaction = np.mean(found, axis=0)
    assert seed == pytest.approx(0.25, rel=0.1)
    assert interaction == pytest.approx(
        1.0 + 0.5**2, rel=0.02
    )  # skills vary over seeds, and so do their tasks


def test_the_seed_variance_is_that_of_the_analysis():
    scores, runs = study(seeds=3), runs_of(3)
    values = task_values(scores)
    table = effects(differences(values, runs), 0.95, 100, 0)
    lifts = seed_variance(table, runs, 0.95).filter(contrast="lift:curated-none")
    own = (pl.col("variance_between_seeds") - pl.col("noise_between_seeds")).clip(0)
    shown = {f"{student}/sft": value for student, value in lifts.select("student", own).iter_rows()}
    found = {one.where: one.components.seed for one in measured_components(scores, PATH, "holdout")}
    assert max(shown.values()) > 0
    assert {where: found[where] for where in shown} == pytest.approx(shown)


def runs_of(seeds: int) -> list[DeclaredRun]:
    return make_runs({(student, "sft"): tuple(range(seeds)) for student in ("s", "m")})


def study(seeds: int = 2, n_samples: int = 1, n_skills: int = 40, per_skill: int = 5, students=("s", "m")):
    """Scores of students with base and trained runs, verdicts drawn around rates that differ by skill."""
    rng = np.random.default_rng(5)
    tasks = make_tasks(n_skills, per_skill)
    n_tasks = n_skills * per_skill
    arms = {}
    for student in students:
        for run in ("base", *(f"sft-s{seed}" for seed in range(seeds))):
            for condition, help_ in (("none", 0.0), ("curated", 0.15)):
                skill = np.repeat(rng.normal(0, 0.15, n_skills), per_skill)
                rates = 0.35 + skill + help_ * (2 if run != "base" else 1) + rng.normal(0, 0.1, n_tasks)
                drawn = rng.random((n_tasks, n_samples)) < np.clip(rates, 0.02, 0.98)[:, None]
                step = 0 if run == "base" else 10
                arms[PATH, student, run, step, condition] = [bool(value) for value in drawn.ravel()]
    return with_skills(make_scores(arms, n_samples=n_samples), tasks)


@pytest.mark.parametrize(("seeds", "n_samples"), [(1, 1), (2, 1), (1, 4), (3, 2)])
def test_a_plan_for_a_studys_own_design_has_the_errors_of_its_analysis(seeds, n_samples):
    scores = study(seeds, n_samples)
    runs = runs_of(seeds)
    table = effects(differences(task_values(scores), runs), 0.95, 100, 0)
    recipe = "sft" if seeds > 1 else "sft-s0"
    compared = []
    for found in measured_components(scores, PATH, "holdout"):
        if found.contrast == "lift_difference":
            continue
        run, contrast = ("base", "curated-none") if found.n_seeds == 0 else (recipe, "lift:curated-none")
        row = table.row(
            by_predicate=(pl.col("student") == found.where.split("/")[0])
            & (pl.col("run") == run)
            & (pl.col("contrast") == contrast),
            named=True,
        )
        planned = precision(found.components, Design(200, 40, n_samples, seeds), 0.95)
        shown, parts = row["standard_error"], found.components
        exact = min(parts.skill, parts.task) > 0
        compared.append(exact)
        if exact:
            assert planned.standard_error_given_seeds == pytest.approx(shown, rel=1e-9)
        else:  # an estimated variance below zero was put to zero
            assert shown < planned.standard_error_given_seeds < 1.15 * shown
    assert len(compared) == 4
    assert any(compared)


def test_samples_and_seeds_are_told_apart_where_the_study_has_several():
    single, repeated = (
        {found.where: found.components for found in measured_components(scores, PATH, "holdout")}
        for scores in (study(1, 1), study(3, 4))
    )
    assert single["s/sft"].sample_trained is single["s/sft"].seed is single["s/sft"].seed_task is None
    parts = repeated["s/sft"]
    assert parts.sample_base == pytest.approx(2 * 0.4 * 0.6, rel=0.2)
    assert parts.seed is not None
    assert parts.seed_task is not None
    assert parts.task < single["s/sft"].task


def test_differences_of_lifts_are_between_students_or_else_between_recipes():
    found = measured_components(study(), PATH, "holdout")
    assert [one.where for one in found if one.contrast == "lift_difference"] == ["m/sft - s/sft"]
    alone = study(students=("s",))
    other = alone.filter(pl.col("run") == "sft-s0").with_columns(run=pl.lit("other-s0"))
    found = measured_components(pl.concat([alone, other]), PATH, "holdout")
    assert [one.where for one in found if one.contrast == "lift_difference"] == ["s/other - s/sft"]


def test_unscored_tasks_are_left_out_and_never_fails():
    scores = study(1)
    lost = pl.when(pl.col("task_id") >= "t0150").then(None).otherwise(pl.col("passed"))
    found = measured_components(scores.with_columns(passed=lost), PATH, "holdout")
    assert {one.n_tasks for one in found} == {150}
    kept = measured_components(scores.filter(pl.col("task_id") < "t0150"), PATH, "holdout")
    assert [one.components for one in found] == [one.components for one in kept]


def test_pooling_takes_the_places_that_know_most():
    knowing = Components(0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    unknowing = Components(0.9, 0.9, None, None, None, None)
    assert pooled([knowing, unknowing]) == knowing
    assert pooled([unknowing, Components(0.1, 0.1, None, None, None, None)]).task == pytest.approx(0.5)


def constant(frame):
    return frame.with_columns(passed=pl.lit(True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.filter(pl.col("path") != PATH), "columns path and suite"),
        (lambda frame: frame.filter(pl.col("condition") == "none"), "column condition"),
        (lambda frame: frame.filter(pl.col("run") != "base"), "column run"),
        (lambda frame: frame.filter(pl.col("run") == "base"), "a trained run beside 'base'"),
        (lambda frame: frame.filter(pl.col("skill_id") == "skill-000"), "1 skills"),
        (constant, "the same value on all 200 tasks"),
    ],
    ids=["path", "condition", "base", "trained", "one skill", "no variation"],
)
def test_scores_that_leave_the_components_undefined_are_named(change, message):
    with pytest.raises(UserError, match=message):
        measured_components(change(study()), PATH, "holdout")
