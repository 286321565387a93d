"""Every test can fail: it claims something, and not of a constant or of a thing and itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

CHECKS = {"raises", "warns", "fail", "assert_frame_equal"}  # of pytest and polars


@cache  # asked of the same modules and functions again and again
def nodes(tree: ast.AST) -> tuple[list[ast.FunctionDef], list[ast.Call], list[ast.Assert]]:
    """The functions, calls and assertions in a module or a function."""
    found: tuple[list, list, list] = ([], [], [])
    kinds = (ast.FunctionDef, ast.Call, ast.Assert)
    for node in ast.walk(tree):
        for kind, those in zip(kinds, found, strict=True):
            if type(node) is kind:
                those.append(node)
    return found


def functions(trees: Iterable[ast.Module]) -> Iterator[ast.FunctionDef]:
    return (function for tree in trees for function in nodes(tree)[0])


def called(function: ast.FunctionDef) -> set[str]:
    """Names of what a function calls."""
    calls = [call.func for call in nodes(function)[1]]
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


def checking(trees: list[ast.Module], known: set[str] = CHECKS) -> set[str]:
    """Names of functions that assert something, themselves or by what they call; to those that are known."""
    own = list(functions(trees))
    known = known - {each.name for each in own}
    before = None
    while known != before:
        before = known
        known = known | {each.name for each in own if asserts(each) or called(each) & known}
    return known


def asserts(function: ast.FunctionDef) -> list[ast.expr]:
    return [claim.test for claim in nodes(function)[2]]


def parts(claim: ast.expr) -> list[ast.expr]:
    """What an assertion claims at once."""
    return (
        [part for value in claim.values for part in parts(value)]
        if isinstance(claim, ast.BoolOp)
        else [claim]
    )


def says_nothing(claim: ast.expr) -> bool:
    """Whether a claim is true of itself: a text, a tuple, a constant, or one thing twice."""
    if isinstance(claim, ast.Constant | ast.JoinedStr | ast.Tuple | ast.List | ast.Dict | ast.Lambda):
        return True
    sides = [claim.left, *claim.comparators] if isinstance(claim, ast.Compare) else []
    return len(sides) == 2 and type(sides[0]) is type(sides[1]) and ast.dump(sides[0]) == ast.dump(sides[1])


def ends_somehow(function: ast.FunctionDef) -> bool:
    """Whether a test is content with any end of a program: `SystemExit` also comes of a misspelt option."""
    text = ast.unparse(function) if "raises" in called(function) else ""
    return "pytest.raises(SystemExit)" in text and "readouterr()" not in text and ".value.code" not in text


def problems(files: dict[str, str]) -> list[str]:
    """`file: test: what is wrong` of the tests in files, by name and text."""
    trees = {name: ast.parse(text) for name, text in files.items()}
    shared = checking([tree for name, tree in trees.items() if not Path(name).name.startswith("test_")])
    found = []
    for name, tree in trees.items():
        known = checking([tree], shared)
        for function in functions([tree]):
            place = f"{name}: {function.name}"
            if function.name.startswith("test_") and not (asserts(function) or called(function) & known):
                found.append(f"{place}: asserts nothing")
            if any(says_nothing(part) for claim in asserts(function) for part in parts(claim)):
                found.append(f"{place}: an assertion that is always true")
            if ends_somehow(function):
                found.append(f"{place}: any SystemExit passes")
    return found


def test_every_test_can_fail(repository: Path):
    paths = sorted((repository / "tests").rglob("*.py"))
    files = {str(path.relative_to(repository)): path.read_text(encoding="utf-8") for path in paths}
    assert sum(name.split("/")[-1].startswith("test_") for name in files) > 100
    assert problems(files) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("compute()", ["a.py: test_it: asserts nothing"]),
        ("assert compute() == 1", []),
        ("refused(1)", []),
        ("with pytest.raises(KeyError):\n        compute()", []),
        ("assert 'text', compute()", ["a.py: test_it: an assertion that is always true"]),
        ("assert (compute(), 1)", ["a.py: test_it: an assertion that is always true"]),
        ("assert compute() and 1", ["a.py: test_it: an assertion that is always true"]),
        ("assert compute(1) == compute(1)", ["a.py: test_it: an assertion that is always true"]),
        ("with pytest.raises(SystemExit):\n        compute()", ["a.py: test_it: any SystemExit passes"]),
    ],
)
def test_what_cannot_fail_is_found(body, expected):
    helper = "def compute(*numbers):\n    return 1\n\ndef refused(number):\n    assert number\n\n"
    assert problems({"a.py": f"{helper}def test_it():\n    {body}\n"}) == expected
