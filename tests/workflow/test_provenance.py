"""Every job leaves a manifest; what Snakemake lost is restored from it or rebuilt, never just trusted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from base64 import urlsafe_b64decode
from pathlib import Path
from types import SimpleNamespace

import pytest
from projects import copy_finished, dry_run, planned_jobs, replace_in

from skillift.running.manifests import kept, manifests_below, read_manifest
from snakemake_inside.manifests import write_manifests

RESULTS = Path("results/smoke")


@pytest.fixture
def project(finished_smoke, tmp_path):
    """A copy of the finished smoke study, to be damaged."""
    folder = tmp_path / "project"
    copy_finished(finished_smoke, folder)
    return folder


def records(folder: Path) -> Path:
    return folder / ".snakemake" / "metadata"


def lose_all_records(folder: Path) -> None:
    shutil.rmtree(records(folder))


def edit_learning_rate(folder: Path) -> None:
    replace_in(folder / "studies/smoke.yaml", "learning_rate: 5.0e-3", "learning_rate: 4.0e-3")


def verify(folder: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "workflow_scripts/study/verify.py", "--study", "studies/smoke.yaml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.integration
def test_every_job_leaves_a_manifest_that_names_what_snakemake_recorded(finished_smoke):
    recorded = {}
    for path in records(finished_smoke).iterdir():
        entry = json.loads(path.read_text())
        recorded[urlsafe_b64decode(path.name).decode()] = entry
    found = {}
    for path in manifests_below(finished_smoke / RESULTS):
        manifest = read_manifest(path)
        found |= dict.fromkeys(manifest.outputs, manifest)
    assert found.keys() == recorded.keys() and len(found) > 60
    for output, manifest in found.items():
        entry = recorded[output]
        assert manifest.rule == entry["rule"]
        assert sorted(manifest.params.values()) == entry["params"], output
        assert sorted(manifest.inputs) == entry["input"]
        assert manifest.command == entry["code"]
        for path, checksum in entry["input_checksums"].items():
            assert checksum == f"sha256:{manifest.inputs[path]}"
        assert manifest.made["packages"]["versions"]["polars"] and manifest.made["device"]["cores"]
        assert manifest.made["started"] <= manifest.made["ended"]


@pytest.mark.integration
def test_verify_accepts_a_finished_study_and_names_a_flipped_byte(project):
    sound = verify(project)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert "match their manifests" in sound.stdout
    table = project / RESULTS / "scores.parquet"
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    found = verify(project)
    lines = found.stdout.splitlines()
    assert found.returncode == 1
    assert lines[0].startswith(f"{RESULTS}/scores.parquet: found 'sha256 ")
    made_from_it = [line for line in lines[1:] if f"found '{RESULTS}/scores.parquet (sha256 " in line]
    assert any(line.startswith(f"{RESULTS}/analysis/") for line in made_from_it)
    assert len(lines) == found.stdout.count("expected")


@pytest.mark.integration
def test_lost_records_are_restored_and_nothing_is_rebuilt(project):
    lose_all_records(project)
    said = dry_run(project).stdout
    assert "records (.snakemake/metadata) were lost for " in said and "restored from the manifests" in said
    assert "Nothing to be done" in said
    assert "missing provenance" not in said
    assert "were lost" not in dry_run(project).stdout  # once is enough


@pytest.mark.integration
def test_an_edit_reruns_the_same_jobs_whether_records_were_lost_or_not(project, finished_smoke, tmp_path):
    edit_learning_rate(project)
    expected = planned_jobs(project)
    assert "train s sft-s0" in expected
    damaged = tmp_path / "damaged"
    copy_finished(finished_smoke, damaged)
    lose_all_records(damaged)
    edit_learning_rate(damaged)
    assert planned_jobs(damaged) == expected


@pytest.mark.integration
def test_one_lost_record_is_restored_from_its_manifest(project):
    """All of it that Snakemake compares; this output is the only one of its job, so nothing else tells."""
    [lost] = [path for path in records(project).iterdir() if json.loads(path.read_text())["rule"] == "score"]
    before = json.loads(lost.read_text())
    lost.unlink()
    assert planned_jobs(project) == set()
    after = json.loads(lost.read_text())
    compared = ("rule", "input", "params", "code", "input_checksums", "incomplete")
    assert {name: after[name] for name in compared} == {name: before[name] for name in compared}


@pytest.mark.integration
def test_what_nothing_vouches_for_is_rebuilt(project):
    lose_all_records(project)
    shutil.rmtree(project / RESULTS / "manifests/tables")
    with (project / RESULTS / "analysis/pass_rates.parquet").open("ab") as stream:
        stream.write(b"x")
    said = dry_run(project).stdout
    assert "which no manifest vouches for: counted as incomplete" in said
    planned = planned_jobs(project)
    assert {"analyse", "make_table_effects", "make_table_pass_rates"} <= planned
    assert not {"score", "train s sft-s0", "judge tail s base"} & planned


@pytest.mark.integration
def test_without_records_and_manifests_every_result_is_rebuilt(project):
    lose_all_records(project)
    shutil.rmtree(project / RESULTS / "manifests")
    edit_learning_rate(project)
    assert {
        "build_tasks train",
        "pretrain s",
        "train s sft-s0",
        "judge tail s base",
        "score",
    } <= planned_jobs(project)


def job_of(tmp_path, command):
    """A rule with one job, whose command is a function; returns what runs it and its output's path."""
    results = tmp_path / "results"
    out = results / "a.txt"
    rule = SimpleNamespace(name="write", shellcmd="write {output}", run_func=lambda *given: command(out))
    rule.params = {"code": "0", "folder": "derived"}
    rule._is_deriving_function = lambda value: value == "derived"
    target = SimpleNamespace(name="all", shellcmd=None, run_func=None)
    write_manifests([rule, target], results, tmp_path)
    assert target.run_func is None
    given = ([], [str(out)], {"code": "0", "folder": "x"}, {}, 1, None, [], "write", None)
    return lambda: rule.run_func(*given, "further"), results, out


def test_the_manifest_is_there_when_the_job_ends(tmp_path):
    def command(out):
        out.parent.mkdir()
        out.write_text("made")

    run, results, out = job_of(tmp_path, command)
    run()
    [manifest] = map(read_manifest, manifests_below(results))
    assert manifest.outputs == {str(out): kept(out)} and manifest.params == {"code": "'0'"}


def test_a_failed_job_leaves_no_manifest(tmp_path):
    def command(out):
        raise RuntimeError("failed")

    run, results, _ = job_of(tmp_path, command)
    with pytest.raises(RuntimeError):
        run()
    assert manifests_below(results) == []


def test_a_manifest_that_cannot_be_written_fails_the_job(tmp_path):
    from snakemake.exceptions import WorkflowError

    run, _, out = job_of(tmp_path, lambda out: None)
    with pytest.raises(WorkflowError, match="No such file"):
        run()
    assert not out.exists()
