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
from skillift.engines.interface import RunOptions
from skillift.episodes.discrimination import discrimination
from skillift.errors import UserError, problem
from skillift.settings.command_options import add_options, given
from skillift.settings.config import EngineConfig
from skillift.settings.specs import DiscriminationSpec
from skillift.tables import read_table, write_table


def main(argv: list[str] | None = None) -> None:
    """Read tasks and skills, ask, write what is preferred."""
    arguments = parser(__doc__, DiscriminationSpec)
    arguments.add_argument("--tasks", required=True, help="table of tasks of the suite")
    arguments.add_argument("--skills", required=True, help="table of skills of the suite")
    arguments.add_argument(
        "--task-template", type=Path, required=True, help="Jinja template of the user message"
    )
    arguments.add_argument("--model", type=Path, required=True, help="model folder of the base student")
    arguments.add_argument("--threads", type=int, default=1, help="CPU threads")
    add_options(arguments, EngineConfig, "`engine` in config.yaml")
    arguments.add_argument("--out", required=True, help="table of what is preferred to write")
    options = arguments.parse_args(argv)
    try:
        template = options.task_template.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            problem(f"{options.task_template}", error.strerror, "a readable Jinja template")
        ) from None
    found = discrimination(
        read_table(options.tasks, TASKS),
        read_table(options.skills, SKILLS),
        options.spec,
        options.model,
        RunOptions(options.threads, **given(options, EngineConfig).model_dump()),
        template,
    )
    write_table(found, options.out, DISCRIMINATION)


if __name__ == "__main__":
    run(main)
