"""Sections of a page in Markdown, each below a heading of the second level."""

from __future__ import annotations

import textwrap


def filled(paragraph: str) -> str:
    """Prose in lines of equal length; tables, lists and headings as they are."""
    if paragraph.startswith(("|", "-", "#")):
        return paragraph
    return textwrap.fill(paragraph, 110, break_long_words=False, break_on_hyphens=False)


def section_of(page: str, heading: str) -> str:
    """What stands below a heading; empty where the page has none of that name."""
    _, found, rest = f"\n{page}".partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0].strip("\n") if found else ""


def with_section(page: str, heading: str, text: str) -> str:
    """The page with that section: in its place where it has one, else at the end."""
    start, found, rest = f"\n{page}".partition(f"\n## {heading}\n")
    _, further, after = rest.partition("\n## ") if found else ("", "", "")
    whole = f"{start.strip(chr(10))}\n\n## {heading}\n\n{text.strip(chr(10))}\n"
    return f"{whole}\n## {after}" if further else whole
