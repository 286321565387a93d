r"""Download a student from the Hugging Face hub, verify it, and take it into the study.

    python workflow_scripts/students/download_student.py --model student/model \
        --manifest student/manifest.json \
        --spec '{"name": "s", "model": "Qwen/Qwen3.5-0.8B", "revision": "main"}'

Files are kept in the hub's own cache (HF_HOME) and linked from there. The manifest records the commit that
was taken, also where `revision` is a branch, and which files could not be verified. With `"file": "s.gguf"`
in the spec, that GGUF file of the repository is downloaded and dequantised. The spec may hold a chat template
(`chat_template`: its file and text) and `end_tokens`, which go into the folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.settings.student_specs import HubSpec


def main(argv: list[str] | None = None) -> None:
    """Download or find the model, verify and link its files, write the manifest last."""
    arguments = parser(__doc__, HubSpec)
    arguments.add_argument("--model", required=True, help="model folder to write")
    arguments.add_argument("--manifest", required=True, help="JSON file to write the manifest to")
    arguments.add_argument("--engine", help="the study's engine, which has to serve the student")
    options = arguments.parse_args(argv)

    from skillift.processes.progress import phase
    from skillift.students.chat_settings import chat_settings
    from skillift.students.folders import import_student, write_manifest
    from skillift.students.hub import cached_bytes, download
    from skillift.tables import write_json

    spec = options.spec
    file, chat = spec.file, chat_settings(spec)
    with phase(lambda: f"downloading {spec.model}, {cached_bytes(spec.model) / 1e6:,.0f} MB are here"):
        found = download(f"students.{spec.name}", spec.model, spec.revision, spec.digests, file)
    of_gguf = import_student(
        found.folder / file if file else found.folder, options.model, options.engine, chat
    )
    source = {"kind": "hub", "model": spec.model, "revision": spec.revision, "commit": found.commit}
    source |= {**of_gguf, **chat.recorded}
    if found.not_verified:
        source["not_verified"] = found.not_verified
    write_json(write_manifest(options.model, source), options.manifest)


if __name__ == "__main__":
    run(main)
