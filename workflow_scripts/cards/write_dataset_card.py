r"""Write the card of one corpus, in the form of the Hugging Face hub.

    python workflow_scripts/cards/write_dataset_card.py --spec '{"study": "embedded", "description": "",
        "corpus": "worked", "settings": {"rows": 353, "condition": "curated", "form": "worked", "seed": 0},
        "teacher": "worked solutions of the tasks", "judge": "offline/conclusion"}' \
        --template workflow_scripts/assets/cards/dataset.md.jinja --corpus corpus/worked.parquet \
        --demonstrations corpus/demonstrations.parquet --tasks tasks/train.parquet \
        --out cards/corpora/worked.md
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.cards.corpus_card import dataset_card
from skillift.commands import parser, run
from skillift.contracts.pipeline import CORPUS, DEMONSTRATIONS, TASKS
from skillift.settings.publication_specs import DatasetCardSpec
from skillift.tables import atomic_path, read_table, sha256_file


def main(argv: list[str] | None = None) -> None:
    """Read corpus, demonstrations and tasks, write the card."""
    arguments = parser(__doc__, DatasetCardSpec)
    arguments.add_argument("--template", type=Path, required=True, help="Jinja template of the card")
    arguments.add_argument("--corpus", type=Path, required=True, help="the corpus")
    arguments.add_argument("--demonstrations", type=Path, required=True, help="all demonstrations")
    arguments.add_argument("--tasks", type=Path, required=True, help="table of tasks")
    arguments.add_argument("--out", type=Path, required=True, help="Markdown file to write")
    options = arguments.parse_args(argv)

    tables = {
        "demonstrations": read_table(options.demonstrations, DEMONSTRATIONS),
        "tasks": read_table(options.tasks, TASKS),
    }
    corpus = read_table(options.corpus, CORPUS)
    template = options.template.read_text(encoding="utf-8")
    text = dataset_card(template, options.spec, corpus, sha256_file(options.corpus), tables)
    with atomic_path(options.out) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main)
