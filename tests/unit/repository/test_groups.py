"""Tests that share a fixture of their module stay on one worker; others are dealt out one by one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # starts pytest

SHARING = """
import os, pathlib, pytest, time

@pytest.fixture(scope="module")
def shared():
    return pathlib.Path("workers-sharing")

@pytest.mark.parametrize("number", range(6))
def test_it(shared, number):
    with shared.open("a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + " ")
    time.sleep(0.05)
"""
# slower, so that a worker that starts late, or has had the others first, still comes to some of them
APART = (
    SHARING.replace('scope="module"', 'scope="session"')
    .replace("workers-sharing", "workers-apart")
    .replace("0.05", "0.4")
)


@pytest.fixture(scope="module")
def dealt_out(tmp_path_factory, repository: Path) -> Path:
    """Two modules of six tests each, run by two workers; each test has noted its worker in a file."""
    folder = tmp_path_factory.mktemp("dealt")
    tests = folder / "tests"
    tests.mkdir()
    shutil.copy(repository / "tests/conftest.py", tests)
    shutil.copy(repository / ".pytest.ini", folder)
    (tests / "test_sharing.py").write_text(SHARING)
    (tests / "test_apart.py").write_text(APART)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-n",
        "2",
        "--dist",
        "loadgroup",
    ]
    finished = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)
    assert "12 passed" in finished.stdout, finished.stdout
    return folder


def test_tests_that_share_a_fixture_of_their_module_stay_on_one_worker(dealt_out):
    workers = (dealt_out / "workers-sharing").read_text().split()
    assert len(workers) == 6
    assert len(set(workers)) == 1


def test_other_tests_are_dealt_out_one_by_one(dealt_out):
    workers = (dealt_out / "workers-apart").read_text().split()
    assert len(workers) == 6
    assert set(workers) == {"gw0", "gw1"}
