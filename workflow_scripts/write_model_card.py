r"""Write the card of one run's checkpoints, in the form of the Hugging Face hub.

    python workflow_scripts/write_model_card.py --spec '{"study": "embedded", "description": "", "path":
        "judge:conclusion", "confidence": 0.95, "student": "s", "label": "46 k", "run": "sft-s0",
        "recipe": "sft", "corpus": "worked", "seed": 0}' \
        --template workflow_scripts/cards/model.md.jinja --run-manifest runs/s/sft-s0/manifest.json \
        --base-manifest students/s/manifest.json --corpus corpus/worked.parquet \
        --effects analysis/effects.parquet --pass-rates analysis/pass_rates.parquet --out cards/s/sft-s0.md
"""

from __future__ import annotations

from pathlib import Path

from skillift.analysis_contracts import EFFECTS, PASS_RATES
from skillift.cards import model_card
from skillift.commands import parser, run
from skillift.contracts import CORPUS
from skillift.tables import atomic_path, read_json, read_table, sha256_file


def main(argv: list[str] | None = None) -> None:
    """Read manifests and tables, write the card."""
    arguments = parser(__doc__)
    arguments.add_argument("--template", type=Path, required=True, help="Jinja template of the card")
    arguments.add_argument("--run-manifest", type=Path, required=True, help="manifest of the run")
    arguments.add_argument("--base-manifest", type=Path, required=True, help="manifest of the student")
    arguments.add_argument("--corpus", type=Path, required=True, help="corpus that was trained on")
    arguments.add_argument("--effects", type=Path, required=True, help="analysis/effects.parquet")
    arguments.add_argument("--pass-rates", type=Path, required=True, help="analysis/pass_rates.parquet")
    arguments.add_argument("--out", type=Path, required=True, help="Markdown file to write")
    options = arguments.parse_args(argv)

    tables = {
        "effects": read_table(options.effects, EFFECTS),
        "pass_rates": read_table(options.pass_rates, PASS_RATES),
    }
    corpus = (read_table(options.corpus, CORPUS).height, sha256_file(options.corpus))
    manifests = read_json(options.run_manifest), read_json(options.base_manifest)
    template = options.template.read_text(encoding="utf-8")
    text = model_card(template, options.spec, *manifests, corpus, tables)
    with atomic_path(options.out) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main)
