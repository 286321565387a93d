"""The reference study's table comes out of pass counts to the last digit, and no lift of it is resolved."""

from __future__ import annotations

from functools import cache

import pytest
from made_specs import analysis_of
from reference_study import DELTA_AFTER, DELTA_BEFORE, LIFT, PATH, REFERENCE, RUN, reference_study

from skillift.contracts.analysis import ANALYSIS_TABLES
from skillift.statistics.analysis import Analysis, analyse
from skillift.statistics.intervals import minimum_detectable_effect
from skillift.statistics.pass_rates import no_responses
from skillift.tables import check


@cache
def analysis() -> Analysis:
    scores, tasks, spec = reference_study()
    return analyse(scores, tasks, no_responses(), *analysis_of(spec))


def effect(student: str, run: str, contrast: str) -> dict:
    rows = analysis().effects.filter(path=PATH, student=student, run=run, contrast=contrast)
    return rows.row(0, named=True)


@pytest.mark.parametrize(("student", "delta"), DELTA_BEFORE.items())
def test_the_procedural_delta_before_sft_is_the_published_one(student, delta):
    assert effect(student, "base", "curated-none")["estimate"] == delta


@pytest.mark.parametrize(("student", "delta"), DELTA_AFTER.items())
def test_the_procedural_delta_after_sft_is_the_published_one(student, delta):
    assert effect(student, RUN, "curated-none")["estimate"] == delta


@pytest.mark.parametrize(("student", "lift"), LIFT.items())
def test_the_lift_is_the_published_one_and_not_resolved_with_200_tasks(student, lift):
    found = effect(student, RUN, "lift:curated-none")
    assert found["estimate"] == lift
    assert (found["n_tasks"], found["n_skills"], found["n_unscored"], found["n_runs"]) == (200, 40, 0, 1)
    assert found["ci_low"] < 0 < found["ci_high"]
    assert found["boot_low"] < 0 < found["boot_high"]
    assert 0.032 <= found["standard_error"] <= 0.050
    error, freedom = found["standard_error"], found["degrees_of_freedom"]
    assert 0.09 <= minimum_detectable_effect(error, freedom, 0.95) <= 0.14  # of one lift by itself
    of_three = minimum_detectable_effect(error, freedom, 1 - 0.05 / 3)
    assert found["mde"] == pytest.approx(of_three, rel=0.02)


def test_the_verdicts_are_as_discordant_as_such_verdicts_are():
    scores, _, _ = reference_study()
    arms = scores.pivot("condition", index=["student", "run", "task_id"], values="passed")
    shares = arms.group_by("student", "run").agg(share=(arms["none"] != arms["curated"]).mean())
    for _, _, share in shares.iter_rows():
        assert 0.10 <= share <= 0.25


def test_the_reference_model_has_no_lift():
    rows = analysis().effects.filter(student=REFERENCE)
    assert rows["contrast"].to_list() == ["curated-none"]


def test_every_table_keeps_its_contract():
    tables = analysis()._asdict()
    assert tables.keys() == ANALYSIS_TABLES.keys()
    for name, table in tables.items():
        assert check(table, ANALYSIS_TABLES[name], name).equals(table)
