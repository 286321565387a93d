r"""Write the cards of all runs' checkpoints, in the form of the Hugging Face hub.

    python workflow_scripts/cards/write_model_cards.py --spec '{"study": "embedded", "description": "",
        "path": "judge:conclusion", "students": {"s": {"label": "46 k"}}, "runs":
        [{"student": "s", "run": "sft-s0", "recipe": "sft", "corpus": "worked", "seed": 0}]}' \
        --template workflow_scripts/assets/cards/model.md.jinja \
        --run-manifest 'runs/{student}/{run}/manifest.json' \
        --base-manifest 'students/{student}/manifest.json' --corpus 'corpus/{corpus}.parquet' \
        --effects analysis/effects.parquet --pass-rates analysis/pass_rates.parquet \
        --look analysis/look.json --out cards/models

Writes `<student>/<run>.md` for each run into the folder `--out`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.cards.card_text import model_cards
from skillift.commands import parser, run
from skillift.contracts.analysis import EFFECTS, PASS_RATES
from skillift.contracts.pipeline import CORPUS
from skillift.ledger.looks import look_level
from skillift.path_patterns import path_pattern
from skillift.settings.publication_specs import ModelCardsSpec
from skillift.tables import atomic_path, read_json, read_table, sha256_file


def main(argv: list[str] | None = None) -> None:
    """Read manifests and tables, write the cards."""
    arguments = parser(__doc__, ModelCardsSpec)
    arguments.add_argument("--template", type=Path, required=True, help="Jinja template of the cards")
    for option, names, what in (
        ("--run-manifest", ("student", "run"), "manifests of the runs"),
        ("--base-manifest", ("student",), "manifests of the students"),
        ("--corpus", ("corpus",), "corpora that were trained on"),
    ):
        arguments.add_argument(
            option, type=path_pattern(*names), required=True, help=f"path pattern of the {what}"
        )
    arguments.add_argument("--effects", type=Path, required=True, help="analysis/effects.parquet")
    arguments.add_argument("--pass-rates", type=Path, required=True, help="analysis/pass_rates.parquet")
    arguments.add_argument("--look", type=Path, required=True, help="analysis/look.json, the tables' level")
    arguments.add_argument("--out", type=Path, required=True, help="folder of the Markdown files")
    options = arguments.parse_args(argv)

    runs = options.spec.runs
    bases = {run.student: options.base_manifest.path(run.names) for run in runs}
    corpora = {run.corpus: options.corpus.path({"corpus": run.corpus}) for run in runs}
    cards = model_cards(
        options.template.read_text(encoding="utf-8"),
        options.spec,
        look_level(read_json(options.look)).confidence,
        {(run.student, run.run): read_json(options.run_manifest.path(run.names)) for run in runs},
        {student: read_json(path) for student, path in bases.items()},
        {corpus: (read_table(path, CORPUS).height, sha256_file(path)) for corpus, path in corpora.items()},
        {
            "effects": read_table(options.effects, EFFECTS),
            "pass_rates": read_table(options.pass_rates, PASS_RATES),
        },
    )
    for student, name, text in cards:
        with atomic_path(options.out / student / f"{name}.md") as temporary:
            temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main)
