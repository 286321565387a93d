"""What a study says of its suites: which are built, asked, withheld, and which is the headline."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import ROOT

from skillift.cards.specs import model_cards_spec
from skillift.errors import UserError
from skillift.preflight import trained_rows as rows
from skillift.reporting.view import view_of
from skillift.study.design import declared_design
from skillift.study.predictions import declared
from skillift.study.study import Study, load_study

ASKED = ("suites: [holdout],", "suites: [dev, holdout],")
TRANSFER = ("    judge_scored: 6", "    judge_scored: 6\n    suites: {transfer: {skills: 3, per_skill: 2}}")
PERTURBED = (
    "    judge_scored: 6",
    "    judge_scored: 6\n    suites: {perturbed: {change: [step_removed]}}",
)


def study(tmp_path: Path, *changes: tuple[str, str]) -> Study:
    """The smoke study with changes of its text."""
    text = (ROOT / "studies/smoke.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    return load_study(tmp_path / "study.yaml")


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
