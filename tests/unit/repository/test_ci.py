"""The CI's entry on machines where system packages are missing and cannot be installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def bare_machine(tmp_path, repository):
    """Runs .ci/run with a PATH that holds a shell's basics alone, and apt-get if a script for it is given."""
    for tool in ("bash", "dirname", "grep", "env"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    (tmp_path / "id").write_text("#!/bin/sh\necho 0\n")
    (tmp_path / "id").chmod(0o755)

    def run(apt_get: str | None = None) -> subprocess.CompletedProcess:
        if apt_get:
            Path(tmp_path, "apt-get").write_text(f"#!/bin/sh\n{apt_get}\n")
            Path(tmp_path, "apt-get").chmod(0o755)
        command = [str(tmp_path / "bash"), str(repository / ".ci" / "run")]
        environment = {"PATH": str(tmp_path), "CI": "true"}
        return subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    return run


def test_missing_packages_without_apt_get_are_named(bare_machine):
    done = bare_machine()
    assert done.returncode == 1
    assert "chromium" in done.stderr
    assert "slurmctld slurmd slurm-client munge" in done.stderr
    assert "there is no apt-get" in done.stderr


def test_an_apt_get_that_fails_ends_the_run_with_the_fix(bare_machine):
    done = bare_machine("exit 100")
    assert done.returncode == 1
    assert "apt-get could not install chromium" in done.stderr
    assert "run this again" in done.stderr


def test_package_lists_are_fetched_before_packages_are_installed(bare_machine, tmp_path):
    calls = tmp_path / "calls.txt"
    # after this the machine has no make, so the run ends there
    bare_machine(f'echo "$1 $DEBIAN_FRONTEND" >> {calls}')
    assert calls.read_text().split("\n")[:2] == ["update noninteractive", "install noninteractive"]
