r"""Write the cards of all runs' checkpoints, in the form of the Hugging Face hub.

    python workflow_scripts/write_model_cards.py --spec '{"study": "embedded", "description": "", "path":
        "judge:conclusion", "confidence": 0.95, "students": {"s": {"label": "46 k"}}, "runs":
        [{"student": "s", "run": "sft-s0", "recipe": "sft", "corpus": "worked", "seed": 0}]}' \
        --template workflow_scripts/cards/model.md.jinja --run-manifest s/sft-s0=runs/s/sft-s0/manifest.json \
        --base-manifest s=students/s/manifest.json --corpus worked=corpus/worked.parquet \
        --effects analysis/effects.parquet --pass-rates analysis/pass_rates.parquet --out cards/models

Writes `<student>/<run>.md` for each run into the folder `--out`.
"""

from __future__ import annotations

from pathlib import Path

from skillift.cards.text import model_cards
from skillift.commands import labelled_path, parser, run
from skillift.contracts.analysis import EFFECTS, PASS_RATES
from skillift.contracts.pipeline import CORPUS
from skillift.tables import atomic_path, read_json, read_table, sha256_file


def main(argv: list[str] | None = None) -> None:
    """Read manifests and tables, write the cards."""
    arguments = parser(__doc__)
    arguments.add_argument("--template", type=Path, required=True, help="Jinja template of the cards")
    for option, form, what in (
        ("--run-manifest", "STUDENT/RUN", "manifest of each run"),
        ("--base-manifest", "STUDENT", "manifest of each student"),
        ("--corpus", "CORPUS", "each corpus that was trained on"),
    ):
        form_of = {"metavar": f"{form}=PATH", "type": labelled_path(form)}
        arguments.add_argument(option, nargs="+", action="extend", required=True, help=what, **form_of)
    arguments.add_argument("--effects", type=Path, required=True, help="analysis/effects.parquet")
    arguments.add_argument("--pass-rates", type=Path, required=True, help="analysis/pass_rates.parquet")
    arguments.add_argument("--out", type=Path, required=True, help="folder of the Markdown files")
    options = arguments.parse_args(argv)

    cards = model_cards(
        options.template.read_text(encoding="utf-8"),
        options.spec,
        {(student, name): read_json(path) for student, name, path in options.run_manifest},
        {student: read_json(path) for student, path in options.base_manifest},
        {corpus: (read_table(path, CORPUS).height, sha256_file(path)) for corpus, path in options.corpus},
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
