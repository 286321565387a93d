"""`pattern`: the answer is what a regular expression of the task finds."""

from __future__ import annotations

import re

from skillift.answers.comparison import says_the_same
from skillift.answers.reasoning import strip_reasoning

COLUMNS = ("reference", "answer_type", "pattern")


def matched(response: str, pattern: str) -> str | None:
    """What the last match of a regular expression outside reasoning says; None where there is none.

    That is the group `answer`, else the first group, else the whole match.
    """
    found = list(re.finditer(pattern, strip_reasoning(response) or ""))
    if not found:
        return None
    last = found[-1]
    named = "answer" in last.re.groupindex
    text = last["answer"] if named else last[1] if last.re.groups else last[0]
    return (text and text.strip()) or None


def score(response: str, reference: str, answer_type: str, pattern: str) -> bool:
    """Whether what `matched` finds says `reference`; a response in which it finds nothing fails."""
    answer = matched(response, pattern)
    return answer is not None and says_the_same(answer, reference, answer_type)
