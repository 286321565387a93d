"""Families of optimisation in the task pack: feasible, best, asked for by the study alone."""

from __future__ import annotations

import json
from itertools import permutations, product

import pytest
from made_specs import pack_of

from skillift.chat.offline_judges import judge_conclusion, judge_tail
from skillift.errors import UserError
from skillift.scorers.constraints import met
from skillift.taskpack import build_pack
from skillift.taskpack.families import FAMILIES, best_load, draw_families, least_cost

SPEC = {"difficulty": "easy", "seed": 3, "per_skill": {"train": 2, "dev": 0, "holdout": 2}, "skills": 4}
TRANSFER = {"skills": 2, "per_skill": 3}


def with_families(**numbers) -> dict:
    return SPEC | {"suites": {"transfer": TRANSFER | {"families": numbers}}}


@pytest.fixture(scope="module")
def pack():
    return build_pack(pack_of(**with_families(knapsack=3, assignment=3)))


def test_the_optimum_is_that_of_trying_everything():
    weights, values = [4, 3, 6, 2, 5], [7, 2, 9, 4, 6]
    chosen = product([0, 1], repeat=5)
    fitting = [each for each in chosen if sum(w * x for w, x in zip(weights, each, strict=True)) <= 12]
    best = max(sum(v * x for v, x in zip(values, each, strict=True)) for each in fitting)
    assert best_load(weights, values, 12) == best == 20
    costs = [[4, 2, 8], [4, 3, 7], [3, 1, 6]]
    least = min(sum(costs[i][job] for i, job in enumerate(jobs)) for jobs in permutations(range(3)))
    assert least_cost(costs) == least == 12


def test_who_follows_the_procedure_meets_all_and_others_what_they_meet(pack):
    tasks = pack[1].filter(scorer="constraints")
    assert tasks.height == 18
    for task in tasks.iter_rows(named=True):
        assert met(task["worked_solution"], task["reference"]) == [True] * len(json.loads(task["reference"]))
        assert met("ANSWER: 9, 9", task["reference"])[0] is False
    loads = tasks.filter(tasks["skill_id"].str.ends_with("-load"))
    for task in loads.iter_rows(named=True):
        n_things = len(json.loads(task["reference"])[1]["weights"])
        assert met(f"ANSWER: {', '.join('0' * n_things)}", task["reference"]) == [True, True, False]
        assert met(f"ANSWER: {', '.join('1' * n_things)}", task["reference"]) == [True, False, True]
    rosters = tasks.filter(tasks["skill_id"].str.ends_with("-roster"))
    for task in rosters.iter_rows(named=True):
        assert met("ANSWER: 1, 1, 1", task["reference"])[0] is False  # two of them have one job


def test_every_best_answer_is_right_and_no_other(pack):
    task = pack[1].filter(pack[1]["skill_id"].str.ends_with("-roster")).row(0, named=True)
    costs = json.loads(task["reference"])[1]["table"]
    for jobs in permutations((1, 2, 3)):
        cost = sum(row[job - 1] for row, job in zip(costs, jobs, strict=True))
        answer = f"ANSWER: {', '.join(map(str, jobs))}"
        assert all(met(answer, task["reference"])) is (cost == least_cost(costs))


def test_families_are_new_skills_and_change_no_other_task(pack):
    skills, tasks = pack
    plain_skills, plain = build_pack(pack_of(**SPEC, suites={"transfer": TRANSFER}))
    assert tasks.filter(tasks["scorer"] != "constraints").equals(plain)
    new = skills.join(plain_skills, on="skill_id", how="anti")
    assert set(new["suite"]) == {"transfer"} and set(new["domain"]) == set(FAMILIES)
    assert build_pack(pack_of(**with_families(knapsack=3, assignment=3)))[1].equals(tasks)
    assert tasks["prompt"].is_unique().all()


def test_skills_of_a_family_differ_in_scene_or_method():
    for family in FAMILIES:
        skills = draw_families(0, {family: 9})
        assert len({(skill.scene, skill.method) for skill in skills}) == 9
        assert len({tuple(skill.steps) for skill in skills}) == 9
        assert len({skill.skill_id for skill in skills}) == 9


def test_offline_judges_check_the_answer_line_of_such_a_task(pack):
    task = pack[1].filter(scorer="constraints").row(0, named=True)
    for judge in (judge_conclusion, judge_tail):
        assert judge(task["reference"], task["worked_solution"], task["prompt"])["passed"] is True
        assert judge(task["reference"], "ANSWER: 7, 7, 7", task["prompt"])["passed"] is False
        assert judge('[{"a": 1}]', "ANSWER: 1")["passed"] is False  # no list of checks


def test_families_at_a_difficulty_without_them_are_refused_where_the_pack_is_built():
    asked = with_families(knapsack=1) | {"difficulty": "tiny"}
    with pytest.raises(UserError, match="at the difficulty tiny, expected the difficulty easy or standard"):
        build_pack(pack_of(**asked))
