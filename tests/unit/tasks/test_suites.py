"""Every suite that a study asks is built by itself, and shown."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from analysis_tables import publish_table, smoke_study
from made_specs import viewed
from projects import ROOT
from score_tables import make_tasks

from skillift.cards.specs import model_cards_spec
from skillift.contracts.pipeline import SKILLS, TASKS
from skillift.errors import ContractError, UserError
from skillift.figures import draw
from skillift.figures.theme import to_svg
from skillift.findings import findings
from skillift.findings.summary import summary
from skillift.preflight import trained_rows as rows
from skillift.reporting.registry import ANALYSIS, FIGURES, TABLES, extent, figures_for, tables_for
from skillift.reporting.view import view_of
from skillift.study.design import declared_design
from skillift.study.predictions import declared
from skillift.study.study import Study, load_study
from skillift.tables import write_table
from skillift.taskpack import build_pack
from skillift.tasks.prompts import messages_for
from skillift.tasks.suites import digest_of_suite, files_of_suites, read_suites, tables_of_suite

PACK = {"difficulty": "tiny", "seed": 0, "skills": 6, "per_skill": {"train": 2, "dev": 1, "holdout": 2}}
WITH_TRANSFER = {**PACK, "suites": {"transfer": {"skills": 4, "per_skill": 3}}}
SMOKE = extent(load_study(ROOT / "studies/smoke.yaml"))
OF_SMOKE = [name for name in figures_for(SMOKE) if {*FIGURES[name]} & {*ANALYSIS}]


def study(tmp_path: Path, *changes: tuple[str, str]) -> Study:
    """The smoke study with changes of its text."""
    text = (ROOT / "studies/smoke.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    return load_study(tmp_path / "study.yaml")


ASKED = ("suites: [holdout],", "suites: [dev, holdout],")
TRANSFER = ("    judge_scored: 6", "    judge_scored: 6\n    suites: {transfer: {skills: 3, per_skill: 2}}")


@cache
def asked(*suites: str) -> tuple[dict, dict[str, pl.DataFrame]]:
    """The spec and the tables of a study that asked these suites, alike but in name; the headline first."""
    spec, tables = smoke_study()
    shown = {"suite": suites[0], "suites": sorted(suites)}
    made = {
        name: pl.concat([table.with_columns(suite=pl.lit(suite)) for suite in suites])
        if name in ANALYSIS
        else table
        for name, table in tables.items()
    }
    return {**spec, "analysis": {**spec["analysis"], **shown}}, made


# What is built.


@pytest.mark.parametrize("suite", ["train", "dev", "holdout"])
def test_a_suite_of_new_skills_changes_no_table_of_another_suite(suite):
    for spec in (PACK, {**PACK, "judge_scored": 5}):
        alone, beside = (
            tables_of_suite(*build_pack({**spec, **more}), suite)
            for more in ({}, {"suites": WITH_TRANSFER["suites"]})
        )
        assert alone.skills.equals(beside.skills) and alone.tasks.equals(beside.tasks)


def test_new_skills_have_names_and_procedures_that_the_pack_has_not():
    skills, tasks = build_pack(
        {**WITH_TRANSFER, "skills": 40, "suites": {"transfer": {"skills": 20, "per_skill": 3}}}
    )
    new, known = skills.filter(suite="transfer"), skills.filter(pl.col("suite").is_null())
    assert (len(new), len(known)) == (20, 40)
    assert {*new["name"].str.split(" ").list.first()}.isdisjoint(known["name"].str.split(" ").list.first())

    def procedures(frame: pl.DataFrame) -> set[tuple[str, ...]]:
        return {tuple(steps[1:]) for steps in frame["steps"]}

    assert procedures(new).isdisjoint(procedures(known)) and len(procedures(new)) == 20
    assert set(tasks.filter(suite="transfer")["skill_id"]) == set(new["skill_id"])
    assert set(tasks.filter(pl.col("suite") != "transfer")["skill_id"]) == set(known["skill_id"])


@cache
def varied() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Skills and tasks of a pack with variants, judge-scored tasks and new skills."""
    suites = {**WITH_TRANSFER["suites"], "perturbed": {"change": ["step_removed", "steps_exchanged"]}}
    return build_pack({**PACK, "skills": 20, "judge_scored": 9, "suites": suites})


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
    spec = {"difficulty": "tiny", "seed": 0, "skills": 8, "per_skill": {"train": 1, "dev": 0, "holdout": 5}}
    change = ["step_removed", "steps_exchanged"]
    few, whole = (
        _built({**spec, "suites": {"perturbed": {"change": change, **number}}})
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
    spec = {**PACK, "skills": 1, "per_skill": {**PACK["per_skill"], "holdout": 1}}
    nothing = [
        seed
        for seed in range(12)
        if _built({**spec, "seed": seed, "suites": {"perturbed": {"change": ["steps_exchanged"]}}}) is None
    ]
    assert nothing  # of one skill whose steps may be in any order no variant is left, which is an error


def _built(spec: dict) -> pl.DataFrame | None:
    try:
        return build_pack(spec)[1]
    except UserError as error:
        assert "tasks.pack.suites.perturbed: found 1 variants, each with the answer of its task" in str(error)
        return None


def test_variants_change_no_table_and_no_prompt_of_another_suite():
    skills, tasks = varied()
    pack = {**PACK, "skills": 20, "judge_scored": 9, "suites": WITH_TRANSFER["suites"]}
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


PERTURBED = (
    "    judge_scored: 6",
    "    judge_scored: 6\n    suites: {perturbed: {change: [step_removed]}}",
)


def test_variants_are_made_of_the_holdout_which_is_asked_too(tmp_path):
    both = study(tmp_path, PERTURBED, ("suites: [holdout],", "suites: [holdout, perturbed],"))
    assert both.tasks_spec("perturbed").pack.per_skill.model_dump() == {"train": 0, "dev": 0, "holdout": 5}
    assert both.analysis_spec().analysis.changes == ["step_removed"]
    assert both.analysis_spec().analysis.margins["brittleness"] == 0.05
    alone = study(tmp_path)
    assert alone.tasks_spec("holdout") == both.tasks_spec("holdout")
    assert "brittleness" not in alone.analysis_spec().analysis.margins
    with pytest.raises(UserError, match=r"inference.suites: found .*expected holdout too, whose tasks the"):
        study(tmp_path, PERTURBED, ("suites: [holdout],", "suites: [perturbed],"))
    with pytest.raises(UserError, match=r"change\[0\]: found 'step_added'"):
        study(tmp_path, (PERTURBED[0], PERTURBED[1].replace("removed", "added")))
    exchanged = "suites: {perturbed: {change: [steps_exchanged]}}"
    few = (PERTURBED[0], f"    judge_scored: 0\n    {exchanged}")
    found = [
        rows.mistakes(
            study(
                tmp_path,
                few,
                ("    seed: 0\n    skills: 8", f"    seed: {seed}\n    skills: 2"),
                ("holdout: 5}", "holdout: 1}"),
                ("rows: 26", "rows: 4"),
                ("suites: [holdout],", "suites: [holdout, perturbed],"),
            )
        )
        for seed in range(30)
    ]
    told = [line for lines in found for line in lines if "perturbed" in line]
    assert told and all("study.yaml: tasks.pack.suites.perturbed: found 2 variants" in line for line in told)


def test_a_withheld_suite_is_one_that_is_asked_and_not_the_only_one(tmp_path):
    withheld = "withheld: [dev]\n\npredictions:\n"
    both = study(tmp_path, ASKED, ("predictions:\n", withheld))
    assert both.browser_spec().withheld == ["dev"]
    assert study(tmp_path).browser_spec().withheld is None
    with pytest.raises(
        UserError, match=r"withheld\[0\]: found 'dev', expected a suite of `inference.suites`"
    ):
        study(tmp_path, ("predictions:\n", withheld))
    with pytest.raises(UserError, match=r"withheld: found .*expected at least one suite that is asked and"):
        study(tmp_path, ("predictions:\n", withheld.replace("dev", "holdout")))


def test_new_skills_can_be_of_some_domains_alone():
    transfer = {"skills": 5, "per_skill": 1, "domains": ["slot", "tag"]}
    skills, _ = build_pack({**PACK, "suites": {"transfer": transfer}})
    assert skills.filter(suite="transfer")["domain"].value_counts().sort("domain").rows() == [
        ("slot", 2), ("tag", 3),
    ]  # fmt: skip


def test_what_is_shown_before_other_tasks_does_not_change_where_new_skills_are_added():
    def shown(spec: dict) -> pl.DataFrame:
        skills, tasks = build_pack(spec)
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


def test_the_spec_of_a_suite_holds_nothing_of_another_suite(tmp_path):
    before = study(tmp_path)
    specs = {suite: before.tasks_spec(suite) for suite in ("train", "dev", "holdout")}
    added = study(tmp_path, TRANSFER, ("suites: [holdout],", "suites: [holdout, transfer],"))
    assert {suite: added.tasks_spec(suite) for suite in specs} == specs
    assert added.built_suites == ["train", "holdout", "transfer"]
    assert before.pretrain_spec("s") == added.pretrain_spec("s")
    fewer = study(tmp_path, ("holdout: 5}", "holdout: 4}"))
    assert fewer.tasks_spec("train") == specs["train"] and fewer.tasks_spec("holdout") != specs["holdout"]
    other = study(tmp_path, ("train: 4,", "train: 5,"))
    assert other.tasks_spec("holdout") == specs["holdout"] and other.tasks_spec("train") != specs["train"]


def test_the_tables_of_all_suites_are_read_as_one_and_skills_that_they_share_once(tmp_path):
    skills, tasks = build_pack(WITH_TRANSFER)
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


# Which is the headline.


def test_the_headline_suite_is_the_holdout_where_it_is_asked_else_the_first_or_the_one_that_is_named(
    tmp_path,
):
    assert study(tmp_path, ASKED).headline_suite == "holdout"
    assert study(tmp_path, ("suites: [holdout],", "suites: [dev],")).headline_suite == "dev"
    named = ('"judge:conclusion",', '"judge:conclusion", headline_suite: dev,')
    assert study(tmp_path, ASKED, named).headline_suite == "dev"
    with pytest.raises(
        UserError, match=r"analysis.headline_suite: found 'dev', expected a suite of `inference.suites`"
    ):
        study(tmp_path, named)


def test_a_study_of_the_holdout_alone_says_nothing_of_suites_to_its_figures_and_its_design(tmp_path):
    alone, two = study(tmp_path), study(tmp_path, ASKED)
    assert not {"suite", "suites", "headline_suite"} & alone.figures_spec().model_dump()["analysis"].keys()
    assert "headline_suite" not in declared_design(alone) and model_cards_spec(alone).suites is None
    assert two.figures_spec().analysis.suites == ["dev", "holdout"]
    assert model_cards_spec(two).suites == ["holdout", "dev"]
    assert view_of(two.figures_spec()).others == ("dev",)


def test_a_prediction_is_of_the_headline_suite_where_it_names_none(tmp_path):
    of = [
        declared(found)["lift_at_s"]["suite"]
        for found in (study(tmp_path), study(tmp_path, ("suites: [holdout],", "suites: [dev],")))
    ]
    assert of == ["holdout", "dev"]


def test_a_suite_that_the_pack_does_not_fill_is_named_with_what_fills_it(tmp_path):
    with pytest.raises(
        UserError, match=r"inference.suites\[0\]: found 'transfer'.*Set tasks.pack.suites.transfer"
    ):
        study(tmp_path, ("suites: [holdout],", "suites: [transfer],"))


# Where they are shown.


@pytest.mark.parametrize("figure", OF_SMOKE)
def test_a_figure_of_a_study_that_asked_dev_alone_is_of_dev(figure):
    spec, tables = asked("dev")
    text = json.dumps(draw(figure, tables, viewed(spec)).to_dict(), ensure_ascii=False)
    assert "On the suite" not in text and "holdout" not in text


@pytest.mark.slow
@pytest.mark.parametrize("suites", [("holdout", "dev"), ("dev", "holdout")], ids=" ".join)
@pytest.mark.parametrize("figure", ["condition_ladder", "path_audit"])
def test_a_figure_shows_every_suite_that_was_asked_the_headline_first(figure, suites):
    spec, tables = asked(*suites)
    drawn = draw(figure, tables, viewed(spec)).to_dict()
    titles = [" ".join(part["title"]["text"]) for part in drawn["vconcat"]]
    assert [title.split(":")[0] for title in titles] == [f"On the suite {suite}" for suite in suites]
    alone = [draw(figure, tables, of_suite).to_dict() for of_suite in viewed(spec).by_suite()]
    assert drawn["config"] == alone[0]["config"]
    assert [part["title"]["subtitle"] for part in drawn["vconcat"]] == [
        each["title"]["subtitle"] for each in alone
    ]


@pytest.mark.parametrize("figure", ["condition_ladder", "path_audit", "placebo_ladder", "lift"])
def test_suites_whose_marks_are_alike_are_drawn(figure):
    """altair names a view by its marks: two suites that show the same had one name, which ended Vega-Lite."""
    svg = to_svg(draw(figure, asked("holdout", "dev")[1], viewed(asked("holdout", "dev")[0])))
    assert "On the suite holdout" in svg and "On the suite dev" in svg


@pytest.mark.parametrize("table", tables_for(SMOKE))
def test_a_published_table_has_a_page_for_each_suite_and_one_file_of_all_rows(table):
    spec, tables = asked("holdout", "dev")
    alone_spec = spec | {"analysis": spec["analysis"] | {"suites": None}}
    both, alone = (publish_table(table, tables, each) for each in (spec, alone_spec))
    n_suites = 2 if {*TABLES[table]} & {*ANALYSIS} else 1
    assert both.page.count("<table") == n_suites * alone.page.count("<table")
    assert both.rows.equals(alone.rows)


def test_the_findings_answer_for_the_headline_suite_and_then_for_the_others():
    spec, tables = asked("dev", "holdout")
    parts = {part.question: part for part in findings(tables, viewed(spec))}
    assert " of the suite dev, " in parts["basis"].answer
    assert parts["suites"].answer.startswith("On holdout ")
    of_others = {each.claim for each in parts["suites"].findings}
    assert of_others == {"lift on holdout", "procedural delta on holdout"}
    (one_spec, _), one = asked("dev"), asked("dev")[1]
    assert "suites" not in {part.question for part in findings(one, viewed(one_spec))}


def test_the_summary_has_rows_of_every_suite():
    spec, tables = asked("holdout", "dev")
    text = summary(tables, viewed(spec), "made up")
    assert ", suites holdout (headline), dev, scoring path" in text.splitlines()[0]
    first = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    assert [name for name in first if name in ("dev", "holdout")] == ["holdout", "dev"]
