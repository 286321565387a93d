"""Every suite that a study asked is shown: in figures, tables, findings, the summary; the headline first."""

from __future__ import annotations

import json
from functools import cache

import polars as pl
import pytest
from analysis_tables import publish_table, smoke_study
from made_specs import viewed
from projects import ROOT

from skillift.figures import draw
from skillift.figures.theme import to_svg
from skillift.findings import findings
from skillift.findings.summary import summary
from skillift.reporting.registry import ANALYSIS, FIGURES, TABLES, extent, figures_for, tables_for
from skillift.study.study import load_study

SMOKE = extent(load_study(ROOT / "studies/smoke.yaml"))
OF_SMOKE = [name for name in figures_for(SMOKE) if {*FIGURES[name]} & {*ANALYSIS}]


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
    assert parts["suites"].answer.startswith("The lift on holdout ")
    of_others = {each.claim for each in parts["suites"].findings}
    assert of_others == {"lift on holdout", "procedural delta on holdout"}
    (one_spec, _), one = asked("dev"), asked("dev")[1]
    assert "suites" not in {part.question for part in findings(one, viewed(one_spec))}


def test_the_summary_has_rows_of_every_suite():
    spec, tables = asked("holdout", "dev")
    text = summary(tables, viewed(spec), "made up")
    assert ", suites holdout (headline), dev, 8 tasks in 8 skills each, scoring path" in text.splitlines()[0]
    first = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    assert [name for name in first if name in ("dev", "holdout")] == ["holdout", "dev"]
