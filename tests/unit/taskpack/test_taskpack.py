"""Claims about the task pack as a whole: counts, disjoint suites, exact references, determinism."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import polars as pl
import pytest
from made_specs import pack_of

from skillift.errors import UserError
from skillift.taskpack import build_pack
from skillift.taskpack.wording import templates_of

SPEC = {
    "difficulty": "tiny",
    "seed": 0,
    "per_skill": {"train": 11, "dev": 5, "holdout": 5},
    "judge_scored": 33,
}
DIFFICULTIES = ("tiny", "easy", "standard")


@pytest.fixture(scope="module", params=DIFFICULTIES)
def difficulty(request):
    return request.param


@pytest.fixture(scope="module")
def pack(difficulty):
    return build_pack(pack_of(**SPEC | {"difficulty": difficulty}))


def _lists(tasks: pl.DataFrame) -> pl.DataFrame:
    """Domain and input list of each task, read from its worked solution's first step."""
    return tasks.with_columns(
        domain=pl.col("skill_id").str.split("-").list.last(),
        items=pl.col("worked_solution").str.extract(r"^Step 1: Copy (.*)"),
    )


def test_a_full_pack_has_40_skills_in_three_domains_and_200_holdout_tasks(pack):
    skills, tasks = pack
    assert Counter(skills["domain"]) == {"code": 16, "tag": 14, "slot": 10}
    assert Counter(tasks["suite"]) == {"train": 440, "dev": 200, "holdout": 200}
    assert skills["name"].n_unique() == 40
    assert skills["steps"].n_unique() == 40


def test_every_skill_has_five_labelled_steps(pack):
    skills, _ = pack
    for steps in skills["steps"]:
        assert [step.split(": ")[0] for step in steps] == [f"Step {number}" for number in range(1, 6)]


def test_exactly_33_of_200_holdout_tasks_are_judge_scored_and_they_ask_for_one_sentence(pack, difficulty):
    _, tasks = pack
    judged = tasks.filter(pl.col("suite") == "holdout", pl.col("scorer") == "judge")
    assert len(judged) == 33
    (direct,) = [template for template in templates_of(difficulty) if template.style == "direct"]
    opening = direct.text.split("{")[0]
    assert judged["prompt"].str.starts_with(opening).all()
    assert (tasks.filter(suite="train")["scorer"] == "answer_line").all()


def test_a_list_of_one_suite_occurs_in_no_other_suite(pack):
    _, tasks = pack
    suites = _lists(tasks).group_by("domain", "items").agg(pl.col("suite").n_unique())
    assert suites["suite"].max() == 1


def test_prompts_are_unique_and_end_with_the_list(pack):
    _, tasks = pack
    assert tasks["prompt"].n_unique() == len(tasks)
    rows = _lists(tasks)
    assert all(prompt.endswith(items) for prompt, items in rows.select("prompt", "items").rows())


def test_each_skill_meets_every_template_once_in_the_holdout(pack):
    skills, tasks = pack
    name = dict(skills.select("skill_id", "name").rows())
    seen = Counter()
    for row in _lists(tasks.filter(suite="holdout")).iter_rows(named=True):
        asked = row["prompt"].replace(name[row["skill_id"]], "").replace(row["items"], "")
        seen[row["skill_id"], asked] += 1
    assert len(seen) == 200
    assert set(seen.values()) == {1}


def test_the_last_line_of_a_worked_solution_is_the_reference(pack):
    _, tasks = pack
    for reference, worked in tasks.select("reference", "worked_solution").rows():
        lines = worked.splitlines()
        assert lines[-1] == f"ANSWER: {reference}"
        assert lines[-2].endswith(reference.split(", ")[-1]) or "Step 4" in lines[-2]


def test_each_procedure_has_another_of_equal_length_to_stand_in_for_it(pack):
    skills, _ = pack
    lengths = Counter(len(" ".join(steps).split()) for steps in skills["steps"])
    assert min(lengths.values()) >= 2


def test_all_tiny_procedures_are_equally_long():
    skills, _ = build_pack(pack_of(**SPEC))
    assert len({tuple(len(step.split()) for step in steps) for steps in skills["steps"]}) == 1


def test_standard_skills_chain_three_or_four_operations_and_some_are_conditional():
    skills, _ = build_pack(pack_of(**SPEC | {"difficulty": "standard"}))
    counts = [sum(step.count(".") for step in steps[1:4]) for steps in skills["steps"]]
    assert set(counts) == {3, 4}
    assert all(any(" If " in step for step in steps[1:4]) for steps in skills["steps"])


def test_standard_lists_have_six_to_nine_items():
    _, tasks = build_pack(pack_of(**SPEC | {"difficulty": "standard"}))
    lengths = {len(items.split(", ")) for items in _lists(tasks)["items"]}
    assert lengths == {6, 7, 8, 9}


def test_easy_skills_have_two_operations_on_four_or_five_items_in_plain_words():
    skills, tasks = build_pack(pack_of(**SPEC | {"difficulty": "easy"}))
    assert {len(items.split(", ")) for items in _lists(tasks)["items"]} == {4, 5}
    assert {step.count(".") for steps in skills["steps"] for step in steps} == {1}, "one sentence a step"
    assert not any(" If " in step for steps in skills["steps"] for step in steps)
    assert len({tuple(len(step.split()) for step in steps) for steps in skills["steps"]}) == 1


@pytest.mark.parametrize(
    ("difficulty", "digest"),
    [
        ("tiny", "dfca323ddeeec48446976a533f0006e802fffa0fd22813236d52fa7bb522fe3a"),
        ("easy", "d4ffd694a5773027c7704a967033a2aa905fb7ee8bd317452adcc5b70b4d33c3"),
        ("standard", "d3ea935e46d756f2d2f116ba0d05c9149f109bc4ad48a1aa39a5289b4f224015"),
    ],
)
def test_published_packs_never_change(difficulty, digest):
    """A pack that is published under a difficulty and a seed stays as it is, byte for byte."""
    found = hashlib.sha256()
    for table in build_pack(pack_of(**SPEC | {"difficulty": difficulty})):
        found.update(json.dumps(table.to_dicts(), sort_keys=True, ensure_ascii=False).encode())
    assert found.hexdigest() == digest


def test_the_same_spec_gives_the_same_pack_and_another_seed_another():
    first, again = build_pack(pack_of(**SPEC)), build_pack(pack_of(**SPEC))
    assert first[0].equals(again[0])
    assert first[1].equals(again[1])
    assert not first[1].equals(build_pack(pack_of(**SPEC | {"seed": 1}))[1])


def test_a_small_pack_keeps_the_proportions_of_the_domains():
    spec = SPEC | {"skills": 8, "judge_scored": 7}
    skills, tasks = build_pack(pack_of(**spec))
    assert Counter(skills["domain"]) == {"code": 3, "tag": 3, "slot": 2}
    assert Counter(tasks.filter(suite="holdout")["scorer"]) == {"answer_line": 33, "judge": 7}


def test_more_tasks_than_there_are_lists_is_an_error_not_an_endless_search():
    with pytest.raises(UserError, match="only about"):
        build_pack(pack_of(**SPEC | {"per_skill": {"train": 11, "dev": 5, "holdout": 100}}))


def test_answers_of_the_pack_are_lists_and_texts(pack):
    _, tasks = pack
    several = tasks["reference"].str.contains(" ")
    assert tasks["answer_type"].to_list() == ["list" if found else "text" for found in several]
