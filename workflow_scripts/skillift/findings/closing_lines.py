"""What stands on the terminal at the end of a study: a line for each question, none wider than 80 columns."""

from __future__ import annotations

import re
import textwrap

from skillift.findings.finding import Part, told
from skillift.findings.procedure import BEYOND_CLAIM
from skillift.ledger.registration import BEFORE, WITHDRAWN
from skillift.publication.predictions import REGISTERED
from skillift.reporting.numbers import how_many, span
from skillift.statistics import claim_labels
from skillift.statistics.room import NO_ROOM, PERHAPS

WIDTH = 80  # columns
_LABELS = {
    "resolved": "Lift resolved",
    "uniform": "Same at every tier",
    "judge": "Judge to blame",
    "procedure": "Procedure itself",
    "prediction": "Predictions",
}
_LABEL = 20  # columns
_WITHDRAWN = f"; {REGISTERED[WITHDRAWN]}."
_NO_ROOM = re.compile(rf"({NO_ROOM}|{PERHAPS}): (.*?): ")
_OTHER_JUDGE = re.compile(
    r"[Uu]nder the judge (\S+) instead of \S+, "
    r"(\d+ of \d+ headlines keeps? (?:its|their) direction|the headline \w+ its direction|"
    r"no headline has a direction)"
)


def closing_lines(parts: list[Part], page: str) -> list[str]:
    """Six lines: each question with its words, floors and ceilings before them, and where to look.

    Args:
        parts: see `findings`.
        page: the path of the findings page; the one line that may be wider than `WIDTH`.
    """
    lines = [_line(_LABELS[part.question], *_said(part)) for part in parts if part.question in _LABELS]
    return [*lines, f"{'Look at':{_LABEL}}{page}"]


def _line(label: str, *texts: str) -> str:
    """The first text that fits, else the last one cut."""
    room = WIDTH - _LABEL
    text = next((text for text in texts if len(text) <= room), None)
    return f"{label:{_LABEL}}{textwrap.shorten(texts[-1], room, placeholder='...') if text is None else text}"


def _said(part: Part) -> list[str]:
    """What is said of a question, the fullest first."""
    if part.question == "judge":
        return _of_scoring(part)
    claim = {"resolved": "lift", "uniform": "uniform lift"}.get(part.question)
    if part.question == "resolved" and not any(each.claim == claim for each in part.findings):
        claim = "procedural delta"
    if part.question == "procedure":
        claim = BEYOND_CLAIM
    if part.question == "prediction" and part.findings:
        return _of_predictions(part)
    found = [each for each in part.findings if each.word and claim in (None, each.claim)]
    if part.question == "uniform":  # of the whole claim; its pairs stand on the page
        found = [each for each in found if not each.student]
    if not found:
        return [part.answer, *(re.split(mark, part.answer)[0] for mark in (r"[:;.]", r"[:;.,]"))]
    given = told([each.word for each in found])
    short = given.replace(claim_labels.NOT_RESOLVABLE, "not resolvable")
    if part.question == "uniform" and len(found) == 1:
        given, short = given.removeprefix("1 "), short.removeprefix("1 ")
    if room := _NO_ROOM.match(part.answer):
        said = room[1][0].lower() + room[1][1:]
        arms = re.sub(r" at .*(?= (?:below|above) )| \(intervals [^)]*\)", "", room[2])
        return [f"{said} ({arms}); {short}", f"{said}; {short}", said]
    texts = [given, short]
    if does := _controls(part.answer):
        texts = [f"{text}; {does}" for text in texts] + texts
    if part.question == "resolved":
        kind = "" if claim == "lift" else "deltas: "
        texts = [kind + text for text in texts]
        estimates = [value for each in found if (value := (each.numbers or {}).get("estimate")) is not None]
        if estimates:
            texts = [f"{text}; {span(estimates)}" for text in texts] + texts
    return texts


def _controls(answer: str) -> str:
    """What a longer prompt does by itself, where that is resolved: `placebo harms`."""
    _, *told = re.split(r"The (placebo|filler) by itself", answer)
    found = {
        control: dict.fromkeys(re.findall(r"\bit (harms|helps)\b", text))
        for control, text in zip(told[::2], told[1::2], strict=True)
    }
    return ", ".join(f"{control} {' and '.join(does)}" for control, does in found.items() if does)


def _of_predictions(part: Part) -> list[str]:
    """What held of what was registered before results existed, and how many statements were not."""
    judged = [each for each in part.findings if each.word or not each.sentence.endswith(_WITHDRAWN)]
    strict = [each.word for each in judged if each.sentence.endswith(f"; {REGISTERED[BEFORE]}.")]
    late = len(judged) - len(strict)
    if not judged:
        return [part.answer]
    texts = [told(strict)] if strict else []
    if late:
        texts.append(f"{late} not registered before results")
    return ["; ".join(texts), *texts]


def _of_scoring(part: Part) -> list[str]:
    """Warnings first, then whether words hang on the scoring path or on lost verdicts."""
    kinds = [each.claim for each in part.findings]
    warned = kinds.count("warning")
    changed = len({each.sentence.split(":")[0] for each in part.findings if each.claim == "another path"})
    said = f"{how_many(changed, 'lift')} with another word on other paths" if changed else part.answer
    said = _OTHER_JUDGE.sub(r"\2 with judge \1", said)
    first = said.partition(";")[0]
    texts = [said, first, re.sub(r"[Oo]n the (\d+) other scoring paths?, ", "", first)]
    if warned:
        text = f"{how_many(warned, 'warning')}: read {'it' if warned == 1 else 'them'} first"
        return [f"{text}; {first[0].lower()}{first[1:]}", text]
    return texts
