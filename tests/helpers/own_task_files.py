"""Own tasks and skills as files, to be read or spoilt by tests."""

from __future__ import annotations

import json
from pathlib import Path

SKILLS = """\
harbor:
  name: harbor code
  steps: [Copy it., Turn it., Sort it., Take the first., Write the ANSWER line.]
ledger:
  name: ledger check
  domain: books
  steps:
    - Read the entries.
    - Add the debits.
    - Add the credits.
    - Subtract one from the other.
    - Write the ANSWER line.
"""


def task(**fields) -> dict:
    whole = {
        "task_id": "h-1",
        "skill_id": "harbor",
        "suite": "holdout",
        "prompt": "Code of 3 1?",
        "reference": "1",
    }
    return {name: value for name, value in {**whole, **fields}.items() if value is not ...}


def write_own(folder: Path, *records: dict | str, skills: str = SKILLS) -> tuple[Path, Path]:
    """The files of tasks (records, or lines as they are) and of skills."""
    tasks, of_skills = folder / "tasks.jsonl", folder / "skills.yaml"
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    tasks.write_text("\n".join(lines) + "\n", encoding="utf-8")
    of_skills.write_text(skills, encoding="utf-8")
    return tasks, of_skills
