"""The quick loop of `make check` loads no models: what does is left out by its mark, or fails, named."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # starts pytest

# torch and vllm are stood for by empty modules
MODULES = {
    "torch": "",
    "vllm": "",
    "test_at_import": "import torch\ndef test_it(): pass",
    "test_in_a_test": "def test_it():\n    try: import vllm\n    except ImportError: pass",
    "test_in_a_process": "import subprocess, sys\n"
    "def test_it(): subprocess.run([sys.executable, '-c', 'import torch'], check=True)",
    "test_asking": "import importlib.util\ndef test_it(): assert importlib.util.find_spec('torch')",
    "test_marked_as_a_whole": "import pytest, torch\npytestmark = pytest.mark.models\ndef test_it(): pass",
    "test_marked": "import pytest\n@pytest.mark.models\ndef test_it(): import torch",
}


@pytest.fixture
def run(tmp_path, repository: Path):
    """Runs the made-up modules as tests; returns the outcome of each, and what pytest prints."""
    tests = tmp_path / "tests"
    shutil.copytree(repository / "tests/model_guard", tests / "model_guard")
    shutil.copy(repository / "tests/conftest.py", tests)
    shutil.copy(repository / ".pytest.ini", tmp_path)
    for name, text in MODULES.items():
        (tests / f"{name}.py").write_text(text)

    def _run(*options: str) -> tuple[dict[str, str], str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        printed = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *options],
            cwd=tmp_path,
            env={**kept, "PYTHONPATH": str(tests)},
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        found = re.findall(r"^(PASSED|FAILED|ERROR) tests/(test_\w+)\.py", printed, re.MULTILINE)
        return {name: outcome for outcome, name in found}, printed

    return _run


def test_a_test_that_loads_a_model_fails_and_is_named(run):
    outcomes, printed = run("--quick", "--continue-on-collection-errors")
    assert outcomes == {
        "test_at_import": "ERROR",
        "test_in_a_test": "FAILED",
        "test_in_a_process": "FAILED",
        "test_asking": "PASSED",
    }
    assert "test_at_import.py loads torch" in printed
    assert "test_in_a_test.py::test_it loads vllm" in printed
    assert "test_in_a_process.py::test_it loads torch" in printed
    assert "1 deselected" in printed


def test_outside_of_the_quick_loop_models_are_loaded(run):
    outcomes, _ = run()
    assert outcomes == {name: "PASSED" for name in MODULES if name.startswith("test_")}
