r"""Ask a base student, before any training, which answers it prefers: right ones, or the same made wrong.

    python workflow_scripts/episodes/discriminate.py --tasks tasks/dev.parquet --skills skills/dev.parquet \
        --task-template workflow_scripts/assets/prompts/task.jinja --model students/s/model \
        --out discrimination/s.parquet \
        --spec '{"conditions": ["curated"], "prompt_seed": 0, "inference":
          {"engine": "vllm", "precision": "float32", "thinking": false, "suites": ["dev"], "samples": 1,
           "temperature": 0.0, "top_p": 1.0, "max_tokens": 48, "max_model_len": null,
           "batch_invariant": false, "seed": 0}}'

The student answers the same tasks, too. One row for each task; without an answer that can be made wrong with
as many tokens, a task has no pairs.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.contracts.pipeline import DISCRIMINATION, SKILLS, TASKS
from skillift.episodes.discrimination import discrimination
from skillift.episodes.student_options import add_engine_options, run_options
from skillift.settings.specs import DiscriminationSpec
from skillift.tables import read_table, write_table
from skillift.tasks.prompts import read_task_template


def main(argv: list[str] | None = None) -> None:
    """Read tasks and skills, ask, write what is preferred."""
    arguments = parser(__doc__, DiscriminationSpec)
    arguments.add_argument("--tasks", required=True, help="table of tasks of the suite")
    arguments.add_argument("--skills", required=True, help="table of skills of the suite")
    arguments.add_argument(
        "--task-template", type=Path, required=True, help="Jinja template of the user message"
    )
    add_engine_options(arguments)
    arguments.add_argument("--out", required=True, help="table of what is preferred to write")
    options = arguments.parse_args(argv)
    found = discrimination(
        read_table(options.tasks, TASKS),
        read_table(options.skills, SKILLS),
        options.spec,
        options.model,
        run_options(options),
        read_task_template(options.task_template),
    )
    write_table(found, options.out, DISCRIMINATION)


if __name__ == "__main__":
    run(main)
