"""The command that writes the findings: page, table, and the text that opens the report."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import polars as pl
import pytest
import yaml
from analysis_tables import full_study
from made_specs import viewed

from findings import write_findings
from skillift.contracts.analysis import ANALYSIS_TABLES, CERTIFICATION_RATES
from skillift.contracts.predictions import PREDICTIONS
from skillift.errors import UserError
from skillift.findings import findings
from skillift.findings.finding_rows import findings_rows
from skillift.reporting.registry import FINDINGS
from skillift.tables import write_table

EPOCH = "1764374400"  # 2025-11-29
CONTRACTS = {**ANALYSIS_TABLES, "certification": CERTIFICATION_RATES, "predictions": PREDICTIONS}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory, scripts) -> list[str]:
    """A folder of what the command reads, as its options."""
    folder = tmp_path_factory.mktemp("inputs")
    spec, tables = full_study()
    options = ["--spec", json.dumps({**spec, "name": "made"})]
    for name in sorted(set(FINDINGS) - {"ledger"}):  # which is of runs of the workflow
        write_table(tables[name], folder / f"{name}.parquet", CONTRACTS[name])
        options += [f"--{name.replace('_', '-')}", f"{folder}/{name}.parquet"]
    (folder / "lift.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    options += ["--figures", f"{folder}/lift.svg"]
    options += ["--captions", f"{scripts.parent}/rules/captions/lift.rst"]
    options += ["--citation", f"{scripts.parent}/CITATION.cff"]
    for option, kind in (("page", "html"), ("style", "css"), ("script", "js")):
        options += [f"--{option}", f"{scripts}/assets/pages/findings.{kind}"]
    return options


def outputs(folder: Path) -> list[str]:
    return [f"--{kind}={folder}/out.{kind}" for kind in ("html", "csv", "text")]


@pytest.fixture
def arguments(inputs, tmp_path) -> list[str]:
    return [*inputs, *outputs(tmp_path)]


@pytest.fixture(scope="module")
def written(inputs, tmp_path_factory) -> Path:
    """A folder to which the command wrote once, on 2025-11-29."""
    folder = tmp_path_factory.mktemp("findings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        write_findings.main([*inputs, *outputs(folder)])
    return folder


def test_page_table_and_text_hold_the_findings(written):
    spec, tables = full_study()
    rows = findings_rows(findings(tables, viewed(spec)))
    table = pl.read_csv(written / "out.csv")
    assert table["sentence"].to_list() == rows["sentence"].to_list()
    assert table.columns == rows.columns
    page = (written / "out.html").read_text(encoding="utf-8")
    assert page.count('id="figure-lift"') == 1 and "None" not in page
    assert "`lift.svg`_" in (written / "out.text").read_text(encoding="utf-8")


def test_the_page_can_be_cited(written, scripts):
    page = (written / "out.html").read_text(encoding="utf-8")
    version = yaml.safe_load((scripts.parent / "CITATION.cff").read_text())["version"]
    digest = hashlib.sha256((written / "out.csv").read_bytes()).hexdigest()
    for part in (f"skillift {version}", "made 2025-11-29", digest, "<code>made</code>"):
        assert part in page, part


def test_a_citation_without_a_version_is_named(arguments, tmp_path):
    (tmp_path / "CITATION.cff").write_text("title: x\n")
    arguments[arguments.index("--citation") + 1] = f"{tmp_path}/CITATION.cff"
    with pytest.raises(UserError, match=r"CITATION\.cff.*version"):
        write_findings.main(arguments)


def test_the_same_tables_give_the_same_bytes(written, arguments, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    write_findings.main(arguments)
    for kind in ("html", "csv", "text"):
        assert (tmp_path / f"out.{kind}").read_bytes() == (written / f"out.{kind}").read_bytes()


def test_a_study_without_predictions_needs_no_table_of_them(arguments, tmp_path):
    place = arguments.index("--predictions")
    write_findings.main(arguments[:place] + arguments[place + 2 :])
    assert "This study declares no prediction." in (tmp_path / "out.html").read_text(encoding="utf-8")


def test_a_missing_table_or_figure_is_named_and_nothing_is_written(arguments, tmp_path):
    place = arguments.index("--claims")
    with pytest.raises(UserError, match="--claims"):
        write_findings.main(arguments[:place] + arguments[place + 2 :])
    arguments[arguments.index("--figures") + 1] = f"{tmp_path}/lift.svg"
    with pytest.raises(UserError, match=r"lift\.svg"):
        write_findings.main(arguments)
    assert not (tmp_path / "out.html").exists()
