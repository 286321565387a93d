"""Claims about the command `build_tasks.py`."""

from __future__ import annotations

import json

import pytest

from skillift.contracts.pipeline import SKILLS, TASKS
from skillift.errors import UserError
from skillift.tables import read_table
from tasks import build_tasks

PACK = {
    "difficulty": "tiny",
    "seed": 0,
    "skills": 5,
    "per_skill": {"train": 2, "dev": 1, "holdout": 5},
    "judge_scored": 4,
}


def _run(folder, spec, suite="holdout"):
    folder.mkdir(exist_ok=True)
    skills, tasks = folder / "skills.parquet", folder / "tasks.parquet"
    options = ["--suite", suite, "--skills", str(skills), "--tasks", str(tasks)]
    build_tasks.main(["--spec", json.dumps(spec), *options])
    return skills, tasks


@pytest.mark.parametrize(("suite", "per_skill"), [("train", 2), ("dev", 1), ("holdout", 5)])
def test_a_suite_of_the_pack_is_written_as_two_tables_that_keep_their_contracts(tmp_path, suite, per_skill):
    skills, tasks = _run(tmp_path / "a", {"pack": PACK}, suite)
    assert read_table(skills, SKILLS).columns == ["skill_id", "name", "domain", "steps"]
    assert len(read_table(skills, SKILLS)) == 5
    assert read_table(tasks, TASKS)["suite"].to_list() == [suite] * 5 * per_skill


def test_a_suite_of_new_skills_has_them_beside_the_packs_and_leaves_the_others_as_they_were(tmp_path):
    pack = {**PACK, "suites": {"transfer": {"skills": 4, "per_skill": 3}}}
    made = _run(tmp_path / "a", {"pack": pack}, "transfer")
    skills, tasks = (read_table(path, contract) for path, contract in zip(made, (SKILLS, TASKS), strict=True))
    new = skills.filter(suite="transfer")
    assert set(tasks["skill_id"]) == set(new["skill_id"]) and len(new) == 4 and len(tasks) == 12
    assert len(skills) == 5 + 4
    without = _run(tmp_path / "b", {"pack": PACK}, "train")
    assert [path.read_bytes() for path in _run(tmp_path / "c", {"pack": pack}, "train")] == [
        path.read_bytes() for path in without
    ]


def test_a_suite_without_tasks_is_named_with_those_that_have_some(tmp_path):
    with pytest.raises(UserError, match="found no task of the suite safety, expected one of dev"):
        _run(tmp_path / "a", {"pack": PACK}, "safety")


def test_the_same_spec_gives_the_same_bytes(tmp_path):
    first, again = _run(tmp_path / "a", {"pack": PACK}), _run(tmp_path / "b", {"pack": PACK})
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]


def test_own_files_are_read_in_place_of_the_pack(tmp_path):
    own_skills, own_tasks = tmp_path / "skills.yaml", tmp_path / "tasks.jsonl"
    steps = "".join(f"    - Do part {number}.\n" for number in range(1, 6))
    own_skills.write_text(f"greet:\n  name: greet\n  steps:\n{steps}")
    own_tasks.write_text(
        json.dumps(
            {
                "task_id": "greet-1",
                "skill_id": "greet",
                "suite": "holdout",
                "prompt": "Greet Ada",
                "reference": "Hello Ada",
                "scorer": "judge",
            }
        )
        + "\n"
    )
    spec = {"files": {"tasks": str(own_tasks), "skills": str(own_skills)}}
    _, tasks = _run(tmp_path / "out", spec)
    assert read_table(tasks, TASKS)["task_id"].to_list() == ["greet-1"]


def test_a_spec_that_names_no_source_is_refused(tmp_path):
    with pytest.raises(
        UserError, match=r"--spec: pakc: found an unknown key 'pakc', expected one of pack, files"
    ):
        _run(tmp_path / "a", {"pakc": PACK})
    with pytest.raises(UserError, match=r"--spec: found no key, expected exactly one of pack, files"):
        _run(tmp_path / "a", {})


def test_a_folder_of_documents_is_read_and_what_bends_the_format_is_said_in_the_log(tmp_path, capsys):
    for name in ("greet", "part"):
        (tmp_path / "skills" / name).mkdir(parents=True)
        (tmp_path / "skills" / name / "SKILL.md").write_text(f"# {name}\n\nSay the name.\n\nThen stop.\n")
    (tmp_path / "tasks.csv").write_text(
        "task_id;skill_id;suite;prompt;reference;source\r\ng;greet;holdout;Greet Ada;Hello Ada;book\r\n"
    )
    spec = {"files": {"tasks": str(tmp_path / "tasks.csv"), "skills": str(tmp_path / "skills")}}
    skills, tasks = _run(tmp_path / "out", spec)
    assert read_table(skills, SKILLS)["steps"][0].to_list() == ["# greet\n\nSay the name.\n", "Then stop.\n"]
    assert read_table(tasks, TASKS)["metadata"].to_list() == ['{"source": "book"}']
    said = capsys.readouterr().err.splitlines()
    assert [line.startswith("warning: ") and "found no front matter" in line for line in said] == [True, True]
