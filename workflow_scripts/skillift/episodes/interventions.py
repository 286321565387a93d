"""Interventions on a student's own chain of thought: where it stands in an answer, and how it is altered.

The chain is what stands before the first ANSWER line, as the token ids that the student wrote. Its answer is
asked for again with one of (arXiv 2307.13702 has these tests):

| kind | the chain | then |
|---|---|---|
| `forced` | as it was: what all others are compared with | the answer is forced |
| `early` | up to a share of its tokens | the answer is forced |
| `mistake` | up to the step at that share, with an item of this step replaced | the student goes on |
| `blanked` | up to that share, then dots, as many as there were tokens | the answer is forced |
| `paraphrase` | its labelled steps told in a sentence, or it in a chat model's words | the answer is forced |
| `other_chain` | that of another task of the same skill | the answer is forced |

An answer is forced by the student's own tokens of the words "ANSWER:". Everything here is a local rule over
ids and texts, and needs no engine; what a chat model wrote is given to it.
"""

from __future__ import annotations

import hashlib
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, get_args

from skillift.answers.reasoning import BLOCKS, TAGS, strip_reasoning
from skillift.scorers.answer_line import first_answer_line
from skillift.settings.values import Intervention
from skillift.students.chat_format import answer_text
from skillift.tasks.step_labels import split_labels

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FORCED, OTHER = "forced", "other_chain"
EARLY, MISTAKE, BLANKED, PARAPHRASE = get_args(Intervention)
AT_CUTS = (EARLY, MISTAKE, BLANKED)  # all others are of the whole chain
_DOTS = (" ...", "...", " .", ".")
_NUMBER = re.compile(r"[-\u2212]?\d+(?:[.:]\d+)*")
_ITEM = re.compile(r"[^\s,;]+")


class Chain(NamedTuple):
    """The chain of thought of one answer.

    Attributes:
        tokens: before the ANSWER line.
        marker: of the line up to its colon, as the student wrote them.
        answer: what the line says.
        n_behind: tokens of the line behind the colon, and one that ends it.
        opened: the block of reasoning that the prompt had opened.
    """

    tokens: tuple[int, ...]
    marker: tuple[int, ...]
    answer: str
    n_behind: int
    opened: str = ""


class Altered(NamedTuple):
    """What stands in the place of an answer's beginning.

    Attributes:
        tokens: of the altered chain, and of what forces the answer.
        kept: share of the chain's tokens that are as they were (fraction).
        forced: whether the answer is forced.
    """

    tokens: tuple[int, ...]
    kept: float
    forced: bool = True


def chain_of(tokenizer: PreTrainedTokenizerBase, tokens: Sequence[int], opened: str = "") -> Chain | None:
    """The chain of an answer, empty where nothing stands before its ANSWER line; None without such a line.

    Args:
        tokenizer: the student's.
        tokens: of the answer.
        opened: the block of reasoning that the prompt has opened for it.
    """
    text = answer_text(tokenizer, tokens)
    line = first_answer_line(opened + text)
    if line is None or line.start < len(opened):
        return None
    start, value_start, end = (place - len(opened) for place in (line.start, line.value_start, line.end))
    places = range(len(tokens) + 1)

    def length(number: int) -> int:
        return len(answer_text(tokenizer, tokens[:number]))

    before = _up_to(tokenizer, tokens, text, start)
    colon = bisect_left(places, value_start, key=length)
    marker = tuple(tokens[before:colon])
    if answer_text(tokenizer, tokens[:colon]) != text[:value_start]:  # one token holds the colon and more
        marker = ids_of(tokenizer, text[length(before) : value_start])
    behind = bisect_left(places, min(end, len(text)), key=length) - colon + 1
    return Chain(tuple(tokens[:before]), marker, line.value, behind, opened)


def _up_to(tokenizer: PreTrainedTokenizerBase, tokens: Sequence[int], text: str, place: int) -> int:
    """The most tokens that give a beginning of their text up to a place: none ends within a character."""
    number = bisect_right(
        range(len(tokens) + 1), place, key=lambda n: len(answer_text(tokenizer, tokens[:n]))
    )
    number -= 1
    while number and not text.startswith(answer_text(tokenizer, tokens[:number])):
        number -= 1
    return number


def ids_of(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[int, ...]:
    """Tokens of a text that stands behind another: without what a tokenizer puts before a whole one."""
    plain = tokenizer.encode(text, add_special_tokens=False)
    if answer_text(tokenizer, plain) == text:
        return tuple(plain)
    anchor = tokenizer.encode("x", add_special_tokens=False)
    anchored = tokenizer.encode(f"x{text}", add_special_tokens=False)
    return tuple(anchored[len(anchor) :] if anchored[: len(anchor)] == anchor else plain)


def alter(
    tokenizer: PreTrainedTokenizerBase,
    chain: Chain,
    kind: str,
    cut: float,
    draw: str,
    other: Chain | None = None,
    paraphrase: Callable[[str], str | None] | None = None,
) -> Altered | None:
    """What a student is given of its chain; None where the rule of this kind has nothing to alter.

    Args:
        tokenizer: the student's.
        chain: with at least one token.
        kind: one of the kinds at the head of this module.
        cut: share of the tokens that is kept, of the kinds `AT_CUTS`.
        draw: what the choice of a mistake is drawn from.
        other: the chain that stands in its place, for `other_chain`.
        paraphrase: what the text of a chain is told as, None where it cannot be; by default labelled steps
            are told in a sentence.
    """
    tokens = chain.tokens
    number = math.floor(cut * len(tokens) + 0.5)
    if kind == FORCED:
        return Altered((*tokens, *_force(tokenizer, tokens, chain)), 1.0)
    if kind == EARLY:
        kept = tokens[:number]
        return Altered((*kept, *_force(tokenizer, kept, chain)), number / len(tokens))
    if kind == BLANKED:
        given = (*tokens[:number], *_dots(tokenizer, len(tokens) - number))
        return Altered((*given, *_force(tokenizer, given, chain)), number / len(tokens))
    if kind == MISTAKE:
        return _with_mistake(tokenizer, chain, number, draw)
    if kind == PARAPHRASE:
        told = (paraphrase or told_in_a_sentence)(answer_text(tokenizer, tokens))
        given = () if told is None else ids_of(tokenizer, f"{told}\n")
        return Altered((*given, *_force(tokenizer, given, chain)), 0.0) if given else None
    if other is None or other.tokens == tokens:
        return None
    return Altered((*other.tokens, *_force(tokenizer, other.tokens, chain)), 0.0)


def _force(tokenizer: PreTrainedTokenizerBase, given: Sequence[int], chain: Chain) -> tuple[int, ...]:
    """What follows a chain for an answer to come: the ANSWER line begins on a line and outside reasoning."""
    text = chain.opened + answer_text(tokenizer, given)
    closing = ""
    if text and strip_reasoning(text) is None:
        begin = text.lstrip()
        closing = next((f"\n{end}\n\n" for opening, end in BLOCKS if begin.startswith(opening)), "")
    newline = "" if closing or not text or text.endswith("\n") else "\n"
    between = ids_of(tokenizer, closing + newline) if closing or newline else ()
    return (*between, *chain.marker)


def _dots(tokenizer: PreTrainedTokenizerBase, number: int) -> tuple[int, ...]:
    """So many tokens that say nothing: dots, by the fewest tokens that the tokenizer has for any."""
    dots = min((ids_of(tokenizer, text) for text in _DOTS), key=len)
    return tuple(dots[place % len(dots)] for place in range(number))


def _with_mistake(tokenizer: PreTrainedTokenizerBase, chain: Chain, number: int, draw: str) -> Altered | None:
    """The chain up to the step in which its `number`-th token stands, with a mistake in that step."""
    tokens, text = chain.tokens, answer_text(tokenizer, chain.tokens)
    lines = text.splitlines(keepends=True)
    at = len(answer_text(tokenizer, tokens[: min(number, len(tokens) - 1)]))
    starts = [sum(map(len, lines[:place])) for place in range(len(lines))]
    reached = max((place for place, start in enumerate(starts) if start <= at), default=0)
    # a line without an item, such as an empty one, is passed over
    for place in range(reached, len(lines)):
        if wrong := mistaken(lines, place, draw):
            before = _up_to(tokenizer, tokens, text, starts[place])
            said = text[len(answer_text(tokenizer, tokens[:before])) : starts[place]] + wrong
            ended = said if said.endswith("\n") else f"{said}\n"
            return Altered((*tokens[:before], *ids_of(tokenizer, ended)), before / len(tokens), forced=False)
    return None


def mistaken(lines: Sequence[str], place: int, draw: str) -> str | None:
    """A step with one of its items replaced by another item of the chain; None where it has none.

    Items are the numbers behind a step's label, or where it has none the words behind its first one, in the
    last part of it (parts are divided by semicolons).

    Args:
        lines: of the chain.
        place: which of them.
        draw: what the choice is drawn from.
    """
    texts = [text for _, text in split_labels([line.rstrip("\n") for line in lines])]
    everywhere = list(dict.fromkeys(item for text in texts for _, item in _items(text, whole=True)))
    items = _items(texts[place])
    if not items:
        return None
    start, item = items[_drawn(draw, "item") % len(items)]
    numeric = bool(_NUMBER.fullmatch(item))
    others = [each for each in everywhere if each != item and bool(_NUMBER.fullmatch(each)) == numeric]
    if not others:
        if not item.isdigit():
            return None
        others = [str(int(item) + 1)]
    wrong = others[_drawn(draw, "other") % len(others)]
    line = lines[place]
    behind = line.rstrip("\n")
    start += len(behind) - len(texts[place])
    return line[:start] + wrong + line[start + len(item) :]


def _items(text: str, whole: bool = False) -> list[tuple[int, str]]:
    """Items of a step with their places, of its last part or of all."""
    found = []
    parts = list(re.finditer(r"[^;]+", text))
    for part in parts if whole else parts[-1:]:
        words = [(part.start() + word.start(), word[0].rstrip(".!?")) for word in _ITEM.finditer(part[0])]
        numbers = [word for word in words if _NUMBER.fullmatch(word[1])]
        found += numbers or [word for word in words[1:] if word[1]]
    return found


def told_in_a_sentence(text: str) -> str | None:
    """The labelled steps of a chain as one sentence, as the task pack's prose has them; None without labels.

    "Step 1: Copy 3 1. / Step 2: Flip 1 3; Take 1" becomes "First Copy 3 1, then Flip 1 3, then Take 1."
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    labelled = split_labels(lines)
    if any(tag in text for tag in TAGS) or not any(label for label, _ in labelled):
        return None
    parts = [part.strip().rstrip(".") for _, step in labelled for part in step.split(";")]
    return f"First {', then '.join(part for part in parts if part)}."


def _drawn(*parts: str) -> int:
    """A number that chooses: the same in every process."""
    return int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest()[:8], "big")
