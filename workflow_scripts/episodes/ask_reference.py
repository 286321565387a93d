r"""Have a reference model behind a chat API answer the tasks of a study.

    python workflow_scripts/episodes/ask_reference.py --tasks results/mine/tasks/holdout.parquet \
        --skills results/mine/skills/holdout.parquet \
        --task-template workflow_scripts/assets/prompts/task.jinja \
        --spec '{"name": "haiku", "conditions": ["none", "curated"], "prompt_seed": 0, "suites": ["holdout"],
          "samples": 1, "reference": {"model": "anthropic/claude-haiku-4-5", "max_tokens": 1024}}' \
        --cache .skillift/mine/answers.sqlite --out results/mine/episodes/haiku/base.parquet

The key comes from the environment (here ANTHROPIC_API_KEY). Answers are kept in `--cache` and never asked
for again.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.chat.client import ChatModel, add_client_options, open_client
from skillift.commands import parser, run
from skillift.contracts.pipeline import EPISODES, SKILLS, TASKS
from skillift.episodes.references import ask_reference
from skillift.settings.specs import ReferenceSpec
from skillift.tables import write_table
from skillift.tasks.prompts import read_task_template
from skillift.tasks.suites import read_suites


def main(argv: list[str] | None = None) -> None:
    """Read tasks and skills, ask, write the episodes."""
    arguments = parser(__doc__, ReferenceSpec)
    arguments.add_argument(
        "--tasks", nargs="+", type=Path, required=True, help="table of tasks of each suite"
    )
    arguments.add_argument(
        "--skills", nargs="+", type=Path, required=True, help="table of skills of each suite"
    )
    arguments.add_argument("--task-template", type=Path, required=True, help="template of user messages")
    arguments.add_argument("--out", type=Path, required=True, help="table of episodes to write")
    add_client_options(arguments)
    options = arguments.parse_args(argv)
    model = ChatModel.from_entry(options.spec.reference, f"references.{options.spec.name}")
    tasks, skills = read_suites(options.tasks, TASKS), read_suites(options.skills, SKILLS)
    template = read_task_template(options.task_template)
    with open_client(options) as client:
        episodes = ask_reference(tasks, skills, options.spec, model, client, template)
    write_table(episodes, options.out, EPISODES)


if __name__ == "__main__":
    run(main)
