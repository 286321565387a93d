"""Which figures and tables a study has."""

from __future__ import annotations

import subprocess
import sys

from skillift.analysis_contracts import ANALYSIS_TABLES
from skillift.publication import ANALYSIS, FIGURES, TABLES, figures_for, tables_for
from skillift.statistics.analysis import Analysis


def test_a_study_with_two_judges_and_a_trained_run_has_everything():
    assert figures_for(n_judges=2, n_trained=1) == list(FIGURES)
    assert tables_for(2) == list(TABLES)


def test_a_study_without_a_training_or_a_second_judge_lacks_what_they_would_show():
    lacking = set(FIGURES) - set(figures_for(n_judges=1, n_trained=0))
    assert lacking == {"judge_agreement", "lift", "lift_by_path", "loss_curves"}
    assert set(TABLES) - set(tables_for(1)) == {"agreement"}


def test_the_analysis_makes_the_tables_that_are_listed_and_each_has_a_contract():
    assert Analysis._fields == ANALYSIS == tuple(ANALYSIS_TABLES)


def test_figures_and_tables_have_names_of_their_own():
    assert not set(FIGURES) & set(TABLES)


def test_each_figure_and_table_has_a_caption(repository):
    captions = {path.stem for path in (repository / "rules/captions").glob("*.rst")}
    assert captions == {*FIGURES, *TABLES, "report"}


def test_listing_what_is_published_imports_nothing_heavy(scripts):
    code = (
        "import sys, skillift.publication; sys.exit(bool({'altair', 'polars', 'pandera'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=scripts, check=False).returncode == 0
