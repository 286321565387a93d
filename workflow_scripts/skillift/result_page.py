"""One published table as a self-contained HTML page: no script, no font and no picture from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from great_tables import GT


@dataclass(frozen=True)
class Column:
    """A column of a page: its name in the rows, heading, heading over several columns, alignment."""

    name: str
    label: str
    spanner: str | None = None
    align: str = "right"


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


def to_html(page: Page, name: str) -> str:
    """The page's HTML document; the same page gives the same text.

    Args:
        page: what to show.
        name: the element's id, so that the style sheet of one table does not reach another.
    """
    document = _table(page, name).as_raw_html(make_page=True)
    return document if document.endswith("\n") else document + "\n"


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
