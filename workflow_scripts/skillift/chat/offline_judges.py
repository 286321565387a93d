"""Two judges that need no network: deterministic programs behind the interface of a chat model.

They are not language models. They let the embedded study and the tests go through the same prompts,
client, parsing and verdicts as a study with judges over an API. Both get the rendered judge prompt
and nothing else, find task, reference and response between its markers, and answer with the same
JSON object. They are built differently, so that they agree mostly and not always:

- `offline/conclusion` looks for the place where a response states its conclusion (an ANSWER line, a
  sentence such as "So the result is 7.", the last worked step) and compares what stands there with the
  reference. Where a response has no such place, its last value counts, and a list is one value: who says the
  task's list again has not said its last item.
- `offline/tail` knows no such places. It takes the last value of the reference's form in the whole response
  (`skillift.chat.mentions`), as many words as the reference has: of "7 1" it reads the 1.

Both compare as the extractor does, by the type of the reference (`skillift.answers.comparison`). Where that
is a list of checks (scorer `constraints`), both check the stated conclusion.

`skillift.chat.completions` asks them where a study names the provider `offline`.
"""

from __future__ import annotations

import json
import re

from skillift.answers.comparison import says_the_same, type_of
from skillift.answers.dress import fold_characters
from skillift.chat.listings import Mention, listed_items
from skillift.chat.mentions import ends_in, has_form
from skillift.scorers.constraints import checks_of, met_by

PROVIDER = "offline"

_OPENING = re.compile(r"^<<<(?:task|reference|response) ([0-9a-f]{16})>>>$", re.MULTILINE)
_LABEL = r"(?:the\s+)?(?:final\s+|correct\s+|my\s+)*(?:answer|result|conclusion|solution)(?:\s+is)?"
# a line with a label; the value may stand on the next line that holds something, and no step or label
_LABELLED = re.compile(
    rf"^\W*{_LABEL}[\s*_`\"'’]*[:=][ \t*_`]*(?:\W*\n[> \t*_`]*(?!\W*(?:step\s+\d|{_LABEL}\W*:)))?"
    r"(?P<value>.*\w.*)$",
    re.MULTILINE | re.IGNORECASE,
)
_BOXED = re.compile(r"\\boxed\s*(?=\{)")
_SENTENCE = re.compile(
    r"\b(?:results?|answers?|conclusion|solution)\s+(?:is|are|was|were|must be|will be)"
    r"(?:\s+(?:just|simply|then|thus))?\s*:?\s*(?P<value>.+?)(?=[.!?][*_`\"')]*(?:\s|$)|\n|$)",
    re.IGNORECASE,
)
_WORKED_STEP = re.compile(r"^\W*step\s+\d+\s*[:.)]\s*(.+)$", re.MULTILINE | re.IGNORECASE)


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


def read_conclusion(response: str, listed: frozenset[str] = frozenset()) -> str:
    """The conclusion that a response states; empty where it has no place that states one.

    `listed` has the items of the task's lists, of which none is the verb of a worked step.
    """
    response = fold_characters(response)
    lines = [(found.start(), _value(found["value"])) for found in _LABELLED.finditer(response)]
    lines += [(found.start(), _braced(response[found.end() :])) for found in _BOXED.finditer(response)]
    if lines:
        return max(lines)[1]
    sentences = [found["value"] for found in _SENTENCE.finditer(response)]
    if sentences:
        return sentences[-1].strip()
    steps = _WORKED_STEP.findall(response)
    if steps:
        # "Take 7", or "Push 3 1; Take 7": what the last operation left, without its verb
        last = steps[-1].rpartition(";")[2].strip()
        verb, _, value = last.partition(" ")
        return last if re.search(r"[\d,]", verb) or verb.casefold() in listed else value
    return ""


def _value(line: str) -> str:
    value = line.strip().lstrip("> ").strip()
    value = value.rstrip("}]").strip() if value.count("{") < value.count("}") else value
    return value.strip(' `"')


def _braced(text: str) -> str:
    """What the braces at the beginning of `text` hold."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return text[1:place]
    return text


def judge_conclusion(reference: str, response: str, task: str = "") -> dict:
    """The verdict of `offline/conclusion`: the stated conclusion says the same as the reference."""
    if _is_checks(reference):
        return _verdict_by_checks(reference, response)
    kind, listed = type_of(reference), listed_items(task)
    stated = read_conclusion(response, listed)
    if not stated and not _WORKED_STEP.search(response):
        return _verdict(ends_in(response, reference, kind, listed=listed))
    passed = bool(stated) and says_the_same(stated, reference, kind)
    if not passed and has_form(reference, listed):  # "42, which is what I expected"
        # not the beginning of a sentence
        last = ends_in(f"is {stated}", reference, kind, listed=listed)
        passed = bool(last and last.right)
    return {"conclusion": stated, "passed": passed}


def judge_tail(reference: str, response: str, task: str = "") -> dict:
    """The verdict of `offline/tail`: the last value of the reference's form is the reference."""
    if _is_checks(reference):
        return _verdict_by_checks(reference, response)
    return _verdict(ends_in(response, reference, type_of(reference), whole=False, listed=listed_items(task)))


def _is_checks(reference: str) -> bool:
    try:
        return bool(checks_of(reference))
    except ValueError:
        return False


def _verdict_by_checks(reference: str, response: str) -> dict:
    """The verdict where a reference is a list of checks: whether the stated conclusion meets them all."""
    stated = read_conclusion(response)
    return {"conclusion": stated, "passed": all(met_by(stated or None, response, reference))}


def _verdict(last: Mention | None) -> dict:
    return {"conclusion": last.text if last else "", "passed": bool(last and last.right)}


JUDGES = {"conclusion": judge_conclusion, "tail": judge_tail}


def reply(judge: str, prompt: str) -> str:
    """The reply of an offline judge to a rendered judge prompt: a JSON object, as text.

    Raises:
        ValueError: the prompt has no markers.
    """
    material = blocks(prompt)
    return json.dumps(
        JUDGES[judge](material["reference"], material["response"], material["task"]), ensure_ascii=False
    )
