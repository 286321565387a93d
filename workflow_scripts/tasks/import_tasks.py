r"""Make files of own tasks and skills from tasks that others made.

    make generators    # once: reasoning-gym in .venv-reasoning-gym
    python workflow_scripts/tasks/import_tasks.py --from reasoning-gym --level easy --out my
    python workflow_scripts/tasks/import_tasks.py --from jsonl --file gsm8k.jsonl \
        --per-skill train=50 holdout=100 --out my

Writes `tasks.jsonl` and `skills.yaml` into `--out`, which a study names under `tasks.files`
(docs/reference/own-data.md). Generators of reasoning-gym become skills, their instances tasks; one whose own
score does not equal the comparison of answers is refused by name. `--from jsonl` reads questions with answers
that end in a marker and the result, as GSM8K's.

No rule calls this.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.errors import UserError, problem
from skillift.running.project_settings import PROJECT
from skillift.tables import atomic_path
from skillift.task_imports.generators import (
    LEVELS,
    Generators,
    instances_of,
    read_procedures,
    skill_of,
    tasks_from,
)
from skillift.task_imports.word_problems import SKILL, SKILL_ID, read_problems

PYTHON = PROJECT / ".venv-reasoning-gym/bin/python"
PER_SKILL = {"train": 8, "dev": 2, "holdout": 6}
SUITES = ("train", "dev", "holdout", "transfer")


def main(argv: list[str] | None = None) -> None:
    """Read or make the tasks, write both files.

    Raises:
        UserError: everything that was refused, one line each; then nothing is written but what
            `--leave-out-refused` allows.
    """
    options = _parser().parse_args(argv)
    per_skill = {**dict.fromkeys(SUITES, 0), **dict(options.per_skill)} if options.per_skill else PER_SKILL
    if options.source == "jsonl":
        if options.file is None:
            raise UserError(problem("--file", None, "the file to read, with --from jsonl"))
        fields = options.marker, options.question_field, options.answer_field
        tasks, skills = read_problems(options.file, per_skill, *fields), {SKILL_ID: SKILL}
    else:
        tasks, skills = _generated(options, per_skill)
    _write(tasks, skills, options.out)
    print(f"Written: {options.out / 'tasks.jsonl'} ({len(tasks)} tasks), skills.yaml ({len(skills)} skills)")


def _generated(options: argparse.Namespace, per_skill: dict[str, int]) -> tuple[list[dict], dict[str, dict]]:
    procedures = read_procedures()
    names = options.generators or list(procedures)
    if unknown := sorted(set(names) - set(procedures)):
        expected = f"generators with a procedure: {', '.join(procedures)}"
        fix = "Write a procedure for it into workflow_scripts/assets/task_imports/reasoning-gym.yaml."
        raise UserError(problem("--generators", unknown, expected, fix))
    wanted = {name: procedures[name]["easy"] if options.level == "easy" else {} for name in names}
    needed = sum(per_skill.values())
    taken, refused = instances_of(Generators(options.python), wanted, options.seed, needed)
    if refused and not (options.leave_out_refused and taken):
        raise UserError("\n".join(refused))
    for line in refused:
        print(f"left out: {line}")
    tasks = [task for found in taken for task in tasks_from(found, per_skill)]
    kept = ("name", "domain", "steps")
    skills = {skill_of(found): {key: procedures[found.generator][key] for key in kept} for found in taken}
    return tasks, skills


def _write(tasks: list[dict], skills: dict[str, dict], folder: Path) -> None:
    import yaml

    with atomic_path(folder / "tasks.jsonl") as temporary:
        lines = (json.dumps(task, ensure_ascii=False) + "\n" for task in tasks)
        temporary.write_text("".join(lines), encoding="utf-8")
    with atomic_path(folder / "skills.yaml") as temporary:
        text = yaml.safe_dump(skills, sort_keys=False, allow_unicode=True, width=110)
        temporary.write_text(text, encoding="utf-8")


def _count(text: str) -> tuple[str, int]:
    suite, _, number = text.partition("=")
    if suite not in SUITES or not number.isdecimal():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected SUITE=NUMBER with a suite of {SUITES}")
    return suite, int(number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add(
        "--from", dest="source", choices=("reasoning-gym", "jsonl"), required=True, help="where they are from"
    )
    add("--out", type=Path, required=True, help="folder for tasks.jsonl and skills.yaml")
    add(
        "--per-skill",
        type=_count,
        nargs="+",
        metavar="SUITE=N",
        help="tasks of each skill by suite (default: train=8 dev=2 holdout=6)",
    )
    add("--generators", nargs="+", metavar="NAME", help="default: all that have a procedure")
    add("--level", choices=LEVELS, default="easy", help="how hard instances are (default: %(default)s)")
    add("--seed", type=int, default=0, help="of the instances (default: %(default)s)")
    add("--leave-out-refused", action="store_true", help="go on without generators that are refused")
    add("--python", type=Path, default=PYTHON, help="with the set envs/reasoning-gym.txt")
    add("--file", type=Path, help="with --from jsonl: the file to read")
    add("--marker", default="####", help="with --from jsonl: what stands before the result")
    add("--question-field", default="question", help="with --from jsonl (default: %(default)s)")
    add("--answer-field", default="answer", help="with --from jsonl (default: %(default)s)")
    return parser


if __name__ == "__main__":
    run(main)
