"""Whether a generator's own score says what skillift's comparison of answers says.

A generator whose score has rules of its own (several right answers, rounding, partial credit) would be scored
wrongly here, so each is asked about answers that are right and answers that were altered in what they say:
another instance's, with a character more, less or changed, with items in another order, with another sign.
How an answer is dressed (case, brackets, a full stop) is left to skillift's comparison and not asked about.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from skillift.answers.comparison import says_the_same, type_of

N_ANSWERS = 1000
PER_INSTANCE = 4  # answers to each: its own, and altered ones

# answers to score: the number of the instance, and a text
Answers = list[tuple[int, str]]


@dataclass(frozen=True)
class Disagreement:
    """An answer on which the two do not agree; `score` is the generator's own."""

    reference: str
    answer: str
    score: float
    same: bool

    def __str__(self) -> str:
        said = "the same" if self.same else "another answer"
        return (
            f"{self.answer!r} for the reference {self.reference!r} scores {self.score:g}, "
            f"but skillift's comparison takes it for {said}"
        )


def common_type(references: Sequence[str]) -> str:
    """The answer type that all references have; `text` where they have several."""
    types = Counter(type_of(reference) for reference in references)
    return next(iter(types)) if len(types) == 1 else "text"


def asked_answers(references: Sequence[str], seed: int = 0, number: int = N_ANSWERS) -> Answers:
    """Right and altered answers to the instances in turn, so many as `number`.

    Args:
        references: the right answers, one for each instance.
        seed: of the alterations.
        number: of all answers.
    """
    rng = random.Random(f"altered|{seed}")
    found: Answers = []
    turn = 0
    while len(found) < number:
        place = turn % len(references)
        found.append((place, references[place]))
        found += [(place, text) for text in _altered(references[place], rng.choice(references), rng)]
        turn += 1
    return found[:number]


def disagreements(
    references: Sequence[str], answers: Answers, scores: Sequence[float], answer_type: str
) -> list[Disagreement]:
    """The answers that one of the two takes for right (a score of 1) and the other does not."""
    found = []
    for (place, text), score in zip(answers, scores, strict=True):
        same = says_the_same(text, references[place], answer_type)
        if same != (score == 1.0):
            found.append(Disagreement(references[place], text, score, same))
    return found


def _altered(reference: str, other: str, rng: random.Random) -> list[str]:
    """`PER_INSTANCE` - 1 different texts, as far as there are, none of them the reference itself."""
    texts = {other, *(alter(reference, rng) for alter in _ALTERATIONS)} - {reference, ""}
    texts = {text for text in texts if any(map(str.isalnum, text)) and not _same_number(text, reference)}
    return rng.sample(sorted(texts), min(PER_INSTANCE - 1, len(texts)))


def _same_number(one: str, other: str) -> bool:
    """Whether both are one number, written in two ways: 0, 00 and -0."""
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _drop(text: str, rng: random.Random) -> str:
    place = rng.choice(_content(text))
    return text[:place] + text[place + 1 :]


def _double(text: str, rng: random.Random) -> str:
    place = rng.choice(_content(text))
    return text[:place] + text[place] + text[place:]


def _change(text: str, rng: random.Random) -> str:
    place = rng.choice(_content(text))
    alphabet = "0123456789" if text[place].isdigit() else "abcdefghijklmnopqrstuvwxyz"
    other = rng.choice([letter for letter in alphabet if letter != text[place].lower()])
    return text[:place] + other + text[place + 1 :]


def _swap(text: str, rng: random.Random) -> str:
    content = _content(text)
    if len(content) < 2:
        return text
    one, other = sorted(rng.sample(content, 2))
    return text[:one] + text[other] + text[one + 1 : other] + text[one] + text[other + 1 :]


def _reorder(text: str, _: random.Random) -> str:
    separator = ", " if ", " in text else " "
    return separator.join(reversed(text.split(separator)))


def _negate(text: str, _: random.Random) -> str:
    return text[1:] if text.startswith("-") else f"-{text}" if text[:1].isdigit() else text


def _content(text: str) -> list[int]:
    """Places of letters and digits; of anything where there are none."""
    return [place for place, letter in enumerate(text) if letter.isalnum()] or [0]


_ALTERATIONS: tuple[Callable[[str, random.Random], str], ...] = (
    _drop,
    _double,
    _change,
    _swap,
    _reorder,
    _negate,
)
