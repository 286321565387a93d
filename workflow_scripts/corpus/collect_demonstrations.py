r"""Collect the teacher's demonstrations of the train tasks, each with the primary judge's verdict.

    python workflow_scripts/corpus/collect_demonstrations.py \
        --spec '{"teacher": {"kind": "worked_solution", "corrupted_share": 0.1, "attempts": 1, "seed": 0},
                 "condition": "curated", "judge": {"model": "offline/conclusion"}, "seed": 0}' \
        --tasks results/embedded/tasks/train.parquet --skills results/embedded/skills/train.parquet \
        --task-template workflow_scripts/assets/prompts/task.jinja \
        --template workflow_scripts/assets/prompts/judge.jinja \
        --cache .skillift/embedded/answers.sqlite --out results/embedded/corpus/demonstrations.parquet

In `--spec`, `judge` is the primary judge's entry of the study and `seed` the one of the prompts. A teacher
behind an API, `{"kind": "api", "model": "anthropic/..."}`, is asked with `--teacher-template
workflow_scripts/assets/prompts/teacher.jinja`; its answers are kept in `--cache` and never asked for again.
One that holds a special token of the students that are trained on it (`--tokenizers`) is no demonstration.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.chat.client import add_client_options, open_client
from skillift.commands import parser, run
from skillift.contracts.pipeline import DEMONSTRATIONS, SKILLS, TASKS
from skillift.corpus.demonstrations import demonstrate
from skillift.judging.verdicts import read_template
from skillift.settings.chat_models import Judging
from skillift.settings.command_options import given
from skillift.settings.specs import DemonstrationsSpec
from skillift.students.chat_files import special_tokens_of
from skillift.tables import read_table, write_table
from skillift.tasks.prompts import read_task_template


def main(argv: list[str] | None = None) -> None:
    """Read tasks and skills, collect and judge, write the demonstrations."""
    arguments = parser(__doc__, DemonstrationsSpec)
    arguments.add_argument("--tasks", type=Path, required=True, help="table of tasks")
    arguments.add_argument("--skills", type=Path, required=True, help="table of skills")
    arguments.add_argument("--task-template", type=Path, required=True, help="template of user messages")
    arguments.add_argument("--template", type=Path, required=True, help="template of the judge's prompt")
    arguments.add_argument("--teacher-template", type=Path, help="template of what an API teacher is asked")
    arguments.add_argument(
        "--tokenizers", type=Path, nargs="*", default=[], help="folders of the trained students' tokenizers"
    )
    arguments.add_argument("--out", type=Path, required=True, help="table of demonstrations to write")
    add_client_options(arguments)
    options = arguments.parse_args(argv)
    limits = given(options, Judging)
    tasks, skills = read_table(options.tasks, TASKS), read_table(options.skills, SKILLS)
    task_template = read_task_template(options.task_template)
    template = read_template(options.template)
    teacher_template = options.teacher_template and options.teacher_template.read_text(encoding="utf-8")
    special = sorted({token for folder in options.tokenizers for token in special_tokens_of(folder)})
    with open_client(options) as client:
        demonstrations = demonstrate(
            tasks,
            skills,
            options.spec,
            task_template,
            template,
            client,
            teacher_template,
            special,
            limits.max_unparsed_in_a_row,
        )
    write_table(demonstrations, options.out, DEMONSTRATIONS)


if __name__ == "__main__":
    run(main)
