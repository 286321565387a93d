"""The map of the code, made from the first sentence of each module: which files there are, and what for."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from skillift.errors import UserError, problem

BEGIN, END = "<!-- packages: made by document_study.py -->\n", "<!-- end of packages -->\n"
_INTRODUCTION = """\
# Map of the code

Made by `python workflow_scripts/study/document_study.py` from what each file says of itself; do not edit by
hand. What the folders are is in `CONTRIBUTING.md`; the commands have a [page of their own](commands.md).
"""
_PLACES = {  # folder below the repository, and which files in it
    "rules": "*.smk",
    "workflow_scripts/snakemake_inside": "*.py",
    "tests/helpers": "*.py",
}
_LIBRARY = "workflow_scripts/skillift"


def with_packages(page: str, repository: Path, source: str) -> str:
    """A page with the table of the library's packages between its two marks.

    Args:
        page: Markdown.
        repository: the project's folder.
        source: the page's name, for messages.

    Raises:
        UserError: a mark is missing, or a package does not say what it is for.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise UserError(problem(source, "not both of them once", f"the lines {BEGIN!r} and {END!r}"))
    rows = [
        f"| `{folder.relative_to(repository / _LIBRARY)}/` | {first_sentence(folder / '__init__.py')} |\n"
        for folder in _packages(repository)
    ]
    before, _, rest = page.partition(BEGIN)
    head = "\n| package of `skillift/` | what it is |\n|---|---|\n"
    return "".join([before, BEGIN, head, *rows, "\n", END, rest.partition(END)[2]])


def code_page(repository: Path) -> str:
    """The page of all modules, by their folder, as Markdown.

    Args:
        repository: the project's folder.

    Raises:
        UserError: a file does not say what it is for.
    """
    library = repository / _LIBRARY
    parts = [_INTRODUCTION, "## The library\n", f"`{_LIBRARY}/`: {first_sentence(library / '__init__.py')}\n"]
    parts.append(_table(path for path in library.glob("*.py") if path.name != "__init__.py"))
    for folder in _packages(repository):
        parts.append(f"### {folder.relative_to(library)}\n\n{first_sentence(folder / '__init__.py')}\n")
        parts.append(_table(path for path in folder.glob("*.py") if path.name != "__init__.py"))
    for name, pattern in _PLACES.items():
        parts.append(f"## {name}\n")
        parts.append(_table(path for path in (repository / name).glob(pattern) if path.name != "__init__.py"))
    return "\n".join(parts)


def first_sentence(path: Path) -> str:
    """The first paragraph of a file's docstring, in one line.

    Raises:
        UserError: the file cannot be read, or does not begin with a docstring.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(problem(f"{path}", f"{error}", "a readable file of code")) from error
    if path.suffix == ".py":
        said = ast.get_docstring(ast.parse(text))
    else:  # a Snakefile, which is not Python after its first lines
        said = text.split('"""')[1] if text.startswith('"""') else None
    if not said:
        raise UserError(problem(f"{path}", "no docstring", "one sentence about what the file is for"))
    return " ".join(said.strip().split("\n\n")[0].split())


def _packages(repository: Path) -> list[Path]:
    return sorted(path.parent for path in (repository / _LIBRARY).glob("**/__init__.py"))[1:]


def _table(paths: Iterable[Path]) -> str:
    rows = [f"| `{path.name}` | {_cell(first_sentence(path))} |\n" for path in sorted(paths)]
    return "".join(["| file | what it is for |\n|---|---|\n", *rows])


def _cell(sentence: str) -> str:
    return sentence.replace("|", "\\|")
