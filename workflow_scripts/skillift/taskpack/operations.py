"""The list operations that skills are composed of, with the sentence that a procedure gives each.

Within a difficulty all sentences of operations have the same number of words, and all sentences of
readouts too: so procedures of equal shape are equally long, and one can stand in for another as a placebo.
Each tiny operation begins with a verb of its own, which is what a worked step repeats.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from skillift.taskpack.domains import Domain, Items

Rewrite = Callable[[Items, Domain], Items]


@dataclass(frozen=True)
class Operation:
    """One rewriting of a list.

    `sentence` may use the fields of `Domain.words`. With a `condition`, the list stays as it is where the
    condition does not hold, and the worked step says "Leave". `shrinks` marks operations that can take
    items away.
    """

    verb: str
    sentence: str
    rewrite: Rewrite
    condition: Callable[[Items, Domain], bool] | None = None
    shrinks: bool = False

    def apply(self, items: Items, domain: Domain) -> tuple[str, Items]:
        """The verb of the worked step and the rewritten list."""
        if self.condition is not None and not self.condition(items, domain):
            return "Leave", items
        return self.verb, self.rewrite(items, domain)

    def words(self, domain: Domain) -> str:
        """The sentence that a procedure of `domain` gives this operation."""
        return self.sentence.format(**domain.words())


def _by_rank(items: Items, domain: Domain, descending: bool = False) -> Items:
    return tuple(sorted(items, key=domain.ranks.__getitem__, reverse=descending))


def _step(places: int) -> Rewrite:
    def rewrite(items: Items, domain: Domain) -> Items:
        return tuple(domain.order[(domain.ranks[item] + places) % len(domain.order)] for item in items)

    return rewrite


def _rotate_left(places: int) -> Rewrite:
    def rewrite(items: Items, _: Domain) -> Items:
        cut = places % len(items)
        return items[cut:] + items[:cut]

    return rewrite


def _swap(first: int, second: int) -> Rewrite:
    def rewrite(items: Items, _: Domain) -> Items:
        result = list(items)
        result[first], result[second] = result[second], result[first]
        return tuple(result)

    return rewrite


def _reverse(items: Items, _: Domain) -> Items:
    return items[::-1]


def _sort_up(items: Items, domain: Domain) -> Items:
    return _by_rank(items, domain)


def _sort_down(items: Items, domain: Domain) -> Items:
    return _by_rank(items, domain, descending=True)


def _pick(*places: int) -> Rewrite:
    return lambda items, _: tuple(items[place] for place in places)


TINY_OPERATIONS = (
    Operation("Flip", "Flip it around.", _reverse),
    Operation("Shift", "Shift it left.", _rotate_left(1)),
    Operation("Roll", "Roll it right.", _rotate_left(-1)),
    Operation("Swap", "Swap the front.", _swap(0, 1)),
    Operation("Trade", "Trade the back.", _swap(-2, -1)),
    Operation("Sort", "Sort it upward.", _sort_up),
    Operation("Order", "Order it downward.", _sort_down),
    Operation("Raise", "Raise each one.", _step(1)),
)

# Three of four give one item: a wrong procedure then ends at the right answer now and then (about one time in
# eight), so that no condition's pass rate is 0 by construction.
TINY_READOUTS = (
    Operation("Take", "Take the first.", _pick(0)),
    Operation("Choose", "Choose the middle.", _pick(1)),
    Operation("Pick", "Pick the last.", _pick(-1)),
    Operation("Keep", "Keep the ends.", _pick(0, -1)),
)

EASY_OPERATIONS = (
    Operation("Write", "Write the list from back to front.", _reverse),
    Operation("Move", "Move the first {noun} to the end.", _rotate_left(1)),
    Operation("Bring", "Bring the last {noun} to the front.", _rotate_left(-1)),
    Operation("Swap", "Swap the first {noun} and the second.", _swap(0, 1)),
    Operation("Exchange", "Exchange the first {noun} and the last.", _swap(0, -1)),
    Operation("Sort", "Sort the {nouns} from {low} to {high}.", _sort_up),
    Operation("Order", "Order the {nouns} from {high} to {low}.", _sort_down),
    Operation("Drop", "Drop the first {noun} of the list.", lambda items, _: items[1:], shrinks=True),
    Operation("Remove", "Remove the last {noun} of the list.", lambda items, _: items[:-1], shrinks=True),
)

EASY_READOUTS = (
    Operation("Take", "Take the first {noun} of the list.", _pick(0)),
    Operation("Choose", "Choose the second {noun} of the list.", _pick(1)),
    Operation("Pick", "Pick the last {noun} of the list.", _pick(-1)),
    Operation("Keep", "Keep the first {noun} and the last.", _pick(0, -1)),
)


def _move_lowest_to_front(items: Items, domain: Domain) -> Items:
    lowest = _by_rank(items, domain)[0]
    return (lowest, *(item for item in items if item != lowest))


def _move_highest_to_end(items: Items, domain: Domain) -> Items:
    highest = _by_rank(items, domain)[-1]
    return (*(item for item in items if item != highest), highest)


def _drop_middle(items: Items, _: Domain) -> Items:
    middle = len(items) // 2
    return items[:middle] + items[middle + 1 :]


def _swap_middle(items: Items, domain: Domain) -> Items:
    middle = len(items) // 2
    return _swap(middle - 1, middle)(items, domain)


STANDARD_OPERATIONS = (
    Operation("Reverse", "Reverse the list so that its last {noun} comes first.", _reverse),
    Operation("Rotate", "Rotate the list two places left, wrapping around the front.", _rotate_left(2)),
    Operation("Shift", "Shift the list three places right, wrapping around the end.", _rotate_left(-3)),
    Operation("Swap", "Swap the first {noun} of the list with the last.", _swap(0, -1)),
    Operation("Exchange", "Exchange the second {noun} of the list with the third.", _swap(1, 2)),
    Operation("Sort", "Sort the {nouns} of the list from {low} to {high}.", _sort_up),
    Operation("Order", "Order the {nouns} of the list from {high} to {low}.", _sort_down),
    Operation("Replace", "Replace every {noun} by its successor ({last} wraps to {first}).", _step(1)),
    Operation("Change", "Change every {noun} into its predecessor ({first} wraps to {last}).", _step(-1)),
    Operation("Move", "Move the {low} {noun} of the list to its front.", _move_lowest_to_front),
    Operation("Push", "Push the {high} {noun} of the list to its end.", _move_highest_to_end),
    Operation(
        "Delete",
        "Delete each second {noun} of the list, keeping the first.",
        lambda items, _: items[::2],
        shrinks=True,
    ),
    Operation(
        "Reverse",
        "If the first {noun} {exceeds} the last, reverse the list.",
        _reverse,
        condition=lambda items, domain: domain.ranks[items[0]] > domain.ranks[items[-1]],
    ),
    Operation(
        "Swap",
        "If the second {noun} {exceeds} the first, swap these two.",
        _swap(0, 1),
        condition=lambda items, domain: domain.ranks[items[1]] > domain.ranks[items[0]],
    ),
    Operation(
        "Drop",
        "If the list has odd length, drop its middle {noun}.",
        _drop_middle,
        condition=lambda items, _: len(items) % 2 == 1,
        shrinks=True,
    ),
    Operation(
        "Swap",
        "If the list has even length, swap its middle {nouns}.",
        _swap_middle,
        condition=lambda items, _: len(items) % 2 == 0,
    ),
)

STANDARD_READOUTS = (
    Operation("Take", "Write the first {noun} of the list on the ANSWER line.", _pick(0)),
    Operation("Take", "Write the second {noun} of the list on the ANSWER line.", _pick(1)),
    Operation("Take", "Write the third {noun} of the list on the ANSWER line.", _pick(2)),
    Operation("Take", "Write the last {noun} of the list on the ANSWER line.", _pick(-1)),
    Operation("Take", "Write the first {noun} and the last on the ANSWER line.", _pick(0, -1)),
)

OPERATIONS = {"tiny": TINY_OPERATIONS, "easy": EASY_OPERATIONS, "standard": STANDARD_OPERATIONS}
READOUTS = {"tiny": TINY_READOUTS, "easy": EASY_READOUTS, "standard": STANDARD_READOUTS}
