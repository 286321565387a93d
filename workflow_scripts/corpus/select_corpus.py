r"""Select a corpus from the passed demonstrations, balanced over skills.

    python workflow_scripts/corpus/select_corpus.py \
        --spec '{"rows": 353, "condition": "curated", "form": "worked", "seed": 0, "prompt_seed": 0}' \
        --demonstrations results/embedded/corpus/demonstrations.parquet \
        --tasks results/embedded/tasks/train.parquet --out results/embedded/corpus/worked.parquet

`--spec` is the corpus's entry of the study and the seed of the prompts. Demonstrations are collected under
the condition `curated`; for another condition, `--skills` and `--task-template` say how to write its prompts.
One that takes the tasks of another (`like` in `--spec`) is given that corpus as `--like`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.contracts.pipeline import CORPUS, DEMONSTRATIONS, SKILLS, TASKS
from skillift.corpus.corpora import select_corpus
from skillift.errors import UserError, problem
from skillift.settings.specs import CorpusSpec
from skillift.tables import read_table, write_table
from skillift.tasks.prompts import read_task_template


def main(argv: list[str] | None = None) -> None:
    """Read demonstrations and tasks, select, write the corpus."""
    arguments = parser(__doc__, CorpusSpec)
    arguments.add_argument("--demonstrations", type=Path, required=True, help="table of demonstrations")
    arguments.add_argument("--tasks", type=Path, required=True, help="table of tasks")
    arguments.add_argument("--skills", type=Path, help="table of skills")
    arguments.add_argument("--task-template", type=Path, help="template of user messages")
    arguments.add_argument("--like", type=Path, help="corpus whose tasks are taken, where the spec names one")
    arguments.add_argument("--out", type=Path, required=True, help="table of the corpus to write")
    options = arguments.parse_args(argv)
    if (options.like is None) == ("like" in options.spec.model_fields_set):
        expected = "a corpus whose tasks are taken (--like) exactly where the key `like` names one"
        raise UserError(problem("--spec, key like", options.spec.like, expected))
    corpus = select_corpus(
        read_table(options.demonstrations, DEMONSTRATIONS),
        read_table(options.tasks, TASKS),
        options.spec,
        read_table(options.skills, SKILLS) if options.skills else None,
        read_task_template(options.task_template) if options.task_template else None,
        read_table(options.like, CORPUS) if options.like else None,
    )
    write_table(corpus, options.out, CORPUS)


if __name__ == "__main__":
    run(main)
