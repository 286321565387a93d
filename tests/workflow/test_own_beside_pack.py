"""Own tasks beside the task pack are inputs of the jobs of their own suites, and of no other."""

from __future__ import annotations

import json
import re

import pytest
from projects import copy_project, dry_run, replace_in

pytestmark = pytest.mark.integration

STUDY = "studies/smoke.yaml"


def test_only_a_suite_of_own_tasks_takes_their_files(tmp_path):
    project = copy_project(tmp_path / "project")
    study = project / STUDY
    replace_in(study, "\nconditions:", "  files: {tasks: t.jsonl, skills: s.yaml}\n\nconditions:")
    replace_in(study, "suites: [holdout]", "suites: [holdout, transfer]")
    steps = ["Read the question.", "Read it again.", "Think.", "Count.", "Write the answer."]
    skills = {name: {"name": name, "steps": steps} for name in ("sum", "spell")}
    (study.parent / "s.yaml").write_text(json.dumps(skills))
    task = {"suite": "transfer", "prompt": "1 and 2?", "reference": "3"}
    rows = [task | {"task_id": f"own-{name}", "skill_id": name, "prompt": f"{name} 1, 2?"} for name in skills]
    (study.parent / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    planned = dry_run(project)
    assert planned.returncode == 0, planned.stdout
    jobs = [job for job in re.split(r"\nrule ", planned.stdout) if job.startswith("build_tasks:")]
    suites = {
        re.search(r"suite=(\w+)", job)[1]: "studies/t.jsonl" in job.partition("output:")[0] for job in jobs
    }
    assert suites == {"train": False, "holdout": False, "transfer": True}
