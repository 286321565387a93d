"""Texts from a grammar of phrasings, drawn by a seed: the same in every process and version of Python."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

_NAME = re.compile(r"<([a-z_]+)>")
DEPTH = 20  # phrases within phrases; a grammar that refers to itself without end is refused


def derive(texts: Sequence[str], phrases: Mapping[str, Sequence[str]], seed: str) -> str:
    """One of `texts`, each `<name>` in it replaced by one of `phrases[name]`, and so on.

    Raises:
        KeyError: a name that no phrase has, or phrases that refer to themselves.
    """
    text = _drawn(texts, seed)
    for depth in range(DEPTH):
        found = list(_NAME.finditer(text))
        if not found:
            return text
        parts, end = [], 0
        for place, name in enumerate(found):
            parts += [text[end : name.start()], _drawn(phrases[name[1]], f"{seed}|{depth}|{place}|{name[1]}")]
            end = name.end()
        text = "".join([*parts, text[end:]])
    raise KeyError(f"phrases that refer to themselves: {text[:80]}")


def _drawn(texts: Sequence[str], seed: str) -> str:
    return texts[int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) % len(texts)]
