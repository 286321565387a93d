"""Two judges that need no network: deterministic programs behind the interface of a chat model.

They are not language models. They let the embedded study and the tests go through the same prompts,
client, parsing and verdicts as a study with judges over an API. Both get the rendered judge prompt
and nothing else, find task, reference and response between its markers, and answer with the same
JSON object. They are built differently, so that they agree mostly and not always:

- `offline/conclusion` looks for the place where a response states its conclusion (an ANSWER line, a
  sentence such as "So the result is 7.", the last worked step) and compares that with the reference.
- `offline/tail` knows no such places. It compares the last words of the response, as many as the
  reference has, with the words of the reference.

`skillift.chat.completions` asks them where a study names the provider `offline`.
"""

from __future__ import annotations

import json
import re
import unicodedata

from skillift.judging.extraction import normalise

PROVIDER = "offline"

_OPENING = re.compile(r"^<<<(?:task|reference|response) ([0-9a-f]{16})>>>$", re.MULTILINE)
_ANSWER_LINE = re.compile(
    r"^\W*(?:the\s+)?(?:final\s+)?answer\W*?[:=][ \t*_`]*(.*\w.*)$", re.MULTILINE | re.IGNORECASE
)
_SENTENCE = re.compile(
    r"\b(?:results?|answers?|conclusion)\s+(?:is|are|was|were|must be|will be)\s*:?\s*"
    r"(.+?)(?=[.!?](?:\s|$)|\n|$)",
    re.IGNORECASE,
)
_WORKED_STEP = re.compile(r"^\W*step\s+\d+\s*[:.)]\s*(.+)$", re.MULTILINE | re.IGNORECASE)
_WORD = re.compile(r"\w+(?:[.'-]\w+)*")


def blocks(prompt: str) -> dict[str, str]:
    """Task, reference and response of a rendered judge prompt.

    The code of the first marker line is the prompt's own; blocks with any other code are text.

    Raises:
        ValueError: a block is missing.
    """
    opening = _OPENING.search(prompt)
    found = {}
    for name in ("task", "reference", "response"):
        code = opening.group(1) if opening else ""
        _, before, rest = f"\n{prompt}\n".partition(f"\n<<<{name} {code}>>>\n")
        text, after, _ = rest.partition(f"\n<<<end {name} {code}>>>\n")
        if not before or not after:
            raise ValueError(f"the judge prompt holds no block '{name}' between markers")
        found[name] = text
    return found


def read_conclusion(response: str) -> str:
    """The conclusion that a response states; empty where it states none."""
    lines = _ANSWER_LINE.findall(response)
    if lines:
        return lines[-1].strip()
    sentences = _SENTENCE.findall(response)
    if sentences:
        return sentences[-1].strip()
    steps = _WORKED_STEP.findall(response)
    if steps:
        # "Take 7", or "Push 3 1; Take 7": what the last operation left, without its verb
        return steps[-1].rpartition(";")[2].strip().partition(" ")[2]
    stripped = response.strip()
    return "" if "\n" in stripped else stripped


def judge_conclusion(reference: str, response: str) -> dict:
    """The verdict of `offline/conclusion`: the stated conclusion equals the reference."""
    conclusion = read_conclusion(response)
    passed = bool(conclusion) and normalise(conclusion) == normalise(reference)
    return {"conclusion": conclusion, "passed": passed}


def _words(text: str) -> list[str]:
    text = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall(text) or text.split()


def judge_tail(reference: str, response: str) -> dict:
    """The verdict of `offline/tail`: the response ends in the words of the reference."""
    expected = _words(reference)
    tail = _words(response)[-len(expected) :]
    return {"conclusion": " ".join(tail), "passed": bool(expected) and tail == expected}


JUDGES = {"conclusion": judge_conclusion, "tail": judge_tail}


def reply(judge: str, prompt: str) -> str:
    """The reply of an offline judge to a rendered judge prompt: a JSON object, as text.

    Raises:
        ValueError: the prompt has no markers.
    """
    material = blocks(prompt)
    return json.dumps(JUDGES[judge](material["reference"], material["response"]), ensure_ascii=False)
