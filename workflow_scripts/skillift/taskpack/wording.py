"""How tasks are asked and answered in words: five templates per difficulty, three styles of answer.

A template carries the style of answer that it invites: `direct` (one sentence), `prose` (the work told in
sentences) or `steps` (labelled steps and an ANSWER line). Worked solutions are always in `steps`; the other
styles are what a student that was never fine-tuned answers with (`skillift.students.pretraining_text`).
"""

from __future__ import annotations

from dataclasses import dataclass

from skillift.taskpack.domains import Items
from skillift.taskpack.skills import Skill

STYLES = ("direct", "prose", "steps")


@dataclass(frozen=True)
class Template:
    """A way of asking, with fields `name`, `nouns`, `items` (always last), and the style that it invites."""

    text: str
    style: str


_TINY = (
    Template("Just say the {name}: {items}", "direct"),
    Template("What is the {name}? {items}", "prose"),
    Template("Find the {name}: {items}", "prose"),
    Template("Compute the {name}: {items}", "steps"),
    Template("Work out the {name}: {items}", "steps"),
)

_STANDARD = (
    Template("In one sentence, tell me the {name} of these {nouns}: {items}", "direct"),
    Template(
        "What is the {name} of the {nouns} below? Reason as you like and close with a line that reads "
        "'ANSWER: ' and then the result.\n{items}",
        "prose",
    ),
    Template(
        "A colleague left me a list and asks for its {name}. Explain how you find it and finish with the "
        "result on a line of its own after 'ANSWER: '. The {nouns} are {items}",
        "prose",
    ),
    Template(
        "Compute the {name}, one numbered step after another, and write 'ANSWER: ' and the result on the "
        "last line. List: {items}",
        "steps",
    ),
    Template(
        "Work out the {name} of the list at the end of this message. Show each step on its own line; the "
        "last line must read 'ANSWER: ' and the result.\n{items}",
        "steps",
    ),
)

_EASY = (
    Template("In one sentence, what is the {name} of this list? {items}", "direct"),
    Template("What is the {name} of this list? End with a line 'ANSWER: ' and the result.\n{items}", "prose"),
    Template("Find the {name} of this list. End with a line 'ANSWER: ' and the result.\n{items}", "prose"),
    Template(
        "Work out the {name} of this list, one step a line. End with a line 'ANSWER: ' and the result.\n"
        "{items}",
        "steps",
    ),
    Template(
        "Show the steps of the {name} of this list. End with a line 'ANSWER: ' and the result.\n{items}",
        "steps",
    ),
)

_TEMPLATES = {"tiny": _TINY, "easy": _EASY, "standard": _STANDARD}
_SEPARATORS = {"tiny": " ", "easy": ", ", "standard": ", "}


def templates_of(difficulty: str) -> tuple[Template, ...]:
    """The five templates of a difficulty."""
    return _TEMPLATES[difficulty]


def join_items(difficulty: str, items: Items) -> str:
    """A list in words: "3 1 7" at tiny, "34, 71, 12" at easy and standard."""
    return _SEPARATORS[difficulty].join(items)


def ask(difficulty: str, template: Template, skill: Skill, items: Items) -> str:
    """The prompt of a task."""
    return template.text.format(
        name=skill.name, nouns=skill.domain.nouns, items=join_items(difficulty, items)
    )


def worked_solution(difficulty: str, skill: Skill, items: Items) -> str:
    """Labelled steps with every intermediate list, then the ANSWER line.

    The readout has a step of its own only where the procedure gives it one before the ANSWER line (tiny,
    easy).
    """
    trace = skill.trace(items)
    worked = trace[:4]
    lines = [
        f"Step {number}: " + "; ".join(f"{verb} {join_items(difficulty, result)}" for verb, result in group)
        for number, group in enumerate(worked, start=1)
    ]
    return "\n".join([*lines, f"ANSWER: {join_items(difficulty, skill.answer(items))}"])


def conclusion(difficulty: str, items: Items) -> str:
    """The sentence that prose answers end with."""
    return f"So the result is {join_items(difficulty, items)}."


def told_solution(difficulty: str, skill: Skill, items: Items) -> str:
    """The work told in one sentence, without step labels, and the conclusion: no ANSWER line."""
    worked = [
        f"{verb} {join_items(difficulty, result)}"
        for group in skill.trace(items)[1:-1]
        for verb, result in group
    ]
    told = "First " + ", then ".join(worked) + "."
    return f"{told} {conclusion(difficulty, skill.answer(items))}"


def answer_in_style(difficulty: str, style: str, skill: Skill, items: Items) -> str:
    """A right answer in one of `STYLES`."""
    if style == "direct":
        return conclusion(difficulty, skill.answer(items))
    if style == "prose":
        return told_solution(difficulty, skill, items)
    return worked_solution(difficulty, skill, items)


def prose_phrases(difficulty: str) -> tuple[str, ...]:
    """The words that only prose answers hold."""
    item = join_items(difficulty, ("1", "2"))
    return (f"First Copy {item}, then Copy {item}. So the result is {item}.",)
