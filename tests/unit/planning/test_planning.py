"""Claims about plans: every design has errors and costs; the cheapest that resolves an effect is taken."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
import yaml

from skillift.costs.estimate import study_costs
from skillift.episodes.study_tasks import tasks_of
from skillift.errors import UserError
from skillift.planning.costs import CallCosts, DeviceRates, DeviceWork, measured_rates, redesigned
from skillift.planning.designs import (
    DESIGN_SCHEMA,
    default_axes,
    design_table,
    grid,
    plan,
    recommend,
    skills_needed,
)
from skillift.planning.evidence import from_defaults, own_design
from skillift.planning.plan_text import cost_notes, recommendation_text
from skillift.statistics.power import Components, Design, precision
from skillift.study.study import load_study

PRICE = {"input_per_million": 1.0, "output_per_million": 10.0}
JUDGES = {"a": {"model": "hosted_vllm/a", "price": PRICE}, "b": {"model": "offline/tail"}}
OWN = Design(n_tasks=40, n_skills=8, samples=1, seeds=1)
RATES = DeviceRates(training={"s": 0.5, "m": 2.0}, episode={"s": 1e-4, "m": 3e-4})
SCENARIOS = from_defaults([0.1, 0.25]).scenarios


@pytest.fixture
def study_of(repository, tmp_path):
    """The smoke study with changes: eight skills of five tasks, three conditions, two students."""
    plain = yaml.safe_load((repository / "studies/smoke.yaml").read_text(encoding="utf-8"))

    def study(**changes):
        path = tmp_path / "study.yaml"
        path.write_text(
            yaml.safe_dump({**plain, "primary_judge": "a", "judges": JUDGES, "analysis": {}, **changes})
        )
        return load_study(path)

    return study


def planned_for(study, designs, rates=RATES, scenarios=SCENARIOS):
    tasks, skills = tasks_of(study)
    calls, work = CallCosts(study, tasks, skills, OWN.n_tasks), DeviceWork.of(study, tasks, OWN.n_tasks)
    return plan(designs, scenarios, 0.95, calls, work, rates)


def test_the_declared_design_is_read_off_the_study(study_of):
    study = study_of()
    assert own_design(study, tasks_of(study)[0], "holdout") == OWN
    with pytest.raises(UserError, match="--suite: found 'dev'"):
        own_design(study, tasks_of(study)[0], "dev")


@pytest.mark.parametrize("design", [OWN, Design(80, 8, 3, 4)], ids=["declared", "another"])
def test_usd_are_those_of_the_estimate_for_the_design(study_of, design):
    reference = {"tier": 9, "source": "api", "model": "hosted_vllm/r", "max_tokens": 99, "price": PRICE}
    study = study_of(references={"big": reference})
    if design != OWN:  # twice the tasks of every skill, without the limits of the declared pack
        pack = study.declared.tasks.pack
        doubled = pack.model_copy(update={"per_skill": pack.per_skill.model_copy(update={"holdout": 10})})
        of_study = study.declared.tasks.model_copy(update={"pack": doubled})
        study = replace(study, declared=study.declared.model_copy(update={"tasks": of_study}))
    tasks, skills = tasks_of(study)
    whole = sum(cost.usd for cost in study_costs(redesigned(study, *design[2:]), tasks, skills))
    (entry,) = planned_for(study_of(references={"big": reference}), [design])
    assert entry.usd == pytest.approx(whole, rel=0.01)  # the prompts of other tasks are not equally long
    assert entry.usd > 0


def test_hours_count_every_training_and_every_episode(study_of):
    design = Design(80, 8, 3, 4)
    (entry,) = planned_for(study_of(), [design])
    episodes = 80 * 3 * 3 * (1 + 4)  # tasks, conditions, samples, base and four trained runs
    assert entry.n_trainings == 2 * 4
    assert entry.n_episodes == 2 * episodes
    assert entry.device_hours == pytest.approx(4 * (0.5 + 2.0) + episodes * (1e-4 + 3e-4))


@pytest.mark.parametrize("beside", [{}, {"protocols": {"main": {}, "more": {"seed": 9}}}])
def test_hours_count_the_answers_after_interventions(study_of, repository, beside):
    asked = {"interventions": {"kinds": ["early", "paraphrase"], "cuts": [0.0, 0.5]}, **beside}
    inference = yaml.safe_load((repository / "studies/smoke.yaml").read_text(encoding="utf-8"))["inference"]
    inference |= {"temperature": 0.8}
    design = Design(80, 8, 3, 4)
    (plain,) = planned_for(study_of(inference=inference | beside), [design])
    (entry,) = planned_for(study_of(inference=inference | asked), [design])
    again = 80 * 3 * (2 + 2 + 1) * (1 + 4)  # tasks, samples, kinds and cuts, base and four trained runs
    assert entry.n_episodes == plain.n_episodes + 2 * again
    assert entry.device_hours == pytest.approx(plain.device_hours + again * (1e-4 + 3e-4))
    assert entry.usd == plain.usd  # no model behind an API is asked again


def test_hours_of_an_episode_are_those_of_all_answers_of_its_job(tmp_path):
    place = tmp_path / "benchmarks" / "generate" / "s"
    place.mkdir(parents=True)
    (place / "base.tsv").write_text("s\n7200\n", encoding="utf-8")
    scores = pl.DataFrame({"path": "bench", "student": "s", "run": ["base"] * 4})
    assert measured_rates(tmp_path, scores).episode == {"s": 0.5}
    made = tmp_path / "interventions" / "s" / "base.parquet"
    made.parent.mkdir(parents=True)
    pl.DataFrame({"status": ["answered"] * 4 + ["no_chain"] * 9}).write_parquet(made)
    assert measured_rates(tmp_path, scores).episode == {"s": 0.25}


def test_what_nobody_knows_is_unknown_and_never_zero(study_of):
    study = study_of(judges={**JUDGES, "a": {"model": "hosted_vllm/a"}})
    (entry,) = planned_for(study, [OWN], DeviceRates({"s": 1.0}, {"s": 1.0, "m": 1.0}))
    assert entry.usd is None
    assert entry.device_hours is None
    assert design_table([entry])["usd"].null_count() == 6
    tasks, skills = tasks_of(study)
    unknown = DeviceWork.of(study, tasks, 40).unknown(DeviceRates({"s": 1.0}, {"s": 1.0, "m": 1.0}))
    assert unknown == ["m"]
    notes = " ".join(cost_notes(CallCosts(study, tasks, skills, 40).unknown, unknown))
    assert "price of hosted_vllm/a" in notes
    assert "no rates of m" in notes
    verdict = recommendation_text(recommend([entry], "lift", 0.5, SCENARIOS, 0.95), entry, 0.0)
    assert "USD unknown, device hours unknown (2 trainings, 480 episodes)" in verdict


def test_the_recommendation_is_the_cheapest_design_that_resolves_the_effect_in_every_scenario(study_of):
    designs = grid([40, 400, 800, 1600], [8, 40], [1], [1, 2])
    planned = planned_for(study_of(), designs)
    found = recommend(planned, "lift", 0.08, SCENARIOS, 0.95)
    resolving = [
        entry
        for entry in planned
        if precision(SCENARIOS["25 % discordant"]["lift"], entry.design, 0.95).mde <= 0.08
    ]
    assert 0 < len(resolving) < len(planned)
    assert found.chosen.usd == min(entry.usd for entry in resolving)
    assert found.chosen.mde("lift") <= 0.08
    assert found.chosen.design.seeds == 1  # without a known seed variance, a second buys nothing
    assert "cheapest" in recommendation_text(found, planned[0], 0.0)


def test_a_price_of_device_hours_can_turn_the_recommendation(study_of):
    parts = Components(skill=0.0, task=0.0, sample_base=0.0, sample_trained=0.0, seed_task=1.0, seed=None)
    scenarios = {"seeds": {"lift": parts}}
    more_tasks, more_seeds = Design(800, 40, 1, 1), Design(400, 40, 1, 2)
    planned = planned_for(study_of(), [more_tasks, more_seeds], scenarios=scenarios)
    by_usd = recommend(planned, "lift", 0.15, scenarios, 0.95)
    by_hours = recommend(planned, "lift", 0.15, scenarios, 0.95, usd_per_hour=1000.0)
    assert by_usd.chosen.design == more_seeds  # fewer episodes to judge
    assert by_hours.chosen.design == more_tasks  # fewer trainings


def test_where_nothing_resolves_the_effect_the_plan_says_by_how_much_and_what_would(study_of):
    planned = planned_for(study_of(), [OWN, OWN._replace(n_tasks=80)])
    found = recommend(planned, "lift", 0.05, SCENARIOS, 0.95)
    assert found.chosen is None
    assert found.closest.design.n_tasks == 80
    verdict = recommendation_text(found, planned[0], 0.0)
    assert f"{100 * (found.closest.mde('lift') - 0.05):.1f} pp too large" in verdict
    assert f"{found.skills_needed:,} skills with 10 tasks each" in verdict
    assert "More tasks of these skills would do" in verdict


@pytest.mark.parametrize("effect", [0.03, 0.1])
def test_the_skills_that_are_needed_are_the_fewest(effect):
    parts = Components(0.02, 0.1, None, None, None, None)
    needed = skills_needed([parts], OWN, effect, 0.95)
    enough, fewer = (
        precision(parts, OWN._replace(n_skills=number, n_tasks=5 * number), 0.95).mde
        for number in (needed, needed - 1)
    )
    assert enough <= effect < fewer


def test_where_trainings_differ_too_much_no_number_of_skills_is_named(study_of):
    parts = Components(0.02, 0.1, None, None, 0.0, 0.01)
    scenarios = {"measured": {"lift": parts}}
    planned = planned_for(study_of(), [OWN], scenarios=scenarios)
    found = recommend(planned, "lift", 0.05, scenarios, 0.95)
    assert found.skills_needed is None
    assert "More seeds are needed" in recommendation_text(found, planned[0], 0.0)


def test_tasks_without_end_do_not_outweigh_too_few_skills(study_of):
    scenarios = {"measured": {"lift": Components(0.05, 0.1, None, None, None, None)}}
    planned = planned_for(study_of(), [OWN], scenarios=scenarios)
    found = recommend(planned, "lift", 0.05, scenarios, 0.95)
    assert f"With tasks without end it would still be {100 * found.many_tasks:.1f} pp" in recommendation_text(
        found, planned[0], 0.0
    )


def test_skills_have_equally_many_tasks_in_every_design():
    assert grid([40, 100], [8, 20], [1], [1]) == [
        Design(40, 8, 1, 1),
        Design(40, 20, 1, 1),
        Design(100, 20, 1, 1),
    ]
    with pytest.raises(UserError, match="a multiple of a number of skills"):
        grid([10], [8], [1], [1])


def test_designs_of_the_pack_keep_to_its_skills_and_greedy_ones_to_one_sample():
    axes = default_axes(Design(200, 40, 1, 2), temperature=0.0, most_skills=40)
    assert set(axes["skills"]) == {40}
    assert axes["samples"] == [1]
    axes = default_axes(Design(200, 40, 3, 2), temperature=0.7)
    assert set(axes["skills"]) == {40, 80, 160}
    assert set(axes["samples"]) == {1, 2, 3, 4}
    assert set(axes["seeds"]) == {1, 2, 3, 5}
    new = default_axes(Design(60, 12, 1, 2), temperature=0.0, most_skills=20)
    assert set(new["skills"]) == {12}  # twice as many new skills the pack has not


def test_one_skill_cannot_be_planned_for(study_of):
    with pytest.raises(UserError, match="--skills: found 1"):
        planned_for(study_of(), [Design(40, 1, 1, 1)])


def test_a_contrast_without_components_is_named(study_of):
    planned = planned_for(study_of(), [OWN])
    with pytest.raises(UserError, match="--contrast: found 'lift'"):
        recommend(planned, "lift", 0.1, {"measured": {}}, 0.95)


def test_the_table_of_designs_holds_fractions_of_every_scenario_and_contrast(study_of):
    table = design_table(planned_for(study_of(), [OWN]))
    assert dict(table.schema) == DESIGN_SCHEMA
    assert table.height == 2 * 3
    worst = table.filter(scenario="25 % discordant", contrast="lift").row(0, named=True)
    assert worst["standard_error"] == pytest.approx((2 * 0.25 / 40) ** 0.5)
