"""What a condition puts before a task: its skill's procedure, another one, steps in a wrong order, a filler.

Procedures come from the skills table. The choices that `placebo`, `shuffled` and `filler` need are made by a
SHA-256 of the seed and the skill's id, so they are the same in every process and do not move when skills are
added elsewhere in the table.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import permutations

import polars as pl

from skillift.errors import UserError, problem
from skillift.tasks.filler import filler_text
from skillift.tasks.step_labels import split_labels

MAX_PERMUTED_STEPS = 6  # 6! = 720 orders are looked at; of a longer procedure DRAWN_ORDERS
DRAWN_ORDERS = 200
PLACEBO_TOLERANCE = 0.1  # of the procedure's length; a placebo that is further off is cut or continued

_TOKEN = re.compile(r"\w+|[^\w\s]")


def token_length(steps: Sequence[str]) -> int:
    """The length of a procedure in words and punctuation marks, a count that no tokenizer can move."""
    return sum(map(_tokens, steps))


@lru_cache(maxsize=16384)
def _tokens(step: str) -> int:
    return len(_TOKEN.findall(step))


def condition_steps(
    skills: pl.DataFrame, skill_id: str, condition: str, seed: int, filler: str | Mapping[str, str] = "plain"
) -> list[str] | None:
    """The steps that stand before a task of `skill_id` under `condition`; None where there are none.

    `none` has no steps and `curated` the skill's own; the steps of a procedure that is a text are its
    paragraphs. `placebo` has another skill's procedure: the nearest in `token_length`, among those the one
    that shares the fewest steps with the own procedure, among those one chosen by a hash of the seed and the
    two ids. Where that is longer by more than `PLACEBO_TOLERANCE`, its first tokens are taken; where it is
    shorter, the next ones follow it. `shuffled` has the own steps in a wrong order: labels such as "Step 3:"
    stay in order while the texts behind them move, so that as few texts as possible keep their place and the
    steps between the first and the last do not follow each other in the right order (a mere rotation would
    keep it). `filler` has one paragraph as long as the procedure, see `skillift.tasks.filler`.

    Args:
        skills: a frame that keeps the contract SKILLS.
        skill_id: a skill of that frame.
        condition: one of `skillift.contracts.pipeline.CONDITIONS`.
        seed: the study's `prompt_seed`.
        filler: what `filler` shows, see `skillift.tasks.filler.filler_text`.

    Raises:
        UserError: an unknown skill or condition, no other procedure to serve as a placebo, or a procedure of
            one paragraph or of steps that are all alike, so that there is no wrong order.
    """
    return steps_under(procedures_of(skills), skill_id, condition, seed, filler)


def procedures_of(skills: pl.DataFrame) -> dict[str, list[str]]:
    """The steps of each skill of the skills table."""
    return dict(skills.select("skill_id", "steps").iter_rows())


def steps_under(
    procedures: Mapping[str, list[str]],
    skill_id: str,
    condition: str,
    seed: int,
    filler: str | Mapping[str, str] = "plain",
) -> list[str] | None:
    """The same as `condition_steps`, of procedures by skill."""
    if skill_id not in procedures:
        raise UserError(
            problem("skills table", skill_id, f"one of {len(procedures)} known skill ids", "Add the skill.")
        )
    own = procedures[skill_id]
    if condition == "none":
        return None
    if condition == "curated":
        return list(own)
    if condition == "placebo":
        return _placebo(procedures, skill_id, seed)
    if condition == "shuffled":
        return _shuffle(own, skill_id, seed)
    if condition == "filler":
        first = int(_draw("filler", seed, skill_id), base=16)
        return [filler_text(filler, own, first)]
    raise UserError(problem("condition", condition, "one of none, curated, placebo, shuffled, filler"))


def _draw(*parts: object) -> str:
    """A hash that orders candidates: the same in every process, unlike `hash()`."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def texts_of(steps: Sequence[str]) -> tuple[str, ...]:
    """The steps without their labels."""
    return _cached_texts(tuple(steps))


@lru_cache(maxsize=4096)
def _cached_texts(steps: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for _, text in split_labels(steps))


def _placebo(procedures: Mapping[str, list[str]], skill_id: str, seed: int) -> list[str]:
    own = procedures[skill_id]
    ranked = placebo_skills(procedures, skill_id, seed)
    length = token_length(own)
    steps = list(procedures[ranked[0]])
    if abs(token_length(steps) - length) <= max(1, PLACEBO_TOLERANCE * length):
        return steps
    for name in ranked[1:]:
        if token_length(steps) >= length:
            break
        steps += procedures[name]
    return _of_length(_numbered(steps), length)


def _numbered(steps: list[str]) -> list[str]:
    """Steps of several procedures, with labels "Step 1: " that count through."""
    if not all(re.match(r"Step \d+: ", step) for step in steps):
        return steps
    return [f"Step {place}: {step.partition(': ')[2]}" for place, step in enumerate(steps, start=1)]


def _of_length(steps: list[str], length: int) -> list[str]:
    """The first `length` tokens of a procedure."""
    taken, left = [], length
    for step in steps:
        ends = [match.end() for match in _TOKEN.finditer(step)]
        if left <= 0:
            break
        if len(ends) > left:
            taken.append(step[: ends[left - 1]] + "\n" * step.endswith("\n"))
            break
        taken.append(step)
        left -= len(ends)
    return taken


def placebo_skills(procedures: Mapping[str, list[str]], skill_id: str, seed: int) -> list[str]:
    """The skills whose procedures may be shown in place of that of `skill_id`, the fittest first."""
    own = procedures[skill_id]
    own_texts, own_length = texts_of(own), token_length(own)
    texts = {name: texts_of(steps) for name, steps in procedures.items()}
    others = [name for name in procedures if texts[name] != own_texts]
    if not others:
        raise UserError(
            problem(
                f"condition placebo, skill {skill_id}",
                f"{len(procedures)} skill(s), none with another procedure",
                "a second procedure to put in the place of the right one",
                "Add a skill, or take placebo out of the study's conditions.",
            )
        )

    def order(name: str) -> tuple[int, int, str]:
        distance = abs(token_length(procedures[name]) - own_length)
        return distance, len(set(own_texts) & set(texts[name])), _draw("placebo", seed, skill_id, name)

    return sorted(others, key=order)


def _shuffle(steps: Sequence[str], skill_id: str, seed: int) -> list[str]:
    """The steps in a wrong order; those that have a label in a series pass it on to the next one that has."""
    pairs = split_labels(steps)
    places = _wrong_order([text for _, text in pairs], skill_id, seed)
    waiting: dict[str, list[str]] = {}
    for label, _ in pairs:
        waiting.setdefault(_form(label), []).append(label)
    return [waiting[_form(pairs[place][0])].pop(0) + pairs[place][1] for place in places]


def _form(label: str) -> str:
    return re.sub(r"\d+", "0", label)


def check_order(texts: Sequence[str], skill_id: str) -> None:
    """Raise a UserError where there is no wrong order of these steps."""
    if len(set(texts)) < 2:
        found = list(texts) if len(texts) > 1 else "a procedure of one paragraph"
        raise UserError(
            problem(
                f"condition shuffled, skill {skill_id}",
                found,
                "at least two different steps or paragraphs",
                "Part the procedure into steps, or take shuffled out of the study's conditions.",
            )
        )


def _wrong_order(texts: list[str], skill_id: str, seed: int) -> tuple[int, ...]:
    """The places of the texts in the right order, as they are shown."""
    check_order(texts, skill_id)
    inner = texts[1:-1]

    def order(places: tuple[int, ...]) -> tuple[int, bool, str]:
        moved = [texts[place] for place in places]
        kept = sum(old == new for old, new in zip(texts, moved, strict=True))
        inner_in_order = [texts[place] for place in places if 0 < place < len(texts) - 1] == inner
        return kept, inner_in_order, _draw("shuffled", seed, skill_id, places)

    return min(_orders(len(texts), skill_id, seed), key=order)


def _orders(n_texts: int, skill_id: str, seed: int) -> Iterable[tuple[int, ...]]:
    """The orders to choose from: all of a short procedure; of a longer one some that a hash draws."""
    places = range(n_texts)
    if n_texts <= MAX_PERMUTED_STEPS:
        return permutations(places)
    drawn = [
        tuple(sorted(places, key=partial(_draw, "order", seed, skill_id, turn)))
        for turn in range(DRAWN_ORDERS)
    ]
    # among drawn orders of a long text there may be none in which everything has moved
    return [*drawn, _reversed(n_texts)]


def _reversed(n_texts: int) -> tuple[int, ...]:
    """Places in falling order, but for the one in the middle, which that would leave where it is."""
    places = list(range(n_texts))[::-1]
    middle = n_texts // 2
    if n_texts % 2:
        places[0], places[middle] = places[middle], places[0]
    return tuple(places)
