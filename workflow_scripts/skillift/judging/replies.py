"""What a judge replies, and the strict reading of it.

A verdict is read from the judge's whole reply, one JSON object (in a code fence or not, after the judge's own
reasoning or not), and never searched for in other text.
"""

from __future__ import annotations

import json
import re

from skillift.answers.reasoning import strip_reasoning

REPLY_SCHEMA = {
    "type": "object",
    "properties": {"conclusion": {"type": "string"}, "passed": {"type": "boolean"}},
    "required": ["conclusion", "passed"],
    "additionalProperties": False,
}

_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*(?:json|JSON)?[ \t]*\r?\n(.*?)\n?[ \t]*\1", re.DOTALL)


def parse_reply(text: str) -> tuple[str, bool] | None:
    """Conclusion and verdict of a judge's whole reply; None where that is not the requested JSON object.

    The judge's reasoning before it is left out as a student's is, and so is one code fence around all of it.
    """
    # as it is first: a conclusion may quote a tag
    return _parse(text) or _parse(strip_reasoning(text) or "")


def object_of(text: str) -> dict | None:
    """The JSON object that a text is, with one code fence around it or without; None where it is none."""
    text = text.strip("\ufeff \t\r\n")
    fenced = _FENCE.fullmatch(text)
    try:
        found = json.loads(fenced.group(2) if fenced else text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _parse(text: str) -> tuple[str, bool] | None:
    reply = object_of(text)
    if reply is None or set(reply) != {"conclusion", "passed"}:
        return None
    conclusion, passed = reply["conclusion"], reply["passed"]
    if not isinstance(conclusion, str) or not isinstance(passed, bool):
        return None
    return conclusion, passed


def _without_repeats(pairs: list[tuple[str, object]]) -> dict:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)
