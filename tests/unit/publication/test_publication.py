"""Which figures and tables a study has."""

from __future__ import annotations

import subprocess
import sys

import pytest

from skillift.contracts.analysis import ANALYSIS_TABLES
from skillift.errors import UserError
from skillift.reporting.declarations import declared_figures
from skillift.reporting.registry import (
    ANALYSIS,
    DECLARED,
    FIGURES,
    TABLES,
    WHERE_DECLARED,
    Extent,
    extent,
    figures_for,
    tables_for,
)
from skillift.statistics.analysis import Analysis
from skillift.study.study import load_study

EVERYTHING = Extent(
    judges=2,
    trained=1,
    recipes=2,
    controls=1,
    delta=1,
    predictions=1,
    transfer=1,
    variants=1,
    depth=1,
    interventions=1,
    forecast=1,
    emulated=1,
    budgets=1,
)


def test_a_study_with_everything_has_every_figure_and_table():
    assert figures_for(EVERYTHING) == list(FIGURES)
    assert tables_for(EVERYTHING) == list(TABLES)


@pytest.mark.parametrize(
    ("without", "figures", "tables"),
    [
        ({"judges": 1}, {"judge_agreement"}, {"agreement"}),
        (
            {"judges": 0},
            {"judge_agreement", "path_audit", "corrected_lift"},
            {"agreement", "path_shift", "mixed_paths", "judge_errors", "corrections"},
        ),
        (
            {"trained": 0},
            {"lift", "lift_by_path", "skill_forest", "transfer", "asymmetry", "corrected_lift", "metrics"}
            | {"loss_curves", "depth"},
            {"variance", "asymmetry_slopes", "courses"},
        ),
        ({"recipes": 1}, {"recipe_band"}, set()),
        ({"controls": 0}, {"placebo_ladder"}, set()),
        (
            {"delta": 0},
            {"tier_trajectory", "lift", "lift_by_path", "skill_forest", "recipe_band", "asymmetry"}
            | {"corrected_lift", "metrics", "transfer", "variants", "depth"},
            {"claims", "variance", "asymmetry_slopes", "mixed_paths", "agreement", "corrections"},
        ),
        ({"predictions": 0}, set(), {"predictions"}),
        ({"transfer": 0}, {"transfer"}, set()),
        ({"variants": 0}, {"variants"}, set()),
        ({"depth": 0}, {"depth"}, {"courses"}),
        ({"interventions": 0}, {"chain"}, set()),
        ({"forecast": 0}, {"forecast"}, set()),
        ({"emulated": 0}, {"emulation_grid"}, set()),
        ({"budgets": 0}, {"sampling_budget"}, set()),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_study_lacks_what_it_has_no_data_for(without, figures, tables):
    has = EVERYTHING._replace(**without)
    lacking = set(FIGURES) - set(figures_for(has))
    (thing,) = without
    # a figure more may say that it needs this, too
    assert (
        figures
        <= lacking
        == {name for name in FIGURES if DECLARED[name].needs.get(thing, 0) > without[thing]}
    )
    assert set(TABLES) - set(tables_for(has)) == tables


def test_the_extent_of_a_study_is_read_from_its_file(repository):
    embedded = extent(load_study(repository / "studies/embedded.yaml"))
    assert embedded == Extent(judges=2, trained=7, recipes=2, controls=2, delta=1, predictions=4, variants=1)
    assert extent(load_study(repository / "studies/smoke.yaml")).recipes == 1


def test_the_analysis_makes_the_tables_that_are_listed_and_each_has_a_contract():
    assert Analysis._fields == (*ANALYSIS, *WHERE_DECLARED) == tuple(ANALYSIS_TABLES)


def test_figures_and_tables_have_names_of_their_own():
    assert not set(FIGURES) & set(TABLES)


def test_each_figure_and_table_has_a_caption(repository):
    captions = {path.stem for path in (repository / "rules/captions").glob("*.rst")}
    assert captions == {*FIGURES, *TABLES, "findings", "report"}


def test_listing_what_is_published_imports_nothing_heavy(scripts):
    heavy = "{'altair', 'polars', 'pandera'}"
    code = f"import sys, skillift.reporting.registry; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=scripts, check=False).returncode == 0


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        ("Figure(place=1, tables=TABLES)", "malformed node"),
        ("Figure(place=1, tables=(), colour='red')", "unexpected keyword argument 'colour'"),
        ("declared()", "missing 2 required positional arguments"),
        ("None", "'Constant' object has no attribute 'keywords'"),
    ],
)
def test_a_figure_that_does_not_say_plainly_what_it_needs_is_named(says, problem, tmp_path):
    (tmp_path / "pie.py").write_text(f"FIGURE = {says}\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"pie\.py: found .*expected FIGURE = Figure\(\.\.\.\)") as raised:
        declared_figures(tmp_path)
    assert problem in str(raised.value)


def test_two_figures_at_one_place_are_refused(tmp_path):
    for name in ("bar", "pie"):
        (tmp_path / f"{name}.py").write_text("FIGURE = Figure(place=1, tables=('effects',))\n", "utf-8")
    (tmp_path / "marks.py").write_text("WIDTH = 1\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"skillift\.figures\.pie: .*found 1, .*of its own; bar has that one"):
        declared_figures(tmp_path)
