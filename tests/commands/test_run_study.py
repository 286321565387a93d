"""The command run_study: stops before Snakemake on a wrong study, and reads the lifts from a finished one."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from analysis_tables import full_study
from study_files import EMBEDDED

from skillift.contracts.analysis import ANALYSIS_TABLES, CERTIFICATION_RATES
from skillift.contracts.predictions import PREDICTIONS
from skillift.errors import UserError
from skillift.reporting.registry import FINDINGS
from skillift.running.project_settings import PROJECT
from skillift.study.study import load_study
from skillift.tables import write_json, write_table
from study import run_study


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the command works in the repository, from wherever it is called


@pytest.fixture
def called(monkeypatch):
    """What Snakemake would be called with, and where."""
    calls = []

    def record(command, env):
        calls.append((command[command.index("snakemake") + 1 :], Path.cwd()))
        return calls[0][0].count("fails"), None

    monkeypatch.setattr(run_study, "run_with_signals", record)
    return calls


def test_a_missing_study_is_named_with_the_places_that_were_looked_in(called, tmp_path, repository):
    with pytest.raises(UserError, match=r"studies/nowhere\.yaml") as raised:
        run_study.main(["--study", "studies/nowhere.yaml"])
    for place in (tmp_path, repository):
        assert f"{place}/studies/nowhere.yaml" in str(raised.value)
    assert called == []


def test_a_study_is_seen_from_the_callers_folder_and_then_from_the_project(called, tmp_path, repository):
    (tmp_path / "own é.yaml").write_text((repository / "studies/smoke.yaml").read_text())
    for name in ("own é.yaml", "studies/smoke.yaml"):
        run_study.main(["--study", name, "--dry-run"])
    (own, there), (shipped, _) = called
    assert there == repository
    assert (repository / own[-1].removeprefix("study=")).samefile(tmp_path / "own é.yaml")
    assert shipped[-1] == "study=studies/smoke.yaml"


def test_settings_of_the_command_line_reach_snakemake_beside_the_study(called, tmp_path):
    study = ["--study", "studies/smoke.yaml"]
    run_study.main([*study, "--config", "results=my r", 'api={"budget_usd": 5}', "--cores", "all", "-n"])
    run_study.main(["--directory", str(tmp_path / "there"), "-n", "--config", "study=studies/paper.yaml"])
    assert called[0][0] == [
        *("--cores", "all", "-n"),
        *("--config", "results=my r", 'api={"budget_usd": 5}', "study=studies/smoke.yaml"),
    ]
    assert called[1][0][-1] == f"study={os.path.relpath(PROJECT / 'studies/paper.yaml', tmp_path / 'there')}"


def test_short_and_joined_spellings_of_snakemake_are_honoured_too(called):
    study = ["--study", "studies/smoke.yaml", "-n"]
    for spelled in (["-c", "3"], ["-c3"], ["--cores=3"], ["-j", "3"], ["-j3"], ["--jobs=3"]):
        run_study.main([*study, *spelled, "-C", 'api={"budget_usd": 5}'])
    for command, _ in called[:3]:
        assert (command[:2], "--jobs" in command) == (["--cores", "3"], False)
    for command, _ in called[3:]:
        assert (command[:2], "--cores" in command) == (["--jobs", "3"], False)
    for command, _ in called:
        assert command[-3:] == ["--config", 'api={"budget_usd": 5}', "study=studies/smoke.yaml"]


def test_a_configuration_file_of_the_command_line_counts_as_it_does_for_snakemake(
    called, tmp_path, monkeypatch
):
    (tmp_path / "mine.yaml").write_text("study: studies/smoke.yaml\nresults: elsewhere\n")
    run_study.main(["--configfile", "mine.yaml", "-n"])
    monkeypatch.chdir(tmp_path)  # the command leaves it
    run_study.main(
        ["--configfile", "mine.yaml", "--config", "results=here", "--study", "studies/paper.yaml", "-n"]
    )
    (first, _), (second, _) = called
    file = ["--configfile", str(tmp_path / "mine.yaml")]
    assert first[-4:] == [*file, "--config", "study=studies/smoke.yaml"]
    assert second[-5:] == [*file, "--config", "results=here", "study=studies/paper.yaml"]
    (tmp_path / "wrong.yaml").write_text("results: [")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"--configfile wrong\.yaml"):
        run_study.main(["--configfile", "wrong.yaml"])
    assert len(called) == 2


@pytest.mark.parametrize("change", ["api={budget_usd: -1}", "results"])
def test_a_wrong_setting_is_refused_before_snakemake_starts(called, change):
    with pytest.raises(UserError, match=r"budget_usd|KEY=VALUE"):
        run_study.main(["--config", change])
    assert called == []


def test_a_study_that_fails_leaves_the_last_word_to_snakemake(called, tmp_path, capsys):
    (tmp_path / "there").mkdir()
    with pytest.raises(SystemExit) as ended:
        run_study.main(["--directory", "there", "fails"])
    assert ended.value.code == 1
    assert not list(tmp_path.glob("there/results/*"))
    assert capsys.readouterr() == ("", "")


def test_a_study_that_was_ended_says_last_how_it_goes_on(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(run_study, "run_with_signals", lambda command, env: (1, signal.SIGINT))
    with pytest.raises(SystemExit) as ended:
        run_study.main(["--study", "studies/smoke.yaml", "--directory", str(tmp_path / "there")])
    assert ended.value.code == 130
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "Ended by SIGINT. The same command goes on where it stood."


@pytest.mark.slow
def test_a_finished_study_ends_in_six_lines(tmp_path):
    (tmp_path / "study.yaml").write_text(EMBEDDED, encoding="utf-8")
    study = load_study(tmp_path / "study.yaml")
    tables = full_study()[1]
    contracts = {**ANALYSIS_TABLES, "certification": CERTIFICATION_RATES, "predictions": PREDICTIONS}
    for name in set(FINDINGS) - {"ledger"}:  # which is of runs of the workflow
        write_table(tables[name], tmp_path / f"analysis/{name}.parquet", contracts[name])
    write_json({"look": 1, "alpha": 0.025}, tmp_path / "analysis/look.json")
    lines = run_study.last_lines(tmp_path, study, "results/embedded/findings.html")
    assert len(lines) == 6 and all(len(line) <= 80 for line in lines)
    assert lines[0].startswith("Lift resolved ") and "not resolvable" in lines[0]
    assert "1 warning: read it first" in lines[2]
    assert lines[-1].split() == ["Look", "at", "results/embedded/findings.html"]


@pytest.mark.parametrize("part", [["--until", "build_tasks"], ["--until=build_tasks"], ["-O", "train"]])
def test_a_part_of_a_study_has_no_report(part, called, tmp_path):
    run_study.main(["--study", "studies/smoke.yaml", "--directory", str(tmp_path / "there"), *part])
    ((command, _),) = called
    assert "--report" not in command and part[0] in command
