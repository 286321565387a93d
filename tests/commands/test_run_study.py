"""The command run_study: stops before Snakemake on a wrong study, and reads the lifts from a finished one."""

from __future__ import annotations

import pytest
import run_study
from analysis_tables import full_study

from skillift.contracts.analysis import ANALYSIS_TABLES, CERTIFICATION_RATES
from skillift.contracts.predictions import PREDICTIONS
from skillift.errors import UserError
from skillift.publication.registry import FINDINGS
from skillift.tables import write_table


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the command works in the repository, from wherever it is called


def test_a_missing_study_is_named_and_nothing_is_run(monkeypatch):
    monkeypatch.setattr(run_study.subprocess, "run", lambda *_, **__: pytest.fail("Snakemake was started"))
    with pytest.raises(UserError, match=r"studies/nowhere\.yaml"):
        run_study.main(["--study", "studies/nowhere.yaml"])


@pytest.mark.slow
def test_a_study_that_fails_ends_with_a_message(capfd):
    with pytest.raises(UserError, match="did not finish"):
        run_study.main(["--study", "studies/smoke.yaml", "--dry-run", "no_such_target"])
    printed = capfd.readouterr()
    assert "no_such_target" in printed.out + printed.err


@pytest.mark.slow
def test_the_lifts_of_a_finished_study_are_printed(tmp_path, repository, monkeypatch):
    monkeypatch.chdir(repository)
    _, study = run_study.settings("studies/embedded.yaml")
    monkeypatch.chdir(tmp_path)
    tables = full_study()[1]
    contracts = {**ANALYSIS_TABLES, "certification": CERTIFICATION_RATES, "predictions": PREDICTIONS}
    for name in FINDINGS:
        write_table(tables[name], tmp_path / f"analysis/{name}.parquet", contracts[name])
    warning, *lines = run_study.headlines(tmp_path, study)
    assert warning.startswith("Warning: judge conclusion")
    lifts = [line for line in lines if line.startswith("Lift ")]
    assert len(lifts) == 4  # sft at three students, the variant at one
    assert all("pp" in line and "judge:conclusion" in line for line in lifts)
    assert all(line.endswith((": supported.", ": not resolvable at this n.")) for line in lifts)
    assert [line.split("?")[0] for line in lines[4:]] == [
        *("Is it uniform across tiers", "Is the judge to blame"),
        *("Is it the procedure, or just a longer prompt", "Did the prediction hold"),
    ]
