"""The deterministic ANSWER-line extractor: from a student's response to its final answer.

It reads `response` of the episodes table. Reasoning before the answer is no part of it and is removed first.
The extractor sees ANSWER lines and nothing else; a right conclusion in free prose is a fail on the path
`bench`, and how often that happens is what the path audit measures. What a line says is compared by the
task's answer type, see `skillift.answers.comparison`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from skillift.answers.comparison import answer_groups, says_the_same, type_of
from skillift.answers.dress import fold_characters
from skillift.answers.reasoning import strip_reasoning

# markup, a bullet or a number may stand before the word; no other word may
_ANSWER_LINE = re.compile(
    r"(?P<before>(?:[ >*_#`~\"'|+\-•·●▪]|<(?:b|strong|em|i|p|h[1-6]|li|answer)>|\(?\d{1,3}[.)](?=[ *_]))*)"
    r"ANSWER(?:</\w+>)?[*_`\"' ]*:.*",
    re.IGNORECASE,
)
_COLONS = ":\uff1a\u2236\ufe55\ua789"  # those that `fold_characters` makes a colon of
_EMPTY = re.compile(r"[\s*_`\"'$.]*")


def answer_lines(text: str) -> list[str]:
    """The values of all ANSWER lines of `text`, in order, as they stand there.

    Markup that was opened before the word and closes behind the value is removed.
    """
    values = []
    for line in text.splitlines():
        found = _ANSWER_LINE.fullmatch(fold_characters(line))
        if not found:
            continue
        value = re.split(f"[{_COLONS}]", line, maxsplit=1)[1].strip().removesuffix("|")
        for mark in "*_`\"'":
            if mark in found["before"] and mark not in value.strip()[:1]:
                value = value.rstrip().rstrip(mark)
        value = re.sub(r"\A\s*[*_`]+\s+", "", value).strip()
        if not _EMPTY.fullmatch(value):
            values.append(value)
    return values


class AnswerLine(NamedTuple):
    """An ANSWER line in a text: places of characters, and what it says."""

    start: int  # of the line
    value_start: int  # behind the colon
    end: int  # of the line, its newline included
    value: str


def first_answer_line(response: str) -> AnswerLine | None:
    """The first ANSWER line of a response outside its reasoning; None where there is none.

    What stands before it is the chain of thought, reasoning included.
    """
    final = strip_reasoning(response)
    if not final:
        return None
    start = response.rfind(final)
    for line in response[start:].splitlines(keepends=True):
        if values := answer_lines(line):
            colon = next(place for place, character in enumerate(line) if character in _COLONS)
            return AnswerLine(start, start + colon + 1, start + len(line), values[0])
        start += len(line)
    return None


def final_lines(response: str) -> list[str]:
    """The values of all ANSWER lines of a response outside its reasoning, in order."""
    final = strip_reasoning(response)
    return answer_lines(final) if final else []


def extract_answer(text: str) -> str | None:
    """The value of the last ANSWER line outside reasoning; None where there is none."""
    lines = final_lines(text)
    return lines[-1] if lines else None


def has_different_lines(response: str) -> bool:
    """Whether the ANSWER lines of a response do not all say the same; the last one counts all the same.

    They are compared by the type that the last one has as a reference. Base models that do not stop write
    further tasks with ANSWER lines of their own.
    """
    lines = final_lines(response)
    return len(lines) > 1 and len(set(answer_groups(lines, type_of(lines[-1])))) > 1


def score(response: str, reference: str, answer_type: str | None = None) -> bool:
    """Whether the last ANSWER line of `response` says `reference`; a response without one fails.

    Args:
        response: of an episode.
        reference: the task's.
        answer_type: the task's; that of the reference where it is None.
    """
    answer = extract_answer(response)
    return answer is not None and says_the_same(answer, reference, answer_type or type_of(reference))
