"""CONTRIBUTING says which test holds which promise of the README and docs: both stand where it says."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

HEADING = "## Which test holds which promise"


@pytest.fixture(scope="module")
def promises(repository: Path) -> dict[str, list[str]]:
    """Words of the README or docs -> tests as `unit/judging/test_scoring::a_lost_verdict_is_never_a_fail`."""
    section = (repository / "CONTRIBUTING.md").read_text(encoding="utf-8").split(HEADING)[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if "::" in line]
    return {words: re.findall(r"`([\w/]+::\w+)`", tests) for words, tests in rows}


@pytest.fixture(scope="module")
def pages(repository: Path) -> list[Path]:
    return [repository / "README.md", *sorted((repository / "docs").rglob("*.md"))]


@cache
def daily_tests(path: Path) -> set[str]:
    """The names of a module's tests that `make test` runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assigned = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Assign)]
    if any("mark.nightly" in text for text in assigned if text.startswith("pytestmark")):
        return set()
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {each.name for each in functions if "nightly" not in map(_mark, each.decorator_list)}


def _mark(decorator: ast.expr) -> str:
    """`nightly` of `@pytest.mark.nightly`."""
    return ast.unparse(decorator).split("(")[0].rpartition(".")[2]


def test_every_promise_of_the_table_stands_in_the_readme_or_docs(promises, pages):
    said = [" ".join(page.read_text(encoding="utf-8").split()) for page in pages]
    assert len(promises) >= 40
    assert [words for words in promises if not any(words in text for text in said)] == []


def test_the_readme_is_short(repository):
    assert len((repository / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_links_between_pages_lead_somewhere(pages, repository):
    dead = [
        (page.name, link)
        for page in [*pages, repository / "CONTRIBUTING.md"]
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert dead == []


def test_every_test_of_the_table_is_there(promises, repository):
    named = [name for tests in promises.values() for name in tests]
    assert len(named) >= len(promises)
    missing = []
    for name in named:
        module, _, test = name.partition("::")
        path = repository / f"tests/{module}.py"
        if not path.is_file() or f"test_{test}" not in daily_tests(path):
            missing.append(name)
    assert missing == []
