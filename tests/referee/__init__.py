"""A simulated referee of the findings: sentences, the studies that they are held against, and mutants.

A sentence of the page is registered with what it asserts, a study in which that is so, and studies in which
it is not: in the modules of this package, one for each question. The page must say it of the first and of
none of the others. Which sentences there are is read off the syntax trees of the modules that write them
(`fragments`), so none can be left out; and each condition of those modules can be removed in memory
(`guards`, `without`), to see that a test fails.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from html import unescape
from pathlib import Path
from types import FunctionType
from typing import NamedTuple

import polars as pl

import skillift
from skillift.figures import draw
from skillift.findings import QUESTIONS, findings
from skillift.findings.closing_lines import closing_lines
from skillift.findings.page import Made, findings_page
from skillift.findings.summary import summary
from skillift.reporting.registry import FIGURES

# the modules that write what findings say
_FINDINGS = Path(skillift.__path__[0], "findings").glob("[!_]*.py")
# those that draw figures; `page` puts them on pages of their own, `interaction` names columns
_DRAWING = sorted(path.stem for path in Path(skillift.__path__[0], "figures").glob("[!_]*.py"))
DRAWERS = tuple(f"figures.{name}" for name in _DRAWING if name not in ("page", "interaction"))
# what words mean, and how captions are read, is true of no study in particular
_MEANINGS = ("glossary", "captions")
WRITERS = (
    *sorted(f"findings.{path.stem}" for path in _FINDINGS if path.stem not in _MEANINGS),
    "findings.__init__",
    "publication.ledger",
    "publication.predictions",
    "publication.unscored",
    "reporting.certificates",
    "reporting.numbers",
)
PAGE = Path(skillift.__path__[0]).parent / "pages" / "findings.html"
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
_WITHOUT_FIGURES = ("findings.", "publication.")  # no figure is drawn by these packages
# arguments of these are names of tables and files, for messages to who wrote a wrong file
_NAMING = ("place", "on_path", "render", "Column", "Page")
_TWO_WORDS = re.compile(r"[^\W\d_]\S*\s.*[^\W\d_]")


class Study(NamedTuple):
    """What the findings of a made-up study are made from: see `skillift.findings.findings`."""

    tables: Mapping[str, pl.DataFrame]
    spec: dict
    students: Mapping[str, dict] | None = None


class Sentence(NamedTuple):
    """One sentence that the findings can say.

    Attributes:
        says: its words on the page of `true`, as they stand in one line; `…` stands for anything.
        means: what it asserts.
        true: a study in which that is so.
        false: studies in which it is not.
        where: `findings` (a question with its answer, a finding with its claim and word, a line at the end of
            a run), `page` (what else the page has), `summary`, or `figure <name>` (the lines around it).
    """

    says: str
    means: str
    true: Callable[[], Study]
    false: tuple[Callable[[], Study], ...]
    where: str = "findings"


def lines_of(study: Study, where: str = "findings") -> list[str]:
    """What is said of a study, line by line."""
    if where == "summary":
        return summary(study.tables, study.spec, "made up").splitlines()
    if where.startswith("figure "):
        return _around(where.removeprefix("figure "), study)
    parts = findings(study.tables, study.spec, study.students)
    if where == "page":
        made = Made("2026-11-29", "1.0", "", b"")
        html = findings_page(parts, study.spec, PAGE.read_text(encoding="utf-8"), "", "", {}, {}, made)
        for tag, said in _PLACES.items():
            html = re.sub(tag, said, html)
        return unescape(re.sub(r"<[^>]*>", "", html)).splitlines()
    lines = [f"{QUESTIONS[part.question]} {part.answer}" for part in parts]
    found = [each for part in parts for each in part.findings]
    lines += [f"{each.claim} | {each.sentence} [{each.word}] {each.figure}" for each in found]
    return [*lines, *(f"at the end: {line} |" for line in closing_lines(parts, "findings.html"))]


def _around(figure: str, study: Study) -> list[str]:
    """The lines above a figure and those below it, each as one."""
    chart = draw(figure, {name: study.tables[name] for name in FIGURES[figure]}, study.spec).to_dict()
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
    return lines_of(study(), where)


class Fragment(NamedTuple):
    """A piece of text that a module writes as it is."""

    module: str
    line: int
    text: str


@cache
def _tree(module: str) -> ast.Module:
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
        if of_table or (isinstance(node, ast.Call) and _called(node) in _OF_PATTERNS):
            return
        if isinstance(node, ast.Call) and _called(node) in _NAMING:
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

    visit(_tree(module))
    return found


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


class Guard(NamedTuple):
    """A condition of a function, and the function's syntax tree without it."""

    module: str
    function: str
    line: int
    change: str
    tree: ast.Module


def guards(module: str) -> Iterator[Guard]:
    """Every condition that decides in a function of a module what is said, removed one at a time.

    The test of an `if`, of a conditional expression or of a comprehension, and one part of an `and` or `or`,
    holds always, or never; an argument of `filter` is left out; `drop_nulls` is.
    """
    tree = _tree(module)
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            nodes = list(ast.walk(function))
            for place, node in enumerate(nodes):
                for number, (change, _) in enumerate(_removals(node)):
                    mutant = deepcopy(tree)
                    changed = next(each for each in mutant.body if getattr(each, "name", "") == function.name)
                    same = list(ast.walk(changed))[place]
                    _removals(same)[number][1]()
                    ast.fix_missing_locations(mutant)
                    line = getattr(node, "lineno", function.lineno)
                    yield Guard(module, function.name, line, change, mutant)


def _removals(node: ast.AST) -> list[tuple[str, Callable[[], None]]]:
    """What can be removed at a node: in words, and the function that does it."""
    found: list[tuple[str, Callable[[], None]]] = []
    if isinstance(node, ast.If | ast.IfExp):
        for value in (True, False):
            found.append(
                (f"`{ast.unparse(node.test)}` is {value}", _setter(node, "test", ast.Constant(value)))
            )
    if isinstance(node, ast.comprehension):
        for place, test in enumerate(node.ifs):
            found.append((f"every one, not `{ast.unparse(test)}`", _deleter(node.ifs, place)))
    if isinstance(node, ast.Call) and _called(node) == "filter":
        for part in (node.args, node.keywords):
            for place, argument in enumerate(part):
                text = ast.unparse(argument.value if isinstance(argument, ast.keyword) else argument)
                name = getattr(argument, "arg", "")
                found.append((f"not filtered by {name} `{text}`", _deleter(part, place)))
    return found


def _setter(node: ast.AST, name: str, value: ast.AST) -> Callable[[], None]:
    return lambda: setattr(node, name, value)


def _deleter(items: list, place: int) -> Callable[[], None]:
    return lambda: items.pop(place)


@contextmanager
def without(guard: Guard) -> Iterator[None]:
    """The library with a guard removed, in memory: the code of the one function is another's meanwhile."""
    module = importlib.import_module(f"skillift.{guard.module}".removesuffix(".__init__"))
    names = {"__name__": module.__name__, "__file__": module.__file__, "__package__": module.__package__}
    exec(compile(guard.tree, str(module.__file__), "exec"), names)
    function: FunctionType = getattr(module, guard.function)
    original = function.__code__
    function.__code__ = names[guard.function].__code__
    try:
        yield
    finally:
        function.__code__ = original


def survives(guard: Guard, sentences: Sequence[Sentence]) -> bool:
    """Whether no sentence is wrong without a guard."""
    pages = dict.fromkeys(
        (study, each.where)
        for each in sorted(sentences, key=lambda each: not _written_in(each, guard))
        for study in (each.true, *each.false)
        if not (each.where.startswith("figure ") and guard.module.startswith(_WITHOUT_FIGURES))
    )
    about = {page: [each for each in sentences if page[0] in (each.true, *each.false)] for page in pages}
    for page in pages:
        said_of(*page)  # with the guard
    changed: dict[tuple, list[str]] = {}

    def said(study: Callable[[], Study], where: str) -> list[str]:
        return changed.get((study, where)) or said_of(study, where)

    with without(guard):
        for study, where in pages:
            try:
                lines = lines_of(study(), where)
            except Exception:
                return False  # the referee's test fails of it
            if lines != said_of(study, where):
                changed[study, where] = lines
                if any(wrong(each, said) for each in about[study, where]):
                    return False
    return True


def _written_in(sentence: Sentence, guard: Guard) -> bool:
    """Whether the function of a guard writes a part of a sentence."""
    function = next(each for each in _tree(guard.module).body if getattr(each, "name", "") == guard.function)
    lines = range(function.lineno, (function.end_lineno or function.lineno) + 1)
    texts = [each.text for each in fragments(guard.module) if each.line in lines]
    return any(text in sentence.says for text in texts)
