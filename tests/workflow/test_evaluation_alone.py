"""A study that trains nothing: students as they are, without a teacher, corpora or recipes."""

from __future__ import annotations

from projects import copy_project, planned_jobs

STUDY = """\
name: alone
tasks: {pack: {difficulty: tiny, seed: 0, per_skill: {train: 1, dev: 0, holdout: 1}, judge_scored: 0}}
conditions: [none, curated]
students:
  s: {tier: 1, source: hub, model: owner/tiny}
judges:
  conclusion: {model: offline/conclusion}
primary_judge: conclusion
inference: {max_tokens: 48}
"""


def test_students_are_evaluated_without_a_teacher(tmp_path):
    project = copy_project(tmp_path / "project")
    (project / "studies/alone.yaml").write_text(STUDY)
    jobs = planned_jobs(project, study="studies/alone.yaml")
    assert {"generate s base", "judge conclusion s base", "write_findings"} <= jobs
    assert not [job for job in jobs if job.split()[0] in ("collect_demonstrations", "select_corpus", "train")]
