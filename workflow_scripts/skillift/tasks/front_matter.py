"""The front matter of a `SKILL.md`, read as the tools that are used with such files read it.

What bends the form (no front matter, a colon in a text without quotes) is read where what was meant is
not in doubt.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from skillift.errors import UserError
from skillift.yaml_sources.source import Source, parse_source

_PARTS = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$(.*)", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"(?P<key>[A-Za-z][\w-]*)[ \t]*:[ \t]+(?P<value>\S.*)")


class FrontMatter(NamedTuple):
    """What stands before a document and the document; `source` is None where nothing stands before it."""

    source: Source | None
    body: str
    body_line: int  # of the file, from 1
    quoted: list[tuple[int, str]]  # line and key of texts that were read as if they stood in quotes


def read_front_matter(text: str, path: str) -> FrontMatter:
    """Part a file into front matter and body.

    Args:
        text: the whole file, with line feeds.
        path: for messages.

    Raises:
        UserError: the front matter is no YAML, and not for a colon alone.
    """
    lead = len(text) - len(text.lstrip("\n"))
    parts = _PARTS.match(text, lead)
    if parts is None or (parts[1].strip() and not _is_mapping(parts[1])):
        return FrontMatter(None, text, 1, [])
    line = text.count("\n", 0, parts.start(2)) + 1
    if not parts[1].strip():
        return FrontMatter(None, parts[2], line, [])
    before = "\n" * text.count("\n", 0, parts.start(1))  # keeps the file's count of lines
    try:
        return FrontMatter(parse_source(before + parts[1], path, "skill's front matter"), parts[2], line, [])
    except UserError:
        corrected, quoted = _quoted(parts[1])
        if not quoted:
            raise
        source = parse_source(before + corrected, path, "skill's front matter")
        first = before.count("\n") + 1
        return FrontMatter(source, parts[2], line, [(first + place, key) for place, key in quoted])


def _is_mapping(text: str) -> bool:
    """Whether the text between two lines of hyphens is front matter, and no part of the document."""
    first = next((line for line in text.split("\n") if line.strip() and not line.startswith("#")), "")
    return re.match(r"[\"']?[A-Za-z][\w -]*[\"']?[ \t]*:(?:\s|$)", first) is not None


def _quoted(text: str) -> tuple[str, list[tuple[int, str]]]:
    """The text with quotes around values that are no YAML by themselves, and the places and keys of those."""
    lines, quoted = text.split("\n"), []
    for place, line in enumerate(lines):
        match = _KEY.fullmatch(line.rstrip())
        if match is None or _is_yaml(line):
            continue
        if match["value"][0] in "\"'[{|>&*!%@`":
            continue
        end = place + 1
        while end < len(lines) and lines[end].startswith((" ", "\t")) and lines[end].strip():
            end += 1
        value = " ".join([match["value"], *(more.strip() for more in lines[place + 1 : end])])
        lines[place] = f"{match['key']}: {json.dumps(value, ensure_ascii=False)}"
        lines[place + 1 : end] = [""] * (end - place - 1)  # keeps the count of lines
        quoted.append((place, match["key"]))
    return "\n".join(lines), quoted


def _is_yaml(line: str) -> bool:
    try:
        parse_source(line, "", "")
    except UserError:
        return False
    return True
