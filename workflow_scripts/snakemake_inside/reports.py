"""The style of reports, in any working folder: a profile names it by a path relative to the project."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import Any

from snakemake_inside.version import tested


def find_stylesheet(project: Path | str) -> None:
    """Have reports take a stylesheet that the working folder lacks from the project's folder.

    Args:
        project: the folder of the Snakefile.
    """
    if not tested():
        return
    from snakemake.report.html_reporter import Reporter

    begin = getattr(Reporter.__post_init__, "__wrapped__", Reporter.__post_init__)

    @wraps(begin)
    def begin_with_style(self: Any) -> None:
        named = self.settings.stylesheet_path
        if named is not None and not Path(named).exists():
            self.settings.stylesheet_path = Path(project, named)
        begin(self)

    Reporter.__post_init__ = begin_with_style
