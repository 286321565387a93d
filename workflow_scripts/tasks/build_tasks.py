r"""Build the tables of one suite: its tasks and skills, from the task pack or from a user's own files.

    python workflow_scripts/tasks/build_tasks.py --suite holdout --skills skills/holdout.parquet \
        --tasks tasks/holdout.parquet --spec \
        '{"pack": {"difficulty": "tiny", "seed": 0, "per_skill": {"train": 11, "dev": 5, "holdout": 5}}}'

`--spec` is the study's `tasks`: {"pack": {...}} or {"files": {"tasks": "t.jsonl", "skills": "s.yaml"}}; with
`"beside_pack": true` among the files where other suites are of the pack.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.contracts.pipeline import SKILLS, SUITES, TASKS
from skillift.errors import UserError, problem
from skillift.settings.student_specs import TasksSpec
from skillift.tables import write_table
from skillift.tasks.suites import tables_of_suite
from skillift.yaml_sources.source import Words
from skillift.yaml_sources.wording import one_of


def main(argv: list[str] | None = None) -> None:
    """Read the arguments, build both tables, write them.

    Raises:
        UserError: the suite has no task; see also `taskpack.build_pack` and `user_tasks.read_own`.
    """
    arguments = parser(__doc__, TasksSpec)
    arguments.add_argument("--suite", choices=SUITES, required=True, help="which suite")
    arguments.add_argument("--skills", required=True, help="table of skills to write")
    arguments.add_argument("--tasks", required=True, help="table of tasks to write")
    arguments.add_argument(
        "--own-tasks", help="file of own tasks (if the spec says files; default: its path)"
    )
    arguments.add_argument(
        "--own-skills", help="file or folder of own skills (if the spec says files; default: its path)"
    )
    options = arguments.parse_args(argv)
    pack, files = options.spec.pack, options.spec.files
    if pack:
        from skillift.taskpack import build_pack

        skills, tasks = build_pack(pack)
    else:
        from skillift.tasks.user_tasks import read_own

        skills, tasks = read_own(
            options.own_tasks or files.tasks,
            options.own_skills or files.skills,
            lambda text: print(f"warning: {text}", file=sys.stderr),
        )
    found = tables_of_suite(skills, tasks, options.suite, bool(files and files.beside_pack))
    if found.tasks.is_empty():
        there = Words(f"no task of the suite {options.suite}")
        raise UserError(problem("tasks", there, one_of(sorted(set(tasks["suite"]))), "Name one of these."))
    write_table(found.skills, options.skills, SKILLS)
    write_table(found.tasks, options.tasks, TASKS)


if __name__ == "__main__":
    run(main)
