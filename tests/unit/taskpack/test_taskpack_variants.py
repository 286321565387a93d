"""Variants of the task pack: another procedure, the same question, an answer that follows from it."""

from __future__ import annotations

from functools import cache

import polars as pl
from made_specs import pack_of

from skillift.errors import UserError
from skillift.taskpack import build_pack
from skillift.tasks.prompts import messages_for
from skillift.tasks.suites import tables_of_suite

MANY = {"skills": 20, "per_skill": {"train": 2, "dev": 1, "holdout": 2}, "judge_scored": 9}
BESIDE = {"transfer": {"skills": 4, "per_skill": 3}}


@cache
def varied() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Skills and tasks of a pack with variants, judge-scored tasks and new skills."""
    suites = BESIDE | {"perturbed": {"change": ["step_removed", "steps_exchanged"]}}
    return build_pack(pack_of(**MANY, suites=suites))


def followed(steps: list[str], items: list[str]) -> str:
    """The answer of a tiny procedure of numbers, by following its words."""
    order = "12345678"
    actions = {
        "Flip it around.": lambda given: given[::-1],
        "Shift it left.": lambda given: given[1:] + given[:1],
        "Roll it right.": lambda given: given[-1:] + given[:-1],
        "Swap the front.": lambda given: [given[1], given[0], *given[2:]],
        "Trade the back.": lambda given: [*given[:-2], given[-1], given[-2]],
        "Sort it upward.": sorted,
        "Order it downward.": lambda given: sorted(given, reverse=True),
        "Raise each one.": lambda given: [order[(order.index(item) + 1) % len(order)] for item in given],
        "Take the first.": lambda given: given[:1],
        "Choose the middle.": lambda given: given[1:2],
        "Pick the last.": lambda given: given[-1:],
        "Keep the ends.": lambda given: [given[0], given[-1]],
    }
    for step in steps:
        items = actions.get(step.partition(": ")[2], lambda given: given)(items)
    return " ".join(items)


def test_a_variant_asks_the_same_after_a_changed_procedure_and_its_answer_follows_from_that():
    skills, tasks = varied()
    steps = dict(skills.select("skill_id", "steps").iter_rows())
    parents = {row["task_id"]: row for row in tasks.iter_rows(named=True)}
    found = tasks.filter(suite="perturbed")
    assert set(found["change"]) == {"step_removed", "steps_exchanged"}
    followed_ones = 0
    for row in found.iter_rows(named=True):
        parent = parents[row["parent"]]
        assert parent["suite"] == "holdout"
        assert (row["prompt"], row["scorer"]) == (parent["prompt"], parent["scorer"])
        assert row["reference"] != parent["reference"]
        own, of_parent = steps[row["skill_id"]], steps[parent["skill_id"]]
        assert [line.partition(":")[0] for line in own] == [f"Step {n}" for n in range(1, len(own) + 1)]
        texts, of_parents = ([line.partition(": ")[2] for line in lines] for lines in (own, of_parent))
        if row["change"] == "step_removed":
            (gone,) = [text for text in of_parents if text not in texts]
            assert texts == [text for text in of_parents if text != gone]
        else:
            assert sorted(texts) == sorted(of_parents) and texts != of_parents
        items = row["prompt"].replace("?", ":").rpartition(": ")[2].split(" ")
        if set("".join(items)) <= set("12345678"):
            assert followed(own, items) == row["reference"]
            assert followed(of_parent, items) == parent["reference"]
            followed_ones += 1
    assert followed_ones > 10


def test_variants_can_be_of_few_tasks_of_each_skill():
    spec = {"skills": 8, "per_skill": {"train": 1, "holdout": 5}}
    change = ["step_removed", "steps_exchanged"]
    few, whole = (
        _built(**spec, suites={"perturbed": {"change": change, **number}})
        for number in ({"per_skill": 1}, {})
    )
    for tasks, most in ((few, 1), (whole, 5)):
        made = tasks.filter(suite="perturbed")
        assert made.group_by("skill_id").len()["len"].max() == most
        assert tasks.filter(suite="holdout").equals(whole.filter(suite="holdout"))
    assert set(few.filter(suite="perturbed")["parent"].str.slice(-1)) == {"0"}  # the first of each skill


def test_variants_with_the_answer_of_their_task_are_left_out():
    _, tasks = varied()
    found = tasks.filter(suite="perturbed")
    most = tasks.filter(suite="holdout").height
    counts = dict(found["change"].value_counts().iter_rows())
    assert 0 < counts["steps_exchanged"] < counts["step_removed"] < most  # two steps may be in any order
    suites = {"perturbed": {"change": ["steps_exchanged"]}}
    nothing = [seed for seed in range(30) if _built(seed=seed, skills=2, suites=suites) is None]
    assert nothing  # of skills whose steps may be in any order no variant is left, which is an error


def _built(**keys) -> pl.DataFrame | None:
    try:
        return build_pack(pack_of(**keys))[1]
    except UserError as error:
        assert "tasks.pack.suites.perturbed: found 2 variants, each with the answer of its task" in str(error)
        return None


def test_variants_change_no_table_and_no_prompt_of_another_suite():
    skills, tasks = varied()
    pack = pack_of(**MANY, suites=BESIDE)
    for suite in ("train", "dev", "holdout", "transfer"):
        alone, beside = tables_of_suite(*build_pack(pack), suite), tables_of_suite(skills, tasks, suite)
        assert alone.skills.equals(beside.skills) and alone.tasks.equals(beside.tasks), suite
    own = tables_of_suite(skills, tasks, "perturbed")
    assert set(own.skills["suite"].drop_nulls()) == {"perturbed"}
    assert set(own.tasks["skill_id"]) <= set(own.skills.filter(suite="perturbed")["skill_id"])
    # a placebo of a variant is as long as it
    shown = messages_for(own.tasks, own.skills, ["curated", "placebo"], 0)
    lengths = shown.with_columns(n=pl.col("content").str.split(" ").list.len()).pivot(
        "condition", index="task_id", values="n"
    )
    assert ((lengths["curated"] - lengths["placebo"]).abs() <= 1).all()
