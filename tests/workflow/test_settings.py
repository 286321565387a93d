"""What a user meets who gives Snakemake a study or settings that are wrong: one clear text, no traceback."""

from __future__ import annotations

import pytest
from projects import copy_project, dry_run, replace_in


@pytest.fixture
def project(tmp_path):
    return copy_project(tmp_path / "project")


def refused(project, *texts, **options):
    finished = dry_run(project, **options)
    assert finished.returncode != 0
    assert "Traceback" not in finished.stdout
    for text in texts:
        assert text in finished.stdout


def test_a_wrong_study_ends_before_any_job_with_place_and_fix(project):
    replace_in(project / "studies/smoke.yaml", "learning_rate: 5.0e-3", "learning_rate: '5e-3'")
    refused(project, "studies/smoke.yaml", "recipes.sft.learning_rate", "Write 5e-3 without quotes.")
    assert not (project / "results").exists()


def test_a_missing_study_file_is_named(project):
    refused(project, "studies/none.yaml", study="studies/none.yaml")


def test_an_unknown_key_of_config_yaml_is_an_error(project):
    replace_in(project / "config.yaml", "concurrency: 64", "concurency: 64")  # codespell:ignore concurency
    refused(project, "concurency", "concurrency")  # codespell:ignore concurency


def test_a_model_that_cannot_be_asked_in_batches_is_named(project):
    replace_in(project / "config.yaml", "batch: false", "batch: [openrouter/openai/gpt-5]")
    refused(project, "config.yaml: api.batch", "openrouter/openai/gpt-5", "asked directly")


@pytest.mark.parametrize("study", ["studies/embedded.yaml", "studies/smoke.yaml"])
def test_the_studies_that_come_with_the_project_can_be_planned(project, study):
    finished = dry_run(project, study=study)
    assert finished.returncode == 0, finished.stdout
