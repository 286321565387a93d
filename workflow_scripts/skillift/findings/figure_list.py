"""The table of figures on the page of the docs: of each its question and what it is drawn from."""

from __future__ import annotations

from pathlib import Path

from skillift.errors import UserError, problem
from skillift.findings.captions import caption
from skillift.publication.html_parts import read_part
from skillift.reporting.registry import FIGURES

BEGIN, END = "<!-- figures: made by document_study.py -->\n", "<!-- end of figures -->\n"
_HEAD = "| figure | question | drawn from |\n|---|---|---|\n"
_SAID = {"log": "the runs' logs", "costs": "`costs.parquet`"}  # tables that are none of the analysis


def with_figures(page: str, captions: Path, source: str) -> str:
    """A page with the table of all figures between its two marks.

    Args:
        page: Markdown.
        captions: the folder of the captions, whose first words are the questions.
        source: the page's name, for messages.

    Raises:
        UserError: a mark is missing, or a caption is missing or does not begin with a question.
    """
    rows = [
        f"| `{name}` | {_question(captions / f'{name}.rst')} | {', '.join(map(_said, tables))} |\n"
        for name, tables in FIGURES.items()
    ]
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise UserError(problem(source, "not both of them once", f"the lines {BEGIN!r} and {END!r}"))
    before, _, rest = page.partition(BEGIN)
    return "".join([before, BEGIN, _HEAD, *rows, END, rest.partition(END)[2]])


def _question(path: Path) -> str:
    return caption(read_part(path), {}, str(path)).question


def _said(table: str) -> str:
    return _SAID.get(table, f"`{table}`")
