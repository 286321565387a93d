"""Students from the hub: planned without a network, downloaded by Snakemake itself, never twice."""

from __future__ import annotations

import pytest
from hub_server import COMMIT, hub
from projects import copy_project, planned_jobs, replace_in, snakemake
from tiny_models import write_student

from skillift.tables import read_json

MANIFEST = "results/smoke/students/m/manifest.json"


@pytest.fixture
def project(tmp_path):
    """A copy of the project whose larger smoke student comes from a hub."""
    folder = copy_project(tmp_path / "project")
    study = folder / "studies/smoke.yaml"
    text = study.read_text()
    scratch = text[text.index("    source: scratch\n    architecture: {hidden_size: 64") :].partition(
        "\nteacher"
    )[0]
    replace_in(study, scratch, "    source: hub\n    model: owner/tiny\n    licence: Apache-2.0\n")
    return folder


def test_a_hub_student_is_planned_without_a_network(project, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    jobs = planned_jobs(project)
    assert "download_student m" in jobs
    assert {"pretrain s", "train m sft-s0", "generate m base"} <= jobs


def test_the_download_goes_to_the_hub_and_is_done_once(project, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    with hub("owner/tiny", write_student(tmp_path / "source")) as (address, _):
        monkeypatch.setenv("HF_ENDPOINT", address)
        done = snakemake(project, MANIFEST)
    assert done.returncode == 0, done.stdout
    assert read_json(project / MANIFEST)["source"]["commit"] == COMMIT
    assert "download_student m" not in planned_jobs(project)


def test_another_revision_is_another_download_and_a_licence_note_is_none(project, tmp_path, monkeypatch):
    test_the_download_goes_to_the_hub_and_is_done_once(project, tmp_path, monkeypatch)
    study = project / "studies/smoke.yaml"
    replace_in(study, "licence: Apache-2.0", "licence: the model's own")
    assert "download_student m" not in planned_jobs(project)
    replace_in(study, "    licence: the model's own", f"    revision: {COMMIT}")
    assert "download_student m" in planned_jobs(project)
