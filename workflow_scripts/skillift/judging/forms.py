"""Whether a response has an answer in the form that its task's scorer looks for, right or wrong."""

from __future__ import annotations

from skillift.scorers.answer_line import extract_answer
from skillift.scorers.json import last_call
from skillift.scorers.pattern import matched


def in_form(response: str, scorer: str, pattern: str | None) -> bool:
    """Whether a response has an answer in the form that a scorer of `EXTRACTED` looks for.

    `pattern` is the task's; None for other scorers than that.
    """
    if scorer == "json":
        return last_call(response) is not None
    if scorer == "pattern":
        return matched(response, pattern or "") is not None
    return extract_answer(response) is not None
