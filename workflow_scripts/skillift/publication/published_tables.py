"""The published tables: a self-contained HTML page, LaTeX and CSV each.

A page shows each suite that was asked, the headline suite first, and the last checkpoint of each run
(`skillift.publication.pages`), of the metric `pass` but for claims and predictions; the CSV file holds every
row of the table of the analysis with all columns, as fractions. A published table of several parts has one
page with all of them and a CSV file for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from skillift.errors import UserError, problem
from skillift.metrics.metric import of_metric
from skillift.publication import claims as claims_pages
from skillift.publication import pages as result_pages
from skillift.publication import scoring_audit as audit_pages
from skillift.publication.batch_sensitivity import batch_sensitivity
from skillift.publication.certification import certification_rates
from skillift.publication.costs import stage_costs
from skillift.publication.ledger import ledger
from skillift.publication.predictions import predictions
from skillift.publication.table_page import Page, to_html, to_latex
from skillift.reporting.registry import ANALYSIS, PARTS, TABLES, WHERE_DECLARED, parts_of
from skillift.reporting.view import View
from skillift.tables import atomic_path

PAGES = {
    "effects": result_pages.effects,
    "pass_rates": result_pages.pass_rates,
    "path_shift": result_pages.path_shift,
    "agreement": result_pages.agreement,
    "judge_shift": audit_pages.judge_shift,
    "judge_errors": audit_pages.judge_errors,
    "mixed_paths": audit_pages.mixed_paths,
    "corrected_effects": audit_pages.corrected_effects,
    "bounds": audit_pages.bounds,
    "claims": claims_pages.claims,
    "joint_model": claims_pages.joint_model,
    "seed_variance": claims_pages.seed_variance,
    "asymmetry_slopes": claims_pages.asymmetry,
    "certification_rates": certification_rates,
    "stage_costs": stage_costs,
    "self_parity": batch_sensitivity,
    "predictions": predictions,
    "ledger": ledger,
    "format_cells": result_pages.format_cells,
    "courses": result_pages.courses,
}
# pages of every metric
_EVERY_METRIC = ("claims", "predictions")


def publish(
    name: str,
    tables: Mapping[str, pl.DataFrame],
    view: View,
    html: Path | str,
    latex: Path | str,
    csv: Sequence[Path | str],
) -> None:
    """Write one published table in its three forms, each file atomically; equal input gives equal bytes.

    Args:
        name: a key of `skillift.reporting.registry.TABLES`.
        tables: at least the tables that `publication.TABLES[name]` lists.
        view: how the study wants results shown.
        html: the page to write.
        latex: the LaTeX file to write.
        csv: the files of all rows to write, one for each of `publication.parts_of(name)`.

    Raises:
        UserError: there is no such table, a table is missing or empty, or a file cannot be written.
    """
    if name not in TABLES:
        raise UserError(problem("table", name, f"one of {', '.join(TABLES)}"))
    missing = [table for table in TABLES[name] if table not in tables]
    if missing:
        raise UserError(problem(f"table {name}", sorted(tables), f"the tables {', '.join(TABLES[name])}"))
    if len(csv) != len(parts_of(name)):
        found = ", ".join(map(str, csv))
        expected = f"one each for {', '.join(parts_of(name))}"
        raise UserError(problem(f"table {name}, CSV files", found, expected))
    frames = _frames(name, tables, view)
    views = view.by_suite() if _by_suite(name) else [view]
    pages = [page for of_suite in views for page in _pages(name, tables, of_suite)]
    for path, text in ((html, to_html(pages, name)), (latex, to_latex(pages, name))):
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    for path, frame in zip(csv, frames, strict=True):
        with atomic_path(path) as temporary:
            frame.write_csv(temporary)


def _by_suite(name: str) -> bool:
    """Whether a published table has a page for each suite; the others show all rows, whatever their suite."""
    return not {*_sources(name)}.isdisjoint((*ANALYSIS, *WHERE_DECLARED))


def _sources(name: str) -> Sequence[str]:
    """The table of the analysis behind each part of a published one."""
    return parts_of(name) if name in PARTS else TABLES[name][:1]


def _pages(name: str, tables: Mapping[str, pl.DataFrame], view: View) -> list[Page]:
    """The page of each part of a table."""
    return [
        PAGES[part](_shown(part, tables[source]), view)
        for part, source in zip(parts_of(name), _sources(name), strict=True)
    ]


def _frames(name: str, tables: Mapping[str, pl.DataFrame], view: View) -> list[pl.DataFrame]:
    """The rows of the CSV file of each part of a table, of every suite."""
    return [result_pages.headline_first(tables[source], view) for source in _sources(name)]


def _shown(part: str, table: pl.DataFrame) -> pl.DataFrame:
    return table if part in _EVERY_METRIC else of_metric(table)
