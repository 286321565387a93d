"""What makes plans of many jobs faster changes none of them; after edits: test_reruns.py."""

from __future__ import annotations

import subprocess
import sys

from planner import plans
from projects import ROOT, copy_project, replace_in

CALL = "cache_planning(workflow)\n"


def test_a_plan_is_the_same_without_shortcuts(tmp_path):
    folder = copy_project(tmp_path / "project")
    with_shortcuts = plans(folder)
    replace_in(folder / "rules/common.smk", CALL, "", count=1)
    without = plans(folder)
    planned, audit = with_shortcuts
    assert len(planned) > 60
    assert {job["job"] for job in audit["jobs"] if job["fate"] != "reused"} == planned
    assert with_shortcuts == without


def test_files_of_a_storage_are_still_asked_for_it():
    program = """
from types import SimpleNamespace
import snakemake.cli
from snakemake.io import _IOFile
from snakemake_inside.cached_planning import cache_planning
for provider in ("fs", None, None):
    cache_planning(SimpleNamespace(storage_settings=SimpleNamespace(default_storage_provider=provider)))
    print(isinstance(vars(_IOFile)["is_storage"], property))
"""
    asked = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "workflow_scripts",
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.split() == ["True", "False", "False"]
