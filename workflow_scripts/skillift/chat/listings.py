"""Lists in a text: which items the lists of a task have, and which words of a response are part of one.

For `skillift.chat.mentions`: a list is one value, however it is written, so that who says the task's list
again has not said its last item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from skillift.answers.comparison import list_items, says_the_same
from skillift.answers.dress import fold_characters
from skillift.answers.quantities import read_quantity

EDGES = " \t.,;:!?\"'`*_()[]{}<>=|~#>"
LEAST_LISTED = 3  # items of a list; two things between commas may be anything
_ALONE = re.compile(r"^[^\w\n]*(?:\d{1,3}[.)]\s+)?(\w[\w:.-]*)\W*$", re.MULTILINE)  # a line with one word
_OPTION = re.compile(r"^[^\w\n]*([A-Za-z])[).:]\s", re.MULTILINE)
_PHRASE_END = re.compile(r"[.!?:](?=\s|\Z)|\n")
# what stands before an answer between commas and is no item: "So, after all, rice"
_INTERJECTION = re.compile(
    r"(?:so|well|yes|no|ok(?:ay)?|oh|hm+|sure|right|then|thus|hence|first|next|last|now|again|all|short|fact|"
    r"course|therefore|however|indeed|answer|believe|think|guess|say|\w+ly)\W*",
    re.IGNORECASE,
)
_BETWEEN_ITEMS = re.compile(r"[,;]?\s+(?:(?:and|&)\s+)?")


@dataclass(frozen=True)
class Mention:
    """A run of words of the reference's form: its place in the text, and whether it is the reference."""

    start: int
    end: int
    text: str
    right: bool


def form_of(word: str, items: frozenset[str] = frozenset()) -> str:
    """What a word looks like: `item` (of `items`), `number`, digits as `9`, `letter`, `name`, `word`."""
    word = word.strip(EDGES)
    if word.casefold() in items:
        return "item"
    if read_quantity(word) is not None:
        return "number"
    if re.search(r"\d", word):
        return re.sub(r"\d", "9", word)
    if re.fullmatch("[A-Z]", word):
        return "letter"
    return "name" if re.fullmatch(r"[A-Z][a-z]+|[A-Z]{2,}", word) else "word"


def listed_items(task: str) -> frozenset[str]:
    """The items of the lists that a task has, without case.

    Items are single words, `LEAST_LISTED` or more: between commas or semicolons, a line each, or between
    spaces, if all have one form that is not that of plain words (3 1 7, Mon Tue Wed). Of options their
    letters are there, as `a)`.
    """
    text = fold_characters(task)
    found: set[str] = set()
    for pattern, mark in ((_ALONE, ""), (_OPTION, ")")):
        lines = [item.casefold() + mark for item in pattern.findall(text)]
        if len(lines) >= LEAST_LISTED:
            found.update(lines)
    for phrase in _PHRASE_END.split(text):
        words = [word.strip(EDGES) for word in phrase.split()]
        forms = set(map(form_of, words))
        if len(words) >= LEAST_LISTED and len(forms) == 1 and forms != {"word"}:
            found.update(map(str.casefold, words))
        if not re.search(r"[,;]\s", phrase):
            continue
        first, *others = list_items(phrase)
        items = [first.split()[-1:], *(item.split() for item in others)]  # "The words are milk, jam, rice"
        if len(items) >= LEAST_LISTED and all(len(item) == 1 for item in items):
            found.update(item[0].strip(EDGES).casefold() for item in items)
    return frozenset(found)


def is_enumerated(chunks: list[re.Match], place: int, last: int) -> bool:
    """Whether plain words are part of a longer list between commas: "milk, jam, fish and rice"."""
    items = 1 + sum(chunk[0][-1] in ",;" for chunk in chunks[place : last - 1])
    before, behind = list(_items_before(chunks, place)), list(_items_behind(chunks, last))
    if len(before) == 1 and not behind and not before[0]:
        return False  # "in the end, milk, rice"
    return bool(before or behind) and items + len(before) + len(behind) >= LEAST_LISTED


def _items_before(chunks: list[re.Match], place: int) -> Iterator[bool]:
    """Of each item before a place, from right to left, whether it stands alone between commas.

    The last may be the end of a phrase: "it is milk, jam".
    """
    while place > 0 and not _INTERJECTION.fullmatch(chunks[place - 1][0]):
        before = place - 1
        if chunks[before][0] in ("and", "&") and before > 0:
            before -= 1
        elif chunks[before][0][-1] not in ",;":
            return
        if "\n" in chunks[place].string[chunks[before].end() : chunks[place].start()]:
            return
        alone = before == 0 or chunks[before - 1][0][-1] in ",;"
        yield alone
        if not alone:
            return
        place = before


def _items_behind(chunks: list[re.Match], last: int) -> Iterator[bool]:
    """The items behind a place, which commas part and the end of a phrase ends."""
    while last < len(chunks) and chunks[last - 1][0][-1] in ",;":
        if chunks[last][0][-1] not in ",;.!?" and last + 1 < len(chunks):
            return
        yield True
        last += 1


def lists_as_one(
    plain: str, found: list[Mention], reference: str, answer_type: str, listed: frozenset[str]
) -> Iterator[Mention]:
    """The mentions, those that make a list as one: of `LEAST_LISTED` values, or two that an `and` ends."""
    place = 0
    while place < len(found):
        last = place + 1
        while last < len(found) and _joins(plain, found[last - 1], found[last]):
            last += 1
        if not _is_list(plain, found[place:last]):
            last = _end_of_lines(plain, found, place, listed)
        group = found[place:last]
        text = ", ".join(mention.text for mention in group)
        yield (
            group[0]
            if len(group) == 1
            else Mention(group[0].start, group[-1].end, text, says_the_same(text, reference, answer_type))
        )
        place = last


def _joins(plain: str, one: Mention, other: Mention) -> bool:
    between = plain[one.end : other.start]
    before = plain[one.end - 1] if plain[one.end - 1] in ",;" else ""
    joined = _BETWEEN_ITEMS.fullmatch(before + between)
    return joined is not None and "\n" not in between and bool((before + between).strip())


def _is_list(plain: str, group: list[Mention]) -> bool:
    """Whether values that commas, semicolons and an `and` part are a list."""
    number = sum(len(mention.text.split()) for mention in group)
    ends = re.match(r"\W*(?:\n|\Z)", plain[group[-1].end :]) or plain[group[-1].end - 1] in ".!?"
    return len(group) > 1 and (number >= LEAST_LISTED or bool(ends))


def _end_of_lines(plain: str, found: list[Mention], place: int, listed: frozenset[str]) -> int:
    """The end of a list that has an item of the task on each line, or one of its options: "A) red"."""
    last, seen = place, set[str]()
    while last < len(found):
        mention = found[last]
        text = mention.text.strip(EDGES).casefold()
        line = plain.rfind("\n", 0, mention.start) + 1
        rest = plain[mention.end :].partition("\n")[0]
        opens = not re.search(r"\w", plain[line : mention.start])
        alone = not re.search(r"\w", rest) or plain[mention.end - 1] in ".):"
        follows = last == place or plain.count("\n", found[last - 1].end, mention.start) == 1
        if text in seen or not {text, f"{text})"} & listed or not (opens and alone and follows):
            break
        seen.add(text)
        last += 1
    return last if last - place >= LEAST_LISTED else place + 1
