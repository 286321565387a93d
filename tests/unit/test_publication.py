"""Which figures and tables a study has."""

from __future__ import annotations

import subprocess
import sys

import pytest

from skillift.contracts.analysis import ANALYSIS_TABLES
from skillift.reporting.registry import ANALYSIS, FIGURES, TABLES, Extent, extent, figures_for, tables_for
from skillift.statistics.analysis import Analysis
from skillift.study.study import load_study

EVERYTHING = Extent(
    judges=2, trained=1, recipes=2, controls=1, delta=1, predictions=1, transfer=1, variants=1
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
            | {"loss_curves"},
            {"variance", "asymmetry_slopes"},
        ),
        ({"recipes": 1}, {"recipe_band"}, set()),
        ({"controls": 0}, {"placebo_ladder"}, set()),
        (
            {"delta": 0},
            {"tier_trajectory", "lift", "lift_by_path", "skill_forest", "recipe_band", "asymmetry"}
            | {"corrected_lift", "metrics", "transfer", "variants"},
            {"claims", "variance", "asymmetry_slopes", "mixed_paths", "agreement", "corrections"},
        ),
        ({"predictions": 0}, set(), {"predictions"}),
        ({"transfer": 0}, {"transfer"}, set()),
        ({"variants": 0}, {"variants"}, set()),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_study_lacks_what_it_has_no_data_for(without, figures, tables):
    has = EVERYTHING._replace(**without)
    assert set(FIGURES) - set(figures_for(has)) == figures
    assert set(TABLES) - set(tables_for(has)) == tables


def test_the_extent_of_a_study_is_read_from_its_file(repository):
    embedded = extent(load_study(repository / "studies/embedded.yaml"))
    assert embedded == Extent(judges=2, trained=7, recipes=2, controls=2, delta=1, predictions=4)
    assert extent(load_study(repository / "studies/smoke.yaml")).recipes == 1


def test_the_analysis_makes_the_tables_that_are_listed_and_each_has_a_contract():
    assert Analysis._fields == ANALYSIS == tuple(ANALYSIS_TABLES)


def test_figures_and_tables_have_names_of_their_own():
    assert not set(FIGURES) & set(TABLES)


def test_each_figure_and_table_has_a_caption(repository):
    captions = {path.stem for path in (repository / "rules/captions").glob("*.rst")}
    assert captions == {*FIGURES, *TABLES, "findings", "report"}


def test_listing_what_is_published_imports_nothing_heavy(scripts):
    heavy = "{'altair', 'polars', 'pandera'}"
    code = f"import sys, skillift.reporting.registry; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=scripts, check=False).returncode == 0
