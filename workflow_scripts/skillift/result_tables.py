"""The published tables: one self-contained HTML page and one CSV file each.

A page shows the study's suite and the last checkpoint of each run (`skillift.result_pages`); the CSV file
holds every row of the table of the analysis with all columns, as fractions. The page of findings is one
sentence for each claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from skillift import result_pages
from skillift.arms import read_spec
from skillift.certification_page import certification_rates
from skillift.errors import UserError, problem
from skillift.findings import findings
from skillift.publication import TABLES
from skillift.result_page import Page, to_html
from skillift.tables import atomic_path

PAGES = {
    "effects": result_pages.effects,
    "pass_rates": result_pages.pass_rates,
    "path_shift": result_pages.path_shift,
    "agreement": result_pages.agreement,
    "certification_rates": certification_rates,
}


def publish(
    name: str, tables: Mapping[str, pl.DataFrame], spec: dict, html: Path | str, csv: Path | str
) -> None:
    """Write one published table as HTML and as CSV, each atomically; equal input gives equal bytes.

    Args:
        name: a key of `publication.TABLES`.
        tables: at least the tables that `publication.TABLES[name]` lists.
        spec: the analysis spec, see `skillift.arms.read_spec`.
        html: the page to write.
        csv: the file of all rows to write.

    Raises:
        UserError: there is no such table, a table is missing or empty, or a file cannot be written.
    """
    if name not in TABLES:
        raise UserError(problem("table", name, f"one of {', '.join(TABLES)}"))
    missing = [table for table in TABLES[name] if table not in tables]
    if missing:
        raise UserError(problem(f"table {name}", sorted(tables), f"the tables {', '.join(TABLES[name])}"))
    page, rows = _page(name, tables, spec)
    text = to_html(page, name)
    with atomic_path(html) as temporary:
        temporary.write_text(text, encoding="utf-8")
    with atomic_path(csv) as temporary:
        rows.write_csv(temporary)


def _page(name: str, tables: Mapping[str, pl.DataFrame], spec: dict) -> tuple[Page, pl.DataFrame]:
    """The page of a table and the rows of its CSV file."""
    view = read_spec(spec)
    if name == "findings":
        rows = result_pages.findings_rows(
            findings(**{table: tables[table] for table in TABLES[name]}, spec=spec)
        )
        return result_pages.findings_page(rows, view), rows
    frame = tables[TABLES[name][0]]
    return PAGES[name](frame, view), result_pages.headline_first(frame, view)
