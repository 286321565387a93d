"""The text of the condition `filler`: as long as the procedure that it stands for, and asking for nothing.

Whole sentences follow each other until the length is reached; the first is chosen by a hash of the seed and
the skill. Length is counted as a placebo's is (`skillift.tasks.conditions.token_length`): in words and
punctuation marks, so every student is shown the same text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

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
wall. Summer evenings are long and mild. The tea room by the square serves tea and soup. Stone steps lead up to
the castle.
"""
BUILT_IN = {"plain": _PLAIN}

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def sentences_of(filler: str | Mapping[str, str]) -> tuple[str, ...]:
    """The sentences of a filler: a key of `BUILT_IN`, or `{"file", "text"}` of a study's own file."""
    return _sentences(BUILT_IN[filler] if isinstance(filler, str) else filler["text"])


@lru_cache(maxsize=8)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(sentence for sentence in _SENTENCE_END.split(" ".join(text.split())) if sentence)


def filler_text(
    sentences: Sequence[str], length: int, first: int, ends: Callable[[str], Sequence[int]]
) -> str:
    """Sentences of `length` tokens in all, in their order from the place `first` on, and round again.

    Where the next one is too long for what is left, one of just that length is taken, or else its first
    tokens.

    Args:
        sentences: at least one, none empty.
        length: in tokens.
        first: any number; its remainder is taken.
        ends: where each token of a text ends.
    """
    taken: list[str] = []
    place, left = first, length
    while left > 0:
        sentence = sentences[place % len(sentences)]
        tokens = ends(sentence)
        if len(tokens) > left:
            around = [sentences[(place + step) % len(sentences)] for step in range(len(sentences))]
            fitting = [other for other in around if len(ends(other)) == left]
            taken.append(fitting[0] if fitting else sentence[: tokens[left - 1]])
            break
        taken.append(sentence)
        place, left = place + 1, left - len(tokens)
    return " ".join(taken)
