"""Whether a file or folder is there, for any path that a user may write.

`pathlib` raises where a path cannot be looked at: its name is too long, or a folder above it is closed to the
user. For what reads a study's files, such a path is one where nothing is.
"""

from __future__ import annotations

from pathlib import Path


def is_file(path: Path | str) -> bool:
    """Whether there is a file that can be looked at."""
    try:
        return Path(path).is_file()
    except OSError:
        return False


def is_folder(path: Path | str) -> bool:
    """Whether there is a folder that can be looked at."""
    try:
        return Path(path).is_dir()
    except OSError:
        return False
