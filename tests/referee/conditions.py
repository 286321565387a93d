"""Conditions that decide what is said, removed one at a time in memory: does the referee notice?

Only pages on which a condition decides something are looked at without it: which these are is noted once, as
all pages are made (`reached`).
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import deepcopy
from functools import cache
from types import FunctionType
from typing import NamedTuple

from referee import WRITERS, Sentence, Study, called, fragments, lines_of, tree_of, wrong

_NOTE = "note_of_the_referee"  # what the code of noted functions calls


class Guard(NamedTuple):
    """A condition of a function, its number in the module, and the module's syntax tree without it."""

    module: str
    function: str
    line: int
    change: str
    tree: ast.Module
    number: int


class Page(NamedTuple):
    """What is said of a study in one place, and the guards that decide something there.

    Attributes:
        lines: see `lines_of`.
        guards: module and number of each without which the page might be another.
        of_study: those of them without which the study might be: they make the table of its ledger.
    """

    lines: list[str]
    guards: frozenset[tuple[str, int]]
    of_study: frozenset[tuple[str, int]]


def guards(module: str) -> Iterator[Guard]:
    """Every condition that decides in a function of a module what is said, removed one at a time.

    The test of an `if`, of a conditional expression or of a comprehension, and one part of an `and` or `or`,
    holds always, or never; an argument of `filter` is left out; `drop_nulls` is.
    """
    tree = tree_of(module)
    total = 0
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
                    yield Guard(module, function.name, line, change, mutant, total)
                    total += 1


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
def _with_code(module: str, functions: Sequence[str], tree: ast.Module, **names: object) -> Iterator[None]:
    """The library with the code of some functions of a module from another syntax tree, in memory."""
    there = importlib.import_module(f"skillift.{module}".removesuffix(".__init__"))
    made = {"__name__": there.__name__, "__file__": there.__file__, "__package__": there.__package__}
    exec(compile(tree, str(there.__file__), "exec"), made)
    found: list[FunctionType] = [getattr(there, name) for name in functions]
    originals = [function.__code__ for function in found]
    vars(there).update(names)
    for function in found:
        function.__code__ = made[function.__name__].__code__
    try:
        yield
    finally:
        for function, code in zip(found, originals, strict=True):
            function.__code__ = code
        for name in names:
            delattr(there, name)


def without(guard: Guard) -> AbstractContextManager[None]:
    """The library with a guard removed, in memory: the code of the one function is another's meanwhile."""
    return _with_code(guard.module, [guard.function], guard.tree)


@cache
def reached(sentences: tuple[Sentence, ...]) -> dict[tuple[Callable[[], Study], str], Page]:
    """Every page of the sentences, by study and place, with the guards that decide something on it."""
    found: dict[tuple, Page] = {}
    noted: set[tuple[str, int]] = set()

    def note(module: str, if_true: tuple[int, ...], if_false: tuple[int, ...], value: object) -> object:
        noted.update((module, number) for number in (if_true if value else if_false))
        return value

    with ExitStack() as stack:
        for module in WRITERS:
            tree = deepcopy(tree_of(module))
            _add_notes(tree, module)
            functions = [each.name for each in tree.body if isinstance(each, ast.FunctionDef)]
            stack.enter_context(_with_code(module, functions, tree, **{_NOTE: note}))
        for study, where in _pages(sentences):
            noted.clear()
            made = _made(study)
            of_study = frozenset(noted)
            lines = lines_of(made, where)
            found[study, where] = Page(lines, frozenset(noted), of_study)
    return found


def _add_notes(tree: ast.Module, module: str) -> None:
    """Let each condition, as it is decided, note the guards without which it would be decided otherwise."""
    number = 0
    for function in (each for each in tree.body if isinstance(each, ast.FunctionDef)):
        for node in list(ast.walk(function)):
            numbers = range(number, number + len(_removals(node)))
            if isinstance(node, ast.If | ast.IfExp):
                always, never = numbers
                node.test = _noting(module, node.test, [never], [always])
            elif isinstance(node, ast.comprehension):
                tests = zip(node.ifs, numbers, strict=True)
                node.ifs = [_noting(module, test, [], [each]) for test, each in tests]
            elif numbers:
                node.func = _noting(module, node.func, numbers, [])
            number = numbers.stop
    ast.fix_missing_locations(tree)


def _noting(module: str, value: ast.expr, if_true: Iterable[int], if_false: Iterable[int]) -> ast.Call:
    """A call that returns a value, and notes guards by what it is."""
    told = [ast.Constant(each) for each in (module, tuple(if_true), tuple(if_false))]
    return ast.Call(ast.Name(_NOTE, ast.Load()), [*told, value], [])


def survives(guard: Guard, sentences: tuple[Sentence, ...]) -> bool:
    """Whether no sentence is wrong without a guard."""
    known = reached(sentences)
    first = sorted(sentences, key=lambda each: not _written_in(each, guard))
    this = guard.module, guard.number
    pages = [page for page in _pages(first) if this in known[page].guards]
    changed: dict[tuple, list[str]] = {}

    def said(study: Callable[[], Study], where: str) -> list[str]:
        return changed.get((study, where)) or known[study, where].lines

    with without(guard):
        for study, where in pages:
            make = _made if this in known[study, where].of_study else _cached
            try:
                lines = lines_of(make(study), where)
            except Exception:
                return False  # the referee's test fails of it
            if lines != known[study, where].lines:
                changed[study, where] = lines
                about = (each for each in sentences if study in (each.true, *each.false))
                if any(wrong(each, said) for each in about if each.where == where):
                    return False
    return True


def _made(study: Callable[[], Study]) -> Study:
    """A study made again, past its cache: code that is noted or changed makes the table of its ledger."""
    return getattr(study, "__wrapped__", study)()


@cache
def _cached(study: Callable[[], Study]) -> Study:
    return study()


def _pages(sentences: Iterable[Sentence]) -> dict[tuple[Callable[[], Study], str], None]:
    """Study and place of all that sentences are looked for in, in their order."""
    return dict.fromkeys((study, each.where) for each in sentences for study in (each.true, *each.false))


def _written_in(sentence: Sentence, guard: Guard) -> bool:
    """Whether the function of a guard writes a part of a sentence."""
    function = next(
        each for each in tree_of(guard.module).body if getattr(each, "name", "") == guard.function
    )
    lines = range(function.lineno, (function.end_lineno or function.lineno) + 1)
    texts = [each.text for each in fragments(guard.module) if each.line in lines]
    return any(text in sentence.says for text in texts)
