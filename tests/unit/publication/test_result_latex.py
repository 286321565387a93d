"""Published tables as LaTeX: rows of equal length, closed groups, no character left that LaTeX would obey."""

from __future__ import annotations

import copy
import re

import pytest
from analysis_tables import MADE_STUDIES, full_study, publish_table, published, smoke_study

from skillift.reporting.registry import TABLES, parts_of

pytestmark = pytest.mark.xdist_group("made-up study")  # analysed once for them all

ENVIRONMENT = re.compile(r"\\(begin|end)\{(\w+)\}")
ROW = re.compile(r"^(.*?)\s*\\\\(?:\[[\d.]+pt\])?\s*$")
COLUMNS = re.compile(r"\\begin\{longtable\}\{((?:[lr]|p\{[\d.]+\\linewidth\})+)\}")


def without_escapes(text: str) -> str:
    return re.sub(r"\\[\\%_&#{}$]", "", text)


def cells(row: str) -> int:
    """Number of columns that a row fills."""
    spanned = sum(int(width) - 1 for width in re.findall(r"\\multicolumn\{(\d+)\}", row))
    return without_escapes(row).count("&") + 1 + spanned


def tables_in(latex: str) -> list[tuple[int, list[str]]]:
    """The number of columns and the rows of each longtable."""
    found = []
    for body in re.findall(r"\\begin\{longtable\}.*?\\end\{longtable\}", latex, re.DOTALL):
        columns = COLUMNS.match(body).group(1)
        after_caption = body.split("\\toprule", 1)[1]
        rows = [match.group(1) for line in after_caption.splitlines() if (match := ROW.match(line))]
        found.append((len(re.findall(r"[lr]|p\{[^}]*\}", columns)), rows))
    return found


@pytest.mark.parametrize("study", MADE_STUDIES)
@pytest.mark.parametrize("name", TABLES)
def test_every_row_fills_the_columns_of_its_table(name, study):
    found = tables_in(published(name, study).latex)
    assert len(found) == len(parts_of(name))
    for columns, rows in found:
        assert len(rows) >= (1 if name == "ledger" else 2)  # a made-up study has declared nothing
        assert {cells(row) for row in rows} == {columns}


@pytest.mark.parametrize("name", TABLES)
def test_groups_and_environments_close_in_order(name):
    latex = published(name).latex
    plain = without_escapes(latex)
    assert plain.count("{") == plain.count("}")
    stack = []
    for kind, environment in ENVIRONMENT.findall(latex):
        if kind == "begin":
            stack.append(environment)
        else:
            assert stack.pop() == environment
    assert stack == []
    assert not re.search(r"[%#]", plain)
    assert latex.isascii()


def test_a_label_cannot_become_a_command():
    spec, tables = smoke_study()
    spec = copy.deepcopy(spec)
    spec["students"]["s"]["label"] = r"50 % & a_b #1 $x$ {y} \input{/etc/passwd} ~^"
    latex = publish_table("agreement", tables, spec).latex
    assert r"\input" not in latex
    assert r"50 \% \& a\_b \#1 \$x\$ \{y\} \textbackslash{}input" in latex
    (columns, rows) = tables_in(latex)[0]
    assert {cells(row) for row in rows} == {columns}


def test_sentences_are_set_as_paragraphs():
    assert r"\begin{longtable}{lp{0.2\linewidth}" in published("predictions").latex


def test_the_same_pages_give_the_same_text():
    spec, tables = full_study()
    assert publish_table("effects", tables, spec).latex == published("effects").latex
