"""Notes of the code behind digests, so that the audit can say which functions changed.

Snakemake records a job's digest of code and no more. At the start of a run (`onstart` in the Snakefile), what
is behind each digest is noted in the study's state folder, one small file for each; losing them loses nothing
but the names of functions in the audit.
"""

from __future__ import annotations

import json
from pathlib import Path

from skillift.provenance import code_behind


def note_code(folder: Path | str) -> None:
    """Note what is behind each digest that this process has taken, where it is not noted yet."""
    from skillift.tables import write_json  # polars and pandera, which planning does without

    for digest, symbols in code_behind().items():
        path = Path(folder, f"{digest}.json")
        if not path.exists():
            write_json(symbols, path)


class NotedCode:
    """The code behind digests: that of now, and what was noted. Maps a digest to its symbols.

    Args:
        folder: where notes are kept; it may be missing.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder, self._now = Path(folder), code_behind()

    def get(self, digest: str) -> dict[str, str] | None:
        """Symbol -> digest of its text; None where nothing readable was noted."""
        if digest not in self._now:
            try:
                self._now[digest] = json.loads((self._folder / f"{digest}.json").read_text(encoding="utf-8"))
            except (OSError, ValueError):
                return None
        return self._now[digest]
