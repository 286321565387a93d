"""Files of Snakemake's records, read faster than it reads them itself: a study of many runs has 130,000.

Snakemake 9.27 has no public way to its records: this module knows what a file of one holds.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

READ_ALL = """
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            file.read()
"""


def record_in(path: Path | str):
    """The record in a file; None where there is no file, or one that is just being written."""
    from pydantic_core import from_json
    from snakemake.persistence import MetadataRecord

    try:
        with open(path, "rb") as file:
            return MetadataRecord.model_construct(**from_json(file.read()))
    except (FileNotFoundError, ValueError):
        return None


@contextlib.contextmanager
def reading_ahead(folder: Path | str) -> Iterator[None]:
    """Within it, another process reads all files below a folder.

    The system keeps what was read in memory: who comes to a file later need not wait for the disk.
    """
    reader = subprocess.Popen(
        [sys.executable, "-S", "-E", "-c", READ_ALL, str(folder)], stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        reader.kill()
        reader.wait()
