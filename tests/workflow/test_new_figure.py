"""A worked example: a new figure is its module, its caption and its test, and everything else knows it.

`gains` of docs/how-to/extending.md, the gain of each run under `none`, is added to a copy of the project.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from analysis_tables import full_study
from planner import jobs_in
from projects import dry_run
from worked_examples import command, files_said, project_with, run_tests

from skillift.contracts.analysis import ANALYSIS_TABLES, CERTIFICATION_RATES
from skillift.contracts.predictions import PREDICTIONS
from skillift.findings.findings_page import numbered
from skillift.reporting.registry import FINDINGS
from skillift.tables import write_table

pytestmark = [pytest.mark.xdist_group("made-up study"), pytest.mark.slow]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project with its pages and tests, to which three files are added."""
    target = tmp_path_factory.mktemp("new-figure") / "project"
    folder, touched = project_with("A figure", target, ("docs", "tests", "CONTRIBUTING.md"))
    assert len(touched) == files_said("a figure") == 3
    return folder


@pytest.fixture(scope="module")
def drawn(project) -> Path:
    """The figure as the command draws it from the table of a made-up study."""
    spec, tables = full_study()
    write_table(tables["effects"], project / "effects.parquet", ANALYSIS_TABLES["effects"])
    options = ("--spec", json.dumps(spec), "--effects", "effects.parquet", "--out", "gains.svg")
    status, said = command(project, "publication/make_figure.py", "gains", *options)
    assert status == 0, said
    return project / "gains.svg"


def test_a_rule_draws_it_and_the_report_and_the_findings_take_it(project):
    done = dry_run(project, "--printshellcmds")
    assert done.returncode == 0, done.stdout
    assert "make_figure_gains" in jobs_in(done.stdout)
    findings = done.stdout.split("\nrule write_findings:\n")[1].split("\n\n")[0]
    assert "results/smoke/figures/gains.svg" in findings and "rules/captions/gains.rst" in findings
    (all_targets,) = re.findall(r"rule all:\n +input: (.*)", done.stdout)
    assert "results/smoke/figures/gains.svg" in all_targets


def test_a_study_that_lacks_what_it_needs_does_without(project):
    study = (project / "studies/smoke.yaml").read_text(encoding="utf-8")
    untrained, cut = re.subn(r"(?m)^(?:runs|predictions):\n(?:[ -].*\n)+", "", study)
    assert cut == 2
    (project / "studies/untrained.yaml").write_text(untrained, encoding="utf-8")
    done = dry_run(project, study="studies/untrained.yaml")
    assert done.returncode == 0, done.stdout
    jobs = jobs_in(done.stdout)
    assert "make_figure_gains" not in jobs and "make_figure_condition_ladder" in jobs


def test_the_command_draws_it_as_its_module_says(drawn):
    svg = drawn.read_text(encoding="utf-8")
    assert "Does SFT help without the procedure?" in svg and "path judge:conclusion" in svg.replace(
        "\u00a0", " "
    )


def test_it_stands_on_the_findings_page_under_its_question_with_its_number(project, drawn):
    spec, tables = full_study()
    contracts = {**ANALYSIS_TABLES, "certification": CERTIFICATION_RATES, "predictions": PREDICTIONS}
    options = ["--spec", json.dumps({**spec, "name": "made"}), "--figures", drawn.name, "lift.svg"]
    (project / "lift.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    for name in set(FINDINGS) - {"ledger"}:
        write_table(tables[name], project / f"{name}.parquet", contracts[name])
        options += [f"--{name.replace('_', '-')}", f"{name}.parquet"]
    options += ["--captions", *(f"rules/captions/{name}.rst" for name in ("gains", "lift"))]
    options += ["--citation", "CITATION.cff"]
    for option, kind in (("page", "html"), ("style", "css"), ("script", "js")):
        options += [f"--{option}", f"workflow_scripts/assets/pages/findings.{kind}"]
    options += [f"--{kind}=out.{kind}" for kind in ("html", "csv", "text")]
    status, said = command(project, "findings/write_findings.py", *options)
    assert status == 0, said
    page = (project / "out.html").read_text(encoding="utf-8")
    part = page.split('<section id="resolved"')[1].split("<section id=")[0]
    assert '<figure id="figure-gains"' in part and "Does SFT help without the procedure?" in part
    assert part.index('id="figure-lift"') < part.index('id="figure-gains"')
    assert list(numbered(["lift"])) == ["lift"]  # this process does not know of it


def test_the_list_of_figures_in_the_docs_is_made_again_with_it(project):
    status, said = command(project, "study/document_study.py")
    assert status == 0, said
    page = (project / "docs/reference/figures-and-tables.md").read_text(encoding="utf-8")
    names = re.findall(r"(?m)^\| `(\w+)` \| .* \|$", page.split("## Figures")[1].split("\nA study has")[0])
    assert names[1:4] == ["tier_trajectory", "gains", "recipe_band"]
    assert "| `gains` | Does SFT help without the procedure? | `effects` |" in page


def test_its_own_test_passes_and_so_do_those_of_all_figures(project):
    tests = [f"tests/unit/figures/test_{name}.py" for name in ("figure_gains", "figures", "captions")]
    done = run_tests(project, *tests, "-k", "gains")
    assert re.search(r"^1\d passed", done.stdout, re.MULTILINE), done.stdout
