r"""Judge the episodes of one run or several: one verdict for each, by one judge.

    python workflow_scripts/verdicts/judge.py \
        --spec '{"name": "tail", "judge": {"model": "offline/tail", "max_tokens": 256}}' \
        --episodes results/embedded/episodes/s/base.parquet --tasks results/embedded/tasks/holdout.parquet \
        --template workflow_scripts/assets/prompts/judge.jinja --cache .skillift/embedded/answers.sqlite \
        --out results/embedded/verdicts/tail/s/base.parquet

`--spec` holds the judge's entry of the study. Answers that came over an API are kept in `--cache` and
never asked for again; the offline judges are programs and always asked. `--episodes` and `--out` take
several files, one table of verdicts for each table of episodes, in the same order.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.chat.client import ChatModel, add_client_options, open_client
from skillift.chat.failures import check_failed
from skillift.commands import parser, run
from skillift.contracts.pipeline import EPISODES, TASKS, VERDICTS
from skillift.judging.verdicts import failed, judge_episodes, read_template
from skillift.processes.progress import part
from skillift.settings.chat_models import Judging
from skillift.settings.command_options import given
from skillift.settings.specs import JudgeSpec
from skillift.tables import read_table, write_table
from skillift.tasks.suites import read_suites


def main(argv: list[str] | None = None) -> None:
    """Read episodes and tasks, judge, write the verdicts."""
    arguments = parser(__doc__, JudgeSpec)
    arguments.add_argument(
        "--episodes", type=Path, nargs="+", required=True, help="table of episodes of each run"
    )
    arguments.add_argument(
        "--tasks", nargs="+", type=Path, required=True, help="table of tasks of each suite"
    )
    arguments.add_argument("--template", type=Path, required=True, help="template of the judge's prompt")
    arguments.add_argument(
        "--out", type=Path, nargs="+", required=True, help="table of verdicts to write, for each"
    )
    add_client_options(arguments)
    options = arguments.parse_args(argv)
    limits = given(options, Judging)
    if len(options.episodes) != len(options.out):
        arguments.error(
            f"--out: found {len(options.out)} files, expected {len(options.episodes)}, as --episodes"
        )
    model = ChatModel.from_entry(options.spec.judge, f"judges.{options.spec.name}")
    template = read_template(options.template)
    tasks = read_suites(options.tasks, TASKS)
    tables = [read_table(path, EPISODES) for path in options.episodes]
    with open_client(options) as client:
        for number, (episodes, out) in enumerate(zip(tables, options.out, strict=True), start=1):
            with part(f"run {number} of {len(tables)}") if len(tables) > 1 else nullcontext():
                verdicts = judge_episodes(
                    episodes,
                    tasks,
                    model,
                    template,
                    client,
                    limits.max_unparsed_in_a_row,
                    options.spec.protocols,
                )
            check_failed(model.where, failed(verdicts), verdicts.height, limits.max_failed_share)
            write_table(verdicts, out, VERDICTS)


if __name__ == "__main__":
    run(main)
