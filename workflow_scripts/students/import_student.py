"""Take an existing model folder, or a GGUF file, into the study as a student.

    python workflow_scripts/students/import_student.py --source path/to/model --model student/model \
        --manifest student/manifest.json --spec '{"source": "path"}'

The spec may hold a chat template (`chat_template`: its file and text) and `end_tokens`, which go into the
folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.settings.student_specs import ImportSpec
from skillift.students.chat_settings import chat_settings
from skillift.students.folders import import_student, write_manifest
from skillift.tables import write_json


def main(argv: list[str] | None = None) -> None:
    """Read the arguments, check and copy the folder or dequantise the file, write the manifest last."""
    arguments = parser(__doc__, ImportSpec)
    arguments.add_argument("--source", required=True, help="existing model folder, or GGUF file")
    arguments.add_argument("--model", required=True, help="model folder to write")
    arguments.add_argument("--manifest", required=True, help="JSON file to write the manifest to")
    arguments.add_argument("--engine", help="the study's engine, which has to serve the student")
    options = arguments.parse_args(argv)
    chat = chat_settings(options.spec)
    found = import_student(options.source, options.model, options.engine, chat)
    source = {"kind": "path", "path": options.source, **found, **chat.recorded}
    write_json(write_manifest(options.model, source), options.manifest)


if __name__ == "__main__":
    run(main)
