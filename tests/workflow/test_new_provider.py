"""A worked example: the batches of a new provider are a module and its test.

`together_ai` of docs/how-to/extending.md is added to a copy of the project.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import ROOT
from worked_examples import files_said, project_with, run_tests

from skillift.chat.batches.batch_settings import batched_models
from skillift.chat.batches.providers import PROVIDERS, provider_modules
from skillift.errors import UserError
from skillift.provenance import code_digest

MODEL = "together_ai/small"
IN_THE_COPY = f'''"""What config.yaml may say there."""

from skillift.chat.batches.batch_settings import BatchSettings, batched_models
from skillift.chat.models import ChatModel


def test_its_models_may_be_named_and_all_takes_them():
    assert batched_models(["{MODEL}"]) == {{"{MODEL}"}}
    assert BatchSettings(models=frozenset(["all"])).takes(ChatModel("{MODEL}"))
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project with its tests, to which two files are added."""
    target = tmp_path_factory.mktemp("new-provider") / "project"
    folder, touched = project_with("A provider of batches", target, ("tests",))
    assert len(touched) == files_said("a provider of batches") == 2
    return folder


@pytest.mark.slow
def test_its_own_test_passes_and_config_may_name_its_models(project):
    (project / "tests/unit/chat/test_named_provider.py").write_text(IN_THE_COPY, encoding="utf-8")
    done = run_tests(
        project, "tests/unit/chat/test_together_ai_api.py", "tests/unit/chat/test_named_provider.py"
    )
    assert "2 passed" in done.stdout, done.stdout
    with pytest.raises(UserError, match=f"found '{MODEL}', expected true, or names of models of these"):
        batched_models([MODEL])


def test_verdicts_of_other_providers_models_are_as_they_were(project):
    def digest(folder, *models):
        scripts = folder / "workflow_scripts"
        return code_digest("verdicts/judge.py", *provider_modules(models), scripts=scripts)

    for model in (*(f"{provider}/small" for provider in PROVIDERS), "offline/tail", MODEL):
        assert digest(project, model) == digest(ROOT, model)
    named = "skillift.chat.batches.together_ai_api"
    added = code_digest("verdicts/judge.py", named, scripts=project / "workflow_scripts")
    assert added != digest(project, MODEL)
