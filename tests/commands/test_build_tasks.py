"""Claims about the command `build_tasks.py`."""

from __future__ import annotations

import json

import build_tasks
import pytest

from skillift.contracts.pipeline import SKILLS, TASKS
from skillift.errors import UserError
from skillift.tables import read_table

PACK = {
    "difficulty": "tiny",
    "seed": 0,
    "skills": 5,
    "per_skill": {"train": 2, "dev": 1, "holdout": 5},
    "judge_scored": 4,
}


def _run(folder, spec):
    folder.mkdir(exist_ok=True)
    skills, tasks = folder / "skills.parquet", folder / "tasks.parquet"
    build_tasks.main(["--spec", json.dumps(spec), "--skills", str(skills), "--tasks", str(tasks)])
    return skills, tasks


def test_the_pack_is_written_as_two_tables_that_keep_their_contracts(tmp_path):
    skills, tasks = _run(tmp_path / "a", {"pack": PACK})
    assert len(read_table(skills, SKILLS)) == 5
    assert len(read_table(tasks, TASKS)) == 5 * (2 + 1 + 5)


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
    with pytest.raises(UserError, match="either 'pack' or 'files'"):
        _run(tmp_path / "a", {"pakc": PACK})


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
