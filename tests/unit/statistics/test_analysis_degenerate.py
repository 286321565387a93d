"""The whole analysis on data that leave much undefined: contracts kept, nulls beside counts, never NaN."""

from __future__ import annotations

import polars as pl
import pytest
from degenerate_studies import CASES, SPEC, analysis, arms
from made_specs import analysis_of
from score_tables import make_scores, make_tasks

from skillift.contracts.analysis import ANALYSIS_TABLES
from skillift.errors import UserError
from skillift.statistics.analysis import analyse
from skillift.statistics.pass_rates import no_responses
from skillift.tables import check

# analysed once for all tests of the group
pytestmark = [pytest.mark.xdist_group("degenerate studies"), pytest.mark.slow]


@pytest.mark.parametrize("case", CASES)
def test_every_table_keeps_its_contract_and_holds_no_nan_or_infinity(case):
    for name, table in analysis(case)._asdict().items():
        check(table, ANALYSIS_TABLES[name], f"{name}, {case}")
        floats = table.select(pl.selectors.float())
        wrong = [column.name for column in floats if not column.drop_nulls().is_finite().all()]
        assert not wrong, f"{name}: {wrong}"


@pytest.mark.parametrize("case", CASES)
def test_no_interval_is_without_its_estimate_or_of_width_zero(case):
    for name, table in analysis(case)._asdict().items():
        # the interval of the bounds is around the worst cases, which exist without an estimate
        if name == "bounds" or not {"estimate", "ci_low", "ci_high"} <= set(table.columns):
            continue
        given = table.filter(pl.col("ci_low").is_not_null() | pl.col("ci_high").is_not_null())
        assert given.filter(pl.col("estimate").is_null()).is_empty(), name
        assert given.filter(pl.col("ci_low") >= pl.col("ci_high")).is_empty(), name


@pytest.mark.parametrize("case", CASES)
def test_an_effect_without_tasks_is_undefined_and_one_with_tasks_is_not(case):
    table = analysis(case).effects
    undefined = table["estimate"].is_null()
    assert undefined.equals(table["n_tasks"] == 0)
    uncertain = table.filter(pl.col("n_skills") < 2)
    for column in ("standard_error", "ci_low", "ci_high", "p_value", "boot_low", "boot_high", "mde"):
        assert uncertain[column].is_null().all()


@pytest.mark.parametrize("case", ["all unscored", "a judge without verdicts"])
def test_unscored_is_counted_and_never_a_fail(case):
    table = analysis(case).effects.filter(path="judge:b")
    assert table["estimate"].is_null().all()
    assert (table["n_unscored"] > 0).all()


def test_no_scores_give_tables_without_rows():
    empty = make_scores(arms(True)).clear()
    for name, table in analyse(empty, make_tasks(4, 5), no_responses(), *analysis_of(SPEC))._asdict().items():
        assert check(table, ANALYSIS_TABLES[name], name).is_empty(), name


def test_a_task_that_is_not_in_the_table_is_named():
    with pytest.raises(UserError, match="t0010"):
        analyse(make_scores(arms(True)), make_tasks(2, 5), no_responses(), *analysis_of(SPEC))


def test_a_run_that_is_not_declared_is_named():
    spec = SPEC | {"runs": [run for run in SPEC["runs"] if run["student"] == "s"]}
    with pytest.raises(UserError, match="m/base"):
        analyse(make_scores(arms(True)), make_tasks(4, 5), no_responses(), *analysis_of(spec))
