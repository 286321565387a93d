"""The procedure of a skill that is a Markdown document: its steps, or its paragraphs.

Models are given the body of a `SKILL.md` as it stands, so that is its procedure, cut into paragraphs. Where a
numbered list is the procedure, the steps are its items: a list under a heading Procedure, Steps, Workflow or
Instructions that is at least a fifth of the body's words, or a list without such a heading that is at least
half of them. Where two or three lists could be meant, that is a mistake of the document; one of more lists is
a document.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from skillift.tasks.step_labels import without_own_labels

if TYPE_CHECKING:
    from markdown_it.token import Token

NAMES = ("Procedure", "Steps", "Workflow", "Instructions")
NAMED_SHARE = 0.2  # a list of five lines in a manual of thirty pages is not what models follow
SOLE_SHARE = 0.5  # "Best practices" at the end of a document are seldom more
MOST_UNCLEAR = 3  # lists; with more of them, each is a section's

_WORD = re.compile(r"\w+")
_NAMED = re.compile(
    r"(?:the |your |main |core |basic |step[- ]by[- ]step |detailed )*"
    r"(?:procedures?|steps?|workflows?|instructions?)(?: to follow)?",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"^\W*(?:\d+(?:\.\d+)*[.):]?\s+)?|\W+$")


class Procedure(NamedTuple):
    """Steps or paragraphs; the lines (from 0) and headings of the lists that could be meant, if several."""

    steps: list[str]
    is_list: bool
    unclear: list[tuple[int, str]]
    empty_steps: list[tuple[int, int]]  # line (from 0) and number


class _List(NamedTuple):
    line: int
    end: int
    heading: str
    named: bool
    under_title: bool
    words: int
    items: list[str]


@lru_cache(maxsize=1024)  # the parts of the preflight read the same documents
def procedure_of(markdown: str) -> Procedure:
    """The procedure of a document; of several lists that could be meant, none is taken."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt().parse(markdown)
    lines = markdown.split("\n")
    lists = _numbered_lists(tokens, lines)
    words = _count(markdown)
    named = [found for found in lists if found.named]
    if sum(found.words for found in named) >= NAMED_SHARE * words and named:
        meant = named
    elif sum(found.words for found in lists) >= SOLE_SHARE * words and lists:
        meant = lists if len(lists) > 1 or lists[0].under_title else []
    else:
        meant = []
    if 1 < len(meant) <= MOST_UNCLEAR:
        return Procedure([], True, [(found.line, found.heading) for found in meant], [])
    if len(meant) == 1:
        empty = [(meant[0].line, number) for number, item in enumerate(meant[0].items, 1) if not item]
        labelled = [f"Step {number}: {item}" for number, item in enumerate(meant[0].items, start=1)]
        return Procedure(labelled, True, [], empty)
    return Procedure(_paragraphs(tokens, lines), False, [], [])


def _count(text: str) -> int:
    return len(_WORD.findall(text))


def _numbered_lists(tokens: list, lines: list[str]) -> list[_List]:
    """The numbered lists that stand by themselves, in order; one that goes on after a code block is one."""
    found: list[_List] = []
    heading, level, before = "", 0, ""
    for place, token in enumerate(tokens):
        if token.level != 0:
            continue
        if token.type == "heading_open":
            heading, level, before = tokens[place + 1].content, int(token.tag[1]), ""
        elif token.type == "paragraph_open":
            before = tokens[place + 1].content
        elif token.type == "ordered_list_open":
            start, end = token.map
            near = before if _is_heading(before) else heading
            items = _items(tokens, place, lines)
            words = _count("\n".join(lines[start:end]))
            number = int(token.attrGet("start") or 1)
            if found and found[-1].heading == near and number == len(found[-1].items) + 1:
                last = found.pop()
                between = "\n".join(lines[last.end : start]).strip()
                joined = [*last.items[:-1], "\n".join(filter(None, [last.items[-1], between]))]
                start, items, words = last.line, joined + items, last.words + words + _count(between)
            found.append(_List(start, end, near, _names(near), level <= 1, words, items))
            before = ""
        elif token.type.endswith("_open"):
            before = ""
    return [one._replace(items=without_own_labels(one.items)) for one in found if len(one.items) > 1]


def _is_heading(paragraph: str) -> bool:
    """Whether a paragraph stands as a heading above a list: "**Steps**", "Steps:"."""
    return _names(paragraph)


def _names(heading: str) -> bool:
    return _NAMED.fullmatch(_NUMBERING.sub("", _NUMBERING.sub("", heading))) is not None


def _items(tokens: list, place: int, lines: list[str]) -> list[str]:
    """The items of the list that opens at `place`: on one line as plain text, or as they are with code."""
    items: list[list] = []
    spans: list[tuple[int, int]] = []
    for token in tokens[place + 1 :]:
        if token.type == "ordered_list_close" and token.level == 0:
            break
        if token.type == "list_item_open" and token.level == 1:
            items.append([])
            spans.append(tuple(token.map))
        else:
            items[-1].append(token)
    texts = []
    for parts, (start, end) in zip(items, spans, strict=True):
        if any(part.type in ("fence", "code_block", "html_block") for part in parts):
            texts.append(_dedented(lines[start:end]))
        else:
            texts.append(" ".join(_plain(part) for part in parts if part.type == "inline"))
    return [text if "\n" in text else " ".join(text.split()) for text in texts]


def _plain(inline: Token) -> str:
    breaks = ("softbreak", "hardbreak")
    return "".join(" " if part.type in breaks else part.content for part in inline.children or ())


def _dedented(lines: list[str]) -> str:
    marker = re.match(r"\s*\d+[.)]\s*", lines[0])
    width = len(marker[0]) if marker else 0
    rest = [line[min(width, len(line) - len(line.lstrip())) :] for line in lines[1:]]
    return "\n".join([lines[0][width:], *rest]).strip()


def _paragraphs(tokens: list, lines: list[str]) -> list[str]:
    """The document in pieces that can stand in another order, each with the empty line after it.

    A heading stays with what follows it. A document of one such piece is cut at the items of its list.
    """
    starts = _starts(tokens)
    if len(starts) == 1:
        items = [token.map[0] for token in tokens if token.type == "list_item_open" and token.level == 1]
        starts += items[1:]
    starts = (
        [0, *starts[1:]] if starts else []
    )  # what no token stands for, such as a link's target, goes along
    ends = [*starts[1:], len(lines)] if starts else []
    pieces = ["\n".join(lines[start:end]).strip("\n") for start, end in zip(starts, ends, strict=True)]
    return [piece + "\n" for piece in pieces if piece.strip()]


def _starts(tokens: list) -> list[int]:
    starts, after_heading = [], False
    for token in tokens:
        if token.level or token.map is None or token.nesting < 0 or token.type == "inline":
            continue
        if not after_heading:
            starts.append(token.map[0])
        after_heading = token.type == "heading_open"
    return starts
