"""What the lines of progress say during a work, with lines so often that a short one has some."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from skillift.processes import progress
from skillift.processes.progress_lines import Line, Phase, parse_line


@contextmanager
def lines_told(every_s: float = 0.02) -> Iterator[list[Line | Phase]]:
    """A list that at the end of the block holds the lines of progress that it wrote."""
    told: list[Line | Phase] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress, "LINE_EVERY_S", every_s)
        patch.setattr(progress, "FIRST_AFTER_S", 0.0)
        patch.setattr(sys, "stderr", io.StringIO())
        yield told
        text = sys.stderr.getvalue()
    told += [line for line in map(parse_line, text.splitlines()) if line is not None]
