"""The deterministic ANSWER-line extractor: from a student's response to its final answer.

It reads `response` of the episodes table. Reasoning inside `<think>` is no part of an answer and is
removed first. The extractor sees ANSWER lines and nothing else; a right conclusion in free prose is
a fail on the path `bench`, and how often that happens is what the path audit measures.
"""

from __future__ import annotations

import re
import unicodedata

_REASONING = re.compile(r"<think>.*?</think>", re.DOTALL)
_ANSWER_LINE = re.compile(r"^[ \t>*_#`]*ANSWER[*_`]*[ \t]*:[ \t]*(.*)$", re.MULTILINE)
_MARKUP = " \t*_`$\"'“”‘’"


def strip_reasoning(text: str) -> str | None:
    """`text` without its `<think>` blocks; None where a block is never closed: there is no final answer.

    A response whose opening tag stood in the prompt counts from its last `</think>` on.
    """
    text = _REASONING.sub("", text)
    text = text.rpartition("</think>")[2]
    return None if "<think>" in text else text.strip()


def answer_lines(text: str) -> list[str]:
    """The values of all ANSWER lines of `text`, in order; markup around them is removed."""
    values = (found.group(1).strip(_MARKUP) for found in _ANSWER_LINE.finditer(text))
    return [value for value in values if value]


def extract_answer(text: str) -> str | None:
    """The value of the last ANSWER line outside reasoning; None where there is none."""
    final = strip_reasoning(text)
    lines = answer_lines(final) if final else []
    return lines[-1] if lines else None


def normalise(value: str) -> str:
    """The form in which two answers are compared.

    Case, width of characters, white space, quotes, markup, a closing punctuation mark and the comma
    between listed items do not count: "3, 1, 7." and "3 1 7" are the same.
    """
    value = unicodedata.normalize("NFKC", value).casefold()
    value = re.sub(r"[,;](?=\s|$)", " ", value)
    return " ".join(value.strip(_MARKUP).rstrip(".!?:").strip(_MARKUP).split())


def score_answer_line(response: str, reference: str) -> bool:
    """Whether the last ANSWER line of `response` says `reference`; a response without one fails."""
    answer = extract_answer(response)
    return answer is not None and normalise(answer) == normalise(reference)
