"""Conditions that decide what is said, removed one at a time in memory: does the referee notice?"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from types import FunctionType
from typing import NamedTuple

from referee import Sentence, Study, called, fragments, lines_of, said_of, tree_of, wrong

_WITHOUT_FIGURES = ("findings.", "publication.")  # no figure is drawn by these packages


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
    tree = tree_of(module)
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
    if isinstance(node, ast.Call) and called(node) == "filter":
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
    function = next(
        each for each in tree_of(guard.module).body if getattr(each, "name", "") == guard.function
    )
    lines = range(function.lineno, (function.end_lineno or function.lineno) + 1)
    texts = [each.text for each in fragments(guard.module) if each.line in lines]
    return any(text in sentence.says for text in texts)
