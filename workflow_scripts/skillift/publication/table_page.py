"""One published table as a self-contained HTML page and as LaTeX.

The HTML asks for no script, no font and no picture from elsewhere. The LaTeX is a longtable with the rules
of booktabs: a document that takes it in needs the packages `booktabs` and `longtable`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from great_tables import GT


@dataclass(frozen=True)
class Column:
    """How a published table shows one column: under which heading, and how wide.

    Attributes:
        name: of the column in the rows.
        label: its heading.
        spanner: a heading over several columns that follow each other.
        align: `left` or `right`.
        share: part of the line's width that it takes in LaTeX, for sentences; others are as wide as needed.
    """

    name: str
    label: str
    spanner: str | None = None
    align: str = "right"
    share: float | None = None


@dataclass(frozen=True)
class Page:
    """A table to show.

    Attributes:
        rows: texts and counts, in the order in which they are shown.
        columns: what is shown of the rows, in order.
        groups: the column whose values head groups of rows.
        notes: lines under the table.
    """

    title: str
    subtitle: str
    rows: pl.DataFrame
    columns: list[Column]
    groups: str | None = None
    notes: list[str] = field(default_factory=list)


# characters that pdfLaTeX's default input encoding lacks, or that LaTeX has a sign of its own for
_LATEX = {
    "\u00b2": "$^2$",
    "\u2212": "$-$",
    "\u2013": "--",
    "\u00a0": "~",
    "\u00b7": r"\textperiodcentered{}",
    "\u2026": r"\ldots{}",
}
_LATEX_SIZE = "11px"  # 8.25 pt
# in a narrow window a table is moved sideways; what stands over its whole width stays in sight, and whose row
# it is
_CELLS = re.compile(r'(<t[dh][^>]*class="[^"]*gt_(?:title|subtitle|group_heading)\b[^>]*>)([^<]+)')
_STYLE = """.in-sight, .gt_sourcenote span {
  position: sticky; left: 5px; display: inline-block; max-width: calc(100vw - 36px);
}
tbody td:first-child, tbody td.gt_right { white-space: nowrap; }
tbody td:first-child:not(.gt_group_heading) { position: sticky; left: 0; background: #fff; }
.sideways { display: none; margin: 0; color: #595959; font: 13px sans-serif; }
@media (max-width: 700px) { .sideways { display: block; } }"""
_SIDEWAYS = '<p class="sideways">Move a table sideways for the rest of it.</p>'


def to_html(pages: Sequence[Page], name: str) -> str:
    """An HTML document with tables under each other; the same pages give the same text.

    Args:
        pages: what to show.
        name: of the published table, the stem of the tables' ids: their style sheets must not meet.
    """
    tables = [_table(page, f"{name}-{place}").as_raw_html() for place, page in enumerate(pages)]
    tables = [_CELLS.sub(r'\1<span class="in-sight">\2</span>', table) for table in tables]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(pages[0].title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n{_SIDEWAYS}\n"
        + "\n".join(tables)
        + "\n</body>\n</html>\n"
    )


def to_latex(pages: Sequence[Page], name: str) -> str:
    """The tables as LaTeX, one longtable after the other; the same pages give the same text."""
    parts = []
    for page in pages:
        table = _table(page, name).tab_options(table_font_size=_LATEX_SIZE)
        text = table.as_latex(use_longtable=True)
        text = text.replace(r"\begin{minipage}", r"\noindent\begin{minipage}")
        for sign, written in _LATEX.items():
            text = text.replace(sign, written)
        parts.append(_with_widths(text, page.columns))
    return "\n".join(parts) + "\n"


def _with_widths(latex: str, columns: list[Column]) -> str:
    """Columns of sentences set as paragraphs: great_tables sets every column on one line."""
    letters = "".join(column.align[0] for column in columns)
    widths = "".join(
        f"p{{{column.share:g}\\linewidth}}" if column.share else column.align[0] for column in columns
    )
    return latex.replace(f"\\begin{{longtable}}{{{letters}}}", f"\\begin{{longtable}}{{{widths}}}")


def _table(page: Page, name: str) -> GT:
    from great_tables import GT

    names = [column.name for column in page.columns]
    grouping = [page.groups] if page.groups else []
    shown = page.rows.select(*grouping, *names)
    table = GT(shown, groupname_col=page.groups, id=name.replace("_", "-"))
    table = table.tab_header(title=page.title, subtitle=page.subtitle)
    for spanner in dict.fromkeys(column.spanner for column in page.columns if column.spanner):
        below = [column.name for column in page.columns if column.spanner == spanner]
        table = table.tab_spanner(label=spanner, columns=below)
    table = table.cols_label(**{column.name: column.label for column in page.columns})
    for align in dict.fromkeys(column.align for column in page.columns):
        aligned = [column.name for column in page.columns if column.align == align]
        table = table.cols_align(align=align, columns=aligned)
    for note in page.notes:
        table = table.tab_source_note(note)
    return table.tab_options(
        table_font_size="14px",
        table_font_color="#333333",
        heading_align="left",
        heading_title_font_size="18px",
        heading_subtitle_font_size="14px",
        row_group_font_weight="bold",
        row_group_background_color="#f5f5f5",
        data_row_padding="3px",
        table_margin_left="0",
        container_width="100%",
    )
