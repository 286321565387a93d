"""Skills of the task pack: named compositions of list operations and one readout, drawn by seed.

A skill knows its procedure (five steps in plain language), and can follow it: `trace` gives every
intermediate list, so references and worked solutions are exact by construction.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from skillift.taskpack.domains import DOMAINS, LENGTHS, Domain, Items
from skillift.taskpack.operations import (
    OPERATIONS,
    READOUTS,
    STANDARD_OPERATIONS,
    STANDARD_READOUTS,
    Operation,
)

FULL_PACK = 40
_NAMES = """
harbor lantern cedar maple river canyon meadow falcon otter badger copper silver amber ivory velvet cotton
anchor beacon bridge tower castle garden orchard pepper ginger walnut almond comet planet nebula glacier
tundra desert island lagoon marble granite pebble timber saddle bugle fiddle piano trumpet hammer chisel
needle ribbon basket candle kettle ladle mirror pillow blanket carpet ticket wagon rocket engine
"""
NAME_WORDS = tuple(_NAMES.split())
MOST_NEW = len(NAME_WORDS) - FULL_PACK  # skills beside a pack: one for each word that it leaves


@dataclass(frozen=True)
class Skill:
    """A named procedure over lists of one domain.

    `operations` holds one tuple of operations per step: steps 2 and 3 of a tiny or easy skill have
    one each, steps 2 to 4 of a standard skill have one or two.
    """

    word: str
    domain: Domain
    operations: tuple[tuple[Operation, ...], ...]
    readout: Operation

    @property
    def name(self) -> str:
        """Two words, the second of which is the domain: "harbor code"."""
        return f"{self.word} {self.domain.name}"

    @property
    def skill_id(self) -> str:
        """The name as an identifier: "harbor-code"."""
        return self.name.replace(" ", "-")

    @property
    def steps(self) -> list[str]:
        """The procedure: five labelled lines."""
        lines = [f"Copy the {self.domain.nouns}."]
        lines += [" ".join(operation.words(self.domain) for operation in group) for group in self.operations]
        lines.append(self.readout.words(self.domain))
        if len(lines) == 4:
            lines.append("Write the ANSWER line.")
        return [f"Step {number}: {line}" for number, line in enumerate(lines, start=1)]

    def trace(self, items: Items) -> list[list[tuple[str, Items]]]:
        """What a faithful worker writes at each step before the ANSWER line: pairs of verb and list."""
        result = [[("Copy", items)]]
        for group in (*self.operations, (self.readout,)):
            worked = []
            for operation in group:
                verb, items = operation.apply(items, self.domain)
                worked.append((verb, items))
            result.append(worked)
        return result

    def answer(self, items: Items) -> Items:
        """The items of the reference answer."""
        return self.trace(items)[-1][-1][1]


def domains_of(difficulty: str) -> tuple[Domain, ...]:
    """The three domains of a difficulty."""
    return DOMAINS[difficulty]


def skills_per_domain(count: int, shares: Sequence[int] | None = None) -> list[int]:
    """How many of `count` skills fall into each domain: 16, 14 and 10 of 40, else in proportion."""
    shares = [domain.share for domain in DOMAINS["tiny"]] if shares is None else shares
    exact = [count * share / sum(shares) for share in shares]
    result = [int(value) for value in exact]
    by_remainder = sorted(range(len(shares)), key=lambda i: (result[i] - exact[i], i))
    for i in by_remainder[: count - sum(result)]:
        result[i] += 1
    return result


def draw_skills(difficulty: str, seed: int, count: int = FULL_PACK) -> list[Skill]:
    """`count` skills with distinct names and distinct procedures, the same for the same arguments."""
    rng = random.Random(f"skills|{difficulty}|{seed}")
    words = iter(rng.sample(NAME_WORDS, FULL_PACK))
    seen: set[tuple] = set()
    result = []
    for domain, number in zip(domains_of(difficulty), skills_per_domain(count), strict=True):
        for _ in range(number):
            result.append(_draw_distinct(rng, difficulty, next(words), domain, seen))
    return result


def decoy_words(difficulty: str, seed: int) -> list[str]:
    """First words of names that no skill of the pack of this difficulty and seed ever bears."""
    taken = set(random.Random(f"skills|{difficulty}|{seed}").sample(NAME_WORDS, FULL_PACK))
    return [word for word in NAME_WORDS if word not in taken]


def draw_new_skills(
    difficulty: str, seed: int, known: int, count: int, names: Sequence[str] = ()
) -> list[Skill]:
    """`count` skills that a pack of `known` skills has not: other names, and other procedures in any domain.

    Their names begin with the words that no skill of the pack ever has. Pre-training has those words too,
    under procedures that change at every turn (`students.pretraining_text`), so no name tells a procedure.

    Args:
        difficulty: of the pack.
        seed: of the pack.
        known: number of the pack's own skills.
        count: number of new ones, at most `MOST_NEW`.
        names: names of the domains that they are of; all where it is empty.
    """
    chosen = [domain for domain in domains_of(difficulty) if domain.name in names or not names]
    rng = random.Random(f"new skills|{difficulty}|{seed}")
    words = iter(rng.sample(decoy_words(difficulty, seed), count))
    seen = {(skill.operations, skill.readout) for skill in draw_skills(difficulty, seed, known)}
    numbers = skills_per_domain(count, [domain.share for domain in chosen])
    return [
        _draw_distinct(rng, difficulty, next(words), domain, seen)
        for domain, number in zip(chosen, numbers, strict=True)
        for _ in range(number)
    ]


def draw_procedure(rng: random.Random, difficulty: str, word: str, domain: Domain) -> Skill:
    """One random composition that changes some list, under the given first word."""
    drawn = _draw_standard(rng) if difficulty == "standard" else _draw_pair(rng, difficulty, domain)
    return Skill(word, domain, *drawn)


def _draw_distinct(rng: random.Random, difficulty: str, word: str, domain: Domain, seen: set[tuple]) -> Skill:
    while True:
        skill = draw_procedure(rng, difficulty, word, domain)
        key = (skill.operations, skill.readout)
        if key not in seen:
            seen.add(key)
            return skill


def _draw_pair(
    rng: random.Random, difficulty: str, domain: Domain
) -> tuple[tuple[tuple[Operation, ...], ...], Operation]:
    """Two operations that do not undo each other, of which one shrinks at most."""
    n_items = LENGTHS[difficulty][0]
    while True:
        pair = rng.sample(OPERATIONS[difficulty], 2)
        shrinking = sum(operation.shrinks for operation in pair)
        if shrinking <= 1 and not _cancels(pair, domain, n_items):
            return tuple((operation,) for operation in pair), rng.choice(READOUTS[difficulty])


def _cancels(operations: Sequence[Operation], domain: Domain, n_items: int) -> bool:
    lists = permutations(domain.order[:n_items])
    return all(_follow(operations, items, domain) == items for items in lists)


def _follow(operations: Sequence[Operation], items: Items, domain: Domain) -> Items:
    for operation in operations:
        items = operation.apply(items, domain)[1]
    return items


def _draw_standard(rng: random.Random) -> tuple[tuple[tuple[Operation, ...], ...], Operation]:
    """Three or four operations in three steps: one conditional at least, one that shrinks at most."""
    while True:
        chosen = rng.sample(STANDARD_OPERATIONS, rng.choice((3, 4)))
        conditional = sum(operation.condition is not None for operation in chosen)
        if conditional >= 1 and sum(operation.shrinks for operation in chosen) <= 1:
            break
    groups: list[tuple[Operation, ...]] = [(operation,) for operation in chosen]
    if len(groups) == 4:
        joined = rng.randrange(3)
        groups[joined : joined + 2] = [groups[joined] + groups[joined + 1]]
    return tuple(groups), rng.choice(STANDARD_READOUTS)
