"""Snakemake's records of finished jobs, read by a process of its own while Snakemake builds its graph.

A study of many runs has 130,000 of them, of 12 KB each. Read one after the other, when Snakemake comes to
them, they would be a seventh of a plan's time, and much more where the disk has to be waited for. That
process runs this file as a script.
"""

from __future__ import annotations

import contextlib
import json
import marshal
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHARED = ("code", "conda_env", "shellcmd")  # long texts that are the same in many records

Packed = tuple[bytes, list[int]]  # the rest of a record, and which texts are its shared ones


@contextlib.contextmanager
def reading_ahead(folder: Path | str) -> Iterator[RecordFiles]:
    """The records below a folder, which another process begins to read; it ends with the context."""
    with tempfile.TemporaryDirectory() as temporary:
        packed = Path(temporary, "records")
        with subprocess.Popen([sys.executable, "-S", "-E", "-P", __file__, folder, packed]) as reader:
            try:
                yield RecordFiles(reader, packed)
            finally:
                reader.kill()


class RecordFiles:
    """What the other process has read."""

    def __init__(self, reader: subprocess.Popen, packed: Path) -> None:
        self._reader = reader
        self._packed = packed
        self._records: dict[str, Packed] | None = None
        self._texts: list[str | None] = []

    def record(self, path: str) -> Any:
        """The record in a file, a `MetadataRecord`; None where there is none, or a half of one.

        The first call waits for the other process.

        Raises:
            RuntimeError: that has failed; it has printed why.
        """
        from snakemake.persistence import MetadataRecord

        if self._records is None:
            if self._reader.wait():
                raise RuntimeError(f"Snakemake's records cannot be read (status {self._reader.returncode})")
            with self._packed.open("rb") as file:
                self._records, self._texts = marshal.load(file)
        if path not in self._records:
            return None
        rest, places = self._records[path]
        shared = {name: self._texts[place] for name, place in zip(SHARED, places, strict=True)}
        return MetadataRecord.model_construct(**marshal.loads(rest), **shared)


def pack(folder: str, packed: str) -> None:
    """Write all records below a folder to a file, each packed by itself."""
    records: dict[str, Packed] = {}
    texts: dict[str | None, int] = {}
    for path in sorted(Path(parent, name) for parent, _, names in os.walk(folder) for name in names):
        try:
            record = json.loads(path.read_bytes())
        except (FileNotFoundError, ValueError):  # one that is just being written
            continue
        places = [texts.setdefault(record.pop(name, None), len(texts)) for name in SHARED]
        records[str(path)] = marshal.dumps(record), places
    with open(packed, "wb") as file:
        marshal.dump((records, list(texts)), file)


if __name__ == "__main__":
    pack(*sys.argv[1:])
