"""A simulated referee of the findings: sentences, the studies that they are held against, and mutants.

A sentence of the page is registered with what it asserts, a study in which that is so, and studies in which
it is not: in the modules of this package, one for each question. The page must say it of the first and of
none of the others. Which sentences there are is read off the syntax trees of the modules that write them
(`fragments`), so none can be left out; and each condition of those modules can be removed in memory
(`referee.conditions`), to see that a test fails.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from functools import cache
from html import unescape
from pathlib import Path
from typing import NamedTuple

import polars as pl
from made_specs import viewed

import skillift
from skillift.figures import draw
from skillift.figures.theme import specification
from skillift.findings import QUESTIONS, findings
from skillift.findings.closing_lines import closing_lines
from skillift.findings.finding import Part
from skillift.findings.finding_rows import findings_rows, findings_text
from skillift.findings.findings_page import Made, findings_page
from skillift.findings.summary import summary
from skillift.publication.html_parts import PageParts
from skillift.publication.ledger import ledger
from skillift.reporting.registry import FIGURES
from skillift.reporting.view import View

# the modules that write what findings say
_FINDINGS = Path(skillift.__path__[0], "findings").glob("[!_]*.py")
# those that draw figures; `figure_page` puts them on pages of their own, `interaction` names columns
_DRAWING = sorted(path.stem for path in Path(skillift.__path__[0], "figures").glob("[!_]*.py"))
DRAWERS = tuple(f"figures.{name}" for name in _DRAWING if name not in ("figure_page", "interaction"))
# what words mean, how captions are read, and of which commit a page is, is true of no study in particular
_OF_NO_STUDY = ("captions", "figure_list", "glossary", "made", "word_list")
WRITERS = (
    *sorted(f"findings.{path.stem}" for path in _FINDINGS if path.stem not in _OF_NO_STUDY),
    "findings.__init__",
    "publication.ledger",
    "publication.predictions",
    "publication.unscored",
    "reporting.certificates",
    "reporting.numbers",
)
PAGE = Path(skillift.__path__[0]).parent / "assets/pages/findings.html"
ANYTHING = "…"  # in a sentence
# what a reader of the page sees by its place
_PLACES = {
    r'<p class="warning">': "at the top: ",
    r'<details class="block">\s*<summary>': "folded: ",
    "<h3>": "open: ",
}
_OF_PATTERNS = ("compile", "sub", "split", "findall")  # regular expressions
# pages of tables, which no finding is on
_OF_TABLES = ("predictions", "ledger")
# arguments of these are names of tables and files, for messages to who wrote a wrong file
_NAMING = ("place", "on_path", "render", "Column", "Page")
_TWO_WORDS = re.compile(r"[^\W\d_]\S*\s.*[^\W\d_]")


class Study(NamedTuple):
    """What the findings of a made-up study are made from: see `skillift.findings.findings`."""

    tables: Mapping[str, pl.DataFrame]
    spec: dict
    students: Mapping[str, dict] | None = None

    @property
    def view(self) -> View:
        """How its spec wants results shown."""
        return viewed(self.spec)

    @property
    def parts(self) -> list[Part]:
        """Its findings."""
        return findings(self.tables, self.view, self.students)


class Sentence(NamedTuple):
    """One sentence that the findings can say.

    Attributes:
        says: its words on the page of `true`, as they stand in one line; `…` stands for anything.
        means: what it asserts.
        true: a study in which that is so.
        false: studies in which it is not.
        where: `findings` (a question with its answer, a finding with its claim and word, a line at the end of
            a run), `page` (what else the page has), `report` (what opens the report, and the table of
            findings), `summary`, `ledger` (its page), or `figure <name>` (the lines around it).
    """

    says: str
    means: str
    true: Callable[[], Study]
    false: tuple[Callable[[], Study], ...]
    where: str = "findings"


def lines_of(study: Study, where: str = "findings", parts: list[Part] | None = None) -> list[str]:
    """What is said of a study, line by line; `parts`: its findings, where they are known."""
    if where == "summary":
        return summary(study.tables, study.view, "made up").splitlines()
    if where == "ledger":
        return _ledger(study)
    if where.startswith("figure "):
        return _around(where.removeprefix("figure "), study)
    parts = study.parts if parts is None else parts
    if where == "report":
        opening = findings_text(parts, dict.fromkeys(FIGURES, "")).splitlines()
        return [f"{line} |" for line in opening] + findings_rows(parts).write_csv().splitlines()
    if where == "page":
        made = Made("2026-11-29", "1.0", "", b"")
        html = findings_page(
            parts, "made up", study.view, PageParts(PAGE.read_text(encoding="utf-8")), {}, {}, made
        )
        for tag, said in _PLACES.items():
            html = re.sub(tag, said, html)
        return unescape(re.sub(r"<[^>]*>", "", html)).splitlines()
    lines = [f"{QUESTIONS[part.question]} {part.answer}" for part in parts]
    found = [each for part in parts for each in part.findings]
    lines += [f"{each.claim} | {each.sentence} [{each.word}] {each.figure}" for each in found]
    return [*lines, *(f"at the end: {line} |" for line in closing_lines(parts, "findings.html"))]


def _ledger(study: Study) -> list[str]:
    """The rows of the ledger's page and its notes; none of a study that no ledger counts."""
    if "ledger" not in study.tables:
        return []
    page = ledger(study.tables["ledger"], study.view)
    shown = page.rows.select(column.name for column in page.columns)
    return [*(" | ".join(row) for row in shown.iter_rows()), *page.notes]


def _around(figure: str, study: Study) -> list[str]:
    """The lines above a figure and those below it, each as one."""
    chart = specification(draw(figure, {name: study.tables[name] for name in FIGURES[figure]}, study.view))
    if "title" in chart:
        return _of_title(chart)
    # several suites, one below the other, each named in its title
    return [line for part in chart["vconcat"] for line in (" ".join(part["title"]["text"]), *_of_title(part))]


def _of_title(chart: dict) -> list[str]:
    above, below = chart["title"]["subtitle"], chart["vconcat"][0].get("title", {"text": []})["text"]
    return [" ".join(lines).replace("\u00a0", " ") for lines in (above, below)]


def stands(sentence: Sentence, lines: list[str]) -> bool:
    """Whether one of the lines says a sentence."""
    parts = map(re.escape, sentence.says.split(ANYTHING))
    pattern = re.compile(".*".join(parts))
    return any(pattern.search(line) for line in lines)


def wrong(sentence: Sentence, said: Callable[[Callable[[], Study], str], list[str]]) -> str:
    """What is wrong with what is said, as `said` has it of a study; empty where nothing is."""
    if not stands(sentence, said(sentence.true, sentence.where)):
        return f"not said of {sentence.true.__name__}, where it is true: {sentence.says}"
    for study in sentence.false:
        if stands(sentence, said(study, sentence.where)):
            return f"said of {study.__name__}, where it is false: {sentence.says}"
    return ""


@cache
def said_of(study: Callable[[], Study], where: str) -> list[str]:
    """`lines_of` a study, found once."""
    if where in ("findings", "page", "report"):
        return lines_of(_made(study), where, _parts(study))
    return lines_of(_made(study), where)


@cache
def _made(study: Callable[[], Study]) -> Study:
    return study()


@cache
def _parts(study: Callable[[], Study]) -> list[Part]:
    return _made(study).parts


class Fragment(NamedTuple):
    """A piece of text that a module writes as it is."""

    module: str
    line: int
    text: str


@cache
def tree_of(module: str) -> ast.Module:
    path = Path(skillift.__path__[0], *module.split(".")).with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def fragments(module: str) -> list[Fragment]:
    """The literal texts of two words or more that a module may write, as they stand between two values.

    Docstrings, messages of errors and names of tables are none.
    """
    found = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Raise | ast.Compare) or (isinstance(node, ast.Expr) and _is_text(node.value)):
            return
        of_table = module.startswith("publication.") and getattr(node, "name", "") in _OF_TABLES
        if of_table or (isinstance(node, ast.Call) and called(node) in _OF_PATTERNS):
            return
        if isinstance(node, ast.Call) and called(node) in _NAMING:
            visit(node.func)
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                if not _is_text(argument):
                    visit(argument)
            return
        if _is_text(node):
            pieces = re.split(r"\{[^{}]*\}", node.value)
            found.extend(
                Fragment(module, node.lineno, piece.strip()) for piece in pieces if _TWO_WORDS.search(piece)
            )
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree_of(module))
    return found


def called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
