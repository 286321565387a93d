"""Every suite of a study is built by itself: its tasks, and the skills that stand for it."""

from __future__ import annotations

import polars as pl
import pytest
from made_specs import pack_of
from score_tables import make_tasks

from skillift.contracts.pipeline import SKILLS, TASKS
from skillift.errors import ContractError
from skillift.tables import write_table
from skillift.taskpack import build_pack
from skillift.tasks.prompts import messages_for
from skillift.tasks.suites import digest_of_suite, files_of_suites, read_suites, tables_of_suite

PACK = {"skills": 6, "per_skill": {"train": 2, "dev": 1, "holdout": 2}}
WITH_TRANSFER = {**PACK, "suites": {"transfer": {"skills": 4, "per_skill": 3}}}


@pytest.mark.parametrize("suite", ["train", "dev", "holdout"])
def test_a_suite_of_new_skills_changes_no_table_of_another_suite(suite):
    for spec in (PACK, {**PACK, "judge_scored": 5}):
        alone, beside = (
            tables_of_suite(*build_pack(pack_of(**spec, **more)), suite)
            for more in ({}, {"suites": WITH_TRANSFER["suites"]})
        )
        assert alone.skills.equals(beside.skills) and alone.tasks.equals(beside.tasks)


def test_new_skills_have_names_and_procedures_that_the_pack_has_not():
    skills, tasks = build_pack(
        pack_of(**PACK | {"skills": 40, "suites": {"transfer": {"skills": 20, "per_skill": 3}}})
    )
    new, known = skills.filter(suite="transfer"), skills.filter(pl.col("suite").is_null())
    assert (len(new), len(known)) == (20, 40)
    assert {*new["name"].str.split(" ").list.first()}.isdisjoint(known["name"].str.split(" ").list.first())

    def procedures(frame: pl.DataFrame) -> set[tuple[str, ...]]:
        return {tuple(steps[1:]) for steps in frame["steps"]}

    assert procedures(new).isdisjoint(procedures(known)) and len(procedures(new)) == 20
    assert set(tasks.filter(suite="transfer")["skill_id"]) == set(new["skill_id"])
    assert set(tasks.filter(pl.col("suite") != "transfer")["skill_id"]) == set(known["skill_id"])


def test_new_skills_can_be_of_some_domains_alone():
    transfer = {"skills": 5, "per_skill": 1, "domains": ["slot", "tag"]}
    skills, _ = build_pack(pack_of(**PACK, suites={"transfer": transfer}))
    assert skills.filter(suite="transfer")["domain"].value_counts().sort("domain").rows() == [
        ("slot", 2), ("tag", 3),
    ]  # fmt: skip


def test_what_is_shown_before_other_tasks_does_not_change_where_new_skills_are_added():
    def shown(spec: dict) -> pl.DataFrame:
        skills, tasks = build_pack(pack_of(**spec))
        return messages_for(tasks.filter(suite="holdout"), skills, ["curated", "placebo"], 0)

    assert shown(PACK).equals(shown(WITH_TRANSFER))


def test_own_skills_that_transfer_tasks_alone_have_are_marked_and_kept_from_other_suites():
    home, far = make_tasks(3, 1), make_tasks(2, 1, suite="transfer")
    far = far.with_columns(task_id="far-" + pl.col("task_id"), skill_id="far-" + pl.col("skill_id"))
    names = [*home["skill_id"], *far["skill_id"], "spare"]
    skills = pl.DataFrame(
        {"skill_id": names, "name": names, "domain": "d", "steps": [["Do it."]] * len(names)}
    )
    tasks = pl.concat([home, far])
    of_home, of_far = (tables_of_suite(skills, tasks, suite) for suite in ("holdout", "transfer"))
    assert of_home.skills["skill_id"].to_list() == [*home["skill_id"], "spare"]
    assert of_home.skills.columns == skills.columns
    assert of_far.skills.filter(suite="transfer")["skill_id"].to_list() == far["skill_id"].to_list()
    assert of_far.skills.height == skills.height

    def digests(frame: pl.DataFrame) -> list[str]:
        return [digest_of_suite(skills, frame, suite) for suite in ("holdout", "transfer")]

    other = tasks.with_columns(
        prompt=pl.when(pl.col("suite") == "transfer").then(pl.lit("Another?")).otherwise("prompt")
    )
    assert [one == two for one, two in zip(digests(tasks), digests(other), strict=True)] == [True, False]


def test_the_tables_of_all_suites_are_read_as_one_and_skills_that_they_share_once(tmp_path):
    skills, tasks = build_pack(pack_of(**WITH_TRANSFER))
    write_table(tasks, tmp_path / "tasks.parquet", TASKS)
    assert files_of_suites(tmp_path, "tasks") == [tmp_path / "tasks.parquet"]
    for suite in ("train", "dev", "holdout", "transfer"):
        found = tables_of_suite(skills, tasks, suite)
        write_table(found.tasks, tmp_path / f"tasks/{suite}.parquet", TASKS)
        write_table(found.skills, tmp_path / f"skills/{suite}.parquet", SKILLS)
    for kind, whole, contract in (("tasks", tasks, TASKS), ("skills", skills, SKILLS)):
        files = files_of_suites(tmp_path, kind)
        assert [path.parent.name for path in files] == [kind] * 4
        assert read_suites(files, contract).equals(whole)
    twice = pl.concat([tasks.head(1), tasks.head(1).with_columns(prompt=pl.lit("Another?"))])
    for place, row in enumerate(twice.partition_by("prompt")):
        write_table(row, tmp_path / f"{place}.parquet", TASKS)
    with pytest.raises(ContractError, match="task_id"):
        read_suites([tmp_path / "0.parquet", tmp_path / "1.parquet"], TASKS)
