"""The page on figures and tables names every table with its CSV files; its list of figures is made."""

from __future__ import annotations

import re
from pathlib import Path

from skillift.reporting.registry import TABLES, parts_of


def rows_of(repository: Path, heading: str) -> dict[str, str]:
    """The table rows under a heading, by the name in their first cell."""
    page = (repository / "docs/reference/figures-and-tables.md").read_text(encoding="utf-8")
    section = page.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return {match[1]: match[0] for match in re.finditer(r"^\| `(\w+)` \|.*$", section, re.MULTILINE)}


def test_every_table_is_named_with_its_csv_files(repository):
    rows = rows_of(repository, "Tables")
    assert set(rows) == set(TABLES)
    for name in TABLES:
        assert re.findall(r"`(\w+)`", rows[name].rsplit("|", 2)[1]) == list(parts_of(name))
