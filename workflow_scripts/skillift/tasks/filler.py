"""The text of the condition `filler`: as long as the procedure that it stands for, and asking for nothing.

Whole sentences follow each other until the length is reached; the first is chosen by a hash of the seed and
the skill. Every student is shown the same text, so length is counted without a tokenizer: as a placebo's is,
in words and punctuation marks (`skillift.tasks.conditions.token_length`), and for students of the tiny task
pack, whose tokenizer has few tokens, in these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

# Statements about no one, without numbers, questions, requests, or words of the task pack's operations.
_PLAIN = """
The village lies between two green hills. A narrow road leads down to the harbour. In the morning the air
is often cold and clear. The old mill has not been used for many years. Most of the houses are made of grey
stone. Behind the church there is a small garden with apple trees. The river is wide and slow at this time of
year. Some of the boats are painted blue. The baker opens early, and the smell of bread fills the street. From
the tower the sea can be seen on a bright day. Rain is common here in autumn. The market is held in front of
the town hall. Children play near the fountain after school. The evening train is usually quiet. Along the
path grow wild roses and tall grass. The museum keeps a collection of clocks and maps. In winter the lake
freezes at its edges. A wooden bridge crosses the stream. The library has tall windows and a red door. Birds
rest on the roof of the station. The hills are covered with pine and oak. Fishermen dry their nets beside the
wall. Summer evenings are long and mild. The tea room by the square serves tea and soup. Stone steps lead
up to the castle.
"""
# Words of the tiny pack's students. They have only ever read procedures, questions and answers of its family:
# every text that was tried costs them answers (docs/explanation/embedded-study.md). To them it is no neutral
# control, and the findings say so.
_TINY = """
the river is around the island. the velvet ribbon is around the basket. the meadow is around the orchard. the
silver ribbon is around the candle. the desert is around the canyon. the cotton blanket is around the kettle.
the lagoon is around the beacon. the ivory carpet is around the piano. the garden is around the castle. the
amber ribbon is around the lantern. the tundra is around the glacier. the cedar bridge is around the tower.
the harbor is around the anchor. the copper kettle is around the ladle. the nebula is around the planet. the
marble tower is around the garden. the orchard is around the bridge. the timber wagon is around the pepper.
the carpet is around the mirror. the granite castle is around the harbor.
"""
_WORDS = r"\w+|[^\w\s]"


class BuiltIn(NamedTuple):
    """A text that comes with the workflow, and the tokens that lengths are counted in."""

    text: str
    token: str = _WORDS


# of `skillift.students.tokenizers` at `tiny`: labels and ends of lines are tokens of their own
BUILT_IN = {"plain": BuiltIn(_PLAIN), "tiny": BuiltIn(_TINY, rf"Step \d:|{_WORDS}|\n")}

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def filler_text(filler: str | Mapping[str, str], steps: Sequence[str], first: int) -> str:
    """Whole sentences that are together as long as a procedure: in their order, round again, some left out.

    Where no sentences of just that length are found, they follow each other and the last one is cut.

    Args:
        filler: a key of `BUILT_IN`, or `{"file", "text"}` of a study's own file.
        steps: the procedure, one or more.
        first: the place of the first sentence; of a larger number the remainder is taken.
    """
    chosen = BUILT_IN[filler] if isinstance(filler, str) else BuiltIn(filler["text"])
    sentences = _sentences(chosen)
    ends = [_ends(sentence, chosen.token) for sentence in sentences]
    left = sum(len(_ends(f"{step}\n", chosen.token)) for step in steps) - len(_ends("\n", chosen.token))
    sums = _sums({len(each) for each in ends}, left)
    taken: list[str] = []
    place = first
    while left > 0:
        around = [(place + step) % len(sentences) for step in range(len(sentences))]
        place = next((other for other in around if left - len(ends[other]) in sums), around[0])
        cut = len(ends[place]) > left
        taken.append(sentences[place][: ends[place][left - 1]] if cut else sentences[place])
        left -= len(ends[place])
        place += 1
    return " ".join(taken)


def _sums(lengths: set[int], largest: int) -> set[int]:
    """All sums of lengths, each taken as often as one likes, up to the largest."""
    found = {0}
    for total in range(1, largest + 1):
        if any(total - length in found for length in lengths):
            found.add(total)
    return found


@lru_cache(maxsize=8)
def _sentences(chosen: BuiltIn) -> tuple[str, ...]:
    return tuple(sentence for sentence in _SENTENCE_END.split(" ".join(chosen.text.split())) if sentence)


def _ends(text: str, token: str) -> list[int]:
    """Where each token of a text ends."""
    return [match.end() for match in re.finditer(token, text)]
