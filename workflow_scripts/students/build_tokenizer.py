r"""Build the tokenizer of the students that are trained from scratch.

    python workflow_scripts/students/build_tokenizer.py --model tokenizer/model \
        --manifest tokenizer/manifest.json --spec '{"difficulty": "tiny"}'
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.settings.student_specs import TokenizerSpec
from skillift.students.tokenizers import build_tokenizer
from skillift.tables import folder_digests, write_json


def main(argv: list[str] | None = None) -> None:
    """Read the arguments, build the tokenizer, write its manifest last."""
    arguments = parser(__doc__, TokenizerSpec)
    arguments.add_argument("--model", required=True, help="folder to write the tokenizer to")
    arguments.add_argument("--manifest", required=True, help="JSON file to write the digests to")
    options = arguments.parse_args(argv)
    build_tokenizer(options.spec, options.model)
    made = {"source": options.spec.model_dump(), "digests": folder_digests(options.model)}
    write_json(made, options.manifest)


if __name__ == "__main__":
    run(main)
