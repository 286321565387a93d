"""The site of the docs: every page is in its menu, is linked to and loads nothing from elsewhere.

`make docs`, a part of `make test`, builds it and ends at a link or an anchor that leads nowhere.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from doc_pictures import FIGURES, SCREENS

LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")


@pytest.fixture(scope="module")
def docs(repository: Path) -> Path:
    return repository / "docs"


@pytest.fixture(scope="module")
def settings(repository: Path) -> dict:
    return tomllib.loads((repository / ".zensical.toml").read_text(encoding="utf-8"))["project"]


def named(menu: list[dict]) -> list[str]:
    """The pages of a menu, parts within parts included."""
    found = []
    for entry in menu:
        for value in entry.values():
            found += [value] if isinstance(value, str) else named(value)
    return found


def linked(page: Path) -> set[Path]:
    """The files that a page links to or shows."""
    return {(page.parent / link).resolve() for link in LINK.findall(page.read_text(encoding="utf-8"))}


def test_every_page_stands_once_in_the_menu(docs, settings):
    pages = sorted(str(path.relative_to(docs)) for path in docs.rglob("*.md"))
    assert len(pages) > 25
    assert sorted(named(settings["nav"])) == pages


def test_its_four_parts_are_the_folders_of_the_docs(docs, settings):
    parts = {name: named([{name: value}]) for entry in settings["nav"] for name, value in entry.items()}
    folders = {
        name: {page.partition("/")[0] for page in pages} for name, pages in parts.items() if len(pages) > 1
    }
    wanted = {
        "Tutorial": "tutorial",
        "How to": "how-to",
        "Reference": "reference",
        "Explanation": "explanation",
    }
    assert folders == {name: {folder} for name, folder in wanted.items()}
    assert {path.name for path in docs.iterdir() if path.is_dir()} == {*wanted.values(), "figures"}


def test_every_picture_is_made_by_a_command(docs, repository):
    shown = {path for page in [*docs.rglob("*.md"), repository / "README.md"] for path in linked(page)}
    pictures = {
        path.relative_to(docs).as_posix() for path in shown if path.suffix in (".svg", ".png", ".jpg")
    }
    made = {f"figures/{name}" for name in {**FIGURES, **SCREENS}} | {"rulegraph.svg"}
    assert pictures == made
    there = {path.name for path in (docs / "figures").iterdir()}
    assert there - {"pocket.sha256"} == {*FIGURES, *SCREENS}
    assert "python tests/helpers/doc_pictures.py" in (repository / "Makefile").read_text(encoding="utf-8")


def test_every_page_is_reached_from_the_first_and_linked_to_by_another(docs):
    pages = {path.resolve() for path in docs.rglob("*.md")}
    reached, new = set(), {(docs / "index.md").resolve()}
    while new:
        reached |= new
        new = {link for page in new for link in linked(page) if link in pages} - reached
    assert pages - reached == set()


def test_the_first_page_lists_all_others(docs):
    pages = {path.resolve() for path in docs.rglob("*.md")} - {(docs / "index.md").resolve()}
    assert pages - linked(docs / "index.md") == set()


def test_every_picture_is_shown_on_a_page(docs, repository):
    pictures = {path.resolve() for path in docs.rglob("*.svg")}
    assert len(pictures) >= 4
    shown = {link for page in [repository / "README.md", *docs.rglob("*.md")] for link in linked(page)}
    assert pictures - shown == set()


def undated(page: str) -> list[str]:
    """Sections of a page that tell what something took or was measured to be, and no date.

    Code, and output that is shown, do not count; neither do limits and guesses, which are not told so.
    """
    unit = r"\d[\d.,]*\s(?:s|ms|min|minutes|MB|GB|GiB|MiB|tokens/s)\b"
    told = re.compile(rf"\b(?:took|takes some|takes about|measured)\b[^.|]{{0,80}}?{unit}")
    sections = re.split(r"(?m)^(?=##? )", re.sub(r"(?ms)^ *```.*?^ *```", "", page))
    return [
        section.partition("\n")[0]
        for section in sections
        if told.search(section.replace("\n", " ")) and not re.search(r"20\d\d-\d\d-\d\d", section)
    ]


def test_what_was_measured_has_its_date(docs, repository):
    made = {"commands.md", "contracts.md", "study.md", "code.md"}  # from the code
    pages = [repository / "README.md", *(path for path in docs.rglob("*.md") if path.name not in made)]
    assert {path.name: found for path in pages if (found := undated(path.read_text(encoding="utf-8")))} == {}
    assert undated("# A\nIt took 5 s.\n## B\nIt took 5 s (2026-11-30).") == ["# A"]


def test_no_page_of_it_loads_anything_from_elsewhere(settings, docs):
    assert settings["theme"]["font"] is False
    assert not {"extra_javascript", "extra_css"} & settings.keys()
    loaded = {
        path.name: found
        for path in docs.rglob("*.md")
        if (
            found := re.findall(r"!\[[^]]*\]\(https?:|<(?:script|img|link|iframe)\b", path.read_text("utf-8"))
        )
    }
    assert loaded == {}


def test_make_test_builds_it_and_a_dead_link_ends_the_build(repository):
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"(?m)^test: .*\bdocs\b", makefile)
    recipe = makefile.split("\ndocs: ")[1].split("\n\n")[0]
    assert "zensical build --strict --config-file .zensical.toml" in recipe
